# SPDX-License-Identifier: MIT
"""Binaries linked by mingw-w64: its windmc makes the texts (it knows no manifests), its windres embeds the event
templates that made.py makes, its linker lays out what made.py's own writer would have."""

import shutil
import subprocess

import made
import pytest

PREFIX = "x86_64-w64-mingw32-"
TOOLS = ("windmc", "windres", "ld")
TARGETS = {64: ("pe-x86-64", "i386pep", "0x20b"), 32: ("pe-i386", "i386pe", "0x10b")}
# Debian's linker for 64 bits links 32, too, but has no script for that.
SCRIPT = """\
OUTPUT_FORMAT(pei-i386)
SECTIONS { . = SIZEOF_HEADERS; . = ALIGN(__section_alignment__); .rsrc __image_base__ + 0x1000 : { *(.rsrc*) } }
"""
ZOO = made.Provider(
    made.ZOO.guid,
    "Example-Zoo",
    maps={"Animal": (False, [(3, 0x4FFF0001), (4, 0x4FFF0002)])},
    templates={"fed": (1, [made.Item("Animal", 8, 8, map="Animal")])},
    events=[made.Event(1, message=0x4FFF0007, template="fed")],
)
TEXTS = """\
MessageIdTypedef=DWORD
LanguageNames=(English=0x409:MSG00409)
LanguageNames=(German=0x407:MSG00407)
MessageId=0x1
Severity=Informational
Facility=Application
SymbolicName=ANIMAL_APE
Language=English
Ape
.
Language=German
Affe
.
MessageId=0x2
Severity=Informational
Facility=Application
SymbolicName=ANIMAL_BEAR
Language=English
Bear
.
Language=German
Bär
.
MessageId=0x7
Severity=Informational
Facility=Application
SymbolicName=EVENT_FED
Language=English
%1 was fed.%n
Twice.
.
Language=German
%1 wurde gefüttert.
.
"""


@pytest.fixture(scope="module")
def tools():
    paths = {tool: shutil.which(PREFIX + tool) for tool in TOOLS}
    if not all(paths.values()):
        pytest.skip("mingw-w64's binutils are not installed")
    return lambda tool, *arguments, cwd: subprocess.run([paths[tool], *arguments], cwd=cwd, check=True)


@pytest.mark.parametrize("bits", TARGETS)
@pytest.mark.parametrize("wide", [True, False])
def test_a_linked_binary(bits, wide, tools, show, tmp_path):
    target, emulation, magic = TARGETS[bits]
    (tmp_path / "zoo.mc").write_text(TEXTS, encoding="cp1252")
    (tmp_path / "zoo.wevt").write_bytes(made.event_templates([ZOO]))
    tools("windmc", "-U" if wide else "-A", "zoo.mc", cwd=tmp_path)
    resources = '#include "zoo.rc"\n1 WEVT_TEMPLATE "zoo.wevt"\n2 24 "zoo.wevt"\n'
    (tmp_path / "all.rc").write_text(resources)
    tools("windres", "-F", target, "all.rc", "all.o", cwd=tmp_path)
    script = []
    if bits == 32:
        (tmp_path / "script").write_text(SCRIPT)
        script = ["-T", "script"]
    tools("ld", "-m", emulation, *script, "-shared", "-o", "zoo.dll", "all.o", cwd=tmp_path)
    data = (tmp_path / "zoo.dll").read_bytes()
    assert hex(int.from_bytes(data[int.from_bytes(data[60:64], "little") + 24 :][:2], "little")) == magic
    lines = show(tmp_path / "zoo.dll")
    assert [line["kind"] for line in lines] == ["provider", "map", "event", "end"]
    assert lines[0]["name"] == "Example-Zoo"
    assert lines[1]["entries"] == [{"value": 3, "label": "Ape"}, {"value": 4, "label": "Bear"}]
    assert lines[2]["message"].replace("\r\n", "\n") == "%1 was fed.%n\nTwice."
