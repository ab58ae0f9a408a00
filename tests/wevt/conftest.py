# SPDX-License-Identifier: MIT
"""What the tests of Windows binaries share: what the library reads of one."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # for made.py


@pytest.fixture(scope="session")
def show(build):
    """show(path): the lines of show-providers as dictionaries, the last one with the status."""
    program = build / "tests" / "wevt" / "show-providers"

    def show(path, **options):
        done = subprocess.run([program, path], capture_output=True, check=True, timeout=60, **options)
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    return show
