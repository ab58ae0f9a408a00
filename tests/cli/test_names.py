# SPDX-License-Identifier: MIT
"""--names: the names of level, opcode, task, channel and keywords, the same in every format, and only where known."""

import csv
import io
import json

NAMES = ["level_name", "opcode_name", "task_name", "channel_name", "keyword_names"]


def test_jsonl_in_the_order_of_the_contract(run, sample, dump):
    plain = run("dump", "--format", "jsonl", sample).stdout.splitlines()
    named = run("dump", "--format", "jsonl", "--names", sample).stdout.splitlines()
    seen = set()
    for line, more in zip(plain, named, strict=True):
        event, same = json.loads(more), json.loads(line)
        keys = [key for key in event if key in NAMES]
        assert keys == [name for name in NAMES if name in keys]
        at = list(event).index("properties")
        assert list(event)[at - len(keys) : at] == keys, "they stand in front of the properties"
        assert {key: value for key, value in event.items() if key not in NAMES} == same
        assert all(event[key] for key in keys), "a name that is not known is left out"
        seen.update(keys)
    assert seen == set(NAMES)


def test_names_of_the_sample(dump, sample):
    (event,) = dump("--names", "--event", "Order/Placed", "--limit", 1, sample)
    assert [event[name] for name in NAMES] == [
        "Information",
        "Placed",
        "Order",
        "Northwind-Orders/Operational",
        ["Orders"],
    ]
    (event,) = dump("--names", "--event", "Process/Start", "--limit", 1, sample)
    assert [event.get(name) for name in NAMES] == ["LogAlways", "Start", "Process", None, None]


def test_csv_says_the_same(run, dump, sample):
    text = run("dump", "--format", "csv", "--names", sample).stdout.decode()
    for row, event in zip(csv.DictReader(io.StringIO(text, newline="")), dump("--names", sample), strict=True):
        for name in NAMES[:4]:
            assert row[name] == event.get(name, "")
        assert json.loads(row["keyword_names"] or "null") == event.get("keyword_names")


def test_text_says_the_same(run, dump, sample):
    text = run("dump", "--format", "text", "--names", sample).stdout.decode().splitlines()[1:]
    for line, event in zip(text, dump("--names", sample), strict=True):
        known = [(name.split("_")[0], event[name]) for name in NAMES if name in event]
        known = [("keywords", "|".join(value)) if name == "keyword" else (name, value) for name, value in known]
        assert (" names={" + " ".join(f"{name}={value}" for name, value in known) + "}" in line) == bool(known)


def test_threads_write_the_same(run, sample):
    one = run("dump", "--names", sample).stdout
    assert run("dump", "--names", "--threads", 4, sample).stdout == one
