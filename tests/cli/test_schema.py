# SPDX-License-Identifier: MIT
"""schema: what is shown of a provider's events, and that a manifest made of it says the same again."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

ORDERS = "7f3c2a10-5b64-4e0d-9d1c-2a6f0d1b9e55"
EVENTS = "{http://schemas.microsoft.com/win/2004/08/events}"
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events"
    xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events"><instrumentation><events>
<provider name="%s" guid="{0b9c7a52-2a3e-4c39-8d5f-9f6f4d0e1c11}" symbol="P" resourceFileName="p" messageFileName="p">
%s
</provider></events></instrumentation><localization><resources culture="en-US"><stringTable>
<string id="a" value="&lt;first&gt; &amp; &quot;best&quot;&#9;é&#x202e;"/><string id="b" value="b  "/>
<string id="empty" value=""/></stringTable></resources></localization></instrumentationManifest>
"""


@pytest.fixture
def orders(root):
    return root / "examples" / "orders.man"


@pytest.fixture
def manifest(tmp_path):
    """manifest(inside, name): a manifest with one provider."""

    def manifest(inside, name="Pro&amp;vider"):
        path = tmp_path / "made.man"
        path.write_text(MANIFEST % (name, inside), encoding="utf-8")
        return path

    return manifest


@pytest.fixture
def told(run):
    """told(schemas, provider, event...): the JSON object."""

    def told(path, *arguments):
        return json.loads(run("schema", "--json", "--no-pack", "--schema", path, *arguments).stdout)

    return told


def payload(fields, event=""):
    return f"""<templates><template tid="t">{fields}</template></templates>
        <events><event value="7" template="t" {event}/></events>"""


def again(run, told, path, tmp_path, provider, *event):
    """The JSON object, and that of the manifest which --man makes of it; without what says where they come from."""
    made = tmp_path / "again.man"
    done = run("schema", provider, *event, "--man", "--no-pack", "--schema", path, "-o", made)
    ET.parse(made)
    both = told(path, provider, *event), told(made, provider, *event)
    for one in both:
        del one["path"], one["source"]
        for each in one["events"]:
            del each["builds"]
    return *both, done.stderr.decode()


# What is shown.


@pytest.mark.parametrize(
    "name", ["Contoso-Orders", "contoso-orders", "orders", "CONTOSO-*", ORDERS, "{" + ORDERS + "}"]
)
def test_provider(run, orders, name):
    done = run("schema", name, "--no-pack", "--schema", orders)
    assert done.stdout.startswith(b"Contoso-Orders") and done.stdout.count(b"\n") == 6


@pytest.mark.parametrize(
    ("event", "want"),
    [
        (["1"], [(1, 0), (1, 1)]),
        (["1.1"], [(1, 1)]),
        (["0x1"], [(1, 0), (1, 1)]),
        (["1", "--version", "0"], [(1, 0)]),
        (["--version", "0"], [(1, 0), (2, 0)]),
        (["order/start"], [(1, 0), (1, 1)]),
        (["Order/C*"], [(2, 0)]),
        (["2"], [(2, 0)]),
    ],
)
def test_event(told, orders, event, want):
    assert [(one["event_id"], one["version"]) for one in told(orders, "orders", *event)["events"]] == want


@pytest.mark.parametrize("event", [["3"], ["1.2"], ["order"], ["2", "--version", "1"], ["--version", "9"]])
def test_no_such_event(run, orders, event):
    done = run("schema", "orders", *event, "--no-pack", "--schema", orders, code=2)
    assert done.stdout == b"" and b"Contoso-Orders has no event" in done.stderr


def test_no_such_provider(run, orders):
    done = run("schema", "contoso-odrers", "--no-pack", "--schema", orders, code=2)
    assert b"did you mean 'Contoso-Orders'?" in done.stderr


def test_name_of_several(run, orders, manifest):
    other = manifest("<events/>", "Contoso-Others")
    done = run("schema", "contoso", "--no-pack", "--schema", orders, "--schema", other, code=2)
    assert b"2 providers have 'contoso' in their names: 'Contoso-Orders', 'Contoso-Others'" in done.stderr


def test_usage(run, orders):
    run("schema", code=2)
    run("schema", "a", "1", "b", "--no-pack", code=2)
    run("schema", "orders", "--json", "--man", "--no-pack", "--schema", orders, code=2)
    assert b"schema pack --help" in run("schema", "--help").stdout


def test_the_first_file_counts(run, told, orders, tmp_path):
    """Of an event that the first does not know the next one's description is shown."""
    other = tmp_path / "other.man"
    text = orders.read_text(encoding="utf-8")
    other.write_text(
        re.sub(r'<event value="2".*?/>', "", text, flags=re.DOTALL).replace("New", "Old"), encoding="utf-8"
    )
    both = ("--schema", orders)
    one = told(other, "orders", "1", *both)
    assert one["path"] == str(other) and one["maps"][0]["values"][0]["label"] == "Old"
    assert told(other, "orders", "2", *both)["path"] == str(orders)


def test_names_of_an_event_alone(told, orders):
    whole, one = told(orders, "orders"), told(orders, "orders", "2")
    assert [name["name"] for name in whole["keywords"]] == ["Audit", "Web"]
    assert [name["name"] for name in one["keywords"]] == ["Audit"]
    assert one["opcodes"] == [{"task": 1, "value": 11, "name": "Cancel"}] and one["maps"] == []
    assert one["tasks"] == whole["tasks"] == [{"value": 1, "name": "Order"}]


def test_fields(told, orders):
    fields = told(orders, "orders", "1.1")["events"][0]["fields"]
    assert [(field["name"], field["in_type"], field["out_type"]) for field in fields] == [
        ("Customer", "UnicodeString", None),
        ("State", "UInt8", None),
        ("AddressLength", "UInt16", None),
        ("Address", "Binary", "SocketAddress"),
        ("ItemCount", "UInt16", None),
        ("Items", "Struct", None),
    ]
    assert fields[1]["map"] == "OrderState" and fields[3]["length"] == "AddressLength"
    assert fields[5]["array"] and fields[5]["count"] == "ItemCount"
    assert fields[5]["fields"][0] == {"name": "Article", "in_type": "AnsiString", "out_type": None, "length": 8}


def test_builds(run, told, manifest, tmp_path):
    """A version that two builds lay out differently stands there twice; the manifest has the newer one."""
    old, new, pack = tmp_path / "old.man", tmp_path / "new.man", tmp_path / "both.pack"
    old.write_bytes(manifest(payload('<data name="A" inType="win:UInt8"/>')).read_bytes())
    new.write_bytes(manifest(payload('<data name="B" inType="win:UInt16"/>')).read_bytes())
    run("schema", "pack", f"7600={old}", f"19041={new}", "-o", pack)
    events = told(pack, "pro")["events"]
    assert [(one["builds"], one["fields"][0]["name"]) for one in events] == [([7600], "A"), ([19041], "B")]
    shown = run("schema", "pro", "7", "--no-pack", "--schema", pack).stdout.decode()
    assert "\nwindows   build 7600\n" in shown and "\nwindows   build 19041\n" in shown
    done = run("schema", "pro", "--man", "--no-pack", "--schema", pack)
    assert b'name="B"' in done.stdout and b'name="A"' not in done.stdout and b"1 event is left out" in done.stderr
    assert b"<!-- event 7, version 0 is left out: a newer build" in done.stdout


def test_a_damaged_pack(run, manifest, tmp_path):
    pack = tmp_path / "made.pack"
    run("schema", "pack", manifest(payload('<data name="A" inType="win:UInt8"/>')), "-o", pack)
    whole, codes = pack.read_bytes(), set()
    for at in range(0, len(whole), 7):
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        for form in ([], ["7"], ["--json"], ["--man"]):
            done = run(
                "schema", "0b9c7a52-2a3e-4c39-8d5f-9f6f4d0e1c11", *form, "--no-pack", "--schema", pack, code=None
            )
            codes.add(done.returncode)
            assert done.returncode in (0, 1, 2, 3), done.stderr
            assert done.returncode in (0, 2) or b"made.pack" in done.stderr
    assert {0, 1} <= codes


@pytest.mark.posix("no names of files on Windows")
def test_names_command_nothing(run, manifest):
    inside = payload('<data name="A\x9b&#x202e;" inType="win:UInt8" map="m"/>', 'name="E\x9b"') + (
        '<maps><valueMap name="m\x9b"><map value="0" message="$(string.a)"/></valueMap></maps>'
        '<keywords><keyword name="k\x9b" mask="1"/></keywords>'
    )
    path = manifest(inside.replace('map="m"', 'map="m\x9b"'), "P\x9b")
    for form in ([], ["7"], ["--json"], ["--man"]):
        out = run("schema", "P*", *form, "--no-pack", "--schema", path).stdout.decode("utf-8")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), form
        assert form == ["--json"] or "\u202e" not in out, form


# --man


def test_the_example_comes_back(run, told, orders, tmp_path):
    one, other, said = again(run, told, orders, tmp_path, "Contoso-Orders")
    assert one == other and said == ""
    for event in ("1", "1.1", "2"):
        one, other, _ = again(run, told, orders, tmp_path, "Contoso-Orders", event)
        assert one == other


TYPES = (
    "UnicodeString AnsiString Int8 UInt8 Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double Boolean Binary GUID "
    "Pointer FILETIME SYSTEMTIME SID HexInt32 HexInt64 CountedUnicodeString CountedAnsiString CountedBinary"
).split()
OUT_TYPES = (
    "xs:string xs:dateTime xs:byte xs:unsignedByte xs:short xs:unsignedShort xs:int xs:unsignedInt xs:long "
    "xs:unsignedLong xs:float xs:double xs:boolean xs:GUID xs:hexBinary win:HexInt8 win:HexInt16 win:HexInt32 "
    "win:HexInt64 win:PID win:TID win:Port win:IPv4 win:IPv6 win:SocketAddress win:CIMDateTime win:ETWTIME win:Xml "
    "win:ErrorCode win:Win32Error win:NTSTATUS win:HResult win:DateTimeCultureInsensitive win:Json win:Utf8 "
    "win:Pkcs7WithTypeInfo win:CodePointer win:DateTimeUtc win:ReducedString win:NoPrint"
).split()


def test_types(run, told, manifest, tmp_path):
    """Each in-type and out-type has its name, and comes back; so do types that manifests have no name for."""
    fields = [f'<data name="i{name}" inType="win:{name}"/>' for name in TYPES]
    fields += [f'<data name="o{i}" inType="win:UInt32" outType="{name}"/>' for i, name in enumerate(OUT_TYPES)]
    fields += [f'<data name="t{number}" inType="{number}"/>' for number in range(300, 311)]
    fields += [
        '<data name="c1" inType="win:UInt16" outType="xs:string" count="4"/>',
        '<data name="c2" inType="win:UInt8" outType="xs:string"/>',
    ]
    one, other, said = again(run, told, manifest(payload("".join(fields))), tmp_path, "Pro&vider")
    assert one == other and said == ""
    shown = one["events"][0]["fields"]
    assert [field["in_type"] for field in shown[: len(TYPES)]] == TYPES
    outs = [field["out_type"] for field in shown[len(TYPES) : len(TYPES) + len(OUT_TYPES)]]
    assert outs == [name.split(":")[1] for name in OUT_TYPES]
    assert all(field["in_type"] for field in shown)
    assert len({field["in_type"] for field in shown if field["name"][0] in "it"}) == len(TYPES) + 11


def test_lengths_and_counts(run, told, manifest, tmp_path):
    fields = """<data name="n" inType="win:UInt16"/><data name="n" inType="win:UInt8"/>
        <data name="a" inType="win:UInt32" count="n"/><data name="b" inType="win:UInt32" count="5"/>
        <data name="c" inType="win:Binary" length="n"/><data name="d" inType="win:Binary" length="6"/>
        <data name="e" inType="win:UnicodeString" length="n"/><data name="f" inType="win:UnicodeString" length="7"/>
        <data name="g" inType="win:UnicodeString" length="n" count="2"/><data name="h" inType="win:UInt8" count="1"/>
        <struct name="s" count="2"><data name="m" inType="win:UInt8"/><data name="x" inType="win:Binary" length="m"/>
        <data name="y" inType="win:Binary" length="n"/></struct>
        <struct name="z"><data name="m" inType="win:Int8"/></struct>"""
    one, other, said = again(run, told, manifest(payload(fields)), tmp_path, "Pro&vider")
    assert one == other and said == ""
    shown = {field["name"]: field for field in one["events"][0]["fields"]}
    assert shown["a"]["count"] == "n" and shown["b"]["count"] == 5 and shown["c"]["length"] == "n"
    assert shown["d"]["length"] == 6 and shown["g"]["length"] == "n" and shown["g"]["count"] == 2
    assert shown["h"]["array"] and "array" not in shown["z"] and "n_2" in shown


def test_names(run, told, manifest, tmp_path):
    """Names of all kinds, with and without one for what events refer to, and texts that XML has to escape."""
    inside = """<channels><channel chid="c" name="P/Analytic" type="Analytic" value="20"/>
          <importChannel chid="S" name="System"/></channels>
        <levels><level name="own&lt;level" value="17"/></levels>
        <tasks><task name="T" value="3"><opcodes><opcode name="o" value="12"/></opcodes></task>
          <task name="U" value="4"><opcodes><opcode name="o" value="13"/><opcode name="q" value="14"/></opcodes></task>
        </tasks>
        <opcodes><opcode name="q" value="15"/></opcodes>
        <keywords><keyword name="k&amp;" mask="0x1"/><keyword name="wide" mask="0x6"/></keywords>
        <maps><valueMap name="m"><map value="0" message="$(string.a)"/><map value="0xffffffff" message="$(string.b)"/>
          </valueMap><bitMap name="b"><map value="0x80000000" message="$(string.empty)"/></bitMap>
          <valueMap name="no entries"/></maps>
        <templates><template tid="t"><data name="x &quot;y&quot;" inType="win:UInt32" map="m"/>
          <data name="z" inType="win:UInt32" map="b"/></template></templates>
        <events>
          <event value="1" level="own&lt;level" task="T" opcode="o" channel="c" template="t"
            keywords="k&amp; wide 0x8000000000000000"/>
          <event value="2" level="win:Error" task="U" opcode="o" channel="S" keywords="win:ResponseTime"/>
          <event value="3" level="9" task="99" opcode="77" channel="55" keywords="0x4"/>
          <event value="4" task="U" opcode="q"/><event value="4" version="1" task="T" opcode="q"/>
          <event value="4" version="2" task="U" opcode="15"/>
          <event value="5" name="Called &apos;so&apos;" task="T" opcode="win:Stop"/>
          <event value="6" symbol="Symbolic"/><event value="7" symbol="Task" task="T"/>
        </events>"""
    one, other, said = again(run, told, manifest(inside), tmp_path, "Pro&vider")
    assert one == other and said == ""
    assert one["maps"][1]["values"][0]["label"] == '<first> & "best"\té\u202e'
    assert [event["event_name"] for event in one["events"]][:3] == ["T/o", "U/o", "Event(3)"]
    assert one["events"][0]["keyword_names"] == ["k&", "wide"] and one["events"][0]["level_name"] == "own<level"


def test_what_a_manifest_cannot_say(run, told, manifest, tmp_path):
    """Two tasks of one name: a binary may have them, a manifest may not."""
    path = manifest('<tasks><task name="T" value="1"/></tasks><events><event value="1" task="T" opcode="40"/></events>')
    more = tmp_path / "more.man"
    more.write_text(path.read_text(encoding="utf-8").replace('value="1"', 'value="2"'), encoding="utf-8")
    run("schema", "pack", path, more, "-o", tmp_path / "both.pack")
    one, other, _ = again(run, told, tmp_path / "both.pack", tmp_path, "Pro&vider")
    assert [task["name"] for task in one["tasks"]] == ["T", "T"]
    assert [task["name"] for task in other["tasks"]] == ["T", "T_2"]
    assert [event["task"] for event in other["events"]] == [1, 2]


def test_manifests_are_read_by_dump(run, orders, sample, tmp_path):
    """Given as a schema it does no harm to a trace that knows nothing of it."""
    assert run("dump", sample, "--schema", orders).stdout == run("dump", sample).stdout


def test_real_manifests_come_back(run, told, corpus, tmp_path):
    path = corpus / "manifests" / "ClrEtwAll.man"
    providers = run("providers", "--json", "--no-pack", "--schema", path).stdout.splitlines()
    assert len(providers) == 4
    for provider in map(json.loads, providers):
        one, other, said = again(run, told, path, tmp_path, provider["provider_id"])
        assert one == other and said == "" and len(one["events"]) == provider["events"]
