# SPDX-License-Identifier: MIT
"""info against what dump says of the same trace, and the shape of its two outputs."""

import collections
import json
import shutil

import pytest


@pytest.fixture(scope="module")
def told(run, sample):
    """The JSON object of the sample."""
    return json.loads(run("info", "--json", "--schemas", sample).stdout)


def test_counts_are_those_of_dump(told, events):
    assert told["events"] == len(events)
    names = ("provider_name", "provider_id", "event_name", "event_id", "version", "opcode")
    want = collections.Counter(tuple(event[name] for name in names) for event in events)
    got = collections.Counter()
    for schema in told["schemas"]:
        got[tuple(schema[name] for name in names)] += schema["events"]
    assert got == want


def test_payloads_are_those_of_dump(told, events):
    known = [schema for schema in told["schemas"] if schema["known"]]
    assert sum(s["events"] for s in known) == sum(event["properties"] is not None for event in events)
    assert sum(s["truncated"] for s in told["schemas"]) == sum("truncated" in event for event in events)
    assert sum(s["with_rest"] for s in known) == sum("rest" in event for event in events)
    assert all(s["walked"] == s["events"] for s in known)


def test_times_are_those_of_dump(told, events):
    assert told["first_event"] == events[0]["timestamp"] and told["last_event"] == events[-1]["timestamp"]
    assert told["start_time"] == events[0]["timestamp"]
    assert told["start_time"] <= told["last_event"] <= told["end_time"]


def test_file(told, sample):
    assert told["path"] == str(sample) and told["file_size"] == sample.stat().st_size
    assert told["closed"] is True and told["damage"] == 0 and told["damages"] == []


def test_schemas_only_when_asked(run, sample, told):
    plain = json.loads(run("info", "--json", sample).stdout)
    assert plain.keys() == told.keys()
    assert not any("walked" in schema for schema in plain["schemas"])


def test_one_line_a_trace(run, sample):
    done = run("info", "--json", sample, sample)
    assert done.stdout.count(b"\n") == 2
    assert len({json.dumps(json.loads(line)) for line in done.stdout.splitlines()}) == 1


def test_damage_is_listed(run, damaged):
    told = json.loads(run("info", "--json", damaged, code=1).stdout)
    assert told["damage"] == len(told["damages"]) > 0
    assert told["damages"][0]["status"] == "ETWKIT_E_DAMAGED"
    assert "damaged.etl" in told["damages"][0]["message"] and told["damages"][0]["offset"] >= 0


def test_table(run, sample, told):
    lines = run("info", sample).stdout.decode().splitlines()
    assert lines[0].startswith("sample.etl ") and lines[1].startswith("recorded ") and lines[2].startswith("events ")
    assert lines[3] == ""
    header, rows = lines[4], lines[5:]
    assert header.split() == ["PROVIDER", "EVENT", "COUNT", "RATE/s", "FIELDS", "FROM"]
    column = header.index("FIELDS FROM")
    counts = [int(row[: header.index("COUNT") + 5].split()[-1].replace(",", "")) for row in rows]
    assert sum(counts) == told["events"] and counts == sorted(counts, reverse=True)
    assert all(row[column - 1] == " " != row[column] for row in rows), "the columns line up"
    groups = {(s["provider_name"] or s["provider_id"], s["event_name"], s["source"]) for s in told["schemas"]}
    assert len(rows) == len(groups)


def test_several(run, sample):
    one = run("info", sample).stdout
    assert run("info", sample, sample).stdout == one + b"\n" + one


def test_a_long_name_stands_alone(run, sample, tmp_path):
    path = shutil.copy(sample, tmp_path / "a_name_that_is_longer_than_the_column.etl")
    lines = run("info", path).stdout.decode().splitlines()
    assert lines[0] == "a_name_that_is_longer_than_the_column.etl"
    assert [line.split()[0] for line in lines[1:4]] == ["session", "recorded", "events"]


@pytest.mark.posix("no names of files on Windows")
def test_names_command_nothing(run, sample, tmp_path):
    path = shutil.copy(sample, tmp_path / "x\x1b[31m\x9b\u202e.etl")
    done = run("info", path)
    assert b"\x1b" not in done.stdout and rb"x\x1b[31m\x9b\u202e.etl" in done.stdout
    assert json.loads(run("info", "--json", path).stdout)["path"] == str(path)


def test_a_trace_that_was_never_closed(run, sample, tmp_path):
    """Without its EndTime, as a crash leaves it, the latest event ends the recording."""
    data = bytearray(sample.read_bytes())
    # WMI_BUFFER_HEADER 72, SYSTEM_TRACE_HEADER 32, EndTime at 16 of TRACE_LOGFILE_HEADER
    data[72 + 32 + 16 : 72 + 32 + 24] = bytes(8)
    path = tmp_path / "crashed.etl"
    path.write_bytes(data)
    told = json.loads(run("info", "--json", path, code=None).stdout)
    assert told["closed"] is False and told["end_time"] is None and float(told["duration"]) > 0
    assert "never closed" in run("info", path, code=None).stdout.decode()


def test_a_trace_cut_between_two_buffers(run, sample, tmp_path):
    """Nothing in the file is damaged, but its header says how many buffers there were."""
    told = json.loads(run("info", "--json", sample).stdout)
    path = tmp_path / "cut.etl"
    path.write_bytes(sample.read_bytes()[: -told["buffer_size"]])
    want = f"{told['buffers'] - 1} buffers of 64 KiB ({told['buffers']} were written), none compressed"
    assert want in run("info", path, code=1).stdout.decode()
    assert "written" not in run("info", sample).stdout.decode()
