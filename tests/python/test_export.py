# SPDX-License-Identifier: MIT
"""`python -m pyetwkit export`: each format is read back and equal, cell for cell, to `etwkit dump`."""

import datetime
import json
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest

COLUMNS = [".parquet", ".arrow", ".feather"]
FORMATS = [*COLUMNS, ".csv", ".jsonl"]
NUMBERS = "event_id version level opcode task channel process_id thread_id processor".split()
GUIDS = "provider_id activity_id related_activity_id".split()
OTHERS = "provider_name event_name payload_process_id payload_thread_id user_sid session_id".split()
# Under the address sanitizer: what other packages leave behind at their end is no business of ours.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
START = ("Windows Kernel", "Process/Start")


@pytest.fixture(scope="session")
def export(etw):
    """export(*arguments, code=0): the finished command."""

    def export(*arguments, code=0, **options):
        command = [sys.executable, "-m", "pyetwkit", "export", *map(str, arguments)]
        options = {"env": ENVIRONMENT, **options}
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
        assert done.returncode == code, done.stderr
        return done

    return export


@pytest.fixture(scope="session")
def damaged(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "damaged.etl"
    data = bytearray(sample.read_bytes())
    data[70000:70400] = bytes(400)
    path.write_bytes(data)
    return path


def read(path):
    """A table of pyarrow."""
    if path.suffix == ".parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(path)
    return pytest.importorskip("pyarrow.ipc").open_file(path).read_all()


def nanoseconds(text):
    day, ticks = text[:-1].split(".")
    since = datetime.datetime.fromisoformat(day) - datetime.datetime(1970, 1, 1)
    return since // datetime.timedelta(seconds=1) * 10**9 + int(ticks) * 100


def guids(cells):
    return [cell and str(cell if isinstance(cell, uuid.UUID) else uuid.UUID(bytes=bytes(cell))) for cell in cells]


def same_header(table, wanted):
    cells = {name: table.column(name) for name in table.column_names}
    assert cells["timestamp"].cast("int64").to_pylist() == [nanoseconds(line["timestamp"]) for line in wanted]
    assert cells["keywords"].to_pylist() == [int(line["keywords"], 16) for line in wanted]
    for name in [*NUMBERS, *OTHERS]:
        assert cells[name].to_pylist() == [line.get(name) for line in wanted], name
    for name in GUIDS:
        assert guids(cells[name].to_pylist()) == [line.get(name) for line in wanted], name
    stacks = [stack and [f"0x{frame:x}" for frame in stack] for stack in cells["stack"].to_pylist()]
    assert stacks == [line.get("stack") for line in wanted]


@pytest.mark.parametrize("ending", COLUMNS)
def test_columns(export, sample, lines, tmp_path, ending):
    pytest.importorskip("pyarrow")
    wanted = [json.loads(line) for line in lines(sample)]
    export(sample, "-o", tmp_path / f"x{ending}")
    table = read(tmp_path / f"x{ending}")
    same_header(table, wanted)
    properties = [cell and json.loads(cell) for cell in table.column("properties").to_pylist()]
    assert properties == [line["properties"] for line in wanted]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
@pytest.mark.parametrize(
    "chosen",
    [
        (),
        ("--event", "Process/Start"),
        ("--provider", "Contoso.*", "--level", "info", "--names", "--numeric"),
        ("--id", "1-3,7", "--limit", "40", "--payload"),
        ("--pid", "4,1000-1300", "--since", "+1.5s", "--until", "+3s", "--message"),
        ("--keyword", "0x10", "--opcode", "1", "--tid", "1000-9000", "--unordered"),
    ],
)
def test_texts_are_those_of_dump(export, run, sample, tmp_path, ending, chosen):  # noqa: PLR0917
    path = tmp_path / f"x{ending}"
    export(sample, "-o", path, *chosen)
    wanted = run("dump", sample, "--format", ending[1:], *chosen).stdout
    assert path.read_bytes() == wanted and wanted.count(b"\n") > 1


def test_options_choose_the_same_columns(export, lines, sample, tmp_path):
    pytest.importorskip("pyarrow")
    chosen = ("--provider", "Windows Kernel", "--opcode", "1-2", "--until", "+2s")
    export(sample, "-o", tmp_path / "x.parquet", *chosen)
    same_header(read(tmp_path / "x.parquet"), [json.loads(line) for line in lines(sample, *chosen)])
    export(sample, "-o", tmp_path / "x.parquet", *chosen, "-n", 100)  # and over a file that is there
    same_header(read(tmp_path / "x.parquet"), [json.loads(line) for line in lines(sample, *chosen, "-n", "100")])


@pytest.mark.parametrize("ending", FORMATS)
def test_select(export, lines, run, sample, tmp_path, ending):  # noqa: PLR0917
    path = tmp_path / f"x{ending}"
    wanted = [json.loads(line) for line in lines(sample, "--provider", START[0], "--event", START[1])]
    if ending in COLUMNS:
        pytest.importorskip("pyarrow")
    export(sample, "-o", path, "--select", *START)
    if ending == ".jsonl":
        assert [json.loads(line) for line in path.read_text().splitlines()] == wanted
    elif ending == ".csv":
        assert path.read_bytes() == run("dump", sample, "--format", "csv", "--event", START[1]).stdout
    else:
        table = read(path)
        fields = list(wanted[0]["properties"])
        assert table.column_names[-len(fields) :] == fields
        for name in fields:
            texts = [line["properties"][name] for line in wanted]
            cells = table.column(name).to_pylist()
            hexadecimal = isinstance(cells[0], int) and isinstance(texts[0], str)
            assert cells == ([int(text, 16) for text in texts] if hexadecimal else texts), name


def test_no_events(export, sample, tmp_path):
    pytest.importorskip("pyarrow")
    for ending in FORMATS:
        export(sample, "-o", tmp_path / f"x{ending}", "--event", "no such event")
    assert read(tmp_path / "x.parquet").num_rows == read(tmp_path / "x.arrow").num_rows == 0
    assert (tmp_path / "x.csv").read_text().count("\n") == 1 and not (tmp_path / "x.jsonl").read_bytes()


def test_files_for_polars_have_no_growing_dictionaries(export, sample, tmp_path):
    pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    export(*[sample] * 14, "-o", tmp_path / "x.arrow")  # two batches
    code = "import polars, sys; print(*polars.read_ipc(sys.argv[1])['event_name'], sep=chr(10))"
    command = [sys.executable, "-c", code, str(tmp_path / "x.arrow")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.splitlines() == read(tmp_path / "x.arrow").column("event_name").to_pylist()


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["-o", "x.xlsx"], ".parquet, .arrow, .feather, .csv, .jsonl"),
        (["-o", "x"], "says no format"),
        (["-o", "folder-that-is-not-there/x.csv"], "No such file"),
        (["-o", "x.parquet", "--names"], "--names is for csv and jsonl"),
        (["-o", "x.csv", "--id", "7-3"], "numbers up to 65535"),
        (["-o", "x.csv", "--keyword", "red"], "wants a mask"),
        (["-o", "x.csv", "--level", "loud"], "loud"),
        (["-o", "x.csv", "--since", "yesterday"], "yesterday"),
        (["-o", "x.csv", "--limit", "-1"], "from 0 on"),
        (["-o", "x.csv", "--pid", "0-4294967295"], "like 1,2,5-9"),
        ([], "-o/--output"),
    ],
)
def test_mistakes(export, sample, tmp_path, arguments, says):
    done = export(sample, *arguments, code=2, cwd=tmp_path)
    assert says in done.stderr and not list(tmp_path.iterdir())


def test_the_trace_is_never_overwritten(export, sample, tmp_path):
    trace = tmp_path / "trace.csv"
    trace.write_bytes(sample.read_bytes())
    assert "is the trace itself" in export(trace, "-o", trace, code=2).stderr
    assert trace.read_bytes() == sample.read_bytes()


def test_a_missing_extra_is_named(export, sample, tmp_path):
    (tmp_path / "pyarrow.py").write_text("raise ModuleNotFoundError(\"No module named 'pyarrow'\", name='pyarrow')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = export(sample, "-o", tmp_path / "x.parquet", code=2, env={**ENVIRONMENT, "PYTHONPATH": path})
    assert "pip install 'pyetwkit[arrow]'" in done.stderr and not (tmp_path / "x.parquet").exists()


@pytest.mark.parametrize("ending", FORMATS)
def test_what_cannot_be_read(export, tmp_path, ending):
    pytest.importorskip("pyarrow")
    (tmp_path / "no.etl").write_bytes(b"no trace at all" * 100)
    assert "No such file" in export(tmp_path / "none.etl", "-o", tmp_path / f"x{ending}", code=3).stderr
    assert "is not an ETW trace" in export(tmp_path / "no.etl", "-o", tmp_path / f"x{ending}", code=3).stderr
    assert [one.name for one in tmp_path.iterdir()] == ["no.etl"]


@pytest.mark.parametrize("ending", FORMATS)
def test_damage(export, run, damaged, tmp_path, ending):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"x{ending}"
    done = export(damaged, "-o", path, code=1)
    told = run("dump", damaged, "--format", "jsonl", code=1)
    assert done.stderr.splitlines()[0].removeprefix("pyetwkit: ") in told.stderr.decode()
    count = told.stdout.count(b"\n")
    assert (read(path).num_rows if ending in COLUMNS else path.read_bytes().count(b"\n") - (ending == ".csv")) == count
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "pyetwkit: " in export(damaged, "-o", empty / path.name, "--strict", code=1).stderr
    assert not list(empty.iterdir())


@pytest.mark.parametrize("ending", FORMATS)
def test_a_full_disk(export, sample, tmp_path, ending):
    pytest.importorskip("pyarrow")
    resource = pytest.importorskip("resource", reason="Windows has no limit for the sizes of files")

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = export(sample, "-o", tmp_path / f"x{ending}", code=2, preexec_fn=small)
    assert done.stderr.startswith("pyetwkit: File too large") and not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="a program cannot send another one signals on Windows")
@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(etw, sample, tmp_path, ending, number):
    pytest.importorskip("pyarrow")
    (tmp_path / f"x{ending}").write_text("what was there")
    command = [sys.executable, "-m", "pyetwkit", "export", *[str(sample)] * 400, "-o", str(tmp_path / f"x{ending}")]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    end = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert running.poll() is None
    running.send_signal(number)
    assert running.wait(60) == 128 + number, running.stderr.read()
    assert not running.stderr.read()
    assert [one.read_text() for one in tmp_path.iterdir()] == ["what was there"]


def test_alone_it_says_what_it_can(etw):
    def said(*arguments):
        command = [sys.executable, "-m", "pyetwkit", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout

    assert "export" in said() and "parquet" in said()
    assert all(ending in said("export", "--help") for ending in FORMATS)
