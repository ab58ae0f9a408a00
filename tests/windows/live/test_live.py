# SPDX-License-Identifier: MIT
"""Live sessions of Windows against the double: each case of test_live_*.c in a process of its own, under Wine."""

import re


def test_case(log_of_case, c_case):
    log = log_of_case(c_case)
    if "leaves_it_running" in c_case[1]:  # stopped by the end of the process
        assert re.search("ControlTraceW stop .* -> 0$", log, re.MULTILINE), log
