# SPDX-License-Identifier: MIT
"""A library that is unloaded leaves no provider registered, whose callback would lead nowhere."""

import os
import pathlib
import shutil


def test_the_library_unregisters_what_is_registered(retarget, wine, tmp_path):
    library = retarget("src/libetwkit-0.dll", tmp_path / "libetwkit-0.dll")
    made = pathlib.Path(os.environ["ETWKIT_BUILD"]) / "tests" / "windows" / "windows-unload.exe"
    loader = shutil.copy(made, tmp_path)  # where the double is, too
    log, script = tmp_path / "log", tmp_path / "script"
    script.write_text(f'log "{log}"\n')
    done = wine(loader, library.name, script=script)
    assert done.returncode == 0 and b"it has gone" in done.stdout, str(done)
    calls = [line.split()[0] for line in log.read_text().splitlines()]
    assert calls.count("EventRegister") == 1 and calls.count("EventUnregister") == 1
    assert calls.index("EventRegister") < calls.index("EventUnregister")
