# SPDX-License-Identifier: MIT
"""Memory stays flat, however many events there are."""

import gc
import io
import os
import pathlib
import sys

import pytest

STATUS = pathlib.Path("/proc/self/statm")


def pages():
    gc.collect()
    return int(STATUS.read_text().split()[1])


def grown(use, times):
    """Pages that the process has more after so many uses, once what is kept for good is there."""
    if "asan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("the sanitizer keeps what was freed; it looks for leaks itself, at the end")
    for _ in range(5):
        use()
    before = pages()
    for _ in range(times):
        use()
    return pages() - before


pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="no /proc")
FEW = 2048  # 8 MiB: what the allocator keeps; a byte an event would be 1 MiB, an object 50


def test_a_million_events(etw, sample):
    """Iterated and decoded; 5,000 at a time."""

    def use():
        with etw.open(sample, filter=etw.EventFilter(level=5) & ~etw.EventFilter(id=9999)) as trace:
            for event in trace:
                dict(event.properties), event.timestamp

    assert grown(use, 200) < FEW


def test_all_that_events_can_do(etw, sample):
    def use():
        with etw.open(sample) as trace:
            for event in trace:
                event.to_json(), event.to_dict(), event.stack, repr(event), event.message, event.schema.fields
            assert trace.providers and trace.schemas and trace.damage == [] and trace.write(io.BytesIO())

    assert grown(use, 20) < FEW


def test_a_million_events_as_columns(etw, sample):
    pa = pytest.importorskip("pyarrow")

    def use():
        with etw.open(sample) as trace:
            assert pa.RecordBatchReader.from_stream(trace).read_all().num_rows
            trace.select("Windows Kernel", "Process/Start").to_arrow()
            trace.select().__arrow_c_stream__(), trace.__arrow_c_schema__()

    assert grown(use, 200) < FEW


def test_errors(etw, sample):
    with etw.open(sample) as trace:
        event = next(iter(trace))

    def use():
        for _ in range(200):
            for wrong in (
                lambda: etw.open(b"no trace" * 100),
                lambda: etw.open("missing.etl"),
                lambda: etw.open(sample, level="loud"),
                lambda: trace.select("Windows Kernel", columns=["no such"]),
                lambda: event["no such"],
                lambda: event.get_u32("SessionNameString"),
                lambda: etw.EventFilter.where("x", "matches", "("),
                lambda: etw.EventFilter(id=range(65530, 65540), provider="x"),
                lambda: iter(trace),
            ):
                try:
                    wrong()
                except (Exception, KeyError):
                    continue
                raise AssertionError("nothing was wrong")

    assert grown(use, 20) < FEW


def test_references_are_given_back(etw, sample):
    """What is handed out and thrown away leaves the counts of what is shared as they were."""
    with etw.open(sample) as trace:
        events = list(trace)[:500]
        shared = [
            events[0].schema,
            events[0].provider_id,
            events[0].provider_name,
            trace,
            events[0],
            etw.EtwEvent,
        ]

        def use():
            for event in events:
                for name in dir(event):
                    getattr(event, name)
                dict(event.properties), event.to_dict(), event.to_json(), event.get("x"), "x" in event
            list(trace), trace.infos, trace.stats, trace.select(), etw.EventFilter(id=5) & etw.EventFilter(pid=4)

        use()
        gc.collect()
        before, nothing = [sys.getrefcount(one) for one in shared], sys.getrefcount(None)
        use()
        gc.collect()
        after = [sys.getrefcount(one) for one in shared]
        assert [b - a for a, b in zip(before, after, strict=True)] == [0] * len(shared)
        if sys.version_info < (3, 12):  # later ones do not count None
            assert abs(sys.getrefcount(None) - nothing) < len(events) / 2  # the interpreter has its own, a few
