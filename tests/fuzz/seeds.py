# SPDX-License-Identifier: MIT
"""Seeds of the fuzz targets, cut from traces: those that `etwkit sample` writes, and the corpus where it is.

seeds(etwkit, corpus, folder) fills folder/TARGET. Nothing of it is ever committed: what the corpus gives is not ours.
"""

import hashlib
import pathlib
import random
import struct
import subprocess
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wevt"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "archive"))
import made
import packed

HEADER = 0x48  # of a buffer
COMPRESSED = 0x40
MOST_PER_TRACE = 150  # pieces of one kind
MOST_BUFFER = 6000  # bytes of a buffer in a seed
KERNEL_TRACE_CONTROL = bytes.fromhex("c1f6ccbbd16cc44880ff839482e37671")
SAMPLES = (
    ("--seed", "1", "--events", "400", "--buffer-size", "8"),
    ("--seed", "2", "--events", "300", "--buffer-size", "8", "--compress"),
    ("--seed", "3", "--events", "300", "--buffer-size", "16", "--pointer-size", "4", "--clock", "system"),
    ("--seed", "4", "--events", "300", "--clock", "cpu", "--processors", "64", "--buffer-size", "8"),
    ("--seed", "5", "--events", "300", "--windows", "7", "--unfinished", "--pointer-size", "4"),
)
# Kind of header: bytes, and where the size stands.
HEADERS = {
    **dict.fromkeys((0x01, 0x02), (0x20, 4)),
    **dict.fromkeys((0x03, 0x04), (0x18, 4)),
    **dict.fromkeys((0x10, 0x11), (0x10, 4)),
    **dict.fromkeys((0x0A, 0x14), (0x30, 0)),
    **dict.fromkeys((0x0B, 0x15), (0x48, 0)),
    **dict.fromkeys((0x12, 0x13), (0x50, 0)),
}
MANIFEST = """<instrumentationManifest><instrumentation><events>
<provider name="A" guid="{11111111-2222-3333-0102-030405060708}" symbol="S" message="$(string.a)">
<channels><channel chid="C" name="A/B"/><importChannel chid="S" name="System"/></channels>
<levels><level name="L" value="17"/></levels><keywords><keyword name="K" mask="0x1"/></keywords>
<tasks><task name="T" value="1"><opcodes><opcode name="O" value="11"/></opcodes></task></tasks>
<opcodes><opcode name="P" value="12"/></opcodes>
<maps><valueMap name="M"><map value="1" message="$(string.a)"/></valueMap>
<bitMap name="N"><map value="0x80" message="$(mc.7)"/></bitMap></maps>
<templates><template tid="E"><data name="n" inType="win:UInt16"/><data name="x" inType="win:UInt32" map="M"/>
<struct name="s" count="n"><data name="z" inType="win:UInt8"/>
<data name="b" inType="win:Binary" length="z" outType="xs:hexBinary"/></struct>
<data name="t" inType="win:UnicodeString"/><data name="q" inType="win:29"/></template></templates>
<events><event value="1" version="0" level="L" task="T" opcode="O" keywords="K win:SQM" channel="C" template="E"
 symbol="Y" message="$(string.b)"/><event value="2" level="win:Error" opcode="win:Start"/></events>
</provider><messageTable><message value="7" message="$(string.b)"/></messageTable></events></instrumentation>
<localization><resources culture="en-US"><stringTable><string id="a" value="x "y" z"/><string id="b" value="b"/>
</stringTable></resources></localization></instrumentationManifest>"""


class Buffer:
    """A buffer of a trace: its header, and its events where they are not compressed."""

    def __init__(self, data):
        self.header = bytearray(data[:HEADER])
        filled, flags = struct.unpack_from("<IH", data, 0x30)
        self.compressed = bool(flags & COMPRESSED)
        self.stream = data[HEADER:]
        self.inflated = filled - HEADER
        self.events = [] if self.compressed else list(events(data[HEADER:filled]))

    def cut(self, most):
        """The buffer with the events that fit into `most` bytes, no byte more than it fills."""
        if self.compressed:
            body = self.stream
        else:
            body = b""
            for event in self.events:
                if body and len(body) + len(event) > most:
                    break
                body += event + bytes(-len(event) % 8)
            struct.pack_into("<I", self.header, 0x30, HEADER + len(body))
        struct.pack_into("<I", self.header, 0, HEADER + len(body))
        return bytes(self.header) + body


def events(data):
    """The events of a buffer, up to the first that is none."""
    at = 0
    while at + 8 <= len(data):
        first, kind, mark = struct.unpack_from("<HBB", data, at)
        size = first
        if mark >= 0xC0 and kind in HEADERS:
            size = struct.unpack_from("<H", data, at + HEADERS[kind][1])[0]
        if mark < 0x80 or size < 8 or at + size > len(data):
            return
        yield data[at : at + size]
        at += (size + 7) & ~7


def buffers(data):
    at = 0
    while at + HEADER <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        if size < HEADER or at + size > len(data):
            return
        yield Buffer(data[at : at + size])
        at += size


def header_size(event):
    return HEADERS.get(event[2], (8, 0))[0] if event[3] >= 0xC0 else 8


def items(event):
    """({type: data}, payload) of an EVENT event."""
    at, found = 0x50, {}
    more = struct.unpack_from("<H", event, 4)[0] & 1
    while more and at + 8 <= len(event):
        _, kind, more, size = struct.unpack_from("<HHHH", event, at)
        found[kind] = event[at + 8 : at + 8 + size]
        at += (8 + size + 7) & ~7
        more &= 1
    return found, event[at:]


class Seeds:
    """Writes seeds, each once, by the hash of what is in them."""

    def __init__(self, folder):
        self.folder = folder

    def add(self, target, data):
        if len(data) <= 65536:
            path = self.folder / target
            path.mkdir(parents=True, exist_ok=True)
            (path / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)

    def add_events(self, trace):
        """One of each kind for `record`, those with metadata for `tracelogging`."""
        kinds = set()
        metadata, payloads = [], {}
        for event in (event for buffer in trace for event in buffer.events):
            size = header_size(event)
            kind = event[2:8] + event[0x18:0x30] if size >= 0x30 else event[2:8]
            if size == 0x50:
                found, payload = items(event)
                payloads.setdefault(event[0x18:0x28] + event[0x28:0x2B], payload)
                kind += bytes(sorted(k & 0xFF for k in found)) + found.get(11, b"")
            elif size == 0x30 and event[0x18:0x28] == KERNEL_TRACE_CONTROL and event[4] in (32, 33):
                metadata.append((event[4] - 32, event[0x30:]))
            if kind in kinds or len(kinds) > MOST_PER_TRACE:
                continue
            kinds.add(kind)
            self.add("record", b"\x01\x50" + event)
            if size == 0x50 and 11 in found:
                traits = found.get(12, b"")
                self.add(
                    "tracelogging", struct.pack("<BHH", 1, len(traits), len(payload)) + traits + payload + found[11]
                )
        self.add_metadata(metadata, payloads)

    def add_metadata(self, metadata, payloads):
        """Descriptions of events with the maps that they may name and a payload of theirs."""
        maps = [blob for kind, blob in metadata if kind == 1]
        blobs = [blob for kind, blob in metadata if kind == 0]
        for blob in blobs[:MOST_PER_TRACE]:
            own = [m for m in maps if m[:16] == blob[:16]][:4]
            payload = payloads.get(blob[:16] + blob[0x20:0x23], b"\x03\0\0\0" * 8)
            parts = [(1, m) for m in own] + [(0, blob), (2, payload)]
            self.add("event_info", b"\x07" + b"".join(struct.pack("<BH", k, len(d)) + d for k, d in parts))

    def add_trace(self, path, rng):
        trace = list(buffers(path.read_bytes()))
        if not trace:
            return
        head = trace[0].cut(65536)
        first = b"".join(buffer.cut(MOST_BUFFER) for buffer in trace[1:8])
        self.add("file", bytes(4) + head + first)
        self.add("file", b"\x80\x80\0\0" + head + first)  # with stacks
        chosen = rng.sample(trace, min(len(trace), 12))
        for buffer in chosen:
            self.add("buffer", b"\x04" + buffer.cut(2000))
            if buffer.compressed:
                self.add("inflate", struct.pack("<H", min(buffer.inflated, 65535)) + buffer.stream)
            else:
                self.add("buffer", b"\x0c" + buffer.cut(MOST_BUFFER))
                self.add("file", bytes(4) + head + buffer.cut(16000))
                self.add("inflate", b"\0\0" + buffer.cut(3000))
        self.add_events(trace)

    def add_inflate(self, rng):
        """Streams of literals and of matches of every length."""
        for length in (7, 8, 23, 24, 25, 279, 280, 300, 5000):
            stream = struct.pack("<I", 1 << 30) + b"x" + struct.pack("<H", 7) + bytes((0xFF, 0xFF))
            self.add("inflate", struct.pack("<H", 6000) + stream + struct.pack("<H", length) + rng.randbytes(40))

    def add_payload(self, rng):
        """Layouts of random fields, mostly sensible ones."""
        pieces = (b"\1\0", b"\2\0\0\0", b"ab\0", b"a\0b\0\0\0")
        for _ in range(300):
            fields = b""
            count = rng.randrange(1, 10)
            for i in range(count):
                flags = rng.choice((0, 0, 0, 0, 4, 2, 0x100, 0x200, 0x20, 1, 1 | 0x100, 1 | 4))
                first = rng.randrange(i + 1, count + 1)
                members = rng.randrange(0, min(3, count - first) + 1) if flags & 1 else 0
                number = rng.randrange(i) if i and flags & 6 else rng.choice((0, 0, 1, 2, 5))
                types = rng.randrange(42), rng.choice((0, 0, rng.randrange(40)))
                fields += struct.pack(
                    "<HBBBBBB", flags, *types, number, number, first, members | rng.randrange(16) << 4
                )
            entries = rng.choice((0, 3, 0x84))
            head = bytes((rng.randrange(256), count, rng.randrange(1, count + 1), entries))
            payload = b"".join(rng.choice((*pieces, rng.randbytes(16))) for _ in range(24))
            self.add("payload", head + rng.randbytes(2 * (entries & 0x1F)) + fields + payload)

    def add_messages(self, rng):
        """Templates with all forms of inserts, over fields of several types."""
        forms = "%1 %2!s! %3!08X! %4!d!%n %% %%12 %t%b%0 %10!I64u! %11!-8.3s! %12!c! %5!*d! %! %. %!FUNC! %99 %6!.2f!"
        for number in range(200):
            fields = b""
            count = rng.randrange(1, 12)
            for i in range(count):
                flags = rng.choice((0, 0, 0, 0, 4, 0x100, 0x20)) if i else 0
                types = rng.randrange(1, 26), rng.choice((0, 0, rng.randrange(40)))
                fields += struct.pack("<HBBBBBB", flags, *types, rng.choice((0, 1, 2)), 0, 0, rng.randrange(256))
            head = bytes((number & 7, rng.choice((0, 0, rng.randrange(9))), count, count))
            text = "".join(rng.sample(forms.split(" "), rng.randrange(1, 12)))
            self.add("message", head + fields + text.encode() + b"\0" + rng.randbytes(rng.randrange(64)))

    def add_options(self):
        for line in (
            "--provider Windows* -e Process/Start --id 1,2,5-9 --level warning trace.etl",
            "-p {9e814aad-3204-11d2-9a82-006008a86939} --keyword 0x10 --pid 4,700-799 --tid 1-65535 a b",
            "--since +1.5s --until 2020-10-30T05:10:54.1234567+01:00 --format=jsonl -n5 -su x",
            "--since 2020-10-30 --until +2d --opcode 0-255 --level 255 --limit 0xffffffffffffffff -- -x",
            "-h",
            "--help",
            "--porvider x --format xml",
            "--unordred",
            "--since +999999999d --until +1ns -tfoo --text= -fjsonl trace",
        ):
            self.add("options", line.replace(" ", "\0").encode() + b"\0")

    def add_wevt(self):
        """Windows binaries, and what is in them alone."""
        texts = made.message_table(made.TEXTS)
        small = made.Provider(made.TWIN.guid, "Twin", events=[made.Event(1, message=0xB0000001)])
        for providers in ([made.ZOO, made.TWIN], [made.ZOO], [small], []):
            templates = made.event_templates(providers)
            self.add("wevt", b"\1\0" + struct.pack("<H", len(texts)) + texts + templates)
            self.add("wevt", b"\1\0\0\0" + templates)
            for bits in (32, 64):
                self.add("wevt", b"\0\0" + made.binary(providers, made.TEXTS, bits))
                self.add("wevt", b"\0\5" + made.binary(providers, None, bits))
        for ansi in (False, True):
            self.add("wevt", b"\2\0" + made.message_table(made.TEXTS, ansi))

    def add_manifests(self, corpus):
        """Our own, whole and in chunks; small ones of the corpus."""
        texts = [MANIFEST.encode(), MANIFEST.replace('symbol="S"', 'source="Xml"').encode(), MANIFEST.encode("utf-16")]
        for folder in [pathlib.Path(corpus) / "manifests"] if corpus else []:
            for archive in sorted(folder.glob("*manifests.tar.xz")):
                with tarfile.open(archive) as files:
                    members = [m for m in files if m.name.endswith((".xml", ".man")) and 0 < m.size < MOST_BUFFER]
                    texts += [files.extractfile(m).read() for m in members[::8][:MOST_PER_TRACE]]
        for number, text in enumerate(texts):
            self.add("manifest", bytes((0, number & 1)) + text)
            for total in (1, 3) if len(text) < MOST_BUFFER else ():
                step = -(-len(text) // total)
                chunks = [text[at : at + step] for at in range(0, len(text), step)]
                events = [
                    struct.pack("<BHBBBBHH", number & 7, 8 + len(chunk), 1, 1, 0, 0x5B, len(chunks), at) + chunk
                    for at, chunk in enumerate(chunks)
                ]
                self.add("eventsource", b"\0" + b"".join(events + events[:1]))

    def add_tmf(self, rng, corpus):
        """Our own file, message by message and whole; small ones of the corpus."""
        own = (pathlib.Path(__file__).resolve().parent.parent / "wpp" / "driver.tmf").read_text().split("#typev")
        texts = [(own[0] + "#typev" + part).encode() for part in own[1:]] + ["#typev".join(own).encode()]
        for path in sorted((pathlib.Path(corpus) / "truth" / "wpp_tmf").glob("*.tmf"))[::6] if corpus else ():
            texts.append(path.read_bytes()[:MOST_BUFFER])
        for number, text in enumerate(texts):
            payload = b"name\0" + struct.pack("<H", 4) + b"a\0b\0" + rng.randbytes(40)
            self.add("tmf", struct.pack("<BBH", 0, number & 0xFF, len(payload)) + payload + text)
            self.add("tmf", struct.pack("<BBH", 0, 1, 64) + rng.randbytes(64) + text)

    def add_pcapng(self, rng):
        """Packets in one event and in several, of all kinds; drops, names, and what the radio told."""

        def event(which, keywords, payload, processor=5):
            return struct.pack("<BBBH", which, processor, keywords, len(payload)) + payload

        name = "a\u00e9\0".encode("utf-16-le")
        port = struct.pack("<I", 3) + name * 3
        for _ in range(40):
            data = bytes.fromhex("0200000000010200000000020800450000ff") + rng.randbytes(rng.randrange(60))
            size = struct.pack("<III", 5, rng.randrange(3), len(data))
            switch = struct.pack("<II", 1, 1) + port + struct.pack("<I", 1) + port + struct.pack("<I", len(data)) + data
            seen = struct.pack(
                "<QHHHHHHHIIHH", rng.randrange(3), 1, rng.randrange(4), 3, 1, 50, 1, 0, 0, 0, 200, len(data)
            )
            pool = [
                event(0, 0x0D, size + data),  # both ends, sent
                event(0, 0x1D, size + data),  # cut
                event(0, 0x04, size + data),
                event(0, 0x08, size + data),
                event(0, 0x00, size + data),
                event(4 << 2, 0x20, struct.pack("<III", 5, 1, 48) + rng.randbytes(48)),
                event(5 << 2, 0x0D, switch + struct.pack("<I", 4) + bytes(4)),
                event(6 << 2, 0, b"\1" + name + struct.pack("<I", 5), 0x45),
                event(1, 0, seen + data),
                event(1 | 3 << 2, 0, seen + data),
                event(1 | 5 << 2, 0, struct.pack("<HH", 50, 2) + name * 2, 0x45),
            ]
            chosen = b"".join(rng.choices(pool, k=rng.randrange(1, 12)))
            self.add("pcapng", bytes([rng.choice((0, 0, 0, 5, 9)), rng.randrange(4)]) + chosen)

    def add_archives(self, trace):
        """One of each kind: its first bytes are enough of a trace."""
        files = {"notes.txt": b"x" * 40, "a.etl": trace[:900], "b/b.etl": trace[:600]}
        for make in packed.ARCHIVES.values():
            for inside in (files, {"c.zip": packed.zipped(files), **files}):
                self.add_packed(make(inside))
            self.add_packed(packed.COMPRESSED["gz"](make(files) or b""))
        for make in packed.COMPRESSED.values():
            self.add_packed(make(trace[:900]))

    def add_packed(self, data):
        if data:
            self.add("archive", b"\0" + data)
            self.add("archive", b"\5" + data)

    def add_filter(self, rng):
        for _ in range(100):
            record = rng.randbytes(3 + 8 + 2 + 1 + 8)
            names = bytes((3, 0, 2, 5, 6, 0, 1, 2, 3, 4, 5))
            self.add("filter", bytes(2) + record + names + rng.randbytes(rng.randrange(4, 120)))


def seeds(etwkit, corpus, folder):
    rng = random.Random(1)
    into = Seeds(folder)
    into.add_inflate(rng)
    into.add_payload(rng)
    into.add_messages(rng)
    into.add_options()
    into.add_filter(rng)
    into.add_wevt()
    into.add_manifests(corpus)
    into.add_tmf(rng, corpus)
    into.add_pcapng(rng)
    folder.mkdir(parents=True, exist_ok=True)
    for number, options in enumerate(SAMPLES):
        path = folder / f"sample{number}.etl"
        subprocess.run([etwkit, "sample", "-o", path, *options], check=True)
        into.add_trace(path, rng)
        if number == 0:
            into.add_archives(path.read_bytes())
        path.unlink()
    for path in sorted(pathlib.Path(corpus).rglob("*.etl")) if corpus else ():
        into.add_trace(path, rng)
