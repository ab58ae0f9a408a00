# SPDX-License-Identifier: MIT
"""A second, plain reader of manifest XML, to hold the compiled form against: providers(path)."""

from xml.etree import ElementTree

IN_TYPES = (
    "NULL UnicodeString AnsiString Int8 UInt8 Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double Boolean Binary GUID "
    "Pointer FILETIME SYSTEMTIME SID HexInt32 HexInt64"
).split()
LEVELS = {f"win:{name}": i for i, name in enumerate("LogAlways Critical Error Warning Informational Verbose".split())}
OPCODES = "Info Start Stop DC_Start DC_Stop Extension Reply Resume Suspend Send".split()
OPCODES = {**{f"win:{name}": i for i, name in enumerate(OPCODES)}, "win:Receive": 240}


def number(text, default=0):
    if text is None:
        return default
    return int(text, 16) if text.lower().startswith("0x") else int(text)


def plain(element):
    """Takes the namespaces off."""
    for one in element.iter():
        one.tag = one.tag.rpartition("}")[2]
    return element


def fields(template):
    """(name, in-type, map, count, length, members) of a template or a struct."""
    found = []
    for one in template:
        if one.tag == "struct":
            found.append((one.get("name"), None, None, one.get("count"), None, fields(one)))
        elif one.tag == "data":
            kind = one.get("inType").removeprefix("win:")
            found.append(
                (one.get("name"), IN_TYPES.index(kind), one.get("map"), one.get("count"), one.get("length"), None)
            )
    return found


def names(provider, path, key):
    return {one.get("name"): number(one.get(key)) for one in provider.findall(path)}


def read_events(provider):
    templates = {one.get("tid"): fields(one) for one in provider.findall("templates/template")}
    tasks = names(provider, "tasks/task", "value")
    opcodes = {**OPCODES, **names(provider, "opcodes/opcode", "value")}
    own = {task.get("name"): names(task, "opcodes/opcode", "value") for task in provider.findall("tasks/task")}
    levels = {**LEVELS, **names(provider, "levels/level", "value")}
    keywords = names(provider, "keywords/keyword", "mask")
    events = {}
    for one in provider.findall("events/event"):
        task, opcode = one.get("task"), one.get("opcode", "win:Info")
        events[number(one.get("value")), number(one.get("version"))] = {
            "task": tasks.get(task, 0),
            "opcode": own.get(task, {}).get(opcode, opcodes.get(opcode)),
            "level": levels.get(one.get("level"), 0),
            "keywords": sum(keywords[name] for name in (one.get("keywords") or "").split()),
            "fields": templates.get(one.get("template"), []),
        }
    return events


def read_maps(provider, texts):
    found = {}
    for kind in ("valueMap", "bitMap"):
        for one in provider.findall(f"maps/{kind}"):
            entries = [
                (number(entry.get("value")), texts[entry.get("message")[len("$(string.") : -1]].rstrip())
                for entry in one
            ]
            found[one.get("name")] = (kind == "bitMap", entries)
    return found


def providers(path):
    """By GUID: name, events by (id, version), tasks, keywords, maps."""
    root = plain(ElementTree.parse(path).getroot())
    texts = {one.get("id"): one.get("value") for one in root.iter("string")}
    found = {}
    for one in root.iter("provider"):
        found[one.get("guid").strip("{}").lower()] = {
            "name": one.get("name"),
            "events": read_events(one),
            "tasks": names(one, "tasks/task", "value"),
            "keywords": names(one, "keywords/keyword", "mask"),
            "maps": read_maps(one, texts),
        }
    return found
