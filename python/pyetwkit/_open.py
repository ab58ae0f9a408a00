# SPDX-License-Identifier: MIT
"""open(): what callers may give, made into what the C side takes."""

from __future__ import annotations

import re

from pyetwkit._core import EventFilter, Trace
from pyetwkit._paths import default_schemas, paths_of

_NANOSECONDS = {"d": 86400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_AFTER = re.compile(r"\+(\d+)(?:\.(\d+))?(d|h|ms|us|ns|m|s)\Z")


def _is_relative(time):
    return isinstance(time, str) and _AFTER.match(time) is not None


def _absolute(time, start):
    """'+1.5s' as nanoseconds since 1970; anything else as it is."""
    if not _is_relative(time):
        return time
    whole, fraction, unit = _AFTER.match(time).groups()
    billionths = int(whole) * 10**9 + int((fraction or "").ljust(9, "0")[:9])
    return start + billionths * _NANOSECONDS[unit] // 10**9


def open(
    source,
    *,
    filter=None,
    provider=None,
    event=None,
    id=None,
    exclude_id=None,
    opcode=None,
    level=None,
    levels=None,
    keyword=None,
    keyword_all=None,
    pid=None,
    tid=None,
    since=None,
    until=None,
    schema=None,
    pack=True,
    unordered=False,
    strict=False,
    threads=1,
    memory_limit=0,
    progress=None,
):
    """Opens a trace: a path or several (which become one trace, in time order), its bytes, or a file object, which is
    read to its end.

    The keywords from `provider` to `until` are those of EventFilter and choose events, as `filter` does; `since` and
    `until` may also count from the start of the trace: '+1.5s'. `schema` names manifests, Windows binaries, packs, TMF
    files, folders of them, or traces that lend their metadata; without `pack` what comes with etwkit is not used.
    `unordered` reads in file order instead of by time, `strict` raises DamagedTraceError at the first damage, `threads`
    read together. `progress(bytes_read, bytes_total)` is called from time to time.
    """
    data = paths = None
    if hasattr(source, "read"):
        data = source.read()
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = source
    else:
        paths = paths_of(source)

    schemas = (*paths_of(schema or ()), *default_schemas())

    def trace(chosen):
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

    conditions = {
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
