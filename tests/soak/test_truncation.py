# SPDX-License-Identifier: MIT
"""Every length that every trace of the corpus, and a sample, could have been cut to.

Hours; `make soak` runs it, under the sanitizers. ETWKIT_SOAK_STEP=n takes every n-th length only.
"""

import concurrent.futures
import json
import os
import subprocess

import pytest

STEP = int(os.environ.get("ETWKIT_SOAK_STEP") or 1)
PIECE = 1 << 16


@pytest.fixture(scope="module")
def traces(corpus, run, tmp_path_factory):
    """The smallest first, so that a fault shows early."""
    folder = tmp_path_factory.mktemp("soak")
    for name, options in {"plain": "", "compressed": "--compress", "32_bit": "--pointer-size 4"}.items():
        run("sample", "-o", folder / f"sample_{name}.etl", "--events", "1000", "--buffer-size", "16", *options.split())
    return sorted([*corpus.glob("etl/*.etl"), *folder.glob("*.etl")], key=lambda path: path.stat().st_size)


def test_a_file_may_end_anywhere(traces, build):
    program = build / "tests" / "hostile" / "mutate"

    def cut(path, start):
        command = [program, "truncate", path, str(STEP), str(start), str(start + PIECE)]
        done = subprocess.run(command, capture_output=True)
        return path, start, done

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        pieces = [(path, start) for path in traces for start in range(0, path.stat().st_size + 1, PIECE)]
        lengths = 0
        for path, start, done in pool.map(lambda piece: cut(*piece), pieces):
            assert done.returncode == 0, f"{path.name} from {start}: {done.stderr[-6000:].decode(errors='replace')}"
            lengths += json.loads(done.stdout)["variants"]
            print(f"{path.name} to {start + PIECE}", flush=True)
        print(f"{lengths} lengths")
