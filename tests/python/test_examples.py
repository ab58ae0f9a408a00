# SPDX-License-Identifier: MIT
"""The examples in examples/python do what they say."""

import pathlib
import re
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples" / "python"


def test_listen(etw):
    done = subprocess.run([sys.executable, EXAMPLES / "listen.py"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    assert last == "9 events, 0 lost"
    assert [re.sub(r"^[0-9:.]+ +", "", line) for line in lines][:4] == [
        "Order begins  number=1  customer='Ada'",
        "Priced         cents=1250  items=['tea']",
        "Order ends",
        "Order begins  number=2  customer='Grace'",
    ]
