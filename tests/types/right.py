# SPDX-License-Identifier: MIT
"""What callers write, with the types that they may count on. test_types.py checks it, and runs it."""

from __future__ import annotations

import asyncio
import datetime
import io
import os
import pathlib
import sys
import tempfile
import uuid
from collections.abc import Iterator

import pyetwkit as etw


def header(event: etw.EtwEvent) -> tuple[int, str, str | None, int | None, datetime.datetime, uuid.UUID]:
    return (
        event.timestamp_ns,
        event.event_name,
        event.provider_name,
        event.process_id,
        event.timestamp,
        event.provider_id,
    )


def names(trace: etw.Trace) -> Iterator[str]:
    for event in trace:
        if event.activity_id is not None:
            yield event.activity_id.hex
        if event.stack:
            yield hex(event.stack[0])
        yield event.get_string("ImageFileName") or str(event.get("ImageFileName", "?"))
        size: int | None = event.get_u32("BufferSize")
        yield str(size) + "".join(event.properties) + "".join(f"{k}={v}" for k, v in event.properties.items())


def chosen() -> etw.EventFilter:
    kernel = etw.EventFilter(
        provider=["Windows Kernel", uuid.uuid4()], id=range(5), level="info", since="2020-01-01T00:00:00Z"
    )
    small = etw.EventFilter.where("BufferSize", "<=", 65536) | etw.EventFilter.where("ProcessId")
    return kernel & ~small


def sources(path: pathlib.Path) -> list[int]:
    data = path.read_bytes()
    counts = [etw.open(one).count() for one in (str(path), path, data, bytearray(data), memoryview(data))]
    counts += [etw.open([path, str(path)]).count(), etw.open(io.BytesIO(data)).count()]
    with path.open("rb") as file:
        counts.append(etw.open(file, pid=[4], event="*", until=datetime.datetime.now(datetime.timezone.utc)).count())
    return counts


def tell(read: int, total: int) -> None:
    assert read <= total


def overview(trace: etw.Trace) -> str:
    info: etw.TraceInfo = trace.info
    duration: float = info.duration or 0.0
    lost: int = trace.stats.events_lost
    errors: list[etw.DamagedTraceError] = trace.damage
    kinds: dict[etw.Schema, int] = trace.schemas
    fields = [field.name for schema in kinds for field in schema.fields]
    most = trace.providers[0]
    return f"{info.path} {duration} {lost} {errors} {fields} {most.name} {most.events} {info[0]}"


def in_bulk(trace: etw.Trace) -> int:
    selection: etw.Selection = trace.select("Windows Kernel", "Process/Start", columns=["timestamp"], numeric=True)
    stream: object = selection.__arrow_c_stream__()
    assert stream is not None and selection.stats.rows == 0
    return trace.write(io.BytesIO(), "csv", limit=3) + selection.count


def known() -> list[str]:
    try:
        info = etw.get_provider_info("no such provider")
    except etw.SchemaNotFoundError as error:
        status: str | None = error.status
        offset: int | None = error.offset
        assert status is None and offset is None
        return [f"{one.name} {one.event_count} {one.id.hex}" for one in etw.search_providers("DNS", pack=True)]
    return [event.event_name for event in info.events]


def live(path: pathlib.Path) -> list[str]:
    """What a program writes, listens to, records and replays."""
    wanted: etw.EtwProvider = etw.EtwProvider("MyCompany.Typed").level("info").keywords_any(0x3).event_ids([])
    session = etw.EtwSession("typed", file=path / "typed.etl", file_mode="circular", max_file_size_mb=1)
    session.enable(wanted)
    with etw.TraceLoggingProvider("MyCompany.Typed") as app, session:
        done: bool = app.write("Step", {"user-agent": "x"}, number=1, parts=[1.5, 2.5], _level=2, _keywords=0x1)
        with app.activity("Request", url="/") as activity:
            assert isinstance(activity.id, uuid.UUID)
    with etw.EtwListener([wanted, uuid.uuid4()], replay=path / "typed.etl", overflow="drop_oldest") as listener:
        first: etw.EtwEvent | None = listener.next_event(timeout=5)
        names = [event.event_name for event in listener.events(max_events=10)]
        stats: etw.SessionStats = listener.stats()
    with etw.MergedListener(etw.EtwListener(replay=str(path / "typed.etl"))) as merged:
        assert sum(1 for _ in merged) > 0 and all(one.events_lost == 0 for one in merged.stats().values())
    with etw.EtwListener(wanted, replay=[path / "typed.etl"]) as listener:
        rows: int = sum(len(batch) for batch in listener.batches())
    assert done and first and rows == stats.events_delivered and etw.KernelFlags.PROCESS | etw.KernelFlags.THREAD
    return names


async def streamed(path: pathlib.Path) -> int:
    queue: asyncio.Queue[etw.EtwEvent] = asyncio.Queue()
    async with etw.EtwStreamer(etw.NetworkProvider.dns(), replay=path / "typed.etl") as streamer:
        event: etw.EtwEvent | None = await streamer.next_event(timeout=5)
    async with etw.EtwStreamer("MyCompany.Typed", replay=path / "typed.etl") as streamer:
        count: int = await etw.stream_to_queue(streamer, queue, max_events=1)
        async for batch in etw.EventBatcher(10, 0.1).batches(streamer):
            count += len([one.timestamp for one in batch])
    return count if event is None else 0


def main(path: str | os.PathLike[str]) -> None:
    label = etw.MappedInt(5, "five")
    assert label + 1 == 6 and label.label.upper() == "FIVE"
    with etw.open(path, filter=chosen(), progress=tell, threads=2) as trace:
        some = list(names(trace))
    with etw.open(path) as trace:
        headers = [header(event) for event in trace]
        assert headers and len(list(names(trace))) > len(some)
        assert overview(trace) and in_bulk(trace)
        lines: list[str] = [event.to_json() for event in trace]
        first: dict[str, object] = next(iter(trace)).to_dict()
        assert lines and first["event_id"] == 0
    with tempfile.TemporaryDirectory() as folder:
        assert live(pathlib.Path(folder)) == ["Request", "Request"]
        assert asyncio.run(streamed(pathlib.Path(folder))) == 3
    assert sources(pathlib.Path(path)) and isinstance(known(), list)


if __name__ == "__main__":
    main(sys.argv[1])
