# SPDX-License-Identifier: MIT
"""--message: the sentence of an event, the same in every format, whatever it comes from."""

import csv
import io
import json
import re
import tarfile

import pytest


def test_jsonl_in_the_order_of_the_contract(run, sample):
    plain = run("dump", "--format", "jsonl", sample).stdout.splitlines()
    spoken = run("dump", "--format", "jsonl", "--names", "--message", sample).stdout.splitlines()
    count = 0
    for line, more in zip(plain, spoken, strict=True):
        event, same = json.loads(more), json.loads(line)
        if "message" in event:
            count += 1
            keys = list(event)
            at = keys.index("message")
            assert keys[at - 1] in ("keyword_names", "channel_name") and keys[at + 1] == "properties"
            assert event["provider_name"] == "Northwind-Orders"
            values = same["properties"]
            if event["event_name"] == "Order/Placed":
                want = f"Order {values['OrderId']} of {values['Customer']}, priority {values['Priority']}."
                assert event["message"] == want
        assert event["event_name"] == same["event_name"]
    assert count > 20


def test_csv_and_text_say_the_same(run, dump, sample):
    events = dump("--message", sample)
    text = run("dump", "--format", "csv", "--message", sample).stdout.decode()
    for row, event in zip(csv.DictReader(io.StringIO(text, newline="")), events, strict=True):
        assert row["message"] == event.get("message", "")
    lines = run("dump", "--format", "text", "--message", sample).stdout.decode().splitlines()[1:]
    for line, event in zip(lines, events, strict=True):
        assert ("  message=" in line) == ("message" in event)
        if "message" in event:
            assert f'  message="{event["message"]}"  ' in line


def test_threads_write_the_same(run, sample):
    one = run("dump", "--message", sample).stdout
    assert run("dump", "--message", "--threads", 4, sample).stdout == one


def test_schema_shows_the_template(run, root, tmp_path):
    text = (root / "examples" / "orders.man").read_text()
    text = text.replace('template="started"/>', 'template="started" message="$(string.said)"/>')
    text = text.replace('<string id="new"', '<string id="said" value="%1 has ordered&#27;.%n"/><string id="new"')
    text = text.replace("&#27;", "&#155;")
    (tmp_path / "orders.man").write_text(text)
    of = ("schema", "contoso", "1.0", "--no-pack", "--schema", tmp_path / "orders.man")
    assert "\nmessage   %1 has ordered\\x9b.%n\nfields\n" in run(*of).stdout.decode()
    assert json.loads(run(*of, "--json").stdout)["events"][0]["message"] == "%1 has ordered\x9b.%n"
    none = run("schema", "contoso", "2.0", "--json", "--no-pack", "--schema", root / "examples" / "orders.man")
    assert json.loads(none.stdout)["events"][0]["message"] is None


@pytest.fixture(scope="module")
def manifests(corpus, tmp_path_factory):
    archive = corpus / "manifests" / "tx-manifests.tar.xz"
    if not archive.exists():
        pytest.skip("no manifests with messages")
    folder = tmp_path_factory.mktemp("manifests")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return next(folder.glob("*"))


def test_real_events(dump, corpus, manifests):
    """HTTP service: each template filled by other means."""
    text = (manifests / "HTTP_Server.man").read_text(encoding="utf-8")
    strings = dict(re.findall(r'<string id="([^"]*)" value="([^"]*)"', text))
    events = re.findall(r'<event value="(\d+)" version="(\d+)"[^>]* message="\$\(string\.([^)]*)\)"', text)
    templates = {(int(number), int(version)): strings[name] for number, version, name in events}
    checked = 0
    for event in dump("--message", "--schema", manifests, corpus / "etl" / "tx_HTTP_Server.etl"):
        if event["provider_name"] != "Microsoft-Windows-HttpService":
            continue
        values = list(event["properties"].values())
        want = templates[event["event_id"], event["version"]]
        want = want.replace("&apos;", "'").replace("&quot;", '"').replace("&amp;", "&").rstrip()
        pieces = re.split(r"%(\d+)", want)
        pieces[1::2] = (str(values[int(number) - 1]) for number in pieces[1::2])
        want = "".join(pieces).replace("%n", "\n")
        assert event["message"] == want
        checked += 1
    assert checked == 2041
