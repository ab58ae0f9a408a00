# SPDX-License-Identifier: MIT
"""What the bundled pack says is what its sources say, read here once more and by other means, for a sample of them."""

import html
import pathlib
import random
import re
import sys
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from pack_reader import Pack  # noqa: E402

TYPES = """- UnicodeString AnsiString Int8 UInt8 Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double Boolean Binary GUID
Pointer FILETIME SYSTEMTIME SID HexInt32 HexInt64 CountedUtf16String CountedMbcsString Struct""".split()
BUILDS = {"Win7-7600": 7600, "Win10-10240": 10240, "Win10-17134": 17134, "Win10-18990": 18990}
TABLES_BUILD = 28000
STRUCT, PARAM_LENGTH, PARAM_COUNT = 1, 2, 4
TAG = re.compile(r'<(/?)(\w+)((?:\s+\w+="[^"]*")*)\s*/?>')
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
SEEDS = range(3)


@pytest.fixture(scope="module")
def pack():
    path = ROOT / "data" / "pack" / "windows.pack"
    if not path.exists():
        pytest.skip("no bundled pack")
    return {provider.guid: provider for provider in Pack(path.read_bytes()).providers()}


@pytest.fixture(scope="module")
def sources(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    for name in ("windows-manifests", "windows-tables-newest"):
        with tarfile.open(corpus / "manifests" / f"{name}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
    return folder


def type_number(name):
    name = name.removeprefix("win:")
    return int(name) if name.isdigit() else TYPES.index(name)


def read_dump(path):
    """(GUID, tasks, keywords, events) of one of PerfView's manifests, which are regular enough for this."""
    guid, tasks, keywords, templates, events, template = None, {}, {}, {}, [], None
    for closing, tag, attributes in TAG.findall(path.read_text(encoding="utf-8", errors="replace")):
        a = {name: html.unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
        if tag == "provider" and not closing:
            if guid or "source" not in a:
                return None  # two in one file, one of them written by hand
            guid = a["guid"].strip("{}").lower()
        elif tag == "task" and not closing:
            tasks[int(a["value"])] = a["name"]
        elif tag == "keyword":
            keywords[int(a["mask"], 16)] = a["name"]
        elif tag == "template":
            template = None if closing else templates.setdefault(a["tid"], [])
        elif tag == "data" and template is not None:
            template.append(a)
        elif tag == "event":
            events.append(a)
    return (
        guid,
        tasks,
        keywords,
        [(int(e["value"]), int(e["version"]), templates.get(e.get("template"), [])) for e in events],
    )


def layouts_of(provider, ident, version, build):
    """Those of that build, else those that hold for all."""
    same = [e for e in provider.events if (e.id, e.version) == (ident, version)]
    assert same, f"{provider.name} {ident} v{version} is missing"
    chosen = [e for e in same if build in e.builds or not e.builds]
    assert chosen, f"{provider.name} {ident} v{version} is not of build {build}"
    return chosen


def reference(layout, field):
    """How the source writes it: (attribute, name)."""
    if field.flags & PARAM_COUNT:
        return "count", layout.fields[field.count].name
    return ("length", layout.fields[field.length].name) if field.flags & PARAM_LENGTH else None


def describes(layout, given):
    """Does the layout say of the fields what the source says? It may stop, and know structs that it does not."""
    top = layout.top() if layout else ()
    stopped = layout is not None and layout.stops_at is not None
    if len(top) + stopped > len(given) or (not stopped and len(top) != len(given)):
        return False
    for field, data in zip(top, given, strict=False):
        number = type_number(data["inType"])
        if field.name != data["name"] or (not field.flags & STRUCT and field.in_type != number):
            return False
        if field.flags & STRUCT and number < len(given):
            return False
        for attribute in ("count", "length"):
            wanted = re.sub(r"\W", "", data.get(attribute, ""))
            if wanted and reference(layout, field) != (attribute, wanted):
                return False
        if "map" in data and (not field.map or field.map[0] != data["map"]):
            return False
    return not stopped or layout.stops_at == given[len(top)]["name"]


def may_stop_at(given, at):
    """Is that field something whose size nobody knows: a struct without members, or bytes without length?"""
    number = type_number(given[at]["inType"])
    return number >= min(len(given), 24) or (number == TYPES.index("Binary") and "length" not in given[at])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("folder", BUILDS)
def test_manifests(pack, sources, folder, seed):
    paths = sorted((sources / f"Manifests-{folder}").glob("*.xml"))
    checked = 0
    for path in random.Random(seed).sample(paths, 40):
        dump = read_dump(path)
        if dump is None:
            continue
        guid, tasks, keywords, events = dump
        provider = pack[guid]
        assert not [v for v, n in provider.tables["tasks"].items() if n == f"task_{v}"]
        assert not [v for v, n in provider.tables["keywords"].items() if n == f"keyword_{v:x}"]
        for value, name in tasks.items():
            told = name not in (f"task_{value}",) and len(name) <= 64 and not name.endswith(".")
            assert not told or value in provider.tables["tasks"], f"{path.name}: task {name}"
        for mask, name in keywords.items():
            assert name == f"keyword_{mask:x}" or mask in provider.tables["keywords"], f"{path.name}: keyword {name}"
        last = {(ident, version): given for ident, version, given in events}
        for (ident, version), given in last.items():
            layouts = [e.layout for e in layouts_of(provider, ident, version, BUILDS[folder])]
            right = [layout for layout in layouts if describes(layout, given)]
            assert right, f"{path.name}: {ident} v{version}: {given}"
            for layout in right:
                assert layout is None or not layout.stops_at or may_stop_at(given, layout.top_count)
            checked += 1
    assert checked > 200


@pytest.mark.parametrize("seed", SEEDS)
def test_tables(pack, sources, seed):
    by_name = {provider.name.lower(): provider for provider in pack.values()}
    checked = 0
    for path in random.Random(seed).sample(sorted((sources / "manifest").glob("*.tsv")), 60):
        for row in path.read_text(encoding="utf-8").splitlines()[1:]:
            name, ident, version, event, *_ = row.split("\t")
            fields = event[event.rindex("(") + 1 : -1]
            given = [dict(zip(("inType", "name"), f.split(" "), strict=True)) for f in fields.split(", ") if f]
            provider = by_name[name.lower()]
            same = [e for e in provider.events if (e.id, e.version) == (int(ident), int(version))]
            # Of two providers with one name (Windows 7 had others) one is meant; which is not this test's matter.
            if any(p.name.lower() == name.lower() and p is not provider for p in pack.values()):
                continue
            of_build = [e.layout for e in same if TABLES_BUILD in e.builds or not e.builds]
            assert any(describes(layout, given) for layout in of_build), f"{path.name}: {row}"
            checked += 1
    assert checked > 500
