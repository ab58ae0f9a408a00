# SPDX-License-Identifier: MIT
"""Names and places of files as Windows has them: wildcards, Unicode, long paths, pipes, APPDATA, files in use."""

import os
import pathlib
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.usefixtures("under_wine")


@pytest.fixture
def folder(sample, tmp_path):
    """A folder with traces, and what is none."""
    for name in ("b.etl", "a.ETL", "über.etl", "c.etlx"):
        shutil.copy(sample, tmp_path / name)
    (tmp_path / "folder.etl").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.etl", ["a.ETL", "b.etl", "über.etl"]),
        ("?.etl", ["a.ETL", "b.etl"]),
        (".\\*.etlx", ["c.etlx"]),
        ("./b.*", ["b.etl"]),
        ("Ü*", ["Ü*"]),  # letters of ASCII only are compared without case
    ],
)
def test_wildcards_of_traces(run, folder, pattern, names):
    done = run("info", "--json", pattern, cwd=folder, code=None)
    told = [line.partition('"path":"')[2].partition('"')[0] for line in done.stdout.decode("utf-8").splitlines()]
    found = [name.replace("\\\\", "/").removeprefix("./") for name in told if name]
    if names == [pattern]:
        assert found == [] and done.returncode == 3 and pattern in done.stderr.decode("utf-8")
    else:
        assert found == names and done.returncode == 0


def test_wildcards_elsewhere(run, folder, named):
    done = run("info", "--json", named(folder / "*.etl"))
    assert done.stdout.count(b"\n") == 3 and rb"\\a.ETL" in done.stdout


def test_wildcards_are_the_options_own(run, folder):
    """A pattern that would fit a file here."""
    done = run("dump", "a.ETL", "--event", "b*", "--provider", "*.etl", cwd=folder)
    assert done.stdout == b"" and done.stderr == b""
    assert run("grep", "-c", "b.*", "a.ETL", cwd=folder).stdout == b"0\n"


def test_unicode(run, sample, tmp_path):
    path = tmp_path / "Grüße 日本 🎉.etl"
    shutil.copy(sample, path)
    output = tmp_path / "Ausgabe ß.jsonl"
    run("dump", path, "-o", output)
    assert output.read_bytes() == run("dump", sample).stdout
    assert path.name in run("info", path).stdout.decode("utf-8")


def test_a_path_longer_than_260(run, sample, tmp_path):
    """Wine takes it by itself; on Windows the program's manifest asks for it (test_imports.py)."""
    folder = pathlib.Path(tmp_path, *["some folder with a name of quite some length"] * 8)
    folder.mkdir(parents=True)
    path = folder / "trace.etl"
    assert len(str(path)) > 350
    run("sample", "-o", path, "--seed", "1")
    assert path.read_bytes() == sample.read_bytes()
    run("dump", path, "-o", folder / "out.jsonl")
    assert (folder / "out.jsonl").read_bytes() == run("dump", sample).stdout


def test_bytes_of_a_pipe(run, sample):
    """No line ends are added, and no byte ends the input: 0x1A is in each trace."""
    data = sample.read_bytes()
    assert b"\x1a" in data
    assert run("dump", "-", input=data).stdout == run("dump", sample).stdout
    packed = run("dump", sample, "--format", "pcapng").stdout
    assert packed.startswith(b"\x0a\x0d\x0d\x0a")  # the block's type, which line ends would destroy


def test_a_trace_that_is_being_written(run, sample, tmp_path, emulator, named):
    """A file that another program has open for writing, and may delete, is read all the same."""
    path = tmp_path / "in use.etl"
    shutil.copy(sample, path)
    holder = subprocess.Popen(
        [*emulator, "cmd", "/c", f"pause >> {named(path).replace(' ', '?')}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert run("info", path, code=None).stdout
    holder.communicate(b"\n", timeout=60)


def test_the_users_schemas(emulator, build, named, tmp_path, root):
    """%APPDATA%\\etwkit\\schemas, which only cmd can name anew: Wine sets it itself."""
    own = tmp_path / "data" / "etwkit" / "schemas"
    own.mkdir(parents=True)
    (own / "own.man").write_text(
        '<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"><instrumentation><events>'
        '<provider name="Contoso-Own" guid="{00000001-0002-0003-0405-060708090a0b}" symbol="X" resourceFileName="x" '
        'messageFileName="x"><events><event value="1" symbol="E"/></events></provider>'
        "</events></instrumentation></instrumentationManifest>"
    )
    script = tmp_path / "script.cmd"
    script.write_text(
        f"@set APPDATA={named(tmp_path / 'data')}\r\n@{named(build / 'cli' / 'etwkit.exe')} providers --no-pack\r\n"
    )
    done = subprocess.run([*emulator, "cmd", "/c", named(script)], capture_output=True, timeout=60, check=False)
    assert b"Contoso-Own" in done.stdout, done.stderr


def test_the_list_of_schemas_is_separated_by_semicolons(run, tmp_path):
    listed = f"{tmp_path / 'a.man'};{tmp_path / 'b.man'}"
    done = run("providers", "--no-pack", code=2, env={**os.environ, "ETWKIT_SCHEMA_PATH": listed})
    for name in ("a.man", "b.man"):
        assert f"ETWKIT_SCHEMA_PATH names {tmp_path / name}, which is not there\n" in done.stderr.decode()
