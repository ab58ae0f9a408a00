# SPDX-License-Identifier: MIT
"""open(): what callers may give, made into what the C side takes."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from pyetwkit._core import EventFilter, Trace
from pyetwkit._paths import Path, default_schemas, paths_of

_Time: TypeAlias = "datetime.datetime | str | int"
_Level: TypeAlias = "int | Literal['critical', 'error', 'warning', 'info', 'verbose']"


@runtime_checkable
class SupportsRead(Protocol):
    """A binary file."""

    def read(self) -> bytes: ...


_NANOSECONDS = {"d": 86400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_AFTER = re.compile(r"\+(\d+)(?:\.(\d+))?(d|h|ms|us|ns|m|s)\Z")


def _is_relative(time: object) -> bool:
    return isinstance(time, str) and _AFTER.match(time) is not None


def _absolute(time: _Time | None, start: int) -> _Time | None:
    """'+1.5s' as nanoseconds since 1970; anything else as it is."""
    found = _AFTER.match(time) if isinstance(time, str) else None
    if not found:
        return time
    whole, fraction, unit = found.groups()
    billionths = int(whole) * 10**9 + int((fraction or "").ljust(9, "0")[:9])
    return start + billionths * _NANOSECONDS[unit] // 10**9


def open(
    source: Path | Iterable[Path] | bytearray | memoryview | SupportsRead,
    *,
    filter: EventFilter | None = None,
    provider: str | uuid.UUID | Iterable[str | uuid.UUID] | None = None,
    event: str | Iterable[str] | None = None,
    id: int | Iterable[int] | None = None,
    exclude_id: int | Iterable[int] | None = None,
    opcode: int | Iterable[int] | None = None,
    level: _Level | None = None,
    levels: int | Iterable[int] | None = None,
    keyword: int | None = None,
    keyword_all: int | None = None,
    pid: int | Iterable[int] | None = None,
    tid: int | Iterable[int] | None = None,
    since: _Time | None = None,
    until: _Time | None = None,
    schema: Path | Iterable[Path] = (),
    pack: bool = True,
    unordered: bool = False,
    strict: bool = False,
    threads: int = 1,
    memory_limit: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Trace:
    """Opens a trace: a path or several (which become one trace, in time order), its bytes, or a file object, which is
    read to its end.

    The keywords from `provider` to `until` are those of EventFilter and choose events, as `filter` does; `since` and
    `until` may also count from the start of the trace: '+1.5s'. `schema` names manifests, Windows binaries, packs, TMF
    files, folders of them, or traces that lend their metadata; without `pack` what comes with etwkit is not used.
    `unordered` reads in file order instead of by time, `strict` raises DamagedTraceError at the first damage, `threads`
    read together; `memory_limit` bytes may be held for buffers that are merged (0: 64 MiB).
    `progress(bytes_read, bytes_total)` is called from time to time.

    FileNotFoundError, PermissionError, OSError: a file cannot be read; EtwError: it is no trace; ValueError, TypeError:
    a condition that cannot be.
    """
    data: object = None
    paths: tuple[str, ...] | None = None
    if isinstance(source, SupportsRead):
        data = source.read()
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = source
    else:
        paths = paths_of(source)

    schemas = (*paths_of(schema), *default_schemas())

    def trace(chosen: EventFilter | None) -> Trace:
        return Trace(
            paths=paths,
            data=data,
            schema_paths=schemas,
            filter=chosen,
            progress=progress,
            unordered=unordered,
            strict=strict,
            no_pack=not pack,
            threads=threads,
            memory_limit=memory_limit,
        )

    conditions: dict[str, Any] = {
        "provider": provider,
        "event": event,
        "id": id,
        "exclude_id": exclude_id,
        "opcode": opcode,
        "level": level,
        "levels": levels,
        "keyword": keyword,
        "keyword_all": keyword_all,
        "pid": pid,
        "tid": tid,
        "since": since,
        "until": until,
    }
    if all(condition is None for condition in conditions.values()):
        return trace(filter)
    if _is_relative(since) or _is_relative(until):
        with trace(None) as opened:
            start = min(info.start_time_ns for info in opened.infos)
        conditions["since"], conditions["until"] = _absolute(since, start), _absolute(until, start)
    chosen = EventFilter(**conditions)
    return trace(chosen if filter is None else chosen & filter)
