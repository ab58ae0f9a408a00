# SPDX-License-Identifier: MIT
"""open(): what callers may give, made into what the C side takes."""

from __future__ import annotations

import os

from pyetwkit._core import Trace


def _paths(given):
    """A path or several, as a tuple of str."""
    if isinstance(given, (str, os.PathLike)):
        given = (given,)
    return tuple(os.fsdecode(path) for path in given)


def open(
    source,
    *,
    filter=None,
    schema=None,
    pack=True,
    unordered=False,
    strict=False,
    threads=1,
    memory_limit=0,
    progress=None,
):
    data = paths = None
    if hasattr(source, "read"):
        data = source.read()
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = source
    else:
        paths = _paths(source)
    return Trace(
        paths=paths,
        data=data,
        schema_paths=_paths(schema or ()),
        filter=filter,
        progress=progress,
        unordered=unordered,
        strict=strict,
        no_pack=not pack,
        threads=threads,
        memory_limit=memory_limit,
    )
