# SPDX-License-Identifier: MIT
"""A trace of 100 GiB, nearly all of it holes: memory stays what DESIGN.md promises, whatever the size."""

import errno
import json
import shutil
import struct
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it")

MIB = 1 << 20
SIZE = 100 * 1024 * MIB
BUFFER = 4 * MIB
BUFFERS = SIZE // BUFFER
PROCESSORS = 4
REAL = 4096  # bytes of each buffer that are there: a block of most file systems
# The promise: 64 MiB, 16 bytes of index a buffer, one buffer a processor.
MEMORY = 64 * MIB + 16 * BUFFERS + PROCESSORS * BUFFER

IN_FRONT = (0x0A, 0x0B, 0x12, 0x13, 0x14, 0x15)  # types whose size comes first, and their time at 0x10
SHORT = (0x10, 0x11)  # types whose time stands at 8


def templates(data):
    """For each processor a block full of events, the first of its first buffer: (bytes, [(place of a time, time)])."""
    found, place = {}, 0
    while place < len(data):
        size, filled = struct.unpack_from("<I44xI", data, place)
        processor = struct.unpack_from("<H", data, place + 0x28)[0]
        if place and processor not in found:
            at, times = 0x48, []
            while at < filled:
                event = place + at
                length = struct.unpack_from("<H", data, event if data[event + 2] in IN_FRONT else event + 4)[0] + 7 & ~7
                if data[event + 3] != 0xC0 or at + length > REAL:
                    break
                times.append(at + (8 if data[event + 2] in SHORT else 0x10))
                at += length
            block = bytearray(data[place : place + at])
            struct.pack_into("<I", block, 0x04, at)
            struct.pack_into("<I", block, 0x08, at + BUFFER)
            struct.pack_into("<I", block, 0x30, at)
            struct.pack_into("<H", block, 0x34, 0x20)
            stamps = [struct.unpack_from("<q", block, time)[0] for time in times]
            found[processor] = bytes(block), list(zip(times, stamps))
        place += size
    return found


def has_holes(folder):
    probe = folder / "probe"
    with probe.open("wb") as file:
        file.truncate(64 * MIB)
    holes = probe.stat().st_blocks * 512 < MIB
    probe.unlink()
    return holes


@pytest.fixture(scope="module")
def huge(run, tmp_path_factory):
    """(path, events) of the trace, which is removed again."""
    folder = tmp_path_factory.mktemp("large")
    if shutil.disk_usage(folder).free < 1024 * MIB:
        pytest.skip(f"less than 1 GiB free in {folder}")
    if not has_holes(folder):
        pytest.skip(f"the file system of {folder} makes no holes")
    seed = folder / "seed.etl"
    run("sample", "-o", seed, "--events", "3000", "--processors", PROCESSORS, "--buffer-size", BUFFER // 1024)
    data = seed.read_bytes()
    parts = templates(data)
    assert len(parts) == PROCESSORS
    step = max(stamps[-1][1] - stamps[0][1] for _, stamps in parts.values()) + 1
    path, events = folder / "huge.etl", 1
    with path.open("wb") as file:
        try:
            file.truncate(SIZE)
        except OSError as error:
            if error.errno in (errno.EFBIG, errno.ENOSPC):
                pytest.skip(f"no file of 100 GiB fits into {folder}: {error}")
            raise
        file.write(data[:REAL])
        for number in range(1, BUFFERS):
            template, stamps = parts[number % PROCESSORS]
            block = bytearray(template)
            shift = step * (number // PROCESSORS)
            struct.pack_into("<q", block, 0x18, number)
            for at, stamp in stamps:
                struct.pack_into("<q", block, at, stamp + shift)
            file.seek(number * BUFFER)
            file.write(block)
            events += len(stamps)
    assert path.stat().st_size == SIZE
    yield path, events
    path.unlink()


# A process takes over the peak of the one that it was forked from, which in pytest may be anything: so one in between.
BETWEEN = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024))
sys.exit(code)
"""


@pytest.fixture
def start(etwkit, tmp_path):
    """start(arguments): the running command, and what gives its peak resident memory in bytes once it has ended."""

    def start(*arguments):
        peak = tmp_path / "peak"
        command = [sys.executable, "-S", "-c", BETWEEN, peak, etwkit, *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE), lambda: int(peak.read_text())

    return start


@pytest.fixture
def measured(start):
    """measured(arguments): (standard output, peak) of the command, which must find no damage."""

    def measured(*arguments):
        child, peak = start(*arguments)
        output = child.communicate(timeout=300)[0]
        assert child.returncode == 0
        return output, peak()

    return measured


def test_info(measured, huge):
    path, events = huge
    output, memory = measured("info", "--json", path)
    told = json.loads(output)
    print(f"info: {memory / MIB:.1f} MiB of {MEMORY / MIB:.1f}")
    assert memory < MEMORY
    assert (told["events"], told["buffers"]) == (events, BUFFERS)


def test_dump(measured, huge):
    path, _ = huge
    output, memory = measured("dump", "--format", "jsonl", "--limit", "10000", path)
    print(f"dump --limit: {memory / MIB:.1f} MiB of {MEMORY / MIB:.1f}")
    assert memory < MEMORY
    assert output.count(b"\n") == 10000


def test_dump_all(start, huge):
    """All of it in time order, counted as it comes."""
    path, events = huge
    child, peak = start("dump", "--format", "jsonl", path)
    lines, before = 0, b""
    for line in child.stdout:
        stamp = line[14:42]
        assert stamp >= before
        before, lines = stamp, lines + 1
    assert (child.wait(timeout=60), lines) == (0, events)
    print(f"dump: {lines} lines, {peak() / MIB:.1f} MiB of {MEMORY / MIB:.1f}")
    assert peak() < MEMORY
