# SPDX-License-Identifier: MIT
"""Traces that hypothesis has written: lines, objects, columns and filters say the same of each event."""

import ipaddress
import json
import math
import pathlib
import re
import struct
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TIME = re.compile(r"\d{4}-\d\d-\d\dT.*Z\Z")
SETTINGS = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def written(draw):
    """Options of `etwkit sample`."""
    options = ["--seed", draw(st.integers(0, 2**32 - 1)), "--events", draw(st.integers(1, 600))]
    options += [
        "--pointer-size",
        draw(st.sampled_from([4, 8])),
        "--clock",
        draw(st.sampled_from(["qpc", "system", "cpu"])),
    ]
    options += ["--buffer-size", draw(st.sampled_from([8, 64])), "--processors", draw(st.integers(1, 8))]
    return options + draw(st.sampled_from([[], ["--compress"], ["--unfinished"], ["--windows", "7"]]))


@pytest.fixture(scope="module")
def make(run):
    """make(options): the path of such a trace."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "any.etl"

        def make(options):
            run("sample", "-o", path, *options)
            return path

        yield make


def as_text(value):
    """A value of a column or of an event as a line has it, as far as it can be told without the schema."""
    if isinstance(value, float):
        return value if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, (bytes, bytearray)):
        return value.hex().upper()
    if isinstance(value, ipaddress.IPv6Address) and value.ipv4_mapped:
        return f"::ffff:{value.ipv4_mapped}"
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, dict):
        return {name: as_text(item) for name, item in value.items()}
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def same_float(shown, line):
    """Of 32 bits a line has the shortest text that is the number."""
    return shown == line or shown == struct.unpack("f", struct.pack("f", line))[0]


def same(shown, line):
    """Is it what the line says? Integers may be shown as hex there, times to 100 ns or as 0, maps as labels."""
    if isinstance(shown, list) and isinstance(line, list):
        return len(shown) == len(line) and all(map(same, shown, line))
    if isinstance(shown, dict) and isinstance(line, dict):
        return list(shown) == list(line) and all(map(same, shown.values(), line.values()))
    if isinstance(shown, float) and isinstance(line, float):
        return same_float(shown, line)
    if isinstance(shown, int) and isinstance(line, str) and line.startswith("0x"):
        return int(line, 16) in (shown, shown % 2**32, shown % 2**64)
    if isinstance(shown, str) and isinstance(line, str) and TIME.match(line):
        return shown[:19].replace(" ", "T") == line[:19]
    return shown == line or (line == 0 and shown == "1601-01-01 00:00:00+00:00")


@SETTINGS
@given(options=written())
def test_events_are_their_lines(etw, lines, make, options):
    path = make(options)
    wanted = lines(path)
    with etw.open(path) as trace:
        events = list(trace)
    assert [event.to_json() for event in events] == wanted
    for event, line in zip(events, map(json.loads, wanted), strict=True):
        properties = {
            name: value.label if isinstance(value, etw.MappedInt) else as_text(value)
            for name, value in event.properties.items()
        }
        for name, shown in properties.items():
            assert same(shown, line["properties"][name]), (name, shown, line["properties"][name])
        assert list(properties) == list(line["properties"] or {})
        assert json.loads(event.to_json_pretty()) == line and list(event.to_dict()) == list(line)


@SETTINGS
@given(options=written())
def test_columns_are_the_events(etw, make, options):
    pa = pytest.importorskip("pyarrow")
    with etw.open(make(options)) as trace:
        events = list(trace)
        table = pa.table(trace)
        for name in ("timestamp_ns", "provider_name", "event_name", "event_id", "opcode", "keywords", "process_id"):
            cells = table.column(name.removesuffix("_ns"))
            cells = cells.cast(pa.int64()) if name == "timestamp_ns" else cells
            assert cells.to_pylist() == [getattr(event, name) for event in events]
        kinds = {(event.provider_name, event.event_name) for event in events if event.schema.fields}
        for provider, event_name in sorted(kinds, key=str)[::5]:
            if provider is None or set(provider + event_name) & set("*?"):
                continue
            mine = [e for e in events if (e.provider_name, e.event_name) == (provider, event_name) and e.schema.fields]
            cells = pa.table(trace.select(provider, event_name, numeric=True))
            assert cells.num_rows == len(mine)
            for field in mine[0].schema.fields:
                if field.in_type in (
                    "UInt8",
                    "UInt16",
                    "UInt32",
                    "UInt64",
                    "Int32",
                    "Int64",
                    "UnicodeString",
                    "Double",
                ):
                    column = cells.column(field.name).to_pylist()
                    values = [e.get(field.name) for e in mine]
                    plain = [v for v in values if isinstance(v, (str, list)) or type(v) in (int, float, etw.MappedInt)]
                    if len(plain) == len(values):
                        assert repr(column) == repr([int(v) if isinstance(v, int) else v for v in values]), field.name


@SETTINGS
@given(options=written(), data=st.data())
def test_filters_are_python_s(etw, make, options, data):
    with etw.open(path := make(options)) as trace:
        events = list(trace)
    event = data.draw(st.sampled_from(events))
    numbers = {k: v for k, v in event.properties.items() if isinstance(v, int) and not isinstance(v, bool)}
    texts = {k: v for k, v in event.properties.items() if isinstance(v, str)}
    where, chosen, means = (
        etw.EventFilter.where,
        etw.EventFilter(opcode=event.opcode),
        lambda e: e.opcode == event.opcode,
    )
    if numbers:
        name = data.draw(st.sampled_from(sorted(numbers)))
        limit = numbers[name] + data.draw(st.integers(-2, 2))
        chosen, opcode = chosen & where(name, "<=", limit), means

        def at_most(value):
            values = value if isinstance(value, list) else [value]
            return any(isinstance(v, int) and v <= limit for v in values)

        def means(e, before=opcode):
            return before(e) and name in e and at_most(e[name])

    if texts:
        other = data.draw(st.sampled_from(sorted(texts)))
        part = texts[other][:3]
        chosen, before = chosen | where(other, "contains", part), means

        def means(e, before=before):
            value = e.get(other)
            return before(e) or (other in e and isinstance(value, str) and part in value)

    comparable = [e for e in events if not texts or isinstance(e.get(other), (str, type(None)))]
    if numbers:
        comparable = [e for e in comparable if isinstance(e.get(name), (int, type(None), list))]
    assert [chosen.matches(e) for e in comparable] == [means(e) for e in comparable]
    with etw.open(path, filter=~chosen) as trace:
        assert trace.count() == sum(not chosen.matches(e) for e in events)


@SETTINGS
@given(number=st.integers(-(2**70), 2**70), text=st.text(max_size=8))
def test_arguments_that_make_no_sense(etw, number, text):
    """A clear error, or it is taken; never a number or a text that was not given."""
    for name, most in (("id", 65535), ("opcode", 255), ("pid", 2**32 - 1), ("levels", 255), ("keyword", 2**64 - 1)):
        if 0 <= number <= most:
            etw.EventFilter(**{name: number})
        else:
            with pytest.raises((ValueError, OverflowError)):
                etw.EventFilter(**{name: number})
    for use in (lambda: etw.EventFilter(provider=text), lambda: etw.EventFilter.where(text, "==", number)):
        try:
            use()
        except (ValueError, UnicodeEncodeError):
            assert "\0" in text or any(0xD800 <= ord(letter) < 0xE000 for letter in text)
