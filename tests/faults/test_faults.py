# SPDX-License-Identifier: MIT
"""The system fails at any moment: disks that cannot be read, files that shrink, full disks, signals, interrupted calls.

Each ends clean: the right exit code, one sentence that says why, and output that is a whole beginning of what it would
be.
"""

import errno
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD as Linux has it")
FORMATS = ["jsonl", "csv", "text"]


@pytest.fixture(scope="session")
def shim(build):
    path = build / "tests" / "faults" / "faults.so"
    if not path.is_file():
        pytest.skip("no tests/faults/faults.so in this build")
    return path


class Trace(NamedTuple):
    path: pathlib.Path
    whole: dict  # what `dump --format NAME` writes of it when nothing fails


@pytest.fixture(scope="session")
def trace(run, tmp_path_factory):
    """A trace of many small buffers."""
    path = tmp_path_factory.mktemp("faults") / "small.etl"
    run("sample", "-o", path, "--seed", "3", "--buffer-size", "8")
    return Trace(path, {name: run("dump", "--format", name, path).stdout for name in FORMATS})


@pytest.fixture(scope="session")
def fail(run, shim):
    """fail(arguments, code=..., CALL=..., AT=...): runs with the shim's settings."""

    def fail(*arguments, code, **settings):
        environment = {f"FAULT_{name}": str(value) for name, value in settings.items()}
        return run(*arguments, code=code, env={**os.environ, **environment, "LD_PRELOAD": str(shim)})

    return fail


@pytest.fixture(scope="session")
def calls(fail, trace):
    """calls(name, format): how many such calls a dump of the trace needs."""
    known = {}

    def calls(name, form="jsonl"):
        low, high = 1, 1 << 16
        while (name, form) not in known and low < high:  # the last one that can fail
            middle = (low + high) // 2
            done = fail("dump", "--format", form, trace.path, code=None, CALL=name, AT=middle, ERRNO=errno.EIO)
            if done.returncode == 0:
                high = middle
            else:
                low = middle + 1
        return known.setdefault((name, form), low - 1)

    return calls


@pytest.fixture(scope="session")
def reads(calls):
    return calls("pread")


@pytest.fixture(scope="session")
def moments(soak):
    """moments(count): calls at which something happens: all of them, or the first and last ones and some between."""

    def moments(count):
        if soak or count <= 24:
            return range(1, count + 1)
        return sorted({1, 2, 3, count - 1, count, *random.Random(7).sample(range(1, count), 12)})

    return moments


@pytest.fixture(scope="session")
def at_each_read(reads, moments):
    """Calls of pread at which something happens."""
    return moments(reads)


def is_beginning(part, of):
    return of.startswith(part) and (part == b"" or part.endswith(b"\n"))


def is_true_beginning(part, of):
    """The same, but for events without their fields: what describes them stood where nothing can be read."""
    told, lines, time = part.splitlines(), of.splitlines(), 42 if of.startswith(b"{") else 28
    return (
        (part == b"" or part.endswith(b"\n"))
        and [line[:time] for line in told] == [line[:time] for line in lines[: len(told)]]
        and {line for line in told if b'"properties":{' in line or b',"{""' in line} <= set(lines)
    )


def test_a_read_error_ends_the_reading(fail, trace, reads, at_each_read):
    assert reads > 20
    before = -1
    for at in at_each_read:
        done = fail("dump", trace.path, code=3, CALL="pread", AT=at, ERRNO=errno.EIO)
        assert done.stderr.decode() == f"etwkit: {trace.path}: cannot read: Input/output error\n"
        assert is_true_beginning(done.stdout, trace.whole["jsonl"]) and done.stdout.count(b"\n") >= before
        before = done.stdout.count(b"\n")
    assert fail("dump", trace.path, code=0, CALL="pread", AT=reads + 1, ERRNO=errno.EIO).stdout == trace.whole["jsonl"]


def test_a_read_error_that_passes_is_no_silent_loss(fail, trace, at_each_read):
    """The disk fails once: either that is told, or the output is complete."""
    for at in at_each_read:
        done = fail("dump", trace.path, code=None, CALL="pread", AT=at, TIMES=1, ERRNO=errno.EIO)
        if done.returncode == 0:
            assert done.stdout == trace.whole["jsonl"] and done.stderr == b"", at
        else:
            assert done.returncode == 3 and b"cannot read" in done.stderr
            assert is_true_beginning(done.stdout, trace.whole["jsonl"])


@pytest.mark.parametrize(
    "arguments", [["info"], ["info", "--schemas"], ["dump", "--unordered"], ["dump", "--format", "csv"]]
)
def test_a_read_error_wherever(arguments, fail, run, trace, at_each_read):
    complete = run(*arguments, trace.path).stdout
    for at in at_each_read:
        done = fail(*arguments, trace.path, code=None, CALL="pread", AT=at, ERRNO=errno.EIO)
        assert done.returncode in (0, 3) and is_true_beginning(done.stdout, complete)
        assert (done.returncode == 3) == (b"cannot read: Input/output error" in done.stderr)
        assert done.returncode == 3 or done.stdout == complete


def test_a_read_error_in_json(fail, trace, reads):
    done = fail("dump", trace.path, "--json-errors", code=3, CALL="pread", AT=reads, ERRNO=errno.EIO)
    error, summary = [json.loads(line) for line in done.stderr.splitlines()]
    assert error["status"] == "ETWKIT_E_IO" and error["path"] == str(trace.path) and error["offset"] > 0
    assert summary["exit_code"] == 3 and summary["events"] > 0


@pytest.mark.parametrize("size", [0, 40, 100, 8192, 5 * 8192 + 30, 10 * 8192 + 3000])
def test_a_file_that_shrinks(size, fail, trace, tmp_path, at_each_read):
    """Cut while it is read: what is gone is told as damage, and what had been read is there."""
    path = tmp_path / "shrinks.etl"
    lines = set(trace.whole["jsonl"].splitlines())
    for at in at_each_read:
        path.write_bytes(trace.path.read_bytes())
        done = fail("dump", path, code=None, CALL="pread", AT=at, TIMES=1, FILE=path, SHRINK=size)
        assert done.returncode in (0, 1, 3) and b"ERROR" not in done.stderr
        assert (done.returncode == 0) == (done.stderr == b"")
        assert done.stdout == b"" or done.stdout.endswith(b"\n")
        if done.returncode == 0:
            assert done.stdout == trace.whole["jsonl"], "nothing was missing"
        # What is there is true. (Descriptions that are gone leave some events without fields.)
        told = [line for line in done.stdout.splitlines() if b'"properties":null' not in line]
        assert set(told) <= lines


def test_short_reads(fail, trace):
    for most in (1000, 4096):
        assert fail("dump", trace.path, code=0, CALL="pread", SHORT=most).stdout == trace.whole["jsonl"]


@pytest.mark.parametrize("name", FORMATS)
def test_interrupted_calls(name, fail, trace, tmp_path):
    """EINTR, again and again."""
    for call in ("pread", "write"):
        done = fail("dump", "--format", name, trace.path, code=0, CALL=call, EVERY=2, ERRNO=errno.EINTR)
        assert done.stdout == trace.whole[name] and done.stderr == b""
    out = tmp_path / "out"
    fail("dump", "--format", name, trace.path, "-o", out, code=0, CALL="write", SHORT=977)
    assert out.read_bytes() == trace.whole[name]


def test_interrupted_writers(fail, run, tmp_path):
    plain, hindered = tmp_path / "plain.etl", tmp_path / "hindered.etl"
    run("sample", "-o", plain, "--seed", "4")
    fail("sample", "-o", hindered, "--seed", "4", code=0, CALL="pwrite", EVERY=2, ERRNO=errno.EINTR)
    assert hindered.read_bytes() == plain.read_bytes()
    fail("sample", "-o", hindered, "--seed", "4", code=0, CALL="pwrite", SHORT=1000)
    assert hindered.read_bytes() == plain.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_becomes_full(name, fail, calls, trace, tmp_path):
    """After some of it went out: told once, and never a second try."""
    out = tmp_path / "out"
    for at in range(1, calls("write", name) + 1):
        done = fail("dump", "--format", name, trace.path, "-o", out, code=2, CALL="write", AT=at, ERRNO=errno.ENOSPC)
        assert done.stderr.decode() == f"etwkit: cannot write {out}: No space left on device\n"
        assert trace.whole[name].startswith(out.read_bytes())


def test_a_disk_that_is_full_when_the_file_is_closed(fail, trace, tmp_path):
    out = tmp_path / "out"
    done = fail("dump", trace.path, "-o", out, code=2, CALL="close", ERRNO=errno.EDQUOT)
    assert done.stderr.decode() == f"etwkit: cannot write {out}: Disk quota exceeded\n"
    assert out.read_bytes() == trace.whole["jsonl"]


@pytest.mark.parametrize("command", ["sample", "tile"])
def test_writers_on_a_full_disk(command, fail, trace, tmp_path):
    arguments = ["sample", "--seed", "4"] if command == "sample" else ["tile", trace.path, "--size", "1M"]
    for at in (1, 2, 5):
        done = fail(*arguments, "-o", tmp_path / "out.etl", code=2, CALL="pwrite", AT=at, ERRNO=errno.ENOSPC)
        assert done.stdout == b"" and b"No space left on device" in done.stderr and done.stderr.count(b"\n") == 1


def limited(etwkit, name, most, *arguments):
    """Runs the command under a limit of the shell's ulimit."""
    script = f'ulimit -{name} {most}; exec "$0" "$@"'
    return subprocess.run(["bash", "-c", script, etwkit, *map(str, arguments)], capture_output=True, timeout=60)


def test_a_file_size_limit(etwkit, trace, tmp_path):
    """ulimit -f: an error like a full disk, no signal that kills."""
    out = tmp_path / "out"
    done = limited(etwkit, "f", 100, "dump", trace.path, "-o", out)
    assert done.returncode == 2
    assert done.stderr.decode() == f"etwkit: cannot write {out}: File too large\n"
    assert out.stat().st_size <= 100 * 1024 and trace.whole["jsonl"].startswith(out.read_bytes())
    done = limited(etwkit, "f", 100, "sample", "-o", tmp_path / "out.etl")
    assert done.returncode == 2 and b"File too large" in done.stderr


def test_too_many_open_files(etwkit, trace):
    paths = [trace.path] * 40
    done = limited(etwkit, "n", 20, "dump", *paths)
    assert done.returncode == 3 and b"cannot open: Too many open files" in done.stderr and done.stdout == b""
    assert limited(etwkit, "n", 20, "info", *paths).returncode == 0, "one at a time"


@pytest.mark.parametrize("call", ["pread", "write"])
def test_ctrl_c_at_any_moment(call, fail, calls, trace, moments):
    for name in FORMATS:
        for at in moments(calls(call, name)):
            done = fail("dump", "--format", name, trace.path, code=130, CALL=call, AT=at, SIGNAL=int(signal.SIGINT))
            assert done.stderr == b"" and is_beginning(done.stdout, trace.whole[name])


def test_ctrl_c_of_info(fail, trace, reads, moments):
    for at in moments(reads // 2):
        done = fail("info", trace.path, code=130, CALL="pread", AT=at, SIGNAL=int(signal.SIGINT))
        assert done.stdout == b"" and done.stderr == b""


def test_ctrl_c_in_json(fail, trace):
    done = fail("dump", trace.path, "--json-errors", code=130, CALL="pread", AT=9, SIGNAL=int(signal.SIGINT))
    assert json.loads(done.stderr)["exit_code"] == 130


def test_a_pipe_that_does_not_wait(etwkit, trace):
    """O_NONBLOCK on standard output, as some parents leave it: EAGAIN is waited out."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen([etwkit, "dump", trace.path], stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            assert pipe.read() == trace.whole["jsonl"]
        assert process.stderr.read() == b""
    assert process.returncode == 0
