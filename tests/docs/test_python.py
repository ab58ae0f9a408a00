# SPDX-License-Identifier: MIT
"""The Python in the pages runs, and prints what they say.

A ```python block is a whole program, run by itself in the folder of the console blocks; a ```text block behind it is
what it prints, with "..." as there. ```pycon blocks are sessions: those of one page are one, run by doctest. Plots that
a program saves are those that stand beside the page. GOLDEN_UPDATE=1 writes outputs and plots anew.
"""

import doctest
import importlib.util
import os
import re
import subprocess
import sys

import pytest
from shown import matches, pages

BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
SESSION = re.compile(r"^```pycon\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
UPDATE = os.environ.get("GOLDEN_UPDATE")

pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")


def pytest_generate_tests(metafunc):
    root = metafunc.config.rootpath
    texts = {page: page.read_text(encoding="utf-8") for page in pages(root)}
    if "program" in metafunc.fixturenames:
        found = [
            pytest.param((page, match), id=f"{page.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1}")
            for page, text in texts.items()
            for match in BLOCK.finditer(text)
        ]
        metafunc.parametrize("program", found)
    if "session" in metafunc.fixturenames:
        found = [page for page, text in texts.items() if SESSION.search(text)]
        metafunc.parametrize("session", found, ids=lambda page: str(page.relative_to(root)))


def need(code):
    """Skips where a package is missing that the code imports, or that a method of it needs."""
    names = set(re.findall(r"^import (\w+)", code, re.MULTILINE))
    if re.search(r"\.to_\w+\(", code):
        names.add("pyarrow")
    if ".to_pandas(" in code:
        names.add("pandas")
    missing = sorted(name for name in names if not importlib.util.find_spec(name))
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def test_program(program, folder, environment):
    page, match = program
    code, wanted = match.groups()
    need(code)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    if UPDATE and not matches((wanted or "").splitlines(), done.stdout.splitlines()):
        text = page.read_text(encoding="utf-8")
        page.write_text(
            text.replace(match[0], f"```python\n{code}```\n\n```text\n{done.stdout}```\n"), encoding="utf-8"
        )
    else:
        assert matches((wanted or "").splitlines(), done.stdout.splitlines()), done.stdout
    for name in re.findall(r'savefig\("(.*)"\)', code):
        same_plot(page.parent / name, (folder / name).read_text(encoding="utf-8"))


def same_plot(path, drawn):
    if UPDATE:
        path.write_text(drawn, encoding="utf-8")
    kept = path.read_text(encoding="utf-8")
    by = r"Matplotlib v[\d.]+"
    if re.search(by, kept)[0] != re.search(by, drawn)[0]:
        pytest.skip(f"{path.name} was drawn by {re.search(by, kept)[0]}, which is another one")
    assert drawn == kept, f"{path.name} is not what the program draws"


def test_session(session, folder, monkeypatch):
    monkeypatch.chdir(folder)
    text = session.read_text(encoding="utf-8")
    code = "\n".join(SESSION.findall(text))
    need(re.sub("^>>> ", "", code, flags=re.MULTILINE))
    found = doctest.DocTestParser().get_doctest(code, {}, session.name, str(session), 0)
    said = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found, out=said.append)
    assert not said, "".join(said)
    assert found.examples
