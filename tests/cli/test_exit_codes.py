# SPDX-License-Identifier: MIT
"""CONTRACT.md's exit codes, and that each one comes with a sentence on stderr which says why."""

import os

import pytest


def test_whole_trace_is_0(run, sample):
    for command in (["dump"], ["info"], ["info", "--json", "--schemas"], ["dump", "--strict"]):
        assert run(*command, sample).stderr == b""


def test_damage_is_1_and_told(run, damaged, events, dump):
    done = run("dump", "--format", "jsonl", damaged, code=1)
    told = done.stderr.decode().splitlines()
    assert all(line.startswith("etwkit: ") for line in told)
    assert "damaged.etl" in told[0] and "damage was found" in told[-1]
    # What was not touched is all there: the other buffers.
    assert 0 < done.stdout.count(b"\n") < len(events)
    info = run("info", damaged, code=1)
    assert b"damaged: " in info.stdout and "damaged.etl" in info.stderr.decode()


def test_strict_stops_at_damage(run, damaged):
    plain = run("dump", damaged, code=1)
    strict = run("dump", "--strict", damaged, code=1)
    assert b"damaged.etl" in strict.stderr
    assert plain.stdout.startswith(strict.stdout) and len(strict.stdout) < len(plain.stdout)
    assert strict.stdout == b"" or strict.stdout.endswith(b"\n")


@pytest.mark.parametrize("command", ["dump", "info"])
@pytest.mark.parametrize("content", [b"", b"hello\n", b"\0" * 4096, b"\xff" * 4096, b"PK\x03\x04" * 999], ids=len)
def test_no_trace_is_3(command, content, run, windows, tmp_path):
    path = tmp_path / "thing.etl"
    path.write_bytes(content)
    no_archives = windows and content.startswith(b"PK")  # in a build without libarchive
    done = run(command, path, code=2 if no_archives else 3)
    assert done.stdout == b"" and b"thing.etl" in done.stderr


@pytest.mark.parametrize("command", ["dump", "info"])
def test_missing_is_3(command, run, tmp_path):
    done = run(command, tmp_path / "missing.etl", code=3)
    assert done.stdout == b"" and b"missing.etl" in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", ["dump", "info"])
def test_a_folder_is_3(command, run, tmp_path):
    assert run(command, tmp_path, code=3).stdout == b""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_denied_is_3(run, sample, tmp_path):
    path = tmp_path / "secret.etl"
    path.write_bytes(sample.read_bytes())
    path.chmod(0)
    assert b"secret.etl" in run("dump", path, code=3).stderr


def test_a_schema_file_that_cannot_be_read_is_3(run, sample, tmp_path):
    done = run("dump", sample, "--schema", tmp_path / "lender.etl", code=3)
    assert b"lender.etl" in done.stderr and done.stdout == b""


def test_info_goes_on_after_a_trace_that_cannot_be_read(run, sample, tmp_path):
    done = run("info", tmp_path / "missing.etl", sample, code=3)
    assert b"sample.etl" in done.stdout and b"missing.etl" in done.stderr


def test_names_in_messages_command_nothing(run, tmp_path):
    done = run("dump", tmp_path / "x\x1b[31m\n\u202eetl", code=3)
    assert b"\x1b" not in done.stderr and done.stderr.count(b"\n") == 1
    assert rb"x\x1b[31m\x0a\u202eetl" in done.stderr


def test_many_damages_are_counted_not_listed(run, sample, tmp_path):
    data = bytearray(sample.read_bytes())
    size = int.from_bytes(data[:4], "little")
    path = tmp_path / "ruin.etl"
    # Every buffer after the first, several times over, so that there are more damages than lines shown.
    head, rest = data[:size], data[size:]
    for at in range(0, len(rest), size):
        rest[at + 72 : at + 80] = b"\xff" * 8
    path.write_bytes(head + rest * (1 + 60 * size // max(1, len(rest))))
    done = run("dump", path, code=1)
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 22 and "more like these" in lines[20] and "damage was found" in lines[21]
