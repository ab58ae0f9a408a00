# SPDX-License-Identifier: MIT
"""The folder in which what stands in the pages is run."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "packets"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import capture
import recipes


@pytest.fixture(scope="session")
def folder(tmp_path_factory, sample, etwkit, build, root):
    """Sample, messages, packets, manifest, the cookbook's traces; an etwkit, a python, a program that writes events."""
    path = tmp_path_factory.mktemp("docs")
    shutil.copy(sample, path / "demo.etl")
    shutil.copy(root / "examples" / "orders.man", path)
    driver = root / "tests" / "wpp" / "driver.tmf"
    shutil.copy(driver, path)
    guid = re.search("^[0-9a-f-]{36}", driver.read_text(), re.MULTILINE)[0]
    messages = f"{guid} 10 8 8 4 2021E00B8295FFFF00020000\n{guid} 11 8 8 4 0F0000C0\n"
    make = build / "tests" / "wpp" / "make-messages"
    subprocess.run([make, path / "driver.etl"], input=messages.encode(), check=True, timeout=60)
    make = build / "tests" / "packets" / "make-packets"
    for name, lines in {"netsh.etl": capture.example, **recipes.TRACES}.items():
        subprocess.run([make, path / name], input="".join(lines()).encode(), check=True, timeout=60)
    # Same programs, same plots.
    (path / "matplotlibrc").write_text("backend: svg\nsvg.fonttype: none\nsvg.hashsalt: etwkit\n")
    (path / "bin").mkdir()
    (path / "bin" / "etwkit").symlink_to(etwkit.resolve())
    (path / "bin" / "instrument").symlink_to((build / "examples" / "c" / "instrument").resolve())
    (path / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (path / "bin" / "python").chmod(0o755)
    return path


@pytest.fixture(scope="session")
def environment(folder):
    """With these commands, and without a clock."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SOURCE_DATE_EPOCH": "0", "PYTHONUTF8": "1"}
