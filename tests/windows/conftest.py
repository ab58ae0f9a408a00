# SPDX-License-Identifier: MIT
"""Windows programs under Wine: with etwsim in the place of ETW and TDH (etwsim/README.md), or as they are."""

import functools
import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
SIM = HERE / "etwsim"
WINE = HERE.parent.parent / "scripts" / "wine"
MADE = pathlib.Path(os.environ.get("ETWKIT_BUILD", ""))
DOUBLE = MADE / "tests" / "windows" / "etwsim" / "etwsim.dll"
NO_DOUBLE = "no cross build for Windows is under test"


def pytest_generate_tests(metafunc):
    """A test of `c_case` is run with each TEST of the C files beside it: (the file, the name)."""
    if "c_case" not in metafunc.fixturenames:
        return
    params = [
        pytest.param((source, name), id=f"{source.stem}-{name}")
        for source in sorted(metafunc.definition.path.parent.glob("test_*.c"))
        for name in re.findall(r"^TEST\((\w+)\)", source.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    metafunc.parametrize(
        "c_case", params if DOUBLE.is_file() else [pytest.param(None, marks=pytest.mark.skip(NO_DOUBLE))]
    )


@pytest.fixture(scope="session")
def retarget():
    """retarget(made, copy): copies a file of the cross build, and puts the double beside the copy."""
    if not DOUBLE.is_file():
        pytest.skip(NO_DOUBLE)

    def retarget(made, copy):
        subprocess.run([sys.executable, SIM / "retarget.py", DOUBLE, MADE / made, copy], check=True)
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
def program_of(retarget, tmp_path_factory):
    """program_of(source): what test_FOLDER_NAME.c was made into, FOLDER-NAME.exe, with the double beside it."""
    folder = tmp_path_factory.mktemp("cases")

    @functools.cache
    def program_of(source):
        name = source.stem.removeprefix("test_").replace("_", "-", 1) + ".exe"
        return retarget(pathlib.Path("tests", "windows", source.parent.name, name), folder / name)

    return program_of


@pytest.fixture
def log_of_case(program_of, tmp_path):
    """log_of_case(c_case): the case passes, in a process of its own; the double's log."""

    def log_of_case(c_case):
        source, name = c_case
        done = subprocess.run(
            [WINE, program_of(source), name],
            env=dict(os.environ, ETWSIM_FOLDER=str(tmp_path)),
            capture_output=True,
            text=True,
            timeout=120,
        )
        log = (tmp_path / "log").read_text() if (tmp_path / "log").exists() else "no log"
        told = f"{done.stdout}{done.stderr}\n{log[-8000:]}"
        assert done.returncode == 0, told
        assert f"ok 1 - {name}" in done.stdout, told
        return log

    return log_of_case


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
