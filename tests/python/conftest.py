# SPDX-License-Identifier: MIT
"""pyetwkit from the build under test, and traces for it."""

import ctypes
import os
import sys

import pytest

# On Windows, too, the sessions of these tests are the process's.
os.environ["ETWKIT_SESSION_SCOPE"] = "process"


@pytest.fixture(scope="session")
def etw():
    """The package; where Python's headers were missing it is not built, and what needs it is skipped."""
    return pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")


@pytest.fixture(scope="session")
def under_wine():
    """Whether Windows is Wine."""
    return sys.platform == "win32" and hasattr(ctypes.windll.ntdll, "wine_get_version")


@pytest.fixture(scope="session")
def ctrl_c():
    """ctrl_c(seconds): a timer by which Ctrl-C comes to a program that imports os, signal and threading: an expression.
    Windows has it come on a thread of its own, and no way to send it to one program alone."""
    itself = "signal.raise_signal, (signal.SIGINT,)"
    act = itself if sys.platform == "win32" else "os.kill, (os.getpid(), signal.SIGINT)"
    return lambda seconds: f"threading.Timer({seconds}, {act})"


@pytest.fixture
def trace(etw, sample):
    with etw.open(sample) as trace:
        yield trace


@pytest.fixture(scope="session")
def lines(run):
    """What the command prints of a trace, line by line."""

    def lines(path, *options):
        done = run("dump", "--format", "jsonl", *options, path, code=None)
        return done.stdout.decode().split("\n")[:-1]

    return lines
