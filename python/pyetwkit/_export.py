# SPDX-License-Identifier: MIT
"""`python -m pyetwkit export`: a trace as a file of another format, whole or not at all."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pyetwkit
from pyetwkit import _frames

DONE, DAMAGED, USAGE, UNREADABLE = 0, 1, 2, 3  # as the command's
MOST_NUMBERS = 65536  # that one option may name, as for the command; docs/limits.md
MOST_TOLD = 20  # damages

# What chooses events: `export --since +1s` is `open(since="+1s")`.
CHOOSE = ("provider", "event", "id", "exclude_id", "opcode", "level", "keyword", "pid", "tid", "since", "until")


class CannotWriteError(Exception):
    """The output: a full disk, a folder that is not there."""


class _Output(io.FileIO):
    """A file whose errors cannot be taken for those of the trace."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise CannotWriteError(f"{os.strerror(error.errno or 0)}: {self.name!r}") from error


@contextlib.contextmanager
def whole_file(path: pathlib.Path) -> Iterator[io.BufferedWriter[Any]]:
    """A file that appears under its name when all is in it. What fails, or is interrupted, leaves nothing."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        try:
            output = _Output(partial, "xb")
        except OSError as error:
            raise CannotWriteError(f"{error.strerror}: {str(path)!r}") from error
        with io.BufferedWriter(output, 1 << 20) as file:
            yield file
        try:
            partial.replace(path)
        except OSError as error:
            raise CannotWriteError(f"{error.strerror}: {str(path)!r}") from error
    finally:
        partial.unlink(missing_ok=True)


def numbers(most: int) -> Callable[[str], list[int]]:
    """A type of options: '1,2,5-9'."""

    def parse(text: str) -> list[int]:
        found: list[int] = []
        for part in text.split(","):
            first, dash, last = part.partition("-")
            if not (first.isdecimal() and (last.isdecimal() or not dash)):
                break
            low, high = int(first), int(last or first)
            if not low <= high <= most or high - low >= MOST_NUMBERS - len(found):
                break
            found += range(low, high + 1)
        else:
            return found
        raise argparse.ArgumentTypeError(f"wants numbers up to {most}, like 1,2,5-9, not {text!r}")

    return parse


def keyword(text: str) -> int:
    """A type of options: a mask."""
    with contextlib.suppress(ValueError):
        return int(text, 0)
    raise argparse.ArgumentTypeError(f"wants a mask, like 0x10, not {text!r}")


def level(text: str) -> int | str:
    """A type of options: a name or a number."""
    return int(text) if text.isdecimal() else text


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("traces", nargs="+", metavar="TRACE", help="a trace file; several become one, in time order")
    parser.add_argument(
        "-o", "--output", required=True, type=pathlib.Path, metavar="OUT", help="its ending says the format"
    )
    parser.add_argument(
        "--select", nargs=2, metavar=("PROVIDER", "EVENT"), help="these events, with a typed column for each field"
    )
    chosen = parser.add_argument_group("which events (as for 'etwkit dump')")
    chosen.add_argument("-p", "--provider", action="append", metavar="NAME", help="name, pattern with * and ?, or GUID")
    chosen.add_argument("-e", "--event", action="append", metavar="NAME", help="name or pattern, like 'Process/*'")
    chosen.add_argument("--id", action="extend", type=numbers(0xFFFF), metavar="LIST", help="event ids, like 1,2,5-9")
    chosen.add_argument("--exclude-id", action="extend", type=numbers(0xFFFF), metavar="LIST", help="not these ids")
    chosen.add_argument("--opcode", action="extend", type=numbers(0xFF), metavar="LIST", help="opcodes")
    chosen.add_argument("--level", type=level, metavar="LEVEL", help="at most: critical, error, warning, info, verbose")
    chosen.add_argument("--keyword", action="append", type=keyword, metavar="MASK", help="any of these bits, or none")
    chosen.add_argument("--pid", action="extend", type=numbers(0xFFFFFFFF), metavar="LIST", help="process ids")
    chosen.add_argument("--tid", action="extend", type=numbers(0xFFFFFFFF), metavar="LIST", help="thread ids")
    chosen.add_argument("--since", metavar="TIME", help="not before: 2020-10-30T05:10:54.12Z, or +1.5s after the start")
    chosen.add_argument("--until", metavar="TIME", help="not after")
    written = parser.add_argument_group("what is written")
    written.add_argument("-n", "--limit", type=int, metavar="N", help="stop after N events")
    written.add_argument("--numeric", action="store_true", help="mapped values as numbers, not as labels")
    written.add_argument("--message", action="store_true", help="the event's message, too")
    written.add_argument("--payload", action="store_true", help="the bytes of the payload, too")
    written.add_argument("--names", action="store_true", help="csv, jsonl: the names of level, opcode, task, ...")
    read = parser.add_argument_group("how it is read, and what describes events")
    read.add_argument("--unordered", action="store_true", help="as the events stand in the files; faster")
    read.add_argument("--strict", action="store_true", help="stop at the first damage, and write nothing")
    read.add_argument("--threads", type=int, default=1, metavar="N", help="read with N threads")
    read.add_argument("--schema", action="append", default=[], metavar="FILE|DIR", help="manifest, binary, pack, TMF")
    read.add_argument("--no-pack", action="store_true", help="without the descriptions that come with etwkit")


def conditions(options: argparse.Namespace) -> dict[str, Any]:
    """What options say of events, as open() takes it."""
    given = {name: getattr(options, name) for name in CHOOSE if getattr(options, name) is not None}
    if "keyword" in given:
        mask = 0
        for one in given["keyword"]:
            mask |= one
        given["keyword"] = mask
    return given


def open_trace(options: argparse.Namespace, filter: pyetwkit.EventFilter | None = None) -> pyetwkit.Trace:
    return pyetwkit.open(
        options.traces,
        filter=filter,
        schema=options.schema,
        pack=not options.no_pack,
        unordered=options.unordered,
        strict=options.strict,
        threads=options.threads,
        **conditions(options),
    )


def write_texts(options: argparse.Namespace, file: Any, format: Any) -> pyetwkit.Trace:
    """By the library's own sinks: the bytes are those of `etwkit dump`."""
    select = options.select and pyetwkit.EventFilter(provider=options.select[0], event=options.select[1])
    trace = open_trace(options, select)
    fields = format == "csv" and bool(select or conditions(options)) and is_one_kind(trace)
    flags = {name: getattr(options, name) for name in ("limit", "numeric", "names", "message", "payload")}
    trace.write(file, format, fields=fields, **flags)
    return trace


def is_one_kind(trace: pyetwkit.Trace) -> bool:
    """Do the events share their names and fields, so that these can be columns?"""
    kinds = {(one.provider_id, one.event_name, tuple(field.name for field in one.fields)) for one in trace.schemas}
    return len(kinds) == 1 and all(one.is_known for one in trace.schemas)


def write_columns(options: argparse.Namespace, file: Any, write: Callable[..., int]) -> pyetwkit.Trace:
    _frames.need("pyarrow", "arrow")  # before anything is read
    trace = open_trace(options)
    flags = {name: getattr(options, name) for name in ("numeric", "message", "payload")}
    selection = trace.select(*(options.select or ()), **flags)
    try:
        write(_frames.first_rows(selection, options.limit), file)
    except OSError as error:
        if options.strict and selection.stats.damage:  # a stream has no errors but these
            raise pyetwkit.DamagedTraceError(error) from error
        raise
    if selection.stats.damage:
        trace.count()  # streams count damage, a reading keeps its sentences
    return trace


FORMATS: dict[str, tuple[Callable[..., pyetwkit.Trace], Any]] = {
    ".parquet": (write_columns, _frames.to_parquet),
    ".arrow": (write_columns, _frames.to_ipc),
    ".feather": (write_columns, _frames.to_ipc),
    ".csv": (write_texts, "csv"),
    ".jsonl": (write_texts, "jsonl"),
}


def say(text: object) -> None:
    printable = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(text))
    print(f"pyetwkit: {printable}", file=sys.stderr)


def tell_damage(trace: pyetwkit.Trace) -> int:
    damage = trace.stats.damage
    for one in trace.damage[:MOST_TOLD]:
        say(one)
    if damage > MOST_TOLD:
        say(f"... and {damage - MOST_TOLD} more damages; 'etwkit info' has them")
    return DAMAGED if damage else DONE


def mistake(options: argparse.Namespace) -> str | None:
    """What cannot be done, before anything is read."""
    known = ", ".join(FORMATS)
    if options.output.suffix.lower() not in FORMATS:
        return f"the ending of {str(options.output)!r} says no format that is known here: {known}"
    if options.names and FORMATS[options.output.suffix.lower()][0] is write_columns:
        return "--names is for csv and jsonl: in columns, numbers are what can be compared"
    if options.limit is not None and options.limit < 0:
        return f"--limit wants a number from 0 on, not {options.limit}"
    with contextlib.suppress(OSError):
        if any(options.output.samefile(trace) for trace in options.traces):
            return f"{str(options.output)!r} is the trace itself"
    return None


def export(options: argparse.Namespace) -> int:
    """The exit code. KeyboardInterrupt is the caller's."""
    said = mistake(options)
    if said:
        say(said)
        return USAGE
    write, how = FORMATS[options.output.suffix.lower()]
    try:
        with whole_file(options.output) as file:
            trace = write(options, file, how)
    except pyetwkit.DamagedTraceError as error:
        say(error)
        return DAMAGED
    except (CannotWriteError, ImportError, ValueError, MemoryError) as error:
        say(error or "there is not enough memory")
        return USAGE
    except (OSError, pyetwkit.EtwError) as error:
        say(error)
        return UNREADABLE
    return tell_damage(trace)
