# SPDX-License-Identifier: MIT
"""The command on a console, which Wine draws on a terminal of ours: text and colour by themselves, UTF-8, Ctrl-C."""

import contextlib
import os
import re
import select
import subprocess
import time

import pytest

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")
pytestmark = pytest.mark.usefixtures("under_wine")

PATIENCE = 60  # seconds
ROWS, COLUMNS = 50, 300


class Console:
    """A program on a console of its own."""

    def __init__(self, command, **environment):
        self.terminal, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (ROWS, COLUMNS))
        self.text = b""
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
            env={**os.environ, "TERM": "xterm", **environment},
        )
        os.close(theirs)

    def read_until(self, words):
        """More of what it shows, until these words are there (None: until it ends)."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and (words is None or words not in self.text):
            if select.select([self.terminal], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # Linux: the other end has closed
                    if part := os.read(self.terminal, 1 << 16):
                        self.text += part
                        continue
                break
            if self.process.poll() is not None and words is None:
                break
        assert words is None or words in self.text, self.text

    def type(self, keys):
        os.write(self.terminal, keys)

    def end(self):
        self.read_until(None)
        os.close(self.terminal)
        return self.process.wait(timeout=PATIENCE)


def plain(text):
    """Without what moves the cursor."""
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-ln-z]", b"", text)


def test_text_and_colour(etwkit, sample):
    console = Console([etwkit, "dump", sample, "--limit", "5"])
    assert console.end() == 0
    assert b"EventTrace/Header" in console.text and b"\x1b[36m" in console.text and b"{" not in console.text[:20]


def test_no_colour_by_choice(etwkit, sample):
    console = Console([etwkit, "dump", sample, "--limit", "5"], NO_COLOR="1")
    assert console.end() == 0
    assert b"EventTrace/Header" in console.text and b"\x1b[36m" not in console.text


def test_unicode_is_shown(etwkit, tmp_path):
    console = Console([etwkit, "dump", tmp_path / "Grüße ñ.etl"])
    assert console.end() == 3
    assert "Grüße ñ.etl:" in plain(console.text).decode("utf-8")


def test_ctrl_c_ends_what_waits(etwkit, sample):
    console = Console([etwkit, "replay", sample, "--speed", "0.001"])
    console.read_until(b"EventTrace/Header")
    console.type(b"\x03")
    assert console.end() == 130


def test_ctrl_c_is_the_programs(etwkit, built):
    """It ends the program; what was written until then is shown, and the code is that of Ctrl-C."""
    console = Console([etwkit, "listen", "-f", "text", built("cli/write-events"), "A:4:1:77", "pause"])
    console.read_until(b"77")
    console.type(b"\x03")
    assert console.end() == 130
