# SPDX-License-Identifier: MIT
"""The checks of ../shared against the built command, on real traces; skipped where that folder is not."""

import os
import subprocess
import sys

import pytest

CHECKS = [
    ["inventory.py"],
    ["values.py", "--part", "sawbuck,kernel,embedded"],
    ["coverage.py", "--kind", "classic,tracelogging"],
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check[0].removesuffix(".py"))
def test_check(check, etwkit, corpus, root):
    script = root.parent / "shared" / "check" / check[0]
    if not script.exists():
        pytest.skip(f"no {script}")
    environment = {**os.environ, "ETWKIT": str(etwkit), "ETWKIT_CORPUS": str(corpus), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, script, *check[1:]], capture_output=True, text=True, env=environment, timeout=1000
    )
    assert done.returncode == 0, done.stdout + done.stderr
