# SPDX-License-Identifier: MIT
"""What is installed serves a stranger: headers, both libraries and the pkg-config file, from another folder."""

import os
import shutil
import subprocess
import sys

import pytest

CONSUMER = """
#include <etwkit/etwkit.h>
#include <string.h>
int main(void) { return strcmp(etwkit_version(), ETWKIT_VERSION); }
"""


@pytest.fixture(scope="module")
def prefix(build, tmp_path_factory):
    """The installed tree, as below the configured prefix."""
    stage = tmp_path_factory.mktemp("stage")
    command = [sys.executable, "-m", "mesonbuild.mesonmain", "install", "--no-rebuild", "--quiet"]
    subprocess.run([*command, "-C", build, "--destdir", stage], check=True, capture_output=True)
    return next(stage.rglob("include")).parent


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    path = tmp_path_factory.mktemp("consumer") / "consumer.c"
    path.write_text(CONSUMER)
    return path


def test_every_public_header_is_installed(root, prefix):
    names = {path.name for path in (root / "include" / "etwkit").glob("*.h")}
    assert {path.name for path in (prefix / "include" / "etwkit").iterdir()} == names


def test_the_archive_links(prefix, consumer, tmp_path):
    archive = next(prefix.rglob("libetwkit.a"))
    compile_and_run(consumer, tmp_path, [f"-I{prefix / 'include'}", str(archive), "-pthread"])


def test_the_shared_library_links_by_pkg_config(prefix, consumer, tmp_path):
    if not shutil.which("pkg-config"):
        pytest.skip("no pkg-config here")
    pc = next(prefix.rglob("etwkit.pc"))
    command = ["pkg-config", "--cflags", "--libs", f"--define-variable=prefix={prefix}", str(pc)]
    flags = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    compile_and_run(consumer, tmp_path, flags, LD_LIBRARY_PATH=str(pc.parent.parent))


def compile_and_run(source, folder, flags, **environment):
    program = folder / "consumer"
    command = [os.environ.get("CC", "cc"), "-std=c11", "-o", str(program), str(source), *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([program], env={**os.environ, **environment}).returncode == 0
