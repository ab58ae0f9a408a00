# SPDX-License-Identifier: MIT
"""FIELDS FROM: which of the sources that know an event counts, in info and in dump, with and without looking ahead."""

import json
import os
import uuid

import pytest

METADATA = "bbccf6c1-6cd1-48c4-80ff-839482e37671"
MANIFEST = """<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"><instrumentation><events>
<provider name="Northwind-Orders" guid="{%s}" symbol="N" resourceFileName="n" messageFileName="n">
<templates><template tid="t"><data name="FromManifest" inType="win:UInt8"/></template></templates>
<events>%s</events></provider></events></instrumentation></instrumentationManifest>"""


@pytest.fixture
def provider(events):
    return next(event["provider_id"] for event in events if event["provider_name"] == "Northwind-Orders")


@pytest.fixture
def manifest(tmp_path, provider):
    """manifest(id=version...): one that lays each of these events out as one byte."""

    def manifest(*versions, name="own.man"):
        path = tmp_path / name
        inside = "".join(f'<event value="{id}" version="{version}" template="t"/>' for id, version in versions)
        path.write_text(MANIFEST % (provider, inside), encoding="utf-8")
        return path

    return manifest


@pytest.fixture
def bare(sample, tmp_path):
    """The sample, whose metadata nobody recognizes."""
    path = tmp_path / "bare.etl"
    path.write_bytes(sample.read_bytes().replace(uuid.UUID(METADATA).bytes_le, bytes(range(16))))
    return path


def sources(run, provider, trace, *arguments, **options):
    """{(id, version): (source, guessed)} of the provider's events, the same with and without looking ahead."""
    found = []
    for form in ([], ["--schemas"]):
        told = json.loads(run("info", "--json", *form, trace, *arguments, **options).stdout)
        kinds = [kind for kind in told["schemas"] if kind["provider_id"] == provider]
        found.append({(kind["event_id"], kind["version"]): (kind["source"], kind["guessed"]) for kind in kinds})
    assert found[0] == found[1]
    return found[0]


def test_the_trace_counts_more_than_a_file(run, dump, sample, provider, manifest):
    """Also of events that stand in front of what describes them: there the file comes to mind first."""
    path = manifest((1, 1), (2, 0), (99, 0))
    order = [event["provider_id"] for event in dump("--unordered", sample)]
    assert order.index(provider) < order.index(METADATA)
    found = sources(run, provider, sample, "--schema", path)
    assert found[1, 1] == found[2, 0] == ("embedded", False) and found[99, 0] == ("manifest", False)
    assert "FromManifest" not in dump(sample, "--schema", path, "--event", "Order/Placed")[0]["properties"]
    (event, *_) = dump(sample, "--schema", path, "--id", "99", "--provider", provider)
    assert event["properties"] == {} and event["truncated"]  # it has no payload


def test_a_file_counts_where_the_trace_says_nothing(run, bare, provider, manifest):
    assert sources(run, provider, bare, "--no-pack")[1, 1] == ("unknown", False)
    assert sources(run, provider, bare, "--schema", manifest((1, 1)))[1, 1] == ("manifest", False)


def test_an_older_version_is_marked(run, bare, provider, manifest):
    path = manifest((1, 0))
    assert sources(run, provider, bare, "--schema", path)[1, 1] == ("manifest", True)
    assert b"manifest, of an older version\n" in run("info", bare, "--schema", path).stdout


def test_the_first_file_counts(dump, bare, provider, manifest):
    one, other = manifest((1, 1)), manifest((1, 1), name="other.man")
    other.write_text(other.read_text(encoding="utf-8").replace("FromManifest", "FromOther"), encoding="utf-8")
    for first, second, want in ((one, other, "FromManifest"), (other, one, "FromOther")):
        (event, *_) = dump(bare, "--schema", first, "--schema", second, "--provider", provider, "--id", "1")
        assert list(event["properties"]) == [want]


@pytest.mark.posix("XDG_DATA_HOME; tests/windows/test_places.py")
def test_default_places(run, bare, provider, manifest, tmp_path):
    """What is named counts before the environment, and that before the user's folder."""
    named, listed = manifest((1, 1)), manifest((1, 1), name="listed.man")
    folder = tmp_path / "data" / "etwkit" / "schemas"
    folder.mkdir(parents=True)
    own = manifest((1, 1), (2, 0), name="data/etwkit/schemas/own.man")
    for path, name in ((listed, "FromListed"), (own, "FromOwn")):
        path.write_text(path.read_text(encoding="utf-8").replace("FromManifest", name), encoding="utf-8")

    def fields(id, *arguments, **environment):
        here = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), **environment}
        done = run("dump", bare, "--provider", provider, "--id", id, "-n", 1, *arguments, "--format", "jsonl", env=here)
        return list(json.loads(done.stdout)["properties"])

    assert fields(1) == fields(2) == ["FromOwn"]
    assert fields(1, ETWKIT_SCHEMA_PATH=str(listed)) == ["FromListed"]
    assert fields(1, "--schema", named, ETWKIT_SCHEMA_PATH=str(listed)) == ["FromManifest"]
    assert fields(2, "--schema", named, ETWKIT_SCHEMA_PATH=str(listed)) == ["FromOwn"]


def test_files_that_cannot_be_read(run, sample, tmp_path, manifest):
    for command in ("info", "dump"):
        done = run(command, sample, "--schema", tmp_path / "no.man", code=3)
        assert done.stdout == b"" and b"no.man" in done.stderr
        gone = {**os.environ, "ETWKIT_SCHEMA_PATH": str(tmp_path / "gone")}
        done = run(command, sample, env=gone)
        assert b"gone, which is not there" in done.stderr
        done = run(command, sample, "--json-errors", env=gone)
        assert json.loads(done.stderr.splitlines()[0])["report"] == "message"
    wrong = manifest((99, 0))
    wrong.write_text(wrong.read_text(encoding="utf-8").replace('value="99"', 'value="x"'), encoding="utf-8")
    for command in ("info", "dump"):
        assert b"own.man: line 4, column" in run(command, sample, "--schema", wrong, code=1).stderr
