# SPDX-License-Identifier: MIT
"""Manifests of invented providers, and traces of their events: generate.py's further events.

A manifest is drawn as elements and written as XML; the layouts of its events are what the second decoder reads of it.
"""

import struct
from uuid import UUID
from xml.sax.saxutils import quoteattr

from .generate import Generator, Payload
from .manifest import IN_TYPES, OUT_TYPES, Manifest
from .provider import Event

GUIDS = [UUID(int=0x30000000000000000000000000000001 + n) for n in range(3)]
NAMES = ["Alpha", "Beta", "Gamma", "Delta", "ns:Colon", "naïve", "win:Own", "a.b", "Under_1"]
LABELS = ["one", "Two ", "three & <four>", "naïve €", "", "Line\nend", " lead"]
CARRIER = 0xFFFE, 1, 0, 0, 0xFE, 0xFFFE, 0x00FFFFFFFFFFFFFF
COUNTABLE = ["UInt8", "UInt16", "UInt32"]


def element(kind, children=None, **attributes):
    """An element as text; attributes of None are left out."""
    known = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items() if value is not None)
    return f"<{kind}{known}/>" if children is None else f"<{kind}{known}>{''.join(children)}</{kind}>"


class Author:
    """Draws the manifest of one provider. `change` draws another build of it: some templates differ."""

    def __init__(self, rng, guid):
        self.rng, self.guid = rng, guid
        self.strings = {}
        self.name = f"Invented-{guid.int & 0xFF}"
        self.tasks = self.some("task", 5)
        self.opcodes = self.some("opcode", 3, 10)
        self.own_opcodes = {name: self.some("opcode", 2, 10) for name in self.tasks if rng.random() < 0.4}
        self.levels = self.some("level", 2, 16)
        self.keywords = {name: 1 << (3 * value % 48) for name, value in self.some("keyword", 4).items()}
        self.channels = rng.sample(
            ["System", "Application", "Invented/Debug", "Invented/Operational"], rng.randrange(4)
        )
        self.maps = {f"Map{n}": self.some_map(n) for n in range(3)}
        self.templates = {f"t{n}": self.fields() for n in range(5)}
        self.events = [self.event() for _ in range(14)]

    def some(self, kind, most, first=1):
        """Names with different numbers."""
        names = self.rng.sample(NAMES, self.rng.randrange(most + 1))
        return {f"{name}{kind.title()}": first + 7 * index for index, name in enumerate(names)}

    def number(self, value):
        """A number in one of its forms."""
        return self.rng.choice([str(value), f"0{value}", hex(value), f"0X{value:04X}"])

    def text(self, label):
        """A reference to a text, which may not be there."""
        key = f"s{len(self.strings)}"
        self.strings[key] = label
        if self.rng.random() < 0.05:
            del self.strings[key]
            self.strings[f"{key}x"] = label
        return f"$(string.{key})"

    def some_map(self, number):
        """A map's kind and entries."""
        rng = self.rng
        values = [0, 1, 2, 4, 8, 255] if number else [1, 2, 4, 0x80, 0x80000000]
        entries = [(self.number(value), rng.choice(LABELS)) for value in rng.sample(values, rng.randrange(1, 5))]
        return rng.choice(["valueMap", "bitMap"]), [(value, self.text(label)) for value, label in entries]

    def fields(self, depth=0):
        """The elements of a template or struct, as (kind, attributes, children)."""
        rng, found, integers = self.rng, [], []
        for index in range(rng.choice([0, 1, 2, 3, 5, 8])):
            name = rng.choice([f"F{index}", f"F{index}", f"F{index}", "Same", "Two Words", "naïve"])
            if depth == 0 and rng.random() < 0.15:
                count = rng.choice([None, self.number(rng.randrange(4)), *integers])
                found.append(("struct", {"name": name, "count": count}, self.fields(1)))
                continue
            if rng.random() < 0.3:
                name = f"Count{index}" if rng.random() < 0.8 else f"Count {index}"
                found.append(("data", {"name": name, "inType": f"win:{rng.choice(COUNTABLE)}"}, None))
                integers.append(name)
                continue
            found.append(("data", self.data(name, integers), None))
        return found

    def data(self, name, integers):
        """The attributes of one field."""
        rng = self.rng
        kind = rng.choice([*IN_TYPES, "UInt32", "UnicodeString"])
        prefix = rng.choice(["win:", "win:", "xs:", ""])
        known = {"name": name, "inType": rng.choice([prefix + kind, str(IN_TYPES[kind.lower()])])}
        if rng.random() < 0.4:
            out = rng.choice([*OUT_TYPES])
            known["outType"] = rng.choice([f"win:{out}", f"xs:{out.upper()}", str(OUT_TYPES[out])])
        if rng.random() < 0.3:
            known["map"] = rng.choice([*self.maps])
        if rng.random() < 0.15:
            known["count"] = rng.choice([self.number(rng.randrange(4)), *integers])
        if kind.lower() in ("unicodestring", "ansistring", "binary") and rng.random() < 0.6:
            known["length"] = rng.choice([self.number(rng.randrange(6)), *integers])
        return known

    def event(self):
        """The attributes of one event."""
        rng = self.rng
        task = rng.choice([None, *self.tasks])
        opcodes = [None, "win:Info", "win:Start", "win:DC_Stop", *self.opcodes, *self.own_opcodes.get(task, {})]
        keywords = rng.sample([*self.keywords, "win:SQM", "win:ResponseTime"], rng.randrange(3))
        return {
            "value": rng.choice([1, 2, 3, 4, 5, 700, 65533]),
            "version": rng.choice([None, 0, 1, 2, 7]),
            "level": rng.choice([None, "win:Informational", "win:Error", "win:LogAlways", *self.levels]),
            "task": task,
            "opcode": rng.choice(opcodes),
            "keywords": " ".join(keywords) or None,
            "channel": rng.choice([None, *self.channels]),
            "template": rng.choice([None, *self.templates]),
            "symbol": rng.choice([None, "SYMBOL", "Other"]),
            "name": rng.choice([None, None, None, "OwnName"]),
        }

    def change(self):
        """Another build: some templates differ, some events come or go."""
        for name in self.rng.sample([*self.templates], 2):
            self.templates[name] = self.fields()
        for place in self.rng.sample(range(len(self.events)), 3):
            self.events[place] = self.event()

    def unique(self):
        """The events without those of an id and version that stand there already."""
        found = {}
        for event in self.events:
            found.setdefault((event["value"], event["version"] or 0), event)
        return found.values()

    def xml(self):
        """The manifest as text."""
        tasks = [
            element("task", self.named("opcode", self.own_opcodes[name]) if name in self.own_opcodes else None,
                    name=name, value=self.number(value)) for name, value in self.tasks.items()]  # fmt: skip
        maps = [
            element(kind, [element("map", value=value, message=message) for value, message in entries], name=name)
            for name, (kind, entries) in self.maps.items()
        ]
        parts = [
            element("levels", self.named("level", self.levels)),
            element("tasks", tasks),
            element("opcodes", self.named("opcode", self.opcodes)),
            element(
                "keywords", [element("keyword", name=name, mask=hex(mask)) for name, mask in self.keywords.items()]
            ),
            element("channels", [element("channel", name=name, chid=name) for name in self.channels]),
            element("maps", maps),
            element(
                "templates", [element("template", tree(fields), tid=tid) for tid, fields in self.templates.items()]
            ),
            element("events", [element("event", **event) for event in self.unique()]),
        ]
        self.rng.shuffle(parts)
        provider = element("provider", parts, name=self.name, guid=f"{{{self.guid}}}", symbol="S")
        tables = [
            element("resources", [element("stringTable", [element("string", id=key, value=value)
                    for key, value in values.items()])], culture=culture)
            for culture, values in (("de-DE", dict.fromkeys(self.strings, "deutsch")), ("en-US", self.strings))
        ]  # fmt: skip
        body = element("instrumentation", [element("events", [provider])]) + element("localization", tables)
        return f'<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">{body}</instrumentationManifest>'

    def named(self, kind, values):
        """Definitions of names."""
        return [element(kind, name=name, value=self.number(value)) for name, value in values.items()]


def tree(fields):
    """The elements of fields as text."""
    return [
        element(kind, tree(children) if children is not None else None, **known) for kind, known, children in fields
    ]


class ManifestGenerator(Generator):
    """Draws events that manifests describe, beside generate.py's; `sent` are those that stand in the trace itself."""

    def __init__(self, seed, **options):
        super().__init__(seed, **options)
        self.build = options.get("build", 19041)
        self.known = []  # (GUID, event)
        self.carriers = []

    def describe(self, text, sent=False):
        """Takes a manifest, of whose events some are drawn."""
        for guid, provider in Manifest(text.encode(), sent).providers:
            self.known += [(guid, event) for event in provider.events]

    def send(self, guid, text, whole=True):
        """Draws the events that carry a manifest, from a process of its own."""
        rng, data = self.rng, text.encode()
        total = rng.choice([1, 1, 2, 5])
        size = -(-len(data) // total)
        chunks = [(index, data[index * size : (index + 1) * size]) for index in range(total)]
        rng.shuffle(chunks)
        chunks = chunks if whole else chunks[:-1]
        process = rng.choice([100, 104, 108])
        self.describe(text, sent=True)
        for index, chunk in chunks:
            payload = struct.pack("<BBBBHH", 1, 1, 0, 0x5B, total, index) + chunk
            self.carriers.append((guid, process, payload))

    def someone(self):
        return self.rng.choice([*[super().someone()] * 2, (5, 100), (5, 104), (5, 108)])

    def carrier(self):
        """The next event that carries a manifest."""
        if not self.carriers:
            return self.described()
        guid, process, payload = self.carriers.pop(0)
        event = bytearray(self.manifest(8, guid, CARRIER, [], payload))
        event[8:16] = struct.pack("<II", 4, process)
        return bytes(event)

    def of_a_manifest(self):
        """An event that a manifest describes, or nearly so."""
        rng, pointer_size = self.rng, self.bits()
        guid, event = rng.choice(self.known) if self.known else (GUIDS[0], Event(1, 0))
        payload = self.spoil(Payload(rng, pointer_size).fields(event.fields))[:20000]
        version = event.version if rng.random() < 0.8 else rng.randrange(10)
        numbers = [event.channel, event.level, event.opcode, event.task, event.keywords]
        if rng.random() < 0.1:
            numbers[rng.randrange(5)] = rng.randrange(30)
        ident = event.id if rng.random() < 0.97 else 6
        return self.manifest(pointer_size, guid, (ident, version, *numbers), self.some_items(), payload)

    def header(self):
        event = bytearray(super().header())
        event[0x28:0x2C] = struct.pack("<I", self.build)
        return bytes(event)

    def draws(self):
        return [*super().draws(), *[self.of_a_manifest] * 20, *[self.carrier] * 2]
