# SPDX-License-Identifier: MIT
"""Live sessions of Windows against the double: each case of test_live_*.c in a process of its own, under Wine."""

import re


def test_case(log_of_case, c_case, tmp_path):
    log = log_of_case(c_case)
    if "leaves_it_running" in c_case[1]:  # stopped by the end of the process
        assert re.findall("ControlTraceW stop .* -> (.*)$", log, re.MULTILINE) == ["0"], log
    if "recorder_" in c_case[1] and "leaves_it_running" in c_case[1]:  # and written before
        assert re.search("ControlTraceW flush .* -> 0\n(ControlTraceW query.*\n)*ControlTraceW stop", log), log
        assert (tmp_path / "out.etl").stat().st_size > 0, log
