# SPDX-License-Identifier: MIT
"""The command with Windows binaries: one that says what a trace's metadata says gives the same lines without that."""

import json
import struct
import uuid

import made
import pytest

METADATA = uuid.UUID("bbccf6c1-6cd1-48c4-80ff-839482e37671")
FLAGS = {1: made.STRUCT, 2: made.PARAM_LENGTH, 4: made.PARAM_COUNT, 0x10: made.FIXED_LENGTH, 0x20: made.FIXED_COUNT}


def text_at(blob, at):
    """The text at the offset that stands there; None of none."""
    (offset,) = struct.unpack_from("<I", blob, at)
    return texts_at(blob, offset)[0] if offset else None


def texts_at(blob, offset):
    """The texts from an offset on, up to an empty one."""
    return blob[offset:].decode("utf-16-le", errors="replace").split("\0\0")[0].split("\0") if offset else []


def item(blob, at):
    flags, _, kind, out, _, count, length = struct.unpack_from("<IIHHIHH", blob, at)
    ours = sum(value for bit, value in FLAGS.items() if flags & bit)
    # Metadata gives each number a length and each scalar a count; compiled manifests only what is not understood.
    if not flags & 4:
        count = count if count > 1 else 0
        ours |= made.FIXED_COUNT if count else 0
    if not flags & 2:
        length = length if kind in (1, 2, 14) and not flags & 1 else 0
        ours |= made.FIXED_LENGTH if length else 0
    one = made.Item(text_at(blob, at + 4), 0, 0, ours, None, count, length)
    if flags & 1:
        one.first, one.members = kind, out
    else:
        one.kind, one.out, one.map = kind, out, text_at(blob, at + 12)
    return one


class Binary:
    """Collects what TRACE_EVENT_INFO and EVENT_MAP_INFO say, as the providers and texts of a binary."""

    def __init__(self):
        self.providers, self.texts = {}, {}

    def message(self, text):
        number = 0xB0000000 + len(self.texts)
        self.texts[number] = text
        return number

    def provider(self, guid):
        return self.providers.setdefault(guid, made.Provider(str(uuid.UUID(bytes_le=guid)), None))

    def add_event(self, blob):
        one = self.provider(blob[:16])
        event = made.Event(*struct.unpack_from("<HBBBBHQ", blob, 0x20))
        one.name = text_at(blob, 0x34)
        event.message = self.message(text_at(blob, 0x4C)) if text_at(blob, 0x4C) else made.NONE
        task, opcode = text_at(blob, 0x44), text_at(blob, 0x48)
        one.tasks += [(event.task, task, made.NONE)] if task else []
        one.opcodes += [((event.task, event.opcode), opcode, made.NONE)] if opcode else []
        count, top = struct.unpack_from("<II", blob, 0x64)
        event.template = f"{event.id}.{event.version}"
        one.templates[event.template] = top, [item(blob, 0x70 + 24 * i) for i in range(count)]
        one.events.append(event)

    def add_map(self, guid, blob):
        flags, count = struct.unpack_from("<II", blob, 4)
        entries = []
        for i in range(count):
            (value,) = struct.unpack_from("<I", blob, 16 + 8 * i + 4)
            entries.append((value, self.message(text_at(blob, 16 + 8 * i))))
        self.provider(guid).maps[text_at(blob, 0)] = bool(flags & 2), entries

    def bytes(self):
        return made.binary(list(self.providers.values()), self.texts)


@pytest.fixture
def lines(run):
    def lines(*arguments, code=0):
        return [
            json.loads(line) for line in run("dump", "--format", "jsonl", *arguments, code=code).stdout.splitlines()
        ]

    return lines


def test_a_binary_says_what_metadata_says(run, lines, tmp_path):
    whole, bare = tmp_path / "whole.etl", tmp_path / "bare.etl"
    run("sample", "-o", whole, "--seed", "7", "--events", "2000")
    bare.write_bytes(whole.read_bytes().replace(METADATA.bytes_le, bytes(range(16))))
    binary = Binary()
    for line in lines(whole):
        if line["provider_id"] == str(METADATA) and line["opcode"] == 32:
            binary.add_event(bytes.fromhex(line["properties"]["Info"]))
        elif line["provider_id"] == str(METADATA):
            guid = uuid.UUID(line["properties"]["ProviderGuid"]).bytes_le
            binary.add_map(guid, bytes.fromhex(line["properties"]["MapInfo"]))
    (tmp_path / "orders.dll").write_bytes(binary.bytes())
    events = {(one.guid, event.id, event.version) for one in binary.providers.values() for event in one.events}

    def of_those(*arguments):
        kinds = ("provider_id", "event_id", "version")
        return [line for line in lines(*arguments) if tuple(line[key] for key in kinds) in events]

    wanted = of_those(whole)
    assert len(wanted) > 20
    assert of_those(bare) != wanted
    assert of_those(bare, "--schema", tmp_path / "orders.dll") == wanted
    assert of_those(bare, "--schema", tmp_path) == wanted
    spoken = of_those(whole, "--message")
    assert {line["message"].split()[0] for line in spoken if "message" in line} == {"Order"}
    assert of_those(bare, "--message", "--schema", tmp_path) == spoken


def test_a_binary_without_events_is_told(run, sample, tmp_path):
    (tmp_path / "none.dll").write_bytes(made.pe({16: {1: {0: b"version"}}}))
    done = run("dump", sample, "--schema", tmp_path / "none.dll", code=None)
    assert b"none.dll: a Windows binary that describes no events" in done.stderr


def test_a_binary_comes_back_as_a_manifest(run, tmp_path):
    """What schema --man makes of it says the same, built-in names included."""
    binary, manifest = tmp_path / "zoo.dll", tmp_path / "zoo.man"
    binary.write_bytes(made.binary([made.ZOO], made.TEXTS))
    run("schema", "Example-Zoo", "--man", "--no-pack", "--schema", binary, "-o", manifest)
    both = []
    for path in (binary, manifest):
        told = json.loads(run("schema", "Example-Zoo", "--json", "--no-pack", "--schema", path).stdout)
        assert told.pop("path") == str(path) and len(told["events"]) == 5
        both.append(told)
    assert both[0] == both[1]
