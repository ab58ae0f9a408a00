# SPDX-License-Identifier: MIT
"""pyetwkit from the build under test, and traces for it."""

import os

import pytest

# On Windows, too, the sessions of these tests are the process's.
os.environ["ETWKIT_SESSION_SCOPE"] = "process"


@pytest.fixture(scope="session")
def etw():
    """The package; where Python's headers were missing it is not built, and what needs it is skipped."""
    return pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")


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
