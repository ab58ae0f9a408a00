# SPDX-License-Identifier: MIT
"""to_arrow() and the like: what other packages make of a stream of record batches, and which extra is missing."""

from __future__ import annotations

import importlib
import os


def _need(module, extra):
    """A module, or an ImportError that says how to get it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        message = f"this needs {package}, which is not installed: pip install 'pyetwkit[{extra}]'"
        raise ModuleNotFoundError(message, name=error.name) from error


def to_arrow(source):
    return _need("pyarrow", "arrow").table(source)


def to_pandas(source, **options):
    _need("pandas", "pandas")
    return _need("pyarrow", "pandas").table(source).to_pandas(**options)


def to_polars(source):
    return _need("polars", "polars").DataFrame(source)


def to_parquet(source, path, **options):
    parquet = _need("pyarrow.parquet", "arrow")
    arrow = _need("pyarrow", "arrow")
    path, rows = os.fspath(path), 0
    reader = arrow.RecordBatchReader.from_stream(source)
    with reader, parquet.ParquetWriter(path, reader.schema, **options) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
