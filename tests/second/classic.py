# SPDX-License-Identifier: MIT
"""classic-events.md: the kernel's events, from data/classic/*.txt, whose notation PROVENANCE.md explains."""

import pathlib
import re
from dataclasses import dataclass
from uuid import UUID

from .schema import REST, Field, Map, Schema

DATA = pathlib.Path(__file__).resolve().parents[2] / "data" / "classic"

# The notation's types, as (in-type, out-type) of values.md.
TYPES = {
    "p": (16, 0),
    "z": (308, 0),
    "u1": (4, 0),
    "u2": (6, 0),
    "u4": (8, 0),
    "u8": (10, 0),
    "i1": (3, 0),
    "i2": (5, 0),
    "i4": (7, 0),
    "i8": (9, 0),
    "x1": (4, 16),
    "x2": (6, 17),
    "x4": (20, 0),
    "x8": (21, 0),
    "t8": (10, 0),
    "f8": (17, 0),
    "nt4": (8, 31),
    "b2": (6, 22),
    "a4": (8, 23),
    "a6": (14, 24),
    "bool1": (4, 13),
    "bool4": (13, 0),
    "g": (15, 0),
    "sid": (310, 0),
    "w": (1, 0),
    "s": (2, 0),
    "wc": (1, 0),
    "bytes": (14, 0),
}
FIELD = re.compile(r"(\w+):(\w+)(?:\[(\w+)\])?(?:=(\w+))?(\?)?$")


@dataclass
class Layout:
    """The fields that events of some versions have; `when` is the value of the first field that chooses it, or None."""

    versions: list
    name: str
    when: object
    schema: Schema


class File:
    """One file of the data: its statements, its maps and shared fields, which hold in it alone."""

    def __init__(self, path):
        self.statements = statements(path.read_text(encoding="utf-8"))
        self.maps = {}
        self.shared = {}
        for words in self.statements:
            if words[0] in ("map", "bits"):
                entries = [word.partition("=") for word in words[2:]]
                self.maps[words[1]] = Map(words[0] == "bits", [(int(value, 0), label) for value, _, label in entries])
            elif words[0] == "fields":
                self.shared[words[1]] = words[2:]

    def classes(self):
        """Yields (name, GUID, group or None, {type: [Layout]}) of each class."""
        current = None
        for words in self.statements:
            if words[0] == "class":
                if current:
                    yield current
                options = dict(word.split("=") for word in words[3:])
                provider = options.get("provider", "Windows Kernel").strip('"').replace("_", " ")
                group = int(options["group"], 16) if "group" in options else None
                current = (words[1], UUID(words[2]), group, provider, {})
            elif words[0] == "event":
                self.event(words, *current[3:], current[0])
        if current:
            yield current

    def event(self, words, provider, layouts, class_name):
        """Adds the layouts of one `event` statement."""
        versions, words, names, options = numbers(words[1][1:]), words[2:], {}, {}
        while words and words[0].isdigit():
            names[int(words[0])] = words[1]
            words = words[2:]
        while words and (words[0] == "when" or re.match(r"(pid|tid|seen)\b", words[0])):
            if words[0] == "when":
                words = words[1:]
                options["when"] = words[0].partition("=")[2]
            else:
                key, _, value = words[0].partition("=")
                options[key] = value
            words = words[1:]
        fields = self.fields(self.expanded(words))
        when = int(options["when"]) if "when" in options else None
        for number, name in names.items():
            full_name = class_name if name == "-" else f"{class_name}/{name}"
            schema = Schema(provider, full_name, fields, options.get("pid"), options.get("tid"))
            layouts.setdefault(number, []).append(Layout(versions, full_name, when, schema))

    def expanded(self, words):
        """The words with the shared fields in the place of their names."""
        for word in words:
            if word.startswith("@"):
                yield from self.expanded(self.shared[word[1:]])
            else:
                yield word

    def fields(self, words):
        """The fields that the words name, up to a closing brace or the end."""
        found = []
        words = iter(words)
        for word in words:
            if word == "}":
                break
            if word.endswith(":{"):
                found.append(Field(word[:-2], members=self.fields(words)))
            elif word.startswith("pad["):
                found.append(Field("", 14, length=int(word[4:-1]), hidden=True, optional=True))
            else:
                found.append(self.field(word, found))
        return found

    def field(self, word, earlier):
        """One field, like `Stack:p[rest]`."""
        name, kind, count, map_name, optional = FIELD.match(word).groups()
        in_type, out_type = TYPES[kind]
        field = Field(name, in_type, out_type, map=self.maps.get(map_name), optional=bool(optional))
        if kind == "a6":
            field.length = 16
        if count is not None:
            amount = REST if count == "rest" else int(count) if count.isdigit() else holder(earlier, count)
            if kind in ("wc", "bytes"):
                field.length = None if amount == REST else amount
                field.optional |= amount == REST
            else:
                field.count = amount
        return field


def holder(earlier, name):
    """The earlier field of that name."""
    return next(field for field in earlier if field.name == name)


def numbers(text):
    """ "0,1" or "0-2" as a list."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last) + 1)) if last else [int(number) for number in text.split(",")]


def statements(text):
    """The statements of a file, each a list of words; what is indented goes on with the one before."""
    found = []
    for line in text.splitlines():
        one_word = re.sub(r'"([^"]*)"', lambda quoted: quoted[0].replace(" ", "_"), line)
        words = re.sub(r"(^|\s)#.*", "", one_word).split()
        if words and line[0].isspace():
            found[-1] += words
        elif words:
            found.append(words)
    return found


def load():
    """All classes: by GUID (name, provider, layouts by type), and the GUIDs by group."""
    classes, groups = {}, {}
    for path in sorted(DATA.glob("*.txt")):
        for name, guid, group, provider, layouts in File(path).classes():
            classes[guid] = (name, provider, layouts)
            if group is not None:
                groups[group] = guid
    return classes, groups


CLASSES, GROUPS = load()


def classic_schema(record):
    """The schema of a classic event, of its version or of the highest known lower one; or None."""
    known = CLASSES.get(record.provider)
    if known is None:
        return None
    choice = int.from_bytes(record.payload[:2], "little")
    fitting = [
        (version, layout.when or 0, layout.schema)
        for layout in known[2].get(record.opcode, [])
        for version in layout.versions
        if version <= record.version and (layout.when is None or layout.when <= choice)
    ]
    return max(fitting, key=lambda found: found[:2])[2] if fitting else None
