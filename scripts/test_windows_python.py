#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Installs the Windows wheel into its Python, under Wine, and runs pyetwkit's tests there. The last line counts them.

scripts/test_windows_python.py PYTHON WHEELS [--quick] [PYTEST ARGUMENT...]    PYTHON: made by windows_python.py
"""

import os
import pathlib
import shutil
import subprocess
import sys

from tally import junit

ROOT = pathlib.Path(__file__).resolve().parent.parent
# pip looks at this system where packages say what they need: colorama is what pytest needs on Windows.
PYTEST = ["pytest>=8,<10", "hypothesis>=6,<7", "colorama"]
ARROW = ["pyarrow>=15,<27", "polars>=1,<3"]
# Run from here: sessions of Windows, in Python under Wine with the double of ETW.
LIVE = "tests/windows/test_python_live.py"
# Each of their tests starts programs, which under Wine takes seconds.
SLOW = ["tests/python/test_export.py", "tests/python/test_interrupt.py"]


def windows(path):
    """A path of ours, as Windows programs under Wine have it."""
    return "Z:" + str(path).replace("/", "\\")


def wine(*command, **variables):
    """The exit code; what it writes is passed on. Its output is a pipe: given a file, Python under Wine 8 does
    not start."""
    words = [str(ROOT / "scripts" / "wine"), *map(str, command)]
    started = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", **variables},
    )
    while said := os.read(started.stdout.fileno(), 4096):
        sys.stdout.write(said.decode(errors="replace").replace("\r\n", "\n"))
        sys.stdout.flush()
    return started.wait()


def fetch_packages(folder):
    """What the tests need, as wheels for Windows, by the pip of this system, once. False: there is no pytest."""

    def fetch(name, packages):
        target = folder / name
        if target.exists():
            return True
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target"]
        choice = ["--platform", "win_amd64", "--python-version", "3.13", "--only-binary", ":all:"]
        if subprocess.run([*command, f"{target}.part", *choice, *packages]).returncode:
            shutil.rmtree(f"{target}.part", ignore_errors=True)
            print(f"skipped: {', '.join(packages)}: PyPI does not give them for Windows")
            return False
        pathlib.Path(f"{target}.part").rename(target)
        return True

    return fetch("pytest", PYTEST) and (fetch("arrow", ARROW) or True)


def main():
    folder, wheels = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    arguments = sys.argv[3:] or ["tests/python"]
    if arguments == ["--quick"]:
        print(f"skipped: {', '.join(SLOW)}: they take longest (make test-windows-python runs them)")
        arguments = ["tests/python", *(f"--ignore={path}" for path in SLOW)]
    os.environ.setdefault("WINEPREFIX", str(folder.parent / "wine"))
    python = folder / "python" / "python.exe"
    (wheel,) = wheels.glob("*win_amd64.whl")
    if not fetch_packages(folder):
        return 1
    try:
        # What Wine's worlds of this version say to be, Windows 7, is too old for this Python.
        old = r"HKCU\Software\Wine\AppDefaults\python.exe"
        wine("reg", "add", old, "/v", "Version", "/d", "win10", "/f")
        (pip,) = (folder / "python" / "lib" / "ensurepip" / "_bundled").glob("pip-*.whl")
        install = ["install", "--quiet", "--no-index", "--no-warn-script-location", "--force-reinstall", windows(wheel)]
        if wine(python, windows(pip / "pip"), *install):
            return 1
        reports = [folder / "tests.xml", folder / "live.xml"]
        for report in reports:
            report.unlink(missing_ok=True)
        code = wine(
            *(python, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--capture", "sys"),
            *("-o", "faulthandler_timeout=300"),
            *("--junitxml", windows(reports[0]), "--basetemp", windows(folder / "tmp"), *arguments),
            PYTHONPATH=";".join(windows(folder / name) for name in ("pytest", "arrow")),
            ETWKIT=windows(folder / "python" / "Scripts" / "etwkit.exe"),
            ETWKIT_BUILD=windows(folder / "no-build"),
        )
        live = [*(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", reports[1]), LIVE]
        double = {"ETWKIT_BUILD": str(folder.parent / "windows"), "ETWKIT_WINDOWS_PYTHON": str(folder)}
        code = subprocess.run(live, cwd=ROOT, env={**os.environ, **double}).returncode or code
    finally:
        subprocess.run(["wineserver", "-k"])
    count = junit(reports[0]) + junit(reports[1])
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if code or count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
