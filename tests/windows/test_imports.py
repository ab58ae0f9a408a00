# SPDX-License-Identifier: MIT
"""What the Windows programs ask of Windows when they are loaded: imports.txt, no more and no less. Needs no Wine."""

import pathlib
import re
import shutil
import subprocess

import pytest

OBJDUMP = "x86_64-w64-mingw32-objdump"


@pytest.fixture(scope="module")
def made(build):
    """The folder of the cross build, beside the one under test."""
    folder = build.parent / "windows"
    if not (folder / "cli" / "etwkit.exe").is_file():
        pytest.skip("`make windows` was not run")
    if not shutil.which(OBJDUMP):
        pytest.skip(f"no {OBJDUMP} here")
    return folder


def allowed():
    """Functions by DLL."""
    rows = (pathlib.Path(__file__).parent / "imports.txt").read_text(encoding="utf-8").splitlines()
    return {row.split()[0]: set(row.split()[1:]) for row in rows if row and not row.startswith("#")}


def imports(path):
    """(DLL, function) of each import."""
    done = subprocess.run([OBJDUMP, "-p", path], check=True, capture_output=True, text=True)
    dll = None
    for line in done.stdout.splitlines():
        if name := re.fullmatch(r"\s*DLL Name: (\S+)", line):
            dll = name[1].lower().removesuffix(".dll")
        elif not line.strip():
            dll = None
        elif dll and (name := re.fullmatch(r"\s+[0-9a-f]+\s+\d+\s+(\w+)", line)):
            yield dll, name[1]


def test_long_paths_are_asked_for(made):
    """The manifest, without which Windows ends paths at 260 characters whatever the machine allows."""
    done = subprocess.run([OBJDUMP, "-s", "-j", ".rsrc", made / "cli" / "etwkit.exe"], check=True, capture_output=True)
    rows = re.findall(rb"^ [0-9a-f]+ ((?:[0-9a-f]+ ){1,4})", done.stdout, re.MULTILINE)
    assert b"longPathAware" in bytes.fromhex(b"".join(rows).decode())


def test_imports(made):
    allow, seen = allowed(), set()
    for path in (made / "cli" / "etwkit.exe", made / "src" / "libetwkit-0.dll"):
        found = set(imports(path))
        assert ("kernel32", "CreateFileW") in found  # the list was read
        for dll, function in found:
            assert function in allow.get(dll, ()) or "*" in allow.get(dll, ()), f"{path.name}: {dll}.{function}"
        seen |= found
    listed = {(dll, function) for dll, functions in allow.items() for function in functions if function != "*"}
    assert listed <= seen, "listed, and not imported"
