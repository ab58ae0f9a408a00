# SPDX-License-Identifier: MIT
"""--json-errors: every line on stderr is an object, all damages are there, and a summary comes last."""

import json
import pathlib
import subprocess

import pytest

# On Windows: true.
NOT_FOUND = {False: "No such file or directory", True: "no such file or folder (2)"}
DISK_FULL = {False: "No space left on device", True: "Disk full"}


@pytest.fixture
def reports(run):
    """reports(*arguments, code=0): what is said on stderr, as objects."""

    def reports(*arguments, code=0, **options):
        done = run(*arguments, "--json-errors", code=code, **options)
        found = [json.loads(line) for line in done.stderr.decode("utf-8").splitlines()]
        assert found[-1]["report"] == "summary" and found[-1]["exit_code"] == done.returncode
        assert all(one["report"] in ("damage", "error", "message") for one in found[:-1])
        return found

    return reports


@pytest.fixture(scope="module")
def ruin(sample, windows, tmp_path_factory):
    """The sample with the first event of every buffer but the first overwritten."""
    data = bytearray(sample.read_bytes())
    size = int.from_bytes(data[:4], "little")
    for at in range(size, len(data), size):
        data[at + 72 : at + 80] = b"\xff" * 8
    path = tmp_path_factory.mktemp("ruin") / ("ru'in; 1.etl" if windows else 'ru"in: 1.etl')
    path.write_bytes(data + data[size:] * 2)
    return path


@pytest.mark.parametrize("command", ["dump", "info"])
def test_all_is_well(command, reports, sample, run):
    (summary,) = reports(command, sample)
    assert summary["damage"] == summary["events_damaged"] == summary["bytes_damaged"] == 0
    assert summary["events"] == json.loads(run("info", "--json", sample).stdout)["events"]
    assert run(command, sample, "--json-errors").stdout == run(command, sample).stdout


@pytest.mark.parametrize("command", ["dump", "info"])
def test_every_damage_in_the_words_of_the_text(command, reports, run, ruin):
    *damages, summary = reports(command, ruin, code=1)
    assert len(damages) == summary["damage"] > 20
    said = run(command, ruin, code=1).stderr.decode().splitlines()
    assert [f"etwkit: {one['message']}" for one in damages[:20]] == said[:20]
    for one in damages:
        assert list(one) == ["report", "status", "path", "offset", "buffer", "record", "message"]
        assert one["report"] == "damage" and one["status"] == "ETWKIT_E_DAMAGED" and one["path"] == str(ruin)
        assert f"buffer {one['buffer']} at offset 0x{one['offset'] - one['record']:X}" in one["message"]
    assert summary["events_damaged"] == len(damages) and summary["bytes_damaged"] > 0


def test_info_has_the_same_damages_in_its_output(reports, run, ruin):
    *damages, _ = reports("info", ruin, code=1)
    told = json.loads(run("info", "--json", ruin, code=1).stdout)
    assert told["damages"] == [{key: one[key] for key in one if key != "report"} for one in damages]


def test_strict(reports, ruin):
    damage, summary = reports("dump", ruin, "--strict", code=1)
    assert damage["report"] == "damage" and summary["damage"] == 1


@pytest.mark.parametrize("command", ["dump", "info"])
def test_what_cannot_be_read(command, reports, sample, windows, tmp_path):
    missing = tmp_path / "missing.etl"
    error, summary = reports(command, sample, missing, code=3)
    assert error == {
        "report": "error",
        "status": "ETWKIT_E_NOT_FOUND",
        "path": str(missing),
        "message": f"{missing}: cannot open: {NOT_FOUND[windows]}",
    }
    text = tmp_path / "text.etl"
    text.write_text("hello, this is no trace at all")
    error, summary = reports(command, text, code=3)
    assert error["status"] == "ETWKIT_E_NOT_A_TRACE" and error["path"] == str(text) and error["offset"] == 0
    assert summary["events"] == 0


def test_a_lender_that_cannot_be_read(reports, sample, tmp_path):
    lender = tmp_path / "lender.etl"
    error, _ = reports("dump", sample, "--schema", lender, code=3)
    assert error["path"] == str(lender)


def test_the_longest_name_is_the_one(reports, sample, tmp_path):
    """One path may begin with another."""
    path = tmp_path / f"{sample.name}: more.etl"
    path.write_bytes(b"")
    short = tmp_path / sample.name
    short.write_bytes(sample.read_bytes())
    error, _ = reports("dump", short, path, code=3)
    assert error["path"] == str(path)


def test_other_messages(reports, sample, windows):
    message, summary = reports("dump", sample, "--format", "jsonl", "--local", code=2)
    assert message["report"] == "message" and message["message"].startswith("--local") and summary["events"] == 0
    if pathlib.Path("/dev/full").exists():
        message, _ = reports("info", sample, "-o", "/dev/full", code=2)
        assert message["message"] == f"cannot write /dev/full: {DISK_FULL[windows]}"


def test_controls_of_a_path_stay_json(reports, tmp_path):
    (error, _) = reports("dump", tmp_path / "x\x1b[31m\n\u202eetl", code=3)
    assert error["path"].endswith("x\x1b[31m\n\u202eetl")


def test_nobody_listens(etwkit, ruin):
    """stderr closed or full: the output is as ever."""
    command = [etwkit, "dump", ruin, "--json-errors"]
    whole = subprocess.run(command, capture_output=True, timeout=60)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stderr.close()
        assert process.stdout.read() == whole.stdout
    assert process.returncode == whole.returncode == 1
    if pathlib.Path("/dev/full").exists():
        with pathlib.Path("/dev/full").open("wb") as full:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, timeout=60)
        assert done.returncode == 1 and done.stdout == whole.stdout
