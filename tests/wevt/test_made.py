# SPDX-License-Identifier: MIT
"""Binaries made by made.py: texts in files beside them, and each sentence that is said of damage."""

import struct

import made
import pytest

TEMPLATES = made.event_templates([made.ZOO])


def of_kind(lines, kind):
    return [line for line in lines if line["kind"] == kind]


def told(lines):
    """What was reported, and what ended the reading."""
    return "".join(line.get("message", "") + "\n" for line in lines if line["kind"] in ("report", "end"))


def labels(lines):
    return [entry["label"] for one in of_kind(lines, "map") for entry in one["entries"]]


def test_what_was_made_is_read(show, tmp_path):
    (tmp_path / "zoo.dll").write_bytes(made.binary([made.ZOO, made.TWIN], made.TEXTS))
    lines = show(tmp_path / "zoo.dll")
    assert lines[-1]["status"] == "ETWKIT_OK"
    assert [one["name"] for one in of_kind(lines, "provider")] == ["Example-Zoo", ""]
    events = of_kind(lines, "event")
    assert [(one["id"], one["version"]) for one in events] == [(1, 0), (1, 1), (2, 0), (3, 0), (4, 0), (500, 3)]
    wanted = [item.name for item in made.ZOO.templates["many"][1]]
    assert [field["name"] for field in events[2]["fields"]] == wanted
    assert labels(lines) == ["Ape", "Bär", "Cage", "Meadow"]


def test_32_bits_say_the_same(show, tmp_path):
    said = []
    for bits in (32, 64):
        (tmp_path / "zoo.dll").write_bytes(made.binary([made.ZOO], made.TEXTS, bits=bits))
        said.append(show(tmp_path / "zoo.dll"))
    assert said[0] == said[1]


@pytest.mark.parametrize("place", ["zoo.dll.mui", "en-US/zoo.dll.mui", "de-DE/zoo.dll.mui", "sr-Latn-RS/zoo.dll.mui"])
def test_texts_beside_the_binary(place, show, tmp_path):
    (tmp_path / "zoo.dll").write_bytes(made.binary([made.ZOO]))
    mui = tmp_path / place
    mui.parent.mkdir(exist_ok=True)
    mui.write_bytes(made.pe({made.MESSAGE_TABLE: {1: {0x407: made.message_table(made.TEXTS)}}}))
    assert labels(show(tmp_path / "zoo.dll")) == ["Ape", "Bär", "Cage", "Meadow"]
    assert labels(show("zoo.dll", cwd=tmp_path)) == ["Ape", "Bär", "Cage", "Meadow"]


def test_texts_in_the_binary_and_beside_it(show, tmp_path):
    own = {number: text for number, text in made.TEXTS.items() if number < 0xE0000000}
    (tmp_path / "zoo.dll").write_bytes(made.binary([made.ZOO], own))
    (tmp_path / "de-DE").mkdir()
    others = made.pe({made.MESSAGE_TABLE: {1: {0: made.message_table(dict.fromkeys(made.TEXTS, "other"))}}})
    (tmp_path / "de-DE" / "zoo.dll.mui").write_bytes(others)
    assert labels(show(tmp_path / "zoo.dll")) == ["Ape", "Bär"]
    (tmp_path / "zoo.dll.mui").write_bytes(others)
    assert labels(show(tmp_path / "zoo.dll")) == ["Ape", "Bär", "other", "other"]


def test_a_damaged_resource_beside_a_whole_one(show, tmp_path):
    for templates in ((TEMPLATES, b"CRIM"), (b"CRIM", TEMPLATES)):
        content = made.pe({made.EVENT_TEMPLATE: {1: {0: templates[0]}, 2: {0: templates[1]}}})
        (tmp_path / "zoo.dll").write_bytes(content)
        lines = show(tmp_path / "zoo.dll")
        assert lines[-1]["status"] == "ETWKIT_OK"
        assert len(of_kind(lines, "event")) == 5
        assert "event templates: they do not begin as such" in told(lines)


def test_the_order_of_languages(show, tmp_path):
    (tmp_path / "zoo.dll").write_bytes(made.binary([made.ZOO]))
    for language in ("fr-FR", "de-DE", "en-US", "config", "x-y"):
        (tmp_path / language).mkdir()
        texts = {**made.TEXTS, 0xD0000001: language}
        content = made.pe({made.MESSAGE_TABLE: {1: {0: made.message_table(texts)}}})
        (tmp_path / language / "zoo.dll.mui").write_bytes(content)
    assert labels(show(tmp_path / "zoo.dll"))[0] == "en-US"
    (tmp_path / "en-US" / "zoo.dll.mui").write_bytes(b"MZ no more")
    lines = show(tmp_path / "zoo.dll")
    assert labels(lines)[0] == "de-DE"
    assert "en-US/zoo.dll.mui: it is no Windows binary" in told(lines)
    (tmp_path / "de-DE" / "zoo.dll.mui").unlink()
    (tmp_path / "en-US" / "zoo.dll.mui").write_bytes(made.pe({16: {1: {0: b"no texts"}}}))
    assert labels(show(tmp_path / "zoo.dll"))[0] == "fr-FR"


def test_of_several_languages_english_is_taken(show, tmp_path):
    texts = {language: made.message_table({0xD0000001: str(language)}) for language in (0, 0x407, 0x409, 0x411)}
    templates = {made.EVENT_TEMPLATE: {1: {0x409: TEMPLATES}}}
    for there, wanted in (((0, 0x407, 0x409), "1033"), ((0, 0x407), "0"), ((0x407, 0x411), "1031")):
        content = made.pe({**templates, made.MESSAGE_TABLE: {1: {language: texts[language] for language in there}}})
        (tmp_path / "zoo.dll").write_bytes(content)
        assert labels(show(tmp_path / "zoo.dll"))[0] == wanted


def changed(data, at, *values):
    data = bytearray(data)
    struct.pack_into(f"<{len(values)}I", data, at, *values)
    return bytes(data)


def with_templates(templates, texts=None):
    resources = {made.EVENT_TEMPLATE: {1: {0x409: templates}}}
    return made.pe({**resources, made.MESSAGE_TABLE: {1: {0: texts or made.message_table(made.TEXTS)}}})


def event_with(items, top):
    """A binary whose one event has these items."""
    event = made.Event(1, template="all")
    return made.binary([made.Provider(made.ZOO.guid, "Zoo", templates={"all": (top, items)}, events=[event])], {})


def keywords(names_overlap):
    """Many keywords: in the same table of many providers, or all with one long name."""
    zoo = made.Provider(made.ZOO.guid, "Zoo", levels=[(4, "x" * 2000, made.NONE)])
    zoo.keywords = [(1, None, 0x50000004)] * 500
    data = bytearray(made.event_templates([zoo] + [made.TWIN] * 20))
    if names_overlap:
        name = struct.unpack_from("<I", data, data.index(b"LEVL") + 20)[0]
        for i in range(500):
            struct.pack_into("<I", data, data.index(b"KEYW") + 12 + 16 * i + 12, name)
    else:
        for i in range(21):
            struct.pack_into("<I", data, 16 + 20 * i + 16, data.index(b"WEVT"))
    return with_templates(bytes(data))


BINARY = made.binary([made.ZOO], made.TEXTS)
TEXTS = made.message_table(made.TEXTS)
RESOURCES = 0x200
# What is read, and the sentence of docs/damage.md that is said of it.
DAMAGES = {
    "it is no Windows binary": b"MZ" + bytes(100),
    "of neither 32 nor 64 bits": changed(BINARY, 64 + 24, 0x107),
    "it ends inside its headers": BINARY[: 64 + 24 + 100],
    "its resources lie outside of it": BINARY[:RESOURCES],
    "a directory of resources lies outside of it": BINARY[: RESOURCES + 20],
    "a resource's place lies outside of it": made.pe({made.EVENT_TEMPLATE: {1: {0: b""}}})[: RESOURCES + 0x70],
    "a resource lies outside of it": BINARY[:-8],
    "event templates: they do not begin as such": with_templates(changed(TEMPLATES, 0, 0)),
    "event templates: more providers than there is room for": with_templates(changed(TEMPLATES, 12, 1 << 20)),
    "there is not what should be there": with_templates(changed(TEMPLATES, TEMPLATES.index(b"LEVL"), 0)),
    "a table announces more than it holds": with_templates(changed(TEMPLATES, TEMPLATES.index(b"TASK") + 8, 1 << 20)),
    "its tables overlap": keywords(names_overlap=False),
    "its texts overlap": keywords(names_overlap=True),
    "a name lies outside of it": with_templates(changed(TEMPLATES, TEMPLATES.index(b"LEVL") + 20, 1 << 20)),
    "an event's template is damaged": event_with([made.Item("a", flags=made.STRUCT, first=0, members=5)], 1),
    "message table: it announces more blocks than it holds": with_templates(TEMPLATES, changed(TEXTS, 0, 1 << 20)),
    "message table: a block ends before it begins": with_templates(TEMPLATES, changed(TEXTS, 8, 1)),
    "message table: a text lies outside of it": with_templates(TEMPLATES, changed(TEXTS, 12, 1 << 20)),
    "labels of values are not known": made.binary([made.ZOO]),
}
# Rows of which nothing here comes up, and why.
NOT_HERE = {
    "…: a Windows binary that describes no events": "test_command.py",
    "there are too many providers": "16,385 of them",
    "there are too many names": "65,537 of them",
    "there are too many maps": "65,537 of them",
    "there are too many events": "65,537 of them",
    "message table: there are too many texts": "1,048,577 of them",
}


@pytest.mark.parametrize("sentence", DAMAGES)
def test_what_is_said_of_damage(sentence, show, tmp_path):
    (tmp_path / "zoo.dll").write_bytes(DAMAGES[sentence])
    assert f"{tmp_path}/zoo.dll: " in told(show(tmp_path / "zoo.dll"))
    assert sentence in told(show(tmp_path / "zoo.dll"))


def test_each_row_of_the_page_comes_up(root):
    page = (root / "docs" / "damage.md").read_text(encoding="utf-8").partition("Of a Windows binary")[2]
    rows = [row for row in page.partition("|\n\n")[0].splitlines() if row.startswith("| `")]
    assert len(rows) > 20
    for row in rows:
        sentence = row.split("`")[1]
        assert (sentence in NOT_HERE) != any(said in sentence for said in DAMAGES), sentence


def test_damage_costs_what_is_damaged(show, tmp_path):
    def read(content):
        (tmp_path / "zoo.dll").write_bytes(content)
        lines = show(tmp_path / "zoo.dll")
        return {kind: len(of_kind(lines, kind)) for kind in ("report", "level", "task", "map", "event", "provider")}

    whole = read(with_templates(TEMPLATES))
    assert whole == {"report": 0, "level": 2, "task": 2, "map": 2, "event": 5, "provider": 1}
    table = read(with_templates(changed(TEMPLATES, TEMPLATES.index(b"TASK"), 0)))
    assert table == {**whole, "report": 1, "task": 0}
    name = read(with_templates(changed(TEMPLATES, TEMPLATES.index(b"LEVL") + 20, 1 << 20)))
    assert name == {**whole, "report": 1, "level": 1}
    one_map = read(with_templates(changed(TEMPLATES, TEMPLATES.index(b"VMAP"), 0)))
    assert one_map == {**whole, "report": 1, "map": 1}
    template = read(with_templates(changed(TEMPLATES, TEMPLATES.index(b"TEMP"), 0)))
    assert template == {**whole, "report": 3, "event": 3}  # the template, and the two events that have it
    two = made.event_templates([made.ZOO, made.TWIN])
    provider = read(with_templates(changed(two, two.index(b"WEVT"), 0)))
    assert provider == {**whole, "report": 1, "level": 0, "task": 0, "map": 0, "event": 1}
