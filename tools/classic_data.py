# SPDX-License-Identifier: MIT
"""Reads data/classic/*.txt, the layouts of the classic kernel events, and says by file and line what is wrong in them.

Knows the notation (data/classic/PROVENANCE.md); knows no event, and not what is made of them.
"""

import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path

PROVIDER = "Windows Kernel"
MAX_FIELDS = 64  # EK_CLASSIC_MAX_FIELDS
MAX_LABELS = 64  # EK_CLASSIC_MAX_LABELS

# Token: in-type, out-type, can it hold the number of another field's elements, or a process or thread id?
TYPES = {
    "p": ("POINTER", "NULL", False),
    "z": ("SIZET", "NULL", False),
    "u1": ("UINT8", "NULL", True),
    "u2": ("UINT16", "NULL", True),
    "u4": ("UINT32", "NULL", True),
    "u8": ("UINT64", "NULL", False),
    "i1": ("INT8", "NULL", False),
    "i2": ("INT16", "NULL", False),
    "i4": ("INT32", "NULL", False),
    "i8": ("INT64", "NULL", False),
    "x1": ("UINT8", "HEXINT8", False),
    "x2": ("UINT16", "HEXINT16", False),
    "x4": ("HEXINT32", "NULL", False),
    "x8": ("HEXINT64", "NULL", False),
    "t8": ("UINT64", "NULL", False),
    "f8": ("FILETIME", "NULL", False),
    "b2": ("UINT16", "PORT", False),
    "a4": ("UINT32", "IPV4", False),
    "a6": ("BINARY", "IPV6", False),
    "nt4": ("UINT32", "NTSTATUS", False),
    "w": ("UNICODESTRING", "NULL", False),
    "s": ("ANSISTRING", "NULL", False),
    "sid": ("WBEMSID", "NULL", False),
    "g": ("GUID", "NULL", False),
    "bool1": ("UINT8", "BOOLEAN", False),
    "bool4": ("BOOLEAN", "NULL", False),
}
ID_TYPES = ("u4", "p")
MAPPED_TYPES = ("u1", "u2", "u4", "x1", "x2", "x4", "i1")
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
FIELD = re.compile(rf"({NAME}):([a-z]+\d?)(?:\[(\w+)\])?(?:=({NAME}))?(\?)?")
OPCODE_NAME = re.compile(r"[A-Za-z0-9_-]+")


class DataError(Exception):
    """What is wrong with the data, and where."""

    def __init__(self, where, message):
        super().__init__(f"{where}: {message}")


@dataclass
class Field:
    name: str
    type: str = ""
    in_type: str = ""
    out_type: str = "NULL"
    flags: tuple = ()
    count: int = 0
    length: int = 0
    map: tuple = ()  # (file, name)
    members: tuple = ()
    text: str = ""  # as it is written, for the documentation
    can_count: bool = False

    @property
    def optional(self):
        return "OPTIONAL" in self.flags


@dataclass
class Event:
    where: str
    opcode: int
    version: int
    name: str
    fields: tuple
    variant: int = 0
    process: str = ""
    thread: str = ""
    seen: bool = False
    switch: str = ""  # the field whose value the variant is


@dataclass
class Class:
    where: str
    name: str
    guid: uuid.UUID
    provider: str
    group: int
    events: list = field(default_factory=list)


@dataclass
class Map:
    name: str
    is_bits: bool
    entries: tuple  # (value, label)


@dataclass
class Tables:
    classes: list
    maps: dict  # (file, name) -> Map


def statements(path):
    """(where, tokens) of every statement: a line that begins at the left edge and the indented ones below it."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path}:{number}"
        text = line.split("#")[0].rstrip()
        if not text:
            continue
        if "\t" in text:
            raise DataError(where, "a tab; use spaces")
        tokens = [(where, token) for token in re.findall(r'\S+="[^"]*"|\S+', text)]
        if text[0] != " ":
            found.append((where, tokens))
        elif found:
            found[-1][1].extend(tokens)
        else:
            raise DataError(where, "an indented line, but no statement above it")
    return found


def read_number(where, text, least=0, most=0xFFFFFFFF):
    try:
        number = int(text, 0)
    except ValueError:
        raise DataError(where, f"{text!r} is no number") from None
    if not least <= number <= most:
        raise DataError(where, f"{text} is not within {least} and {most}")
    return number


def read_map(where, tokens, is_bits):
    if len(tokens) < 3:
        raise DataError(where, "a map has a name and entries: map Colour 0=Red 1=Green")
    if not re.fullmatch(NAME, tokens[1][1]):
        raise DataError(where, f"{tokens[1][1]!r} is no name for a map")
    entries = []
    for at, token in tokens[2:]:
        value, _, label = token.partition("=")
        if not re.fullmatch(NAME, label):
            raise DataError(at, f"{token!r} is no map entry: value=Label")
        entries.append((read_number(at, value), label))
    if len({value for value, _ in entries}) != len(entries):
        raise DataError(where, "two entries of one value")
    if len(entries) > MAX_LABELS:
        raise DataError(where, f"more than {MAX_LABELS} entries")
    return Map(tokens[1][1], is_bits, tuple(entries))


def read_class(where, tokens):
    name, guid, provider, group = "", None, PROVIDER, -1
    for at, token in tokens[1:]:
        key, equals, value = token.partition("=")
        if equals and key == "provider":
            provider = value.strip('"')
        elif equals and key == "group":
            group = read_number(at, value, 0, 0xFF)
        elif not name and re.fullmatch(NAME, token):
            name = token
        elif name and not guid:
            if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", token):
                raise DataError(at, f"{token!r} is no GUID in lower case")
            guid = uuid.UUID(token)
        else:
            raise DataError(at, f"{token!r} does not belong into a class statement")
    if not guid:
        raise DataError(where, "a class has a name and a GUID")
    return Class(where, name, guid, provider, group)


class Fields:
    """Reads the field tokens of one file, whose `fields` statements may be used before they come."""

    def __init__(self, file):
        self.file, self.shared, self.maps = file, {}, {}

    def expand(self, tokens, depth=0):
        """Puts shared fields in the place of their @Name."""
        for where, token in tokens:
            if token[0] != "@":
                yield where, token
            elif token[1:] not in self.shared:
                raise DataError(where, f"no fields statement is called {token[1:]}")
            elif depth > 8:
                raise DataError(where, f"{token} includes itself")
            else:
                yield from self.expand(self.shared[token[1:]], depth + 1)

    def read(self, tokens):
        rest = list(self.expand(tokens))
        fields = self.read_level(rest, inside=False)
        if sum(1 + len(f.members) for f in fields) > MAX_FIELDS:
            raise DataError(tokens[0][0], f"more than {MAX_FIELDS} fields")
        return fields

    def read_level(self, rest, inside):
        fields = []
        while rest:
            where, token = rest.pop(0)
            if token == "}" and inside:
                return tuple(fields)
            if fields and "last" in fields[-1].flags:
                raise DataError(where, f"{token} comes after {fields[-1].name}, which takes the rest of the payload")
            pad = re.fullmatch(r"pad\[(\d+)\]", token)
            struct = re.fullmatch(rf"({NAME}):\{{", token)
            if pad:
                size = read_number(where, pad[1], 1, 255)
                new = Field("", "pad", "BINARY", "HEXBINARY", ("HIDDEN", "FIXED_LENGTH"), length=size)
            elif struct and not inside:
                members = self.read_level(rest, inside=True)
                new = Field(struct[1], "{}", "STRUCT", flags=("STRUCT",), members=members)
                new.text = f"{struct[1]}:{{{' '.join(m.text for m in members)}}}"
            else:
                new = self.read_field(where, token, fields)
            if new.name and new.name in [f.name for f in fields]:
                raise DataError(where, f"a second field {new.name}")
            if fields and fields[-1].optional and not new.optional:
                raise DataError(where, f"{new.name or token} comes after {fields[-1].name}, which is optional")
            fields.append(new)
        if inside:
            raise DataError(where, "a { without its }")
        return tuple(fields)

    def read_field(self, where, token, before):
        match = FIELD.fullmatch(token)
        if not match:
            raise DataError(
                where, f"{token!r} is no field: Name:type, Name:type[count], Name:type=Map, @Shared, pad[n]"
            )
        name, kind, size, label_map, optional = match.groups()
        new = Field(name, kind, text=token)
        if kind == "wc":
            new.in_type, new.flags = "UNICODESTRING", ("FIXED_LENGTH",)
            new.length = read_number(where, size or "none", 1, 0xFFFF)
        elif kind == "bytes":
            self.size_bytes(where, new, size, before)
        elif kind in TYPES:
            new.in_type, new.out_type, new.can_count = TYPES[kind]
            if kind == "a6":
                new.flags, new.length = ("FIXED_LENGTH",), 16
            self.size_array(where, new, size, before)
        else:
            raise DataError(where, f"{kind!r} is no type")
        if label_map:
            if (self.file, label_map) not in self.maps:
                raise DataError(where, f"no map is called {label_map}")
            if kind not in MAPPED_TYPES:
                raise DataError(where, f"a field of type {kind} has no map")
            new.map = (self.file, label_map)
        if optional:
            new.flags += ("OPTIONAL",)
        return new

    @staticmethod
    def counter(where, name, before):
        """Index of the earlier field that holds a count or a length."""
        for index, other in enumerate(before):
            if other.name == name:
                if not other.can_count or other.flags:
                    raise DataError(where, f"{name} is no plain unsigned number that could count")
                return index
        raise DataError(where, f"no field {name} comes before")

    def size_bytes(self, where, new, size, before):
        new.in_type, new.out_type = "BINARY", "HEXBINARY"
        if size is None:
            raise DataError(where, "bytes need a length: bytes[16], bytes[Field] or bytes[rest]")
        if size == "rest":
            new.flags = ("OPTIONAL", "last")
        elif size.isdigit():
            new.flags, new.length = ("FIXED_LENGTH",), read_number(where, size, 1, 0xFFFF)
        else:
            new.flags, new.length = ("PARAM_LENGTH",), self.counter(where, size, before)

    def size_array(self, where, new, size, before):
        if size == "rest":
            new.flags += ("COUNT_REST", "last")
        elif size and size.isdigit():
            new.flags, new.count = (*new.flags, "FIXED_COUNT"), read_number(where, size, 1, 0xFFFF)
        elif size:
            new.flags, new.count = (*new.flags, "PARAM_COUNT"), self.counter(where, size, before)


def read_versions(where, text):
    versions = []
    for part in text[1:].split(","):
        first, dash, last = part.partition("-")
        first = read_number(where, first, 0, 0xFF)
        versions += range(first, read_number(where, last, first, 0xFF) + 1) if dash else [first]
    return versions


def read_opcodes(where, header):
    """[(opcode, name)], and what comes after them."""
    opcodes = []
    while header and header[0][1].isdigit():
        at, opcode = header.pop(0)
        if not header or not OPCODE_NAME.fullmatch(header[0][1]):
            raise DataError(at, f"event type {opcode} has no name; - stands for none")
        name = header.pop(0)[1]
        opcodes.append((read_number(at, opcode, 0, 0xFF), "" if name == "-" else name))
    if not opcodes:
        raise DataError(where, "an event has types and names: event v2  1 Start  2 End")
    return opcodes


def read_event(where, tokens, reader):
    first_field = next((i for i, (_, t) in enumerate(tokens) if re.match(rf"@|\}}|pad\[|{NAME}:", t)), len(tokens))
    header, field_tokens = tokens[1:first_field], tokens[first_field:]
    if not header or not re.fullmatch(r"v\d+(-\d+)?(,\d+(-\d+)?)*", header[0][1]):
        raise DataError(where, "an event begins with its versions: event v2 ..., event v0,1 ..., event v0-2 ...")
    versions = read_versions(*header.pop(0))
    opcodes = read_opcodes(where, header)
    fields = reader.read(field_tokens) if field_tokens else ()
    common, seen = {"where": where, "fields": fields}, set()
    while header:
        at, token = header.pop(0)
        key, _, value = token.partition("=")
        if token == "when" and header:
            name, _, value = header.pop(0)[1].partition("=")
            if not fields or fields[0].name != name or fields[0].type != "u2":
                raise DataError(at, "only the first field can choose the form, and only a u2")
            common.update(switch=name, variant=read_number(at, value, 0, 0xFFFF))
        elif key in ("pid", "tid") and value:
            holder = next((f for f in fields if f.name == value), None)
            if not holder or holder.type not in ID_TYPES or holder.flags:
                raise DataError(at, f"{value!r} is no field that holds an id")
            common["process" if key == "pid" else "thread"] = value
        elif key == "seen":
            listed = [read_number(at, text) for text in value.split(",") if text]
            seen.update(listed or [opcode for opcode, _ in opcodes])
            if not seen <= {opcode for opcode, _ in opcodes}:
                raise DataError(at, "seen lists a type that the event does not have")
        else:
            raise DataError(at, f"{token!r} is neither type, version, pid=, tid=, when nor seen")
    return [
        Event(opcode=opcode, version=version, name=name, seen=opcode in seen, **common)
        for opcode, name in opcodes
        for version in versions
    ]


def read_definition(where, tokens, reader):
    """A statement that events refer to."""
    keyword = tokens[0][1]
    if keyword == "fields":
        if len(tokens) < 3 or tokens[1][1] in reader.shared:
            raise DataError(where, "a fields statement has a name of its own, and fields")
        reader.shared[tokens[1][1]] = tokens[2:]
    else:
        new = read_map(where, tokens, keyword == "bits")
        if (reader.file, new.name) in reader.maps:
            raise DataError(where, f"a second map {new.name}")
        reader.maps[reader.file, new.name] = new


def read_file(path):
    """Classes and maps of one file; every error in it."""
    reader, classes, errors, later = Fields(path.name), [], [], []
    try:
        found = statements(path)
    except DataError as error:
        return [], {}, [error]
    for where, tokens in found:
        keyword = tokens[0][1]
        try:
            if keyword in ("fields", "map", "bits"):
                read_definition(where, tokens, reader)
            elif keyword == "class":
                classes.append(read_class(where, tokens))
            elif keyword != "event":
                raise DataError(where, f"{keyword!r} is neither class, event, fields, map nor bits")
            elif not classes:
                raise DataError(where, "an event, but no class above it")
            else:
                later.append((classes[-1], where, tokens))
        except DataError as error:
            errors.append(error)
    for owner, where, tokens in later:
        try:
            owner.events += read_event(where, tokens, reader)
        except DataError as error:
            errors.append(error)
    return classes, reader.maps, errors


def check_class(one, others):
    """Errors between statements."""
    for other in others:
        if one.guid == other.guid or one.name == other.name or one.group == other.group != -1:
            yield DataError(one.where, f"class {one.name} is also defined in {other.where}")
    known, switches = {}, {}
    for event in one.events:
        key = (event.opcode, event.version, event.variant)
        if key in known:
            yield DataError(event.where, f"type {event.opcode} version {event.version} is also in {known[key].where}")
        known[key] = event
        first = switches.setdefault(event.opcode, event)
        if first.switch != event.switch:
            yield DataError(event.where, f"type {event.opcode} chooses its form otherwise in {first.where}")


def read(paths):
    """All tables of the files, sorted. Raises the list of all errors as one SystemExit."""
    tables, errors = Tables([], {}), []
    for path in sorted(Path(p) for p in paths):
        classes, maps, wrong = read_file(path)
        for one in classes:
            errors += check_class(one, tables.classes)
            tables.classes.append(one)
            one.events.sort(key=lambda e: (e.opcode, e.version, e.variant))
        tables.maps.update(maps)
        errors += wrong
    if errors:
        raise SystemExit("\n".join(map(str, errors)))
    tables.classes.sort(key=lambda c: c.guid.bytes_le)
    return tables
