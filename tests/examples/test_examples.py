# SPDX-License-Identifier: MIT
"""The example programs do what they say: one writes a trace that the command reads, the other reads one."""

import hashlib
import json
import subprocess
import uuid

import pytest


@pytest.fixture(scope="session")
def example(build):
    """example(name, *arguments): runs examples/c/name.c as it was built."""

    def example(name, *arguments, code=0):
        command = [build / "examples" / "c" / name, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)
        assert done.returncode == code, done.stderr
        return done

    return example


def guid_of(name):
    """The GUID that belongs to a provider's name, as CONTRACT.md defines it."""
    namespace = bytes.fromhex("482C2DB2C39047C887F81A15BFC130FB")
    digest = bytearray(hashlib.sha1(namespace + name.upper().encode("utf-16-be")).digest()[:16])
    digest[7] = digest[7] & 0x0F | 0x50
    return str(uuid.UUID(bytes_le=bytes(digest)))


def test_guid_of():
    assert guid_of("MyCompany.MyComponent") == "ce5fa4ea-ab00-5402-8b76-9f76ac858fb5"


def test_write(example, run, tmp_path):
    path = tmp_path / "new.etl"
    example("write", path)
    lines = run("dump", path, "--provider", "MyCompany.MyApp").stdout.decode("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event_name"] for event in events] == ["RequestDone"] * 3
    assert [event["properties"] for event in events] == [
        {"status": 200, "url": "/", "seconds": 0.25},
        {"status": 404, "url": "/café", "seconds": 0.125},
        {"status": 500, "url": "/api?q=1", "seconds": 2.5},
    ]
    assert {event["provider_id"] for event in events} == {guid_of("MyCompany.MyApp")}
    assert {event["process_id"] for event in events} == {4242}


def test_consume(example, run, sample):
    done = example("consume", sample)
    lines = run("dump", sample).stdout.decode("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    want = [
        f"{0xFFFFFFFF if event['process_id'] is None else event['process_id']} {event['properties']['ImageFileName']}"
        for event in events
        if "ImageFileName" in (event["properties"] or {})
    ]
    assert want and done.stdout.splitlines() == want
    assert done.stderr == f"{len(events)} events, 0 places damaged\n"


def test_describe(example, root):
    done = example("describe", "contoso-orders", root / "examples" / "orders.man")
    lines = done.stdout.splitlines()
    assert lines[:3] == ["1.0 Order/Start", "    UnicodeString Customer", "    UInt8 State"]
    assert lines[-2:] == ["    Struct Items", "2.0 Order/Cancel"]
    example("describe", "Contoso-Nobody", root / "examples" / "orders.man", code=1)


def test_instrument(example):
    """Nobody listens, and it does its work all the same."""
    assert example("instrument", 4).stdout == "4 jobs, 1 failed\n"


def test_consume_says_what_is_wrong(example, tmp_path):
    assert "missing.etl" in example("consume", tmp_path / "missing.etl", code=1).stderr
    example("consume", code=2)
    example("write", tmp_path / "no" / "folder.etl", code=1)


def test_consumer_of_the_docs_is_the_example(root):
    """docs/c-api.md shows the program that is built and run here, not one like it."""
    text = (root / "docs" / "c-api.md").read_text(encoding="utf-8")
    for name in ("consume.c", "describe.c", "write.c", "instrument.c"):
        assert name in text
    program = (root / "examples" / "c" / "consume.c").read_text(encoding="utf-8")
    assert program.split("\n", 2)[2] in text
