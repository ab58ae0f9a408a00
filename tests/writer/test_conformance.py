# SPDX-License-Identifier: MIT
"""Files of our writer and files of Windows, held against the same rules.

Nothing here comes from the library or its headers: the layout stands below in numbers, taken from the facts of the
format (docs/format) alone, and every rule must hold for the kernel-written and merged traces of the corpus, where that
is, before it may say anything about ours.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass, field

import pytest

CORPUS = """
ab_AMSITrace ab_ShutdownPerfDiagLogger diaghub.kernel.1 diaghub.user_injected.1 gcevents krabs_powershell net.4.5.2.x86
pktmon pv_SelfDescribingSingleEvent pw_eventlog pyetw_out pyetwkit_sample sb_image_data_32_v0 sb_image_data_32_v1
sb_image_data_32_v2 sb_process_data_32_v1 sb_process_data_32_v3 tx_HTTP_Server tx_KernelNetwork tx_WsRm01 wpp_CldFlt0
wpp_waasmedic
""".split()

# What a file of ours is made with. Every clock, pointer size, form of buffer, and 1 to 8 processors.
OURS = {
    "default": "",
    "one_processor": "--processors 1 --seed 2",
    "two_processors": "--processors 2 --seed 3 --buffer-size 8",
    "eight_processors": "--processors 8 --seed 4 --buffer-size 16",
    "many_processors": "--processors 64 --seed 14 --buffer-size 8",
    "32_bit": "--pointer-size 4 --seed 5",
    "32_bit_compressed": "--pointer-size 4 --compress --seed 6 --processors 3",
    "compressed": "--compress --seed 7",
    "compressed_small": "--compress --seed 8 --buffer-size 8 --processors 8",
    "compressed_big": "--compress --seed 9 --buffer-size 1024 --processors 1",
    "system_clock": "--clock system --seed 10",
    "system_clock_compressed": "--clock system --compress --seed 11 --processors 5",
    "cpu_clock": "--clock cpu --seed 12",
    "cpu_clock_32_bit": "--clock cpu --frequency 1999000000 --pointer-size 4 --seed 13 --processors 7",
    "windows_7": "--windows 7 --seed 15",
    "windows_7_32_bit": "--windows 7 --seed 16 --pointer-size 4 --processors 6 --clock cpu",
    "few_events": "--events 1 --seed 17",
    "odd_frequency": "--frequency 2630627 --seed 18 --buffer-size 32",
    "fast_clock": "--frequency 10000000000 --seed 19 --buffer-size 64",
}
UNFINISHED = {
    "crashed": "--unfinished --seed 20",
    "crashed_compressed": "--unfinished --compress --seed 21",
    "crashed_early": "--unfinished --seed 22 --events 1 --buffer-size 1024",
}

# Event types: header size, where its size stands, where its time stands, what kind.
KERNEL, CLASSIC, MODERN = "kernel", "classic", "modern"
TYPES = {
    0x01: (0x20, 4, 0x10, KERNEL),
    0x02: (0x20, 4, 0x10, KERNEL),
    0x03: (0x18, 4, 0x10, KERNEL),
    0x04: (0x18, 4, 0x10, KERNEL),
    0x10: (0x10, 4, 0x08, KERNEL),
    0x11: (0x10, 4, 0x08, KERNEL),
    0x0A: (0x30, 0, 0x10, CLASSIC),
    0x14: (0x30, 0, 0x10, CLASSIC),
    0x0B: (0x48, 0, 0x10, CLASSIC),
    0x15: (0x48, 0, 0x10, CLASSIC),
    0x12: (0x50, 0, 0x10, MODERN),
    0x13: (0x50, 0, 0x10, MODERN),
}


def inflate(data, want, complaints):
    """MS-XCA plain LZ77. Complains of what real streams do not do."""
    out, at, flags, bits, half = bytearray(), 0, 0, 0, None
    while len(out) < want:
        if bits == 0:
            flags, bits, at = struct.unpack_from("<I", data, at)[0], 32, at + 4
        bits -= 1
        if not flags >> bits & 1:
            out.append(data[at])
            at += 1
            continue
        word = struct.unpack_from("<H", data, at)[0]
        at += 2
        distance, length = (word >> 3) + 1, word & 7
        if length == 7:
            if half is None:
                half, length, at = at, data[at] & 15, at + 1
            else:
                length, half = data[half] >> 4, None
            if length == 15:
                length, at = data[at], at + 1
                if length == 255:
                    length, at = struct.unpack_from("<H", data, at)[0], at + 2
                    if length == 0:
                        length, at = struct.unpack_from("<I", data, at)[0], at + 4
                    length -= 22
                length += 15
            length += 7
        length += 3
        start = len(out) - distance
        assert start >= 0 and len(out) + length <= want
        for i in range(start, start + length):
            out.append(out[i])
    if bits and flags & ((1 << bits) - 1) != (1 << bits) - 1:
        complaints.append("unused flags are not ones")
    if data[at:] not in (b"", b"\xff\xff\xff\xff"):
        complaints.append(f"{len(data) - at} bytes of a stream are not used")
    return bytes(out)


@dataclass
class Event:
    """One event; `time` is None for a message without one."""

    position: int
    type: int  # 0: a WPP message
    size: int
    time: int | None
    data: bytes


@dataclass
class Buffer:
    """One buffer; the fields in the order of its header, and its bytes, inflated."""

    place: int
    size: int
    saved: int
    current: int
    references: int
    time: int
    sequence: int
    processor: int
    beside: int  # the byte beside the processor's
    logger: int
    state: int
    filled: int
    flags: int
    kind: int
    data: bytes = b""
    complaints: list = field(default_factory=list)

    @property
    def indexed(self):
        return bool(self.flags & 0x20)

    @property
    def compressed(self):
        return bool(self.flags & 0x40)

    @functools.cached_property
    def events(self):
        found, at = [], 0x48
        while at < self.filled:
            first = struct.unpack_from("<I", self.data, at)[0]
            kind, mark = first >> 16 & 0xFF, first >> 24
            time = None
            if mark & 0xC0 == 0xC0:
                header, size_at, time_at, _ = TYPES[kind]
                size = struct.unpack_from("<H", self.data, at + size_at)[0]
                time = struct.unpack_from("<q", self.data, at + time_at)[0]
            else:
                assert mark == 0x90, f"no event at {at:#x} of the buffer at {self.place:#x}"
                size, options = struct.unpack_from("<H4xH", self.data, at)
                header, kind = 8, 0
                if options & 8:
                    skip = 8 + 4 * bool(options & 1) + (4 if options & 4 else 16 * bool(options & 2))
                    time = struct.unpack_from("<q", self.data, at + skip)[0]
            assert size >= header
            found.append(Event(at, kind, size, time, self.data[at : at + size]))
            at += size + 7 & ~7
        # One relogged header buffer of the corpus says where its event ends, not where that is rounded up to.
        if at != self.filled and not (self.kind == 4 and at - self.filled < 8):
            self.complaints.append(f"events end at {at:#x}, not at {self.filled:#x}")
        return found


class Trace:
    """A file taken apart."""

    def __init__(self, data):
        self.size, self.buffers, place = len(data), [], 0
        while place + 0x48 <= len(data):
            fields = struct.unpack_from("<IIIiqq8xBBHIIHH", data, place)
            buffer = Buffer(place, *fields)
            if buffer.indexed:
                buffer.processor, buffer.beside = buffer.processor | (buffer.beside & 7) << 8, 0
            body = data[place + 0x48 : place + buffer.size]
            if buffer.compressed:
                body = inflate(body, buffer.filled - 0x48, buffer.complaints)
            buffer.data = data[place : place + 0x48] + body
            self.buffers.append(buffer)
            place += buffer.size
        self.end = place
        self.head, self.rest = self.buffers[0], self.buffers[1:]
        event = self.head.events[0]
        self.header_event, payload = event, event.data[0x20:]
        wide = event.type == 2
        slots = "QQ" if wide else "II"
        (
            self.buffer_size,
            major,
            minor,
            *self.sub,
            self.build,
            self.processors,
            self.end_time,
            self.resolution,
            self.maximum,
            self.mode,
            self.written,
            self.start_buffers,
            self.pointer_size,
            self.events_lost,
            self.mhz,
        ) = struct.unpack_from("<IBBBBIIqIIIIIIII", payload)
        self.windows = (major, minor)
        self.slots = struct.unpack_from("<" + slots, payload, 0x38)
        zone = 0x48 if wide else 0x40
        self.bias = struct.unpack_from("<i", payload, zone)[0]
        self.zone_pad = payload[zone + 172 : zone + 176]
        self.boot, self.frequency, self.start, self.clock, self.buffers_lost = struct.unpack_from(
            "<qqqII", payload, zone + 176
        )
        self.names = payload[zone + 208 :].decode("utf-16-le").split("\0")
        self.merged = bool(self.mode & 0x10000)
        self.any_compressed = any(b.compressed for b in self.rest)

    def filetime(self, ticks):
        frequency = {1: self.frequency, 2: 10**7, 3: self.mhz * 10**6}[self.clock]
        return self.start + (ticks - self.header_event.time) * 10**7 // frequency


RULES = []


def rule(function):
    """A rule yields its complaints."""
    RULES.append(function)
    return function


@rule
def buffers_fill_the_file(trace):
    if trace.end != trace.size:
        yield f"buffers end at {trace.end:#x}, the file at {trace.size:#x}"


@rule
def the_first_buffer_is_the_header_buffer(trace):
    if trace.head.kind != 4 or any(b.kind != 0 for b in trace.rest):
        yield f"types {[b.kind for b in trace.buffers]}"


@rule
def flags_of_the_header_buffer(trace):
    old = trace.merged or trace.windows < (6, 2)
    if trace.head.flags != (0x01 if old else 0x21):
        yield f"flags {trace.head.flags:#x}"


@rule
def flags_of_data_buffers(trace):
    usual = {0x00} if trace.windows < (6, 2) else {0x20, 0x60}
    for buffer in trace.rest:
        if buffer.flags & ~0x01 not in usual:
            yield f"flags {buffer.flags:#x} at {buffer.place:#x}"


@rule
def only_merged_files_are_compressed(trace):
    if trace.any_compressed != bool(trace.mode & 0x4000000):
        yield f"mode {trace.mode:#x}"
    if trace.any_compressed and not trace.merged:
        yield "a compressed file that was not merged: none was ever seen"
    if trace.sub != ([2, 0] if trace.any_compressed else [1, 5]):
        yield f"sub-version {trace.sub}"


@rule
def processors_are_bytes_or_words(trace):
    for buffer in trace.buffers:
        # Header buffers of merged files have neither form: flag clear, and a zero where Windows 7 has its 8.
        eight = not buffer.indexed and trace.windows < (6, 2)
        if buffer.beside != (8 if eight else 0):
            yield f"{buffer.beside} beside the processor at {buffer.place:#x}"
        if buffer.processor >= trace.processors:
            yield f"processor {buffer.processor} of {trace.processors} at {buffer.place:#x}"
    if trace.head.processor != 0:
        yield f"the header buffer is of processor {trace.head.processor}"


@rule
def sizes_of_buffers(trace):
    for buffer in trace.rest:
        if not buffer.compressed and buffer.size != trace.buffer_size:
            yield f"size {buffer.size:#x} at {buffer.place:#x}, {trace.buffer_size:#x} in the header"
        if buffer.compressed and buffer.size >= trace.buffer_size:
            yield f"compressed size {buffer.size:#x} at {buffer.place:#x} saves nothing"
        if buffer.compressed and buffer.filled > trace.buffer_size:
            yield f"{buffer.filled:#x} bytes filled of {trace.buffer_size:#x} at {buffer.place:#x}"
    if trace.any_compressed:
        if trace.head.size != trace.head.filled + 0x1FF & ~0x1FF:
            yield f"the header buffer has {trace.head.size:#x} bytes for {trace.head.filled:#x}"
    elif trace.head.size != trace.buffer_size:
        yield f"the header buffer has {trace.head.size:#x} bytes, not {trace.buffer_size:#x}"


@rule
def filled_is_saved(trace):
    for buffer in trace.rest:
        if buffer.saved != buffer.filled or buffer.filled % 8:
            yield f"SavedOffset {buffer.saved:#x}, filled {buffer.filled:#x} at {buffer.place:#x}"
    first = 0x48 + (trace.header_event.size + 7 & ~7)
    whole = (0,) if trace.windows < (6, 2) else (first, trace.head.filled)
    # What else stands in a header buffer may have come after the offset was saved, in part or all.
    if trace.head.saved not in whole and not (trace.windows >= (6, 2) and first < trace.head.saved < trace.head.filled):
        yield f"SavedOffset {trace.head.saved:#x} of the header buffer, filled {trace.head.filled:#x}"


@rule
def current_is_the_claim_that_did_not_fit(trace):
    """Stricter than "exceeds BufferSize": an event's claim, or that of a flush, a whole buffer."""
    for buffer in trace.rest:
        claim = buffer.current - buffer.saved
        flushed = claim == trace.buffer_size
        overflow = claim % 8 == 0 and 0x10 <= claim <= 0x10000 and buffer.current > trace.buffer_size
        if not flushed and not overflow:
            yield f"CurrentOffset {buffer.current:#x} after {buffer.saved:#x} at {buffer.place:#x}"
    usual = 0 if trace.merged else trace.head.saved or trace.head.filled
    if trace.head.current != usual:
        yield f"CurrentOffset {trace.head.current:#x} of the header buffer"


@rule
def references_and_state(trace):
    for buffer in trace.buffers:
        if buffer.references != 0 or buffer.state not in ((0, 3) if buffer is trace.head else (3,)):
            yield f"{buffer.references} references, state {buffer.state} at {buffer.place:#x}"


@rule
def one_logger(trace):
    if len({b.logger for b in trace.rest}) > 1:
        yield f"loggers {sorted({b.logger for b in trace.rest})}"
    if trace.merged and trace.head.logger != 0:
        yield f"a merged file of logger {trace.head.logger}"
    if not trace.merged and any(b.logger != trace.head.logger or b.logger == 0 for b in trace.buffers):
        yield f"loggers {sorted({b.logger for b in trace.buffers})}"


@rule
def buffer_times(trace):
    if trace.head.time != 0:
        yield f"the header buffer has the time {trace.head.time}"
    before = 0
    for buffer in trace.rest:
        last = max(e.time for e in buffer.events if e.time is not None)
        if trace.merged:
            if not trace.start <= buffer.time <= trace.start + 10**7 * 86400 * 30:
                yield f"the time at {buffer.place:#x} is no FILETIME of this trace: {buffer.time}"
        elif buffer.time < last:
            yield f"the buffer at {buffer.place:#x} was flushed before its last event, by {last - buffer.time}"
        if buffer.time < before:
            yield f"the buffer at {buffer.place:#x} was flushed before the one in front of it"
        before = buffer.time


@rule
def sequence_numbers(trace):
    if trace.head.sequence != 0:
        yield f"the header buffer has number {trace.head.sequence}"
    numbers = [b.sequence for b in trace.rest]
    if len(set(numbers)) != len(numbers) or any(n < 1 for n in numbers):
        yield f"numbers {numbers}"


@rule
def numbers_rise_on_each_processor(trace):
    """A number is drawn when a buffer is begun: those of one processor come in order, those of all do not."""
    last = {}
    for buffer in trace.rest:
        if buffer.sequence < last.get(buffer.processor, 0):
            yield f"number {buffer.sequence} after {last[buffer.processor]} on processor {buffer.processor}"
        last[buffer.processor] = buffer.sequence


@rule
def slack_is_ff(trace):
    for buffer in trace.buffers:
        # In the one header buffer whose end is not rounded up, leftovers stand up to the next multiple of 8.
        slack = buffer.data[buffer.filled + 7 & ~7 : buffer.size]
        if not buffer.compressed and slack.strip(b"\xff"):
            yield f"slack at {buffer.place:#x} is not all 0xFF"


@rule
def streams_are_as_windows_makes_them(trace):
    for buffer in trace.rest:
        yield from (f"{c} at {buffer.place:#x}" for c in buffer.complaints if "flags" in c or "stream" in c)


@rule
def events_fill_their_buffers(trace):
    for buffer in trace.buffers:
        count = len(buffer.events)
        yield from (f"{c} at {buffer.place:#x}" for c in buffer.complaints if "events end" in c)
        if not count:
            yield f"no event in the buffer at {buffer.place:#x}"


@rule
def the_header_event(trace):
    event = trace.header_event
    version, size, opcode, group = struct.unpack_from("<H2xHBB", event.data)
    if event.type != (2 if trace.pointer_size == 8 else 1) or (version, opcode, group) != (2, 0, 0):
        yield f"type {event.type}, version {version}, opcode {opcode}, group {group}"
    if len(trace.names) != 3 or trace.names[2] != "" or not trace.names[1]:
        yield f"names {trace.names}"
    if size != event.size:
        yield f"size {size}"


@rule
def the_header_event_is_the_earliest(trace):
    for buffer in trace.buffers:
        for event in buffer.events:
            if event.time is not None and event.time < trace.header_event.time:
                yield f"{event.time} at {event.position:#x} of the buffer at {buffer.place:#x}"
                break


@rule
def header_fields(trace):
    if trace.start_buffers != 1:
        yield f"StartBuffers {trace.start_buffers}"
    if any(slot > 16 for slot in trace.slots):
        yield f"pointers {trace.slots}"
    if trace.zone_pad.strip(b"\0") and trace.header_event.type == 2:
        yield f"padding {trace.zone_pad.hex()}"
    if not 0 < trace.boot < trace.start:
        yield f"boot {trace.boot}, start {trace.start}"
    if trace.clock not in (1, 2, 3) or trace.frequency <= 0 or trace.mhz <= 0:
        yield f"clock {trace.clock}, frequency {trace.frequency}, {trace.mhz} MHz"
    if trace.clock != 1 and trace.frequency != 10**7:
        yield f"frequency {trace.frequency} with clock {trace.clock}"
    if trace.clock == 2 and trace.header_event.time != trace.start:
        yield f"system time {trace.header_event.time}, start {trace.start}"
    if not 100_000 <= trace.resolution <= 200_000:
        yield f"timer resolution {trace.resolution}"
    if abs(trace.bias) > 24 * 60:
        yield f"time zone {trace.bias}"


@rule
def times_never_step_back_on_a_processor(trace):
    last = {}
    for buffer in trace.rest:
        for event in buffer.events:
            if event.time is None:
                continue
            if event.time < last.get(buffer.processor, 0):
                yield f"at {event.position:#x} of the buffer at {buffer.place:#x}"
            last[buffer.processor] = event.time


@rule
def extended_items(trace):
    for buffer in trace.rest:
        for event in buffer.events:
            if TYPES.get(event.type, (0,) * 4)[3] != MODERN:
                continue
            flags = struct.unpack_from("<H", event.data, 4)[0]
            if flags & ~5:  # items, and a string only
                yield f"flags {flags:#x} of the event at {event.position:#x} in {buffer.place:#x}"
            at, more = 0x50, flags & 1
            while more:
                total, kind, linkage, size = struct.unpack_from("<HHHH", event.data, at)
                if total != size + 15 & ~7 or linkage & ~1:
                    yield f"item {kind}: total {total}, size {size}, linkage {linkage:#x}"
                at, more = at + total, linkage & 1
            if at > event.size:
                yield f"items pass the event's end at {event.position:#x} in {buffer.place:#x}"


FINISHED = []


def finished(function):
    """A rule for traces that their session closed."""
    FINISHED.append(function)
    return function


@finished
def the_last_buffer_alone_is_marked(trace):
    marked = [b.place for b in trace.rest if b.flags & 1]
    if marked != [trace.rest[-1].place]:
        yield f"marked: {marked}"


@finished
def buffers_are_counted(trace):
    if trace.written != len(trace.buffers):
        yield f"{trace.written} written, {len(trace.buffers)} there"


@finished
def the_end_is_told(trace):
    if trace.end_time < trace.start:
        yield f"EndTime {trace.end_time}, StartTime {trace.start}"
    if not trace.merged:
        last = trace.filetime(trace.rest[-1].time)
        if abs(trace.end_time - last) > 2 * 10**7:
            yield f"EndTime is {(trace.end_time - last) / 10**7} s from the last flush"


def check(rules, trace):
    complaints = {function.__name__: list(function(trace)) for function in rules}
    assert not {name: found[:5] for name, found in complaints.items() if found}


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    """A file of ours by its options, written once."""
    folder = tmp_path_factory.mktemp("written")

    @functools.cache
    def written(options):
        path = folder / f"{len(list(folder.iterdir()))}.etl"
        run("sample", "-o", path, *options.split())
        return Trace(path.read_bytes())

    return written


@pytest.mark.parametrize("name", CORPUS)
def test_rules_hold_for_real_traces(corpus, name):
    check(RULES + FINISHED, Trace((corpus / "etl" / f"{name}.etl").read_bytes()))


@pytest.mark.parametrize("name", OURS)
def test_rules_hold_for_ours(written, name):
    check(RULES + FINISHED, written(OURS[name]))


@pytest.mark.parametrize("name", UNFINISHED)
def test_a_crashed_session(written, name):
    trace = written(UNFINISHED[name])
    check(RULES, trace)
    assert trace.end_time == 0
    assert trace.written == 1  # as it was when the file was begun
    assert not any(b.flags & 1 for b in trace.rest)
