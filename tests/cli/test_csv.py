# SPDX-License-Identifier: MIT
"""csv says what jsonl says: cell for cell, and in one column a field where a filter leaves one kind of event."""

import csv
import io
import json

import pytest

HEAD = (
    "timestamp provider_name provider_id event_name event_id version level opcode task channel keywords process_id "
    "thread_id processor activity_id related_activity_id payload_process_id payload_thread_id stack user_sid session_id"
).split()
TAIL = ["payload", "rest", "truncated"]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown(character):
    """Control characters are as JSON has them, all others as they are."""
    code = ord(character)
    if code >= 0x20 and not 0x7F <= code < 0xA0:
        return character
    return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character, f"\\u{code:04x}")


def cell(value):
    """A jsonl value as its cell: nothing, the text itself, or JSON."""
    if value is None:
        return ""
    return "".join(map(shown, value)) if isinstance(value, str) else compact(value)


@pytest.fixture(scope="module")
def both(run):
    """both(*arguments): the csv (columns, rows) and the jsonl (objects, their lines) of the same events."""

    def both(*arguments, code=0):
        text = run("dump", "--format", "csv", *arguments, code=code).stdout.decode("utf-8")
        lines = run("dump", "--format", "jsonl", *arguments, code=code).stdout.decode("utf-8").splitlines()
        assert text.endswith("\n") and text.count("\n") == len(lines) + 1, "each event is one line"
        columns, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert len(rows) == len(lines) and {len(row) for row in rows} <= {len(columns)}
        return columns, rows, [json.loads(line) for line in lines], lines

    return both


@pytest.mark.parametrize("options", [[], ["--payload"], ["--numeric"], ["--unordered"]], ids=" ".join)
def test_all_events(options, both, sample):
    columns, rows, objects, lines = both(sample, *options)
    assert columns == [*HEAD, "properties", *TAIL]
    for row, event, line in zip(rows, objects, lines):
        assert [cell(event.get(name)) for name in HEAD] == row[: len(HEAD)]
        assert [cell(event.get(name)) for name in TAIL] == row[-3:]
        # Exactly the text of the line, not only its meaning.
        properties = row[len(HEAD)]
        assert f',"properties":{properties or "null"}' in line and (properties or event["properties"] is None)


def kinds(events):
    found = {}
    for event in events:
        names = None if event["properties"] is None else tuple(event["properties"])
        found.setdefault((event["provider_id"], event["event_name"]), set()).add(names)
    return found


def test_a_column_a_field_for_each_kind(both, events, sample):
    """Every kind of event of the sample by itself."""
    told = 0
    for (provider, name), layouts in kinds(events).items():
        columns, rows, objects, _ = both(sample, "--provider", provider, "--event", name)
        if None in layouts:
            assert "properties" in columns
            continue
        fields = columns[len(HEAD) : -3]
        if fields == ["properties"]:
            continue  # several versions of it, or a payload that ended early everywhere
        told += 1
        assert columns == [*HEAD, *fields, *TAIL] and len(set(columns)) == len(columns)
        for row, event in zip(rows, objects):
            properties = event["properties"]
            known = [name for name in fields if name in properties]
            assert list(properties) == known or set(properties) & set(HEAD + TAIL)
            for field, text in zip(fields, row[len(HEAD) : -3]):
                if field in properties or field not in {f"{name}_2" for name in HEAD + TAIL}:
                    assert text == cell(properties.get(field)), (name, field)
    assert told > 50


def test_properties_where_more_than_one_kind_is_left(run, sample):
    def columns(*options):
        return run("dump", "--format", "csv", sample, *options).stdout.split(b"\n", 1)[0].decode().split(",")

    assert columns()[21] == "properties"
    assert columns("--event", "Process/*")[21] == "properties"
    assert columns("--event", "Process/Start")[21] == "UniqueProcessKey"
    assert columns("--event", "Process/Start", "--limit", "1")[21] == "UniqueProcessKey"
    assert columns("--event", "Process/Start", "--limit", "0") == [*HEAD, "properties", *TAIL]
    assert columns("--event", "no such event") == [*HEAD, "properties", *TAIL]
    assert columns("--event", "Process/Start", "--event", "Image/Load")[21] == "properties"


def test_damage_is_told_once(run, damaged):
    plain = run("dump", damaged, "--event", "Image/Load", code=1)
    done = run("dump", "--format", "csv", damaged, "--event", "Image/Load", code=1)
    assert done.stderr == plain.stderr
    assert done.stdout.count(b"\n") == plain.stdout.count(b"\n") + 1


def test_corpus(both, corpus):
    """Real traces: the first events of each."""
    for path in sorted((corpus / "etl").glob("*.etl")):
        columns, rows, objects, _ = both(path, "--limit", 2000, code=None)
        for row, event in zip(rows, objects):
            assert [cell(event.get(name)) for name in HEAD] == row[:21]
            assert json.loads(row[21] or "null") == event["properties"]
        assert columns[21] == "properties"
