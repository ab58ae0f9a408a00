# SPDX-License-Identifier: MIT
"""Each public header compiles alone, as C11 and as C++17, without a warning, on each compiler here."""

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADERS = sorted((ROOT / "include" / "etwkit").glob("*.h"))
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
COMPILERS = {
    "gcc": ["-std=c11", "-Wconversion", "-Wstrict-prototypes"],
    "clang": ["-std=c11", "-Wconversion", "-Wstrict-prototypes"],
    "g++": ["-std=c++17"],
    "clang++": ["-std=c++17"],
    "x86_64-w64-mingw32-gcc": ["-std=c11"],
}


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.name)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_compiles_alone(compiler, header, tmp_path):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler} here")
    source = tmp_path / ("alone.cpp" if compiler.endswith("++") else "alone.c")
    # Twice, for the include guard; a declaration, since an empty file is no C.
    source.write_text(f"#include <etwkit/{header.name}>\n#include <etwkit/{header.name}>\nextern int alone;\n")
    command = [compiler, *COMPILERS[compiler], *WARNINGS, f"-I{ROOT / 'include'}", "-fsyntax-only", str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
