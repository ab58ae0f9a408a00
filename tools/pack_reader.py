# SPDX-License-Identifier: MIT
"""Reads a pack (docs/format/pack.md) for tests and reports; a second implementation, in Python."""

import dataclasses
import struct
import uuid

SECTIONS = "builds providers hash events templates field_lists fields maps map_entries map_lists names strings".split()
TABLES = "levels opcodes tasks keywords channels".split()
NO_PAYLOAD, UNKNOWN_PAYLOAD = 0, 0xFFFFFFFF


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    flags: int
    in_type: int
    out_type: int
    count: int
    length: int
    first_member: int
    member_count: int
    map: tuple | None  # (name, is a bit map, ((value, label), ...))


@dataclasses.dataclass(frozen=True)
class Layout:
    fields: tuple
    top_count: int
    stops_at: str | None

    def top(self):
        return self.fields[: self.top_count]


@dataclasses.dataclass
class Event:
    id: int
    version: int
    channel: int
    level: int
    opcode: int
    task: int
    keywords: int
    name: str | None
    symbol: str | None
    layout: Layout | None  # None: the event has no payload, or (unknown) its fields are not known
    unknown: bool
    builds: tuple


@dataclasses.dataclass
class Provider:
    guid: str
    name: str
    tables: dict  # of {value: name}
    events: list


class Pack:
    def __init__(self, data):
        if data[:8] != b"etwkpack" or struct.unpack_from("<I", data, 8)[0] != 1:
            raise ValueError("no pack of version 1")
        self.data = data
        self.places = {}
        for index, section in enumerate(SECTIONS):
            self.places[section] = struct.unpack_from("<II", data, 16 + 8 * index)
        self.builds = [self.number("builds", i) for i in range(self.places["builds"][1])]
        self.layouts = {}

    def number(self, section, index):
        return struct.unpack_from("<I", self.data, self.places[section][0] + 4 * index)[0]

    def element(self, section, form, index):
        return struct.unpack_from("<" + form, self.data, self.places[section][0] + struct.calcsize("<" + form) * index)

    def text(self, offset):
        if not offset:
            return None
        start = self.places["strings"][0] + offset
        return self.data[start : self.data.index(b"\0", start)].decode()

    def map(self, index):
        name, first, count, is_bitmap = self.element("maps", "4I", index)
        entries = [self.element("map_entries", "QII", first + i) for i in range(count)]
        return self.text(name), bool(is_bitmap), tuple((value, self.text(label) or "") for value, label, _ in entries)

    def field(self, index):
        name, chart, flags, *rest = self.element("fields", "3I6H", index)
        in_type, out_type, count, length, first_member, member_count = rest
        chart = self.map(chart - 1) if chart else None
        return Field(self.text(name) or "", flags, in_type, out_type, count, length, first_member, member_count, chart)

    def layout(self, payload):
        if payload in (NO_PAYLOAD, UNKNOWN_PAYLOAD):
            return None
        if payload not in self.layouts:
            first, count, top_count, stops_at = self.element("templates", "IHHI", payload - 1)
            fields = tuple(self.field(self.number("field_lists", first + i)) for i in range(count))
            self.layouts[payload] = Layout(fields, top_count, self.text(stops_at))
        return self.layouts[payload]

    def event(self, index):
        ident, version, channel, level, opcode, task, keywords, *rest = self.element("events", "H4BHQ6I", index)
        name, symbol, _message, payload, builds, _ = rest
        known = tuple(build for i, build in enumerate(self.builds) if builds >> i & 1)
        layout = self.layout(payload)
        unknown = payload == UNKNOWN_PAYLOAD
        texts = self.text(name), self.text(symbol)
        return Event(ident, version, channel, level, opcode, task, keywords, *texts, layout, unknown, known)

    def provider(self, index):
        guid, name, _message, *ranges = self.element("providers", "16s16I", index)
        ranges = list(zip(ranges[::2], ranges[1::2], strict=True))
        tables = {}
        for table, (first, count) in zip(TABLES, ranges[1:6], strict=True):
            names = (self.element("names", "QII", first + i) for i in range(count))
            tables[table] = {value: self.text(text) for value, text, _ in names}
        events = [self.event(ranges[0][0] + i) for i in range(ranges[0][1])]
        return Provider(str(uuid.UUID(bytes_le=guid)), self.text(name) or "", tables, events)

    def providers(self):
        return [self.provider(i) for i in range(self.places["providers"][1])]
