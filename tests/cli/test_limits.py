# SPDX-License-Identifier: MIT
"""docs/limits.md at the edge and past it, as far as a trace or a command line shows it; the rest is in tests/unit."""

import json
import pathlib
import struct

import pytest

STRIDE = 8192
BUFFER_MAX = 16 << 20


@pytest.fixture(scope="module")
def small(run, tmp_path_factory):
    """The bytes of a trace with buffers of 8 KiB."""
    path = tmp_path_factory.mktemp("limits") / "small.etl"
    run("sample", "-o", path, "--seed", "5", "--buffer-size", "8", "--events", "500")
    return path.read_bytes()


@pytest.fixture
def told(run, tmp_path):
    """told(data, code): `info --json` of these bytes."""

    def told(data, code):
        path = tmp_path / "trace.etl"
        path.write_bytes(data)
        return json.loads(run("info", "--json", path, code=code).stdout)

    return told


def messages(info):
    return " ".join(one["message"] for one in info["damages"])


def test_the_largest_buffer(run, told, tmp_path):
    path = tmp_path / "large.etl"
    run("sample", "-o", path, "--seed", "1", "--buffer-size", BUFFER_MAX >> 10, "--processors", "1", "--events", "100")
    data = bytearray(path.read_bytes())
    assert struct.unpack_from("<I", data, BUFFER_MAX) == (BUFFER_MAX,)
    assert told(data, 0)["buffers"] == 2
    struct.pack_into("<I", data, BUFFER_MAX, BUFFER_MAX + 8)
    data += b"\xff" * 8
    assert "makes no sense" in messages(told(data, 1))


@pytest.mark.parametrize(("ruined", "found"), [(4095, True), (4096, False)])
def test_the_search_by_strides(ruined, found, told, small):
    """Behind so many ruined buffers the next good one is found, or is not."""
    head, rest = small[: 2 * STRIDE], small[2 * STRIDE :]
    info = told(head + b"\xee" * (ruined * STRIDE) + rest, 1)
    assert info["buffers"] == (len(small) // STRIDE if found else 2)
    assert ("leads to no other buffer" in messages(info)) != found


@pytest.mark.parametrize(("gap", "found"), [((64 << 20) - 72, True), (65 << 20, False)])
def test_the_search_by_bytes(gap, found, run, told, tmp_path):
    """The next buffer of a compressed trace stands so many bytes behind the last good one's header."""
    path = tmp_path / "packed.etl"
    run("sample", "-o", path, "--seed", "5", "--compress", "--events", "500")
    data, places = path.read_bytes(), [0]
    while places[-1] < len(data):
        places.append(places[-1] + struct.unpack_from("<I", data, places[-1])[0])
    last = places[1]
    content = data[last : places[2]]
    ruined = content + b"\xee" * (gap + 72 - len(content)) if gap + 72 > len(content) else content
    info = told(data[:last] + ruined + data[places[2] :], 1)
    assert info["buffers"] == (len(places) - 1 if found else 2)


@pytest.mark.parametrize("count", [255, 256, 257])
def test_damages_that_are_kept(count, told, small):
    ruined = bytearray(small[STRIDE : 2 * STRIDE])
    ruined[72:80] = b"\xff" * 4 + b"\x01" * 4
    info = told(small + ruined * count, 1)
    assert info["damage"] == count and len(info["damages"]) == min(count, 256)


@pytest.mark.parametrize("count", [20, 21])
def test_damages_that_are_told(count, run, small, tmp_path):
    ruined = bytearray(small[STRIDE : 2 * STRIDE])
    ruined[72:80] = b"\xff" * 4 + b"\x01" * 4
    path = tmp_path / "trace.etl"
    path.write_bytes(small + ruined * count)
    lines = run("dump", "--unordered", path, code=1).stderr.decode().splitlines()
    assert len(lines) == 20 + 1 + (count > 20)
    assert (lines[20] == "etwkit: 1 more like these") == (count > 20)


@pytest.mark.posix("long paths of POSIX")
@pytest.mark.parametrize("length", [400, 600])
def test_the_length_of_a_damage_message(length, run, small, tmp_path):
    """511 bytes; a longer one is cut, and still valid UTF-8."""
    folder = pathlib.Path(tmp_path, *["ä" * 50] * (length // 100))
    folder.mkdir(parents=True)
    path = folder / "trace.etl"
    path.write_bytes(small[: 5 * STRIDE + 100])
    line = run("dump", path, code=1).stderr.split(b"\n")[0].removeprefix(b"etwkit: ")
    text = line.decode("utf-8")
    whole = len(str(path).encode()) < 400
    assert (len(line) <= 514) and ("the file ends inside it" in text) == whole


@pytest.mark.parametrize(("length", "cut"), [(900, False), (2000, True)])
def test_the_length_of_a_message(length, cut, run):
    done = run("dump", "x.etl", "--format", "x" * length, code=2)
    line = done.stderr.split(b"\n")[0].removeprefix(b"etwkit: ")
    assert (len(line) == 1023) == cut and line.endswith(b"x" if cut else b"x'")


@pytest.mark.parametrize(("option", "most"), [("--pid", 65536), ("--tid", 65536)])
def test_numbers_of_a_list(option, most, run, sample):
    run("dump", sample, option, f"1-{most}")
    assert run("dump", sample, option, f"1-{most + 1}", code=2).stdout == b""
    assert run("dump", sample, option, f"1-{most // 2}", option, f"1-{most // 2 + 1}", code=2).stdout == b""


@pytest.mark.parametrize(("option", "good", "bad"), [("--id", 65535, 65536), ("--opcode", 255, 256)])
def test_the_largest_number(option, good, bad, run, sample):
    run("dump", sample, option, good)
    run("dump", sample, option, bad, code=2)
