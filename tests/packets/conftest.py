# SPDX-License-Identifier: MIT
"""What the tests of packets share: traces of packet events, and what pcapng makes of them."""

import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # for blocks.py and capture.py
import blocks


@pytest.fixture(scope="session")
def capture(build, tmp_path_factory):
    """capture(*lines, name="packets.etl"): a trace of these events."""
    program = build / "tests" / "packets" / "make-packets"

    def capture(*lines, name="packets.etl"):
        path = tmp_path_factory.mktemp("packets") / name
        subprocess.run([program, path], input="".join(lines).encode(), check=True, timeout=60)
        return path

    return capture


@pytest.fixture(scope="session")
def convert(run):
    """convert(*traces and options): (interfaces, packets, what was said) by the plain reader."""

    def convert(*arguments, code=0):
        done = run("dump", *arguments, "--format", "pcapng", code=code)
        return *blocks.read(done.stdout), done.stderr.decode()

    return convert


@pytest.fixture(scope="session")
def tshark(run):
    """tshark(traces and options, *its own options): its lines. Skipped where it is not installed."""
    program = shutil.which("tshark")

    def tshark(arguments, *options):
        if not program:
            pytest.skip("no tshark here")
        packets = run("dump", *arguments, "--format", "pcapng").stdout
        done = subprocess.run([program, "-r", "-", *options], input=packets, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().splitlines()

    return tshark
