# SPDX-License-Identifier: MIT
"""The exact words of each kind of damage: traces of our writer, damaged in one place each.

golden/damage.txt has what is said of each of them. GOLDEN_UPDATE=1 writes it anew: read the difference before you
commit it. What docs/damage.md lists and no case here brings up is named in NOT_HERE, with its reason.
"""

import os
import pathlib
import re
import struct
import uuid

import pytest

GOLDEN = pathlib.Path(__file__).parent / "golden" / "damage.txt"
HEADER = 72  # of a buffer
TIMES = {
    0x01: 0x10,
    0x02: 0x10,
    0x03: 0x10,
    0x04: 0x10,
    0x10: 8,
    0x11: 8,
    0x12: 0x10,
    0x13: 0x10,
    0x14: 0x10,
    0x15: 0x10,
}
SIZE_AT = {kind: 4 if kind <= 0x11 else 0 for kind in TIMES}
METADATA = uuid.UUID("bbccf6c1-6cd1-48c4-80ff-839482e37671").bytes_le
TRACELOGGING = 11
CASES = {}


def case(options="--seed 1"):
    """Names a function that damages the bytes of a sample written with these options."""

    def take(function):
        CASES[function.__name__] = (options, function)
        return function

    return take


def u16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def buffers(data):
    """Offsets of the buffers."""
    at = 0
    while at < len(data):
        yield at
        at += u32(data, at)


def events(data, *kinds):
    """(offset, size) of the events of a plain trace behind its first buffer, of some kinds or of all."""
    for buffer in list(buffers(data))[1:]:
        at, end = buffer + HEADER, buffer + u32(data, buffer + 48)
        while at < end:
            kind = data[at + 2] if data[at + 3] & 0x40 else None
            size = u16(data, at + SIZE_AT.get(kind, 0)) if kind in SIZE_AT else u16(data, at)
            if not kinds or kind in kinds:
                yield at, size
            at += (size + 7) // 8 * 8


def metadata(data, opcode, number=0):
    """Offset of the payload of an event that carries metadata."""
    found = [at for at, _ in events(data, 0x14) if data[at + 0x18 : at + 0x28] == METADATA and data[at + 4] == opcode]
    return found[number] + 0x30


def tracelogging(data, number=0):
    """(offset, size) of the TraceLogging metadata of an event."""
    found = []
    for event, _ in events(data, 0x13):
        at, more = event + 0x50, u16(data, event + 4) & 1
        while more:
            kind, more, size = u16(data, at + 2), u16(data, at + 4) & 1, u16(data, at + 6)
            if kind == TRACELOGGING:
                found.append((at + 8, size))
            at += (8 + size + 7) // 8 * 8
    return found[number]


def put(data, at, form, *values):
    struct.pack_into("<" + form, data, at, *values)


# Buffers.


@case()
def buffer_size_makes_no_sense(data):
    put(data, 2 * 0x10000, "I", 0x12345)


@case()
def buffer_header_makes_no_sense(data):
    data[2 * 0x10000 : 2 * 0x10000 + HEADER] = b"\x99" * HEADER


@case("--seed 1 --compress")
def buffer_leads_over_the_next(data):
    places = list(buffers(data))
    put(data, places[3], "I", u32(data, places[3]) + 24)


@case()
def no_buffer_follows(data):
    data[len(data) - 3 * 0x10000 :] = b"\xee" * (3 * 0x10000)


@case()
def the_last_buffer_is_missing(data):
    del data[-0x10000:]


@case()
def the_last_header_is_cut_off(data):
    del data[-0x10000 + 50 :]


@case()
def the_last_buffer_is_cut_off(data):
    del data[-0x10000 + 5000 :]


@case()
def filled_too_little(data):
    put(data, 0x10000 + 48, "I", 20)


@case()
def filled_too_much_for_any(data):
    """Of the first buffer, which is read whatever its header says."""
    put(data, 48, "IH", (16 << 20) + 8, u16(data, 52) | 0x40)


@case()
def filled_too_much(data):
    put(data, 0x10000 + 48, "I", 0x10008)


@case("--seed 1 --compress")
def compressed_data_is_damaged(data):
    place = list(buffers(data))[1]
    data[place + 600 : place + 700] = b"\0" * 100


# Events.


def event_at(data, number, *kinds):
    return list(events(data, *kinds))[number][0]


@case()
def event_too_small(data):
    put(data, event_at(data, 5, 0x13), "H", 8)


@case()
def event_too_large(data):
    """The last of its buffer, so that nothing of it runs over others."""
    buffer = 0x10000
    at = [at for at, _ in events(data) if buffer < at < 2 * buffer][-1]
    put(data, at + SIZE_AT.get(data[at + 2], 0), "H", 0xFFF8)


@case()
def event_of_no_kind(data):
    data[event_at(data, 5) + 2] = 0x77


@case()
def event_in_the_last_bytes(data):
    filled = u32(data, 0x10000 + 48)
    put(data, 0x10000 + 48, "I", filled + 4)
    data[0x10000 + filled : 0x10000 + filled + 4] = b"\1\2\3\4"


@case()
def event_runs_over_others(data):
    at, size = list(events(data, 0x13))[3]
    put(data, at, "H", size + 12)


@case()
def items_run_past_the_end(data):
    at, _ = next((at, size) for at, size in events(data, 0x13) if u16(data, at + 4) & 1)
    put(data, at + 0x50 + 6, "H", 0xFFF0)


@case()
def more_counters_than_bytes(data):
    at, _ = min(events(data, 0x11), key=lambda event: event[1])
    put(data, at, "H", u16(data, at) | 0x8700)


@case("--seed 1 --processors 1 --buffer-size 8 --events 30000")
def events_far_out_of_order(data):
    """A buffer in the middle begins as if it were the last: its other events come far too late."""
    place = list(buffers(data))[20]
    put(data, place + HEADER + TIMES[data[place + HEADER + 2]], "q", 1 << 40)


# The clock.


def patch_clock(data, kind):
    """PerfFreq and ReservedFlags stand behind the two name pointers and the time zone."""
    at = HEADER + 0x20 + 0x38 + 16 + 176 + 8
    put(data, at, "q", 0)
    put(data, at + 16, "I", kind)


@case()
def unknown_clock(data):
    at = HEADER + 0x20 + 0x38 + 16 + 176 + 8
    put(data, at + 16, "I", 9)


@case()
def clock_without_frequency(data):
    patch_clock(data, 1)


# Descriptions: TraceLogging.


@case()
def tracelogging_too_short(data):
    at, size = tracelogging(data)
    put(data, at, "H", size + 40)


@case()
def tracelogging_without_a_name(data):
    at, size = tracelogging(data)
    data[at + 2 : at + size] = b"x" * (size - 2)


def field_types(data, number):
    """Where the fields of an event begin: behind size, tags and the event's name."""
    at, size = tracelogging(data, number)
    return data.index(b"\0", at + 3) + 1, at + size


@case()
def tracelogging_ends_in_a_field(data):
    _, end = field_types(data, 0)
    data[end - 2 : end] = b"ab"


def rewrite(data, number, content):
    """Other fields in place of an event's own; what is left over becomes part of the last name."""
    begin, end = field_types(data, number)
    assert len(content) <= end - begin, "an event with more metadata is needed"
    at, _ = tracelogging(data, number)
    data[begin : begin + len(content)] = content
    put(data, at, "H", begin + len(content) - at)


def large_one(data, least):
    """The number of an event with so many bytes of fields."""
    number = 0
    while True:
        begin, end = field_types(data, number)
        if end - begin >= least:
            return number
        number += 1


@case()
def tracelogging_ends_in_a_struct(data):
    rewrite(data, large_one(data, 8), b"s\0\x98\x03" + b"a\0\x04")


@case()
def tracelogging_too_deep(data):
    rewrite(data, large_one(data, 17 * 4 + 3), b"s\0\x98\x01" * 17 + b"a\0\x04")


# Descriptions: TRACE_EVENT_INFO and EVENT_MAP_INFO.


def resize(data, payload, size):
    """The event of this payload announces less."""
    put(data, payload - 0x30, "H", 0x30 + size)


@case()
def embedded_shorter_than_its_head(data):
    put(data, metadata(data, 32) + 0x64, "I", 0x7FFFFFFF)
    put(data, metadata(data, 32, 1) + 0x30, "I", 99)


@case()
def embedded_text_outside(data):
    put(data, metadata(data, 32) + 0x44, "I", 0x00FFFFFF)


@case()
def embedded_texts_overlap(data):
    """Every name is most of the blob."""
    payload = metadata(data, 32)
    texts, end = payload + 0x70 + 18 * 24, payload + u16(data, payload - 0x30) - 0x30
    for at in range(texts, end - 4, 2):
        put(data, at, "H", 0x61)
    put(data, payload + 0x40, "I", 0)
    for i in range(18):
        put(data, payload + 0x70 + i * 24 + 4, "I", 0x70 + 18 * 24)


@case()
def embedded_keywords_without_end(data):
    payload = metadata(data, 32)
    size = u16(data, payload - 0x30) - 0x30
    put(data, payload + 0x40, "I", size - 4)


@case()
def map_with_too_many_entries(data):
    put(data, metadata(data, 33) + 16 + 8, "I", 0x10000)


@case()
def map_shorter_than_its_head(data):
    """A short event of another kind in its place: 20 bytes, and unused room behind it as an event of its own."""
    payload = metadata(data, 33, 2)
    whole = u16(data, payload - 0x30)
    put(data, payload - 0x30, "H", 0x30 + 24)
    rest = payload + 24
    left = (whole + 7) // 8 * 8 - 0x30 - 24
    data[rest : rest + 0x30] = data[payload - 0x30 : payload]
    data[rest + 4] = 99
    put(data, rest, "H", left)


@case()
def event_info_shorter_than_its_head(data):
    payload = metadata(data, 32, 2)
    whole = u16(data, payload - 0x30)
    put(data, payload - 0x30, "H", 0x30 + 0x40)
    rest = payload + 0x40
    data[rest : rest + 0x30] = data[payload - 0x30 : payload]
    data[rest + 4] = 99
    put(data, rest, "H", (whole + 7) // 8 * 8 - 0x30 - 0x40)


def property_at(data, index):
    return metadata(data, 32) + 0x70 + index * 24


@case()
def field_has_members_that_are_not_there(data):
    put(data, property_at(data, 12) + 10, "H", 9)


@case()
def field_belongs_to_two_structs(data):
    """A second struct with the members of the first."""
    data[property_at(data, 0) : property_at(data, 0) + 4] = struct.pack("<I", 1)
    put(data, property_at(data, 0) + 8, "HH", 15, 3)


@case()
def field_refers_to_none_before_it(data):
    put(data, property_at(data, 10) + 18, "H", 12)


@case()
def field_refers_to_no_integer(data):
    put(data, property_at(data, 10) + 18, "H", 1)


# Files that are no trace.


def whole(name, content):
    def damage(data):
        data[:] = content

    damage.__name__ = name
    return case()(damage)


whole("empty", b"")
whole("text", b"hello, this is a text\n" * 9)
whole("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
whole("event_log", b"ElfFile\0" + bytes(200))
whole("minidump", b"MDMP" + bytes(200))
whole("few_bytes", b"\0" * 60)
whole("zeros", b"\0" * 200)
whole("something", b"\xff" * 200)


@case()
def cut_in_the_header_event(data):
    del data[HEADER + 100 :]


@case()
def of_windows_xp(data):
    data[HEADER + 0x20 + 4] = 5
    put(data, 54, "H", 0)


# What no case above brings up, and why.
NOT_HERE = {
    **dict.fromkeys(
        (
            f"… is not an ETW trace: it is a {kind} (unpack it first)"
            for kind in ("zip archive", "gzip file", "7z archive", "cabinet archive")
        ),
        "tests/unit/etl/test_etl.c: the command unpacks them, tests/archive",
    ),
    "TraceLogging metadata: at byte N there are too many fields": "tests/unit/schema/test_tracelogging.c",
    "field N is a struct nested too deep": "tests/unit/schema/test_layout.c: embedded metadata of 17 levels",
    "field N refers to one field too many": "tests/unit/schema/test_layout.c: 33 counted fields",
    "field N has a name that is too long": "tests/unit/schema/test_layout.c: 8,193 bytes",
    "N fields, N of them at the top: more than can be": "tests/unit/schema/test_layout.c: 4,097 fields",
    "embedded event metadata: more than N MiB of it are not kept": "a trace with 256 MiB of metadata",
    **dict.fromkeys(
        (
            "EventSource manifest of …: N of its N chunks are missing",
            "is none of them",
            "came twice, and differs",
            "begins another one before this one was complete",
            "too many manifests of EventSources: further ones are not read",
        ),
        "tests/unit/schema/test_eventsource.c",
    ),
    "…: too many buffers": "4,294,967,295 buffers",
    "more than 4,294,967,295 buffers in one file": "4,294,967,295 buffers",
    "…: cannot …: …": "tests/faults, tests/cli/test_exit_codes.py",
}


@pytest.fixture(scope="module")
def samples(run, tmp_path_factory):
    """The bytes of a sample by its options."""
    folder, made = tmp_path_factory.mktemp("damage"), {}

    def sample(options):
        if options not in made:
            path = folder / f"{len(made)}.etl"
            run("sample", "-o", path, *options.split())
            made[options] = path.read_bytes()
        return made[options]

    return sample


@pytest.fixture(scope="module")
def said(run, samples, tmp_path_factory):
    """What is said of each case, on standard error: texts by name."""
    folder = tmp_path_factory.mktemp("said")
    told = {}
    for name, (options, damage) in CASES.items():
        data = bytearray(samples(options))
        damage(data)
        (folder / "trace.etl").write_bytes(data)
        done = run("dump", "trace.etl", code=None, cwd=folder)
        told[name] = f"{done.stderr.decode()}exit code {done.returncode}\n"
    return told


def test_the_words(said):
    text = "".join(f"# {name}\n{lines}\n" for name, lines in said.items())
    if os.environ.get("GOLDEN_UPDATE"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_each_case_is_damage(said):
    for name, text in said.items():
        assert text.startswith("etwkit: trace.etl") and text.endswith(("code 1\n", "code 3\n")), (name, text)


def rows(root):
    """Of traces; what is said of other files has tests beside their readers."""
    page = (root / "docs" / "damage.md").read_text(encoding="utf-8").partition("\n## Files that describe events")[0]
    for row in page.splitlines():
        if row.startswith("| `"):
            yield from re.findall(r"`([^`]+)`", row.split(" | ")[0])


def test_each_row_of_the_page_comes_up(root, said):
    text = "".join(said.values()).replace("`", "")
    for row in rows(root):
        pattern = re.sub(r"\bN\b", r"[\\d,]+", re.escape(row)).replace("0xN", "0x[0-9A-F]+").replace("…", ".+")
        assert bool(re.search(pattern, text)) != (row in NOT_HERE), row
