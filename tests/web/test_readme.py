# SPDX-License-Identifier: MIT
"""The example's README.md tells the truth: what it shows is done, one thing after another, and comes out so."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docs"))
from shown import console, matches

# What is another each time: times, processes and processors, activities.
TEXT = r"\d+-\d+-\d+ UTC|\d+:\d+:\d+\.\d+|cpu \d+|\d+/\d+ +|activity=.{36}"
JSON = r'"timestamp":"[^"]+"|"(process_id|thread_id|processor)":\d+|"activity_id":".{36}"'
VARIES = re.compile(f"{JSON}|{TEXT}")


def same(want, got):
    return matches([VARIES.sub("~", line) for line in want], [VARIES.sub("~", line) for line in got])


@pytest.fixture(scope="module")
def readme(root):
    return root / "examples" / "python" / "web" / "README.md"


def test_links_lead_somewhere(readme):
    targets = re.findall(r"\]\(([^)]+)\)", readme.read_text(encoding="utf-8"))
    assert targets and all((readme.parent / target).exists() for target in targets)


def test_it_comes_out_so(start, etwkit, readme, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("no curl is here")
    text = readme.read_text(encoding="utf-8")
    commands = list(console(text))
    assert [command for command, _ in commands[:2]] == ["pip install aiohttp", "python service.py service.etl"]
    service = start()
    environment = {**os.environ, "PATH": f"{etwkit.resolve().parent}{os.pathsep}{os.environ['PATH']}"}
    of_shells = {key: value for key, value in environment.items() if key != "LD_PRELOAD"}  # no sanitizer of ours

    def done(*command, env):
        ended = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, timeout=120)
        print(ended.stderr.decode())
        return ended.stdout.decode().splitlines()

    for command, want in commands[2:]:
        if command.startswith("etwkit "):
            assert service.stop(signal.SIGINT) == 0
            shutil.copy(service.file, tmp_path / "service.etl")
        got = done("bash", "-c", command.replace("http://127.0.0.1:8080", service.url), env=of_shells)
        assert same(want, got), f"$ {command}\n" + "\n".join(got)
    for package in ("polars", "pyarrow"):
        pytest.importorskip(package, reason=f"{package} is not installed: requirements-dev.txt has it")
    program, want = re.search(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL).groups()
    got = done(sys.executable, "-c", program, env=environment)
    assert same(want.splitlines(), got), "\n".join(got)
