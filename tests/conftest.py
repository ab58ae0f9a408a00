# SPDX-License-Identifier: MIT
"""What every pytest test may ask for: the command, a way to run it, the corpus, a sample trace."""

import contextlib
import ctypes
import importlib
import os
import pathlib
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Whoever runs the tests may have schemas of their own: they are none of the tests' business.
os.environ.pop("ETWKIT_SCHEMA_PATH", None)
os.environ["XDG_DATA_HOME"] = str(ROOT / "build" / "nothing-here")
# A shell has what it starts in the background ignore Ctrl-C, and all that starts from there: tests send it to children.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def import_unwatched(*packages):
    """Where the leak sanitizer runs: what these packages allocate while they are imported, and never give back, is no
    business of ours (of numpy it is 3 KB). All that is allocated later is watched, by whomever."""
    lsan = ctypes.CDLL(None)
    if not hasattr(lsan, "__lsan_disable"):
        return
    lsan.__lsan_disable()
    for package in packages:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(package)
    lsan.__lsan_enable()


if os.environ.get("LD_PRELOAD", "").endswith("libasan.so"):
    import_unwatched("numpy", "pyarrow", "pyarrow.parquet", "pandas", "polars", "duckdb")
    # In children nobody does this. Those that read without other packages do what is watched here, too.
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"


def build_folder():
    return pathlib.Path(os.environ.get("ETWKIT_BUILD") or ROOT / "build" / "test")


def is_windows():
    return (build_folder() / "cli" / "etwkit.exe").is_file()


def pytest_configure(config):
    config.addinivalue_line("markers", "posix(reason): is not for Windows programs, for this reason")


def pytest_runtest_setup(item):
    if (marker := item.get_closest_marker("posix")) and is_windows():
        pytest.skip(marker.args[0])


@pytest.fixture(scope="session")
def root():
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def build():
    """The folder of the build under test: $ETWKIT_BUILD, else build/test."""
    return build_folder()


@pytest.fixture(scope="session")
def windows():
    """Whether the programs under test are Windows programs; from here Wine runs them (tests/windows)."""
    return is_windows()


@pytest.fixture(scope="session")
def built(build, windows):
    """built("cli/write-events"): the path of a program of the tests."""
    return lambda name: build / "tests" / (f"{name}.exe" if windows else name)


@pytest.fixture(scope="session")
def emulator(windows):
    """What stands before the path of a Windows program, for us to run it; the command needs nothing before it."""
    return [ROOT / "scripts" / "wine"] if windows and sys.platform != "win32" else []


@pytest.fixture(scope="session")
def etwkit(build):
    """The built command: $ETWKIT, else that of the build under test."""
    path = pathlib.Path(os.environ.get("ETWKIT") or build / "cli" / "etwkit")
    assert path.is_file(), f"{path} is not built: run `make test`"
    return path


@pytest.fixture(scope="session")
def run(etwkit, emulator):
    """run(*arguments, code=0, **subprocess options): the finished command, whose exit code is checked (None: any)."""

    def run(*arguments, code=0, **options):
        options = {"capture_output": True, "timeout": 300, **options}
        command = [etwkit, *map(str, arguments)]
        done = subprocess.run(command, **options)
        if code not in (None, done.returncode) and emulator and not done.stdout and not done.stderr:
            done = subprocess.run(command, **options)  # Wine 8 ends one program of a thousand before it says anything
        if code is not None:
            assert done.returncode == code, f"exit code {done.returncode}, not {code}: {(done.stderr or b'')[-2000:]!r}"
        return done

    return run


@pytest.fixture(scope="session")
def corpus():
    """The folder of real traces: $ETWKIT_CORPUS, else ../shared/corpus. Where it is not, the test is skipped."""
    path = pathlib.Path(os.environ.get("ETWKIT_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not path.is_dir():
        pytest.skip(f"no corpus in {path}")
    return path


@pytest.fixture(scope="session")
def soak():
    """Whether this is `make soak`, where a test takes every variant instead of a seeded sample."""
    return bool(os.environ.get("ETWKIT_SOAK"))


@pytest.fixture(scope="session")
def sample(run, tmp_path_factory):
    """A varied trace of our own writer: `etwkit sample --seed 1`."""
    path = tmp_path_factory.mktemp("sample") / "sample.etl"
    run("sample", "-o", path, "--seed", "1")
    return path
