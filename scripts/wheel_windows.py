#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cross-builds the Windows wheel, one for all CPythons from 3.11, and looks at what is in it and what that imports.

scripts/wheel_windows.py PYTHON FOLDER    PYTHON: made by windows_python.py; leaves FOLDER/pyetwkit-...-win_amd64.whl
"""

import os
import pathlib
import sys
import zipfile

import pefile
from wheels import ROOT, examine_contents, report, run

# What Windows has for every program; beyond that the extension has Python itself, and sockets for event loops.
ALLOWED = ROOT / "tests" / "windows" / "imports.txt"
OF_CORE = {"python3": "*", "ws2_32": {"send"}}


def build(python, folder):
    made = folder / "win_amd64"
    settings = [
        f"--cross-file={ROOT}/cross/mingw-w64.ini",
        f"-Dpython.build_config={python / 'build-details.json'}",
        f"-Dexpat_source={folder.parent / 'expat' / 'lib'}",
        "-Darchives=disabled",
    ]
    for old in (*made.glob("*.whl"), *folder.glob("*win_amd64.whl")):
        old.unlink()
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder),
        f"-Cbuild-dir={made / 'build'}",
        *(f"-Ccompile-args={target}" for target in ("pyetwkit", "cli/etwkit.exe")),  # no more is in the wheel
        "-Cinstall-args=--strip",
        *(f"-Csetup-args={setting}" for setting in settings),
        env={**os.environ, "_PYTHON_HOST_PLATFORM": "win-amd64"},
    )
    (wheel,) = folder.glob("*win_amd64.whl")
    return wheel


def allowed(of_core):
    rows = [row.split() for row in ALLOWED.read_text(encoding="utf-8").splitlines() if row and not row.startswith("#")]
    always = {dll: "*" if "*" in functions else set(functions) for dll, *functions in rows}
    return {**always, **OF_CORE} if of_core else always


def imports(data):
    """(DLL, function) of each import of a program or DLL."""
    image = pefile.PE(data=data)
    for entry in image.DIRECTORY_ENTRY_IMPORT:
        dll = entry.dll.decode().lower().removesuffix(".dll")
        yield from ((dll, (function.name or b"?").decode()) for function in entry.imports)


def examine(path):
    """Findings, of which there shall be none."""
    yield from examine_contents(path, "_core.pyd", "etwkit.exe")
    with zipfile.ZipFile(path) as wheel:
        for name in sorted(name for name in wheel.namelist() if name.endswith((".pyd", ".exe"))):
            allow = allowed(name.endswith(".pyd"))
            for dll, function in sorted(set(imports(wheel.read(name)))):
                if allow.get(dll) != "*" and function not in allow.get(dll, ()):
                    yield f"{name} imports {dll}.{function}"
    if "will be copied into the wheel.\n    None\n" not in run(sys.executable, "-m", "delvewheel", "show", path):
        yield "needs DLLs that Windows lacks (delvewheel show)"
    if not path.name.endswith("-cp311-abi3-win_amd64.whl"):
        yield f"is called {path.name}"


def main():
    python, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    # meson and ninja are beside this Python.
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    wheel = build(python, folder)
    run(sys.executable, "-m", "abi3audit", "--strict", wheel)
    return 0 if report(wheel, list(examine(wheel))) else 1


if __name__ == "__main__":
    sys.exit(main())
