# SPDX-License-Identifier: MIT
"""House laws that the sources show: include directions, names, sizes, heads, and that the build knows every file."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ("include", "src", "cli", "tests", "tools", "examples", "scripts", "fuzz", "python")
MAY_USE = {
    "base": {"base"},
    "etl": {"etl", "base"},
    "schema": {"schema", "base"},
    "decode": {"decode", "schema", "base"},
    "trace": {"trace", "decode", "schema", "etl", "base"},
    "session": {"session", "trace", "decode", "schema", "etl", "base"},
    "sink": {"sink", "session", "trace", "decode", "schema", "etl", "base"},
}
MAX_LINES = 1000
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def files(*suffixes, below=FOLDERS):
    found = (p for folder in below for p in (ROOT / folder).rglob("*") if p.suffix in suffixes and p.is_file())
    return sorted(p for p in found if "__pycache__" not in p.parts)


def name(path):
    return str(path.relative_to(ROOT))


def includes(path):
    """(quote, name) of each include."""
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def each(paths):
    return pytest.mark.parametrize("path", paths, ids=name)


@each(files(".c", ".h", below=["src"]))
def test_includes_of_src_point_down(path):
    folder = path.relative_to(ROOT / "src").parts[0]
    assert folder in MAY_USE, f"src/{folder} has no place in DESIGN.md's table"
    for quote, target in includes(path):
        if quote == '"':
            assert "/" in target, f'"{target}": name the folder, as in "base/cursor.h"'
            assert target.split("/")[0] in MAY_USE[folder], f"{folder} may not use {target}"
        else:
            assert not target.startswith(tuple(f"{layer}/" for layer in MAY_USE)), f'<{target}>: ours are "{target}"'


@each(files(".h", below=["include"]))
def test_public_headers_include_nothing_of_src(path):
    for quote, target in includes(path):
        assert quote == "<", f'"{target}": public headers are <etwkit/...>'
        if "/" in target:
            assert target.startswith("etwkit/") and (ROOT / "include" / target).exists()


@each(files(".c", ".h", below=["cli", "examples"]))
def test_users_include_public_headers_alone(path):
    for quote, target in includes(path):
        if quote == '"':
            assert (path.parent / target).exists(), f'"{target}" is no file beside {path.name}'
        elif target.startswith("etwkit/"):
            assert (ROOT / "include" / target).exists()


def test_names_of_c_files_are_unique():
    seen = {}
    for path in files(".c"):
        assert path.name not in seen, f"{name(path)} and {name(seen[path.name])}"
        seen[path.name] = path


@each(files(".c", ".h", ".py"))
def test_head_and_length(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines[:2] if not line.startswith("#!")]
    comment = "# {}" if path.suffix == ".py" else "/* {} */"
    assert head[:1] == [comment.format("SPDX-License-Identifier: MIT")]
    assert len(lines) <= MAX_LINES, f"{len(lines)} lines"
    if path.suffix != ".py":
        assert lines[1].startswith("/*"), "the second line begins the sentence: what this file knows"


@each(files(".c", below=["src", "cli", "tests", "examples"]) + files(".h", below=["include"]))
def test_the_build_knows_the_file(path):
    """Every C file and public header stands in a meson.build above it, and so is compiled, tested, installed."""
    stem = re.sub("_(posix|windows)$", "_@platform@", path.stem)
    folder, inner = path.parent, ""
    while folder != ROOT:
        build = folder / "meson.build"
        if build.exists() and re.search(rf"'{re.escape(inner + stem)}({re.escape(path.suffix)})?'", build.read_text()):
            return
        folder, inner = folder.parent, f"{folder.name}/{inner}"
    pytest.fail(f"no meson.build lists '{path.name}'")


def test_the_build_knows_the_pytest_folders():
    text = (ROOT / "tests" / "meson.build").read_text()
    for folder in sorted({p.relative_to(ROOT / "tests").parts[0] for p in files(".py", below=["tests"])}):
        if (ROOT / "tests" / folder).is_dir() and folder != "soak":
            assert f"'{folder}'" in text, f"tests/{folder} is not run by Meson"


def test_the_version_has_one_value():
    text = (ROOT / "include" / "etwkit" / "version.h").read_text()
    parts = [re.search(rf"define ETWKIT_VERSION_{part} (\d+)", text).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
    assert f'ETWKIT_VERSION "{".".join(parts)}"' in text
