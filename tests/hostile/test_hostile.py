# SPDX-License-Identifier: MIT
"""Damaged traces: thousands of seeded variants of real traces and of our own, each ends clearly.

In bounded time, and a damage costs only what it hits. mutate.c is the driver and holds the rules; `make asan` runs it
under the sanitizers.
"""

import json
import os
import random
import subprocess

import pytest

CORPUS = """
ab_AMSITrace ab_ShutdownPerfDiagLogger diaghub.kernel.1 diaghub.user_injected.1 gcevents krabs_powershell net.4.5.2.x86
pktmon pv_SelfDescribingSingleEvent pw_eventlog pyetw_out pyetwkit_sample sb_image_data_32_v0 sb_image_data_32_v1
sb_image_data_32_v2 sb_process_data_32_v1 sb_process_data_32_v3 tx_HTTP_Server tx_KernelNetwork tx_WsRm01 wpp_CldFlt0
wpp_waasmedic
""".split()
SAMPLES = {
    "plain": "--seed 1 --events 600 --buffer-size 8",
    "compressed": "--seed 2 --events 600 --buffer-size 16 --compress",
    "32_bit": "--seed 3 --events 600 --pointer-size 4 --clock cpu",
    "windows_7": "--seed 4 --events 600 --windows 7 --buffer-size 16 --clock system",
    "crashed": "--seed 5 --events 600 --unfinished --buffer-size 8",
    "many_processors": "--seed 6 --events 600 --processors 64 --buffer-size 8 --compress",
}
FILES = [f"corpus/{name}" for name in CORPUS] + [f"sample/{name}" for name in SAMPLES]
# At least 50 variants of each file, and over 2,000 of the corpus.
BIG, MANY, SOME = 1 << 20, 120, 50


@pytest.fixture(scope="module")
def trace(request, run, tmp_path_factory):
    """trace(name): the path of a real trace or of a sample."""
    made = tmp_path_factory.mktemp("hostile")

    def trace(name):
        kind, name = name.split("/")
        if kind == "corpus":
            return request.getfixturevalue("corpus") / "etl" / f"{name}.etl"
        path = made / f"{name}.etl"
        if not path.exists():
            run("sample", "-o", path, *SAMPLES[name].split())
        return path

    return trace


@pytest.fixture(scope="module")
def mutate(build):
    """mutate(mode, path, numbers...): the driver's totals."""
    program = build / "tests" / "hostile" / ("mutate.exe" if os.name == "nt" else "mutate")
    assert program.is_file(), f"{program} is not built"

    def mutate(*arguments):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=900)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-6000:]
        return json.loads(done.stdout)

    return mutate


def variants(path, some=SOME):
    return some if path.stat().st_size > BIG else MANY


@pytest.mark.parametrize("name", FILES)
def test_anything_may_happen_to_a_file(trace, mutate, name):
    """Truncated, bits and bytes and words changed, pieces missing or doubled: see mutate() in mutate.c."""
    path = trace(name)
    totals = mutate("any", path, 1, variants(path))
    assert totals["variants"] == variants(path)
    assert totals["damages"] > 0
    assert totals["refused"] < totals["variants"] / 2


@pytest.mark.parametrize("name", FILES)
def test_a_byte_of_a_payload_costs_one_event(trace, mutate, name):
    """All other events come out unchanged, to the last letter of their lines, and no damage is reported."""
    path = trace(name)
    totals = mutate("payload", path, 2, variants(path, some=15))
    # Compressed buffers hold no plain payload; the next test is about them.
    assert totals["variants"] > 10 or path.stem in ("net.4.5.2.x86", "compressed", "many_processors")


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_buffer_costs_no_other(trace, mutate, name):
    """A byte anywhere behind the header of a data buffer, compressed or not: events of other buffers are unchanged."""
    path = trace(name)
    count = variants(path, some=15)
    assert mutate("inside", path, 3, count)["variants"] == count + 1  # and the file as it is


@pytest.mark.parametrize("name", FILES)
def test_a_file_may_end_anywhere(trace, mutate, name):
    """A hundred lengths of each file; `make soak` takes them all."""
    path = trace(name)
    size = path.stat().st_size
    assert mutate("truncate", path, size // 100 + 1, 0, size)["variants"] >= 30


@pytest.mark.parametrize("name", FILES)
def test_the_command_ends_in_a_clear_report(trace, run, tmp_path, name):
    """Exit code 0, 1 or 3, never a signal; what it says of the damage is on stderr, and every line of JSON is whole."""
    data = trace(name).read_bytes()
    dice = random.Random(name)
    for number in range(2):
        variant = bytearray(data)
        if number:
            del variant[dice.randrange(len(variant)) :]
        else:
            for _ in range(dice.randrange(1, 30)):
                variant[dice.randrange(len(variant))] ^= 1 << dice.randrange(8)
        path = tmp_path / "variant.etl"
        path.write_bytes(variant)
        done = run("dump", "--format", "jsonl", path, code=None, timeout=120)
        assert done.returncode in (0, 1, 3), done.stderr[-3000:]
        assert bool(done.stderr) == (done.returncode != 0)
        for line in done.stdout.splitlines():
            json.loads(line)
