# SPDX-License-Identifier: MIT
"""ETWKIT_RECORD by itself: what it says is done; where it is wrong the program says so once, and runs on."""

import os
import subprocess

import pytest
from live import written


@pytest.fixture
def start(program, emulator, tmp_path):
    """start(variable, *actions): the program's end in a folder of its own."""

    def start(variable, *actions):
        environment = {**os.environ, "ETWKIT_RECORD": variable}
        done = subprocess.run(
            [*emulator, program, *actions], cwd=tmp_path, env=environment, capture_output=True, timeout=60
        )
        assert done.returncode == 0
        return done.stderr.decode()

    return start


def test_a_file_alone_records_everything(start, dump, tmp_path):
    assert start("file=a.etl", "A:5:1:1", "B:5:1:2") == ""
    assert written(dump(tmp_path / "a.etl")) == [("Test.A", "Done", 1), ("Test.B", "Done", 2)]


def test_all_settings(start, dump, tmp_path):
    variable = "provider=Test.A:error;;provider=x;ring=2MB;flush=50;file=a;;b.etl;provider=Test.B::0x10;"
    assert start(variable.replace(";;provider=x", ""), "A:2:1:1", "A:3:1:2", "B:5:16:3", "B:5:1:4") == ""
    assert [n for _, _, n in written(dump(tmp_path / "a;b.etl"))] == [1, 3]


def test_nothing_is_written_over(start, dump, tmp_path):
    (tmp_path / "a.etl").write_bytes(b"mine")
    assert start("file=a.etl", "A:4:1:1") == ""
    assert (tmp_path / "a.etl").read_bytes() == b"mine"
    (other,) = [p for p in tmp_path.iterdir() if p.name != "a.etl"]
    (event,) = [e for e in dump(other) if e["provider_name"] == "Test.A"]
    assert other.name == f"a.{event['process_id']}.etl"


def test_names_without_an_end(start, tmp_path):
    (tmp_path / "a.b").mkdir()
    (tmp_path / "a.b" / "trace").write_bytes(b"mine")
    assert start("file=a.b/trace", "A:4:1:1") == ""
    assert any(p.name.startswith("trace.") for p in (tmp_path / "a.b").iterdir())


def test_a_series_of_files(start, dump, tmp_path):
    assert start("file=a-%d.etl;new-file=1M", "many:20000") == ""
    paths = sorted(tmp_path.iterdir(), key=lambda p: int(p.stem[2:]))
    assert len(paths) > 1 and paths[0].name == "a-1.etl"
    assert all(p.stat().st_size <= 1 << 20 for p in paths)
    assert [n for _, _, n in written(dump(*paths))] == list(range(20000))
    assert start("file=a-%d.etl;new-file=1M", "A:4:1:1") == ""
    (other,) = set(tmp_path.iterdir()) - set(paths)
    assert other.name.startswith("a-1.") and written(dump(other)) == [("Test.A", "Done", 1)]


def test_empty_is_nothing(start, tmp_path):
    assert start("", "A:4:1:1") == "" and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("a.etl", "'a.etl' is no setting"),
        ("file=", "file="),
        ("provider=Test.A", "it names no file"),
        (";;;", "is no setting"),
        ("file=a.etl;color=blue", "color=blue: there are file, provider, ring, new-file and flush"),
        ("file=a.etl;provider=", "give a name"),
        ("file=a.etl;provider=:4", "give a name"),
        ("file=a.etl;provider=Test.A:loud", "a level is"),
        ("file=a.etl;provider=Test.A:300", "a level is"),
        ("file=a.etl;provider=Test.A:4:zz", "keywords are one number"),
        ("file=a.etl;provider=Test.A:4:0x10000000000000000", "keywords are one number"),
        ("file=a.etl;ring=", "a size is a number"),
        ("file=a.etl;ring=1T", "a size is a number"),
        ("file=a.etl;ring=99999999999G", "a size is a number"),
        ("file=a.etl;ring=1M;new-file=1M", "a size was given already"),
        ("file=a.etl;flush=0", "a number of milliseconds"),
        ("file=a.etl;flush=-1", "a number of milliseconds"),
        ("file=missing/a.etl", "missing/a.etl: cannot open"),
    ],
    ids=str,
)
def test_mistakes_are_told_once_and_the_program_runs_on(start, tmp_path, variable, said):
    errors = start(variable, "A:4:1:1", "B:4:1:1")
    assert errors.startswith("etwkit: ETWKIT_RECORD: ") and said in errors and errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.posix("forks of POSIX")
def test_a_program_that_is_replaced_begins_anew(program, tmp_path, dump):
    """exec: the recording ends where it is, and the next program, which has the same number, records itself."""
    environment = {**os.environ, "ETWKIT_RECORD": "file=a.etl"}
    script = f"'{program}' A:4:1:1; exec '{program}' A:4:1:2"
    subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, check=True, timeout=60)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 2
    assert sorted(written(dump(*paths))) == [("Test.A", "Done", 1), ("Test.A", "Done", 2)]
