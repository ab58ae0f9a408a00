# SPDX-License-Identifier: MIT
"""Text names processes beside their ids, as the trace's own process events tell; jsonl and csv stay as they are."""

import re
import signal
import struct
import subprocess
import threading

import pytest

LINE = re.compile(r"^(?P<time>\S+)  cpu \d+ +(?P<event>\S+(?: \S+)*?)  +(?P<who>\S.*?)(?:  +|$)")


def text_lines(run, *arguments, code=0):
    lines = run("dump", "--format", "text", *arguments, code=code).stdout.decode().splitlines()
    return [line for line in lines if not re.fullmatch(r"\d{4}-\d\d-\d\d UTC", line)]


def lifetimes(events):
    """(pid, start, end or None, name) of each process, and (pid, None, ...) of those that were there before."""
    found, open_ones = [], {}
    for event in events:
        task, _, what = event["event_name"].partition("/")
        if task != "Process" or what not in ("Start", "End", "DCStart"):
            continue
        properties = event["properties"]
        pid = properties["ProcessId"]
        if what == "End":
            open_ones[pid][2] = event["timestamp"]
        else:
            start = event["timestamp"] if what == "Start" else ""
            open_ones[pid] = [pid, start, None, properties["ImageFileName"]]
            found.append(open_ones[pid])
    return found


def test_every_event_names_the_process_of_its_time(run, dump, sample):
    events = dump(sample)
    known = lifetimes(events)
    assert len(known) > 50
    named = 0
    for line, event in zip(text_lines(run, sample), events, strict=True):
        pid = event["process_id"]
        if pid is None or event["event_name"].startswith("Process/"):
            continue
        owners = [name for (one, start, _, name) in known if one == pid and start <= event["timestamp"]]
        assert f" {owners[-1]} ({pid})/{event['thread_id']}" in line if owners else f" {pid}/" in line
        named += bool(owners)
    assert named > 1000


def test_who_made_whom(run, dump, sample):
    starts = dump(sample, "--event", "Process/Start")
    names = {pid: name for pid, _, _, name in lifetimes(dump(sample))}
    for line, event in zip(text_lines(run, sample, "--event", "Process/Start"), starts, strict=True):
        properties = event["properties"]
        parent, child = properties["ParentId"], properties["ProcessId"]
        assert f"  {names[parent]} ({parent}) → {properties['ImageFileName']} ({child})  " in line
    assert " System (4)  " in text_lines(run, sample, "--event", "Process/DCStart")[1]


def test_columns_line_up(run, sample):
    lines = text_lines(run, sample, "--event", "Process/Start")
    assert len({line.index("UniqueProcessKey") for line in lines[10:]}) <= 2, "it grows, and then it stays"


def test_a_filter_does_not_hide_the_names(run, sample):
    assert " (" in text_lines(run, sample, "--provider", "Contoso.*", "--limit", 1)[0]


def test_other_formats_have_ids_alone(run, sample):
    for form in "jsonl", "csv":
        assert b" (948)" not in run("dump", "--format", form, sample).stdout


OTHER = "03020100-0504-0706-0809-0a0b0c0d0e0f"


def kernel_event(time, opcode, pid, name):
    """A Process event of version 2 under a SYSTEM64 header; `name` is its image."""
    payload = struct.pack("<QIIIiI", 0, pid, 4, 0, 0, 0) + name.encode() + b"\0\0\0"
    size = 32 + len(payload)
    header = struct.pack("<HBBHBBIIqII", 2, 2, 0xC0, size, opcode, 3, 8, 4, time, 0, 0)
    return (header + payload).ljust((size + 7) & ~7, b"\0")


def other_event(time, pid):
    header = struct.pack("<HBBHH", 80, 0x13, 0xC0, 0, 0) + struct.pack("<IIq", 9, pid, time)
    return header + bytes(range(16)) + struct.pack("<HBBBBHQ", 1, 0, 0, 4, 0, 0, 0) + bytes(8) + bytes(16)


def data_buffer(data, *events):
    """The second buffer of a trace, made to hold these events alone."""
    (size,) = struct.unpack_from("<I", data)
    events = b"".join(events)
    header = bytearray(data[size : size + 72])
    for offset in 0x04, 0x08, 0x30:  # SavedOffset, CurrentOffset, FilledBytes
        struct.pack_into("<I", header, offset, 72 + len(events))
    return (bytes(header) + events).ljust(size, b"\xff")


@pytest.fixture
def made(sample, tmp_path):
    """made(events): a trace of the sample's header buffer and one buffer with these events."""

    def made(*events, name="made.etl"):
        data = sample.read_bytes()
        (size,) = struct.unpack_from("<I", data)
        header = bytearray(data[:size])
        struct.pack_into("<I", header, 72 + 32 + 0x24, 2)  # BuffersWritten
        path = tmp_path / name
        path.write_bytes(header + data_buffer(data, *events))
        return path

    return made


def whos(run, *arguments):
    return [LINE.match(line)["who"] for line in text_lines(run, *arguments)[1:]]


@pytest.fixture
def begin(sample):
    """A raw time shortly after that of the header event."""
    data = sample.read_bytes()
    return struct.unpack_from("<q", data, 72 + 16)[0] + 1000


def test_an_id_used_again(run, made, begin):
    path = made(
        other_event(begin, 100),
        kernel_event(begin + 1, 1, 100, "one.exe"),
        other_event(begin + 2, 100),
        kernel_event(begin + 3, 2, 100, "one.exe"),
        other_event(begin + 4, 100),
        kernel_event(begin + 1000, 1, 100, "two.exe"),
        other_event(begin + 1001, 100),
    )
    assert whos(run, path) == [
        "100/9",
        "4 → one.exe (100)",
        "one.exe (100)/9",
        "one.exe (100)",
        "one.exe (100)/9",
        "4 → two.exe (100)",
        "two.exe (100)/9",
    ]


def test_named_at_the_end_alone(run, made, begin):
    path = made(
        other_event(begin, 100),
        other_event(begin + 1, 4),
        kernel_event(begin + 2, 4, 4, "System"),
        kernel_event(begin + 3, 4, 100, "there.exe"),
    )
    assert whos(run, path) == ["there.exe (100)/9", "System (4)/9", "System (4)", "there.exe (100)"]
    assert whos(run, path, "--limit", 2) == ["there.exe (100)/9"]
    assert whos(run, path, "--unordered") == whos(run, path)


def test_named_by_another_file_of_the_same_session(run, made, begin):
    kernel = made(kernel_event(begin, 3, 100, "there.exe"), name="kernel.etl")
    user = made(other_event(begin + 5, 100), name="user.etl")
    assert "there.exe (100)/9" in whos(run, kernel, user)
    assert whos(run, user) == ["100/9"]


def test_names_that_would_command_a_terminal(run, made, begin):
    path = made(kernel_event(begin, 3, 100, "a\x1b[31m\u009b.exe"), kernel_event(begin, 3, 101, "C:\\x\\y/b.exe"))
    done = run("dump", "--format", "text", path)
    assert b"\x1b" not in done.stdout and b"\\u001b[31m" in done.stdout
    assert "b.exe (101)" in whos(run, path)


def test_what_is_added_while_it_is_followed(etwkit, sample, made, begin):
    path = made(kernel_event(begin, 1, 100, "first.exe"), other_event(begin + 1, 100), other_event(begin + 2, 200))
    command = [etwkit, "dump", "--follow", "--format", "text", "--provider", OTHER]
    process = subprocess.Popen([*command, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    watchdog = threading.Timer(300, process.kill)
    watchdog.start()
    try:
        shown = [process.stdout.readline() for _ in range(3)]
        with path.open("ab") as file:
            file.write(
                data_buffer(
                    sample.read_bytes(), other_event(begin + 10, 200), kernel_event(begin + 11, 4, 200, "second.exe")
                )
            )
        shown += [process.stdout.readline()]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=300) == 130
    finally:
        watchdog.cancel()
        process.kill()
        process.stdout.close()
    assert [LINE.match(line)["who"] for line in shown[1:]] == ["first.exe (100)/9", "200/9", "second.exe (200)/9"]
