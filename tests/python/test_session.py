# SPDX-License-Identifier: MIT
"""Real sessions: what is written comes out, in order, whole, and what does not is counted."""

import copy
import errno
import gc
import itertools
import math
import os
import pathlib
import pickle
import socket
import sys
import threading
import time
import uuid

import pytest

NAME = "Etwkit.Test.Session"
LONG = 300  # seconds, until what hangs is a failure
SUMS = ("delivered", "filtered", "lost_buffer", "lost_channel", "lost_oversize", "lost_abandoned", "in_flight")


@pytest.fixture
def provider(etw):
    provider = etw.TraceLoggingProvider(NAME)
    yield provider
    provider.close()


def check_sum(stats):
    assert stats.events_received == sum(getattr(stats, f"events_{one}") for one in SUMS), stats


def test_events_come_in_order_and_are_those_of_files(etw, provider):
    with etw.EtwSession("order") as session:
        session.enable(NAME, level=4)
        for number in range(5000):
            assert provider.write("Step", number=number, text="ä" * (number % 7))
        assert not provider.write("Step", _level=5, number=-1)
        events = [session.next_event(LONG) for _ in range(5000)]
        assert session.try_next_event() is None
        assert session.next_event(0.01) is None
        assert session.next_event_timeout(1) is None
    assert [event["number"] for event in events] == list(range(5000))
    assert all(a.timestamp_ns <= b.timestamp_ns for a, b in zip(events, events[1:], strict=False))
    last = events[-1]
    assert type(last) is etw.EtwEvent
    assert (last.process_id, last.thread_id) == (os.getpid(), threading.get_native_id())
    assert last.provider_name == NAME
    assert last.event_name == "Step"
    assert last.is_tracelogging
    assert session.at_end is False  # nobody has asked since the stop
    assert session.next_event() is None
    assert session.at_end
    stats = session.stats()
    check_sum(stats)
    assert stats.events_received == stats.events_delivered == 5000
    assert not stats.has_loss()
    assert stats.loss_percentage() == 0
    assert stats.events_in_flight == 0
    assert stats.to_dict()["events_lost"] == 0


def test_events_outlive_their_session(etw, provider):
    session = etw.EtwSession()
    session.enable(NAME)
    session.start()
    provider.write("Kept", text="still here")
    event = session.next_event(LONG)
    del session
    gc.collect()
    assert event["text"] == "still here"
    assert '"text":"still here"' in event.to_json()


def test_iterating_ends_at_the_stop(etw, provider):
    with etw.EtwListener(NAME) as listener:
        for number in range(100):
            provider.write("Step", number=number)
        threading.Timer(0.2, listener.stop).start()
        assert [event["number"] for event in listener] == list(range(100))
    assert list(listener) == []


def test_timeouts_and_limits(etw, provider):
    with etw.EtwListener([NAME]) as listener:
        for number in range(10):
            provider.write("Step", number=number)
        assert [event["number"] for event in listener.events(timeout=LONG, max_events=4)] == [0, 1, 2, 3]
        rest = []
        while len(rest) < 6:  # a time may be over before the machine has let all come
            rest += [event["number"] for event in listener.events(timeout=0.3)]
        assert rest == [4, 5, 6, 7, 8, 9]
        begin = time.monotonic()
        assert list(listener.events(timeout=0.3)) == []
        assert time.monotonic() - begin > 0.25
        for none in (0, -1):
            assert list(listener.events(max_events=none)) == []
        for past in (-1, -math.inf):
            assert listener.next_event(past) is None
            assert list(listener.events(timeout=past)) == []
        with pytest.raises(ValueError, match="NaN"):
            listener.next_event(math.nan)
        with pytest.raises(ValueError, match="NaN"):
            list(listener.events(timeout=math.nan))
        provider.write("Step", number=10)
        assert listener.next_event(math.inf)["number"] == 10
        provider.write("Step", number=11)
        assert listener.session.next_event_timeout(10**30)["number"] == 11


def test_a_full_channel_blocks_until_buffers_are_full(etw, provider):
    session = etw.EtwSession(channel_capacity=100, buffer_size_kb=4, min_buffers=8, max_buffers=8, flush_ms=10)
    session.enable(NAME)
    with session:
        written = [provider.write("Step", number=number, filler="x" * 100) for number in range(20000)]
        check_sum(session.stats())
    numbers = [event["number"] for event in session]
    stats = session.stats()
    check_sum(stats)
    assert stats.events_received == 20000
    assert stats.events_lost_buffer == written.count(False) > 0
    assert stats.events_lost_channel == 0
    assert stats.events_delivered == len(numbers)
    assert numbers == [number for number, kept in enumerate(written) if kept]
    assert stats.has_loss()
    assert stats.loss_percentage() == pytest.approx(100 * stats.events_lost / 20000)


@pytest.mark.parametrize("overflow", ["drop_newest", "drop_oldest"])
def test_a_full_channel_drops(etw, provider, overflow):
    session = etw.EtwSession(overflow=overflow, channel_capacity=1000)
    session.enable(NAME)
    with session:
        for number in range(5000):
            assert provider.write("Step", number=number)
            if number % 50 == 0:
                session.flush()
        check_sum(session.stats())
    numbers = [event["number"] for event in session]
    stats = session.stats()
    check_sum(stats)
    assert stats.events_received == 5000
    assert stats.events_delivered == len(numbers) <= 1000
    assert stats.events_lost == stats.events_lost_channel == 5000 - len(numbers)
    assert numbers == sorted(numbers)
    if overflow == "drop_newest":  # what comes later is kept only where it is smaller than what had no room
        assert numbers[:800] == list(range(800))
    else:
        assert numbers[-800:] == list(range(4200, 5000))


def test_flushing_a_full_channel_is_an_error(etw, provider):
    """Not a wait for a reader who may be the same thread."""
    session = etw.EtwSession(channel_capacity=10, flush_ms=1)
    session.enable(NAME)
    seen = []
    with session:
        for number in range(200):
            provider.write("Step", number=number)
        with pytest.raises(etw.ChannelError, match="full") as raised:
            session.flush()
        assert raised.value.status == "ETWKIT_E_FULL"
        while len(seen) < 200:
            seen.append(session.next_event(LONG)["number"])
        session.flush()
    assert seen == list(range(200))


@pytest.mark.parametrize("overflow", ["block", "drop_newest", "drop_oldest"])
def test_under_load(etw, provider, overflow):
    """More is written than a slow reader takes: every event is given, in its thread's order, or counted."""
    count, kept = 20000, [0] * 4

    def write(thread):
        for number in range(count):
            kept[thread] += provider.write("Step", thread=thread, number=number)

    session = etw.EtwSession(overflow=overflow, channel_capacity=2000, min_buffers=16, max_buffers=16, flush_ms=1)
    session.enable(NAME)
    seen = [[] for _ in kept]
    with session:
        writers = [threading.Thread(target=write, args=(thread,)) for thread in range(len(kept))]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            check_sum(session.stats())
            for event in iter(session.try_next_event, None):
                seen[event["thread"]].append(event["number"])
                time.sleep(0.0001)
        for writer in writers:
            writer.join()
    for event in session:
        seen[event["thread"]].append(event["number"])
    stats = session.stats()
    check_sum(stats)
    assert all(a < b for numbers in seen for a, b in itertools.pairwise(numbers))
    assert stats.events_received == count * len(kept)
    assert stats.events_delivered == sum(map(len, seen))
    assert stats.events_lost_buffer == stats.events_received - sum(kept)
    lost = stats.events_lost_channel
    assert lost == 0 if overflow == "block" else lost == sum(kept) - stats.events_delivered
    assert stats.events_lost > 0


def test_filters_and_what_is_enabled(etw, provider):
    wanted = etw.EtwProvider(NAME).level("info").keywords_any(0x3).exclude_event_ids([7])
    assert wanted == etw.EtwProvider(NAME).with_level(4).with_keywords(3).exclude_event_ids([7])
    session = etw.EtwSession(filter=etw.EventFilter.where("number", "<", 3))
    session.add_provider(wanted)
    assert session.list_providers() == [wanted]
    with session:
        for number in range(5):
            provider.write("Yes", number=number, _keywords=1)
            provider.write("Other", number=number, _keywords=4)
            provider.write("Id", number=number, _id=7, _keywords=1)
        session.flush()
        assert session.remove_provider(NAME)
        assert not session.remove_provider(NAME)
        provider.write("Late", number=0, _keywords=1)
    assert [(event.event_name, event["number"]) for event in session] == [("Yes", 0), ("Yes", 1), ("Yes", 2)]
    stats = session.stats()
    check_sum(stats)
    assert (stats.events_received, stats.events_filtered) == (10, 7)


def test_processes(etw, provider):
    mine = etw.EtwProvider(NAME).process_ids([1, os.getpid()])
    other = etw.EtwProvider(NAME).process_name("no such program.exe")
    with etw.EtwSession() as session:
        session.enable(other)
        assert not provider.write("Step")
        session.enable(mine)
        assert provider.write("Step")
        session.enable(other)
        assert not provider.write("Step")
        session.enable(etw.EtwProvider(NAME).process_name(pathlib.Path(sys.executable).resolve().name.upper()))
        assert provider.write("Step")
    assert len(list(session)) == 2


def test_batches_hold_all_events(etw, provider):
    pa = pytest.importorskip("pyarrow")
    with etw.EtwListener(NAME) as listener:
        for number in range(3000):
            provider.write("Step", number=number)
        threading.Timer(0.2, listener.stop).start()
        batches = list(listener.batches())
    del listener
    gc.collect()
    again = [pa.record_batch(one) for one in batches]  # twice the same: nobody takes them away
    tables = [pa.table(one) for one in batches]
    assert sum(table.num_rows for table in tables) == sum(map(len, batches)) == 3000
    assert [one.num_rows for one in again] == [len(one) for one in batches]
    names = {name for table in tables for name in table["event_name"].to_pylist()}
    assert names == {"Step"}
    assert again[0].schema.names == tables[0].schema.names
    text = [line for table in tables for line in table["properties"].to_pylist()]
    assert text[:2] == ['{"number":0}', '{"number":1}']
    for table in tables:
        table.validate(full=True)
    assert tables[0].equals(batches[0].to_arrow())


def test_read_one_way(etw, provider):
    with etw.EtwSession() as session:
        session.enable(NAME)
        provider.write("Step")
        assert session.next_event(LONG) is not None
        with pytest.raises(ValueError, match="event by event"):
            session.next_batch(0)
    with etw.EtwSession() as session:
        session.enable(NAME)
        provider.write("Step")
        assert len(session.next_batch(LONG)) == 1
        assert session.next_batch(0.01) is None
        with pytest.raises(ValueError, match="batches"):
            session.try_next_event()


def test_wakeups(etw, provider):
    import select  # noqa: PLC0415

    session = etw.EtwSession()
    session.enable(NAME)
    with session:
        descriptor = session.fileno()
        assert descriptor == session.fileno()
        session.clear_wakeup()
        for round_ in range(50):
            assert session.try_next_event() is None
            assert not select.select([session], [], [], 0)[0]
            provider.write("Step", number=round_)
            assert select.select([descriptor], [], [], LONG)[0]
            session.clear_wakeup()
            assert session.try_next_event()["number"] == round_
        session.stop()
        assert select.select([descriptor], [], [], LONG)[0]  # the end
    del session
    gc.collect()
    if sys.platform == "win32":
        with pytest.raises(OSError, match="10038"):  # WSAENOTSOCK
            socket.socket(fileno=descriptor)
    else:
        with pytest.raises(OSError, match="descriptor"):
            os.fstat(descriptor)


def test_errors(etw, provider):
    session = etw.EtwSession("twice")
    with pytest.raises(etw.ChannelError, match="not been started"):
        session.next_event(0)
    assert repr(session) == "<EtwSession 'twice' not started>"
    with pytest.raises(etw.ChannelError, match="does not run"):
        session.capture_state(NAME)
    with session:
        assert session.is_running()
        with pytest.raises(FileExistsError, match="twice"):
            etw.EtwSession("twice").start()
        with pytest.raises(LookupError, match=NAME):
            session.capture_state(NAME)
        session.enable(NAME)
        session.capture_state(NAME)
    session.stop()
    assert not session.is_running()
    with pytest.raises(ValueError, match="started before"):
        session.start()
    for wrong in (
        {"overflow": "burst"},
        {"clock": "sun"},
        {"buffer_size_kb": 3},
        {"channel_capacity": 0},
        {"name": "x" * 300},
        {"min_buffers": 9, "max_buffers": 8},
        {"min_buffers": -1},
        {"max_buffers": 2**32},
        {"flush_ms": 0},
        {"flush_ms": 2**32 + 1},
        {"channel_capacity": 2**32 + 5},
        {"channel_bytes": 2**64 + 5},
        {"buffer_size_kb": 2**22 + 64},
        {"max_file_size_mb": -1},
        {"replay_speed": -1},
        {"replay_speed": math.nan},
    ):
        with pytest.raises(ValueError, match=r"."):
            etw.EtwSession(**wrong)
    with pytest.raises(TypeError, match="EventFilter"):
        etw.EtwSession(filter="x")
    with pytest.raises(ValueError, match="provider"):
        etw.EtwListener([])
    with pytest.raises(TypeError, match="provider"):
        etw.EtwListener([5])
    with pytest.raises(TypeError, match="provider"):
        etw.EtwListener(provider)
    with pytest.raises(TypeError, match="provider"):
        etw.EtwProvider(None)
    with pytest.raises(ValueError, match="empty"):
        etw.EtwListener("")
    many = [etw.EtwSession() for _ in range(9)]
    with pytest.raises(etw.EtwError, match="8 sessions"):
        for one in many:
            one.start()
            one.enable(NAME)


def test_what_windows_alone_has(etw):
    unsupported = {"errno": errno.ENOTSUP}
    of_the_system = (
        etw.KernelSession,
        lambda: etw.EtwSession(system=True),
        lambda: etw.EtwListener(NAME, system=True),
    )
    for ask in (
        lambda: etw.EtwListener("Microsoft-Windows-Kernel-Process"),
        lambda: etw.EtwListener(etw.EtwProvider(NAME).of_system()),
        lambda: etw.EtwListener(etw.EtwProvider(NAME).stack_trace()),
        lambda: etw.EtwListener(etw.EtwProvider(NAME).enable_property(etw.EnableProperty.SID)),
        *(of_the_system if sys.platform != "win32" else ()),
    ):
        with pytest.raises(OSError, match="what works here") as raised:
            ask()
        assert raised.value.errno == unsupported["errno"]
    known = etw.EtwProvider("microsoft-windows-kernel-process")
    assert known.guid == uuid.UUID("22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716")
    etw.EtwSession().enable(known.guid)  # whoever names the GUID may write as that provider
    assert etw.EtwProvider("MyCompany.MyComponent").guid == uuid.UUID("ce5fa4ea-ab00-5402-8b76-9f76ac858fb5")
    assert etw.EtwProvider("System.Runtime").guid == uuid.UUID("49592c0f-5a05-516d-aa4b-a64e02026c89")
    assert etw.EtwProvider("{CE5FA4EA-AB00-5402-8B76-9F76AC858FB5}").name is None
    assert etw.is_available()
    assert etw.check_admin() in (True, False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has sessions of the system")
def test_whose_session_it_is(etw, monkeypatch):
    assert not etw.EtwSession().is_system
    assert etw.EtwSession().notes() == []
    monkeypatch.setenv("ETWKIT_SESSION_SCOPE", "system")
    assert not etw.EtwSession(system=False).is_system
    with pytest.raises(OSError, match="those of Windows"):
        etw.EtwSession()
    monkeypatch.setenv("ETWKIT_SESSION_SCOPE", "mine")
    with pytest.raises(ValueError, match="ETWKIT_SESSION_SCOPE"):
        etw.EtwSession()


def test_providers_are_immutable(etw):
    provider = etw.EtwProvider(NAME)
    with pytest.raises(AttributeError):
        provider.name = "x"
    other = provider.level(3).keywords_all(1).event_ids(range(3)).process_id(5).process_id(6)
    assert provider.settings == etw.ProviderSettings()
    assert other.settings.event_ids == (0, 1, 2)
    assert other.settings.process_ids == (5, 6)
    assert "level=3" in repr(other)
    assert len({provider, other, etw.EtwProvider(NAME)}) == 2
    assert copy.deepcopy(other) == pickle.loads(pickle.dumps(other)) == other
    for wrong in (lambda: provider.level(256), lambda: provider.level("loud"), lambda: provider.keywords_any(2**64)):
        with pytest.raises(ValueError, match=r"."):
            wrong()


def test_payload_filters_are_windows(etw):
    """tests/windows/test_python_live.py has what they do."""
    plain = etw.EtwProvider(NAME)
    guid = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
    made = plain.payload_filter(7, ("Status", "!=", 0), ("Id", "is", guid)).payload_filter(
        8, ("Path", "contains", "x"), ("IsOpen", "==", True), version=2, match_any=True
    )
    assert made.settings.payload_filters == (
        (7, 0, False, (("Status", 1, "0"), ("Id", 30, f"{{{guid}}}"))),
        (8, 2, True, (("Path", 20, "x"), ("IsOpen", 0, "1"))),
    )
    with etw.EtwSession() as session, pytest.raises(OSError, match=r"EventFilter"):
        session.enable(made)
    for wrong in (
        lambda: plain.payload_filter(7),
        lambda: plain.payload_filter(65536, ("A", "==", 1)),
        lambda: plain.payload_filter(7, ("A", "==", 1), version=256),
        lambda: plain.payload_filter(7, ("A", "=", 1)),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()


def test_threads_share_a_session(etw, provider):
    """Each event goes to one of them, and each gets its own in order."""
    taken = [[] for _ in range(4)]
    with etw.EtwSession() as session:
        session.enable(NAME)

        def read(mine):
            mine += [event["number"] for event in session]

        def write(first):
            for number in range(first, 8000, 4):
                provider.write("Step", number=number)

        readers = [threading.Thread(target=read, args=(one,)) for one in taken]
        writers = [threading.Thread(target=write, args=(first,)) for first in range(4)]
        for thread in readers + writers:
            thread.start()
        for thread in writers:
            thread.join()
        session.stop()
        for thread in readers:
            thread.join()
    assert sorted(number for mine in taken for number in mine) == list(range(8000))
