# SPDX-License-Identifier: MIT
"""Live sessions of Windows against the double: each case of test_live_*.c in a process of its own, under Wine."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
WINE = HERE.parent.parent.parent / "scripts" / "wine"
RETARGET = HERE.parent / "etwsim" / "retarget.py"
MADE = pathlib.Path(os.environ.get("ETWKIT_BUILD", "")) / "tests" / "windows"

if not (MADE / "etwsim" / "etwsim.dll").is_file():
    pytest.skip("no cross build for Windows is under test", allow_module_level=True)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder with the double and the retargeted programs."""
    folder = tmp_path_factory.mktemp("live")
    for program in (MADE / "live").glob("live-*.exe"):
        retarget = [sys.executable, RETARGET, MADE / "etwsim" / "etwsim.dll", program, folder / program.name]
        subprocess.run(retarget, check=True)
    return folder


def cases():
    for source in sorted(HERE.glob("test_live_*.c")):
        for case in re.findall(r"^TEST\((\w+)\)", source.read_text(encoding="utf-8"), re.MULTILINE):
            yield pytest.param(source.stem.removeprefix("test_live_"), case, id=f"{source.stem}-{case}")


@pytest.mark.parametrize(("program", "case"), list(cases()))
def test_case(programs, tmp_path, program, case):
    done = subprocess.run(
        [WINE, programs / f"live-{program}.exe", case],
        env=dict(os.environ, ETWSIM_FOLDER=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    log = tmp_path / "log"
    told = f"{done.stdout}{done.stderr}\n{log.read_text()[-8000:] if log.exists() else 'no log'}"
    assert done.returncode == 0, told
    assert f"ok 1 - {case}" in done.stdout, told
    if "leaves_it_running" in case:  # stopped by the end of the process
        assert re.search("ControlTraceW stop .* -> 0$", log.read_text(), re.MULTILINE), told
