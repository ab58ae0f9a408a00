# SPDX-License-Identifier: MIT
"""Every manifest of ../shared is read whole: what our reader finds is counted here by other means."""

import collections
import re
import subprocess
import tarfile
from xml.etree import ElementTree

import pytest

# Not well-formed: quotation marks and the like within texts (line and column are in docs/format/manifest.md).
BROKEN = {
    "Microsoft-Windows-Ntfs.xml": 3,
    "Microsoft-Windows-AppXDeployment-Server.xml": 3,
    "Microsoft-Windows-GroupPolicy.xml": 4,
    "Microsoft-Windows-NetworkProvider.xml": 3,
}
NOT_MANIFESTS = {"Microsoft.Diagnostics.FastSerialization.xml", "Microsoft.Diagnostics.Tracing.TraceEvent.xml"}
NAMES = ("level", "task", "opcode", "keyword", "channel", "importChannel")


@pytest.fixture(scope="module")
def files(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("manifests")
    for name in ("windows-manifests", "tx-manifests"):
        with tarfile.open(corpus / "manifests" / f"{name}.tar.xz") as archive:
            archive.extractall(folder / name, filter="data")
    paths = [*folder.rglob("*.xml"), *folder.rglob("*.man"), *(corpus / "manifests").glob("*.man")]
    return sorted(paths)


@pytest.fixture(scope="module")
def found(build, files):
    """What our reader says of each file: status, providers, events, payloads, fields, names, maps, entries, reports."""
    command = [build / "tests" / "corpus" / "manifest-counts", *files]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(files)
    return [tuple(map(int, line.split())) for line in lines]


def index(element):
    """Descendants by name, without those in what users make up, or what counts performance."""
    found, open_ones = collections.defaultdict(list), [element]
    while open_ones:
        for child in open_ones.pop():
            name = child.tag.rpartition("}")[2]
            found[name].append(child)
            if name not in ("UserData", "counters"):
                open_ones.append(child)
    return found


def fields_of(template):
    inside = index(template)
    return len(inside["data"]) + len(inside["struct"])


def count_tree(root):
    counts = [0] * 7
    whole = index(root)
    strings = {f"$(string.{string.get('id')})" for string in whole["string"]}
    for provider in whole["provider"]:
        inside = index(provider)
        sizes = {template.get("tid"): fields_of(template) for template in inside["template"]}
        events, maps = inside["event"], inside["valueMap"] + inside["bitMap"]
        declared = {keyword.get("name") for keyword in inside["keyword"]}
        used = {k for e in events for k in (e.get("keywords") or "").split() if k.startswith("win:")} - declared
        payloads = [sizes[e.get("template")] for e in events if e.get("template")]
        names = sum(len(inside[name]) for name in NAMES) + len(used - {"win:AnyKeyword"})
        entries = sum(entry.get("message") in strings for m in maps for entry in m)
        found = (1, len(events), len(payloads), sum(payloads), names, len(maps), entries)
        counts = [a + b for a, b in zip(counts, found)]
    return tuple(counts)


def count_text(text):
    """The same of what no parser takes: each element stands on a line of its own there."""
    sizes, events = {}, re.findall(r"<event [^\n]*", text)
    for tid, body in re.findall(r'<template tid="([^"]*)">(.*?)</template>', text, re.DOTALL):
        sizes[tid] = body.count("<data ")
    payloads = [sizes[tid] for event in events for tid in re.findall(r' template="([^"]*)"', event)]
    names = len(re.findall(rf"<(?:{'|'.join(NAMES)}) ", text))
    maps = len(re.findall("<(?:valueMap|bitMap) ", text))
    return (text.count("<provider "), len(events), len(payloads), sum(payloads), names, maps, text.count("<map "))


def test_all_of_it_is_read(files, found):
    assert len(files) > 2400
    broken = dict.fromkeys(BROKEN, 0)
    for path, (status, *counts, reports) in zip(files, found):
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if path.name in NOT_MANIFESTS:
            assert status == -7, path
            continue
        try:
            expected = count_tree(ElementTree.fromstring(text.encode()))
        except ElementTree.ParseError:
            broken[path.name] += 1
            expected = count_text(text)
            assert reports > 0
        assert (status, *counts) == (0, *expected), path
    assert broken == BROKEN
