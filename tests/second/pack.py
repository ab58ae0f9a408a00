# SPDX-License-Identifier: MIT
"""pack.md: a pack of schemas, read by tools/pack_reader.py."""

import pathlib
import sys
from uuid import UUID

from .provider import Event, Provider
from .schema import Field, Map

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import pack_reader  # noqa: E402

IS_STRUCT, LENGTH_REFERS, COUNT_REFERS, FIXED_LENGTH, FIXED_COUNT = 0x01, 0x02, 0x04, 0x10, 0x20
BINARY = 14


class Pack:
    """A pack. Providers are made when they are asked for."""

    def __init__(self, path):
        self.pack = pack_reader.Pack(path.read_bytes())
        self.places = {}
        for index in range(self.pack.places["providers"][1]):
            guid = self.pack.element("providers", "16s16I", index)[0]
            self.places.setdefault(UUID(bytes_le=guid), index)
        self.providers = {}

    def provider(self, guid):
        """The provider of that id, or None."""
        if guid not in self.providers and guid in self.places:
            self.providers[guid] = made(self.pack.provider(self.places[guid]))
        return self.providers.get(guid)


def made(read):
    """A provider as the reader gives it, as one of ours."""
    tables = {table: read.tables[table] for table in pack_reader.TABLES}
    return Provider(read.name or None, [event(found) for found in read.events], **tables)


def event(found):
    """One event in one layout."""
    known = {name: getattr(found, name) for name in ("id", "version", "level", "opcode", "task", "channel", "keywords")}
    fields = None if found.unknown else fields_of(found.layout)
    return Event(**known, name=found.name, symbol=found.symbol, fields=fields, builds=found.builds)


def fields_of(layout):
    """The fields of a layout."""
    if layout is None:
        return []
    fields = [Field(spec.name, spec.in_type, spec.out_type) for spec in layout.fields]
    for field, spec in zip(fields, layout.fields, strict=True):
        if spec.map is not None:
            _, bits, entries = spec.map
            field.map = Map(bits, [(value, label.rstrip()) for value, label in entries])
        if spec.flags & IS_STRUCT:
            field.members = fields[spec.first_member : spec.first_member + spec.member_count]
        if spec.flags & COUNT_REFERS:
            field.count = fields[spec.count]
        elif spec.count > 1 or spec.flags & FIXED_COUNT:
            field.count = spec.count
        if spec.flags & LENGTH_REFERS:
            field.length = fields[spec.length]
        elif spec.length or (spec.flags & FIXED_LENGTH and spec.in_type != BINARY):
            field.length = spec.length
    return fields[: layout.top_count]
