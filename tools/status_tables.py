#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles data/status/*.txt, the names of error codes, into a C table.

Knows the shape of src/decode/status_name.h. A line is a number (decimal in win32.txt, else hexadecimal) and a name; the
numbers of a file grow.
"""

import argparse
import pathlib
import sys


class DataError(Exception):
    """What is wrong, with file and line."""


def read(path):
    """[(number, name)] of one file."""
    base, codes = (10 if path.stem == "win32" else 16), []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            code, name = line.split()
            code = int(code, base)
        except ValueError:
            raise DataError(f"{path}:{number}: not a number and a name: {line!r}") from None
        if not name.isidentifier() or not 0 <= code <= 0xFFFFFFFF or (codes and codes[-1][0] >= code):
            raise DataError(f"{path}:{number}: no name, no code, or out of order: {line!r}")
        codes.append((code, name))
    return codes


def c_source(tables):
    """`tables`: {stem: [(number, name)]}."""
    texts, offset, parts = [], 0, []
    for stem, codes in sorted(tables.items()):
        rows = []
        for code, name in codes:
            rows.append(f"    {{0x{code:08X}u, {offset}}},\n")
            texts.append(f'    "{name}\\0"\n')
            offset += len(name) + 1
        parts.append(f"const ek_status_row ek_status_{stem}[] = {{\n{''.join(rows)}}};\n")
        parts.append(f"const uint32_t ek_status_{stem}_count = {len(codes)};\n")
    head = "/* Made by tools/status_tables.py of data/status. Do not edit. */\n"
    return (
        head
        + '#include "decode/status_name.h"\n\n'
        + "".join(parts)
        + ("const char ek_status_texts[] =\n" + "".join(texts) + "    ;\n")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", nargs="+", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    try:
        tables = {path.stem: read(path) for path in options.input}
    except DataError as error:
        sys.exit(f"status_tables.py: {error}")
    options.output.write_text(c_source(tables))


if __name__ == "__main__":
    main()
