# SPDX-License-Identifier: MIT
"""Several listeners as one stream. That of streamers is in test_streamer.py."""

import itertools
import threading
import types
import uuid

import pytest

LONG = 300  # seconds, until what hangs is a failure


@pytest.fixture
def two(etw):
    names = [f"Etwkit.Test.Merged.{uuid.uuid4().hex}" for _ in range(2)]
    with etw.TraceLoggingProvider(names[0]) as first, etw.TraceLoggingProvider(names[1]) as second:
        yield first, second


def merged(etw, providers, **options):
    return etw.MergedListener(*(etw.EtwListener(one.name, flush_ms=10, **options) for one in providers))


def test_in_the_order_of_time(etw, two):
    count = 3000

    def both():
        for number in range(count):
            two[number % 3 == 0].write("Tick", number=number)

    with merged(etw, two) as listeners:
        writer = threading.Thread(target=both)
        writer.start()
        seen = [listeners.next_event(LONG) for _ in range(count)]
        writer.join()
        assert listeners.next_event(0.05) is None
    times = [event.timestamp_ns for event in seen]
    assert times == sorted(times)
    assert sorted(event["number"] for event in seen) == list(range(count))
    assert listeners.late == 0
    stats = list(listeners.stats().values())
    assert [one.events_delivered for one in stats] == [count - count // 3, count // 3]


def test_one_is_quiet_and_both_end(etw, two):
    with merged(etw, two) as listeners:
        for number in range(10):
            two[0].write("Tick", number=number)
        seen = [listeners.next_event(LONG)["number"] for _ in range(10)]
        two[1].write("Tick", number=10)
    assert seen + [event["number"] for event in listeners] == list(range(11))
    assert listeners.next_event() is None


def test_stopped_by_another_thread(etw, two):
    with merged(etw, two) as listeners:
        threading.Timer(0.1, listeners.stop).start()
        assert list(listeners) == []


def test_starts_all_or_none(etw, two):
    first = etw.EtwListener(two[0].name, name="the same")
    with pytest.raises(FileExistsError):
        etw.MergedListener(first, etw.EtwListener(two[1].name, name="the same")).start()
    assert not first.is_running()


def test_channels_that_are_full(etw, two):
    """What waits for a flush of one session does not wait for the reading of another, which would be its own."""
    count = 20000

    def both():
        for number in range(count):
            two[number % 50 == 0].write("Tick", number=number)

    with merged(etw, two, channel_capacity=4, min_buffers=256) as listeners:
        writer = threading.Thread(target=both)
        writer.start()
        seen = [listeners.next_event(LONG) for _ in range(count)]
        writer.join()
    assert sorted(event["number"] for event in seen) == list(range(count))
    times = [event.timestamp_ns for event in seen]
    assert times == sorted(times)


def test_traces_too(etw, sample):
    half = [etw.EtwListener("Contoso.Shop", replay=sample), etw.EtwListener("Fabrikam.Sensors", replay=sample)]
    with etw.MergedListener(*half) as listeners:
        times = [event.timestamp_ns for event in listeners]
    assert times == sorted(times)
    assert len(times) == etw.open(sample, provider=["Contoso.Shop", "Fabrikam.Sensors"]).count()


def test_a_busy_session_of_windows_is_not_held_up(etw):
    """Each flush takes a while there: many events have to pass with it, else they would pile up."""
    from pyetwkit._live.merge import Merge  # noqa: PLC0415

    session = types.SimpleNamespace(is_system=True, is_replay=False, at_end=False, flush=lambda: None)
    busy = (types.SimpleNamespace(timestamp_ns=number) for number in itertools.count())
    merge = Merge([session, session], [lambda: next(busy), lambda: None])
    assert merge.next() is None  # the other one may have an older event
    merge.flushed(merge.flush(merge.to_flush()))
    passed = 0
    while merge.next() is not None:
        passed += 1
    assert passed > 4000
    assert merge.late == 0
