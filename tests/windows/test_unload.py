# SPDX-License-Identifier: MIT
"""The end of a DLL: no provider stays registered, whose callback would lead nowhere; no session of Windows runs on."""

import os
import pathlib
import shutil

import pytest


@pytest.fixture
def load(retarget, wine, tmp_path):
    """load(program, *arguments): what a program that loads the library said, and what was asked of ETW."""

    def load(program, *arguments):
        library = retarget("src/libetwkit-0.dll", tmp_path / "libetwkit-0.dll")
        made = pathlib.Path(os.environ["ETWKIT_BUILD"]) / "tests" / "windows" / program
        loader = shutil.copy(made, tmp_path)  # where the double is, too
        log, script = tmp_path / "log", tmp_path / "script"
        script.write_text(f'log "{log}"\n')
        done = wine(loader, library.name, *arguments, script=script)
        assert done.returncode == 0, str(done)
        return done.stdout, log.read_text().splitlines()

    return load


def test_the_library_unregisters_what_is_registered(load):
    said, log = load("windows-unload.exe")
    assert b"it has gone" in said
    calls = [line.split()[0] for line in log]
    assert calls.count("EventRegister") == 1 and calls.count("EventUnregister") == 1
    assert calls.index("EventRegister") < calls.index("EventUnregister")


@pytest.mark.parametrize("file", [[], ["last.etl"]], ids=["real time", "flight recorder"])
def test_sessions_end_with_the_process(load, tmp_path, file):
    """All other threads are gone by then."""
    said, log = load("windows-leave.exe", *(tmp_path / name for name in file))
    assert b"it runs" in said
    assert [line.split(" -> ")[1] for line in log if line.startswith("ControlTraceW stop")] == ["0"]
    assert all((tmp_path / name).stat().st_size > 0 for name in file)
