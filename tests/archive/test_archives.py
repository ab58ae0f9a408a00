# SPDX-License-Identifier: MIT
"""Traces in archives of every kind are read like traces, what else is in there is not; names stay names."""

import json
import pathlib
import subprocess
import zipfile

import packed
import pytest

pytestmark = pytest.mark.usefixtures("spool")


def made(form, *arguments):
    data = {**packed.ARCHIVES, **packed.COMPRESSED}[form](*arguments)
    if data is None:
        pytest.skip(f"nothing here writes {form}")
    return data


@pytest.mark.parametrize("form", packed.ARCHIVES)
def test_each_kind_of_archive(form, run, traces, plain, tmp_path):
    """Two traces are one recording; the kind is told by the content, and a pipe gives the same."""
    data = made(form, {"notes.txt": b"what happened\n", **traces})
    path = tmp_path / "some.thing"
    path.write_bytes(data)
    want = plain("a.etl", "b.etl")
    assert run("dump", path).stdout == want
    assert run("dump", "-", input=data).stdout == want
    about = json.loads(run("info", "--json", path).stdout)
    assert about["path"] == str(path) and about["events"] == want.count(b"\n")
    assert [pathlib.Path(one["path"]).name for one in about["files"]] == ["a.etl", "b.etl"]


@pytest.mark.parametrize("form", packed.COMPRESSED)
def test_each_compression(form, run, traces, plain, tmp_path):
    data = made(form, traces["a.etl"])
    path = tmp_path / "a.etl.packed"
    path.write_bytes(data)
    assert run("dump", path).stdout == run("dump", "-", input=data).stdout == plain("a.etl")
    about = json.loads(run("info", "--json", path).stdout)
    assert about["path"] == str(path) and "files" not in about


def test_together_with_files(run, traces, plain, tmp_path):
    """Operands of every kind become one trace, each event with its schema."""
    (tmp_path / "a.zip").write_bytes(packed.zipped({"a.etl": traces["a.etl"]}))
    (tmp_path / "b.etl").write_bytes(traces["b.etl"])
    assert run("dump", tmp_path / "a.zip", tmp_path / "b.etl").stdout == plain("a.etl", "b.etl")
    done = run("info", tmp_path / "a.zip", tmp_path / "b.etl").stdout.decode()
    assert done.count("events     ") == 2 and "a.etl " in done.splitlines()[0]


def test_one_recording_in_words(run, traces, tmp_path):
    path = tmp_path / "both.etl.zip"
    path.write_bytes(packed.zipped(traces))
    first, second = run("info", path).stdout.decode().splitlines()[:2]
    assert first.startswith("both.etl.zip ") and " 2 files " in second


def test_what_reads_twice(run, traces, plain, tmp_path):
    """Relative times, columns of csv and names of processes each look into the traces before they are dumped."""
    (tmp_path / "a.etl").write_bytes(traces["a.etl"])
    for arguments in (
        ["--since", "+100ms", "--until", "+2s"],
        ["--format", "csv", "--event", "Process/Start"],
        ["--format", "text"],
        ["--threads", "3"],
        ["--unordered", "--names", "--payload"],
    ):
        want = run("dump", *arguments, tmp_path / "a.etl").stdout
        data = packed.zipped({"x/a.etl": traces["a.etl"]})
        assert run("dump", *arguments, "-", input=data).stdout == want and want


def test_processes_takes_them(run, traces, tmp_path):
    (tmp_path / "a.etl").write_bytes(traces["a.etl"])
    want = run("processes", "--json", tmp_path / "a.etl").stdout
    assert run("processes", "--json", "-", input=packed.zipped({"a.etl": traces["a.etl"]})).stdout == want and want
    assert b"there is no trace in this" in run("processes", "-", input=packed.zipped({}), code=3).stderr


def test_tile_takes_them(run, traces, tmp_path):
    for name, data in {"a.etl": traces["a.etl"], "a.zip": packed.zipped({"a.etl": traces["a.etl"]})}.items():
        (tmp_path / name).write_bytes(data)
        run("tile", tmp_path / name, "-o", tmp_path / f"{name}.tiled", "--size", "1M")
    assert (tmp_path / "a.etl.tiled").read_bytes() == (tmp_path / "a.zip.tiled").read_bytes()
    (tmp_path / "two.zip").write_bytes(packed.zipped(traces))
    done = run("tile", tmp_path / "two.zip", "-o", tmp_path / "out", code=2)
    assert b"one trace at a time: there are 2 in " in done.stderr


HOSTILE = [
    "../../up.etl",
    "/abs/olute.etl",
    "C:/windows/x.etl",
    "a\x1b[2Jb.etl",
    "抹茶 ☕.etl",
    "-",
    "a.etl",
    "a.etl",
    " ",
]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_are_only_names(run, traces, plain, tmp_path):
    """They lead nowhere, and no control character of one reaches a terminal."""
    work = tmp_path / "deep" / "er"
    work.mkdir(parents=True)
    path = work / "hostile.zip"
    # Cut traces, so that something is said of each.
    path.write_bytes(packed.zipped([(name, traces["a.etl"][:20000]) for name in HOSTILE]))
    done = run("dump", path.name, cwd=work, code=1)
    assert done.stdout.count(b"\n") % len(HOSTILE) == 0 and done.stdout
    said = done.stderr.decode()
    for name in HOSTILE:
        assert f"hostile.zip/{name}: ".replace("\x1b", "\\x1b") in said
    assert "\x1b" not in said
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["deep", "er", "hostile.zip", "spool"]
    told = [json.loads(line) for line in run("dump", path.name, "--json-errors", cwd=work, code=1).stderr.splitlines()]
    assert {"hostile.zip/" + name for name in HOSTILE} == {one["path"] for one in told if one["report"] == "damage"}


def test_what_is_no_trace_is_passed_by(run, traces, plain, tmp_path):
    path = tmp_path / "mixed.zip"
    others = {"__MACOSX/._a.etl": b"\0\5\x16\7", "folder/": b"", "x.pdb": bytes(3000), "x.man": b"<xml/>"}
    path.write_bytes(packed.zipped({**others, "a.ETL": traces["a.etl"], "b.weird": traces["b.etl"]}))
    done = run("dump", path)
    assert done.stdout == plain("a.etl", "b.etl") and done.stderr == b""
    path.write_bytes(packed.zipped({"empty.etl": b"", "text.etl": b"no trace", **traces}))
    done = run("dump", path, code=1)
    assert done.stdout == plain("a.etl", "b.etl")
    assert done.stderr.decode().splitlines()[:2] == [
        f"etwkit: {path}/empty.etl: it is empty (left out; use --strict to stop)",
        f"etwkit: {path}/text.etl: its name says that it is a trace, and it is none (left out; use --strict to stop)",
    ]
    assert run("dump", "--strict", path, code=1).stdout == b""


@pytest.mark.parametrize("files", [{}, {"a.txt": b"x"}, {"folder/": b""}])
def test_no_trace_in_it(files, run, tmp_path):
    path = tmp_path / "none.zip"
    path.write_bytes(packed.zipped(files))
    done = run("dump", path, code=3)
    assert done.stderr.decode() == f"etwkit: {path}: there is no trace in this zip archive\n" and done.stdout == b""
    error, summary = map(json.loads, run("dump", path, "--json-errors", code=3).stderr.splitlines())
    assert error["report"] == "error" and error["path"] == str(path) and summary["exit_code"] == 3


def test_archives_in_archives(run, traces, plain, tmp_path):
    """One level, as a collection of .etl.zip files is; not more."""
    inner = packed.zipped({"a.etl": traces["a.etl"]})
    path = tmp_path / "outer.zip"
    path.write_bytes(packed.zipped({"day/inner.zip": inner, "b.etl": traces["b.etl"]}))
    assert run("dump", path).stdout == plain("a.etl", "b.etl")
    about = json.loads(run("info", "--json", path).stdout)
    assert [one["path"] for one in about["files"]] == [f"{path}/day/inner.zip/a.etl", f"{path}/b.etl"]
    path.write_bytes(packed.zipped({"more.zip": packed.zipped({"inner.zip": inner})}))
    assert b"there is no trace in this" in run("dump", path, code=3).stderr


def test_locked(run, traces, plain, tmp_path):
    """Flagged as encrypted: the others are read."""
    data = bytearray(packed.zipped({"a.etl": traces["a.etl"], "b.etl": traces["b.etl"]}, zipfile.ZIP_STORED))
    local = data.index(b"PK\3\4", 4)
    central = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    data[local + 6] |= 1
    data[central + 8] |= 1
    path = tmp_path / "locked.zip"
    path.write_bytes(data)
    done = run("dump", path, code=1)
    assert done.stdout == plain("a.etl")
    assert f"{path}/b.etl: it is locked with a password (left out: unpack it first; ".encode() in done.stderr


def test_an_output_that_is_the_archive(run, traces, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(packed.zipped({"a.etl": traces["a.etl"]}))
    before = path.read_bytes()
    assert b"is one of the traces" in run("dump", path, "-o", path, code=2).stderr
    assert path.read_bytes() == before


def test_without_libarchive(build, traces, plain, tmp_path):
    command = build / "tests" / "archive" / "etwkit-without-archives"
    if not command.is_file():
        pytest.skip("not built here")
    path = tmp_path / "a.etl.zip"
    path.write_bytes(packed.zipped({"a.etl": traces["a.etl"]}))
    done = subprocess.run([command, "dump", path], capture_output=True, timeout=60)
    assert done.returncode == 2 and done.stdout == b""
    assert b"it is a zip archive, which this build of etwkit cannot unpack: unpack it first" in done.stderr
    done = subprocess.run([command, "dump", "-"], input=traces["a.etl"], capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stdout == plain("a.etl"), "pipes need no library"
