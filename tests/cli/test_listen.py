# SPDX-License-Identifier: MIT
"""etwkit listen: events are seen while the program runs, all of them, and nothing of it is left behind."""

import os
import signal
import subprocess

import pytest
from live import lines, lost, written


@pytest.fixture
def listen(run, program, windows, tmp_path):
    """listen(*actions, options=(), code=0): what was seen. The folder for temporary files is empty afterwards."""

    def listen(*actions, options=(), code=0, **more):
        folder = tmp_path / "tmp"
        folder.mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(folder)}
        done = run("listen", *options, "--", program, *actions, code=code, env=environment, **more)
        assert windows or list(folder.iterdir()) == []  # tests/windows looks into Windows' own
        listen.errors = done.stderr.decode()
        return written(lines(done.stdout))

    return listen


def test_all_that_is_written_is_seen(listen):
    events = listen("A:4:1:1", "B:5:2:2", "say:done", "A:1:0:3")
    assert events == [("Test.A", "Done", 1), ("Test.B", "Done", 2), ("Test.A", "Done", 3)]
    assert listen.errors == "done\n"  # not between the events


def test_many_events_in_several_files(listen):
    # 25 MB and more: two files at least.
    numbers = [number for _, _, number in listen("many:200000")]
    assert len(set(numbers)) == len(numbers) and len(numbers) + lost(listen.errors) == 200000


def test_providers_levels_and_keywords(listen):
    actions = ["A:3:1:1", "A:4:2:2", "A:5:4:3", "B:4:1:4"]
    assert [n for _, _, n in listen(*actions, options=["-p", "Test.A:info:2", "-p", "Test.B"])] == [2, 4]
    assert [n for _, _, n in listen(*actions, options=["--provider", "*:warning"])] == [1]


def test_events_are_seen_while_the_program_runs(etwkit, program):
    command = [etwkit, "listen", "--", program]
    process = subprocess.Popen(
        [*command, "A:4:1:1", "line", "A:4:1:2", "line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    for number in (1, 2):
        # The program waits for the line that comes only when its event was seen.
        assert written(lines(process.stdout.readline())) == [("Test.A", "Done", number)]
        assert process.poll() is None
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert process.stdout.read() == b""
    assert process.wait(timeout=60) == 0
    process.stdin.close()
    process.stdout.close()


@pytest.mark.posix("a script for sh; tests/windows/test_children.py")
def test_other_processes_are_seen_too(run, program):
    script = f"'{program}' A:4:1:1; '{program}' B:4:1:2; '{program}' A:4:1:3 & wait"
    done = run("listen", "sh", "-c", script)
    assert sorted(written(lines(done.stdout))) == [("Test.A", "Done", 1), ("Test.A", "Done", 3), ("Test.B", "Done", 2)]


@pytest.mark.parametrize("code", [0, 1, 2, 7])
def test_the_exit_code_is_the_commands(listen, code):
    assert listen("A:4:1:1", f"exit:{code}", code=code) == [("Test.A", "Done", 1)]


def test_what_was_flushed_is_seen_of_a_program_that_is_killed(etwkit, program):
    process = subprocess.Popen(
        [etwkit, "listen", program, "A:4:1:1", "line", "signal:9"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert written(lines(process.stdout.readline())) == [("Test.A", "Done", 1)]
    out, _ = process.communicate(b"\n", timeout=60)
    assert out == b"" and process.returncode == 128 + 9


def test_ctrl_c_ends_both(etwkit, program, windows, tmp_path):
    process = subprocess.Popen(
        [etwkit, "listen", program, "A:4:1:1", "pause"],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    assert written(lines(process.stdout.readline())) == [("Test.A", "Done", 1)]
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stdout.read() == b"" and (windows or list(tmp_path.iterdir()) == [])
    process.stdout.close()


def test_enough_is_enough_but_the_program_runs_on(listen):
    assert listen("many:1000", "exit:3", options=["--limit", 10], code=3) == [("Test.A", "Many", n) for n in range(10)]


def test_a_reader_may_leave(etwkit, program):
    script = f"'{etwkit}' listen -- '{program}' many:100000 exit:4; echo $? >&2"
    done = subprocess.run(f"({script}) | head -n 3", shell=True, capture_output=True, timeout=300)
    assert done.stdout.count(b"\n") == 3 and done.stderr.endswith(b"4\n") and b"cannot" not in done.stderr


def test_into_a_file(run, program, tmp_path):
    path = tmp_path / "out.jsonl"
    done = run("listen", "-o", path, program, "A:4:1:1", "say:x")
    assert done.stdout == b"x\n" and written(lines(path.read_bytes())) == [("Test.A", "Done", 1)]


def test_formats(run, program):
    text = run("listen", "-f", "text", program, "A:4:1:1").stdout.decode()
    assert "Test.A Done" in text and "number=1" in text
    rows = run("listen", "-f", "csv", program, "A:4:1:1").stdout.decode().splitlines()
    assert len(rows) == 2 and rows[0].startswith("timestamp,")
    done = run("listen", "--local", "-f", "jsonl", program, "say:ran", code=2)
    assert b"--local" in done.stderr and b"ran" not in done.stderr


def test_nothing_to_show(run, windows):
    nothing = "hostname" if windows else "true"
    done = run("listen", nothing)
    assert done.stdout == b"" and f"{nothing} registered no provider" in done.stderr.decode()
    assert b"cannot run" in run("listen", "etwkit-nothing-of-that-name", code=127).stderr


@pytest.mark.posix("Windows makes its own folder for temporary files")
def test_no_folder_for_temporary_files(run, tmp_path):
    missing = {**os.environ, "TMPDIR": str(tmp_path / "missing")}
    assert b"TMPDIR" in run("listen", "true", code=2, env=missing).stderr
