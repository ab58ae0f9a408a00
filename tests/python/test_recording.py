# SPDX-License-Identifier: MIT
"""Sessions that write files."""

import pytest

NAME = "Etwkit.Test.Recording"
FLUSH = 100  # events


@pytest.fixture
def provider(etw):
    with etw.TraceLoggingProvider(NAME) as provider:
        yield provider


def recorded(etw, *paths):
    return [event["number"] for event in etw.open(list(paths), provider=NAME)]


def record(etw, provider, numbers, text="", **options):
    """It is flushed every now and then: buffers that several processors filled meanwhile are in no order of time."""
    session = etw.EtwSession(**options)
    session.enable(NAME)
    with session:
        for number in numbers:
            provider.write("Step", number=number, text=text)
            if number % FLUSH == FLUSH - 1:
                session.flush()
    return session


def test_a_file(etw, provider, tmp_path):
    path = tmp_path / "app.etl"
    stats = record(etw, provider, range(3000), file=path).stats()
    assert recorded(etw, path) == list(range(3000))
    assert stats.events_received == stats.events_delivered == 3000
    assert etw.open(path).stats.events_lost == 0


def test_it_is_read_while_it_is_written(etw, provider, tmp_path):
    session = etw.EtwSession(file=str(tmp_path / "app.etl"))
    session.enable(NAME)
    with session:
        provider.write("Step", number=1)
        session.flush()
        assert recorded(etw, tmp_path / "app.etl") == [1]
        with pytest.raises(ValueError, match="writes to a file"):
            session.next_event(0)


def test_a_file_that_is_full(etw, provider, tmp_path):
    path = tmp_path / "full.etl"
    stats = record(etw, provider, range(3000), "x" * 1000, file=path, max_file_size_mb=1).stats()
    numbers = recorded(etw, path)
    assert path.stat().st_size <= 1 << 20
    assert 0 < len(numbers) < 3000
    whole = numbers[-1] // FLUSH * FLUSH  # flushes of which all had room
    assert [number for number in numbers if number < whole] == list(range(whole))  # what came first
    assert len(numbers) > FLUSH
    assert stats.events_lost == 3000 - len(numbers)


def test_a_circular_file_has_the_newest(etw, provider, tmp_path):
    path = tmp_path / "round.etl"
    record(etw, provider, range(3000), "x" * 1000, file=path, file_mode="circular", max_file_size_mb=1)
    numbers = recorded(etw, path)
    assert path.stat().st_size <= 1 << 20
    whole = (numbers[0] // FLUSH + 1) * FLUSH  # flushes of which nothing is overwritten
    assert [number for number in numbers if number >= whole] == list(range(whole, 3000))
    assert 0 < numbers[0] < 3000 - FLUSH


def test_a_new_file_each_time(etw, provider, tmp_path):
    pattern = tmp_path / "part%d.etl"
    record(etw, provider, range(3000), "x" * 1000, file=pattern, file_mode="new_file", max_file_size_mb=1)
    paths = sorted(tmp_path.iterdir())
    assert len(paths) > 2
    assert sorted(recorded(etw, *paths)) == list(range(3000))


def test_a_flight_recorder_keeps_the_newest(etw, provider, tmp_path):
    session = etw.EtwSession(file_mode="flight_recorder", buffer_size_kb=16, min_buffers=64, max_buffers=64)
    session.enable(NAME)
    with session:
        for number in range(4000):
            provider.write("Step", number=number, text="x" * 100)
            if number % 50 == 49:
                session.flush()  # a quarter of the buffers is free again, however late the session's thread runs
        session.snapshot(tmp_path / "now.etl")
        provider.write("Step", number=4000)
    numbers = recorded(etw, tmp_path / "now.etl")
    assert session.stats().events_lost == 0
    assert numbers[0] > 0
    assert numbers == list(range(numbers[0], 4000))


def test_mistakes(etw, tmp_path):
    with pytest.raises(ValueError, match="flight recorder"):
        etw.EtwSession().snapshot(tmp_path / "none.etl")
    with pytest.raises(ValueError, match="file_mode"):
        etw.EtwSession(file=tmp_path / "x.etl", file_mode="round")
    with pytest.raises(FileNotFoundError):
        etw.EtwSession(file=tmp_path / "none" / "x.etl").start()
    with pytest.raises(ValueError, match="size"):
        etw.EtwSession(file=tmp_path / "x.etl", file_mode="circular")
