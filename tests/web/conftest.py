# SPDX-License-Identifier: MIT
"""The service, started as often as a test wants it; it is skipped where what it needs is not there."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


@pytest.fixture(scope="session")
def etw():
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: requirements-dev.txt has it")
    return pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")


@pytest.fixture
def start(etw, root, tmp_path):
    """start(setup, port): a running Service, which records into a file of its own."""
    from running import Service  # noqa: PLC0415

    started = []

    def start(setup="", port=0):
        file = tmp_path / f"service{len(started)}.etl"
        started.append(Service(root / "examples" / "python" / "web", file, setup, port))
        return started[-1]

    yield start
    for service in started:
        service.end()
