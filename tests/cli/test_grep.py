# SPDX-License-Identifier: MIT
"""etwkit grep: the events that say something, held against their lines in jsonl."""

import json
import re

import pytest

TEXTS = (
    "curl",
    "CURL",
    "é",
    "東",
    "café.exe",
    "high",
    "gift|",
    "svchost.exe -k",
    "Z",
    "\\Windows\\System32",
    "S-1-5-18",
    "№",
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
NUMBER = re.compile(r"0x[0-9a-f]+|([0-9A-F]{2})*")  # hexadecimal numbers, and bytes


def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str) and not TIME.fullmatch(value) and not NUMBER.fullmatch(value):
        yield value


def says(event, text, fold=str):
    if event["properties"] is None:
        payload = bytes.fromhex(event["payload"])
        return text.isascii() and any(
            fold(text) in fold(payload[at:].decode(code, "replace"))
            for at, code in ((0, "latin1"), (0, "utf-16-le"), (1, "utf-16-le"))
        )
    return any(fold(text) in fold(one) for one in strings(event["properties"]))


def grep(run, *arguments, code=0):
    return run("grep", "--format", "jsonl", *arguments, code=code).stdout.decode().splitlines()


@pytest.fixture(scope="module")
def lines(run, sample):
    return run("dump", "--format", "jsonl", sample).stdout.decode().splitlines()


@pytest.mark.parametrize("text", TEXTS)
def test_plain_texts(run, sample, lines, text):
    want = [line for line in lines if says(json.loads(line), text)]
    assert want or text == "CURL"
    assert grep(run, text, sample) == want
    assert grep(run, "-v", text, sample) == [line for line in lines if line not in set(want)]
    assert run("grep", "-c", text, sample).stdout == b"%d\n" % len(want)


@pytest.mark.parametrize("text", ("CURL", "Windows", "HIGH", "s-1-5-18", "CAFé"))
def test_without_case(run, sample, lines, text):
    want = [line for line in lines if says(json.loads(line), text, str.lower)]
    assert want and grep(run, "-i", text, sample) == want


@pytest.mark.posix("Windows' C library has no regular expressions")
def test_expressions(run, sample, lines):
    expression = re.compile(r"^c(url|md)( |\.exe).*|git")
    want = [
        line for line in lines if any(expression.search(one) for one in strings(json.loads(line)["properties"] or {}))
    ]
    assert want and grep(run, "-E", r"^c(url|md)( |\.exe).*|git", sample) == want
    folded = grep(run, "-Ei", r"^C(URL|MD)( |\.EXE).*|GIT", sample)
    assert set(want) <= set(folded)
    assert b"is no regular expression" in run("grep", "-E", "x[", sample, code=2).stderr


def test_with_the_options_of_dump(run, sample):
    whole = grep(run, "curl", sample)
    starts = grep(run, "curl", sample, "--event", "Process/Start")
    assert starts == [line for line in whole if json.loads(line)["event_name"] == "Process/Start"]
    assert grep(run, "curl", sample, "--limit", 3) == whole[:3]
    assert grep(run, "curl", sample, "--threads", 4) == whole
    assert sorted(grep(run, "curl", sample, "--unordered")) == sorted(whole)
    text = run("grep", "curl", sample, "--format", "text").stdout.decode().splitlines()
    assert len(text) == len(whole) + 1
    rows = run("grep", "curl", sample, "--format", "csv", "--event", "Process/Start").stdout.decode().splitlines()
    assert rows[0].endswith("CommandLine") or "CommandLine" in rows[0]
    assert len(rows) == len(starts) + 1
    assert sorted(grep(run, "curl", sample, sample)) == sorted(whole + whole)


def test_messages(run, sample):
    assert grep(run, "priority high.", sample) == []
    found = grep(run, "priority high.", sample, "--message")
    assert found and all(json.loads(line)["message"].endswith("priority high.") for line in found)


def test_nothing_found_is_no_error(run, sample):
    assert grep(run, "nobody says this", sample) == []
    assert run("grep", "-c", "nobody says this", sample).stdout == b"0\n"
    run("grep", "alone", code=2)
    run("grep", "x", "missing.etl", code=3)


def test_damage_is_told(run, damaged):
    assert grep(run, "curl", damaged, code=1)


@pytest.mark.parametrize("text", ("ntdll", "system32", "MethodName", "10.", "http://", "Culture"))
def test_real_traces(run, dump, corpus, text):
    for name in ("diaghub.kernel.1.etl", "tx_KernelNetwork.etl", "pktmon.etl", "gcevents.etl", "tx_HTTP_Server.etl"):
        whole = run("dump", "--format", "jsonl", corpus / "etl" / name, code=None).stdout.decode().splitlines()
        for fold, options in ((str, ()), (str.lower, ("-i",))):
            want = [line for line in whole if says(json.loads(line), text, fold)]
            got = run("grep", text, corpus / "etl" / name, "--format", "jsonl", *options, code=None)
            assert got.stdout.decode().splitlines() == want, name
