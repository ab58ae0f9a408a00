# SPDX-License-Identifier: MIT
"""schemas.md, "TRACE_EVENT_INFO": descriptions of events and maps that merging adds to a trace."""

import struct
from uuid import UUID

from .corrections import corrected
from .events import guid
from .schema import Field, Map, RefusedError, Schema, check

CLASS = UUID("bbccf6c1-6cd1-48c4-80ff-839482e37671")
EVENT_INFO, MAP_INFO = 32, 33
WBEM, TRACELOGGING = 1, 3
IS_STRUCT, LENGTH_REFERS, COUNT_REFERS, FIXED_LENGTH, FIXED_COUNT, CUSTOM = 0x01, 0x02, 0x04, 0x10, 0x20, 0x80
HEADER, PROPERTY = 0x70, 24
BINARY = 14
MAP_VALUES, MAP_BITS, MAP_PATTERN, WBEM_VALUES, WBEM_BITS, WBEM_FLAGS, WBEM_INDEXES = 1, 2, 4, 8, 0x10, 0x20, 0x40
LEVELS = dict(enumerate(["LogAlways", "Critical", "Error", "Warning", "Information", "Verbose"]))
OPCODES = "Info Start Stop DCStart DCStop Extension Reply Resume Suspend Send".split()
OPCODES = {**dict(enumerate(OPCODES)), 240: "Receive"}


def text_at(data, at):
    """The UTF-16 text at an offset, None where there is none."""
    if at == 0:
        return None
    end = at
    while True:
        unit = data[end : end + 2]
        if len(unit) < 2:
            raise RefusedError("a text beyond the blob")
        if unit == b"\0\0":
            return data[at:end].decode("utf-16-le", "replace").rstrip(" \t\r\n")
        end += 2


def shown(name):
    """A name as Windows' tools show it."""
    if name is None:
        return None
    if name.startswith("win:"):
        name = name[4:]
        return {"DC_Start": "DCStart", "DC_Stop": "DCStop", "Informational": "Information"}.get(name, name)
    return name


class Descriptions:
    """All that the events of KernelTraceControl in a trace describe."""

    def __init__(self, records):
        self.blobs = {}
        self.maps = {}
        self.schemas = {}
        self.provider_names = {}
        for record in records:
            if record.is_classic and record.provider == CLASS:
                if record.opcode == EVENT_INFO and len(record.payload) >= HEADER:
                    self.add_blob(record.payload)
                elif record.opcode == MAP_INFO:
                    self.add_map(record.payload)

    def add_blob(self, blob):
        """Takes a description. The first of an event stays, and so does the first name of a provider."""
        self.blobs.setdefault(key_of_blob(blob), blob)
        try:
            name = text_at(blob, struct.unpack_from("<I", blob, 0x34)[0])
            if name is not None:
                self.provider_names.setdefault(guid(blob, 0), name)
        except RefusedError:
            pass

    def add_map(self, payload):
        """Takes a map, known by its provider and name. The first of a name stays."""
        try:
            provider, blob = guid(payload, 0), payload[16:]
            name_at, flags, count, kind = struct.unpack_from("<IIII", blob)
            entries = []
            for index in range(count):
                label_at, value = struct.unpack_from("<II", blob, 16 + 8 * index)
                bit_number = flags & WBEM_INDEXES and flags & (WBEM_BITS | WBEM_FLAGS)
                entries.append((1 << value if bit_number else value, text_at(blob, label_at) or ""))
            bits = bool(flags & (MAP_BITS | WBEM_BITS | WBEM_FLAGS))
            if not flags & MAP_PATTERN and not kind:
                self.maps.setdefault((provider, text_at(blob, name_at)), Map(bits, entries))
        except (struct.error, RefusedError):
            pass

    def schema(self, record):
        """The schema that a blob gives for a record, or None; RefusedError where the blob is damaged."""
        for key in keys_of_record(record):
            if key in self.blobs:
                if key not in self.schemas:
                    self.schemas[key] = self.read_blob(self.blobs[key])
                return self.schemas[key]
        return None

    def read_blob(self, blob):
        """One blob as a schema."""
        provider = guid(blob, 0)
        source = struct.unpack_from("<I", blob, 0x30)[0]
        provider_name = text_at(blob, struct.unpack_from("<I", blob, 0x34)[0])
        task, opcode = (text_at(blob, at) for at in struct.unpack_from("<II", blob, 0x44))
        opcode = shown(opcode)
        opcode = OPCODES.get(blob[0x25]) if opcode is None and source != WBEM else opcode
        own_name = None if source == WBEM else text_at(blob, struct.unpack_from("<I", blob, 0x5C)[0])
        total, top = struct.unpack_from("<II", blob, 0x64)
        if HEADER + total * PROPERTY > len(blob) or top > total:
            raise RefusedError("properties beyond the blob")
        fields = [self.read_property(blob, index, provider) for index in range(total)]
        for index, field in enumerate(fields):
            connect(blob, index, field, fields)
        fields = corrected(provider, struct.unpack_from("<H", blob, 0x20)[0], fields[:top])
        name = own_name or name_of(task, opcode)
        return Schema(provider_name, name, check(fields), names=names_of(blob, task, opcode))

    def read_property(self, blob, index, provider):
        """One property; what refers to others comes later."""
        at = HEADER + index * PROPERTY
        flags, name_at, in_type, out_type, map_at, count, length, _tags = struct.unpack_from("<IIHHIHHI", blob, at)
        field = Field(text_at(blob, name_at) or "", in_type, out_type)
        if flags & IS_STRUCT:
            field.members = []
        elif map_at and not flags & CUSTOM:
            field.map = self.maps.get((provider, text_at(blob, map_at)))
        if count > 1 or flags & FIXED_COUNT:
            field.count = count
        if length or (flags & FIXED_LENGTH and in_type != BINARY):
            field.length = length
        return field


def connect(blob, index, field, fields):
    """Puts the fields themselves where a property has the index of another."""
    at = HEADER + index * PROPERTY
    flags, _, first, members, _, count, length, _ = struct.unpack_from("<IIHHIHHI", blob, at)
    try:
        if flags & IS_STRUCT:
            if first + members > len(fields):
                raise RefusedError("members beyond the properties")
            field.members = fields[first : first + members]
            field.in_type = field.out_type = 0
        if flags & COUNT_REFERS:
            field.count = fields[count]
        if flags & LENGTH_REFERS:
            field.length = fields[length]
    except IndexError:
        raise RefusedError("a count or length of no property") from None


def name_of(task, opcode):
    """ "Task/Opcode", "Task" where the opcode says nothing, None where there is neither."""
    if task and opcode and opcode != "Info":
        return f"{task}/{opcode}"
    return task


def names_of(blob, task, opcode):
    """The names that a blob has for the numbers of its event."""
    level, channel, keywords_at = struct.unpack_from("<III", blob, 0x38)
    keywords = []
    while keywords_at and (name := text_at(blob, keywords_at)):
        keywords.append(name)
        keywords_at += 2 * len(name) + 2
    return {
        "level": shown(text_at(blob, level)),
        "opcode": opcode,
        "task": task,
        "channel": shown(text_at(blob, channel)),
        "keywords": keywords,
    }


def key_of_blob(blob):
    """By what the events of a blob are found."""
    provider, task = guid(blob, 0), guid(blob, 0x10)
    descriptor = struct.unpack_from("<HBBBBHQ", blob, 0x20)
    source = struct.unpack_from("<I", blob, 0x30)[0]
    if source == WBEM:
        return WBEM, task, descriptor[4], descriptor[1]
    if source == TRACELOGGING:
        return TRACELOGGING, provider, descriptor
    return 0, provider, descriptor[0], descriptor[1]


def keys_of_record(record):
    """The keys under which a record's blob may lie."""
    if record.is_classic:
        return [(WBEM, record.provider, record.opcode, record.version)]
    if record.kind != "EVENT":
        return []
    descriptor = (
        record.id,
        record.version,
        record.channel,
        record.level,
        record.opcode,
        record.task,
        record.keywords,
    )
    return [(0, record.provider, record.id, record.version), (TRACELOGGING, record.provider, descriptor)]
