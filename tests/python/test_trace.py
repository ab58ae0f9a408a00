# SPDX-License-Identifier: MIT
"""open() and Trace: what is taken, what is said, and what happens when it is closed at a bad moment."""

import gc
import io
import os

import pytest


def test_takes_paths_bytes_and_files(etw, sample):
    data = sample.read_bytes()
    wanted = etw.open(sample).count()
    for given in (str(sample), sample, os.fsencode(sample).decode(), data, bytearray(data), memoryview(data)):
        assert etw.open(given).count() == wanted
    assert etw.open(io.BytesIO(data)).count() == wanted
    with sample.open("rb") as file:
        assert etw.open(file).count() == wanted
    assert etw.open([sample, sample]).count() == 2 * wanted
    with pytest.raises(TypeError):
        etw.open(5)


def test_again_and_again(trace):
    first = [event.to_json() for event in trace]
    assert [event.to_json() for event in trace] == first
    assert trace.count() == len(first) == trace.stats.events
    assert sum(trace.schemas.values()) == sum(provider.events for provider in trace.providers) == len(first)


def test_two_iterators_at_once(trace):
    wanted = [event.to_json() for event in trace]
    a, b = iter(trace), iter(trace)
    for line in wanted:
        assert next(a).to_json() == next(b).to_json() == line
    assert next(a, None) is None and next(b, None) is None and next(a, None) is None


def test_info(trace, sample):
    info = trace.info
    assert info.path == str(sample) and info.os_build == 19041 and info.session_name == "etwkit sample"
    assert info.duration > 0 and info.start_time < info.end_time and info.closed
    assert trace.infos == (info,)
    assert trace.stats.events_lost == info.events_lost
    assert trace.damage == []


def test_errors(etw, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.etl") as caught:
        etw.open(tmp_path / "missing.etl")
    assert caught.value.errno == 2 and caught.value.filename.endswith("missing.etl")
    (tmp_path / "not.etl").write_bytes(b"not a trace" * 100)
    with pytest.raises(etw.EtwError, match=r"not\.etl") as caught:
        etw.open(tmp_path / "not.etl")
    assert caught.value.status == "ETWKIT_E_NOT_A_TRACE" and not isinstance(caught.value, OSError)
    assert issubclass(etw.DamagedTraceError, ValueError) and issubclass(etw.DamagedTraceError, etw.EtwError)
    assert issubclass(etw.SchemaNotFoundError, LookupError) and issubclass(etw.ChannelError, RuntimeError)
    assert etw.EtwError("x").status is None
    with pytest.raises(ValueError, match="NUL"):
        etw.open("a\0b")
    with pytest.raises(OSError):
        etw.open(tmp_path)


def test_damage(etw, sample, tmp_path, lines):
    data = bytearray(sample.read_bytes())
    data[70000:70400] = b"\xff" * 400
    path = tmp_path / "damaged.etl"
    path.write_bytes(data)
    with etw.open(path) as trace:
        assert [event.to_json() for event in trace] == lines(path)
        assert trace.stats.damage == len(trace.damage) > 0
        assert isinstance(trace.damage[0], etw.DamagedTraceError) and trace.damage[0].offset is not None
    with etw.open(path, strict=True) as trace, pytest.raises(etw.DamagedTraceError) as caught:
        list(trace)
    assert caught.value.status == "ETWKIT_E_DAMAGED" and "damaged.etl" in str(caught.value)


def test_closing(etw, sample):
    trace = etw.open(sample)
    events = iter(trace)
    event = next(events)
    trace.close()
    trace.close()
    assert trace.closed and "closed" in repr(trace)
    assert list(events) == []
    assert event.to_json() and trace.info and trace.stats
    for use in (lambda: iter(trace), trace.count, lambda: trace.schemas, trace.__enter__):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_an_iterator_keeps_its_trace(etw, sample):
    events = iter(etw.open(sample))
    gc.collect()
    assert sum(1 for _ in events) == etw.open(sample).count()


def test_progress(etw, sample):
    told = []
    with etw.open(sample, progress=lambda read, total: told.append((read, total))) as trace:
        count = sum(1 for _ in trace)
        assert told[-1][0] == told[-1][1] and count
    with etw.open(sample, progress=lambda read, total: 1 / 0) as trace, pytest.raises(ZeroDivisionError):
        list(trace)
    with etw.open(sample, progress=lambda read, total: trace.close()) as trace:
        assert list(trace) is not None


def test_reading_threads_give_the_same(etw, sample, lines):
    with etw.open(sample, threads=3) as trace:
        assert [event.to_json() for event in trace] == lines(sample)
