#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs pyetwkit's tests in CPython for Windows, under Wine. The last line counts them.

scripts/test_windows_python.py PYTHON BUILD WHEELS [PYTEST ARGUMENT...]    installs the wheel, and runs all
scripts/test_windows_python.py PYTHON BUILD --quick    takes the package as BUILD has it, and runs a chosen part

PYTHON: filled by windows_python.py; BUILD: the cross build, for its double of ETW
"""

import os
import pathlib
import subprocess
import sys

from tally import junit
from windows_python import PACKAGES

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Run from here: sessions of Windows, in Python under Wine with the double of ETW.
LIVE = "tests/windows/test_python_live.py"
# Files, filters, Arrow, sessions in the process, providers, asyncio on both loops, threads, what other programs do.
QUICK = [
    "event",
    "filter",
    "trace",
    "write",
    "writing",
    "arrow",
    "recording",
    "session",
    "merged",
    "streamer",
    "threads",
]


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
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **variables},
    )
    while said := os.read(started.stdout.fileno(), 4096):
        sys.stdout.write(said.decode(errors="replace").replace("\r\n", "\n"))
        sys.stdout.flush()
    return started.wait()


def start_wine():
    """Its server stays until the end, so that no program waits for another one."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["wineserver", "-p"], **quiet)
    os.environ["WINE_IS_UP"] = "1"
    # What Wine's worlds of this version say to be, Windows 7, is too old for this Python.
    old = r"HKCU\Software\Wine\AppDefaults\python.exe"
    subprocess.run([ROOT / "scripts" / "wine", "reg", "add", old, *"/v Version /d win10 /f".split()], **quiet)


def install(python, wheels):
    """(the folder of the package, the command), where pip has put them; None: it did not."""
    (wheel,) = wheels.glob("*win_amd64.whl")
    (pip,) = (python / "lib" / "ensurepip" / "_bundled").glob("pip-*.whl")
    options = "install --quiet --no-index --no-warn-script-location --force-reinstall".split()
    if wine(python / "python.exe", windows(pip / "pip"), *options, windows(wheel)):
        return None
    return python / "lib" / "site-packages", python / "Scripts" / "etwkit.exe"


def start_live(build, package, folder, report):
    """Its tests wait more than they compute, so that they run beside the others."""
    variables = {
        "ETWKIT_BUILD": str(build),
        "ETWKIT_WINDOWS_PYTHON": str(folder),
        "ETWKIT_WINDOWS_PACKAGE": str(package / "pyetwkit"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", report, LIVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, **variables},
    )


def run_tests(folder, package, command, report, arguments):
    path = [package, *(folder / name for name in PACKAGES)]
    return wine(
        *(folder / "python" / "python.exe", "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--capture", "sys"),
        *("-o", "faulthandler_timeout=300", "--durations=10"),
        *("--junitxml", windows(report), "--basetemp", windows(folder / "tmp"), *arguments),
        PYTHONPATH=";".join(windows(one) for one in path if one.is_dir()),
        # Else each program that is started would compile what it imports; beside our sources it shall not be.
        PYTHONPYCACHEPREFIX=windows(folder / "bytecode"),
        ETWKIT=windows(command),
        ETWKIT_BUILD=windows(folder / "no-build"),
    )


def main():
    folder, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    is_quick = sys.argv[3] == "--quick"
    arguments = [f"tests/python/test_{one}.py" for one in QUICK] if is_quick else sys.argv[4:] or ["tests/python"]
    os.environ.setdefault("WINEPREFIX", str(folder.parent / "wine"))
    reports = [folder / "tests.xml", folder / "live.xml"]
    for report in reports:
        report.unlink(missing_ok=True)
    try:
        start_wine()
        wheels = pathlib.Path(sys.argv[3]).resolve()
        made = (build / "python", build / "cli" / "etwkit.exe") if is_quick else install(folder / "python", wheels)
        if not made:
            return 1
        live = start_live(build, made[0], folder, reports[1])
        code = run_tests(folder, *made, reports[0], arguments)
        print(live.communicate()[0])
        code = live.returncode or code
    finally:
        subprocess.run(["wineserver", "-k"])
    if is_quick:
        print("skipped: what is not chosen for the quick run (make test-windows-python runs it)")
    count = junit(reports[0]) + junit(reports[1])
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if code or count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
