# SPDX-License-Identifier: MIT
"""The stubs say what the extension has, and the checkers accept and refuse what they should."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def check(*command, package, **environment):
    """A checker that finds nothing. It comes with the interpreter that runs the tests."""
    script = pathlib.Path(sys.executable).parent / command[0]
    if not script.exists():
        pytest.skip(f"{command[0]} is not installed: requirements-dev.txt has it")
    environment = {**os.environ, "MYPYPATH": str(package), "PYTHONPATH": str(package), **environment}
    done = subprocess.run([script, *map(str, command[1:])], capture_output=True, text=True, env=environment, cwd=HERE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def package(root):
    """The folder that `import pyetwkit` is to find."""
    return root / "python"


@pytest.fixture(scope="module")
def mypy(package, tmp_path_factory):
    cache = tmp_path_factory.mktemp("mypy")

    def mypy(*what):
        return check("mypy", "--strict", "--warn-unused-ignores", "--cache-dir", cache, *what, package=package)

    return mypy


def test_mypy_finds_nothing_in_the_package(mypy, package):
    mypy("-p", "pyetwkit")


def test_mypy_accepts_what_is_right(mypy):
    mypy("right.py")


def test_mypy_accepts_the_example(mypy, root):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: requirements-dev.txt has it")
    mypy(root / "examples" / "python" / "web" / "service.py")


def test_mypy_refuses_what_is_wrong(mypy):
    mypy("wrong.py")


def test_basedpyright(package):
    """The package, what is right, and what is wrong: a comment that ignores nothing is an error."""
    out = check("basedpyright", "-p", "basedpyright.json", "--pythonpath", sys.executable, package=package)
    assert "0 errors" in out and "No source files found" not in out


def test_the_stubs_are_the_extension(build, tmp_path):
    """mypy's stubtest: the same names, arguments and defaults."""
    pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")
    check("stubtest", "pyetwkit._core", package=build / "python", MYPY_CACHE_DIR=str(tmp_path))


def test_what_is_right_runs(build, sample):
    pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")
    environment = {**os.environ, "PYTHONPATH": str(build / "python")}
    subprocess.run([sys.executable, HERE / "right.py", sample], check=True, env=environment, timeout=120)
