# SPDX-License-Identifier: MIT
"""What the tests of the command share: jsonl as objects, and traces made from the sample: damaged, cut, numbered."""

import json
import pathlib
import shutil
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))  # live.py


@pytest.fixture(scope="session")
def program(built):
    """tests/cli/write_events.c, built."""
    return built("cli/write-events")


@pytest.fixture(scope="session")
def dump(run):
    """dump(*arguments, code=0): the events of `etwkit dump --format jsonl`, as objects."""

    def dump(*arguments, code=0):
        done = run("dump", "--format", "jsonl", *arguments, code=code)
        assert done.stdout == b"" or done.stdout.endswith(b"\n")
        return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]

    return dump


@pytest.fixture(scope="session")
def events(dump, sample):
    """All events of the sample."""
    return dump("--payload", sample)


@pytest.fixture(scope="session")
def damaged(sample, tmp_path_factory):
    """The sample with the first event of its third buffer overwritten, so that it is no event any more."""
    path = tmp_path_factory.mktemp("damaged") / "damaged.etl"
    data = bytearray(sample.read_bytes())
    (buffer_size,) = struct.unpack_from("<I", data)
    at = 2 * buffer_size + 72
    data[at : at + 8] = b"\xff" * 8
    path.write_bytes(data)
    return path


@pytest.fixture(scope="session")
def many(sample, tmp_path_factory):
    """Paths of enough copies of the sample that their dump fills every pipe and buffer on the way, several times."""
    folder = tmp_path_factory.mktemp("many")
    copies = max(2, (4 << 20) // sample.stat().st_size)
    return [shutil.copy(sample, folder / f"{number}.etl") for number in range(copies)]
