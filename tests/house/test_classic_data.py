# SPDX-License-Identifier: MIT
"""The classic events' data: complete against what describes them, true to the page made of it, and errors well told."""

import csv
import importlib
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = sorted((ROOT / "data" / "classic").glob("*.txt"))
TOOL = ROOT / "tools" / "classic_tables.py"
PAGE = ROOT / "docs" / "format" / "classic-events.md"
FORMATS = ROOT.parent / "shared" / "FORMATS.md"

sys.path.insert(0, str(TOOL.parent))
classic_data = importlib.import_module("classic_data")

# Field names that differ from the MOF's, by class, type and version; data/classic/PROVENANCE.md says why.
STACK_KEY = ["StackKey", "Stack"]
OTHER_FIELDS = {
    ("PerfInfo", 46, 2): ["InstructionPointer", "ThreadId", "Count", "Flags", "Rank"],
    ("StackWalk", 32, 2): ["EventTimeStamp", "StackProcess", "StackThread", "Stack"],
    **{("StackWalk", opcode, 2): STACK_KEY for opcode in (34, 35, 36)},
}
MORE_FIELDS = {("Thread", opcode, 3): ["ThreadName"] for opcode in (1, 2, 3, 4)}
# Names of events that differ from the MOF's.
OTHER_NAMES = {
    "SampleProf": "SampledProfile",
    "PmcCounterProf": "PmcCounterProfile",
    "PmcCtrConrruption": "PmcCtrCorruption",
    "SysClEnter": "SysCallEnter",
    "SysClExit": "SysCallExit",
    "DletePath": "DeletePath",
    "OpticalDisk": "OpticalMedia",
    "ProcessorGroup": "ProcGroup",
    "ProcessorNumber": "ProcNumber",
    "TelemetryConfiguration": "TelemetryInfo",
    "VirtualizationConfigInfo": "Virtualization",
    "BootConfigInfo": "Boot",
    "PartitionInfoExtension": "PartitionInfo",
    "PartitionInfoExtensionV2": "PartitionInfo",
}
NAMES_OF_TWO = {
    ("Thread", 64): "WorkerThreadStart",
    ("Thread", 65): "WorkerThreadEnd",
    ("PerfInfo", 75): "SpinLockCollectionStart",
    ("PerfInfo", 76): "SpinLockCollectionEnd",
}

# What docs and readers of real traces know beside the MOF: class, types, versions -> the fields.
BEYOND_MOF = """
EventTrace 0 0-2: BufferSize:u4 Version:u4 ProviderVersion:u4 NumberOfProcessors:u4 EndTime:f8 TimerResolution:u4
DiskIo 10,11,55,56 3: DiskNumber:u4 IrpFlags:x4 TransferSize:u4 Reserved:u4 ByteOffset:i8 FileObject:p Irp:p HighResRes
Process 1,2,3,4,39 0: ProcessId:p ParentId:p UserSID:sid ImageFileName:s
Process 1,2,3,4,39 1: PageDirectoryBase:p ProcessId:u4 ParentId:u4 SessionId:u4 ExitStatus:i4 UserSID:sid ImageFileN
Process 39 5: UniqueProcessKey:p ProcessId:u4 ParentId:u4 SessionId:u4 ExitStatus:i4 DirectoryTableBase:p Flags:x4=Proc
Image 2,3,4,10 0: BaseAddress:p ModuleSize:u4 ImageFileName:w
Image 2,3,4,10 1: ImageBase:p ImageSize:z ProcessId:u4 FileName:w
Image 2,3,4,10 2: ImageBase:p ImageSize:z ProcessId:u4 ImageChecksum:u4 TimeDateStamp:u4 Reserved0:u4 DefaultBase:p
Image 2,3,4,10 3: ImageBase:p ImageSize:z ProcessId:u4 ImageChecksum:u4 TimeDateStamp:u4 SignatureLevel:u1
Object 34 2: Object:p SourceHandle:x4 TargetHandle:x4 TargetProcessId:u4 ObjectType:u2
PerfInfo 72,73,74 3: Source:u4 NewInterval:u4 OldInterval:u4 SourceName:w
ImageID 0 2: ImageBase:p ImageSize:z ProcessId:u4 TimeDateStamp:u4 OriginalFileName:w
ImageID 32 2: ImageBase:p ProcessId:u4
ImageID 36,37 2: ImageBase:p ProcessId:u4 Guid:g Age:u4 PdbName:s
ImageID 38 2: ImageBase:p ProcessId:u4 TimeDateStamp:u4 MajorVersion:u2 MinorVersion:u2
ImageID 40 1: ImageBase:p ProcessId:u4
ImageID 64 0: ImageSize:u4 TimeDateStamp:u4 OrigFileName:w
SysConfig 32 0: InstallDate:f8 BuildLab:w ProductName:w
SysConfig 33 0: SystemDirectory:w WindowsDirectory:w
SysConfig 34 0: Volume:w
SysConfig 35 0: NtPath:w DosPath:w
SysConfig 36,37 0: Data:bytes[rest]
WinSAT 33,35,37 0: State:u4 UncompressedLength:u4 Data:bytes[rest]
EventMetadata 32 0: Info:bytes[rest]
EventMetadata 33 0: ProviderGuid:g MapInfo:bytes[rest]
PerfTrackMetadata 33 0: Data:bytes[rest]
LostEvent 32,33,34 0:
"""

GOOD = """\
map Colour 0=Red 1=Green
class Thing 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c group=0x03
event v1,2  1 Start  2 -  pid=Id  seen=1
    @Both Colour:u1=Colour Data:u2[Count] Note:w?
fields Both
    Id:u4 Count:u4
"""
BAD = [  # what takes the place of GOOD's third and fourth line, the line that is wrong, what is said of it
    ("event v1  1 Start\n    Id:u3", 4, "'u3' is no type"),
    ("event v1  1 Start\n    Id:u4 Id:u4", 4, "a second field Id"),
    ("event v1  1 Start\n    Id:u4=Shape", 4, "no map is called Shape"),
    ("event v1  1 Start\n    Name:w=Colour", 4, "a field of type w has no map"),
    ("event v1  1 Start\n    Data:u1[Count]", 4, "no field Count comes before"),
    ("event v1  1 Start\n    Count:w Data:u1[Count]", 4, "Count is no plain unsigned number"),
    ("event v1  1 Start\n    Stack:p[rest] Id:u4", 4, "Id:u4 comes after Stack, which takes the rest"),
    ("event v1  1 Start\n    Name:w?\n    Id:u4", 5, "Id comes after Name, which is optional"),
    ("event v1  1 Start\n    @Other", 4, "no fields statement is called Other"),
    ("event v1  1 Start\n    Id", 4, "'Id' is neither type"),
    ("event v1  1 Start\n    Id:u4 what?", 4, "'what?' is no field"),
    ("event v1  1 Start\n    Text:wc", 4, "'none' is no number"),
    ("event v1  1 Start\n    Data:bytes", 4, "bytes need a length"),
    ("event v1  1 Start\n    Inner:{ Id:u4", 4, "a { without its }"),
    ("event v1  1 Start  pid=Id\n    Ix:u4", 3, "'Id' is no field that holds an id"),
    ("event v1  1 Start  when Id=1\n    Id:u4", 3, "only a u2"),
    ("event v1  1 Start  seen=2\n    Id:u4", 3, "seen lists a type"),
    ("event v1  1\n    Id:u4", 3, "event type 1 has no name"),
    ("event v1  300 Start\n    Id:u4", 3, "300 is not within 0 and 255"),
    ("event 1 Start\n    Id:u4", 3, "an event begins with its versions"),
    ("event v1  1 Start\nevent v0-1  1 Start\n    Id:u4", 4, "type 1 version 1 is also in"),
    ("class Thing 3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c", 3, "class Thing is also defined in"),
    ("class Thong 3D6FA8D1-FE05-11D0-9DDA-00C04FD7BA7C", 3, "is no GUID in lower case"),
    ("evnet v1  1 Start", 3, "'evnet' is neither class, event"),
    ("map Colour 0=Blue", 3, "a second map Colour"),
    ("map Shape 0=Round 0=Flat", 3, "two entries of one value"),
    ("\tId:u4", 3, "a tab"),
]


@pytest.fixture(scope="module")
def tables():
    return classic_data.read(DATA)


@pytest.fixture(scope="module")
def events(tables):
    """Lists of events by (class, type, version): a list holds several where the payload chooses."""
    found = {}
    for one in tables.classes:
        for event in one.events:
            found.setdefault((one.name, event.opcode, event.version), []).append(event)
    return found


def made(*arguments):
    return subprocess.run([sys.executable, TOOL, *map(str, arguments), "-"], capture_output=True, text=True)


@pytest.fixture(scope="module")
def mof(corpus):
    return list(mof_rows(corpus / "kernel" / "Windows_Kernel_Trace.tsv"))


def mof_rows(path):
    """(GUID, type, version, name, field names) of every event that the MOF has."""
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            fields = row["event(fields)"].partition("(")[2].rstrip(")")
            names = [field.split()[-1] for field in fields.split(", ") if field]
            yield row["category"].strip("{}"), int(row["event_id"]), int(row["version"]), row["event_type"], names


def test_every_event_of_the_mof_is_here_with_its_fields(tables, events, mof):
    classes = {str(one.guid): one.name for one in tables.classes}
    missing = []
    for guid, opcode, version, _, names in mof:
        key = (classes.get(guid), opcode, version)
        want = OTHER_FIELDS.get(key, names + MORE_FIELDS.get(key, []))
        have = [[field.name for field in event.fields if field.name] for event in events.get(key, [])]
        if want not in have:
            missing.append(f"{key}: want {want}, have {have}")
    assert not missing


def test_events_have_the_names_of_the_mof(tables, events, mof):
    classes = {str(one.guid): one.name for one in tables.classes}
    wrong = []
    for guid, opcode, version, title, _ in mof:
        key = (classes[guid], opcode, version)
        plain = title.replace(" ", "") if key[0] != "ALPC" else title.removeprefix("ALPC-").replace("-", "")
        want = NAMES_OF_TWO.get(key[:2]) or OTHER_NAMES.get(plain, plain)
        wrong += [f"{key}: {event.name}, not {want}" for event in events[key] if event.name != want]
    assert not wrong


@pytest.mark.parametrize("line", BEYOND_MOF.split("\n")[1:-1])
def test_what_is_known_beyond_the_mof_is_here(events, line):
    key, _, fields = line.partition(":")
    name, opcodes, versions = key.split()
    first, _, last = versions.partition("-")
    for opcode in opcodes.split(","):
        for version in range(int(first), int(last or first) + 1):
            (event,) = events[name, int(opcode), version]
            text = " ".join(field.text for field in event.fields)
            assert text.startswith(fields.strip()) if fields else not text


def formats_rows():
    """(group, type, version) of every event in the tables of FORMATS.md."""
    if not FORMATS.exists():
        pytest.skip(f"no {FORMATS}")
    section = FORMATS.read_text(encoding="utf-8").partition("### 6f.")[2].partition("Non-kernel classic classes")[0]
    group, opcodes = None, []
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 5 or not re.match(r"[\d ,./()and-]*\d|same", cells[1]):
            continue
        if ",".join(cells[1].split()) != "same":
            group, opcodes = (11, []) if re.fullmatch(r"\d+( \w+)*", cells[1]) else (None, [])
            for found in re.finditer(r"\(([\d,-]+)\)|(?:\b(\d+),)?\b(\d+)(?:-(\d+))?", cells[1]):
                others, new_group, first, last = found.groups()
                group = int(new_group) if new_group else group
                for part in (others or f"{first}-{last or first}").split(","):
                    low, _, high = part.partition("-")
                    opcodes += [(group, opcode) for opcode in range(int(low), int(high or low) + 1)]
        for version in re.findall(r"\d+", cells[2]):
            yield from ((*opcode, int(version)) for opcode in opcodes)


def test_every_event_of_the_format_notes_is_here(tables):
    classes = {one.group: one for one in tables.classes}
    rows = list(formats_rows())
    assert len(rows) > 200
    missing = set()
    for group, *key in rows:
        owner = classes[20 if (group, key[0]) == (3, 10) else group]  # image loads
        if not any([e.opcode, e.version] == key for e in owner.events):
            missing.add((group, *key))
    assert not missing


def test_events_seen_in_the_corpus_are_marked_so(tables, corpus):
    """By header kind, GUID or group, type and version, as an independent reader counted them."""
    classes = {**{str(one.guid): one for one in tables.classes}, **{str(one.group): one for one in tables.classes}}
    unmarked = set()
    for path in (corpus / "truth" / "counts").glob("*.tsv"):
        for row in path.read_text().splitlines()[2:]:
            kind, group, opcode, version = row.split("\t")[:4]
            if kind in ("SYS", "PERF", "FULL"):
                one = classes.get("20" if (group, opcode) == ("3", "10") else group)
                key = (int(opcode), int(version) & 0xFF)
                if not one or not any(e.seen and (e.opcode, e.version) == key for e in one.events):
                    unmarked.add((group, *key))
    assert not unmarked


def test_kernel_groups_are_all_known(tables):
    assert sorted(one.group for one in tables.classes if one.group >= 0) == list(range(0x1F))


def test_the_page_is_the_data():
    result = made("--markdown", *DATA)
    assert result.returncode == 0, result.stderr
    assert PAGE.read_text(encoding="utf-8") == result.stdout, (
        "run tools/classic_tables.py --markdown data/classic/*.txt docs/format/classic-events.md"
    )


def test_the_output_is_the_same_whatever_the_order():
    forwards, backwards = made(*DATA), made(*reversed(DATA))
    assert forwards.returncode == 0, forwards.stderr
    assert forwards.stdout == backwards.stdout
    assert str(ROOT) not in forwards.stdout


def test_the_build_knows_every_file():
    text = (ROOT / "data" / "classic" / "meson.build").read_text()
    assert re.findall(r"'(\w+\.txt)'", text) == [path.name for path in DATA]


def test_good_data_is_taken(tmp_path):
    (tmp_path / "good.txt").write_text(GOOD)
    result = made(tmp_path / "good.txt")
    assert result.returncode == 0, result.stderr
    assert "{1, 2, 0," in result.stdout  # type 1, version 2
    assert '"Colour\\0"' in result.stdout


@pytest.mark.parametrize(("statement", "line", "message"), BAD, ids=[message for _, _, message in BAD])
def test_an_error_says_where_and_what(tmp_path, statement, line, message):
    path = tmp_path / "bad.txt"
    lines = GOOD.splitlines()
    path.write_text("\n".join([*lines[:2], statement, *lines[4:]]) + "\n")
    result = made(path)
    assert result.returncode == 1
    assert f"{path}:{line}: " in result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_every_error_is_told_at_once(tmp_path):
    (tmp_path / "bad.txt").write_text(GOOD + "evnet\nmap Colour 0=Blue\n")
    assert len(made(tmp_path / "bad.txt").stderr.splitlines()) == 2
