# SPDX-License-Identifier: MIT
"""What changes when a terminal listens: text instead of jsonl, colour, a progress bar on stderr."""

import json
import os
import select
import subprocess
import time

import pytest

pty = pytest.importorskip("pty")
pytestmark = pytest.mark.posix("Wine draws a console of its own on a terminal of POSIX")


def plain_environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    return {**kept, "TERM": "xterm", **more}


def drain(terminal):
    """What was written to the terminal's other end, once that is closed."""
    text = b""
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # Linux: the other end has closed
            return text
        if not part:
            return text
        text += part


def on_terminal(etwkit, *arguments, **more):
    """Runs the command with stdout on a terminal: (exit code, what it showed)."""
    ours, theirs = pty.openpty()
    command = [etwkit, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=plain_environment(**more))
    os.close(theirs)
    text = drain(ours)
    os.close(ours)
    errors = process.stderr.read()
    process.stderr.close()
    assert errors == b""
    return process.wait(timeout=60), text.replace(b"\r\n", b"\n")


def test_text_and_colour_on_a_terminal(etwkit, run, sample):
    code, text = on_terminal(etwkit, "dump", sample, "--limit", 20)
    assert code == 0 and b"\x1b[" in text
    code, text = on_terminal(etwkit, "dump", sample, "--limit", 20, NO_COLOR="1")
    assert code == 0 and text == run("dump", "--format", "text", sample, "--limit", "20").stdout
    assert on_terminal(etwkit, "dump", sample, "--limit", 20, TERM="dumb") == (0, text)


def test_jsonl_by_choice_on_a_terminal(etwkit, sample, events):
    code, text = on_terminal(etwkit, "dump", "--payload", "--format", "jsonl", sample, "--limit", 5)
    assert code == 0 and [json.loads(line) for line in text.splitlines()] == events[:5]


def test_no_colour_in_a_file_or_a_pipe(run, sample, tmp_path):
    run("dump", sample, "--format", "text", "-o", tmp_path / "text", env=plain_environment())
    assert b"\x1b" not in (tmp_path / "text").read_bytes()
    assert b"\x1b" not in run("dump", sample, "--format", "text", env=plain_environment()).stdout


def watched(etwkit, arguments, patience):
    """Runs the command with stderr on a terminal, and reads stdout so long after the first output: what the terminal
    showed."""
    ours, theirs = pty.openpty()
    command = [etwkit, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=plain_environment())
    os.close(theirs)
    select.select([process.stdout], [], [])
    time.sleep(patience)
    output = process.stdout.read()
    process.stdout.close()
    shown = drain(ours)
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return output, shown


def test_progress_after_a_second(etwkit, many, run):
    output, shown = watched(etwkit, ["dump", *many], patience=1.5)
    assert output == run("dump", *many).stdout
    assert b"%" in shown and b"/s" in shown and b"left" in shown
    assert shown.endswith(b"\r\x1b[K"), "the bar is taken away in the end"


def test_no_progress_for_short_work(etwkit, sample):
    took = 1
    while took >= 1:  # a machine that is busy enough makes it long work
        began = time.monotonic()
        _, shown = watched(etwkit, ["dump", sample, "--limit", 5], patience=0)
        took = time.monotonic() - began
    assert shown == b""


def test_no_progress_without_a_terminal(run, sample):
    assert run("dump", sample).stderr == b""


def test_no_packets_on_a_terminal(etwkit, sample):
    ours, theirs = pty.openpty()
    command = [etwkit, "dump", sample, "--format", "pcapng"]
    done = subprocess.run(
        command, stdout=theirs, stderr=subprocess.PIPE, env=plain_environment(), timeout=60, check=False
    )
    os.close(theirs)
    assert drain(ours) == b"" and done.returncode == 2
    os.close(ours)
    assert b"--output FILE" in done.stderr
