#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries the wheel of this machine, and the source package, in empty environments of each CPython that is found here.

scripts/try_wheels.py FOLDER PYTHONS [ends]    FOLDER has the packages; PYTHONS (may be absent) has interpreters of its
                                               own; ends: only this one and the newest version

The last lines say what was tried, what failed, and what could not be run and so is not known.
"""

import concurrent.futures
import functools
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST, NEWEST = 11, 15
OWN = (sys.version_info[1], sys.version_info[2], False)
PLACES = ["/usr/bin", "/usr/local/bin", "~/.pyenv/versions/*/bin"]
DESCRIBE = """
import json, platform, sys, sysconfig
free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
print(json.dumps([platform.python_implementation(), *sys.version_info[:3], free]))
"""
# What a user does first; the trace is what the installed command wrote.
USE = """
import sys
import pyetwkit as etw
with etw.open(sys.argv[1]) as trace:
    count = trace.count()
    names = {event.event_name for event in trace if dict(event.properties)}
    lines = sum(1 for event in trace if event.to_json())
assert count == lines > 1000 and "Process/Start" in names, (count, lines)
assert etw.get_provider_info("Microsoft-Windows-DNS-Client").event_count > 100
assert etw.__file__.startswith(sys.prefix), etw.__file__
print(count, "events read;", "GIL" if getattr(sys, "_is_gil_enabled", lambda: True)() else "no GIL")
"""


class Failure(Exception):
    """Something that was tried and did not hold."""


class Skipped(Exception):
    """Something that could not be tried here."""


def run(*command, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "timeout": 1200} | options
    done = subprocess.run([str(word) for word in command], **options)
    if done.returncode:
        raise Failure(f"{' '.join(str(word) for word in command[:6])}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout.strip()


def interpreters(folder):
    """{(minor version, patch, free-threaded): path} of the CPythons that can be found: this one, and the newest of each
    version."""
    found = {}
    patterns = [f"{pathlib.Path(place).expanduser()}/python3.*" for place in (*PLACES, f"{folder}/*/bin")]
    paths = (path for pattern in patterns for path in sorted(pathlib.Path("/").glob(pattern[1:])))
    for path in (pathlib.Path(sys.executable), *paths):
        if "config" in path.name or not os.access(path, os.X_OK):
            continue
        try:
            kind, _, minor, patch, free = json.loads(run(path, "-c", DESCRIBE, stderr=subprocess.DEVNULL, timeout=60))
        except (Failure, ValueError, OSError):
            continue  # not everything that is called so is one
        if kind == "CPython" and minor >= OLDEST:
            found.setdefault((minor, patch, free), path)
    newest = {(minor, free): (minor, patch, free) for minor, patch, free in sorted(found)}
    return {key: path for key, path in sorted(found.items()) if key == OWN or key in newest.values()}


class Environment:
    """A fresh venv, and what is in it."""

    def __init__(self, interpreter, folder):
        self.folder = pathlib.Path(folder)
        self.python, self.etwkit = self.folder / "bin" / "python", self.folder / "bin" / "etwkit"
        # Nothing of this machine's settings, and no pyc files but those that pip itself writes down.
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "CC")
        self.variables = {name: value for name, value in os.environ.items() if name in kept or name.startswith("PIP_")}
        self.variables |= {"PYTHONDONTWRITEBYTECODE": "1", "XDG_DATA_HOME": str(self.folder / "nothing-here")}
        try:
            run(interpreter, "-m", "venv", self.folder, env=self.variables)
        except Failure as error:
            raise Skipped("it cannot make environments (venv, ensurepip)") from error

    def run(self, *command, **options):
        return run(*command, env=self.variables | options.pop("env", {}), cwd=self.folder, **options)

    def pip(self, *arguments):
        return self.run(self.python, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check")

    def files(self):
        return {path for path in self.folder.rglob("*") if path.is_file() or path.is_symlink()}

    def use(self):
        """A trace is written by the command and read by the package."""
        version = self.run(self.etwkit, "--version")
        if "etwkit" not in version:
            raise Failure(f"etwkit --version printed {version!r}")
        sample = self.folder / "sample.etl"
        self.run(self.etwkit, "sample", "-o", sample, "--seed", "1")
        said = self.run(self.python, "-c", USE, sample)
        sample.unlink()
        return said

    def test(self):
        """The suite of tests/python, against what is installed."""
        try:
            self.pip("install", "--only-binary", ":all:", "pytest>=8,<10", "hypothesis>=6,<7")
        except Failure as error:
            raise Skipped("no pytest for it can be had") from error
        variables = {"ETWKIT": str(self.etwkit), "ETWKIT_BUILD": str(self.folder / "no-build")}
        # -P: the working folder is no place to import from.
        command = [self.python, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ROOT]
        said = self.run(
            *command,
            "--basetemp",
            self.folder / "tmp",
            "-c",
            ROOT / "pyproject.toml",
            ROOT / "tests" / "python",
            env=variables,
        )
        return said.splitlines()[-1].strip("= ")


def try_wheel(environment, wheel):
    """Installed without any other package, used, and taken away again; then tested."""
    before = environment.files()
    environment.pip("install", "--no-index", wheel)
    said = environment.use()
    environment.pip("uninstall", "-y", "pyetwkit")
    left = environment.files() - before
    if left:
        raise Failure(f"uninstalling leaves {sorted(map(str, left))}")
    environment.pip("install", "--no-index", wheel)
    return f"{said}; uninstalled without a trace; tests: {environment.test()}"


def try_extras(environment, wheel):
    """With everything that takes Arrow streams."""
    try:
        environment.pip("install", "--only-binary", ":all:", f"{wheel}[arrow,pandas,polars,duckdb]")
    except Failure as error:
        raise Skipped("pyarrow, pandas, polars or duckdb cannot be had for it") from error
    return f"tests: {environment.test()}"


def try_source(environment, source, free):
    """Built by pip from the source package, with the compiler and the Expat of this machine."""
    # CPython without a GIL has no stable ABI before 3.15: it is built for this one version.
    settings = ["-Csetup-args=-Dpython.allow_limited_api=false"] if free else []
    try:
        environment.pip("download", "--no-deps", "--dest", environment.folder / "probe", "meson-python")
    except Failure as error:
        raise Skipped("meson-python cannot be fetched") from error
    environment.pip("install", *settings, source)
    # Of the same code with the same compiler the wheel's tests have said the rest, but not without the GIL.
    return environment.use() + (f"; tests: {environment.test()}" if free else "")


def main():
    folder, pythons = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    (wheel,) = folder.glob(f"*_{platform.machine()}.whl")
    (source,) = folder.glob("*.tar.gz")
    found = interpreters(pythons)
    failed, skipped = [], []
    if sys.argv[3:] == ["ends"]:
        newest = max(found)[0]
        for between in [key for key in found if key != OWN and key[0] != newest]:
            skipped.append(f"CPython 3.{between[0]}.{between[1]} ({found.pop(between)}): in between")
    for other in sorted({*folder.glob("*linux*.whl")} - {wheel}):
        skipped.append(f"{other.name}: built, never run: this machine is {platform.machine()}")
    for minor in range(OLDEST, NEWEST + 1):
        if not any(key[0] == minor and not key[2] for key in found):
            skipped.append(f"CPython 3.{minor}: not here (`make pythons` fetches what the registries have)")
    if not any(free for _, _, free in found):
        skipped.append("CPython without a GIL: not here (`make pythons` builds one)")

    trials = []
    for key, path in found.items():
        name = f"CPython 3.{key[0]}.{key[1]}{'t' if key[2] else ''} ({path})"
        if not key[2]:
            trials.append((f"wheel, {name}", path, functools.partial(try_wheel, wheel=wheel)))
        if key == OWN:
            trials.append((f"wheel with extras, {name}", path, functools.partial(try_extras, wheel=wheel)))
        if key == OWN or key[2]:
            trials.append((f"source package, {name}", path, functools.partial(try_source, source=source, free=key[2])))

    def carry_out(title, path, trial):
        with tempfile.TemporaryDirectory(prefix="etwkit-") as place:
            try:
                print(f"{title}: {trial(Environment(path, pathlib.Path(place) / 'venv'))}", flush=True)
            except Skipped as why:
                skipped.append(f"{title}: {why}")
            except Failure as what:
                failed.append(title)
                print(f"{title}: FAILED\n{what}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(carry_out, *one) for one in trials]:
            done.result()
    print("".join(f"skipped: {one}\n" for one in skipped), end="")
    print("".join(f"failed: {one}\n" for one in failed), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
