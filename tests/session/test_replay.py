# SPDX-License-Identifier: MIT
"""What a session replays of traces is what is in them; providers, speed and stop as with a live one."""

import json
import subprocess
import time
from datetime import datetime

import pytest

SAMPLES = ["", "--compress", "--pointer-size 4", "--clock system", "--clock cpu", "--windows 7", "--unfinished"]
KERNEL_PROCESS = "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"


@pytest.fixture(scope="session")
def replay(build):
    """replay(*arguments, code=0): the lines that the session's reader writes, and the session's counts."""
    path = build / "tests" / "session" / "replay-events"

    def replay(*arguments, code=0):
        done = subprocess.run([path, *map(str, arguments)], capture_output=True, timeout=300)
        assert done.returncode == code, done.stderr[-2000:]
        if code:
            return done.stderr.decode()
        counts = json.loads(done.stderr)
        assert counts["received"] == counts["delivered"] + counts["filtered"] + counts["lost"]
        assert counts["in_flight"] == 0
        return done.stdout, counts

    return replay


@pytest.fixture(scope="session")
def dump(run):
    """dump(*traces): their lines."""

    def dump(*traces):
        return run("dump", "--format", "jsonl", *traces, code=None).stdout

    return dump


@pytest.fixture(scope="module")
def events(sample, dump):
    return [json.loads(line) for line in dump(sample).splitlines()]


@pytest.mark.parametrize("options", SAMPLES)
def test_a_replay_says_the_same_as_the_trace(options, run, replay, dump, tmp_path):
    trace = tmp_path / "sample.etl"
    run("sample", "-o", trace, "--seed", "5", "--events", "3000", *options.split())
    lines, counts = replay("everything=1", trace)
    assert lines == dump(trace)
    assert counts["received"] == lines.count(b"\n") > 1000


def test_the_corpus(replay, dump, corpus):
    traces = sorted((corpus / "etl").glob("*.etl"))
    assert traces
    for trace in traces:
        assert replay("everything=1", trace)[0] == dump(trace), trace.name


def test_several_traces_are_one(run, replay, dump, sample, tmp_path):
    other = tmp_path / "other.etl"
    run("sample", "-o", other, "--seed", "9", "--clock", "system")
    assert replay("everything=1", sample, other)[0] == dump(sample, other)


def test_a_small_channel_waits_for_its_reader(replay, dump, sample):
    assert replay("everything=1", "channel=200", sample)[0] == dump(sample)


@pytest.mark.parametrize("overflow", [1, 2])
def test_a_small_channel_that_drops(overflow, replay, events, sample):
    lines, counts = replay("everything=1", "channel=200", f"overflow={overflow}", sample)
    assert counts["received"] == len(events)
    assert counts["delivered"] == lines.count(b"\n")


def is_enabled(event, level=0, any_of=0, all_of=0, ignore_keyword_0=False):
    """CONTRACT.md's rule."""
    keywords = int(event["keywords"], 16)
    if level and event["level"] > level:
        return False
    if keywords == 0:
        return not ignore_keyword_0
    return bool(keywords & (any_of or 2**64 - 1)) and keywords & all_of == all_of


# Level, any, all, ignore_keyword_0.
@pytest.mark.parametrize(
    "wish", [(0, 0, 0, 0), (4, 0, 0, 0), (3, 0, 0, 0), (0, 2, 0, 1), (0, 3, 1, 0), (5, 0, 4, 1)], ids=str
)
def test_providers_that_are_enabled(wish, replay, events, sample):
    providers = {e["provider_id"] for e in events if e["channel"] == 11}
    kept = 0
    for provider in providers:
        lines, counts = replay(":".join([f"provider={provider}", *(f"{number:x}" for number in wish)]), sample)
        found = [json.loads(line) for line in lines.splitlines()]
        assert found == [e for e in events if e["provider_id"] == provider and is_enabled(e, *wish)]
        assert counts["received"] == len(found)
        kept += len(found)
    assert kept > 0


def test_classic_events_have_no_keywords(replay, events, sample):
    found = [json.loads(line) for line in replay(f"provider={KERNEL_PROCESS}:0:ff:1:1", sample)[0].splitlines()]
    assert found == [e for e in events if e["provider_id"] == KERNEL_PROCESS]
    assert found


def test_event_ids(replay, events, sample):
    provider = next(e["provider_id"] for e in events if e["event_id"] > 0 and e["channel"] == 16)
    of_it = [e for e in events if e["provider_id"] == provider]
    one = of_it[0]["event_id"]
    lines, counts = replay(f"provider={provider}:0:0:0:0:{one:x}", sample)
    found = [json.loads(line) for line in lines.splitlines()]
    assert found == [e for e in of_it if e["event_id"] == one]
    assert counts["filtered"] == len(of_it) - len(found) > 0


def test_recorded_speed(replay, events, sample):
    """Nothing comes before its time. How late it comes is the machine's business."""
    first, last = (datetime.fromisoformat(events[i]["timestamp"][:26]) for i in (0, -1))
    speed = (last - first).total_seconds() / 0.3
    begin = time.monotonic()
    lines, _ = replay("everything=1", f"speed={speed}", sample)
    assert time.monotonic() - begin >= 0.29
    assert lines.count(b"\n") == len(events)


def test_a_stop_waits_for_no_event(replay, events, sample):
    """At this speed the trace takes years."""
    lines, counts = replay("everything=1", "speed=0.00000001", "most=1", sample)
    assert 1 <= lines.count(b"\n") == counts["received"] < len(events)


def test_what_cannot_be_replayed(replay, sample, tmp_path):
    assert "missing.etl: cannot open: " in replay(tmp_path / "missing.etl", code=1)
    assert "no trace was named" in replay(code=1)
    assert "a speed of replay is 0 or more" in replay("speed=-1", sample, code=1)
    assert "a speed of replay is 0 or more" in replay("speed=nan", sample, code=1)
