# SPDX-License-Identifier: MIT
"""A second, independent reader of TMF files and formatter of their messages, and random payloads for them."""

import re
import struct

GUID = re.compile(r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\s+([^/]*?)\s*(?://(.*))?$")
MESSAGE = re.compile(r'#typev\s+(\S+)\s+(\d+)\s+"(.*)"\s*//(.*)$')
PARAMETER = re.compile(r"(.*),\s*(Item\w+)(\([^()]*\))?\s*--\s*(\d+)\s*$")
INSERT = re.compile(r"%(\d+)(?:!([^!]*)!)?|%!(\w+)!|%%|%n")


class Message:
    """One message of a TMF file."""

    def __init__(self, guid, provider, source, found):
        self.guid, self.provider, self.source = guid, provider, source
        self.symbol, number, self.format, comment = found.groups()
        self.number = int(number)
        self.attributes = {k: v.strip() for k, v in re.findall(r"\b([A-Z]+)=(.*?)(?=\s[A-Z]+=|$)", comment)}
        self.parameters = []  # (type, labels, number)


def read(text):
    """The messages of a file, each once, the first of equal ones."""
    guid, provider, source, messages, current = None, "", "", {}, None
    for line in text.splitlines():
        if found := GUID.match(line.strip()):
            guid, provider = found[1].lower(), found[2]
            source = re.search(r"SRC=(\S*)", found[3] or "")
            source = source[1] if source else ""
        elif found := MESSAGE.match(line.strip()):
            current = Message(guid, provider, source, found)
            messages.setdefault((guid, current.number), current)
        elif found := PARAMETER.match(line.strip()):
            labels = [label.strip() for label in found[3][1:-1].split(",")] if found[3] else []
            current.parameters.append((found[2], labels, int(found[4])))
    return list(messages.values())


INTEGERS = {
    "ItemChar": "b",
    "ItemUChar": "B",
    "ItemShort": "h",
    "ItemUShort": "H",
    "ItemLong": "i",
    "ItemULong": "I",
    "ItemLongLong": "q",
    "ItemULongLong": "Q",
    "ItemLongLongX": "Q",
    "ItemLongLongXX": "Q",
    "ItemNTSTATUS": "I",
    "ItemWINERROR": "I",
    "ItemHRESULT": "I",
    "ItemListByte": "B",
    "ItemListShort": "H",
    "ItemListLong": "I",
    "ItemSetByte": "B",
    "ItemSetLong": "I",
}
WORDS = ("", "disk", "C:\\Windows\\x", "été", "日本", "a\tb", "50%", "%10!s!", '"')
CODES = {
    "ItemNTSTATUS": (0, 0x103, 0xC000000F, 0xC0000022, 0xDEADBEEF),
    "ItemWINERROR": (0, 2, 5, 1722, 4000000000),
    "ItemHRESULT": (0, 1, 0x80070005, 0x80004005, 0x8ABCDEF0),
}


def random_value(rng, kind, labels, pointer_size):
    """(value, its bytes)."""
    if kind == "ItemPtr":
        value = rng.choice((0, 0x1000, rng.getrandbits(8 * pointer_size)))
        return value, struct.pack("<Q" if pointer_size == 8 else "<I", value)
    if kind == "ItemDouble":
        value = rng.choice((0.0, -1.5, 1e100, 3.14159265358979, rng.uniform(-1e6, 1e6), rng.random() * 1e-7))
        return value, struct.pack("<d", value)
    if kind in ("ItemString", "ItemRString"):
        value = rng.choice(WORDS)
        return value, value.encode() + b"\0"
    if kind in ("ItemWString", "ItemRWString"):
        value = rng.choice(WORDS)
        return value, value.encode("utf-16-le") + b"\0\0"
    if kind in ("ItemPString", "ItemPWString"):
        value = rng.choice(WORDS)
        data = value.encode("utf-8" if kind == "ItemPString" else "utf-16-le")
        return value, struct.pack("<H", len(data)) + data
    code = INTEGERS[kind]
    size = struct.calcsize(code)
    value = rng.choice((0, 1, rng.getrandbits(8 * size - 1), rng.getrandbits(min(8 * size - 1, 16))))
    if kind in CODES:
        value = rng.choice(CODES[kind])
    elif labels:
        value = rng.randrange(len(labels) + 1)
    elif code.islower() and rng.random() < 0.3:
        value = -value
    return value, struct.pack("<" + code, value)


def status(kind, value, names):
    """How an error code reads; `names` by kind."""
    if kind == "ItemHRESULT" and value >> 16 == 0x8007:
        name = names["ItemWINERROR"].get(value & 0xFFFF)
    else:
        name = names[kind].get(value)
    shown = str(value) if kind == "ItemWINERROR" else f"0x{value:08X}"
    return f"{name} ({shown})" if name else shown


def as_text(kind, labels, value, names):
    if kind in CODES:
        return status(kind, value, names)
    if kind.startswith("ItemSet"):
        return "[" + ",".join(label for bit, label in enumerate(labels) if value >> bit & 1) + "]"
    if labels and value < len(labels):
        return labels[value]
    if kind == "ItemDouble":
        return f"{value:g}"
    if kind == "ItemPtr" or kind.startswith("ItemLongLongX"):
        return f"0x{value:x}"
    return str(value)


def insert(known, spec, pointer_size, before, names):
    kind, labels, value = known
    found = re.fullmatch(r"([-+ #0]*)(\d*)(?:\.(\d+))?(?:I64|I32|I|ll|hh|l|h|w|z)?([a-zA-Z])", spec or "s")
    flags, width, precision, letter = found.groups()
    width = int(width or 0)
    if letter == "p":
        return ("" if before.lower().endswith("0x") else "0x") + f"{value:0{2 * pointer_size}X}"
    if isinstance(value, int) and letter in "diuxX":
        bits = 8 * (pointer_size if kind == "ItemPtr" else struct.calcsize(INTEGERS[kind]))
        bits = min(bits, {"hh": 8}.get(spec[-3:-1], 16 if "h" in spec else 64))
        value &= (1 << bits) - 1
        if letter in "di" and value >> (bits - 1):
            value -= 1 << bits
        text = f"%{flags}{width or ''}{'.' + precision if precision else ''}{'d' if letter == 'u' else letter}"
        return text % value
    if letter in "feg" and isinstance(value, float):
        return f"%{flags}{width or ''}{'.' + precision if precision else ''}{letter}" % value
    text = as_text(kind, labels, value, names)
    text = text[: int(precision)] if precision else text
    return text.ljust(width) if "-" in flags else text.rjust(width)


def render(message, values, pointer_size, names):
    """The message with its values."""
    out, at = "", 0
    known = {number: (kind, labels, value) for (kind, labels, number), value in zip(message.parameters, values)}
    line = re.search(r"\d+$", message.symbol)
    named = {"SPACE": " ", "STDPREFIX": "", "FILE": message.source, "LINE": line[0] if line else ""}
    for found in INSERT.finditer(message.format):
        out += message.format[at : found.start()]
        at = found.end()
        if found[0] in ("%%", "%n"):
            out += {"%%": "%", "%n": "\n"}[found[0]]
        elif found[3]:
            out += message.attributes.get(found[3], named.get(found[3], found[0]))
        elif int(found[1]) in known:
            out += insert(known[int(found[1])], found[2], pointer_size, out, names)
        elif found[1] != "0":
            out += found[0]
        elif not out and message.format[at : at + 1] == " ":
            at += 1
    return out + message.format[at:]
