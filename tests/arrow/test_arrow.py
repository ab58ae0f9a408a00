# SPDX-License-Identifier: MIT
"""Arrow streams as pyarrow, polars, duckdb and pandas read them, cell by cell against the lines of `dump`."""

import collections
import concurrent.futures
import datetime
import io
import json
import sys
import uuid

import pytest
import streams

try:
    import pyarrow as pa
except ImportError:  # each test says so: a module that is skipped whole is no test to pytest, and that is an error
    pa = None

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="loads libetwkit.so"),
    pytest.mark.skipif(pa is None, reason="pyarrow is not installed"),
]

NUMBERS = "event_id version level opcode task channel process_id thread_id processor payload_process_id".split()
NUMBERS += ["payload_thread_id", "session_id"]
TEXTS = ["provider_name", "event_name", "user_sid", "message"]
GUIDS = ["provider_id", "activity_id", "related_activity_id"]
SMALL = ["sb_process_data_32_v3.etl", "pktmon.etl", "tx_WsRm01.etl", "wpp_CldFlt0.etl", "pyetwkit_sample.etl"]
TYPED = [*SMALL, "gcevents.etl", "ab_AMSITrace.etl", "krabs_powershell.etl", "tx_HTTP_Server.etl"]


@pytest.fixture(scope="module")
def library(build):
    return streams.load(build)


@pytest.fixture(scope="module")
def lines(run):
    """lines(path, options...): what dump writes, as objects."""

    def lines(path, *options):
        done = run("dump", "--format", "jsonl", *options, path, code=None)
        return [json.loads(line) for line in done.stdout.decode().split("\n") if line]

    return lines


def nanoseconds(timestamp):
    day, ticks = timestamp[:-1].split(".")
    seconds = (datetime.datetime.fromisoformat(day) - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)
    return seconds * 10**9 + int(ticks) * 100


def check_header(table, want):
    def cells(name):
        return table.column(name).to_pylist()

    assert table.num_rows == len(want)
    stamps = table.column("timestamp").cast("int64").to_pylist()
    assert stamps == [nanoseconds(line["timestamp"]) for line in want]
    for name in [*NUMBERS, *TEXTS]:
        if name in table.column_names:
            assert cells(name) == [line.get(name) for line in want], name
    assert cells("keywords") == [int(line["keywords"], 16) for line in want]
    for name in GUIDS:
        assert [cell and str(cell) for cell in cells(name)] == [line.get(name) for line in want], name
    stacks = [line.get("stack") and [int(frame, 16) for frame in line["stack"]] for line in want]
    assert cells("stack") == stacks
    assert [cell and json.loads(cell) for cell in cells("properties")] == [line["properties"] for line in want]


def traces_of(corpus, names):
    return [path for path in sorted(corpus.rglob("*.etl")) if path.name in names]


def test_columns_are_those_of_the_contract(library, sample):
    with streams.recipe(library, sample) as recipe:
        schema = pa.schema(recipe)
        assert schema == pa.RecordBatchReader.from_stream(recipe).schema
    label = pa.dictionary(pa.int32(), pa.utf8())
    types = {
        "timestamp": pa.timestamp("ns", "UTC"),
        "provider_name": label,
        "provider_id": pa.uuid(),
        "event_name": label,
        "event_id": pa.uint16(),
        "version": pa.uint8(),
        "level": pa.uint8(),
        "opcode": pa.uint8(),
        "task": pa.uint16(),
        "channel": pa.uint8(),
        "keywords": pa.uint64(),
        "process_id": pa.uint32(),
        "thread_id": pa.uint32(),
        "processor": pa.uint16(),
        "activity_id": pa.uuid(),
        "related_activity_id": pa.uuid(),
        "payload_process_id": pa.uint32(),
        "payload_thread_id": pa.uint32(),
        "stack": pa.list_(pa.field("item", pa.uint64(), nullable=False)),
        "user_sid": pa.utf8(),
        "session_id": pa.uint32(),
        "properties": pa.json_(pa.utf8()),
    }
    assert dict(zip(schema.names, schema.types, strict=True)) == types
    assert list(schema.names) == list(types)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_header_of_a_sample(library, lines, sample, rows):
    with streams.recipe(library, sample, batch_rows=rows) as recipe:
        table = pa.table(recipe)
        assert recipe.stats.rows == table.num_rows
        assert recipe.stats.batches == (-(-table.num_rows // rows) if rows else 1)
    table.validate(full=True)
    check_header(table, lines(sample))


def test_batches_end_at_their_bytes(library, sample):
    with streams.recipe(library, sample, batch_bytes=20_000) as recipe:
        batches = list(pa.RecordBatchReader.from_stream(recipe))
    assert len(batches) > 20
    assert max(batch.nbytes for batch in batches) < 100_000
    with streams.recipe(library, sample) as recipe:
        assert pa.Table.from_batches(batches).cast(pa.table(recipe).schema).num_rows == pa.table(recipe).num_rows


@pytest.mark.parametrize("threads", [0, 2])
def test_header_of_real_traces(library, lines, corpus, threads):
    for path in traces_of(corpus, TYPED):
        with streams.recipe(library, path, "message", threads=threads) as recipe:
            table = pa.table(recipe)
        table.validate(full=True)
        check_header(table, lines(path, "--message"))


def test_columns_that_are_asked_for(library, lines, corpus):
    for path in traces_of(corpus, SMALL):
        want = lines(path, "--payload")
        with streams.recipe(library, path, "payload", "rest", "truncated") as recipe:
            table = pa.table(recipe)
        hexes = [cell.hex().upper() for cell in table.column("payload").to_pylist()]
        assert hexes == [line["payload"] for line in want]
        rests = [cell and cell.hex().upper() for cell in table.column("rest").to_pylist()]
        assert rests == [line.get("rest") for line in want]
        assert table.column("truncated").to_pylist() == [line.get("truncated", False) for line in want]
    with streams.recipe(library, path, columns=["processor", "timestamp"]) as recipe:
        assert pa.table(recipe).column_names == ["processor", "timestamp"]
        assert pa.table(recipe).num_rows == len(want)
    with streams.recipe(library, path, columns=[]) as recipe:
        assert sum(batch.num_rows for batch in pa.RecordBatchReader.from_stream(recipe)) == len(want)
    with pytest.raises(streams.Refused, match="named nothing"):
        streams.Recipe(library, path, columns=["timestamp", "nothing"])


def is_number(cell, want):
    """Numbers of columns have a sign and a size, hex of lines has neither."""
    if isinstance(cell, float):
        return want in ("NaN", "Infinity", "-Infinity") or cell == pytest.approx(want, rel=1e-6)
    return cell == want if isinstance(want, int) else int(want, 16) in (cell & (1 << 64) - 1, cell & (1 << 32) - 1)


def is_cell(cell, want, kind):
    """Is an Arrow cell (times as nanoseconds) what a value of a line says?"""
    if want is None or cell is None:
        return cell is None and (want is None or (pa.types.is_timestamp(kind) and isinstance(want, int)))
    if pa.types.is_timestamp(kind):
        return cell == nanoseconds(want)
    if isinstance(cell, list):
        return len(cell) == len(want) and all(is_cell(a, b, kind.value_type) for a, b in zip(cell, want))
    if isinstance(cell, dict):
        return all(is_cell(cell[name], want.get(name), kind.field(name).type) for name in cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return is_number(cell, want)
    text = cell.hex().upper() if isinstance(cell, bytes) else str(cell)
    return text == str(want) or (isinstance(want, bool) and text.lower() == str(want).lower())


def check_selections(library, path, want, most=40):
    kinds = collections.Counter((line["provider_name"], line["event_name"]) for line in want if line["properties"])
    kinds.pop(None, None)
    for (provider, event), _ in [kind for kind in kinds.most_common(most) if kind[0][0]]:
        lines = [line for line in want if (line["provider_name"], line["event_name"]) == (provider, event)]
        rows = [line["properties"] for line in lines if line["properties"] or line.get("truncated")]
        with streams.recipe(library, path, provider=provider, event=event, columns=[]) as recipe:
            table = pa.table(recipe)
            assert (recipe.stats.selected, recipe.stats.values_null) == (table.num_rows, 0)
        table.validate(full=True)
        assert set().union(*rows) <= set(table.column_names)
        for name, column in zip(table.column_names, table.columns, strict=True):
            cells = (column.cast("int64") if pa.types.is_timestamp(column.type) else column).to_pylist()
            for cell, row in zip(cells, rows, strict=True):
                assert is_cell(cell, row.get(name), column.type), (path.name, event, name, cell, row.get(name))


def test_selections_of_a_sample(library, lines, sample):
    check_selections(library, sample, lines(sample), most=1000)


def test_selections_of_real_traces(library, lines, corpus):
    for path in traces_of(corpus, TYPED):
        check_selections(library, path, lines(path))


def test_selection_with_headers_and_numbers(library, lines, sample):
    want = [line for line in lines(sample, "--numeric") if line["event_name"] == "Process/Start"]
    with streams.recipe(library, sample, "numeric", event="process/start", provider="Windows*") as recipe:
        table = pa.table(recipe)
    assert table.column_names[:3] == ["timestamp", "process_id", "thread_id"]
    assert table.column("process_id").to_pylist() == [line["process_id"] for line in want]
    assert table.column("ImageFileName").to_pylist() == [line["properties"]["ImageFileName"] for line in want]
    assert not any(pa.types.is_dictionary(kind) for kind in table.schema.types)
    provider = want[0]["provider_id"]
    with streams.recipe(library, sample, provider=provider, event="Process/Start") as recipe:
        assert pa.table(recipe).num_rows == len(want)
    with streams.recipe(library, sample, provider="nobody") as recipe:
        assert pa.table(recipe).num_rows == recipe.stats.selected == 0


def test_nothing_is_lost_where_types_differ(library, lines, corpus):
    """Real events of one name whose Value is text here and a number there."""
    path = next(corpus.rglob("pyetwkit_sample.etl"))
    want = [line for line in lines(path) if line["event_name"] == "SetupPlatformTelEvent"]
    with streams.recipe(library, path, event="SetupPlatformTelEvent") as recipe:
        column = pa.table(recipe).column("Value")
    assert column.type == pa.utf8()
    assert column.to_pylist() == [str(line["properties"]["Value"]) for line in want]


def test_a_stream_of_its_own_each_time(library, sample):
    data = sample.read_bytes()
    recipe = streams.Recipe(library, None, data=data)
    del data
    first = pa.RecordBatchReader.from_stream(recipe)
    second = pa.RecordBatchReader.from_stream(recipe)
    recipe.close()  # streams need it no more
    batch = first.read_next_batch()
    assert batch.equals(second.read_next_batch())
    first.close()
    assert batch.num_rows > 1000 and batch.column("event_name").to_pylist()


def test_streams_on_many_threads(library, sample):
    with streams.recipe(library, sample, batch_rows=100) as recipe:
        readers = [pa.RecordBatchReader.from_stream(recipe) for _ in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            tables = list(pool.map(lambda reader: reader.read_all(), readers))
        assert all(table.equals(tables[0]) for table in tables)
        assert recipe.stats.rows == 8 * tables[0].num_rows


def test_what_cannot_be_read(library, tmp_path, sample):
    with streams.recipe(library, tmp_path / "none.etl") as recipe:
        assert "timestamp" in pa.schema(recipe).names  # the columns need no file
        with pytest.raises(streams.Refused, match=r"none\.etl"):
            recipe.stream()
    with pytest.raises(streams.Refused, match=r"none\.etl"):
        streams.Recipe(library, tmp_path / "none.etl", event="*")
    damaged = tmp_path / "damaged.etl"
    data = bytearray(sample.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = b"\xff" * 200
    damaged.write_bytes(data)
    with streams.recipe(library, damaged) as recipe:
        assert pa.table(recipe).num_rows > 1000
        assert recipe.stats.damage > 0


def test_files_of_arrow_take_growing_dictionaries(library, sample):
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    with streams.recipe(library, sample, batch_rows=50) as recipe:
        reader = pa.RecordBatchReader.from_stream(recipe)
        with pa.ipc.new_file(out, reader.schema, options=options) as writer:
            for batch in reader:
                writer.write_batch(batch)
        table = pa.table(recipe)
    assert pa.ipc.open_file(out).read_all().column("event_name").to_pylist() == table.column("event_name").to_pylist()


def test_parquet(library, sample, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    with streams.recipe(library, sample, batch_rows=500) as recipe:
        reader = pa.RecordBatchReader.from_stream(recipe)
        with parquet.ParquetWriter(tmp_path / "out.parquet", reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        table = pa.table(recipe)
    back = parquet.read_table(tmp_path / "out.parquet")
    for name in ("timestamp", "event_name", "process_id", "properties", "provider_id"):
        assert back.column(name).to_pylist() == table.column(name).to_pylist()


def test_pandas(library, sample):
    pandas = pytest.importorskip("pandas")
    with streams.recipe(library, sample, batch_rows=500) as recipe:
        frame = pandas.DataFrame.from_arrow(recipe)
        table = pa.table(recipe)
    assert len(frame) == table.num_rows
    assert list(frame["event_name"]) == table.column("event_name").to_pylist()
    assert list(frame["process_id"].dropna()) == table.column("process_id").drop_null().to_pylist()


def test_polars(library, sample):
    polars = pytest.importorskip("polars")
    with streams.recipe(library, sample, batch_rows=500) as recipe:
        frame = polars.from_arrow(recipe) if hasattr(recipe, "__arrow_c_array__") else polars.DataFrame(recipe)
        table = pa.table(recipe)
    assert frame.height == table.num_rows
    assert frame["event_name"].cast(polars.String).to_list() == table.column("event_name").to_pylist()
    assert frame["stack"].to_list() == table.column("stack").to_pylist()
    assert frame["process_id"].to_list() == table.column("process_id").to_pylist()


def test_duckdb(library, sample):
    duckdb = pytest.importorskip("duckdb")
    with streams.recipe(library, sample, batch_rows=500) as trace:
        table = pa.table(trace)
        connection = duckdb.connect()
        found = connection.sql("select event_name, count(*), min(provider_id) from trace group by 1").fetchall()
        counts = collections.Counter(table.column("event_name").to_pylist())
        assert {name: count for name, count, _ in found} == counts
        assert isinstance(found[0][2], uuid.UUID)
        one = connection.sql("select properties->>'ImageFileName' from trace where event_name = 'Process/Start'")
        assert all(name for (name,) in one.fetchall())
