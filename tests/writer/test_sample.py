# SPDX-License-Identifier: MIT
"""The sample trace: the same bytes for the same seed, the same story in every form, and parts that agree."""

import json
import shutil
import subprocess
import zlib
from collections import defaultdict

import pytest

# The first thousand events of seed 1, to show that every system and compiler writes the same bytes. It changes with the
# sample, and with nothing else.
PINNED = "--seed 1 --events 1000"
PINNED_CRC = 0xC404EB63


@pytest.fixture(scope="module")
def write(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")

    def write(options):
        path = folder / f"{len(list(folder.iterdir()))}.etl"
        run("sample", "-o", path, *options.split())
        return path

    return write


@pytest.fixture(scope="module")
def dump(run):
    def dump(path, *options):
        return [json.loads(line) for line in run("dump", "--format", "jsonl", *options, path).stdout.splitlines()]

    return dump


@pytest.fixture(scope="module")
def events(write, dump):
    return dump(write("--seed 1"))


def test_a_seed_is_a_trace(write):
    first = write("--seed 5 --events 300").read_bytes()
    assert write("--seed 5 --events 300").read_bytes() == first
    assert write("--seed 6 --events 300").read_bytes() != first


def test_bytes_are_the_same_everywhere(write):
    crc = zlib.crc32(write(PINNED).read_bytes())
    assert crc == PINNED_CRC, f"0x{crc:08X}: pin it, if it was the sample that changed"


@pytest.mark.parametrize(
    "form", ["--compress", "--windows 7", "--buffer-size 8", "--buffer-size 1024 --compress", "--unfinished"]
)
def test_the_same_story_in_every_form(write, dump, events, form):
    """All but the header event; what a crashed session had not yet written is missing."""
    got = dump(write(f"--seed 1 {form}"), "--payload")
    whole = dump(write("--seed 1"), "--payload")
    if form == "--unfinished":
        assert len(got) < len(whole)
        kept = {json.dumps(event) for event in got[1:]}
        assert kept < {json.dumps(event) for event in whole}
    else:
        assert got[1:] == whole[1:]


@pytest.mark.parametrize("form", ["", "--pointer-size 4", "--clock system", "--clock cpu", "--processors 64 --seed 3"])
def test_every_payload_fits_its_schema(write, dump, form):
    """But those of the events that are made not to."""
    for event in dump(write(form)):
        name = event["event_name"]
        assert event.get("truncated", False) == (name == "Short"), event
        assert ("rest" in event) == (name == "Long"), event
        unknown = event["event_id"] in (10, 11, 12, 99) or event["provider_id"].startswith("6b3e5d5a")
        assert (event["properties"] is None) == unknown, event


def test_a_clock_changes_no_time(write, dump):
    """The same moments, whatever counts them: to within a tick of the coarsest, 280 ns."""

    def fractions(clock):
        events = dump(write(f"--seed 1 --clock {clock}"))
        return [(e["timestamp"][:17], float(e["timestamp"][17:-1])) for e in events]

    qpc, system, cpu = map(fractions, ("qpc", "system", "cpu"))
    assert len(qpc) == len(system) == len(cpu)
    for (minute, seconds), *others in zip(system, qpc, cpu):
        assert all(other[0] == minute and -5e-8 < seconds - other[1] < 4e-7 for other in others)


def test_processes_agree(events):
    """Whoever starts was not there, its parent was; whoever ends was there; threads belong to processes that are."""
    alive, threads = set(), defaultdict(set)
    for event in events:
        name, properties = event["event_name"], event["properties"]
        if name in ("Process/DCStart", "Process/Start"):
            assert properties["ProcessId"] not in alive
            assert name == "Process/DCStart" or properties["ParentId"] in alive
            alive.add(properties["ProcessId"])
        elif name == "Process/End":
            alive.remove(properties["ProcessId"])
        elif name in ("Thread/DCStart", "Thread/Start"):
            threads[properties["ProcessId"]].add(properties["TThreadId"])
        elif name == "Thread/End":
            threads[properties["ProcessId"]].remove(properties["TThreadId"])
        elif name == "Process/DCEnd":
            assert properties["ProcessId"] in alive
        elif event["process_id"] is not None and name.startswith(("FileIo", "DiskIo", "Order", "Lookup")):
            assert event["process_id"] in alive and event["thread_id"] in threads[event["process_id"]], event
    assert alive == {e["properties"]["ProcessId"] for e in events if e["event_name"] == "Process/DCEnd"}


def test_metadata_stands_later_than_its_first_event(events):
    names = [event["event_name"] for event in events]
    assert names.index("EventMetadata/EventInfo") > next(
        i for i, event in enumerate(events) if event["provider_name"] == "Northwind-Orders"
    )


def test_the_sample_has_all_that_it_promises(events):
    keys = set().union(*events)
    assert {"activity_id", "related_activity_id", "stack", "user_sid", "session_id", "rest", "truncated"} <= keys
    assert len({event["processor"] for event in events}) == 4
    assert sum(event["provider_name"] == "Windows Kernel" for event in events) > 1000
    stamps = [event["timestamp"] for event in events]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    "arguments",
    ["", "-o", "--seed 1", "-o x --pointer-size 5", "-o x --events 0", "-o x --processors 65", "-o x --clock sundial"],
)
def test_usage(run, arguments, tmp_path):
    done = run("sample", *arguments.split(), code=2, cwd=tmp_path)
    assert done.stderr and not list(tmp_path.iterdir())


def test_a_trace_that_cannot_be_written(run, tmp_path):
    done = run("sample", "-o", tmp_path / "no" / "such.etl", code=2)
    assert b"such.etl" in done.stderr


def test_the_page_on_writing_shows_a_program(root, tmp_path):
    """docs/writer.md's example compiles without a warning."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no cc here")
    source = (root / "docs" / "writer.md").read_text(encoding="utf-8").split("```c\n")[1].split("```")[0]
    (tmp_path / "small.c").write_text(source)
    command = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{root / 'include'}", "small.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
