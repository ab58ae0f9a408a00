# SPDX-License-Identifier: MIT
"""Importing is quick: nothing is loaded that only some programs need."""

import pathlib
import subprocess
import sys

# Packages of the extras, and those of the standard library that cost milliseconds.
HEAVY = """asyncio concurrent.futures ctypes dataclasses duckdb email inspect ipaddress json logging multiprocessing
numpy pandas pathlib polars pyarrow socket ssl subprocess tempfile urllib.parse""".split()


def test_import_loads_nothing_heavy(etw):
    package = str(pathlib.Path(etw.__file__).parent.parent)
    program = f"import sys; sys.path.insert(0, {package!r}); before = set(sys.modules)\n"
    program += "import pyetwkit; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "pyetwkit._core" in loaded
    assert not sorted(set(loaded) & set(HEAVY))
