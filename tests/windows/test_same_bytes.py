# SPDX-License-Identifier: MIT
"""What the Windows command writes is what that of this system writes, byte for byte; messages and exit codes, too."""

import hashlib
import subprocess

import pytest

# What can be told about a trace, with all that may stand in a line.
WAYS = {
    "jsonl": "dump --format jsonl --names --message --payload --stacks",
    "jsonl-numeric": "dump --format jsonl --numeric",
    "csv": "dump --format csv",
    "text": "dump --format text --stacks",
    "threads": "dump --format text --threads 3",
    "info": "info --schemas",
    "info-json": "info --json --schemas",
    "processes": "processes",
    "grep": "grep -ic system32",
    "packets": "dump --format pcapng",
}
SAMPLES = {
    "plain": "--seed 1",
    "compressed": "--seed 2 --compress --buffer-size 8",
    "old": "--seed 3 --processors 8 --pointer-size 4 --clock system",
}


def told(command, way, *paths):
    """(exit code, hash of the output, messages)."""
    with subprocess.Popen([command, *way.split(), *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output = hashlib.file_digest(process.stdout, "sha256").hexdigest()
        errors = process.stderr.read().decode()
    assert process.returncode in (0, 1), errors
    return process.returncode, output, errors


@pytest.fixture(scope="module")
def samples(here, run, tmp_path_factory):
    """Traces that the Windows command wrote."""
    folder = tmp_path_factory.mktemp("samples")
    for name, options in SAMPLES.items():
        run("sample", "-o", folder / f"{name}.etl", *options.split())
    return folder


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_the_same(here, samples, tmp_path, name):
    subprocess.run([here, "sample", "-o", tmp_path / "own.etl", *SAMPLES[name].split()], check=True)
    assert (samples / f"{name}.etl").read_bytes() == (tmp_path / "own.etl").read_bytes()


@pytest.mark.parametrize("way", WAYS)
def test_samples_are_shown_the_same(here, etwkit, samples, way):
    for path in sorted(samples.iterdir()):
        assert told(etwkit, WAYS[way], path) == told(here, WAYS[way], path), path


@pytest.mark.parametrize("way", WAYS)
def test_real_traces_are_shown_the_same(here, etwkit, corpus, way):
    traces = sorted((corpus / "etl").glob("*.etl"))
    assert traces
    for path in traces:
        assert told(etwkit, WAYS[way], path) == told(here, WAYS[way], path), path


def test_several_traces_are_one(here, etwkit, corpus):
    traces = sorted((corpus / "etl").glob("*.etl"))
    way = "dump --format jsonl"
    assert told(etwkit, way, *traces) == told(here, way, *traces)


@pytest.mark.parametrize("way", ["--json", "--man", ""])
def test_schemas_are_shown_the_same(here, etwkit, corpus, way):
    command = f"schema Microsoft-Windows-DotNETRuntime {way} --no-pack --schema"
    path = corpus / "manifests" / "ClrEtwAll.man"
    assert told(etwkit, command, path) == told(here, command, path)
    command = f"schema Microsoft-Windows-DNS-Client {way}"
    assert told(etwkit, command) == told(here, command)


def test_providers_are_listed_the_same(here, etwkit):
    assert told(etwkit, "providers --json") == told(here, "providers --json")


def test_traces_are_tiled_the_same(here, etwkit, samples, tmp_path):
    for command, name in ((etwkit, "a.etl"), (here, "b.etl")):
        arguments = ["tile", samples / "plain.etl", "-o", tmp_path / name, "--size", "2M", "--compress"]
        subprocess.run([command, *arguments], check=True)
    assert (tmp_path / "a.etl").read_bytes() == (tmp_path / "b.etl").read_bytes()
