# SPDX-License-Identifier: MIT
"""Real drivers' TMF files: what another decoder's tests expect, and every message against a second formatter."""

import random
import re
import struct

import oracle
import pytest


@pytest.fixture(scope="session")
def tmf(corpus):
    return corpus / "truth" / "wpp_tmf"


@pytest.fixture(scope="session")
def messages(tmf):
    return [message for path in sorted(tmf.glob("*.tmf")) for message in oracle.read(path.read_text())]


def expected(tmf):
    """(provider, function, level, text) of the summaries."""
    for path in sorted(tmf.glob("*_summary.verified.txt")):
        text = path.read_text(encoding="utf-8-sig")
        yield from re.findall(r"Provider: (.*),\s*Function: (.*),\s*Level: (.*),\s*FormattedString: (.*)\n", text)


def find(messages, provider, function, text):
    """The message that can read so: its words are those of the text, whatever its values are."""
    for message in messages:
        if (message.provider, message.attributes.get("FUNC")) != (provider, function):
            continue
        words = re.split(r"%\d+!\w+!|%0 ", message.format.replace("%!FUNC!", function))
        if re.fullmatch(".*".join(map(re.escape, words)), text):
            return message
    raise AssertionError(f"no message reads {text!r}")


def payload_of(message, text):
    """The payload of the few messages that are expected: a pointer, a status, or nothing."""
    number = re.search(r"0x([0-9A-F]+)", text)
    kinds = [kind for kind, _, _ in message.parameters]
    assert kinds in ([], ["ItemPtr"], ["ItemNTSTATUS"])
    return struct.pack("<Q" if kinds == ["ItemPtr"] else "<I", int(number[1], 16)) if kinds else b""


def test_the_summaries(tmf, messages, write, dump):
    wanted = list(expected(tmf))
    assert len(wanted) == 6
    found = [find(messages, provider, function, text) for provider, function, _, text in wanted]
    events = [(one.guid, one.number, payload_of(one, text)) for one, (_, _, _, text) in zip(found, wanted)]
    lines = dump(write(events), tmf, "--names")
    shown = [(line["provider_name"], line["event_name"], line["level_name"], line["message"]) for line in lines]
    assert shown == wanted


@pytest.mark.parametrize("pointer_size", [4, 8])
def test_every_message(messages, tmf, write, dump, names, pointer_size):  # noqa: PLR0917
    """All 2,610 messages with seeded values: names, fields and text are those of the second reader."""
    rng = random.Random(pointer_size)
    events, wanted = [], []
    for message in messages:
        values = [oracle.random_value(rng, kind, labels, pointer_size) for kind, labels, _ in message.parameters]
        events.append((message.guid, message.number, b"".join(data for _, data in values)))
        wanted.append(oracle.render(message, [value for value, _ in values], pointer_size, names))
    lines = dump(write(events, pointer_size), tmf, "--names", "--unordered")
    assert len(lines) == len(messages) == 2610
    for message, text, line in zip(messages, wanted, lines):
        assert line["message"] == text
        assert line["event_id"] == message.number and line["provider_name"] == message.provider
        assert line["event_name"] == message.attributes["FUNC"] and line["level_name"] == message.attributes["LEVEL"]
        assert line["keyword_names"] == [message.attributes["FLAGS"]]
        assert line["task_name"] == f"{message.source}:{re.search('[0-9]+$', message.symbol)[0]}"
        assert list(line["properties"]) == [f"Arg{i + 1}" for i in range(len(message.parameters))]
        assert "rest" not in line and "truncated" not in line


def test_a_real_trace(corpus, run, tmf):
    """The 13 messages of wpp_CldFlt0, whose TMF is not to be had: their headers, and payloads as they are."""
    lines = run("dump", corpus / "etl" / "wpp_CldFlt0.etl", "--tmf", tmf, "--message", "--format", "jsonl").stdout
    lines = [line for line in lines.splitlines() if b'"properties":null' in line]
    assert len(lines) == 13
    assert all(b'"message":' not in line and b'"payload":"' in line for line in lines)
