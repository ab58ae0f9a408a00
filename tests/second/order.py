# SPDX-License-Identifier: MIT
"""clock.md, "Order": all records of a file, each with its time, by (time, ticks, buffer, place in the buffer)."""

from .buffers import TYPE_EMPTY, TYPE_HEADER, DamagedTraceError, buffers
from .clock import Clock
from .events import is_header_event, walk


def records(data):
    """The records of a file's bytes, by time."""
    found, clock = [], None
    for buffer in buffers(data):
        if buffer.kind == TYPE_EMPTY:
            continue
        events = list(walk(buffer))
        if events and is_header_event(events[0]) and (clock is None or buffer.kind == TYPE_HEADER):
            clock = Clock(events[0].payload, events[0].pointer_size, events[0].ticks)
        if clock is None:
            raise DamagedTraceError("the first event is not the header event")
        give_times(events, buffer, clock)
        found += events
    return sorted(found, key=lambda record: (record.time, record.ticks))  # stable: buffers and places keep their order


def give_times(events, buffer, clock):
    """Sets the time of each record; one without ticks has that of the event before it."""
    known = [event.ticks for event in events if event.ticks is not None]
    last = min([buffer.flush_time, *known[:1]])
    for event in events:
        if event.ticks is None:
            event.ticks = last
        last = event.ticks
        event.time = clock.time(last)
