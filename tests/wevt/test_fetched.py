# SPDX-License-Identifier: MIT
"""Real Windows binaries, out of wheels for Windows: read whole, without a report, and as the manifests say.

They are fetched from PyPI into the build folder with ETWKIT_FETCH=1 or in `make soak`, and never committed.
"""

import os
import subprocess
import sys
import zipfile

import manifest
import pytest

WHEELS = {
    "node.exe": ("nodejs-bin==16.15.1a4", "39"),
    "clretwrc.dll": ("dotnetcore2==3.1.23", "38"),
    "D3D12Core.dll": ("slangpy==0.43.1", "311"),
    "dxcompiler.dll": ("slangpy==0.43.1", "311"),
}
# By file: providers, events, maps, names of channels.
COUNTS = {
    "node.exe": (1, 12, 0, 0),
    "clretwrc.dll": (4, 410, 40, 0),
    "D3D12Core.dll": (1, 145, 32, 3),
    "dxcompiler.dll": (1, 16, 0, 1),
}
# What the manifest of 2019-11 has and .NET Core 3.1 has not, and the one name that changed its meaning.
NEWER = {
    "events": {(72, 0), (290, 0), (291, 0), (293, 0), (294, 0), (295, 0)},
    "tasks": {"AssemblyLoader"},
    "keywords": {"AssemblyLoaderKeyword", "FusionKeyword", "MethodDiagnosticKeyword"},
    "maps": {"ILStubGeneratedFlagsMap", "TypeFlagsMap"},
}
RUNTIME = "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4"


@pytest.fixture(scope="module")
def fetched(build, soak):
    """fetched(file): its path; fetched the first time."""
    if not soak and not os.environ.get("ETWKIT_FETCH"):
        pytest.skip("fetches wheels of 140 MB: set ETWKIT_FETCH=1")
    folder = build / "fetched"
    folder.mkdir(exist_ok=True)

    def fetch(name):
        if not (folder / name).exists():
            wheel, python = WHEELS[name]
            command = f"-m pip download -q --no-deps --only-binary=:all: --platform win_amd64 --python-version {python}"
            subprocess.run([sys.executable, *command.split(), "-d", folder, wheel], check=True, timeout=600)
            for path in folder.glob("*.whl"):
                take(path, folder)
                path.unlink()
        return folder / name

    return fetch


def take(path, folder):
    with zipfile.ZipFile(path) as wheel:
        for member in wheel.namelist():
            name = member.rpartition("/")[2]
            if name in WHEELS:
                (folder / name).write_bytes(wheel.read(member))


@pytest.mark.parametrize("name", WHEELS)
def test_everything_is_read(name, fetched, show):
    lines = show(fetched(name))
    kinds = [line["kind"] for line in lines]
    assert lines[-1] == {"kind": "end", "status": "ETWKIT_OK"}
    assert "report" not in kinds
    assert tuple(map(kinds.count, ("provider", "event", "map", "channel"))) == COUNTS[name]
    used = {line["channel"] for line in lines if line["kind"] == "event"} - {0}
    assert used <= {line["value"] for line in lines if line["kind"] == "channel"}


def fields_of(all_fields, first, end):
    """As manifest.fields() has them: references by name."""
    found = []
    for field in all_fields[first:end]:
        flags, count, length = field["flags"], field["count"], field["length"]
        count = all_fields[count]["name"] if flags & 4 else str(count) if flags & 0x20 else None
        length = all_fields[length]["name"] if flags & 2 else str(length) if flags & 0x10 else None
        members = fields_of(all_fields, field["first"], field["first"] + field["members"]) if flags & 1 else None
        kind = None if flags & 1 else field["in"]
        found.append((field["name"], kind, field.get("map"), count, length, members))
    return found


def as_manifest(lines):
    """What show-providers says in the form of manifest.providers()."""
    found = {}
    for line in lines:
        kind = line["kind"]
        if kind == "provider":
            one = {"name": line["name"], "events": {}, "tasks": {}, "keywords": {}, "maps": {}}
            found[line["guid"]] = one
        elif kind in ("task", "keyword"):
            one[kind + "s"][line["name"]] = line["value"]
        elif kind == "map":
            entries = [(entry["value"], entry["label"]) for entry in line["entries"]]
            one["maps"][line["name"]] = (line["bits"], entries)
        elif kind == "event":
            event = {key: line[key] for key in ("task", "opcode", "level", "keywords")}
            one["events"][line["id"], line["version"]] = {**event, "fields": fields_of(line["fields"], 0, line["top"])}
    return found


def test_the_runtime_is_what_its_manifest_says(fetched, show, corpus):
    binary = as_manifest(show(fetched("clretwrc.dll")))
    source = manifest.providers(corpus / "manifests" / "ClrEtwAll.man")
    assert {guid: one["name"] for guid, one in binary.items()} == {guid: one["name"] for guid, one in source.items()}
    for guid, one in binary.items():
        for part in ("events", "tasks", "keywords", "maps"):
            ours, theirs = one[part], source[guid][part]
            different = {key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)}
            assert different == (NEWER[part] if guid == RUNTIME else set()), (one["name"], part)
