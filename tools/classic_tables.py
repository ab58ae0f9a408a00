#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles data/classic/*.txt, the layouts of the classic kernel events, into a C table or a page of documentation.

Knows the shape of src/schema/classic_tables.h. The output depends on what the files say alone, not on their order.
"""

import argparse
import sys
from pathlib import Path

from classic_data import PROVIDER, read

NO_FIELD = 0xFF  # EK_CLASSIC_NO_FIELD


class Texts:
    """Texts by their offset in one C string, each once."""

    def __init__(self):
        self.offsets, self.size = {}, 0
        self.add("")

    def add(self, text):
        if text not in self.offsets:
            self.offsets[text] = self.size
            self.size += len(text.encode()) + 1
        return self.offsets[text]


def specs_of(fields, texts, map_numbers):
    """The fields as rows of C: top-level ones, then the members of structs. Equal layouts give equal rows."""
    rows, first_member = [], len(fields)
    for one in (*fields, *(member for owner in fields for member in owner.members)):
        flags = " | ".join(f"EK_FIELD_{flag}" for flag in one.flags if flag != "last") or "0"
        number = map_numbers[one.map] + 1 if one.map else 0
        member = first_member if one.members else 0
        first_member += len(one.members)
        rows.append(
            f"{{{texts.add(one.name)}, ETWKIT_IN_{one.in_type}, ETWKIT_OUT_{one.out_type}, {flags}, {one.count},"
            f" {one.length}, {number}, {member}, {len(one.members)}}}, /* {one.name or 'padding'} */"
        )
    return rows


def table(kind, name, rows):
    return f"const ek_classic_{kind} ek_classic_{name}[] = {{\n" + "".join(f"    {row}\n" for row in rows) + "};\n"


def c_source(tables):
    texts, layouts, fields = Texts(), {}, []
    map_keys = sorted(tables.maps)
    map_numbers = {key: number for number, key in enumerate(map_keys)}
    classes, events, layout_rows, forms, maps, labels = [], [], [], [], [], []
    for number, one in enumerate(tables.classes):
        guid = ", ".join(f"0x{byte:02x}" for byte in one.guid.bytes_le)
        classes.append(
            f"{{{{{{{guid}}}}}, {texts.add(one.name)}, {texts.add(one.provider)}, {len(events)}, {len(one.events)}}},"
            f" /* {one.name} */"
        )
        forms += [f"{{{number}, {opcode}}}," for opcode in sorted({e.opcode for e in one.events if e.switch})]
        for event in one.events:
            rows = tuple(specs_of(event.fields, texts, map_numbers))
            if rows not in layouts:
                layouts[rows] = len(layouts)
                layout_rows.append(f"{{{len(fields)}, {len(rows)}, {len(event.fields)}}},")
                fields += rows
            names = [f.name for f in event.fields]
            process, thread = (names.index(n) if n else NO_FIELD for n in (event.process, event.thread))
            events.append(
                f"{{{event.opcode}, {event.version}, {event.variant}, {texts.add(event.name)}, {layouts[rows]},"
                f" {process}, {thread}}}, /* {one.name}/{event.name} */"
            )
    for key in map_keys:
        one = tables.maps[key]
        maps.append(f"{{{texts.add(one.name)}, {len(labels)}, {len(one.entries)}, {int(one.is_bits)}}},")
        labels += [f"{{0x{value:x}, {texts.add(label)}}}, /* {label} */" for value, label in one.entries]
    for what, size in (("text", texts.size), ("fields", len(fields)), ("events", len(events))):
        if size > 0xFFFF:
            raise SystemExit(f"too much {what} for 16-bit indexes: {size}")
    literal = "".join(f'    "{text}\\0"\n' for text in texts.offsets)
    return (
        "/* SPDX-License-Identifier: MIT */\n"
        "/* Made by tools/classic_tables.py from data/classic/: change it there. */\n"
        '#include "schema/classic_tables.h"\n'
        '#include "schema/layout.h"\n\n'
        f"const char ek_classic_texts[] =\n{literal.rstrip()};\n\n"
        + "\n".join(
            table(kind, name, rows or ["{0},"])
            for kind, name, rows in (
                ("class", "classes", classes),
                ("event", "events", events),
                ("layout", "layouts", layout_rows),
                ("field", "fields", fields),
                ("map", "maps", maps),
                ("label", "labels", labels),
                ("form", "forms", forms),
            )
        )
        + f"\nconst uint16_t ek_classic_class_count = {len(classes)};\n"
        f"const uint16_t ek_classic_event_count = {len(events)};\n"
        f"const uint16_t ek_classic_form_count = {len(forms)};\n"
    )


def versions_text(versions):
    return ", ".join(map(str, sorted(versions))) or "-"


def markdown(tables):
    every = [event for one in tables.classes for event in one.events]
    lines = [
        "# The classic events that are built in",
        "",
        "Made by `tools/classic_tables.py --markdown` from `data/classic/`; the notation of the fields is explained in",
        "its `PROVENANCE.md`. *Seen*: versions that were decoded to the exact end in real traces. *Not seen*: versions",
        "known from descriptions alone; they are tested with payloads of our own making. An unknown version is read as",
        "the highest known lower one, and marked as guessed.",
        "",
        f"{len(tables.classes)} classes, {len(every)} events (type and version),"
        f" of which {sum(event.seen for event in every)} were seen.",
    ]
    for one in sorted(tables.classes, key=lambda c: c.name.lower()):
        group = f", group 0x{one.group:02X}" if one.group >= 0 else ""
        provider = "" if one.provider == PROVIDER else f", provider {one.provider}"
        lines += ["", f"## {one.name}", "", f"`{one.guid}`{group}{provider}"]
        if not one.events:
            lines += ["", "No layout is known."]
            continue
        lines += ["", "| type | name | seen | not seen | fields |", "|---|---|---|---|---|"]
        rows = {}
        for event in one.events:
            fields = " ".join(f.text for f in event.fields if f.text) or "none"
            rows.setdefault((event.opcode, event.name, fields), []).append(event)
        for (opcode, name, fields), events in rows.items():
            seen = {event.version for event in events if event.seen}
            unseen = {event.version for event in events if not event.seen}
            shown = f"{one.name}/{name}" if name else one.name
            lines.append(f"| {opcode} | {shown} | {versions_text(seen)} | {versions_text(unseen)} | {fields} |")
    if tables.maps:
        lines += ["", "## Maps", "", "| map | kind | labels |", "|---|---|---|"]
    for _, one in sorted(tables.maps.items(), key=lambda item: item[1].name.lower()):
        labels = " ".join(f"{value:#x}={label}" if one.is_bits else f"{value}={label}" for value, label in one.entries)
        lines.append(f"| {one.name} | {'bits' if one.is_bits else 'values'} | {labels} |")
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--markdown", action="store_true", help="write the page of docs/format instead of C")
    options.add_argument("inputs", nargs="+", metavar="FILE.txt", type=Path)
    options.add_argument("output", metavar="OUTPUT", help="a file, or - for standard output")
    options = options.parse_args()
    tables = read(options.inputs)
    text = markdown(tables) if options.markdown else c_source(tables)
    if options.output == "-":
        sys.stdout.write(text)
    else:
        Path(options.output).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
