# SPDX-License-Identifier: MIT
"""Windows programs under Wine: with etwsim in the place of ETW and TDH (etwsim/README.md), or as they are."""

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


@pytest.fixture(scope="session")
def under_wine(windows):
    """Skips what needs the Windows programs, and Wine."""
    if not windows:
        pytest.skip("Windows programs run in `make test-windows`")


@pytest.fixture(scope="session")
def here(under_wine, build):
    """The command as it is for this system."""
    for folder in ("release", "test"):
        path = build.parent / folder / "cli" / "etwkit"
        if path.is_file():
            return path
    pytest.skip("there is no etwkit for this system to compare with: run `make`")


@pytest.fixture(scope="session")
def named(under_wine):
    """The path as Windows has it: Z:\\tmp\\a.etl."""
    return lambda path: "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="session")
def run_program(emulator):
    """run_program(path, *arguments, **options): another Windows program's end, of ours or of Windows'."""

    def run_program(path, *arguments, **options):
        command = [*emulator, path, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, timeout=120, check=False, **options)

    return run_program
