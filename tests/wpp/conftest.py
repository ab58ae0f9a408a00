# SPDX-License-Identifier: MIT
"""What the tests of WPP messages share: traces of them, and their lines."""

import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # for oracle.py


@pytest.fixture(scope="session")
def write(build, tmp_path_factory):
    """write([(guid, number, payload)], pointer_size=8, ids=(8, 4)): a trace of these messages."""
    program = build / "tests" / "wpp" / "make-messages"

    def write(messages, pointer_size=8, ids=(8, 4)):
        path = tmp_path_factory.mktemp("wpp") / "messages.etl"
        lines = [
            f"{guid} {number} {pointer_size} {ids[0]} {ids[1]} {payload.hex() or '-'}\n"
            for guid, number, payload in messages
        ]
        subprocess.run([program, path], input="".join(lines).encode(), check=True, timeout=60)
        return path

    return write


@pytest.fixture(scope="session")
def dump(run):
    """dump(trace, tmf, *options): the WPP messages as jsonl dictionaries."""

    def dump(trace, tmf, *options, code=0):
        done = run("dump", trace, "--tmf", tmf, "--format", "jsonl", "--message", *options, code=code)
        return [line for line in map(json.loads, done.stdout.splitlines()) if line["provider_name"] != "Windows Kernel"]

    return dump


@pytest.fixture(scope="session")
def names(root):
    """Names of error codes by type of parameter, as data/status lists them."""

    def table(stem, base):
        lines = (root / "data" / "status" / f"{stem}.txt").read_text().splitlines()
        return {int(line.split()[0], base): line.split()[1] for line in lines if not line.startswith("#")}

    return {
        "ItemNTSTATUS": table("ntstatus", 16),
        "ItemWINERROR": table("win32", 10),
        "ItemHRESULT": table("hresult", 16),
    }
