# SPDX-License-Identifier: MIT
"""Golden tests: each golden/NAME.args is run beside the sample; output and exit code must be as they stand there.

NAME.stdout is the whole standard output, NAME.stderr the standard error (missing: empty), NAME.exit the exit code
(missing: 0). Where a Windows program says it otherwise, NAME.windows.stderr is what it says. GOLDEN_UPDATE=1 writes
them anew: read the difference before you commit it.
"""

import os
import pathlib
import shlex
import shutil

import pytest

GOLDEN = pathlib.Path(__file__).parent / "golden"


def expect(path, got, missing):
    if os.environ.get("GOLDEN_UPDATE"):
        if got != missing:
            path.write_bytes(got)
        elif path.exists():
            path.unlink()
    want = path.read_bytes() if path.exists() else missing
    assert got.decode() == want.decode(), path.name


@pytest.mark.parametrize("args", sorted(GOLDEN.glob("*.args")), ids=lambda path: path.stem)
def test_golden(args, run, windows, sample, tmp_path):
    shutil.copy(sample, tmp_path / "sample.etl")
    done = run(*shlex.split(args.read_text()), code=None, cwd=tmp_path)
    expect(args.with_suffix(".stdout"), done.stdout, b"")
    own = args.with_suffix(".windows.stderr")
    expect(own if windows and own.exists() else args.with_suffix(".stderr"), done.stderr, b"")
    expect(args.with_suffix(".exit"), b"%d\n" % done.returncode, b"0\n")
