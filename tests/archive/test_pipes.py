# SPDX-License-Identifier: MIT
"""Traces that come by a pipe, and what becomes of the temporary file when something goes wrong."""

import itertools
import json
import os
import pathlib
import pty
import re
import resource
import signal
import subprocess
import sys
import threading
import time

import packed
import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX"),
    pytest.mark.usefixtures("spool"),
]


def feed(path, data):
    """Writes into a FIFO as soon as somebody reads it."""
    thread = threading.Thread(target=lambda: path.open("wb").write(data), daemon=True)
    thread.start()
    return thread


def test_standard_input(run, traces, plain, tmp_path):
    data = traces["a.etl"]
    assert run("dump", "-", input=data).stdout == plain("a.etl")
    about = json.loads(run("info", "--json", "-", input=data).stdout)
    assert about["path"] == "standard input" and about["file_size"] == len(data)
    (tmp_path / "b.etl").write_bytes(traces["b.etl"])
    assert run("dump", "-", tmp_path / "b.etl", input=data).stdout == plain("a.etl", "b.etl")


def test_a_file_as_standard_input(run, traces, plain, tmp_path):
    """It is read where it is, from its beginning on or from where it was read to."""
    path = tmp_path / "a.etl"
    path.write_bytes(b"12345678" + traces["a.etl"])
    with path.open("rb", buffering=0) as file:
        file.seek(8)
        assert run("dump", "-", stdin=file).stdout == plain("a.etl")
    path.write_bytes(packed.zipped({"a.etl": traces["a.etl"]}))
    with path.open("rb") as file:
        assert run("dump", "-", stdin=file).stdout == plain("a.etl")
    path.write_bytes(traces["a.etl"])
    with path.open("rb") as file:
        assert run("dump", "-", "--limit", "3", "--follow", stdin=file).stdout.count(b"\n") == 3


def test_fifos_and_substitutions(run, etwkit, traces, plain, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    thread = feed(fifo, traces["a.etl"])
    assert run("dump", fifo).stdout == plain("a.etl")
    thread.join(300)
    (tmp_path / "a.etl").write_bytes(traces["a.etl"])
    script = 'cat a.etl | "$0" dump /dev/stdin && "$0" dump <(gzip -c a.etl)'
    done = subprocess.run(["bash", "-c", script, etwkit], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.stdout == plain("a.etl") * 2 and done.stderr == b""


def test_damage_is_told_of_it(run, traces):
    done = run("dump", "-", input=traces["a.etl"][:30000], code=1)
    assert done.stderr.startswith(b"etwkit: standard input: buffer 3 at offset 0x6000: the file ends inside it")
    told = json.loads(run("info", "-", "--json-errors", input=traces["a.etl"][:30000], code=1).stderr.splitlines()[0])
    assert told["path"] == "standard input" and told["buffer"] == 3


@pytest.mark.parametrize(("data", "why"), [(b"", "it is empty"), (b"hello\n", "it is a text")])
def test_no_trace(data, why, run):
    assert (
        run("dump", "-", input=data, code=3).stderr.decode() == f"etwkit: standard input is not an ETW trace: {why}\n"
    )


def test_what_cannot_be(run, etwkit, traces, tmp_path):
    assert b"standard input can be read once only" in run("dump", "-", "-", code=2).stderr
    assert b"is a pipe or an archive" in run("dump", "-", "--follow", input=traces["a.etl"], code=2).stderr
    assert b"read back and forth" in run("schema", "pack", "-", "-o", tmp_path / "x", code=2).stderr
    for options in (["--spool-limit", "x"], ["--spool-limit", "1T"], ["--spool-ratio", "0"], ["--spool-ratio", "2.5"]):
        for command in ("dump", "info"):
            done = run(command, "-", *options, input=traces["a.etl"], code=2)
            assert f"{options[0]} takes a".encode() in done.stderr and done.stdout == b""
    leader, follower = pty.openpty()
    done = run("dump", "-", stdin=follower, code=2)
    assert done.stderr == b"etwkit: standard input: it is a terminal, from which no trace comes\n"
    os.close(leader)
    os.close(follower)


def test_a_limit(run, traces, plain):
    data = traces["a.etl"]
    done = run("dump", "-", "--spool-limit", len(data) - 1, input=data, code=3)
    assert done.stdout == b"" and b"--spool-limit SIZE allows more" in done.stderr
    assert f"standard input: more than {len(data) - 1} bytes would go into".encode() in done.stderr
    assert run("dump", "-", "--spool-limit", len(data), input=data).stdout == plain("a.etl")


def test_no_room(run, traces, spool):
    """A full disk is the system's fault: 2, and no word of the trace."""

    def little():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))

    done = run("dump", "-", input=traces["a.etl"], preexec_fn=little, code=2)
    want = f"etwkit: cannot write a temporary file in {spool}: File too large; TMPDIR names another folder\n"
    assert done.stderr.decode() == want and done.stdout == b""
    environment = {**os.environ, "TMPDIR": str(spool / "nowhere")}
    done = run("dump", "-", input=traces["a.etl"], env=environment, code=2)
    assert b"cannot make a temporary file in " in done.stderr and b"No such file or directory" in done.stderr


def is_waiting(proc):
    """Signals have their handlers, and the process sleeps: until there is something to read."""
    status = (proc / "status").read_text()
    caught = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)
    return "State:\tS" in status and bool(caught >> (signal.SIGTERM - 1) & 1)


def has_open(proc, folder):
    return any(str(one.readlink()).startswith(str(folder)) for one in (proc / "fd").glob("*"))


NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize(("how", "number"), [*itertools.product(["pipe", "fifo"], NUMBERS)])
def test_interrupted_while_it_waits(how, number, etwkit, traces, spool):
    """The temporary file has no name from the beginning: nothing is left, whatever ends the command."""
    fifo = spool.parent / "fifo"
    os.mkfifo(fifo)
    operand = "-" if how == "pipe" else fifo
    process = subprocess.Popen(
        [etwkit, "dump", operand], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if how == "pipe":
        process.stdin.write(traces["a.etl"])
        process.stdin.flush()
    proc = pathlib.Path(f"/proc/{process.pid}")
    time.sleep(0 if proc.is_dir() else 1)
    while proc.is_dir() and not (is_waiting(proc) and (how == "fifo" or has_open(proc, spool))):
        time.sleep(0.01)
    assert list(spool.iterdir()) == [] and process.poll() is None
    process.send_signal(number)
    assert process.wait(timeout=300) == (-number if number == signal.SIGKILL else 128 + number)
    assert process.stdout.read() == process.stderr.read() == b""
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
