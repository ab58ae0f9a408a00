# SPDX-License-Identifier: MIT
"""What the tests of archives and pipes share: two small traces, what they hold, and a folder that must stay empty."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import packed


@pytest.fixture(scope="session")
def traces(run, tmp_path_factory):
    """{"a.etl": bytes, "b.etl": bytes}"""
    folder = tmp_path_factory.mktemp("traces")
    for seed, name in enumerate(("a.etl", "b.etl"), 1):
        run("sample", "-o", folder / name, "--seed", seed, "--events", "600", "--buffer-size", "8")
    return {name: (folder / name).read_bytes() for name in ("a.etl", "b.etl")}


@pytest.fixture(scope="session")
def plain(run, traces, tmp_path_factory):
    """plain("a.etl", ...): what dump writes of these traces as files."""
    folder = tmp_path_factory.mktemp("plain")
    for name, data in traces.items():
        (folder / name).write_bytes(data)
    return lambda *names: run("dump", *(folder / name for name in names)).stdout


@pytest.fixture(scope="session", autouse=True)
def unpacks(run, tmp_path_factory):
    """Where the build has no libarchive there is nothing to test here."""
    path = tmp_path_factory.mktemp("unpacks") / "empty.zip"
    path.write_bytes(packed.zipped({}))
    if run("info", path, code=None).returncode == 2:
        pytest.skip("this build has no libarchive")


@pytest.fixture
def spool(tmp_path, monkeypatch):
    """The folder of temporary files: nothing may be left in it."""
    folder = tmp_path / "spool"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
