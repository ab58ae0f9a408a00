# SPDX-License-Identifier: MIT
"""Trace.write(): the lines of `etwkit dump`, into any file object."""

import gzip
import io

import pytest


def test_lines(trace, sample, lines):
    file = io.BytesIO()
    assert trace.write(file) == trace.count() == trace.stats.events
    assert file.getvalue().decode().split("\n")[:-1] == lines(sample)


@pytest.mark.parametrize("threads", [1, 3])
def test_csv(etw, sample, run, tmp_path, threads):
    with etw.open(sample, threads=threads) as trace, gzip.open(tmp_path / "x.csv.gz", "wb") as file:
        trace.write(file, "csv", names=True, numeric=True, message=True, payload=True)
    wanted = run("dump", sample, "--format", "csv", "--names", "--numeric", "--message", "--payload").stdout
    with gzip.open(tmp_path / "x.csv.gz") as file:
        assert file.read() == wanted


def test_limit(trace):
    for limit in (0, 1, 1000, 10**6):
        file = io.BytesIO()
        assert trace.write(file, limit=limit) == file.getvalue().count(b"\n") == min(limit, trace.count())
    with pytest.raises(OverflowError):
        trace.write(io.BytesIO(), limit=-1)


def test_unbuffered_files_take_a_part_at_a_time(trace):
    class Slow:
        data = b""

        def write(self, data):
            self.data += data[:70_001]
            return len(data[:70_001])

    file, whole = Slow(), io.BytesIO()
    assert trace.write(file) == trace.write(whole)
    assert file.data == whole.getvalue()


def test_files_that_fail(trace):
    class Failing:
        def __init__(self, answer):
            self.answer = answer

        def write(self, data):
            return self.answer() if callable(self.answer) else self.answer

    def full():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        trace.write(Failing(full))
    with pytest.raises(ValueError, match="not given"):
        trace.write(Failing(10**12))
    with pytest.raises(AttributeError):
        trace.write(None)
    with pytest.raises(ValueError, match="'jsonl' or 'csv'"):
        trace.write(io.BytesIO(), "xml")
    assert trace.write(io.BytesIO()) == trace.count()


def test_other_fields_are_refused(etw, sample):
    with etw.open(sample, provider="Windows Kernel") as trace, pytest.raises(etw.EtwError, match="field"):
        trace.write(io.BytesIO(), "csv", fields=True)


def test_what_came_before_damage_is_written(etw, sample):
    data = bytearray(sample.read_bytes())
    data[400_000:400_400] = bytes(400)
    file = io.BytesIO()
    with etw.open(data, strict=True, unordered=True) as trace, pytest.raises(etw.DamagedTraceError):
        trace.write(file)
    assert file.getvalue().endswith(b"}\n") and trace.stats.events == file.getvalue().count(b"\n") > 0


def test_closed_meanwhile(etw, sample):
    trace = etw.open(sample)

    class Closing:
        def write(self, data):
            trace.close()

    assert 0 < trace.write(Closing()) <= 5141
    with pytest.raises(ValueError, match="closed"):
        trace.write(io.BytesIO())


def test_streams_count(etw, sample):
    pa = pytest.importorskip("pyarrow")
    with etw.open(sample) as trace:
        selection = trace.select(batch_rows=1000)
        assert selection.stats == (0, 0, 0, 0, 0)
        table = pa.table(selection)
        assert selection.stats.rows == table.num_rows and selection.stats.batches == -(-table.num_rows // 1000)
