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
def program(tmp_path_factory):
    """etwkit.exe, with the double beside it."""
    double = MADE / "tests" / "windows" / "etwsim" / "etwsim.dll"
    if not double.is_file():
        pytest.skip("no cross build for Windows is under test")
    path = tmp_path_factory.mktemp("retargeted") / "etwkit.exe"
    subprocess.run([sys.executable, SIM / "retarget.py", double, MADE / "cli" / "etwkit.exe", path], check=True)
    return path


@pytest.fixture
def etw(program, tmp_path):
    """etw(script, *arguments, code=0): the finished command; etw.log: what it asked of ETW, line by line."""

    def etw(script, *arguments, code=0):
        log = tmp_path / "etw.log"
        (tmp_path / "script").write_text(f'log "{log}"\n{script}\n')
        done = subprocess.run(
            [WINE, program, *map(str, arguments)],
            env=dict(os.environ, ETWSIM=str(tmp_path / "script")),
            capture_output=True,
            timeout=120,
        )
        etw.log = log.read_text().splitlines() if log.exists() else []
        etw.said = done.stderr.decode()
        assert done.returncode == code, f"{done.returncode}, not {code}: {etw.said}\n" + "\n".join(etw.log)
        return done

    etw.asked = lambda call: [line for line in etw.log if line.startswith(call)]
    return etw
