# SPDX-License-Identifier: MIT
"""Traces of invented events of every form that the pages describe, many of them odd, a few of them wrong.

The sample that etwkit writes looks like real traces. This looks like none: layouts and values are drawn at random,
payloads end early or late, headers are the rare ones. Every draw comes from one seed.
"""

import random
import struct
from uuid import UUID

from . import event_info, tracelogging
from .buffers import HEADER
from .classic import CLASSES, GROUPS
from .schema import COUNTED, REST, Field, RefusedError

START = 0x01DAA8412B7B3F00
BUFFER = 65536
WORDS = [
    "",
    "a",
    "naïve €",
    "😀",
    "line\nbreak",
    'tab\t"quote" \\ /',
    "\x01\x1f\x7f",
    "\u0085\u2028\u202e",
    "x" * 70,
    "nul\0x",
]
SID = bytes([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0])
PROVIDERS = [UUID(int=0x10000000000000000000000000000001 + n) for n in range(4)]
BLOBS = UUID("bbccf6c1-6cd1-48c4-80ff-839482e37671")
PADDING = b"\xff"


class Payload:
    """Draws a payload that fits a layout."""

    def __init__(self, rng, pointer_size):
        self.rng, self.pointer_size = rng, pointer_size
        self.data, self.holders = bytearray(), {}

    def fields(self, fields):
        """Bytes for all the fields; what is referred to by others is kept small."""
        referred = {holder for field in flat(fields) for holder in (field.count, field.length)}
        self.referred = {holder for holder in referred if isinstance(holder, Field)}
        for field in fields:
            self.field(field)
        return bytes(self.data)

    def field(self, field):
        """Bytes for one field."""
        count = 1
        if isinstance(field.count, Field):
            count = self.holders.get(field.count, 0)
        elif field.count in (COUNTED, REST):
            count = self.rng.randrange(5)
            self.data += struct.pack("<H", count) if field.count == COUNTED else b""
        elif field.count is not None:
            count = field.count
        for _ in range(min(count, 300)):
            if field.members is None:
                self.value(field)
            else:
                for member in field.members:
                    self.field(member)

    def value(self, field):
        """Bytes for one value."""
        length = field.length
        if isinstance(length, Field):
            length = self.holders.get(length, 0)
        if field in self.referred:
            size = {3: 1, 4: 1, 5: 2, 6: 2, 7: 4, 8: 4, 20: 4}.get(field.in_type, 8)
            self.holders[field] = self.rng.choice([0, 1, 2, 3, 16])
            self.data += self.holders[field].to_bytes(size, "little")
            return
        self.data += self.bytes_of(field.in_type, field.out_type, length)

    def bytes_of(self, kind, out, length):
        """Bytes of a type; what has no rule here is a few random bytes."""
        rng = self.rng
        sizes = {0: 0, 3: 1, 4: 1, 5: 2, 6: 2, 7: 4, 8: 4, 9: 8, 10: 8, 11: 4, 12: 8, 13: 4, 15: 16, 17: 8, 18: 16}
        sizes.update({16: self.pointer_size, 308: self.pointer_size, 20: 4, 21: 8, 306: 2, 307: 1})
        if kind == 18 and rng.random() < 0.7:
            return struct.pack(
                "<8H", 2020, rng.randrange(14), 3, rng.randrange(33), 23, 59, 59, rng.choice([0, 7, 999, 1000])
            )
        if kind == 17 and rng.random() < 0.7:
            return struct.pack("<q", rng.choice([0, 1, -1, START, 2650467743999999999, 2650467744000000000]))
        if kind in (11, 12):
            value = rng.choice(
                [0.0, -0.0, 0.1, 1.0, 1e-5, 1e16, 1e22, 123456.789, float("nan"), float("-inf"), rng.random()]
            )
            return struct.pack("<f" if kind == 11 else "<d", value)
        if kind in sizes:
            small = bytes([rng.choice([0, 1, 2, 8, 65, 128, 255])]) + bytes(15)
            return rng.choice([small, rng.randbytes(16), b"\xff" * 16])[: sizes[kind]]
        return self.text_or_bytes(kind, out, length)

    def text_or_bytes(self, kind, out, length):
        """Bytes of the types that have no size of their own."""
        rng = self.rng
        word = rng.choice(WORDS)
        encoded = (
            word.encode("utf-16-le")
            if kind in (1, 22, 300, 302, 304)
            else word.encode(rng.choice(["utf-8", "cp1252"]), "replace")
        )
        if rng.random() < 0.2:
            encoded = rng.choice(
                [b"\x00\xd8", b"\xe4\xb6", b"\xff\xfe\xfd", b"\x81\x8d", b"\xf0\x9f\x98", b"\xc0\xaf\xed\xa0\x80"]
            )
        if length is not None and kind in (1, 2, 14):
            size = length * (2 if kind == 1 else 1)
            return (encoded + rng.randbytes(size))[:size]
        if kind in (1, 2):
            end = bytes(2 if kind == 1 else 1)
            return encoded.replace(b"\0", b"") + end if kind == 2 else word.replace("\0", "").encode("utf-16-le") + end
        if kind in (22, 23, 25, 300, 301, 302, 303):
            if kind == 25 or rng.random() < 0.1:
                encoded = self.binary(out)
            return struct.pack(">H" if kind in (302, 303) else "<H", len(encoded)) + encoded
        return self.others(kind, encoded, out)

    def others(self, kind, encoded, out):
        """Bytes of what is neither a counted string nor one with an end."""
        if kind == 309:
            return struct.pack("<I", 3) + self.rng.randbytes(3)
        if kind == 19:
            odd = bytes([1, 1, 0, 1, 0, 0, 0, 5, 18, 0, 0, 0])
            return self.rng.choice([SID, odd, bytes([1, 0, 0, 0, 0, 0, 0, 16])])
        if kind == 310:
            two = 2 * self.pointer_size
            return self.rng.choice([bytes(4), bytes([1]) * two + SID, bytes(two) + SID])
        return encoded if kind in (304, 305) else self.binary(out)

    def binary(self, out):
        """Bytes, or those of an address."""
        addresses = {
            23: bytes([10, 0, 0, 1]),
            24: self.rng.choice(
                [bytes(15) + b"\1", bytes(10) + b"\xff\xff\1\2\3\4", bytes(16), self.rng.randbytes(16)]
            ),
            25: self.rng.choice(
                [
                    struct.pack("<H", 2) + b"\0\x50\1\2\3\4" + bytes(8),
                    struct.pack("<H", 23) + b"\0\x51" + bytes(4) + bytes(15) + b"\1" + bytes(4),
                    struct.pack("<H", 2) + b"\0\x50\1",
                    struct.pack("<H", 17) + b"\0\x50\1",
                    b"",
                    b"\2",
                ]
            ),
        }
        return addresses.get(out, self.rng.randbytes(self.rng.randrange(20)))


def flat(fields):
    """The fields and all their members."""
    for field in fields:
        yield field
        yield from flat(field.members or [])


class Generator:
    """Draws events; `trace` lays them into buffers."""

    def __init__(self, seed, **options):
        self.rng = random.Random(seed)
        self.pointer_size = options.get("pointer_size", 8)
        self.clock = options.get("clock", 1)
        self.frequency = options.get("frequency", 3_579_545)
        self.ticks = 10**9
        self.blobs = []  # (provider, id, version, fields)
        self.wrong = options.get("wrong", False)

    def spoil(self, payload):
        """Sometimes a payload that ends early, goes on, or has other bytes in it."""
        draw = self.rng.random()
        if draw < 0.15:
            return payload[: self.rng.randrange(len(payload) + 1)]
        if draw < 0.25:
            return payload + self.rng.randbytes(self.rng.randrange(9))
        if draw < 0.35 and payload:
            spoilt = bytearray(payload)
            spoilt[self.rng.randrange(len(spoilt))] = self.rng.choice([0, 1, 255, self.rng.randrange(256)])
            return bytes(spoilt)
        return payload

    def bits(self):
        """The pointer size of one event: mostly the trace's."""
        return self.pointer_size if self.rng.random() < 0.8 else 12 - self.pointer_size

    def someone(self):
        """A thread and a process."""
        return self.rng.choice([(0, 0), (4, 8), (0xFFFFFFFF, 0xFFFFFFFF), (12, 0xFFFFFFFF)])

    def manifest(self, pointer_size, provider, descriptor, items, payload):
        """An event of an EVENT_HEADER."""
        flags = 1 if items else 0
        activity = self.rng.choice([bytes(16), self.rng.randbytes(16)])
        head = struct.pack("<HHII", flags, 0, *self.someone()) + struct.pack("<q", self.ticks) + provider.bytes_le
        head += struct.pack("<HBBBBHQ", *descriptor) + struct.pack("<II", 1, 2) + activity
        body = b""
        for index, (kind, data) in enumerate(items):
            padded = (8 + len(data) + 7) & ~7
            body += struct.pack("<HHHH", padded, kind, int(index + 1 < len(items)), len(data)) + data
            body += bytes(padded - 8 - len(data))
        body += payload
        return struct.pack("<HBB", 4 + len(head) + len(body), 0x12 if pointer_size == 4 else 0x13, 0xC0) + head + body

    def descriptor(self):
        """A random one."""
        draw = self.rng.choice
        return (draw([0, 7, 65535]), draw([0, 1, 255]), draw([0, 11, 16]), draw([0, 4, 255]), draw([0, 1, 2, 255]),
                draw([0, 9, 65535]), draw([0, 1, 0x8000000000000010, 2**64 - 1]))  # fmt: skip

    def some_items(self):
        """Extended items of all types."""
        rng, items = self.rng, []
        if rng.random() < 0.3:
            for _ in range(rng.randrange(3)):
                kind = rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 99])
                good = {1: rng.choice([bytes(16), rng.randbytes(16)]), 2: SID, 3: struct.pack("<I", 2)}
                data = good.get(kind, rng.randbytes(8 + 8 * rng.randrange(4)))
                items.append((kind, data if rng.random() < 0.9 else data[: rng.randrange(len(data))]))
        return items

    def metadata(self, depth=0):
        """Random TraceLogging fields, as bytes, and their number."""
        rng, data, number = self.rng, b"", self.rng.choice([0, 1, 1, 2, 3, 5])
        for _ in range(number):
            data += rng.choice(["", "a", "b", "Name", "naïve", 'q"\\', *"cdefghij"]).encode() + b"\0"
            kind = rng.choice([*range(26), 24, rng.randrange(26, 32)] if rng.random() < 0.97 else [rng.randrange(32)])
            counting = rng.choice([0, 0, 0, 0x20, 0x40, 0x60]) if rng.random() < 0.6 else 0
            if kind == 24 and depth > 3:
                kind = 8
            members, inner = self.metadata(depth + 1) if kind == 24 else (0, b"")
            out = members if kind == 24 else rng.choice([*range(19), *range(33, 39), 19, 99, 127])
            more = kind == 24 or rng.random() < 0.6
            tags = rng.choice([0, 0, 0x80])
            data += bytes([kind | counting | (0x80 if more else 0)])
            data += (bytes([out | tags]) + (rng.choice([b"\x01", b"\x81\x02"]) if tags else b"")) if more else b""
            if kind == 0 and counting == 0x20 and not more:
                members, inner = self.metadata(4)
                data += struct.pack("<H", members) + inner
                continue
            if counting == 0x20:
                data += struct.pack("<H", rng.choice([0, 1, 2, 3]))
            elif counting == 0x60:
                data += struct.pack("<H", 3) + b"abc"
            data += inner if counting != 0x60 else b""
        return number, data

    def tracelogging(self):
        """An event that describes itself."""
        rng, pointer_size = self.rng, self.bits()
        _, fields = self.metadata()
        body = rng.choice([b"\0", b"\x81\x02"]) + rng.choice(["Event", "", "ünicode", "a\nb"]).encode() + b"\0" + fields
        if self.wrong and rng.random() < 0.2:
            body = body[: rng.randrange(len(body))] if rng.random() < 0.5 else body + rng.randbytes(3)
        item = struct.pack("<H", len(body) + 2) + body
        try:
            layout = tracelogging.schema_of(item).fields
        except RefusedError:
            layout = []
        payload = self.spoil(Payload(rng, pointer_size).fields(layout))[:20000]
        items = [(11, item)]
        if rng.random() < 0.8:
            traits = rng.choice(["Provider", "Prövider", ""]).encode() + b"\0"
            items.append((12, struct.pack("<H", len(traits) + 2) + traits))
        items = items + self.some_items()
        rng.shuffle(items)
        return self.manifest(pointer_size, rng.choice(PROVIDERS), self.descriptor(), items, payload)

    def full(self, provider, kind, version, payload, pointer_size):
        """An event with the header FULL."""
        head = struct.pack("<BBHII", kind, self.rng.choice([0, 4]), version, *self.someone())
        head += struct.pack("<q", self.ticks) + provider.bytes_le + struct.pack("<II", 3, 4)
        if self.rng.random() < 0.1:
            head += struct.pack("<II", 5, 6) + self.rng.randbytes(16)
            mark = 0x0B if pointer_size == 4 else 0x15
        else:
            mark = 0x0A if pointer_size == 4 else 0x14
        return struct.pack("<HBB", 4 + len(head) + len(payload), mark, 0xC0) + head + payload

    def kernel(self, group, kind, version, payload, pointer_size):
        """An event with one of the kernel's own headers."""
        rng, name = self.rng, self.rng.choice(["SYSTEM", "COMPACT", "PERFINFO"])
        counters = rng.choice([0] * 9 + [1, 7, 0x80, 0x83])
        payload = rng.randbytes(8 * ((counters & 7) + (counters >> 7))) + payload
        mark = {"SYSTEM": 1, "COMPACT": 3, "PERFINFO": 0x10}[name] + (pointer_size == 8)
        time = struct.pack("<q", self.ticks)
        tail = {"SYSTEM": struct.pack("<II", *self.someone()) + time + struct.pack("<II", 1, 2),
                "COMPACT": struct.pack("<II", *self.someone()) + time, "PERFINFO": time}[name]  # fmt: skip
        size = 8 + len(tail) + len(payload)
        return struct.pack("<BBBBHBB", version, counters, mark, 0xC0, size, kind, group) + tail + payload

    def classic(self):
        """A classic event: of a known class mostly, of a version that may be unknown."""
        rng, pointer_size = self.rng, self.bits()
        guid = rng.choice(sorted(CLASSES))
        layouts = [(kind, layout) for kind, found in CLASSES[guid][2].items() for layout in found]
        groups = {value: key for key, value in GROUPS.items()}
        if not layouts or rng.random() < 0.03:
            kind, version, payload = rng.randrange(256), rng.randrange(6), rng.randbytes(rng.randrange(40))
        else:
            kind, layout = rng.choice(layouts)
            version = rng.choice(layout.versions) if rng.random() < 0.9 else rng.randrange(8)
            payload = Payload(rng, pointer_size).fields(layout.schema.fields)
            if layout.when is not None:
                payload = struct.pack("<H", layout.when) + payload[2:]
        if (guid == BLOBS) or (groups.get(guid) == 0 and kind == 0):
            guid, payload = PROVIDERS[0], b""
        payload = self.spoil(payload)[:20000]
        if guid in groups and rng.random() < 0.8:
            group = groups[guid] if (groups[guid], kind) != (0x14, 10) else 3
            return self.kernel(group if rng.random() < 0.98 else 0x3F, kind, version, payload, pointer_size)
        return self.full(guid, kind, version, payload, pointer_size)

    def message(self):
        """A WPP message."""
        rng = self.rng
        options = rng.choice([0xAA, 0xAB, 0x2A, 0x6C, 0, 0x08, 0x22, 0x0E, 0x20])
        body = struct.pack("<I", 1) if options & 1 else b""
        if options & 4:
            body += struct.pack("<I", 0x12345678)
        elif options & 2:
            body += rng.choice(PROVIDERS).bytes_le
        body += struct.pack("<q", self.ticks) if options & 8 else b""
        body += struct.pack("<II", *self.someone()) if options & 0x20 else b""
        body += rng.randbytes(rng.randrange(20))
        mark = rng.choice([(0, 0x90), (0x0F, 0xC0)])
        return struct.pack("<HBBHH", 8 + len(body), *mark, rng.choice([10, 65535]), options) + body

    def string_only(self):
        """An event that is one text."""
        text = self.spoil(self.rng.choice(WORDS).encode("utf-16-le") + self.rng.choice([b"", b"\0\0"]))
        event = bytearray(self.manifest(self.bits(), PROVIDERS[1], self.descriptor(), [], text))
        event[4] = 4
        return bytes(event)

    def plain(self):
        """TIMED, ERROR, the obsolete form."""
        data = self.rng.randbytes(self.rng.randrange(30))
        form = self.rng.randrange(3)
        if form == 2:
            return struct.pack("<HBBIq", 16 + len(data), 0, 0xB0, 7, self.ticks) + data
        return struct.pack("<HBBI", 8 + len(data), [0x0C, 0x0D][form], 0xC0, 7) + data

    def blob(self):
        """Draws a TRACE_EVENT_INFO; its events are drawn by `described`."""
        rng = self.rng
        number = len(self.blobs)  # no two of one event: which of them counts is not promised
        provider, version = rng.choice(PROVIDERS), rng.randrange(2)
        source = rng.choice([0, 0, 0, 1, 3])
        class_id = UUID(int=0x2000 + number) if source == 1 else rng.choice([UUID(int=0), PROVIDERS[3]])
        descriptor = (number, version, 16, 4, rng.choice([0, 10, 240, number & 15]), 3, 0x8000000000000000 + number)
        texts = bytearray()
        total = rng.randrange(1, 8)
        base = 0x70 + 24 * total

        def text(value):
            if value is None:
                return 0
            texts.extend(value.encode("utf-16-le") + b"\0\0")
            return base + len(texts) - len(value.encode("utf-16-le")) - 2

        names = [text(rng.choice([None, "Invented", "Invented \r\n"])), 0, 0, 0]
        task = text(rng.choice([None, "", "Task", "Task ", "win:Task"]))
        opcode = text(rng.choice([None, "win:Info", "win:Start", "Info", "Own ", "win:", ""]))
        own = text(rng.choice([None, None, "OwnName", ""]))
        properties, top = self.properties(total, text)
        head = provider.bytes_le + class_id.bytes_le + struct.pack("<HBBBBHQ", *descriptor) + struct.pack("<I", source)
        head += (
            struct.pack("<IIII", *names)
            + struct.pack("<IIIIIIIIIIII", task, opcode, 0, 0, 0, 0, own, 0, total, top, 0, 0)[:40]
        )
        blob = head[:0x70].ljust(0x70, b"\0") + properties + bytes(texts)
        try:
            layout = event_info.Descriptions([]).read_blob(blob).fields
        except RefusedError:
            layout = []
        self.blobs.append((provider, class_id, source, descriptor, layout))
        return self.full(BLOBS, 32, 0, blob, self.bits())

    def properties(self, total, text):
        """Random properties: the last of them may be the members of the first."""
        rng, data = self.rng, b""
        members = rng.choice([0, 0, 1, 2]) if total > 3 else 0
        top = total - members
        for index in range(total):
            kind = rng.choice([*range(1, 26), *range(300, 311), 400])
            out = rng.choice([0, 0, *range(39)])
            flags, count, length, name_of_map = 0, rng.choice([0, 1, 1]), 0, 0
            if index == 0:
                kind, out = rng.choice([4, 6, 8]), 0
            elif members and index == 1:
                flags, kind, out = 1, top, members
            elif rng.random() < 0.3:
                name_of_map = text(rng.choice(["Values", "Bits", "Absent"]))
            if index and rng.random() < 0.2:
                flags, count = (
                    (flags | 4, 0) if rng.random() < 0.5 else (flags | rng.choice([0, 0x20]), rng.randrange(4))
                )
            if index and kind in (1, 2, 14) and not flags & 1 and rng.random() < 0.5:
                flags, length = (
                    (flags | 2, 0) if rng.random() < 0.5 else (flags | rng.choice([0, 0x10]), rng.randrange(20))
                )
            name = text(rng.choice(["A", "B", "C", "Count", f"P{index}", "P ", ""]))
            data += struct.pack("<IIHHIHHI", flags, name, kind, out, name_of_map, count, length, 0)
        return data, top

    def map(self, provider, name, flags, entries):
        """An EVENT_MAP_INFO."""
        texts, body = b"", b""
        base = 16 + 8 * len(entries)
        for value, label in entries:
            body += struct.pack("<II", base + len(texts), value)
            texts += label.encode("utf-16-le") + b"\0\0"
        body = struct.pack("<IIII", base + len(texts), flags, len(entries), 0) + body + texts
        payload = provider.bytes_le + body + name.encode("utf-16-le") + b"\0\0"
        return self.full(BLOBS, 33, 0, payload, self.bits())

    def described(self):
        """An event that a blob describes."""
        rng, pointer_size = self.rng, self.bits()
        if not self.blobs:
            return self.blob()
        provider, class_id, source, descriptor, layout = rng.choice(self.blobs)
        payload = self.spoil(Payload(rng, pointer_size).fields(layout))[:20000]
        if source == 1:
            return self.full(class_id, descriptor[4], descriptor[1], payload, pointer_size)
        return self.manifest(pointer_size, provider, descriptor, self.some_items(), payload)

    def header(self):
        """The header event."""
        pointers = struct.pack("<QQ" if self.pointer_size == 8 else "<II", 0, 0)
        payload = struct.pack(
            "<I4BIIqIIIIIIII", BUFFER, 10, 0, 1, 5, 19041, 4, START + 10**9, 156250, 0, 1, 1, 1, 8, 0, 2400
        )
        payload += pointers + bytes(176) + struct.pack("<qqqII", START - 5, self.frequency, START, self.clock, 0)
        payload += "session\0file\0".encode("utf-16-le")
        size = 0x20 + len(payload)
        mark = 1 if self.pointer_size == 4 else 2
        return struct.pack("<HBBHBBIIqII", 2, mark, 0xC0, size, 0, 0, 8, 4, self.ticks, 0, 0) + payload

    def buffer(self, events, kind, processor):
        """A buffer of these events."""
        body = b"".join(event + self.rng.randbytes(-len(event) % 8) for event in events)
        flags, who = self.rng.choice([(1, bytes([processor, 8])), (0x20, struct.pack("<H", processor | 0x4000))])
        head = struct.pack("<IIIiqqQ", BUFFER, 0, 0, 0, self.ticks, 0, 0)
        head += who + struct.pack("<HIIHH", 1, 3, HEADER + len(body), flags, kind) + bytes(16)
        return (head + body).ljust(BUFFER, PADDING)

    def draws(self):
        """What draws an event, each as often as it shall be drawn."""
        draws = [self.tracelogging] * 4 + [self.classic] * 4 + [self.described] * 4
        return [*draws, self.message, self.string_only, self.plain, self.blob]

    def trace(self, count):
        """A trace of about so many events."""
        rng = self.rng
        draws = self.draws()
        maps = [self.map(provider, name, flags, entries) for provider in PROVIDERS for name, flags, entries in (
            ("Values", 1, [(0, "Zero "), (1, "One"), (255, "Max\r\n"), (1, "Again"), (2, "")]),
            ("Bits", 2, [(0, "None"), (1, "A "), (2, "B"), (3, "AB"), (0x80000000, "High")]),
        )]  # fmt: skip
        done = [self.buffer([self.header(), *maps], 4, 0)]
        waiting = {}
        for _ in range(count):
            self.ticks += rng.choice([0, 0, 1, 1000, 123456])
            draw = rng.choice(draws)
            processor = 0 if draw.__name__ == "carrier" else rng.choice([0, 1, 15])  # their order counts
            queue = waiting.setdefault(processor, [])
            if not queue and draw in (self.message, self.plain):
                continue  # a buffer that begins without a time is put in order by its flush time
            event = draw()
            if len(event) > 20000:
                continue
            queue.append(event)
            if sum(len(known) + 8 for known in queue) > BUFFER - HEADER - 20016 or len(queue) > 200:
                done.append(self.buffer(queue, 0, processor))
                queue.clear()
        done += [self.buffer(queue, 0, processor) for processor, queue in waiting.items() if queue]
        return b"".join(done)
