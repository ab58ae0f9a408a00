# SPDX-License-Identifier: MIT
"""Small traces made to cost much: time, memory or output that does not stand in proportion to their bytes.

Found while fuzzing, and made by hand since then: no fuzzer puts them together.
"""

import os
import struct
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("asks wait4() what a command took", allow_module_level=True)

BUFFER_HEADER = 72
START = 0x10  # in an event: its time
OUTPUT = 300  # bytes of output for each byte of a trace: \u0000 is 6, names and the header's keys come on top
SECONDS = 10.0  # of the processor, also under the sanitizers
MEMORY = 400 << 20  # the limit is 64 MiB of buffers; the rest is for the sanitizers
PROVIDER = bytes(range(16))
METADATA_CLASS = bytes.fromhex("c1f6ccbbd16cc44880ff839482e37671")
HASH_CONSTANT = 0x13198A2E03707345  # of src/base/hash.c


def text16(text):
    return text.encode("utf-16le") + b"\0\0"


def pad8(data):
    return data + bytes(-len(data) % 8)


def tracelogging(name, fields):
    """Metadata of an event (extended item 11)."""
    body = b"\0" + name + b"\0" + fields
    return struct.pack("<H", len(body) + 2) + body


@pytest.fixture(scope="module")
def frame(run, tmp_path_factory):
    """The header buffer of a trace, and a header and a time for the buffers behind it."""
    path = tmp_path_factory.mktemp("bombs") / "frame.etl"
    run("sample", "-o", path, "--events", "20", "--buffer-size", "64")
    data = path.read_bytes()
    size = struct.unpack_from("<I", data)[0]
    time = struct.unpack_from("<q", data, size + BUFFER_HEADER + START)[0]
    return data[:size], data[size : size + BUFFER_HEADER], time


class Bomb:
    """A trace that grows event by event."""

    def __init__(self, frame):
        self.head, self.buffer_header, self.time = frame
        self.buffers, self.body = [], b""

    def buffer(self, stored, filled, flags=0):
        header = bytearray(self.buffer_header)
        struct.pack_into("<I", header, 0, BUFFER_HEADER + len(stored))
        struct.pack_into("<I", header, 0x30, BUFFER_HEADER + filled)
        header[0x34] |= flags
        self.buffers.append(bytes(header) + stored)

    def add(self, event):
        if len(self.body) + len(event) > 65000:
            self.end_buffer()
        self.body += pad8(event)

    def end_buffer(self):
        if self.body:
            self.buffer(self.body, len(self.body))
        self.body = b""

    def event(self, payload, metadata=b"", event_id=7):
        item = pad8(struct.pack("<HHHH", 0, 11, 0, len(metadata)) + metadata) if metadata else b""
        size = 80 + len(item) + len(payload)
        head = struct.pack("<HHHHIIq", size, 0xC013, bool(metadata), 0, 0, 1, self.time)
        self.add(head + PROVIDER + struct.pack("<HBBBBHQ", event_id, 0, 11, 4, 0, 0, 0) + bytes(24) + item + payload)

    def metadata(self, opcode, payload):
        head = struct.pack("<HHBBHIIq", 48 + len(payload), 0xC014, opcode, 0, 0, 1, 2, self.time)
        self.add(head + METADATA_CLASS + bytes(8) + payload)

    def data(self):
        self.end_buffer()
        return self.head + b"".join(self.buffers)


@pytest.fixture
def bomb(frame):
    return Bomb(frame)


@pytest.fixture
def cost(etwkit, tmp_path):
    """cost(bomb, *options): bytes of output for one of input, seconds, and the most memory of a dump."""

    def cost(bomb, *options):
        path = tmp_path / "bomb.etl"
        path.write_bytes(bomb.data())
        command = [etwkit, "dump", path, "--format", "jsonl", *options]
        environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=16"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
            size = 0
            while piece := process.stdout.read(1 << 20):
                size += len(piece)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1)
        return size / path.stat().st_size, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024

    return cost


def literals_and_one_match(data, size):
    """A stream (MS-XCA plain LZ77) that inflates to `size` bytes: `data` over and over."""
    tokens = [(0, data[i : i + 1]) for i in range(len(data))]
    length = struct.pack("<HBBHI", (len(data) - 1) << 3 | 7, 0x0F, 0xFF, 0, size - len(data) - 3)
    tokens.append((1, length))
    stream = b""
    for at in range(0, len(tokens), 32):
        group = tokens[at : at + 32]
        flags = sum(bit << (31 - i) for i, (bit, _) in enumerate(group)) | ((1 << (32 - len(group))) - 1)
        stream += struct.pack("<I", flags) + b"".join(token for _, token in group)
    return stream


def test_kinds_of_events_whose_hashes_would_meet(bomb, cost):
    """A block of the metadata that made the hash forget all before it; the kinds differ only there."""
    block = struct.pack("<Q", HASH_CONSTANT) + b"aaaaaaaa"
    for i in range(20000):
        bomb.event(b"", tracelogging(b"%013d" % i + block, b""))
    assert cost(bomb, "--event", "none")[1] < SECONDS / 2


def test_buffers_that_inflate_to_16_mib(bomb, cost):
    """The same event over and over, all at the same time, so that every buffer is opened at once."""
    bomb.event(b"")
    event, bomb.body = bomb.body, b""
    inflated = ((16 << 20) - BUFFER_HEADER) // len(event) * len(event)
    stream = literals_and_one_match(event, inflated)
    for _ in range(40):
        bomb.buffer(stream, inflated, flags=0x40)
    assert cost(bomb, "--limit", "10")[2] < MEMORY


def test_a_bit_map_whose_labels_all_fit(bomb, cost):
    entries = 1000
    texts = text16("m") + text16("label")
    at = 16 + 8 * entries
    head = struct.pack("<IIII", at, 2, entries, 0)
    labels = struct.pack("<II", at + len(text16("m")), 1) * entries
    bomb.metadata(33, PROVIDER + head + labels + texts)
    info = bytearray(0x70 + 24)
    info[:16] = PROVIDER
    struct.pack_into("<HB", info, 0x20, 7, 0)
    struct.pack_into("<II", info, 0x64, 1, 1)
    struct.pack_into("<IIHHIHHI", info, 0x70, 0x20, len(info), 4, 0, len(info) + len(text16("f")), 8000, 1, 0)
    bomb.metadata(32, bytes(info) + text16("f") + text16("m"))
    bomb.event(b"\1" * 8000)
    assert cost(bomb)[0] < OUTPUT


def test_a_long_name_repeated_for_each_element(bomb, cost):
    structs = b"a\0" + bytes((24 | 0x40 | 0x80, 1)) + b"n" * 8000 + b"\0\x04"
    bomb.event(struct.pack("<H", 10000) + bytes(10000), tracelogging(b"e", structs))
    assert cost(bomb)[0] < OUTPUT


def test_elements_that_take_no_byte(bomb, cost):
    structs = b"a\0" + bytes((24 | 0x40 | 0x80, 1)) + b"n\0\0"
    for _ in range(150):
        bomb.event(struct.pack("<H", 65535), tracelogging(b"e", structs))
    assert cost(bomb)[0] < OUTPUT
