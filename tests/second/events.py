# SPDX-License-Identifier: MIT
"""events.md: the headers of all kinds of events, their extended items, and the one record that is made of them."""

import struct
from dataclasses import dataclass, field
from uuid import UUID

from .buffers import HEADER
from .classic import GROUPS

ZERO = UUID(int=0)
NOBODY = 0xFFFFFFFF
SYSTEM, COMPACT, PERFINFO, FULL, INSTANCE = "SYSTEM", "COMPACT", "PERFINFO", "FULL", "INSTANCE"
TIMED, ERROR, MESSAGE, EVENT = "TIMED", "ERROR", "MESSAGE", "EVENT"

# byte 2 of an event: kind, pointer size, size of the header, where the size stands, where the time stands
KINDS = {
    0x01: (SYSTEM, 4, 0x20, 4, 0x10),
    0x02: (SYSTEM, 8, 0x20, 4, 0x10),
    0x03: (COMPACT, 4, 0x18, 4, 0x10),
    0x04: (COMPACT, 8, 0x18, 4, 0x10),
    0x10: (PERFINFO, 4, 0x10, 4, 0x08),
    0x11: (PERFINFO, 8, 0x10, 4, 0x08),
    0x0A: (FULL, 4, 0x30, 0, 0x10),
    0x14: (FULL, 8, 0x30, 0, 0x10),
    0x0B: (INSTANCE, 4, 0x48, 0, 0x10),
    0x15: (INSTANCE, 8, 0x48, 0, 0x10),
    0x0C: (TIMED, 8, 8, 0, None),
    0x0D: (ERROR, 8, 8, 0, None),
    0x0F: (MESSAGE, 8, 8, 0, None),
    0x12: (EVENT, 4, 0x50, 0, 0x10),
    0x13: (EVENT, 8, 0x50, 0, 0x10),
}
HAS_ITEMS, STRING_ONLY = 0x01, 0x04
IMAGE_LOAD = (3, 10)  # the one hook whose class is that of another group
IMAGE_GROUP = 0x14

RELATED_ACTIVITY, USER_SID, SESSION, STACK32, STACK64, TRACELOGGING, TRAITS = 1, 2, 3, 5, 6, 11, 12


@dataclass
class Record:
    """What all kinds of events are turned into. `offset` counts from the buffer's begin, before inflating or behind."""

    kind: str
    pointer_size: int
    processor: int
    buffer: int
    offset: int
    payload: bytes
    ticks: int = None
    time: int = 0
    flags: int = 0
    provider: UUID = ZERO
    id: int = 0
    version: int = 0
    channel: int = 0
    level: int = 0
    opcode: int = 0
    task: int = 0
    keywords: int = 0
    process: int = None
    thread: int = None
    activity: UUID = ZERO
    items: list = field(default_factory=list)  # (type, bytes)

    @property
    def is_classic(self):
        """Whether its header is one of those that Windows had before manifests."""
        return self.kind in (SYSTEM, COMPACT, PERFINFO, FULL, INSTANCE)

    def item(self, number):
        """The bytes of the first extended item of that type, or None."""
        return next((data for kind, data in self.items if kind == number), None)


def guid(data, at):
    """The GUID at a place, None where it is not wholly there."""
    return UUID(bytes_le=bytes(data[at : at + 16])) if at + 16 <= len(data) else None


def is_header_event(record):
    """Whether this is the event that describes the file."""
    return record.kind == SYSTEM and record.opcode == 0 and record.provider == GROUPS[0]


def walk(buffer):
    """Yields the records of a buffer; ends where an event cannot be."""
    data, at = buffer.events, 0
    while at + 8 <= len(data):
        record, size = read_event(data[at:], buffer, at + HEADER)
        if record is None:
            return
        yield record
        at += (size + 7) & ~7


def read_event(data, buffer, offset):
    """The record at the begin of the data and its size, or (None, 0)."""
    kind, mark = data[2], data[3]
    if mark & 0xC0 == 0xC0:
        known = KINDS.get(kind)
    elif mark == 0xB0:
        known = (TIMED, 8, 16, 0, 8)
    elif mark == 0x90:
        known = KINDS[0x0F]
    elif mark & 0x80 == 0:
        return read_wnode(data, buffer, offset)
    else:
        known = None
    if known is None:
        return None, 0
    name, pointer_size, header, size_at, time_at = known
    size = struct.unpack_from("<H", data, size_at)[0]
    if size < header or size > len(data):
        return None, 0
    data = data[:size]
    ticks = None if time_at is None else struct.unpack_from("<q", data, time_at)[0]
    record = Record(name, pointer_size, buffer.processor, buffer.number, offset, data[header:], ticks)
    READERS[name](record, data)
    return record, size


def read_wnode(data, buffer, offset):
    """A WNODE_HEADER: its size has 32 bits, and all but the first 8 bytes are payload."""
    size = struct.unpack_from("<I", data)[0]
    if not 0x30 <= size <= len(data):
        return None, 0
    return Record("WNODE", 8, buffer.processor, buffer.number, offset, data[8:size]), size


def read_kernel(record, data):
    """SYSTEM, COMPACT and PERFINFO: the kernel's own, whose class is told by a group."""
    version, _, _, _, record.opcode, group = struct.unpack_from("<HBBHBB", data)
    record.version = version & 0xFF
    record.provider = GROUPS.get(IMAGE_GROUP if (group, record.opcode) == IMAGE_LOAD else group, ZERO)
    if record.kind != PERFINFO:
        record.thread, record.process = struct.unpack_from("<II", data, 8)
    counters = 8 * ((version >> 8 & 7) + (version >> 15))
    if counters <= len(record.payload):
        record.payload = record.payload[counters:]


def read_full(record, data):
    """FULL_HEADER and INSTANCE."""
    record.opcode, record.level, version, record.thread, record.process = struct.unpack_from("<BBHII", data, 4)
    record.version = version & 0xFF
    record.provider = guid(data, 0x18)


def read_plain(record, data):
    """TIMED and ERROR: all but the first 8 bytes are payload."""
    record.payload = data[8:]


def read_message(record, data):
    """A WPP message, whose parts are there or not as its options say."""
    record.id, options = struct.unpack_from("<HH", data, 4)
    record.pointer_size = 4 if options & 0x40 else 8
    at = 8
    if options & 0x01:
        at += 4
    if options & 0x04:
        record.provider = UUID(int=int.from_bytes(data[at : at + 4], "little") << 96)
        at += 4
    elif options & 0x02:
        record.provider = guid(data, at) or ZERO
        at += 16
    if options & 0x08:
        record.ticks = int.from_bytes(data[at : at + 8], "little", signed=True)
        at += 8
    if options & 0x20:
        record.thread = int.from_bytes(data[at : at + 4], "little")
        record.process = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
    record.payload = data[at:]


def read_manifest(record, data):
    """EVENT_HEADER: manifest events and TraceLogging."""
    (record.flags,) = struct.unpack_from("<H", data, 4)
    record.thread, record.process = struct.unpack_from("<II", data, 8)
    record.provider = guid(data, 0x18)
    (
        record.id,
        record.version,
        record.channel,
        record.level,
        record.opcode,
        record.task,
        record.keywords,
    ) = struct.unpack_from("<HBBBBHQ", data, 0x28)
    record.activity = guid(data, 0x40)
    if record.flags & HAS_ITEMS:
        read_items(record, data)


def read_items(record, data):
    """The extended items from 0x50; where they run past the event, it has none, and all of it is payload."""
    items, at, more = [], 0x50, True
    while more:
        if at + 8 > len(data):
            return
        size, kind, linked, data_size = struct.unpack_from("<HHHH", data, at)
        if size < 8 + data_size or at + size > len(data):
            return
        items.append((kind, data[at + 8 : at + 8 + data_size]))
        at += size
        more = linked & 1
    record.items, record.payload = items, data[at:]


READERS = {
    SYSTEM: read_kernel,
    COMPACT: read_kernel,
    PERFINFO: read_kernel,
    FULL: read_full,
    INSTANCE: read_full,
    TIMED: read_plain,
    ERROR: read_plain,
    MESSAGE: read_message,
    EVENT: read_manifest,
}
