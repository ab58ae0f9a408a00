# SPDX-License-Identifier: MIT
"""dump --stacks: the same stacks in every format, with every filter, with several threads."""

import csv
import io
import json


def test_jsonl_adds_stacks_and_leaves_the_rest(dump, sample):
    plain, joined = dump(sample), dump("--stacks", sample)
    rest = [event for event in plain if not event["event_name"].startswith("StackWalk/")]
    assert len(rest) == len(joined) < len(plain)
    more = 0
    for event, same in zip(joined, rest, strict=True):
        keys = list(event)
        assert ("frames" in keys) == ("stack" in keys)
        if "frames" in keys:
            assert keys.index("frames") == keys.index("stack") + 1 < keys.index("properties")
            assert len(event["frames"]) == len(event["stack"])
            for frame, address in zip(event["frames"], event["stack"], strict=True):
                assert frame == address or ("+0x" in frame and int(address, 16) >= int(frame.split("+")[-1], 16))
            del event["frames"]
            if "stack" not in same:
                more += 1
                del event["stack"]
        assert event == same
    assert more > 100


def test_a_filter_keeps_the_stacks_of_what_it_keeps(dump, sample):
    samples = dump("--stacks", "--event", "PerfInfo/SampledProfile", sample)
    assert {event["event_name"] for event in samples} == {"PerfInfo/SampledProfile"}
    assert samples == [event for event in dump("--stacks", sample) if event["event_name"] == "PerfInfo/SampledProfile"]
    assert any(frame.startswith("ntdll.dll+0x") for event in samples for frame in event.get("frames", []))
    assert dump("--stacks", "--event", "StackWalk/*", sample) == []


def test_csv_says_the_same(run, dump, sample):
    events = dump("--stacks", sample)
    text = run("dump", "--format", "csv", "--stacks", sample).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0])[18:22] == ["stack", "frames", "user_sid", "session_id"]
    for row, event in zip(rows, events, strict=True):
        for name in ("stack", "frames"):
            assert json.loads(row[name] or "null") == event.get(name)
    text = run("dump", "--format", "csv", "--stacks", "--event", "PerfInfo/SampledProfile", sample).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    samples = [event for event in events if event["event_name"] == "PerfInfo/SampledProfile"]
    for row, event in zip(rows, samples, strict=True):
        assert json.loads(row["frames"] or "null") == event.get("frames")
        assert row["InstructionPointer"] == event["properties"]["InstructionPointer"]


def test_text_says_the_same(run, dump, sample):
    lines = run("dump", "--format", "text", "--stacks", sample).stdout.decode().splitlines()
    frames = [line.strip() for line in lines if line.startswith("      ")]
    assert frames == [frame for event in dump("--stacks", sample) for frame in event.get("frames", [])]
    events = [line for line in lines[1:] if not line.startswith("      ")]
    assert len(events) == len(dump("--stacks", sample))


def test_threads_files_and_order(run, dump, sample):
    one = run("dump", "--stacks", sample).stdout
    assert run("dump", "--stacks", "--threads", 4, sample).stdout == one
    unordered = dump("--stacks", "--unordered", sample)
    assert sorted(map(json.dumps, unordered)) == sorted(map(json.dumps, map(json.loads, one.splitlines())))
    twice = dump("--stacks", sample, sample)
    assert sum("frames" in event for event in twice) == 2 * sum("frames" in event for event in unordered)


def test_a_trace_without_stacks(run, sample):
    arguments = ("--provider", "Northwind-Orders", "--limit", 20, sample)
    assert run("dump", "--stacks", *arguments).stdout == run("dump", *arguments).stdout
