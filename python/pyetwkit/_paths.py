# SPDX-License-Identifier: MIT
"""Paths as callers give them, and those where schemas are looked for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pyetwkit._core import schema_paths

Path: TypeAlias = "str | os.PathLike[str] | bytes"


def paths_of(given: Path | Iterable[Path]) -> tuple[str, ...]:
    """A path or several, as a tuple of str."""
    if isinstance(given, (str, bytes, os.PathLike)):
        given = (given,)
    return tuple(os.fsdecode(path) for path in given)


def default_schemas() -> Iterator[str]:
    """Where schemas are looked for without being named, as the command does."""
    for path in schema_paths():
        if os.access(path, os.F_OK):  # pathlib takes long to import
            yield path
        else:
            warnings.warn(f"ETWKIT_SCHEMA_PATH names {path}, which is not there", stacklevel=4)
