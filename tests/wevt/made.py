#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes Windows binaries that describe events, from docs/format/wevt.md: made.py HEADER writes some as C arrays.

A binary is made of resources: event_templates() of providers, message_table() of texts, pe() of both.
"""

import dataclasses
import pathlib
import struct
import sys
import uuid

NONE = 0xFFFFFFFF
STRUCT, FIXED_LENGTH, PARAM_LENGTH, FIXED_COUNT, PARAM_COUNT = 1, 2, 4, 8, 16
ENGLISH = 0x409
MESSAGE_TABLE = 11
EVENT_TEMPLATE = "WEVT_TEMPLATE"


@dataclasses.dataclass
class Item:
    """A field; of a struct: its members follow the fields at the top."""

    name: str
    kind: int = 8
    out: int = 0
    flags: int = 0
    map: str | None = None
    count: int = 0
    length: int = 0
    first: int = 0
    members: int = 0


@dataclasses.dataclass
class Event:
    """`template` is a key of the provider's templates."""

    id: int
    version: int = 0
    channel: int = 0
    level: int = 4
    opcode: int = 0
    task: int = 0
    keywords: int = 0
    message: int = NONE
    template: str | None = None


@dataclasses.dataclass
class Provider:
    """Names are (value, name, message number); those of opcodes have (task, opcode) as value."""

    guid: str
    name: str | None
    message: int = NONE
    levels: list = dataclasses.field(default_factory=list)
    tasks: list = dataclasses.field(default_factory=list)
    opcodes: list = dataclasses.field(default_factory=list)
    keywords: list = dataclasses.field(default_factory=list)
    channels: list = dataclasses.field(default_factory=list)
    maps: dict = dataclasses.field(default_factory=dict)  # name: (is a bit map, [(value, message number)])
    templates: dict = dataclasses.field(default_factory=dict)  # key: (items at the top, all items)
    events: list = dataclasses.field(default_factory=list)


def utf16(text):
    return text.encode("utf-16-le") + b"\0\0"


def padded(data, to=4):
    return data + bytes(-len(data) % to)


class Writer:
    """Grows; offsets that are known later are filled in."""

    def __init__(self):
        self.data = bytearray()

    def add(self, data):
        at = len(self.data)
        self.data += padded(bytes(data))
        return at

    def name(self, text):
        """The offset of a name; 0 of none."""
        return self.add(struct.pack("<I", 4 + len(utf16(text))) + utf16(text)) if text is not None else 0

    def put(self, at, *values):
        struct.pack_into(f"<{len(values)}I", self.data, at, *values)

    def table(self, signature, entries, size):
        """Room for a table; its offset."""
        return self.add(signature + struct.pack("<II", 0, entries) + bytes(entries * size))

    def end(self, at):
        """Writes the size of the block that began there."""
        self.put(at + 4, len(self.data) - at)


def add_names(to, signature, names, form):
    """A table whose definitions `form` packs from value, message and offset of the name."""
    size = len(form(names[0][0], 0, 0)) if names else 1
    at = to.table(signature, len(names), size)
    for i, (value, name, message) in enumerate(names):
        entry = form(value, message, to.name(name))
        to.data[at + 12 + i * size : at + 12 + (i + 1) * size] = entry
    if names:
        to.end(at)
    return at


def add_maps(to, maps):
    at = to.table(b"MAPS", len(maps), 4)
    places = {}
    for i, name in enumerate(sorted(maps)):
        is_bits, entries = maps[name]
        place = to.add(b"BMAP" if is_bits else b"VMAP")
        to.add(struct.pack("<IIII", 0, 0, int(is_bits), len(entries)))
        to.add(b"".join(struct.pack("<II", *entry) for entry in entries))
        to.end(place)
        to.put(place + 8, to.name(name))
        to.put(at + 12 + i * 4, place)
        places[name] = place
    to.end(at)
    return at, places


def item_bytes(item, maps, name):
    kinds = struct.pack("<HH", item.first, item.members) if item.flags & STRUCT else bytes((item.kind, item.out, 0, 0))
    return (
        struct.pack("<I", item.flags)
        + kinds
        + struct.pack("<IHHI", maps.get(item.map, 0), item.count, item.length, name)
    )


def add_templates(to, templates, maps):
    at = to.table(b"TTBL", len(templates), 0)
    places = {}
    for key, (top, items) in templates.items():
        identity = uuid.uuid5(uuid.NAMESPACE_X500, key).bytes_le
        place = to.add(b"TEMP" + struct.pack("<IIIII", 0, top, len(items), 0, 1) + identity)
        to.add(b"\x0f\1\1\0")  # as much binary XML as nobody reads
        first = to.add(bytes(20 * len(items)))
        to.put(place + 16, first)
        for i, item in enumerate(items):
            entry = item_bytes(item, maps, to.name(item.name))
            to.data[first + i * 20 : first + (i + 1) * 20] = entry
        to.end(place)
        places[key] = place
    to.end(at)
    return at, places


def add_events(to, events, templates):
    at = to.add(b"EVNT" + struct.pack("<III", 0, len(events), 0))
    for event in events:
        descriptor = struct.pack(
            "<HBBBBHQ", event.id, event.version, event.channel, event.level, event.opcode, event.task, event.keywords
        )
        to.add(descriptor + struct.pack("<8I", event.message, templates.get(event.template, 0), 0, 0, 0, 0, 0, 0))
    to.end(at)
    return at


def add_attributes(to, name):
    at = to.table(b"PRVA", 1, 8)
    to.put(at + 12, 0x10000001, to.add(utf16(name)))
    to.end(at)
    return at


def add_provider(to, provider):
    elements = []
    count = 9 if provider.name is not None else 8
    at = to.table(b"WEVT", 0, 0)
    to.put(at + 8, provider.message)
    to.add(struct.pack("<I", count) + bytes(8 * count))
    elements.append((5, add_names(to, b"CHAN", provider.channels, lambda v, m, n: struct.pack("<IIII", 0, n, v, m))))
    maps_at, maps = add_maps(to, provider.maps)
    templates_at, templates = add_templates(to, provider.templates, maps)
    elements += [(6, maps_at), (7, templates_at)]
    if provider.name is not None:
        elements.append((13, add_attributes(to, provider.name)))
    opcodes = [(opcode << 16 | task, name, message) for (task, opcode), name, message in provider.opcodes]
    plain = lambda v, m, n: struct.pack("<III", v, m, n)  # noqa: E731
    elements.append((2, add_names(to, b"OPCO", opcodes, plain)))
    elements.append((0, add_names(to, b"LEVL", provider.levels, plain)))
    elements.append((1, add_names(to, b"TASK", provider.tasks, lambda v, m, n: struct.pack("<II16sI", v, m, b"", n))))
    # The order of a real one has keywords before events; here they come last, as nothing says that they may not.
    elements.append((4, add_events(to, provider.events, templates)))
    elements.append((3, add_names(to, b"KEYW", provider.keywords, lambda v, m, n: struct.pack("<QII", v, m, n))))
    for i, (kind, place) in enumerate(elements):
        to.put(at + 16 + 8 * i, kind, place)
    to.end(at)
    return at


def event_templates(providers):
    """The resource WEVT_TEMPLATE."""
    to = Writer()
    to.add(b"CRIM" + struct.pack("<IHHI", 0, 5, 1, len(providers)) + bytes(20 * len(providers)))
    for i, provider in enumerate(providers):
        to.data[16 + 20 * i : 32 + 20 * i] = uuid.UUID(provider.guid).bytes_le
        to.put(32 + 20 * i, add_provider(to, provider))
    to.end(0)
    return bytes(to.data)


def message_table(texts, ansi=False):
    """The resource of texts by number; numbers that follow each other share a block."""
    blocks = []
    for number in sorted(texts):
        if blocks and blocks[-1][-1] == number - 1:
            blocks[-1].append(number)
        else:
            blocks.append([number])
    head, entries = struct.pack("<I", len(blocks)), b""
    for block in blocks:
        head += struct.pack("<III", block[0], block[-1], 4 + 12 * len(blocks) + len(entries))
        for number in block:
            text = (texts[number] + "\r\n").encode("cp1252") + b"\0" if ansi else utf16(texts[number] + "\r\n")
            text = padded(text)
            entries += struct.pack("<HH", 4 + len(text), 0 if ansi else 1) + text
    return head + entries


def resource_directories(resources, address):
    """{type: {name: {language: bytes}}} as the content of a section at that address."""
    out, leaves, texts = bytearray(), [], []

    def directory(entries, level):
        at = len(out)
        named = sorted(key for key in entries if isinstance(key, str))
        keys = named + sorted(key for key in entries if not isinstance(key, str))
        out.extend(struct.pack("<IIHHHH", 0, 0, 0, 0, len(named), len(keys) - len(named)) + bytes(8 * len(keys)))
        for i, key in enumerate(keys):
            entry = at + 16 + 8 * i
            if isinstance(key, str):
                texts.append((entry, key))
            else:
                struct.pack_into("<I", out, entry, key)
            if level < 2:
                struct.pack_into("<I", out, entry + 4, directory(entries[key], level + 1) | 1 << 31)
            else:
                leaves.append((entry + 4, entries[key]))
        return at

    directory(resources, 0)
    for entry, text in texts:
        struct.pack_into("<I", out, entry, len(out) | 1 << 31)
        out.extend(padded(struct.pack("<H", len(text)) + text.encode("utf-16-le")))
    for entry, data in leaves:
        struct.pack_into("<I", out, entry, len(out))
        out.extend(struct.pack("<IIII", address + len(out) + 16, len(data), 0, 0))
        out.extend(padded(data))
    return bytes(out)


def pe(resources, bits=64):
    """A binary that is nothing but resources: {type: {name: {language: bytes}}}."""
    address, start = 0x1000, 0x200
    content = resource_directories(resources, address)
    optional = bytearray(240 if bits == 64 else 224)
    directories = 112 if bits == 64 else 96
    struct.pack_into("<H", optional, 0, 0x20B if bits == 64 else 0x10B)
    struct.pack_into("<I", optional, directories - 4, 16)
    struct.pack_into("<II", optional, directories + 16, address, len(content))
    machine = 0x8664 if bits == 64 else 0x14C
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0x2022)
    section = struct.pack("<8sIIIIIIHHI", b".rsrc", len(content), address, len(content), start, 0, 0, 0, 0, 0x40000040)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + coff + optional + section
    return head + bytes(start - len(head)) + content


def binary(providers, texts=None, bits=64, ansi=False):
    """A binary with providers and, where they are given, texts."""
    resources = {EVENT_TEMPLATE: {1: {ENGLISH: event_templates(providers)}}}
    if texts is not None:
        resources[MESSAGE_TABLE] = {1: {ENGLISH: message_table(texts, ansi)}}
    return pe(resources, bits)


ZOO = Provider(
    guid="c0ffee00-1234-5678-9abc-def012345678",
    name="Example-Zoo",
    message=0x90000001,
    levels=[(4, "win:Informational", 0x50000004), (17, None, 0x50000011)],
    tasks=[(1, "Feed", 0x70000001), (2, None, 0x70000002), (3, None, NONE)],
    opcodes=[((0, 1), "win:Start", 0x30000001), ((0, 2), "win:Stop", NONE), ((2, 10), "Escape", NONE)],
    keywords=[(0x1, "Mammals", NONE), (0x8000000000000000, "Example-Zoo/Analytic", NONE)],
    channels=[(16, "Example-Zoo/Analytic", NONE), (17, "Example-Zoo/Debug", 0x90000002)],
    maps={
        "Animal": (False, [(0, 0xD0000001), (1, 0xD0000002), (7, 0xD0000099)]),
        "Place": (True, [(1, 0xF0000001), (2, 0xF0000002)]),
    },
    templates={
        "fed": (3, [Item("Animal", 8, 8, map="Animal"), Item("Places", 8, 8, map="Place"), Item("Keeper", 1, 1)]),
        "many": (
            6,
            [
                Item("Count", 6, 6),
                Item("Meals", flags=STRUCT | PARAM_COUNT, count=0, first=6, members=2),
                Item("Size", 8, 8),
                Item("Data", 14, 15, flags=PARAM_LENGTH, length=2),
                Item("Hash", 14, 15, flags=FIXED_LENGTH, length=20),
                Item("Scales", 11, 11, flags=FIXED_COUNT, count=3),
                Item("What", 2, 1),
                Item("Grams", 12, 12),
            ],
        ),
        "none": (0, []),
    },
    events=[
        Event(1, 0, 16, 4, 1, 1, 0x8000000000000001, 0xB0000001, "fed"),
        Event(1, 1, 16, 4, 2, 1, 0x8000000000000001, NONE, "fed"),
        Event(2, 0, 17, 17, 10, 2, 1, NONE, "many"),
        Event(3, template="none"),
        Event(4),
    ],
)
TWIN = Provider(guid="c0ffee00-1234-5678-9abc-def012345679", name=None, events=[Event(500, 3)])
TEXTS = {
    0x30000001: "Start",
    0x50000004: "Information",
    0x50000011: "Loud",
    0x70000001: "Feeding",
    0x70000002: "Escaping",
    0x90000001: "The zoo",
    0x90000002: "For keepers",
    0xB0000001: "%1 was fed by %3",
    0xD0000001: "Ape ",
    0xD0000002: "Bär",
    0xF0000001: "Cage",
    0xF0000002: "Meadow",
}


def c_array(name, data):
    rows = (", ".join(map(str, data[i : i + 24])) for i in range(0, len(data), 24))
    return f"static const uint8_t {name}[{len(data)}] = {{\n" + ",\n".join(rows) + "};\n"


def main():
    arrays = {
        "made_64": binary([ZOO, TWIN], TEXTS),
        "made_32": binary([ZOO, TWIN], TEXTS, bits=32),
        "made_bare": binary([ZOO]),
        "made_ansi": binary([ZOO], TEXTS, ansi=True),
        "made_templates": event_templates([ZOO, TWIN]),
        "made_texts": message_table(TEXTS),
        "made_mui": pe({MESSAGE_TABLE: {1: {0x407: message_table(TEXTS)}}}),
        "made_empty": pe({16: {1: {0: b"version"}}}),
    }
    head = "/* SPDX-License-Identifier: MIT */\n/* Written by tests/wevt/made.py. */\n#include <stdint.h>\n"
    pathlib.Path(sys.argv[1]).write_text(head + "".join(c_array(*one) for one in arrays.items()), encoding="utf-8")


if __name__ == "__main__":
    main()
