# SPDX-License-Identifier: MIT
"""Several threads over the same objects: each gets what is right or a clear error, and nobody crashes."""

import sys
import threading

import pytest

THREADS = 8


@pytest.fixture(autouse=True)
def often():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def reference(etw, sample):
    """The sample's events as lines, by one thread."""
    with etw.open(sample) as trace:
        return [event.to_json() for event in trace]


def together(use, count=THREADS):
    """Runs use(number) in threads at once, and raises what one of them raised."""
    failures = []
    start = threading.Barrier(count)

    def run(number):
        start.wait()
        try:
            use(number)
        except BaseException as error:  # what it is, is looked at below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def take_all(events):
    """What one thread gets of an iterator that others are at, too."""
    taken = []
    while True:
        try:
            taken.append(next(events))
        except StopIteration:
            return taken
        except ValueError as error:
            assert "another thread" in str(error)


def test_traces_of_their_own(etw, sample, reference):
    def use(number):
        with etw.open(sample, threads=1 + number % 2) as trace:
            assert [event.to_json() for event in trace] == reference
            assert trace.count() == len(reference)

    together(use)


def test_iterators_of_one_trace(etw, sample, reference):
    with etw.open(sample) as trace:

        def use(number):
            assert [event.to_json() for event in trace] == reference

        together(use)


def test_one_iterator(etw, sample, reference):
    """No event is lost or given twice, whatever the threads do with them."""
    for _ in range(5):
        events, taken = iter(etw.open(sample, progress=lambda read, total: None)), []

        def use(number, events=events, taken=taken):
            mine = take_all(events)
            taken.extend(event.to_json() for event in mine)

        together(use)
        assert sorted(taken) == sorted(reference)


def test_all_uses_of_one_trace(etw, sample, reference):
    count = len(reference)
    starts = sum('"Process/Start"' in line for line in reference)
    with etw.open(sample, progress=lambda read, total: None) as trace:
        wanted = trace.schemas.copy()
        uses = [
            lambda: trace.count() == count,
            lambda: sum(1 for _ in trace) == count,
            lambda: trace.stats.events <= count,
            lambda: trace.damage == [],
            lambda: len(trace.schemas) == len(wanted) and sum(trace.schemas.values()) == count,
            lambda: sum(one.events for one in trace.providers) == count,
            lambda: trace.select("Windows Kernel", "Process/Start").count == starts,
            lambda: bool(trace.__arrow_c_stream__()) and bool(trace.__arrow_c_schema__()),
            lambda: trace.info.path == str(sample),
        ]

        def use(number):
            for turn in range(len(uses)):
                assert uses[(number + turn) % len(uses)]()

        together(use)


def test_statistics_and_damage_while_another_reads(etw, sample):
    data = bytearray(sample.read_bytes())
    for place in range(70000, len(data) - 400, 65536):
        data[place : place + 40] = b"\xff" * 40
    with etw.open(data) as trace:
        events = trace.count()
        damage = [str(error) for error in trace.damage]
        assert len(damage) > 1
        ended = threading.Event()

        def use(number):
            if number == 0:
                try:
                    for _ in range(20):
                        assert trace.count() == events
                finally:
                    ended.set()
            while not ended.is_set():
                met = [str(error) for error in trace.damage]
                assert met == damage[: len(met)]
                assert trace.stats.events <= events

        together(use, 4)
        assert [str(error) for error in trace.damage] == damage


def test_closing_while_others_read(etw, sample, reference):
    for _ in range(20):
        trace = etw.open(sample)

        def use(number, trace=trace):
            if number == 0:
                trace.close()
                return
            try:
                if number % 2:
                    lines = [event.to_json() for event in trace]
                    assert lines == reference[: len(lines)]
                else:
                    assert trace.count() <= len(reference)
            except ValueError as error:
                assert "closed" in str(error)

        together(use)


def test_closing_while_others_are_at_one_iterator(etw, sample, reference):
    known = set(reference)
    for _ in range(20):
        trace = etw.open(sample)
        events = iter(trace)

        def use(number, trace=trace, events=events):
            if number:
                assert {event.to_json() for event in take_all(events)} <= known
            else:
                next(events, None) if number % 2 else trace.close()

        together(use)


def test_one_event(etw, sample, reference):
    with etw.open(sample) as trace:
        events = list(trace)[::50]
    lines = reference[::50]
    values = [event.to_dict() for event in events]
    properties = [event.properties for event in events]

    def use(number):
        for event, line, value, lazy in zip(events, lines, values, properties, strict=True):
            assert event.to_json() == line
            assert repr(event.to_dict()) == repr(value) and repr(event)
            assert (list(lazy) == list(value["properties"] or {}) and event.message is None) or event.message
            assert len(event.schema.fields) >= 0 and event.stack == value.get("stack")

    together(use)


def test_one_filter(etw, sample, reference):
    chosen = etw.EventFilter(provider="Windows Kernel") & ~etw.EventFilter.where("ProcessId", "<", 1000)
    with etw.open(sample) as trace:
        events = list(trace)
    wanted = [chosen.matches(event) for event in events]
    assert 0 < sum(wanted) < len(wanted)

    def use(number):
        if number % 2:
            assert [chosen.matches(event) for event in events] == wanted
            mine = chosen & etw.EventFilter(opcode=1) | ~chosen
            assert mine.matches(events[0]) in (True, False)
        else:
            with etw.open(sample, filter=chosen) as trace:
                assert trace.count() == sum(wanted)
            assert trace.closed

    together(use)


def test_the_catalogue(etw):
    wanted = [(one.name, one.event_count) for one in etw.list_providers()]

    def use(number):
        assert [(one.name, one.event_count) for one in etw.list_providers()] == wanted

    together(use, 4)


def test_a_function_that_reads_on_while_it_is_called_by_the_reading(etw, sample, reference):
    """progress() that takes events of the iterator that calls it: it is told, and nothing is lost."""
    refused, events = [], None

    def progress(read, total):
        with pytest.raises(ValueError, match="a function that this reading calls"):
            next(events)
        refused.append(read)

    with etw.open(sample, progress=progress) as trace:
        events = iter(trace)
        assert [event.to_json() for event in events] == reference and refused
