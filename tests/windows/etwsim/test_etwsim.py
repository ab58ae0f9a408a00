# SPDX-License-Identifier: MIT
"""The double's own tests: each case of test_sim_*.c in a process of its own, retargeted, under Wine."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
MADE = pathlib.Path(os.environ.get("ETWKIT_BUILD", "")) / "tests" / "windows" / "etwsim"

if not (MADE / "etwsim.dll").is_file():
    pytest.skip("no cross build for Windows is under test", allow_module_level=True)


def test_case(log_of_case, c_case):
    log_of_case(c_case)


def retarget(program, copy):
    done = subprocess.run(
        [sys.executable, HERE / "retarget.py", MADE / "etwsim.dll", program, copy], capture_output=True, text=True
    )
    return done.returncode, done.stderr


def test_what_is_no_program_is_refused(tmp_path):
    (tmp_path / "text").write_text("This is no program.")
    code, told = retarget(tmp_path / "text", tmp_path / "copy")
    assert code == 1
    assert "no MZ" in told


@pytest.mark.parametrize("name", ["StartTraceW", "TdhGetEventInformation"])
def test_what_the_double_lacks_is_refused(tmp_path, name):
    other = name[:-1] + "A"
    program = (MADE / "sim-tdh.exe").read_bytes()
    assert name.encode() + b"\0" in program
    (tmp_path / "program.exe").write_bytes(program.replace(name.encode() + b"\0", other.encode() + b"\0"))
    code, told = retarget(tmp_path / "program.exe", tmp_path / "copy.exe")
    assert code == 1
    assert f"imports {other} of" in told


def test_a_copy_is_the_program_with_a_section_more(tmp_path):
    assert retarget(MADE / "sim-tdh.exe", tmp_path / "copy.exe") == (0, "")
    before, after = (MADE / "sim-tdh.exe").read_bytes(), (tmp_path / "copy.exe").read_bytes()
    headers = 0x600
    assert after[headers : len(before)] == before[headers:]
    assert b"etwsim.dll\0" in after[len(before) :]
    assert (tmp_path / "etwsim.dll").read_bytes() == (MADE / "etwsim.dll").read_bytes()
