# SPDX-License-Identifier: MIT
"""python -m second TRACE: prints the events of a trace as etwkit's jsonl does."""

import pathlib
import sys

from .lines import lines


def main():
    """Prints the lines of the trace that is named."""
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for line in lines(pathlib.Path(sys.argv[1]).read_bytes()):
        print(line)


if __name__ == "__main__":
    main()
