# SPDX-License-Identifier: MIT
"""What the checkers must refuse: each line is an error, and one that is none makes its comment an error. Never run."""

from __future__ import annotations

import pyetwkit as etw

etw.open(5)  # type: ignore[arg-type]
etw.open("a.etl", no_such_option=1)  # type: ignore[call-arg]
etw.open("a.etl", level="loud")  # type: ignore[arg-type]
etw.open("a.etl", id="5")  # type: ignore[arg-type]
etw.open("a.etl", progress=lambda read: None)  # type: ignore[arg-type,misc]
etw.Trace()  # type: ignore[call-arg]

with etw.open("a.etl") as trace:
    trace.info = None  # type: ignore[misc,assignment]
    trace.select(columns=5)  # type: ignore[arg-type]
    trace.select("a", "b", "c")  # type: ignore[call-arg]
    trace.write("a.jsonl")  # type: ignore[arg-type]
    trace.write(open("a", "wb"), "parquet")  # type: ignore[arg-type] # noqa: SIM115, PTH123
    trace.info.duration + 1  # type: ignore[operator]
    trace.stats.no_such_number  # type: ignore[attr-defined] # noqa: B018
    len(trace)  # type: ignore[arg-type]
    for event in trace:
        event.event_name = "x"  # type: ignore[misc]
        event.process_id + 1  # type: ignore[operator]
        event.provider_name.lower()  # type: ignore[union-attr]
        event[5]  # type: ignore[index]
        event.properties["x"] = 1  # type: ignore[index]
        event.get_u32("x") + 1  # type: ignore[operator]
        event.no_such_field  # type: ignore[attr-defined] # noqa: B018

etw.EventFilter(5)  # type: ignore[call-arg,arg-type]
etw.EventFilter(levels="info")  # type: ignore[arg-type]
etw.EventFilter() & 1  # type: ignore[operator]
etw.EventFilter.where("x", "~", 1)  # type: ignore[arg-type]
etw.EventFilter().matches("x")  # type: ignore[arg-type]
etw.get_provider_info(5)  # type: ignore[arg-type]
etw.MappedInt(5)  # type: ignore[call-arg]


class Mine(etw.EtwEvent):  # type: ignore[misc]
    """A final class."""
