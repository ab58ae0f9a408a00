# SPDX-License-Identifier: MIT
"""`python -m pyetwkit`: what the package does from a shell."""

from __future__ import annotations

import argparse
import signal
import sys

import pyetwkit
from pyetwkit import _export

INTERRUPTED = 128

PROGRAM = "python -m pyetwkit"
ALONE = """\
'export --help' shows its options. In Python:

  import pyetwkit as etw
  with etw.open("trace.etl") as trace:
      for event in trace:
          print(event.timestamp, event.event_name, dict(event.properties))

help(etw) has the rest. To look at traces, 'etwkit info', 'etwkit dump' and others come with the package; so do
'etwkit record -o app.etl -- python app.py' and 'etwkit listen -- python app.py', for what a program writes."""
ENDINGS = """\
OUT ends with
  .parquet            row groups, streamed; needs the extra pyetwkit[arrow]
  .arrow, .feather    an Arrow file, streamed; so, too
  .csv, .jsonl        the bytes of 'etwkit dump'

A file that cannot be written to its end is not left behind. Exit codes: 0 done, 1 done, but damage was found and told,
2 wrong usage or something missing here, 3 the trace cannot be read, 130 interrupted.

Examples:
  python -m pyetwkit export boot.etl -o boot.parquet
  python -m pyetwkit export boot.etl -o starts.parquet --select 'Windows Kernel' Process/Start
  python -m pyetwkit export *.etl -o errors.jsonl --level error --since +1.5s"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog=PROGRAM,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Reads traces of Event Tracing for Windows (.etl) on any system.",
        epilog=ALONE,
    )
    made.add_argument("--version", action="version", version=f"pyetwkit {pyetwkit.__version__}")
    commands = made.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    export = commands.add_parser(
        "export",
        help="a trace as parquet, Arrow file, csv or jsonl",
        description="Writes the events of traces to a file of another format.",
        epilog=ENDINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _export.add_options(export)
    return made


def interrupted(number: int, frame: object) -> None:
    sys.exit(INTERRUPTED + number)


def main(arguments: list[str] | None = None) -> int:
    made = parser()
    options = made.parse_args(arguments)
    if not options.command:
        made.print_help()
        return _export.DONE
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return _export.export(options)
    except KeyboardInterrupt:
        return INTERRUPTED + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
