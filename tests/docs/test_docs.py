# SPDX-License-Identifier: MIT
"""The pages tell the truth: their ```console blocks are run on the sample, their links lead somewhere.

A line that begins with "$ " is run by bash in a folder with the sample, demo.etl, and examples/orders.man; the lines
behind it are the output, all of it, but for lines of "..." which stand for any number of lines. A line that ends with
" ..." is a start.
"""

import importlib.util
import json
import re
import shutil
import signal
import subprocess

from shown import console, matches, pages


def pytest_generate_tests(metafunc):
    root = metafunc.config.rootpath
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages(root), ids=lambda page: str(page.relative_to(root)))


def is_possible(command):
    """Is here what it needs?"""
    packages = [name for name, use in (("pyetwkit", "pyetwkit"), ("pyarrow", "-m pyetwkit")) if use in command]
    if not all(importlib.util.find_spec(name) for name in packages):
        return False
    return not any(f"| {tool}" in command and not shutil.which(tool) for tool in ("jq", "tshark"))


def test_console(page, folder, environment):
    for command, want in console(page.read_text(encoding="utf-8")):
        if not is_possible(command):
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
        # Who writes to a `head` that has seen enough ends by SIGPIPE, or has written all before: either is right.
        allowed = {0, 128 + signal.SIGPIPE} if "| head" in command else {0}
        assert done.returncode in allowed or "$?" in command, f"$ {command} ended with {done.returncode}"


def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_command_page_knows_every_option(root, run):
    """docs/command.md names each option that --help names, and no other."""
    text = (root / "docs" / "command.md").read_text(encoding="utf-8")
    known = {"--version", "--help"}
    for command in (
        "info",
        "dump",
        "grep",
        "record",
        "listen",
        "replay",
        "processes",
        "providers",
        "schema",
        "schema pack",
        "sessions",
        "sample",
        "tile",
    ):
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
