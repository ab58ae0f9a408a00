# SPDX-License-Identifier: MIT
"""docs/python/reference.md is what the docstrings say; each public name has one; help() is short."""

import inspect
import os
import pydoc
import sys

import pytest

etw = pytest.importorskip("pyetwkit", reason="pyetwkit is not built: Python.h was not found")
PUBLIC = sorted(name for name in vars(etw) if not name.startswith("_"))


def test_reference_is_up_to_date(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "tools"))
    import python_reference  # noqa: PLC0415

    path = root / "docs" / "python" / "reference.md"
    if os.environ.get("GOLDEN_UPDATE"):
        path.write_text(python_reference.page(), encoding="utf-8")
    said = "make it anew: GOLDEN_UPDATE=1 .venv/bin/python -m pytest tests/docs -k reference"
    assert path.read_text(encoding="utf-8") == python_reference.page(), said


@pytest.mark.parametrize("name", PUBLIC)
def test_all_that_is_public_is_told_of(root, name):
    thing = getattr(etw, name)
    text = (root / "docs" / "python" / "reference.md").read_text(encoding="utf-8")
    assert f" {name}\n" in text or f"| `{name}` |" in text
    assert inspect.getdoc(thing)
    for member, value in vars(thing).items() if inspect.isclass(thing) else ():
        if not member.startswith("_") and not inspect.ismemberdescriptor(value) and member not in ERRORS_HAVE:
            assert inspect.getdoc(value), f"{name}.{member}"


ERRORS_HAVE = {"status", "offset", "record", "n_fields", "n_sequence_fields", "n_unnamed_fields"}


def test_help_fits_on_two_screens():
    assert len(pydoc.plain(pydoc.render_doc(etw)).splitlines()) < 80
    assert all(name in etw.__doc__ or name in etw.__all__ for name in PUBLIC)
    assert set(PUBLIC) < set(dir(etw)) and sys.modules["pyetwkit"] is etw
