# SPDX-License-Identifier: MIT
"""manifest.md: the XML of which event templates are made, as far as it is well-formed."""

import re
from uuid import UUID
from xml.etree import ElementTree

from .provider import Event, Provider
from .schema import Field, Map

IN_TYPES = (
    "UnicodeString AnsiString Int8 UInt8 Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double Boolean Binary GUID "
    "Pointer FILETIME SYSTEMTIME SID HexInt32 HexInt64 CountedUnicodeString CountedAnsiString"
)
IN_TYPES = {**{name.lower(): number for number, name in enumerate(IN_TYPES.split(), 1)}, "countedbinary": 25}
OUT_TYPES = (
    "string dateTime byte unsignedByte short unsignedShort int unsignedInt long unsignedLong float double boolean GUID "
    "hexBinary HexInt8 HexInt16 HexInt32 HexInt64 PID TID Port IPv4 IPv6 SocketAddress CIMDateTime ETWTIME Xml "
    "ErrorCode Win32Error NTSTATUS HResult DateTimeCultureInsensitive Json Utf8 Pkcs7WithTypeInfo CodePointer "
    "DateTimeUtc"
)
OUT_TYPES = {name.lower(): number for number, name in enumerate(OUT_TYPES.split(), 1)}
BUILT_IN = {
    "level": {
        "win:LogAlways": 0,
        "win:Always": 0,
        "win:Critical": 1,
        "win:Error": 2,
        "win:Warning": 3,
        "win:Informational": 4,
        "win:Verbose": 5,
    },
    "opcode": {
        "win:Info": 0,
        "win:Start": 1,
        "win:Stop": 2,
        "win:DC_Start": 3,
        "win:DC_Stop": 4,
        "win:Extension": 5,
        "win:Reply": 6,
        "win:Resume": 7,
        "win:Suspend": 8,
        "win:Send": 9,
        "win:Receive": 240,
    },
    "task": {"win:None": 0},
    "keyword": {
        "win:ResponseTime": 1 << 48,
        "win:WDIContext": 1 << 49,
        "win:WDIDiag": 1 << 50,
        "win:SQM": 1 << 51,
        "win:AuditFailure": 1 << 52,
        "win:AuditSuccess": 1 << 53,
        "win:CorrelationHint": 1 << 52,
        "win:EventlogClassic": 1 << 55,
    },
}
CHANNELS = {"System": 8, "Application": 9, "Security": 10, "TraceLogging": 11}
FIRST_CHANNEL = 16
BINARY = 14
REFERENCE = re.compile(r"\$\(string\.(.*)\)")


def number(text):
    """A number as manifests have them, None where there is none."""
    if text is None:
        return None
    text = text.strip()
    try:
        return int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        return None


def local(name):
    """A name without its namespace."""
    return name.rpartition("}")[2]


def type_of(text, known):
    """The number of a type that is given by name or number."""
    if text is None:
        return 0
    found = number(text)
    return known[text.rpartition(":")[2].lower()] if found is None else found


class Element:
    """An element whose names are without namespaces."""

    def __init__(self, node):
        self.kind = local(node.tag)
        self.attributes = {local(name): value for name, value in node.items()}
        self.children = [Element(child) for child in node]

    def get(self, name, default=None):
        """An attribute."""
        return self.attributes.get(name, default)

    def all(self, *kinds):
        """All elements of these kinds below, in their order."""
        for child in self.children:
            if child.kind in kinds:
                yield child
            yield from child.all(*kinds)


class Manifest:
    """A manifest: `providers` by their GUIDs, of which one may stand there several times."""

    def __init__(self, data, sent=False):
        root = Element(ElementTree.fromstring(data))
        self.sent = sent  # by an EventSource
        self.strings = {}
        for resources in sorted(root.all("resources"), key=lambda element: element.get("culture") != "en-US"):
            for string in resources.all("string"):
                self.strings.setdefault(string.get("id"), string.get("value", ""))
        self.providers = [
            (UUID(element.get("guid")), self.provider(element))
            for element in root.all("provider")
            if element.get("guid")
        ]

    def text(self, message):
        """A text, by its reference; None where it is not there."""
        known = REFERENCE.fullmatch(message or "")
        return self.strings.get(known[1]) if known else message

    def provider(self, element):
        """One provider, with all that it defines."""
        provider = Provider(element.get("name"))
        numbers = {
            "level": definitions(element, "level", "value", provider.levels),
            "task": definitions(element, "task", "value", provider.tasks),
            "keyword": definitions(element, "keyword", "mask", provider.keywords),
            "channel": channels(element, provider.channels),
        }
        opcodes(element, numbers["task"], provider.opcodes, numbers)
        maps = {}
        for found in element.all("valueMap", "bitMap"):
            entries = [(number(entry.get("value")), self.text(entry.get("message"))) for entry in found.all("map")]
            entries = [(value, label.rstrip()) for value, label in entries if label is not None]
            maps.setdefault(found.get("name"), Map(found.kind == "bitMap", entries))
        templates = {found.get("tid"): found for found in element.all("template")}
        for event in element.all("event"):
            provider.events.append(self.event(event, numbers, templates, maps))
            used = (event.get("keywords") or "").split()
            for name in used:
                if name not in numbers["keyword"] and name in BUILT_IN["keyword"]:
                    provider.keywords.setdefault(BUILT_IN["keyword"][name], name)
        return provider

    def event(self, element, numbers, templates, maps):
        """One event with its fields."""

        def value(kind, known=None):
            text = element.get(kind)
            if text is None:
                return 0
            for table in (known or {}, numbers[kind], BUILT_IN.get(kind, {})):
                if text in table:
                    return table[text]
            return number(text)

        task = value("task")
        keywords = 0
        for name in (element.get("keywords") or "").split():
            mask = numbers["keyword"].get(name, BUILT_IN["keyword"].get(name))
            keywords |= number(name) if mask is None else mask
        opcode = value("opcode", numbers["opcodes"].get(element.get("task")))
        fields = []
        if element.get("template"):
            fields = read_fields(templates[element.get("template")], maps, [])
        name = element.get("name") or (element.get("symbol") if self.sent else None)
        return Event(
            number(element.get("value")),
            number(element.get("version", "0")),
            value("level"),
            opcode,
            task,
            value("channel"),
            keywords,
            name,
            element.get("symbol"),
            fields,
        )


def definitions(provider, kind, attribute, names):
    """Numbers by name of one kind; the names by number are put into `names`."""
    found = {}
    for element in provider.all(kind):
        value = number(element.get(attribute))
        found.setdefault(element.get("name"), value)
        names.setdefault(value, element.get("name"))
    return found


def channels(provider, names):
    """Numbers of channels by name and by chid."""
    found, free = {}, FIRST_CHANNEL
    for element in provider.all("channel", "importChannel"):
        value = number(element.get("value"))
        if value is None:
            value = CHANNELS.get(element.get("name"))
        if value is None:
            taken = {number(other.get("value")) for other in provider.all("channel", "importChannel")}
            while free in taken:
                free += 1
            value, free = free, free + 1
        for key in (element.get("name"), element.get("chid")):
            if key is not None:
                found.setdefault(key, value)
        names.setdefault(value, element.get("name"))
    return found


def opcodes(provider, tasks, names, numbers):
    """Opcodes of all, and of each task alone; those of a task with value 0 are everybody's."""
    everybody, own, inside = {}, {}, set()
    for task in provider.all("task"):
        value = tasks[task.get("name")]
        for element in task.all("opcode"):
            inside.add(element)
            code = number(element.get("value"))
            table = own.setdefault(task.get("name"), {}) if value else everybody
            table.setdefault(element.get("name"), code)
            names.setdefault(value << 16 | code, element.get("name"))
    for element in provider.all("opcode"):
        if element not in inside:
            everybody.setdefault(element.get("name"), number(element.get("value")))
            names.setdefault(number(element.get("value")), element.get("name"))
    numbers["opcode"], numbers["opcodes"] = everybody, own


def read_fields(element, maps, outer):
    """The fields of a template or struct; `outer` are those that stand before it."""
    fields = []
    for child in element.children:
        if child.kind not in ("data", "struct"):
            continue
        field = Field(child.get("name", ""))
        holders = fields[::-1] + outer[::-1]
        field.count = amount(child.get("count"), holders)
        field.length = amount(child.get("length"), holders)
        if child.kind == "struct":
            field.members = read_fields(child, maps, outer + fields)
        else:
            field.in_type = type_of(child.get("inType"), IN_TYPES)
            field.out_type = type_of(child.get("outType"), OUT_TYPES)
            if field.in_type == BINARY and field.length == 0:
                field.length = None  # schemas.md: a length of 0 counts, but not that of a binary
            field.map = maps.get(child.get("map"))
        fields.append(field)
    return fields


def amount(text, holders):
    """A count or length: a number, or the field that holds it."""
    fixed = number(text)
    if text is None or fixed is not None:
        return fixed
    for wanted in (text, text.replace(" ", "")):
        for holder in holders:
            if holder.name == wanted:
                return holder
    raise ValueError(f"no field {text}")
