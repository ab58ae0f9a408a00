# SPDX-License-Identifier: MIT
"""The last line of `make test` is true: scripts/tally.py counts single tests, and what broke off counts as failed."""

import json
import subprocess
import sys

import pytest

PASSED = {"name": "unit - etwkit:base/good", "result": "OK", "stdout": "ok 1 - a # once\nok 2 - b # SKIP why\n1..2\n"}
FAILED = {"name": "unit - etwkit:base/bad", "result": "FAIL", "stdout": "ok 1 - a\nnot ok 2 - b\n1..2\n"}
CRASHED = {"name": "unit - etwkit:base/dead", "result": "FAIL", "stdout": "ok 1 - a\n"}
SILENT = {"name": "unit - etwkit:base/mute", "result": "TIMEOUT"}
LEAKED = {"name": "unit - etwkit:base/leak", "result": "ERROR", "stdout": "ok 1 - a\n1..1\n"}
PYTHON = {"name": "python - etwkit:pytest-cli", "result": "OK", "stdout": "3 passed"}
UNWRITTEN = {"name": "python - etwkit:pytest-gone", "result": "FAIL", "stdout": "no tests ran"}


@pytest.mark.parametrize(
    ("tests", "line", "code"),
    [
        ([PASSED], "1 passed, 0 failed, 1 skipped", 0),
        ([PASSED, FAILED], "2 passed, 1 failed, 1 skipped", 1),
        ([CRASHED], "1 passed, 1 failed", 1),
        ([SILENT], "0 passed, 1 failed", 1),
        ([LEAKED], "1 passed, 1 failed", 1),
        ([PYTHON], "2 passed, 0 failed, 1 skipped", 0),
        ([UNWRITTEN], "0 passed, 1 failed", 1),
        ([], "0 passed, 0 failed", 1),
    ],
)
def test_counts(root, tmp_path, tests, line, code):
    (tmp_path / "meson-logs").mkdir()
    (tmp_path / "meson-logs" / "testlog.json").write_text("".join(json.dumps(test) + "\n" for test in tests))
    cases = '<testcase name="a"/><testcase name="b"/><testcase name="c"><skipped/></testcase>'
    (tmp_path / "pytest-cli.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    command = [sys.executable, str(root / "scripts" / "tally.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == (line + "\n", code)
