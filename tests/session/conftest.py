# SPDX-License-Identifier: MIT
"""Recordings of a program of ours, and what their events must be."""

import json
import subprocess
import sys
from collections import defaultdict

import pytest

TEXT = "all work and no play makes Jack a dull boy"


@pytest.fixture(scope="session")
def recorder(build):
    """The program tests/session/record_events.c."""
    path = build / "tests" / "session" / "record-events"
    if not path.is_file():
        pytest.skip(f"no {path}: threads as POSIX has them")
    return path


@pytest.fixture(scope="session")
def command(recorder):
    """command(name=value, ...): the program's command line; `_` stands for `-`."""

    def command(**arguments):
        return [recorder, *(f"{name.replace('_', '-')}={value}" for name, value in arguments.items())]

    return command


@pytest.fixture(scope="session")
def record(command):
    """record(name=value, ...): runs the program to its end; what it tells of itself."""

    def record(code=0, options=None, **arguments):
        done = subprocess.run(command(**arguments), capture_output=True, timeout=300, **(options or {}))
        assert done.returncode == code, done.stderr[-2000:]
        told = json.loads(done.stdout.splitlines()[-1])
        if code == 0:
            settled = told["delivered"] + told["filtered"] + told["lost"]
            assert told["received"] == settled, told
            assert told["in_flight"] == 0, told
        return told

    return record


@pytest.fixture(scope="session")
def numbers(run):
    """numbers(trace, code=0): the numbers of each thread's events in the order of the trace; each event is intact."""

    def numbers(trace, code=0):
        found = defaultdict(list)
        lines = run("dump", "--format", "jsonl", trace, code=code).stdout.splitlines()
        header = json.loads(lines[0])
        assert header["event_name"] == "EventTrace/Header"
        for line in lines[1:]:
            event = json.loads(line)
            assert event["provider_name"] == "EtwkitTest.Recorder"
            assert event["event_name"] == "Numbered"
            values = event["properties"]
            number = values["number"]
            assert values["text"] == TEXT[: number * 7 % (len(TEXT) + 1)]
            assert event["event_id"] == number % 4
            found[values["thread"]].append(number)
        for of_thread in found.values():
            assert of_thread == sorted(set(of_thread))
        return dict(found)

    return numbers


@pytest.fixture(scope="session")
def header(run):
    """header(trace): the properties of its header event."""

    def header(trace):
        line = run("dump", "--format", "jsonl", "--limit", "1", trace).stdout
        return json.loads(line)["properties"]

    return header


@pytest.fixture(scope="session", autouse=True)
def tests_are_importable(root):
    """The second decoder and the writer's rules."""
    sys.path.insert(0, str(root / "tests"))
