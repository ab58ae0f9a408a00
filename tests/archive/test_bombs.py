# SPDX-License-Identifier: MIT
"""Archives that harm: bombs, endless lists, places that are cut off or changed. None costs more than it may."""

import gzip
import random
import struct
import subprocess
import zipfile
import zlib

import packed
import pytest

pytestmark = pytest.mark.usefixtures("spool")
MIB = 1 << 20


def zeros_behind(trace, size, wbits):
    """A trace and so many zeros, deflated without ever being in memory; and its checksum and size."""
    deflate, block, crc = zlib.compressobj(9, zlib.DEFLATED, wbits), bytes(MIB), zlib.crc32(trace)
    out = [deflate.compress(trace)]
    for _ in range(size // MIB):
        out.append(deflate.compress(block))
        crc = zlib.crc32(block, crc)
    return b"".join([*out, deflate.flush()]), crc, len(trace) + size // MIB * MIB


@pytest.fixture(scope="module")
def bomb(traces):
    """Gzip: 160 MiB of one trace and zeros."""
    return zeros_behind(traces["a.etl"], 160 * MIB, 31)[0]


def test_a_ratio(bomb, run, tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(bomb)
    done = run("dump", path, "--spool-ratio", "50", code=3)
    assert done.stdout == b""
    want = f"etwkit: {path}: this gzip file becomes more than 50 times its size: --spool-ratio N allows more\n"
    assert done.stderr.decode() == want
    assert b"more than 200 times" in run("dump", "-", input=gzip.compress(bomb), code=3).stderr, "one in the other"
    assert run("dump", path, "--spool-ratio", "10000", code=None).stdout.count(b"\n") > 500


def test_a_size(bomb, run, tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(bomb)
    done = run("info", path, "--spool-ratio", "10000", "--spool-limit", "100M", code=3)
    assert (
        b": more than 104857600 bytes would go into the temporary file: --spool-limit SIZE allows more" in done.stderr
    )


@pytest.mark.parametrize("form", ["tar.gz", "tar.xz", "tar.zst", "cab", "7z"])
def test_what_nobody_asked_for_counts_too(form, run, tmp_path):
    """To get behind a file that is no trace it has to be unpacked."""
    data = packed.ARCHIVES[form]({"zeros.bin": bytes(100 * MIB)})
    if data is None:
        pytest.skip(f"nothing here writes {form}")
    path = tmp_path / f"bomb.{form}"
    path.write_bytes(data)
    assert b"more than 200 times its size" in run("dump", path, code=3).stderr
    assert b"there is no trace in this" in run("dump", path, "--spool-ratio", "1000000", code=3).stderr


def test_a_zip_passes_by_what_nobody_asked_for(run, traces, plain, tmp_path):
    path = tmp_path / "zeros.zip"
    path.write_bytes(packed.zipped({"zeros.bin": bytes(100 * MIB), "a.etl": traces["a.etl"]}))
    assert run("dump", path, "--spool-ratio", "1000").stdout == plain("a.etl")


def test_entries_that_share_their_bytes(run, traces, tmp_path):
    """Many names for one place, each of which becomes 4 MiB."""
    body, crc, size = zeros_behind(traces["a.etl"], 4 * MIB, -15)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0x21, crc, len(body), size, 5, 0) + b"a.etl" + body
    one = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0x21, crc, len(body), size, 5, 0, 0, 0, 0, 0, 0
    )
    central = (one + b"a.etl") * 500
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 500, 500, len(central), len(local), 0)
    path = tmp_path / "shared.zip"
    path.write_bytes(local + central + end)
    assert run("dump", path, "--spool-limit", "512M", "--spool-ratio", "20", code=None).returncode in (0, 1, 3)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.infolist()) == 500


def test_many_entries(run, traces, plain, tmp_path):
    names = {f"{n}": b"" for n in range(65535)}
    path = tmp_path / "many.zip"
    path.write_bytes(packed.zipped({**names, **traces}, zipfile.ZIP_STORED))
    done = run("dump", path, code=1)
    assert done.stdout == plain("a.etl")
    assert f"{path}: of more than 65536 files in it the others are not looked at".encode() in done.stderr


def test_many_traces(run, etwkit, tmp_path):
    """More than there may be descriptors: they need none."""
    trace = tmp_path / "little.etl"
    run("sample", "-o", trace, "--events", "20", "--buffer-size", "8", "--processors", "1")
    data = trace.read_bytes()
    path = tmp_path / "many.zip"
    path.write_bytes(packed.zipped({f"{n}.etl": data for n in range(1030)}))
    events = run("dump", trace).stdout.count(b"\n")
    script = 'ulimit -n 30; exec "$0" dump --unordered "$1"'
    done = subprocess.run(["bash", "-c", script, etwkit, path], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout.count(b"\n") == 1024 * events
    assert b"left out, as all further ones: more than 1024 traces in one archive" in done.stderr


FORMS = [*packed.ARCHIVES, *packed.COMPRESSED]


@pytest.mark.parametrize("form", FORMS)
def test_cut_off(form, run, traces, tmp_path):
    """Each kind, cut anywhere: what is there is read, and nothing is made up."""
    files = packed.ARCHIVES.get(form)
    data = files(traces) if files else packed.COMPRESSED[form](traces["a.etl"])
    if data is None:
        pytest.skip(f"nothing here writes {form}")
    (tmp_path / "a.etl").write_bytes(traces["a.etl"])
    (tmp_path / "b.etl").write_bytes(traces["b.etl"])
    keys = ["dump", "--unordered", "--payload"]
    whole = run(*keys, tmp_path / "a.etl").stdout + run(*keys, tmp_path / "b.etl").stdout
    headers = {line.split(b'"properties"')[0] for line in whole.splitlines()}
    path, dice = tmp_path / "cut", random.Random(form)
    for size in sorted(
        {0, 1, 4, 30, 100, len(data) // 2, len(data) - 1, *(dice.randrange(len(data)) for _ in range(4))}
    ):
        path.write_bytes(data[:size])
        done = run(*keys, path, code=None)
        assert done.returncode in (0, 1, 3) and b"ERROR" not in done.stderr, (size, done.stderr[-300:])
        assert (done.returncode == 0) <= (done.stderr == b"")
        known = [line for line in done.stdout.splitlines() if b'"properties":null' not in line]
        assert {line.split(b'"properties"')[0] for line in known} <= headers


@pytest.mark.parametrize("form", FORMS)
def test_changed(form, run, traces, tmp_path, soak):
    files = packed.ARCHIVES.get(form)
    data = files(traces) if files else packed.COMPRESSED[form](traces["a.etl"])
    if data is None:
        pytest.skip(f"nothing here writes {form}")
    path, dice = tmp_path / "changed", random.Random(form)
    for _ in range(200 if soak else 8):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 3, 20))):
            changed[dice.choice((dice.randrange(len(data)), dice.randrange(min(400, len(data)))))] = dice.randrange(256)
        path.write_bytes(changed)
        done = run("dump", path, "--spool-limit", "64M", code=None)
        assert done.returncode in (0, 1, 3) and b"ERROR" not in done.stderr, done.stderr[-300:]


def test_a_wrong_checksum(run, traces, plain, tmp_path):
    """Of a stored entry: the bytes are there, but not those that went in."""
    data = bytearray(packed.zipped({"a.etl": traces["a.etl"]}, zipfile.ZIP_STORED))
    at = data.index(traces["a.etl"][:100])
    data[at + 8192 + 72 + 40] ^= 1
    path = tmp_path / "changed.zip"
    path.write_bytes(data)
    done = run("dump", path, code=1)
    assert done.stdout.count(b"\n") >= plain("a.etl").count(b"\n") - 5
    assert b"/a.etl: damaged: ZIP bad CRC" in done.stderr
