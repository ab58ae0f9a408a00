# SPDX-License-Identifier: MIT
"""EtwEvent: the lines of the command, fields, properties, and what outlives what."""

import collections.abc
import datetime
import gc
import ipaddress
import json
import math
import uuid

import pytest

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def same(a, b):
    """Equal, where NaN equals NaN."""
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    return type(a) is type(b) and a == b


def find(trace, **wanted):
    """The first event with these properties or fields."""
    for event in trace:
        if all(getattr(event, name, None) == value for name, value in wanted.items()):
            return event
    raise AssertionError(f"no event with {wanted}")


def test_lines_are_the_command_s(trace, sample, lines):
    assert [event.to_json() for event in trace] == lines(sample)


def test_corpus_lines_are_the_command_s(etw, corpus, lines):
    for path in sorted((corpus / "etl").glob("*.etl")):
        with etw.open(path) as trace:
            events = list(trace)
        assert [event.to_json() for event in events] == lines(path), path.name


def test_fields_are_those_of_the_line(trace):
    names = ("provider_name", "event_name", "event_id", "version", "level", "opcode", "task", "channel")
    names += ("process_id", "thread_id", "processor")
    for event in trace:
        line = json.loads(event.to_json())
        for name in names:
            assert getattr(event, name) == line[name]
        assert str(event.provider_id) == line["provider_id"]
        assert f"0x{event.keywords:x}" == line["keywords"].lower()
        for name in ("activity_id", "related_activity_id"):
            value = getattr(event, name)
            assert (value and str(value)) == line.get(name)
        for name in ("payload_process_id", "payload_thread_id", "user_sid", "session_id"):
            assert getattr(event, name) == line.get(name)
        assert (event.stack and [f"0x{frame:x}" for frame in event.stack]) == line.get("stack")
        assert event.stack_trace == event.stack
        assert event.truncated == line.get("truncated", False)
        assert event.rest.hex().upper() == line.get("rest", "")
        if line["properties"] is None:
            assert event.payload.hex().upper() == line["payload"]
        else:
            assert list(event.properties) == list(line["properties"])
        assert event.raw == event.payload
        assert list(event.to_dict()) == list(line)
        assert json.loads(event.to_json_pretty()) == line


def test_times(trace):
    for event in trace:
        line = json.loads(event.to_json())["timestamp"]
        assert event.timestamp.tzinfo is datetime.timezone.utc
        assert event.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%f") == line[:-2]
        ns = (event.timestamp - EPOCH) // datetime.timedelta(microseconds=1) * 1000 + int(line[-2]) * 100
        assert event.timestamp_ns == ns
        assert event.timestamp_unix == pytest.approx(ns / 1e9)


def test_each_property_is_the_same_alone_and_among_all(trace):
    for event in trace:
        everything = dict(event.properties)
        assert len(event.properties) == len(everything)
        for name, value in everything.items():
            assert same(event[name], value)
            assert same(event.properties[name], value)
            assert same(event.get(name), value)
            assert event.has_property(name) and name in event and name in event.properties


def test_values_have_their_types(trace):
    seen = collections.Counter()

    def visit(value):
        seen[type(value)] += 1
        for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            visit(item)

    for event in trace:
        visit(dict(event.properties))
    wanted = {int, float, bool, str, bytes, uuid.UUID, datetime.datetime, list, dict}
    assert wanted <= set(seen)
    assert {ipaddress.IPv4Address, ipaddress.IPv6Address} & set(seen)


def test_properties_are_a_mapping(trace, etw):
    event = next(event for event in trace if len(event.properties) > 1)
    properties = event.properties
    assert isinstance(properties, collections.abc.Mapping) and isinstance(properties, etw.Properties)
    assert list(properties.keys()) == list(properties) and len(list(properties.values())) == len(properties)
    assert properties == dict(properties) == dict(properties.items()) and properties == event.properties
    assert properties not in ({}, 1)
    assert properties.get("there is no such") is None and properties.get("there is no such", 5) == 5
    for key in ("there is no such", "\ud800", "a\0b", 5, None):
        assert key not in properties and key not in event.properties
        with pytest.raises(KeyError):
            properties[key]
        with pytest.raises(KeyError):
            event.properties[key]
        with pytest.raises(KeyError):
            event[key]


def test_typed_getters(trace, etw):
    event = find(trace, event_name="EventTrace/Header")
    assert event.get_string("SessionNameString") == "etwkit sample"
    assert event.get_u32("BufferSize") == event.get_u64("BufferSize") == 65536
    for get in (event.get_string, event.get_u32, event.get_u64):
        assert get("there is no such") is None
    for get, name in ((event.get_string, "BufferSize"), (event.get_u32, "SessionNameString")):
        with pytest.raises(TypeError, match=name):
            get(name)
    with pytest.raises(TypeError):
        event.get_u32("EndTime")


def test_mapped_values(trace, etw):
    mapped = next(v for e in trace for v in e.properties.values() if isinstance(v, etw.MappedInt))
    assert mapped == int(mapped) and hash(mapped) == hash(int(mapped)) and isinstance(mapped, int)
    assert str(mapped) == mapped.label == f"{mapped}" and f"{mapped:d}" == str(int(mapped))
    assert mapped.label in repr(mapped)


def test_an_event_without_a_schema(etw, trace):
    event = next(event for event in trace if event.schema_type == "unknown")
    assert len(event.properties) == 0 and dict(event.properties) == {} and event.to_dict()["properties"] is None
    with pytest.raises(etw.SchemaNotFoundError):
        event["x"]
    with pytest.raises(LookupError):
        event["x"]
    assert event.get("x") is None and not event.has_property("x")


def test_events_outlive_the_trace(etw, sample, lines):
    with etw.open(sample) as trace:
        events = list(trace)
    del trace
    gc.collect()
    assert [event.to_json() for event in events] == lines(sample)
    kept = events[100]
    del events
    gc.collect()
    assert dict(kept.properties) is not None and kept.schema.fields is not None


def test_schema(trace):
    event = find(trace, event_name="Process/Start")
    schema = event.schema
    assert schema is find(trace, event_name="Process/Start").schema
    assert (schema.event_name, schema.provider_name) == ("Process/Start", "Windows Kernel")
    assert schema.schema_type == event.schema_type == "classic" and schema.is_known and schema.is_classic
    assert [field.name for field in schema.fields] == list(event.properties)
    assert not event.is_tracelogging
    assert {field.in_type for field in schema.fields} >= {"UInt32"}
    assert "Process/Start" in repr(schema)


def test_repr(trace):
    for event in trace:
        text = repr(event)
        assert text.startswith("<EtwEvent ") and event.event_name in text and len(text) < 600
        assert repr(event.schema) and repr(event.properties)
