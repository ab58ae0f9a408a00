# SPDX-License-Identifier: MIT
"""Paths as callers give them, and those where schemas are looked for."""

from __future__ import annotations

import os
import pathlib
import warnings

from pyetwkit._core import schema_paths


def paths_of(given):
    """A path or several, as a tuple of str."""
    if isinstance(given, (str, os.PathLike)):
        given = (given,)
    return tuple(os.fsdecode(path) for path in given)


def default_schemas():
    """Where schemas are looked for without being named, as the command does."""
    for path in schema_paths():
        if pathlib.Path(path).exists():
            yield path
        else:
            warnings.warn(f"ETWKIT_SCHEMA_PATH names {path}, which is not there", stacklevel=4)
