# SPDX-License-Identifier: MIT
"""to_arrow() and the like: what other packages make of a stream of record batches, and which extra is missing."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from pyetwkit._core import Selection, Trace

_Path: TypeAlias = "str | os.PathLike[str]"

# Columns whose dictionary parquet would begin and throw away.
_SELDOM_REPEAT = {"timestamp", "properties", "payload"}


def need(module: str, extra: str) -> Any:
    """A module, or an ImportError that says how to get it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        message = f"this needs {package}, which is not installed: pip install 'pyetwkit[{extra}]'"
        raise ModuleNotFoundError(message, name=error.name) from error


@contextlib.contextmanager
def _signals_first() -> Iterator[None]:
    """Ctrl-C ends a stream, of which its reader makes an error of its own. What the signal raised waits meanwhile for
    Python to go on, which it does here, so that it comes instead."""
    yield


@_signals_first()
def to_arrow(source: Trace | Selection) -> Any:
    return need("pyarrow", "arrow").table(source)


def to_pandas(source: Trace | Selection, **options: Any) -> Any:
    need("pandas", "pandas")
    return to_arrow(source).to_pandas(**options)


@_signals_first()
def to_polars(source: Trace | Selection) -> Any:
    return need("polars", "polars").DataFrame(source)


def to_parquet(source: Any, path: _Path, **options: Any) -> int:
    parquet = need("pyarrow.parquet", "arrow")

    def writer(schema: Any) -> Any:
        repeating = [name for name in schema.names if name not in _SELDOM_REPEAT]
        return parquet.ParquetWriter(path, schema, **{"compression": "zstd", "use_dictionary": repeating, **options})

    return _write(source, writer)


def to_ipc(source: Any, path: _Path) -> int:
    """An Arrow file, compressed as pyarrow.feather would. Texts stand in it as such: in a file dictionaries cannot grow
    from batch to batch without readers (polars) that refuse them."""
    arrow = need("pyarrow", "arrow")
    plain = [
        field.with_type(field.type.value_type) if arrow.types.is_dictionary(field.type) else field
        for field in arrow.schema(source)
    ]
    options = arrow.ipc.IpcWriteOptions(compression="lz4")
    schema = arrow.schema(plain)
    return _write(source, lambda _: arrow.ipc.new_file(path, schema, options=options), schema)


def first_rows(source: Any, limit: int | None) -> Any:
    """The source, or a stream of its first rows."""
    if limit is None:
        return source
    arrow = need("pyarrow", "arrow")
    reader = arrow.RecordBatchReader.from_stream(source)

    def batches(left: int) -> Iterator[Any]:
        while left:
            batch = next(reader, None)
            if batch is None:
                return
            yield batch[:left]
            left -= min(left, batch.num_rows)

    return arrow.RecordBatchReader.from_batches(reader.schema, batches(limit))


@_signals_first()
def _write(source: Any, open_writer: Callable[[Any], Any], schema: Any = None) -> int:
    """Batch by batch, so that memory stays bounded. The number of rows."""
    rows = 0
    with need("pyarrow", "arrow").RecordBatchReader.from_stream(source) as reader, open_writer(reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch.cast(schema) if schema else batch)
            rows += batch.num_rows
    return rows
