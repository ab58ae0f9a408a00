# SPDX-License-Identifier: MIT
"""Events in bulk: what pyarrow, polars, pandas and DuckDB take of a trace, as it is."""

import gc
import json
import sys

import pytest


def test_columns_are_the_lines(etw, sample, lines):
    pa = pytest.importorskip("pyarrow")
    wanted = [json.loads(line) for line in lines(sample)]
    with etw.open(sample) as trace:
        table = pa.table(trace)
        assert pa.table(trace).equals(table)
    for name in ("provider_name", "event_name", "event_id", "process_id", "thread_id", "processor"):
        assert table.column(name).to_pylist() == [line[name] for line in wanted]
    properties = [cell and json.loads(cell) for cell in table.column("properties").to_pylist()]
    assert properties == [line["properties"] for line in wanted]


def test_select(etw, sample):
    pa = pytest.importorskip("pyarrow")
    with etw.open(sample) as trace:
        events = [e for e in trace if e.event_name == "Process/Start"]
        selection = trace.select("Windows Kernel", "Process/Start")
        assert selection.count == len(events)
        table = pa.table(selection)
        some = pa.table(trace.select("Windows Kernel", "Process/Start", columns=["timestamp"]))
        with pytest.raises(ValueError, match="no such"):
            trace.select("Windows Kernel", "Process/Start", columns=["no such"])
    assert table.column("ProcessId").to_pylist() == [event["ProcessId"] for event in events]
    assert table.column("CommandLine").to_pylist() == [event["CommandLine"] for event in events]
    assert some.column_names[0] == "timestamp" and len(some.column_names) < len(table.column_names)


def test_filters_count(etw, sample):
    pa = pytest.importorskip("pyarrow")
    with etw.open(sample, event="Process/*") as trace:
        assert pa.table(trace).num_rows == trace.count() > 0


def test_streams_outlive_all(etw, sample):
    pa = pytest.importorskip("pyarrow")
    data = sample.read_bytes()
    trace = etw.open(data, filter=etw.EventFilter(opcode=1))
    count = trace.count()
    reader = pa.RecordBatchReader.from_stream(trace)
    trace.close()
    del trace, data
    gc.collect()
    assert reader.read_all().num_rows == count


def test_capsules_that_nobody_takes(etw, sample):
    with etw.open(sample) as trace:
        for _ in range(3):
            assert trace.__arrow_c_stream__() and trace.__arrow_c_schema__()
            assert trace.select().__arrow_c_stream__(None)
    with pytest.raises(ValueError, match="closed"):
        trace.__arrow_c_stream__()


def test_polars(etw, sample):
    pl = pytest.importorskip("polars")
    with etw.open(sample) as trace:
        frame = pl.DataFrame(trace.select("Windows Kernel", "Process/Start"))
        assert frame.height and "CommandLine" in frame.columns


def test_duckdb(etw, sample):
    duckdb = pytest.importorskip("duckdb")
    trace = etw.open(sample)
    rows = duckdb.sql("select provider_name, count(*) from trace group by 1 order by 2 desc").fetchall()
    assert sum(count for _, count in rows) == trace.count()


def test_pandas(etw, sample):
    pandas = pytest.importorskip("pandas")
    with etw.open(sample) as trace:
        assert len(pandas.DataFrame.from_arrow(trace)) == trace.count()


def test_what_others_make_of_it(etw, sample, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    with etw.open(sample) as trace:
        table = trace.to_arrow()
        rows = trace.select(columns=["timestamp", "properties"], batch_rows=1000).to_parquet(tmp_path / "x.parquet")
        assert rows == table.num_rows == trace.count()
        assert parquet.read_metadata(tmp_path / "x.parquet").num_row_groups == -(-rows // 1000)
        pytest.importorskip("pandas")
        assert len(trace.to_pandas()) == rows
        assert trace.select(event="Process/Start").to_arrow().num_rows > 0


def test_a_missing_extra_is_named(etw, sample, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with etw.open(sample) as trace, pytest.raises(ModuleNotFoundError, match=r"pyetwkit\[polars\]"):
        trace.to_polars()
