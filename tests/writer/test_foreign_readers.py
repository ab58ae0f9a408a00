# SPDX-License-Identifier: MIT
"""Other people's readers on files of ours as far as they go. Where they stop, they stop on real files too."""

import json
import struct
import uuid
from collections import Counter

import pytest

etl_parser = pytest.importorskip("etl.etl", reason="etl-parser is not installed")
dissect = pytest.importorskip("dissect.etl", reason="dissect.etl is not installed")

FORMS = {
    "plain": "",
    "one_processor": "--processors 1 --seed 2",
    "eight_processors": "--processors 8 --buffer-size 16 --seed 3",
    "32_bit": "--pointer-size 4 --seed 4",
    "compressed": "--compress --seed 5",
    "compressed_32_bit": "--compress --pointer-size 4 --seed 6",
    "windows_7": "--windows 7 --seed 7",
    "system_clock": "--clock system --seed 8",
    "cpu_clock": "--clock cpu --seed 9",
    "few_events": "--events 1 --seed 10",
}
COMPRESSED = {name for name, options in FORMS.items() if "--compress" in options}
INSTANCES = (0x0B, 0x15)


@pytest.fixture(scope="module", params=FORMS)
def written(request, run, tmp_path_factory):
    """(name, path, the events as our reader gives them in file order) of one form."""
    path = tmp_path_factory.mktemp("foreign") / f"{request.param}.etl"
    run("sample", "-o", path, "--events", "1500", *FORMS[request.param].split())
    lines = run("dump", "--unordered", "--format", "jsonl", path).stdout.splitlines()
    return request.param, path, [json.loads(line) for line in lines]


def filetime(event):
    """A timestamp of jsonl as FILETIME."""
    date, clock = event["timestamp"].rstrip("Z").split("T")
    hours, minutes, seconds = clock.split(":")
    whole, part = seconds.split(".")
    assert date == "2024-05-17"
    return 133603776000000000 + ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 10**7 + int(part)


@pytest.fixture
def opened(written):
    _, path, _ = written
    with path.open("rb") as file:
        yield dissect.ETL(file)


def test_dissect_reads_the_header(written, opened):
    name, path, events = written
    properties = events[0]["properties"]
    header = opened.logfile_header
    assert (header.logger_name, header.log_filename) == ("etwkit sample", "C:\\Traces\\sample.etl")
    assert header.pointer_size == (4 if "32_bit" in name else 8)
    assert header.buffers_written == properties["BuffersWritten"]
    assert header.start_time == filetime(events[0]) == 133604118000000000
    assert header.end_time >= max(map(filetime, events))
    sizes = [buffer.size for buffer in opened.buffers()]
    assert sum(sizes) == path.stat().st_size


def test_dissect_reads_every_event(written, opened):
    """What both tell. It computes times in floating point: 200 ns off, with the system clock's numbers 1.6 us."""
    name, _, events = written
    accuracy = 16 if name == "system_clock" else 2
    records = [record for buffer in opened.buffers() for record in buffer]
    assert len(records) == len(events)
    for record, event in zip(records, events):
        header = record.header
        # Its UUIDs of EVENT headers are the bytes taken the other way round.
        reversed_bytes = type(header).__name__ == "EventHeader"
        provider = uuid.UUID(bytes_le=header.provider_id.bytes) if reversed_bytes else header.provider_id
        assert str(provider) == event["provider_id"]
        assert abs(opened.get_filetime_for_event(header.time_delta) - filetime(event)) <= accuracy
        if event["process_id"] is not None:
            assert (header.process_id, header.thread_id) == (event["process_id"], event["thread_id"])
        if hasattr(header, "opcode") and header.opcode is not None:
            assert header.opcode == event["opcode"]
        if reversed_bytes:
            got = header.descriptor
            assert (got.id, got.version, got.channel, got.level, got.task, got.keywords) == (
                event["event_id"],
                event["version"],
                event["channel"],
                event["level"],
                event["task"],
                int(event["keywords"], 16),
            )


def test_dissect_reads_extended_items(written, opened):
    """It stops after 13, and before that it takes what follows them for items too: so look for those wanted."""
    _, _, events = written
    seen = Counter()
    records = [record for buffer in opened.buffers() for record in buffer]
    for record, event in zip(records, events):
        if type(record.header).__name__ != "EventHeader" or event["event_name"] == "Items":
            continue
        found = {item.ext_type.name: item for item in record.header.header_extensions}
        keys = {"related_activity_id": "RELATED_ACTIVITY_ID", "user_sid": "SID", "session_id": "TS_ID"}
        wanted = {kind for key, kind in keys.items() if key in event}
        assert wanted <= set(found)
        seen.update(wanted)
        if "stack" in event:
            assert found.keys() & {"STACK_TRACE32", "STACK_TRACE64"}
        if event["channel"] == 11:
            assert bytes(found["PROV_TRAITS"].raw_data)[2:].split(b"\0")[0].decode() == event["provider_name"]
            assert "EVENT_SCHEMA_TL" in found
    assert set(seen) == set(keys.values()) or len(events) < 1000


class Counted(etl_parser.IEtlFileObserver):
    """Counts what etl-parser finds."""

    def __init__(self):
        self.counts = Counter()

    def on_event_record(self, event):
        self.counts["event"] += 1
        assert event.get_process_id() >= 0

    def on_trace_record(self, event):
        self.counts["trace"] += 1

    def on_perfinfo_trace(self, event):
        self.counts["perfinfo"] += 1

    def on_system_trace(self, event):
        self.counts["system"] += 1

    def on_win_trace(self, event):
        self.counts["message"] += 1


def test_etl_parser_reads_the_header(written):
    """It takes SavedOffset for what is filled, so header buffers of Windows 7 are empty to it; and it misses four bytes
    behind the time zone, so that all later fields are wrong. Both of real files as of ours."""
    name, path, events = written
    if name == "windows_7":
        with pytest.raises(IndexError):
            etl_parser.build_from_stream(path.read_bytes())
        return
    header = etl_parser.build_from_stream(path.read_bytes()).get_header().source
    told = events[0]["properties"]
    assert (header.BufferSize, header.NumberOfProcessors) == (told["BufferSize"], told["NumberOfProcessors"])
    assert (header.BuffersWritten, header.StartBuffers) == (told["BuffersWritten"], 1)
    assert (header.PointerSize, header.EventsLost, header.CPUSpeed) == (4 if "32_bit" in name else 8, 0, 2400)
    assert header.EndTime >= max(map(filetime, events))


def events_of(data):
    """(type, bytes padded to 8) of each event of an uncompressed file."""
    place = 0
    while place < len(data):
        size, filled = struct.unpack_from("<I", data, place)[0], struct.unpack_from("<I", data, place + 0x30)[0]
        at = place + 0x48
        while at < place + filled:
            kind, mark = data[at + 2], data[at + 3]
            in_front = mark == 0x90 or kind in (0x0A, 0x0B, 0x12, 0x13, 0x14, 0x15)
            length = struct.unpack_from("<H", data, at if in_front else at + 4)[0] + 7 & ~7
            yield (0 if mark == 0x90 else kind), data[at : at + length]
            at += length
        place += size


def test_etl_parser_reads_the_events(written):
    """One by one: it gives up a whole file for an INSTANCE header, which it does not know. It does not inflate."""
    name, path, events = written
    if name in COMPRESSED:
        observer = Counted()
        etl_parser.build_from_stream(path.read_bytes()).parse(observer)
        assert not observer.counts, "it inflates by now: hold this form against it too"
        return
    read, refused = Counter(), Counter()
    for kind, data in events_of(path.read_bytes()):
        try:
            read[etl_parser.Chunk.parse(data).type] += 1
        except Exception:
            refused[kind] += 1
    assert set(refused) <= set(INSTANCES)
    assert sum(read.values()) + sum(refused.values()) == len(events)
    assert read["WinTraceRecord"] == sum(e["event_id"] in (10, 11, 12) and e["provider_name"] is None for e in events)


def test_etl_parser_reads_a_file(run, tmp_path):
    """A whole file, where nothing in it is of a kind that it does not know."""
    path = tmp_path / "few.etl"
    run("sample", "-o", path, "--events", "1")
    observer = Counted()
    etl_parser.build_from_stream(path.read_bytes()).parse(observer)
    lines = run("dump", "--format", "jsonl", path).stdout.splitlines()
    assert sum(observer.counts.values()) == len(lines) - 1  # the header event apart


def test_etl_parser_reads_trace_logging(run, tmp_path):
    """Names and fields of TraceLogging events whose types it all knows (not structs, FILETIME, 64-bit hexadecimals)."""
    path = tmp_path / "names.etl"
    run("sample", "-o", path, "--events", "1500", "--seed", "11")
    lines = run("dump", "--unordered", "--format", "jsonl", path).stdout.splitlines()
    compared = Counter()
    for (_, data), line in zip(events_of(path.read_bytes()), lines):
        event = json.loads(line)
        if (event["provider_name"], event["event_name"]) != ("Contoso.Shop", "Request"):
            continue
        got = etl_parser.Event(etl_parser.Chunk.parse(data).value).parse_tracelogging()
        wanted = event["properties"]
        assert got.get_name() == "Request"
        assert list(got) == list(wanted)
        same = ("status", "seconds") if "status" in wanted else ("path",)
        assert [got[name] for name in same] == [wanted[name] for name in same]
        compared[event["opcode"]] += 1
    assert set(compared) == {1, 2}
