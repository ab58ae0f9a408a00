# SPDX-License-Identifier: MIT
"""Messages of our own TMF file: each type of parameter, each form of insert, and what is wrong."""

import csv
import io
import pathlib
import struct

import pytest

TMF = pathlib.Path(__file__).parent / "driver.tmf"
DRIVER, OTHER = "5d1b6d2a-7c52-4b44-9a3e-0d5e1f6a7b01", "7a0c3f7e-19d4-4d07-8f55-5a3c9ad1c002"


def counted(data):
    return struct.pack("<H", len(data)) + data


SID = bytes((1, 2, 0, 0, 0, 0, 0, 5)) + struct.pack("<II", 32, 544)
GUID = bytes(range(16))
FILETIME = 133_500_000_000_000_000

# number: (payload, properties, message)
MESSAGES = {
    10: (
        struct.pack("<Qi", 0xFFFF95820BE02120, -5),
        {"Arg1": "0xffff95820be02120", "Arg2": -5},
        "[ReadRequest] --> 0xFFFF95820BE02120 (-5 bytes)",
    ),
    11: (
        struct.pack("<I", 0xC000000F),
        {"Arg1": "0xc000000f"},
        "[ReadRequest] failed with STATUS_NO_SUCH_FILE (0xC000000F)",
    ),
    12: (
        b"caf\xe9\0" + "日本".encode("utf-16-le") + b"\0\0" + counted(b"counted") + counted("wîde".encode("utf-16-le")),
        {"Arg1": "café", "Arg2": "日本", "Arg3": "counted", "Arg4": "wîde"},
        '"café" and "日本", counted and wîde',
    ),
    13: (
        struct.pack("<IBBiI", 1, 2, 0b1011, 0x7F, 7),
        {"Arg1": "Running (slowly)", "Arg2": "DPC", "Arg3": "read|write|execute", "Arg4": "ModeOdd"}
        | {"Arg5": "FlagFast|FlagSafe|0x4"},
        "state Running (slowly), irql DPC, wants [read,write,execute], mode ModeOdd, flags FlagFast|FlagSafe|0x4",
    ),
    14: (
        GUID + SID + bytes((10, 0, 0, 1)) + bytes(15) + b"\1" + bytes(range(6)) + b"\x01\xbb" + b"RGBA",
        {"Arg1": "03020100-0504-0706-0809-0a0b0c0d0e0f", "Arg2": "S-1-5-32-544", "Arg3": "10.0.0.1", "Arg4": "::1"}
        | {"Arg5": "000102030405", "Arg6": 443, "Arg7": "RGBA"},
        "03020100-0504-0706-0809-0a0b0c0d0e0f S-1-5-32-544 10.0.0.1 ::1 00-01-02-03-04-05 port 443 RGBA",
    ),
    15: (
        struct.pack("<qqqq", FILETIME, 50_001_000, -15_000_000, FILETIME),
        {"Arg1": "2024-01-17T21:20:00.0000000Z", "Arg2": 50_001_000, "Arg3": -15_000_000, "Arg4": FILETIME},
        "2024-01-17T21:20:00.0000000Z, took 5.000s, due -1.500s or 2024-01-17T21:20:00.0000000Z",
    ),
    16: (
        struct.pack("<II", 0x80070005, 5) + counted(b"\xde\xad\xbe\xef"),
        {"Arg1": "0x80070005", "Arg2": "0x5", "Arg3": "DEADBEEF"},
        "ERROR_ACCESS_DENIED (0x80070005):ERROR_ACCESS_DENIED (5): DE AD BE EF",
    ),
    17: (
        struct.pack("<dfbHiq", 3.14159265358979, 0.1, 65, 0x20AC, -2, -(2**62)),
        {"Arg1": 3.14159265358979, "Arg2": 0.1, "Arg3": 65, "Arg4": "€", "Arg5": -2, "Arg6": -(2**62)},
        "3.14159, 0.1, 3.14,    1.000e-01|A€|-2 4294967294 0xfffffffe FFFFFFFE 37777777776 -4611686018427387904",
    ),
    18: (
        struct.pack("<h", -42) + b"name\0" + struct.pack("<Q", 0x1F),
        {"Arg1": -42, "Arg2": "name", "Arg3": "0x1f"},
        "[   -42][-42   ][-00042][-42][-0042][    name][name    ][na][0x000000000000001F]",
    ),
    19: (
        b"",
        {},
        "driver queue_c110 0008.4 0 at queue.c:110 TRACE_LEVEL_INFORMATION TRACE_DATA %!MISSING! 100% .",
    ),
    20: (
        struct.pack("<ii", 1, 2),
        {"Arg1": 1, "Arg2": 2},
        "first 1\nthen %99!s! and 2!*d! at 50 of 5%",
    ),
    21: (struct.pack("<i", 3), {"Arg1": 3}, "one line\nand another, 3"),
    22: (struct.pack("<i", 3) + b"\1\2", {"Arg1": 3, "Arg2": "0102"}, "3 then 0102"),
}


@pytest.fixture(scope="session")
def trace(write):
    return write([(DRIVER, number, payload) for number, (payload, _, _) in MESSAGES.items()] + [(OTHER, 10, b"")])


@pytest.fixture(scope="session")
def lines(trace, dump):
    return {(line["provider_id"], line["event_id"]): line for line in dump(trace, TMF, "--names")}


@pytest.mark.parametrize("number", MESSAGES)
def test_fields_and_message(lines, number):
    _, properties, message = MESSAGES[number]
    line = lines[DRIVER, number]
    assert line["properties"] == properties
    assert line["message"] == message
    assert "rest" not in line and "truncated" not in line


def test_names(lines):
    line = lines[DRIVER, 14]
    assert line["provider_name"] == "driver" and line["event_name"] == "Names::Of Things"
    assert line["task_name"] == "queue.c:80" and line["level_name"] == "TRACE_LEVEL_INFORMATION"
    assert line["keyword_names"] == ["TRACE_NET"] and line["level"] == 0
    assert list(line).index("message") == list(line).index("keyword_names") + 1
    assert list(line).index("properties") == list(line).index("message") + 1
    other = lines[OTHER, 10]
    assert other["event_name"] == other["task_name"] == "other_cpp7" and other["message"] == "no function"
    assert "level_name" not in other and "keyword_names" not in other


def test_pointers_have_four_bytes_too(write, dump):
    trace = write([(DRIVER, 10, struct.pack("<Ii", 0x8123, 7))], pointer_size=4)
    [line] = dump(trace, TMF)
    assert line["message"] == "[ReadRequest] --> 0x00008123 (7 bytes)"


def test_a_payload_that_ends_early(write, dump):
    trace = write([(DRIVER, 10, bytes(8)), (DRIVER, 12, b"a\0b")])
    first, second = dump(trace, TMF)
    assert first["truncated"] and first["message"] == "[ReadRequest] --> 0x0000000000000000 (%11!d! bytes)"
    assert second["message"].startswith('"a" and "')


def test_without_the_option_or_the_file(trace, run):
    lines = run("dump", trace, "--tmf", TMF, "--format", "jsonl").stdout
    assert b'"message"' not in lines and b'"Arg1"' in lines
    lines = run("dump", trace, "--message", "--format", "jsonl").stdout
    assert b'"message"' not in lines and b'"Arg1"' not in lines and lines.count(b'"properties":null') == 14


def test_a_folder_and_the_option_schema(trace, run, tmp_path):
    (tmp_path / "driver.tmf").write_bytes(TMF.read_bytes())
    (tmp_path / "notes.txt").write_text("nothing of that kind")
    want = run("dump", trace, "--tmf", TMF, "--message").stdout
    assert run("dump", trace, "--tmf", tmp_path, "--message").stdout == want
    assert run("dump", trace, "--schema", tmp_path, "--message").stdout == want
    assert run("dump", trace, "--schema", TMF, "--message", "--threads", 3).stdout == want


def test_text_and_csv(trace, run):
    text = run("dump", trace, "--tmf", TMF, "--message", "--format", "text", "--id", "20,18").stdout.decode()
    assert "driver Odd" in text and r'message="first 1\nthen %99!s!' in text and "Arg2=2" in text
    rows = list(
        csv.DictReader(io.StringIO(run("dump", trace, "--tmf", TMF, "--message", "--format", "csv").stdout.decode()))
    )
    assert {row["message"] for row in rows if row["provider_name"] == "driver"} >= {MESSAGES[13][2], MESSAGES[16][2]}
    assert all(row["message"] == "" for row in rows if row["provider_name"] != "driver")
    fields = run("dump", trace, "--tmf", TMF, "--message", "--format", "csv", "--event", "States").stdout.decode()
    assert fields.splitlines()[0].endswith(",message,Arg1,Arg2,Arg3,Arg4,Arg5,payload,rest,truncated")


def test_info_and_filters_know_the_names(trace, run):
    told = run("info", trace, "--tmf", TMF).stdout.decode()
    assert "ReadRequest" in told and "wpp" in told
    assert (
        len(run("dump", trace, "--tmf", TMF, "--event", "ReadRequest", "--provider", "driver").stdout.splitlines()) == 2
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("status ItemNTSTATUS", "line 5: this is no parameter"),
        ("status, Status -- 10", "line 5: this is no parameter"),
        ('}\n#typev x_c1 many "%0" //\n{', "line 6: this is no message"),
        ("}\n#typev x_c1 11 no format //\n{", "line 6: this is no message"),
        ('}\n#typev x_c1 11 "%0 no end\n{', "line 6: this is no message"),
        ("}\nnothing of this kind\n{", "line 6: this is nothing that a TMF file may hold"),
        ("}\n#enumv X\n{\nno number\n}\n{", "line 8: this is no value of an enumeration"),
        ("\n".join("a, ItemLong -- 10" for _ in range(129)), "line 133: the message has more parameters than can be"),
    ],
)
def test_what_is_wrong_is_told_once_and_costs_itself(write, run, tmp_path, line, said):
    bad = tmp_path / "bad.tmf"
    head = f'// PDB: bad.pdb\n{OTHER} driver // SRC=a.c\n#typev a_c1 9 "%0nine %10!d!" // FUNC=Nine\n'
    tail = '\n}\n#typev a_c2 10 "%0ten" // FUNC=Ten\n{\n}\nagain nothing\n'
    bad.write_text(head + "{\n" + line + tail)
    trace = write([(OTHER, 9, bytes(4)), (OTHER, 10, b"")])
    done = run("dump", trace, "--tmf", bad, "--message", "--format", "jsonl", code=1)
    assert done.stderr.decode().count(str(bad)) == 1 and said in done.stderr.decode()
    assert b'"message":"ten"' in done.stdout and b'"event_name":"Nine"' in done.stdout


def test_a_message_before_any_guid(write, run, tmp_path):
    bad = tmp_path / "bad.tmf"
    bad.write_text('// PDB: bad.pdb\n#typev a_c1 9 "%0nine" // FUNC=Nine\n{\n}\n')
    done = run("dump", write([(OTHER, 9, b"")]), "--tmf", bad, code=1)
    assert b"line 2: a message comes before any GUID" in done.stderr


def test_hostile_text_stays_one_line(write, dump, run, tmp_path):
    bad = tmp_path / "bad.tmf"
    bad.write_bytes(
        f'// PDB: bad.pdb\r\n{OTHER} \x1b[31m"x // SRC=a.c\r\n#typev a_c1 9 "%0\x1b]0;title\x07 %10!1000000d!'.encode()
        + b'\xff\xfe %10!.9999999s!" // FUNC=F\x1b LEVEL=\r\n{\r\na, ItemLong -- 10\r\n}\r\n'
    )
    trace = write([(OTHER, 9, bytes(4))])
    [line] = dump(trace, bad)
    assert line["provider_name"] == '\x1b[31m"x' and len(line["message"]) < 1200
    assert b"\x1b" not in run("dump", trace, "--tmf", bad, "--message", "--names", "--format", "text").stdout
