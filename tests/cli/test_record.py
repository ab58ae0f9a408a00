# SPDX-License-Identifier: MIT
"""etwkit record: a program is recorded as it was written, and ends as it would without."""

import os
import signal
import subprocess

import pytest
from live import lost, written


@pytest.fixture
def record(run, program, tmp_path, dump):
    """record(*actions, options=(), code=0): what was recorded of the program that does that."""

    def record(*actions, options=(), code=0, **more):
        path = tmp_path / "app.etl"
        done = run("record", "-o", path, *options, "--", program, *actions, code=code, **more)
        record.errors = done.stderr.decode()
        record.output = done.stdout.decode()
        return written(dump(path))

    return record


def test_all_that_is_written_is_recorded(record):
    events = record("A:4:1:1", "B:5:2:2", "A:1:0:3", "say:done")
    assert events == [("Test.A", "Done", 1), ("Test.B", "Done", 2), ("Test.A", "Done", 3)]
    assert record.errors == "" and record.output == "done\n"


def test_many_events_are_all_there_or_counted(record):
    numbers = [number for _, _, number in record("many:50000")]
    assert numbers == sorted(set(numbers)) and len(numbers) + lost(record.errors) == 50000


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--provider", "Test.A"], [1, 2, 3]),
        (["--provider", "test.a"], [1, 2, 3]),  # names become GUIDs without their case
        (["--provider", "Test.A:warning"], [1]),
        (["--provider", "Test.A:3"], [1]),
        (["--provider", "Test.A::0x4"], [3]),
        (["--provider", "Test.A:5:6"], [2, 3]),
        (["--provider", "Test.A:warning", "-p", "Test.B"], [1, 4]),
        (["--provider", "*:warning", "--provider", "Test.B:info"], [1, 4]),
        (["--provider", "*:warning"], [1]),
        (["--provider", "Nobody"], []),
    ],
    ids=str,
)
def test_providers_levels_and_keywords(record, options, numbers):
    events = record("A:3:1:1", "A:4:2:2", "A:5:4:3", "B:4:1:4", options=options)
    assert [number for _, _, number in events] == numbers


def test_a_provider_may_be_a_guid(record, dump, run, program, tmp_path):
    record("A:4:1:1")
    guid = next(e["provider_id"] for e in dump(tmp_path / "app.etl") if e["provider_name"] == "Test.A")
    assert record("A:4:1:1", "B:4:1:2", options=["-p", guid]) == [("Test.A", "Done", 1)]
    assert record("A:4:1:1", "B:4:1:2", options=["-p", f"{{{guid.upper()}}}:5"]) == [("Test.A", "Done", 1)]


@pytest.mark.parametrize("code", [0, 1, 2, 7, 255])
def test_the_exit_code_is_the_commands(record, code):
    assert record("A:4:1:1", f"exit:{code}", code=code) == [("Test.A", "Done", 1)]


@pytest.mark.posix("signals of POSIX")
def test_a_signal_is_128_and_its_number(record):
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGABRT):
        # What was not flushed yet is lost with the process; the file is a trace all the same.
        assert record("A:4:1:1", f"signal:{number}", code=128 + number) in ([], [("Test.A", "Done", 1)])


@pytest.mark.posix("signals of POSIX")
def test_signals_are_handed_on(etwkit, program, tmp_path):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        command = [
            etwkit,
            "record",
            "-o",
            tmp_path / "app.etl",
            program,
            f"handle:{number}",
            "say:x",
            "pause",
            "exit:5",
        ]
        not_ignored = {"preexec_fn": lambda n=number: signal.signal(n, signal.SIG_DFL)}  # as nohup would have it
        process = subprocess.Popen(command, stdout=subprocess.PIPE, **not_ignored)
        assert process.stdout.readline() == b"x\n"
        process.send_signal(number)
        assert process.wait(timeout=60) == 5
        process.stdout.close()


@pytest.mark.posix("signals of POSIX")
def test_what_the_terminal_sends_is_not_sent_twice(etwkit, program, tmp_path):
    pty = pytest.importorskip("pty")
    process, terminal = pty.fork()
    if process == 0:
        os.execv(etwkit, [etwkit, "record", "-o", tmp_path / "a.etl", program, "handle:2", "say:x", "pause", "count"])
    text = b""
    while b"x\r\n" not in text:
        text += os.read(terminal, 100)
    os.write(terminal, b"\x03")
    while b"signals\r\n" not in text:
        text += os.read(terminal, 100)
    assert b"1 signals" in text
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0


def test_no_such_command(run, tmp_path):
    done = run("record", "-o", tmp_path / "a.etl", "--", "etwkit-nothing-of-that-name", code=127)
    assert b"cannot run etwkit-nothing-of-that-name" in done.stderr
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert b"cannot run" in run("record", "-o", tmp_path / "a.etl", script, code=126).stderr


@pytest.mark.posix("Windows has sessions of its own; tests/windows")
@pytest.mark.parametrize("command", ["record", "listen"])
def test_without_a_command(run, command):
    done = run(command, code=2)
    assert b"no COMMAND was given" in done.stderr and b"belongs to the process that runs it" in done.stderr
    assert done.stdout == b""


@pytest.mark.posix("Windows has sessions of its own; tests/windows")
def test_there_are_no_sessions(run):
    for arguments in ([], ["list"], ["stop", "x"]):
        done = run("sessions", *arguments, code=2)
        assert b"etwkit record" in done.stderr and b"etwkit listen" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--provider", "Test.A:loud"], "a level is critical"),
        (["--provider", "Test.A:256"], "a level is critical"),
        (["--provider", "Test.A:4:all"], "keywords are one number"),
        (["--provider", "Test.A:4:1:1"], "keywords are one number"),
        (["--provider", ":4"], "wants a name"),
        (["--ring", "much"], "--ring wants a size"),
        (["--ring", "64K"], "--ring wants a size"),
    ],
    ids=str,
)
def test_mistakes_are_told_before_anything_runs(run, program, tmp_path, options, said):
    path = tmp_path / "app.etl"
    path.write_bytes(b"stays")
    done = run("record", "-o", path, *options, program, "say:ran", code=2)
    assert said in done.stderr.decode() and done.stdout == b"" and path.read_bytes() == b"stays"


def test_a_file_is_needed_that_can_be_written(run, program, tmp_path):
    assert b"-o FILE" in run("record", program, "say:ran", code=2).stderr
    done = run("record", "-o", tmp_path / "missing" / "a.etl", program, "say:ran", code=2)
    assert b"cannot write" in done.stderr and done.stdout == b""


@pytest.mark.posix("echo; tests/windows/test_children.py")
def test_options_of_the_command_are_its_own(run, tmp_path):
    done = run("record", "-o", tmp_path / "a.etl", "echo", "--provider", "-o", "--")
    assert done.stdout == b"--provider -o --\n"
    assert b"registered no provider" in done.stderr and not (tmp_path / "a.etl").exists()


def test_what_was_there_is_written_over(record):
    assert len(record("A:4:1:1", "A:4:1:2")) == 2
    assert len(record("A:4:1:3")) == 1


def test_names_may_hold_anything(run, program, tmp_path, dump):
    path = tmp_path / "a;b=c %d 'ü'.etl"
    run("record", "-o", path, program, "A:4:1:1")
    assert written(dump(path)) == [("Test.A", "Done", 1)]


@pytest.mark.posix("a script for sh; tests/windows/test_children.py")
def test_the_file_is_found_from_any_folder(etwkit, program, tmp_path, dump):
    (tmp_path / "elsewhere").mkdir()
    command = [etwkit, "record", "-o", "a.etl", "sh", "-c", f"cd elsewhere && '{program}' A:4:1:1"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert written(dump(tmp_path / "a.etl")) == [("Test.A", "Done", 1)]


@pytest.mark.posix("forks of POSIX")
def test_a_forked_child_leaves_the_recording(record, tmp_path):
    assert record("A:4:1:1", "fork", "A:4:1:2") == [("Test.A", "Done", 1), ("Test.A", "Done", 2)]
    assert [p.name for p in tmp_path.iterdir()] == ["app.etl"]


@pytest.mark.posix("a script for sh; tests/windows/test_children.py")
def test_each_process_has_its_own_file(run, program, tmp_path, dump):
    script = f"'{program}' A:4:1:1; '{program}' A:4:1:2 & '{program}' A:4:1:3; wait"
    run("record", "-o", tmp_path / "app.etl", "sh", "-c", script)
    assert written(dump(tmp_path / "app.etl")) == [("Test.A", "Done", 1)]
    others = [p for p in tmp_path.iterdir() if p.name != "app.etl"]
    assert len(others) == 2
    for path in others:
        (event,) = [e for e in dump(path) if e["provider_name"] == "Test.A"]
        assert path.name == f"app.{event['process_id']}.etl"
    assert sorted(written(dump(*others))) == [("Test.A", "Done", 2), ("Test.A", "Done", 3)]


def test_a_ring_keeps_the_newest(record, tmp_path):
    events = record("many:50000", options=["--ring", "1MB"])
    assert (tmp_path / "app.etl").stat().st_size <= 1 << 20
    numbers = [number for _, _, number in events]
    assert 0 < len(numbers) < 50000 and (numbers[-1] == 49999 or lost(record.errors))
    assert numbers == sorted(numbers)
