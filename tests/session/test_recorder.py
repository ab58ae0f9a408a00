# SPDX-License-Identifier: MIT
"""Recordings hold what was written, whoever reads them; and what they do not hold is counted."""

import importlib
import json
import re
import resource
import signal
import subprocess
import time
import uuid

import pytest

MIB = 1 << 20

# The writer's rules that a circle breaks: behind its newest buffer stand the oldest.
OF_ONE_DIRECTION = {
    "buffer_times",
    "numbers_rise_on_each_processor",
    "times_never_step_back_on_a_processor",
    "the_last_buffer_alone_is_marked",
}


def count(numbers):
    return sum(map(len, numbers.values()))


def is_whole(numbers, threads, events):
    return numbers == {thread: list(range(events)) for thread in range(threads)}


@pytest.fixture(scope="module")
def recording(record, tmp_path_factory):
    """A recording of 3 threads with 5,000 events each."""
    path = tmp_path_factory.mktemp("recording") / "some.etl"
    told = record(path=path, threads=3, events=5000, buffer_size=8192, buffers=2000)
    assert told["delivered"] == 15000
    return path


def test_a_recording_holds_what_was_written(recording, numbers, header):
    assert is_whole(numbers(recording), 3, 5000)
    told = header(recording)
    assert told["EventsLost"] == 0
    assert told["BuffersWritten"] * 8192 == recording.stat().st_size


@pytest.mark.parametrize("clock", [1, 2])
def test_the_second_decoder_says_the_same(clock, run, record, tmp_path):
    second = importlib.import_module("second.lines")
    path = tmp_path / "second.etl"
    record(path=path, threads=2, events=1000, clock=clock)
    ours = run("dump", "--format", "jsonl", path).stdout.decode().splitlines()
    assert ours == list(second.lines(path.read_bytes()))
    assert len(ours) == 2001


@pytest.mark.parametrize("mode", ["file", "circular", "series", "flight"])
def test_the_rules_for_files_of_windows_hold(mode, record, tmp_path):
    rules = importlib.import_module("writer.test_conformance")
    left_out = {"extended_items"} | (OF_ONE_DIRECTION if mode == "circular" else set())
    path = tmp_path / ("rules-%d.etl" if mode == "series" else "rules.etl")
    record(mode=mode, path=path, threads=3, events=4000, buffer_size=8192, maximum=500_000, buffers=64)
    files = sorted(tmp_path.iterdir())
    assert files
    for file in files:
        trace = rules.Trace(file.read_bytes())
        chosen = [rule for rule in rules.RULES + rules.FINISHED if rule.__name__ not in left_out]
        rules.check(chosen, trace)
        # Our events have no CPU times and say so: flag 0x10, which no event of the corpus has. All else is well.
        events = sum(len(buffer.events) for buffer in trace.rest)
        complaints = list(rules.extended_items(trace))
        assert len(complaints) == events
        assert all(complaint.startswith("flags 0x11 of the event") for complaint in complaints)


def test_dissect_reads_it(recording, run):
    dissect = pytest.importorskip("dissect.etl", reason="dissect.etl is not installed")
    lines = run("dump", "--unordered", "--format", "jsonl", recording).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    with recording.open("rb") as file:
        opened = dissect.ETL(file)
        assert opened.logfile_header.logger_name == "recorder"
        assert opened.logfile_header.log_filename == str(recording)
        records = [record for buffer in opened.buffers() for record in buffer]
        assert len(records) == len(events) == 15001
        for found, event in zip(records[1:], events[1:]):
            header = found.header
            assert str(uuid.UUID(bytes_le=header.provider_id.bytes)) == event["provider_id"]
            assert (header.process_id, header.thread_id) == (event["process_id"], event["thread_id"])
            assert header.descriptor.id == event["event_id"]
            kinds = {item.ext_type.name for item in header.header_extensions}
            assert {"PROV_TRAITS", "EVENT_SCHEMA_TL"} <= kinds


def test_what_event_ids_keep_back(record, numbers, tmp_path):
    path = tmp_path / "filtered.etl"
    told = record(path=path, threads=2, events=1000, filter=1)
    assert (told["filtered"], told["delivered"]) == (500, 1500)
    assert numbers(path) == {thread: [n for n in range(1000) if n % 4 != 1] for thread in (0, 1)}


def test_a_file_of_limited_size(record, numbers, header, tmp_path):
    path = tmp_path / "small.etl"
    # It is flushed as it is filled: buffers of several processors that wait together are not written in one order.
    told = record(path=path, events=30000, maximum=MIB, buffer_size=16384, buffers=1000, flush_every=500)
    assert MIB - 16384 < path.stat().st_size <= MIB
    assert told["status"] == 0
    found = numbers(path)
    assert count(found) == told["delivered"] == 30000 - told["lost_channel"]
    assert found[0][:1000] == list(range(1000))
    assert header(path)["EventsLost"] == told["lost"]
    assert header(path)["BuffersLost"] == told["buffers_lost"] > 0


def test_a_circle(record, numbers, header, tmp_path):
    path = tmp_path / "circle.etl"
    told = record(
        mode="circular", path=path, events=30000, maximum=MIB, buffer_size=16384, buffers=1000, flush_every=500
    )
    assert path.stat().st_size == MIB
    assert header(path)["LogFileMode"] == "0x2"
    found = numbers(path)[0]
    assert len(found) == told["delivered"] - told["overwritten"]
    assert told["delivered"] == 30000
    assert found[-1] == 29999
    assert len(found) > 2000


def test_a_series(record, numbers, header, tmp_path):
    told = record(
        mode="series", path=tmp_path / "part%d.etl", events=30000, maximum=MIB, buffer_size=16384, buffers=1000
    )
    assert told["delivered"] == 30000
    files = sorted(tmp_path.iterdir(), key=lambda path: int(re.search(r"\d+", path.name)[0]))
    assert [path.name for path in files] == [f"part{number + 1}.etl" for number in range(len(files))]
    assert len(files) > 3
    assert all(path.stat().st_size == MIB for path in files[:-1])
    every = [number for path in files for number in numbers(path)[0]]
    assert sorted(every) == list(range(30000))
    assert len({header(path)["StartTime"] for path in files}) == 1
    assert all(header(path)["EndTime"] for path in files)


def test_a_flight_recorder_keeps_the_newest(record, numbers, tmp_path):
    path = tmp_path / "flight.etl"
    # Each flush waits for the session's thread, which keeps a quarter of the buffers free.
    told = record(mode="flight", path=path, events=8000, buffer_size=16384, buffers=128, flush_every=100)
    found = numbers(path)[0]
    assert len(found) == told["delivered"] - told["overwritten"]
    assert found[-1] == 7999
    assert 4000 < len(found) < 8000


def test_snapshots_while_events_are_written(record, numbers, tmp_path):
    told = record(
        mode="flight",
        snapshots=tmp_path / "shot",
        threads=2,
        events=4000,
        buffer_size=16384,
        buffers=256,
        pause_every=20,
    )
    assert told["lost"] == 0
    ends = []
    for number in (1, 2, 3):
        found = numbers(tmp_path / f"shot-{number}")
        assert all(of == list(range(of[0], of[-1] + 1)) for of in found.values())
        ends.append(sum(of[-1] for of in found.values()))
    assert ends == sorted(ends)


def test_it_is_followed_while_it_is_written(etwkit, command, tmp_path):
    path = tmp_path / "growing.etl"
    writing = subprocess.Popen(
        command(path=path, threads=2, events=3000, pause_every=50, flush_ms=10), stdout=subprocess.PIPE
    )
    with writing:
        assert writing.stdout.readline() == b"started\n"
        follow = [etwkit, "dump", "--follow", "--format", "jsonl", path, "--limit", "6001"]
        reading = subprocess.run(follow, capture_output=True, timeout=120, check=True)
    events = [json.loads(line) for line in reading.stdout.splitlines()[1:]]
    for thread in (0, 1):
        numbers = [e["properties"]["number"] for e in events if e["properties"]["thread"] == thread]
        # A thread that moved: what it wrote on one processor may be in the file before what it wrote on another.
        assert sorted(numbers) == list(range(3000))


@pytest.mark.parametrize("mode", ["file", "circular", "series", "flight"])
def test_a_full_disk(mode, record, numbers, tmp_path):
    """No file may be larger than 300 KB: what is written is whole, the rest is counted, and stop() says why."""
    path = tmp_path / ("full%d.etl" if mode == "series" else "full.etl")
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))}
    told = record(mode=mode, path=path, events=20000, buffer_size=16384, buffers=500, maximum=MIB, options=limits)
    assert told["status"] == -3
    assert "cannot write: File too large" in told["message"]
    assert str(tmp_path) in told["message"]
    for file in tmp_path.iterdir():
        assert file.stat().st_size == 18 * 16384
    found = [numbers(file) for file in tmp_path.iterdir()]
    kept = told["delivered"] - told["overwritten"]
    if mode == "flight":
        assert 1000 < sum(map(count, found)) < kept
    else:
        assert sum(map(count, found)) == kept
        assert told["lost_channel"] == 20000 - told["delivered"]
        assert told["buffers_lost"] > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"path": "{}/missing/a.etl"}, "missing/a.etl: cannot open: No such file or directory"),
        ({"path": "{}"}, "cannot open: Is a directory"),
        ({}, "a session that writes a file needs a path"),
        ({"path": "{}/a.etl", "mode": "circular"}, "maximum_file_size must hold two buffers of 65536 bytes"),
        ({"path": "{}/a.etl", "maximum": 100_000}, "maximum_file_size must hold two buffers of 65536 bytes"),
        ({"path": "{}/a.etl", "mode": "series", "maximum": MIB}, "has %d once, where the number goes, not: "),
        ({"path": "{}/%d%s.etl", "mode": "series", "maximum": MIB}, "has %d once, where the number goes, not: "),
        (
            {"path": "{}/" + "x" * 250 + "/" + "y" * 3000, "buffer_size": 4096},
            "a buffer of 4096 bytes has no room for its name and that of ",
        ),
    ],
)
def test_what_cannot_be_started(arguments, says, record, tmp_path):
    told = record(code=1, **{name: str(value).replace("{}", str(tmp_path)) for name, value in arguments.items()})
    assert told["status"] < 0
    assert says in told["message"]
    assert told["message"].startswith("session recorder: ") or str(tmp_path) in told["message"]


def safe(output, mode):
    """How many events of each thread it knew to be written. In a circle, those of the last flush: what a thread wrote
    that then had no turn for a while, others may have overwritten."""
    flushes = re.findall(rb"^flushed (\d+) (\d+)\n", output, re.MULTILINE)
    return {int(t): int(n) for t, n in (flushes[-1:] if mode == "circular" else flushes)}


@pytest.mark.parametrize("mode", ["file", "series", "circular"])
def test_killed_at_any_moment(mode, command, numbers, soak, tmp_path):
    """What was flushed is there, whole, and nothing is damaged or there twice. Of what came later a buffer may be there
    whose events are newer than those of another processor's, which was to be written next."""
    flushed = 0
    for attempt in range(170 if soak else 7):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        path = folder / ("killed%d.etl" if mode == "series" else "killed.etl")
        arguments = {"maximum": MIB} if mode != "file" else {}
        writing = subprocess.Popen(
            command(
                mode=mode,
                path=path,
                threads=2,
                events=10**9,
                flush_every=300,
                pause_every=100,
                buffers=500,
                **arguments,
            ),
            stdout=subprocess.PIPE,
        )
        assert writing.stdout.readline() == b"started\n"
        told = writing.stdout.readline() if attempt % 2 else b""  # every other one is killed after a first flush
        time.sleep(0.003 + 0.0137 * attempt % 0.2)
        writing.send_signal(signal.SIGKILL)
        known = safe(told + writing.communicate()[0], mode)
        flushed += sum(known.values())
        found = {0: [], 1: []}
        for file in sorted(folder.iterdir(), key=lambda path: int(re.search(r"\d+", path.name + "0")[0])):
            if file.stat().st_size:  # else it was killed before the header was written
                for thread, of_thread in numbers(file).items():
                    found[thread] += of_thread
        for thread, of_thread in found.items():
            if mode != "circular":
                assert len(set(of_thread)) == len(of_thread)
                assert set(range(known.get(thread, 0))) <= set(of_thread)
            assert max(of_thread, default=-1) + 1 >= known.get(thread, 0)
    assert flushed > 0


def as_killed(data):
    """A file as it is before its session has ended: no EndTime, and the header buffer alone is counted."""
    payload = 0x48 + 0x20
    data = bytearray(data)
    data[payload + 0x10 : payload + 0x18] = bytes(8)
    data[payload + 0x24 : payload + 0x28] = (1).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize("written", [0, 1, 4096 - 0x48, 5000, 8192 - 0x48])
def test_killed_while_a_buffer_is_appended(written, recording, numbers, tmp_path):
    """Its body is there in part, its head is not."""
    data, path = as_killed(recording.read_bytes()), tmp_path / "torn.etl"
    last = len(data) - 8192
    path.write_bytes(data[:last])
    whole = numbers(path)
    path.write_bytes(data[:last] + bytes(0x48) * bool(written) + data[last + 0x48 :][:written])
    assert numbers(path) == whole


@pytest.mark.parametrize("written", [0, 1, 4096 - 0x48, 5000, 8192 - 0x48])
def test_killed_while_a_buffer_is_overwritten(written, recording, numbers, tmp_path):
    """It says that it is empty; what is behind that is partly the old one, partly the new one."""
    data, path = as_killed(recording.read_bytes()), tmp_path / "torn.etl"
    place, other = 3 * 8192, 7 * 8192
    empty = bytearray(data[other : other + 0x48])
    empty[0x04:0x08] = empty[0x30:0x34] = (0x48).to_bytes(4, "little")
    empty[0x36:0x38] = (6).to_bytes(2, "little")
    body = data[other + 0x48 :][:written] + data[place + 0x48 + written : place + 8192]
    path.write_bytes(data[:place] + bytes(empty) + body + data[place + 8192 :])
    found = numbers(path)
    assert count(found) < count(numbers(recording))
    path.write_bytes(data[:place] + data[place + 8192 :])
    assert found == numbers(path)
