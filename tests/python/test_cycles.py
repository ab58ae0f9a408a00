# SPDX-License-Identifier: MIT
"""Objects that refer to each other in a circle are collected, and types that cannot stand in one say why."""

import gc
import weakref

import pytest


class Note:
    """Something that a weak reference can point at, in the middle of a circle."""


class Bytes(bytearray):
    """Bytes with attributes."""


def collected(make):
    """Whether what make() leaves behind goes away; it returns an object of the circle."""
    gc.collect()
    gone = weakref.ref(make())
    gc.collect()
    return gone() is None


def test_a_trace_and_its_progress(etw, sample):
    def make():
        note = Note()
        note.trace = etw.open(sample, progress=lambda read, total: note)
        return note

    assert collected(make)


def test_an_iterator_and_its_progress(etw, sample):
    def make():
        note = Note()
        trace = etw.open(sample, progress=lambda read, total: note)
        note.first, note.second = iter(trace), iter(trace)
        next(note.first), next(note.second)
        return note

    assert collected(make)


def test_a_trace_and_its_bytes(etw, sample):
    data = sample.read_bytes()

    def make():
        note = Bytes(data)
        note.trace = etw.open(note)
        note.event = next(iter(note.trace))
        return note

    assert collected(make)


def test_an_iterator_with_a_reader_of_its_own_and_its_bytes(etw, sample):
    data = sample.read_bytes()

    def make():
        note = Bytes(data)
        trace = etw.open(note)
        note.first, note.second = iter(trace), iter(trace)
        next(note.first), next(note.second)
        return note

    assert collected(make)


def test_a_closed_trace_gives_its_bytes_back(etw, sample):
    data = Bytes(sample.read_bytes())
    trace = etw.open(data)
    events = iter(trace)
    kept = next(events)
    with pytest.raises(BufferError):
        data.append(0)
    trace.close()
    data.append(0)
    assert kept.to_json()


def test_properties_in_their_own_list(trace):
    properties = next(p for p in (event.properties for event in trace) if any(isinstance(v, list) for v in p.values()))
    own = next(value for value in properties.values() if isinstance(value, list))
    note = Note()
    note.properties = properties
    own.append(note)
    gone = weakref.ref(note)
    del own, note, properties
    gc.collect()
    assert gone() is None


def test_mapped_values_are_shared_and_cannot_be_changed(trace, etw):
    """All events of a kind share them: an attribute of one would be one of all, and could hold what holds it."""
    event, name = next((e, k) for e in trace for k, v in e.properties.items() if isinstance(v, etw.MappedInt))
    mapped = event[name]
    assert event[name] is mapped
    with pytest.raises(AttributeError):
        mapped.label = "another"
    with pytest.raises(AttributeError):
        mapped.note = event
    with pytest.raises(AttributeError):
        del mapped.label
    assert etw.MappedInt(5, "five").label == "five"


@pytest.mark.parametrize("name", ["EtwEvent", "Schema", "Field", "EventFilter", "Selection"])
def test_what_can_stand_in_no_circle_is_not_tracked(etw, trace, name):
    """Collecting costs: an event refers to its schema, which refers to what is immutable."""
    made = {
        "EtwEvent": lambda: next(iter(trace)),
        "Schema": lambda: next(iter(trace)).schema,
        "Field": lambda: next(event for event in trace if event.properties).schema.fields[0],
        "EventFilter": etw.EventFilter,
        "Selection": trace.select,
    }[name]()
    assert type(made).__name__ == name and not gc.is_tracked(made)
    with pytest.raises((AttributeError, TypeError)):
        made.note = made
