# SPDX-License-Identifier: MIT
"""etwkit.exe under Wine, with etwsim in the place of ETW and TDH (etwsim/README.md)."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
SIM = HERE / "etwsim"
WINE = HERE.parent.parent / "scripts" / "wine"
MADE = pathlib.Path(os.environ.get("ETWKIT_BUILD", ""))


@pytest.fixture(scope="session")
def retarget():
    """retarget(made, copy): copies a file of the cross build, and puts the double beside the copy."""
    double = MADE / "tests" / "windows" / "etwsim" / "etwsim.dll"
    if not double.is_file():
        pytest.skip("no cross build for Windows is under test")

    def retarget(made, copy):
        subprocess.run([sys.executable, SIM / "retarget.py", double, MADE / made, copy], check=True)
        return copy

    return retarget


@pytest.fixture(scope="session")
def wine():
    """wine(program, *arguments, script): the finished program."""

    def wine(program, *arguments, script):
        return subprocess.run(
            [WINE, program, *map(str, arguments)],
            env=dict(os.environ, ETWSIM=str(script)),
            capture_output=True,
            timeout=120,
        )

    return wine


@pytest.fixture(scope="session")
def program(retarget, tmp_path_factory):
    """etwkit.exe, with the double beside it."""
    return retarget("cli/etwkit.exe", tmp_path_factory.mktemp("retargeted") / "etwkit.exe")


@pytest.fixture
def etw(program, wine, tmp_path):
    """etw(script, *arguments, code=0): the finished command; etw.log: what it asked of ETW, line by line."""

    def etw(script, *arguments, code=0):
        log = tmp_path / "etw.log"
        (tmp_path / "script").write_text(f'log "{log}"\n{script}\n')
        done = wine(program, *arguments, script=tmp_path / "script")
        etw.log = log.read_text().splitlines() if log.exists() else []
        etw.said = done.stderr.decode()
        assert done.returncode == code, f"{done.returncode}, not {code}: {etw.said}\n" + "\n".join(etw.log)
        return done

    etw.asked = lambda call: [line for line in etw.log if line.startswith(call)]
    return etw
