# SPDX-License-Identifier: MIT
"""Where the output goes: pipes that close, disks that are full, files, Ctrl-C in the middle."""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import time

import pytest


def shell(command, **options):
    return subprocess.run(["bash", "-c", "set -o pipefail; " + command], capture_output=True, timeout=120, **options)


@pytest.mark.parametrize("arguments", ["dump --format jsonl", "dump --format text", "info --json"])
def test_a_closed_pipe_is_no_error(arguments, etwkit, many):
    paths = " ".join(shlex.quote(str(path)) for path in many)
    done = shell(f"{shlex.quote(str(etwkit))} {arguments} {paths} | head -1")
    assert done.returncode == 0 and done.stderr == b"" and done.stdout.count(b"\n") == 1


def test_a_closed_pipe_keeps_the_damage_code(etwkit, damaged):
    done = shell(f"{shlex.quote(str(etwkit))} dump {shlex.quote(str(damaged))} | head -c 0")
    assert done.returncode in (0, 1) and b"cannot write" not in done.stderr


def test_output_file(run, sample, tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("old")
    assert run("dump", sample, "-o", path).stdout == b""
    assert path.read_bytes() == run("dump", sample).stdout
    assert run("dump", sample, "-o", "-").stdout == path.read_bytes()
    run("info", sample, f"--output={path}")
    assert path.read_bytes() == run("info", sample).stdout


def test_a_trace_that_cannot_be_read_does_not_cost_the_output_file(run, tmp_path):
    path = tmp_path / "precious.jsonl"
    path.write_text("precious")
    run("dump", tmp_path / "missing.etl", "-o", path, code=3)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("command", ["dump", "info"])
def test_the_output_is_never_one_of_the_inputs(command, run, sample, tmp_path):
    path, link = tmp_path / "trace.etl", tmp_path / "link.etl"
    path.write_bytes(sample.read_bytes())
    link.symlink_to(path)
    for output in (path, link, tmp_path / "." / "trace.etl"):
        done = run(command, path, "-o", output, code=2)
        assert b"one of the traces" in done.stderr
    assert path.read_bytes() == sample.read_bytes()


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["dump", "info"])
def test_a_full_disk_is_told(command, run, sample, etwkit, windows):
    full = "Disk full" if windows else "No space left on device"  # in Wine's words
    done = run(command, sample, "-o", "/dev/full", code=2)
    assert done.stderr.decode() == f"etwkit: cannot write /dev/full: {full}\n"
    done = shell(f"{shlex.quote(str(etwkit))} {command} {shlex.quote(str(sample))} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.decode() == f"etwkit: cannot write standard output: {full}\n"


def test_a_folder_as_output(run, sample, tmp_path):
    done = run("dump", sample, "-o", tmp_path, code=2)
    assert b"cannot write" in done.stderr


def interrupt(etwkit, arguments, number=signal.SIGINT, **options):
    """Starts a dump into a pipe that nobody reads, interrupts it, then reads: (exit code, output, errors)."""
    command = [etwkit, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    first = os.read(process.stdout.fileno(), 1)  # it is at work
    time.sleep(0.3)
    assert process.poll() is None, "it did not wait for its reader"
    process.send_signal(number)
    time.sleep(0.1)
    output, errors = process.communicate(timeout=60)
    return process.returncode, first + output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.posix("signals"))])
def test_an_interruption_leaves_whole_lines(number, etwkit, many, run):
    whole = run("dump", *many).stdout
    code, output, errors = interrupt(etwkit, ["dump", *many], number)
    assert code == 128 + number and errors == b""
    assert output.endswith(b"\n") and len(output) < len(whole) and whole.startswith(output)
    for line in output.splitlines():
        json.loads(line)


def test_interrupted_info_shows_nothing_half(etwkit, many):
    """info has nothing to show before it is through. It may be through already, or not yet have begun to listen."""
    process = subprocess.Popen([etwkit, "info", "--schemas", *many], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode in (130, 0, -signal.SIGINT) and errors == b""
    assert output == b"" or output.endswith(b"\n")


@pytest.mark.posix("signals of POSIX")
def test_ignored_signals_stay_ignored(etwkit, many):
    """nohup's and a background job's way: what was switched off for us stays off."""
    process = subprocess.Popen(
        ["bash", "-c", 'trap "" INT; exec "$0" dump "$@"', etwkit, *many],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.read(process.stdout.fileno(), 1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
