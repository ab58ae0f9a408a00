# SPDX-License-Identifier: MIT
"""The pages tell the truth: their ```console blocks are run on the sample, their links lead somewhere.

A line that begins with "$ " is run by bash in a folder with the sample, demo.etl, and examples/orders.man; the lines
behind it are the output, all of it, but for lines of "..." which stand for any number of lines. A line that ends with
" ..." is a start.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "packets"))
import capture


def pages(root):
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def pytest_generate_tests(metafunc):
    root = metafunc.config.rootpath
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages(root), ids=lambda page: str(page.relative_to(root)))


def console(text):
    """(command, expected lines) of each command in the console blocks."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            command = lines.pop(0)
            while command.endswith("\\"):
                command += "\n" + lines.pop(0)
            yield command, lines


def pattern(line):
    return re.escape(line[:-4].rstrip()) + ".*" if line.endswith(" ...") else re.escape(line.rstrip()) + " *"


def matches(want, got):
    """Do the lines come one after another, with anything in place of "..."?"""
    whole = "".join("(?:.*\n)*?" if line == "..." else pattern(line) + "\n" for line in want)
    return re.fullmatch(whole, "".join(line + "\n" for line in got)) is not None


@pytest.fixture(scope="session")
def folder(tmp_path_factory, sample, etwkit, build, root):
    """Where the commands run: sample, driver's messages, packets, manifest, and an etwkit that is first on the PATH."""
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
    subprocess.run([make, path / "netsh.etl"], input="".join(capture.example()).encode(), check=True, timeout=60)
    (path / "bin").mkdir()
    (path / "bin" / "etwkit").symlink_to(etwkit.resolve())
    return path


def test_console(page, folder):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for command, want in console(page.read_text(encoding="utf-8")):
        if any(f"| {tool}" in command and not shutil.which(tool) for tool in ("jq", "tshark")):
            continue
        done = subprocess.run(
            ["bash", "-c", "set -o pipefail; " + command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            text=True,
            encoding="utf-8",
        )
        got = done.stdout.splitlines()
        assert matches(want, got), f"$ {command}\n" + "\n".join(got[:40])
        assert done.returncode == 0 or "$?" in command, f"$ {command} ended with {done.returncode}"


def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_command_page_knows_every_option(root, run):
    """docs/command.md names each option that --help names, and no other."""
    text = (root / "docs" / "command.md").read_text(encoding="utf-8")
    known = {"--version", "--help"}
    for command in ("info", "dump", "grep", "processes", "providers", "schema", "schema pack", "sample", "tile"):
        known |= set(re.findall(r"--[a-z]+(?:-[a-z]+)*", run(*command.split(), "--help").stdout.decode()))
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", text)) == known


def test_command_page_knows_every_key(root, run, sample):
    """docs/command.md names each key of `info --json`."""
    text = (root / "docs" / "command.md").read_text(encoding="utf-8")
    told = json.loads(run("info", "--json", "--schemas", sample).stdout)
    keys = {*told, *told["schemas"][0], "status", "offset", "buffer", "record", "message"}
    assert not {key for key in keys if f"`{key}`" not in text}


def test_limits_stand_where_the_page_says(root):
    """Each row of docs/limits.md names constants and the file that they stand in."""
    rows = [line for line in (root / "docs" / "limits.md").read_text(encoding="utf-8").splitlines() if " in `" in line]
    assert len(rows) > 20
    for row in rows:
        where = row.rstrip(" |").rsplit("|", 1)[1]
        *names, path = re.findall(r"`([^`]+)`", where)
        source = (root / path).read_text(encoding="utf-8")
        assert all(re.search(rf"\b{name}\b", source) for name in names), row
