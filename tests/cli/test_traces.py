# SPDX-License-Identifier: MIT
"""What traces do together and over time: several merge, one grows, one is read out of order."""

import collections
import json
import signal
import subprocess
import threading

import pytest


def texts(events):
    return collections.Counter(json.dumps(event) for event in events)


def lent(events):
    """GUIDs of the providers that the trace's embedded metadata describes: no classic and no TraceLogging ones."""
    return {e["provider_id"] for e in events if e["event_id"] and e["channel"] != 11 and e["properties"] is not None}


@pytest.fixture(scope="module")
def other(run, tmp_path_factory):
    """A second trace, of another seed."""
    path = tmp_path_factory.mktemp("other") / "other.etl"
    run("sample", "-o", path, "--seed", "2")
    return path


def test_time_order(events):
    times = [event["timestamp"] for event in events]
    assert times == sorted(times) and len(set(times)) > len(times) // 2


def test_several_traces_become_one(dump, sample, other, events):
    one, two, both = dump(sample), dump(other), dump(sample, other)
    assert texts(both) == texts(one) + texts(two) and one != two
    times = [event["timestamp"] for event in both]
    assert times == sorted(times)
    assert texts(dump(other, sample)) == texts(both)


def test_one_trace_twice_is_twice_its_events(dump, sample):
    once = dump(sample)
    twice = dump(sample, sample)
    assert twice == [event for event in once for _ in range(2)] or texts(twice) == texts(once) + texts(once)


def test_unordered_gives_the_same_events(dump, sample, events):
    unordered = dump("--payload", "--unordered", sample)
    assert texts(unordered) == texts(events) and unordered != events


def test_limits_of_several(dump, sample, other):
    assert dump(sample, other, "--limit", "7") == dump(sample, other)[:7]


def test_lent_schemas_change_nothing_that_is_known(dump, sample, other):
    assert dump(sample, "--schema", other, "--schema", other) == dump(sample)


def test_the_formats_tell_of_the_same_events(run, sample, events):
    text = run("dump", "--format", "text", sample).stdout.decode()
    assert len([line for line in text.splitlines() if line and not line.startswith(" ")]) >= len(events)
    assert "\x1b" not in text


def test_follow_a_growing_file(etwkit, dump, sample, events, tmp_path):
    """The file grows by a few buffers, then by the rest; what was added comes out, and Ctrl-C ends it with 130."""
    data = sample.read_bytes()
    size = int.from_bytes(data[:4], "little")
    cuts = [size * 2, size * 2 + size // 2, size * 3, len(data)]  # in the middle of a buffer, too
    path = tmp_path / "growing.etl"
    path.write_bytes(data[: cuts[0]])
    before = len(dump(path, code=None))
    assert 0 < before < len(events)

    command = [etwkit, "dump", "--payload", "--follow", "--format", "jsonl", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    watchdog = threading.Timer(300, process.kill)
    watchdog.start()
    try:
        got = [json.loads(process.stdout.readline()) for _ in range(before)]
        for begin, end in zip(cuts, cuts[1:]):
            with path.open("ab") as file:
                file.write(data[begin:end])
        got += [json.loads(process.stdout.readline()) for _ in range(len(events) - before)]
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=300)
    finally:
        watchdog.cancel()
        process.kill()
    # Embedded metadata stands at the end of the file: when these events came it was not there yet.
    keys = ("timestamp", "provider_id", "event_id", "version", "opcode", "process_id", "processor", "payload")
    assert texts([event[key] for key in keys] for event in got) == texts(
        [event[key] for key in keys] for event in events
    )
    late = texts(events) - texts(got)
    assert all(json.loads(text)["provider_id"] in lent(events) for text in late)
    assert process.returncode == 130 and rest == b""


def test_follow_ends_at_its_limit(dump, sample, events):
    assert dump("--payload", "--follow", "--limit", "5", sample) == events[:5]


@pytest.mark.posix("a pipe that broke shows when it is written to")
def test_follow_notices_that_its_reader_has_gone(etwkit, sample):
    process = subprocess.Popen([etwkit, "dump", "--follow", sample], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=300) == 0 and process.stderr.read() == b""
    process.stderr.close()
