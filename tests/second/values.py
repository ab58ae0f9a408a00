# SPDX-License-Identifier: MIT
"""values.md: the fields of a payload one after another, and how each type is shown."""

import codecs
import ipaddress
import math
import struct
from datetime import datetime
from decimal import Decimal

from .clock import time_text
from .schema import COUNTED, REST, Field

IDLE_STEPS = 1024
LARGEST_FLOAT = Decimal("3.4028235677973366e38")
HEX = range(16, 20)
TIMES = {2, 33, 38}
ERRORS = range(29, 33)
UTF8 = {28, 34, 35}
TEXT, BOOLEAN, PORT, IPV4, IPV6, SOCKET, CODE_POINTER = 1, 13, 22, 23, 24, 25, 37
SIGNED = {3: 1, 5: 2, 7: 4, 9: 8}
UNSIGNED = {4: 1, 6: 2, 8: 4, 10: 8}
FIXED = {0: 0, **SIGNED, **UNSIGNED, 11: 4, 12: 8, 13: 4, 15: 16, 17: 8, 18: 16, 20: 4, 21: 8, 306: 2, 307: 1}
POINTERS = {16, 308}
NUMBERS = {*SIGNED, *UNSIGNED, *POINTERS, 20, 21}
UNICODE = {1, 22, 300, 302, 304, 306}
COUNTED_LITTLE, COUNTED_BIG = {22, 23, 25, 300, 301}, {302, 303}
STRINGS = {1, 2, 22, 23, 300, 301, 302, 303, 304, 305, 306, 307}
KNOWN = {*FIXED, *POINTERS, *STRINGS, 14, 19, 25, 309, 310}


class EndedError(Exception):
    """The payload ended before the field did."""


class Decoder:
    """Reads one payload by its fields. `truncated` and `at` tell how it went."""

    def __init__(self, payload, pointer_size):
        self.payload, self.pointer_size = payload, pointer_size
        self.at = self.idle = 0
        self.most_idle = 0
        self.truncated = False
        self.holders = {}

    def properties(self, fields):
        """The values of the fields, by name; what fits where the payload ends early."""
        found = {}
        self.most_idle = IDLE_STEPS + len(self.payload) + number_of(fields)
        try:
            self.members(fields, found)
        except EndedError:
            self.truncated = True
        return found

    def members(self, fields, found):
        """Adds the values of the fields to an object that the caller has already put in its place."""
        for field in fields:
            if (field.optional and self.at >= len(self.payload)) or (field.wide_only and self.pointer_size != 8):
                continue
            name = unused(field.name, found)
            if field.count is not None and (field.members is not None or field.in_type in KNOWN):
                self.array(field, self.count(field), name, found)
            else:
                self.element(field, lambda value, name=name: found.update({name: value}))
            if field.hidden:
                del found[name]

    def count(self, field):
        """How many elements an array has; REST where nobody says."""
        if field.count == COUNTED:
            return int.from_bytes(self.take(2), "little")
        return self.holders.get(field.count, 0) if isinstance(field.count, Field) else field.count

    def array(self, field, count, name, found):
        """The elements of an array, or the one text that they are."""
        if is_text_array(field):
            width = 2 if field.in_type in (5, 6, 306) else 1
            wanted = len(self.payload) if count == REST else count * width
            raw = self.payload[self.at : self.at + wanted]
            raw = raw[: len(raw) // width * width]
            self.at += len(raw)
            ended = count != REST and len(raw) < wanted
            if raw or not ended:
                found[name] = text_of(raw, width == 2, field.out_type in UTF8)
            if ended:
                raise EndedError
            return
        found[name] = elements = []
        if count == 0:
            self.pay()
        while len(elements) != count:
            if count == REST and not self.another(field):
                return
            self.element(field, elements.append)

    def element(self, field, put):
        """One value or struct, put into its place. Too many that take no byte are as good as an end."""
        before = self.at
        if field.members is not None:
            members = {}
            put(members)
            self.members(field.members, members)
        else:
            raw = self.bytes_of(field)
            self.keep(field, raw)
            put(show(field, raw))
        if self.at == before:
            self.pay()

    def pay(self):
        """Counts a step that took no byte."""
        self.idle += 1
        if self.idle > self.most_idle:
            raise EndedError

    def another(self, field):
        """Whether one more element fits into what is left."""
        size = self.pointer_size if field.in_type in POINTERS else FIXED.get(field.in_type, 1)
        return self.at + max(size, 1) <= len(self.payload)

    def keep(self, field, raw):
        """Remembers an integer, since counts and lengths may refer to it."""
        if field.in_type in FIXED and len(raw) <= 8:
            self.holders[field] = int.from_bytes(raw, "little")

    def take(self, size):
        """The next bytes, all of them or none."""
        if self.at + size > len(self.payload):
            raise EndedError
        self.at += size
        return self.payload[self.at - size : self.at]

    def rest(self):
        """All that is left."""
        return self.take(len(self.payload) - self.at)

    def bytes_of(self, field):
        """The bytes of one value."""
        kind = field.in_type
        length = self.holders.get(field.length, 0) if isinstance(field.length, Field) else field.length
        if kind in (1, 2):
            return self.string(kind, length)
        if kind == 14 and length is None and field.out_type == IPV6:
            length = 16
        if kind in FIXED or kind in POINTERS or (kind == 14 and length is not None):
            return self.take(FIXED.get(kind, self.pointer_size) if kind != 14 else length)
        if kind in COUNTED_LITTLE or kind in COUNTED_BIG or kind == 309:
            return self.counted(kind)
        if kind in (19, 310):
            return self.sid(0) if kind == 19 else self.wbem_sid()
        return self.rest()

    def string(self, kind, length):
        """A string of a given length, else up to its NUL, which is taken too."""
        width = 2 if kind == 1 else 1
        if length is not None:
            return self.take(length * width)
        start = self.at
        if len(self.payload) - start < width:
            raise EndedError
        while self.at + width <= len(self.payload):
            self.at += width
            if not any(self.payload[self.at - width : self.at]):
                return self.payload[start : self.at - width]
        text = self.payload[start : self.at]
        self.at = len(self.payload)  # an odd byte is dropped
        return text

    def counted(self, kind):
        """The bytes behind a number of bytes; nothing is taken where they are not all there."""
        width, order = (4 if kind == 309 else 2), ("big" if kind in COUNTED_BIG else "little")
        size = int.from_bytes(self.payload[self.at : self.at + width], order)
        return self.take(width + size)[width:]

    def sid(self, at):
        """A SID that begins so many bytes from here."""
        head = self.payload[self.at + at : self.at + at + 2]
        if len(head) < 2 or head[1] > 15:
            raise EndedError
        return self.take(at + 8 + 4 * head[1])[at:]

    def wbem_sid(self):
        """A SID behind two pointers, or four bytes of zeros for none."""
        two = 2 * self.pointer_size
        if self.at + 4 > len(self.payload):
            raise EndedError
        if any(self.payload[self.at : self.at + 4]) or looks_like_sid(self.payload[self.at + two :]):
            return self.sid(two)
        self.take(4)
        return b""


def number_of(fields):
    """How many fields there are, members included."""
    return sum(1 + number_of(field.members or []) for field in fields)


def looks_like_sid(data):
    """Whether this can only be a SID."""
    if len(data) < 8 or data[0] != 1 or not 1 <= data[1] <= 15:
        return False
    return int.from_bytes(data[2:8], "big") < 65536 and len(data) >= 8 + 4 * data[1]


def unused(name, found):
    """The name, or name_2, name_3 where it is taken."""
    number, candidate = 1, name
    while candidate in found:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def is_text_array(field):
    """Whether an array of these is one text."""
    if field.members is not None:
        return False
    return field.in_type in (306, 307) or (field.in_type in (3, 4, 5, 6) and field.out_type == TEXT)


def text_of(raw, unicode, is_utf8=False):
    """Bytes as text, up to an embedded NUL."""
    if unicode:
        return utf16(raw[: len(raw) // 2 * 2])
    raw = raw.partition(b"\0")[0]
    if is_utf8:
        return raw.decode("utf-8", "each_byte")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("windows-1252", "replace")


codecs.register_error("each_byte", lambda error: ("\ufffd", error.start + 1))


def utf16(raw):
    """UTF-16 up to a NUL, in which each unpaired surrogate becomes U+FFFD."""
    text = raw.decode("utf-16-le", "surrogatepass").partition("\0")[0]
    return "".join("\ufffd" if 0xD800 <= ord(character) < 0xE000 else character for character in text)


def show(field, raw):
    """A value as jsonl has it."""
    value = typed(field, raw)
    if field.map is not None and is_number(field, value):
        label = mapped(field.map, number(raw))
        return value if label is None else label
    return value


def is_number(field, value):
    """Whether a value is shown as a number, decimal or hex: then it may have a label."""
    if field.in_type in (11, 12) or isinstance(value, bool) or (field.in_type == 6 and field.out_type == PORT):
        return False
    return isinstance(value, int) or (isinstance(value, str) and field.in_type in NUMBERS and value.startswith("0x"))


def typed(field, raw):
    """A value as its types say."""
    kind, out = field.in_type, field.out_type
    if kind in STRINGS:
        return text_of(raw, kind in UNICODE, out in UTF8 and kind != 307)
    if kind in SIGNED:
        return signed(kind, out, raw)
    if kind in UNSIGNED:
        return unsigned(kind, out, raw)
    if kind in OTHERS:
        return OTHERS[kind](raw, out)
    return binary(raw, out if kind in KNOWN else 0)


def mapped(labels, value):
    """The label of a value or the labels of its bits, None where there is none."""
    if not labels.bits:
        return next((label for entry, label in labels.entries if entry == value), None)
    fitting = [(entry, label) for entry, label in labels.entries if (value & entry == entry if entry else value == 0)]
    if not fitting:
        return None
    left = value
    for entry, _ in fitting:
        left &= ~entry
    return "|".join([label for _, label in fitting] + ([hex(left)] if left else []))


def number(raw):
    """Bytes as an unsigned integer."""
    return int.from_bytes(raw, "little")


def ipv4(raw):
    """1.2.3.4."""
    return ".".join(map(str, raw))


def signed(kind, out, raw):
    """Signed integers, and what else they may stand for."""
    value = int.from_bytes(raw, "little", signed=True)
    if out in HEX or (kind == 7 and out in ERRORS):
        return hex(number(raw))
    if kind in (3, 5) and out == TEXT:
        return text_of(raw, kind == 5)
    if kind == 9 and out in TIMES:
        return time_text(value)
    return value


def unsigned(kind, out, raw):
    """Unsigned integers, and what else they may stand for."""
    value = number(raw)
    if out in HEX or (kind == 8 and out in ERRORS) or (kind in (8, 10) and out == CODE_POINTER):
        return hex(value)
    if kind in (4, 6) and out == TEXT:
        return text_of(raw, kind == 6)
    if kind == 10 and out in TIMES:
        return time_text(value)
    return MEANINGS[kind, out](raw) if (kind, out) in MEANINGS else value


MEANINGS = {
    (4, BOOLEAN): any,
    (6, PORT): lambda raw: int.from_bytes(raw, "big"),
    (8, IPV4): ipv4,
}


def hexadecimal(raw, _out):
    """Hexadecimal integers, whatever the out-type."""
    return hex(number(raw))


def pointer(raw, out):
    """Pointers."""
    if out in (7, 9):
        return int.from_bytes(raw, "little", signed=True)
    return number(raw) if out in (8, 10) else hex(number(raw))


def size(raw, out):
    """size_t."""
    return hex(number(raw)) if out in HEX else number(raw)


def decimal(raw, _out):
    """A float or double, as its shortest decimal."""
    form = "<f" if len(raw) == 4 else "<d"
    value = struct.unpack(form, raw)[0]
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if len(raw) == 8:
        return value
    for digits in range(1, 10):
        nearest = Decimal(f"{value:.{digits - 1}e}")
        last = Decimal(1).scaleb(nearest.adjusted() - digits + 1)
        for short in (nearest, nearest - last, nearest + last):  # around powers of two also one that is not the nearest
            if abs(short) <= LARGEST_FLOAT and struct.pack(form, float(short)) == raw:
                return float(short)
    return value


def system_time(raw, _out):
    """SYSTEMTIME, or its bytes where it is no date."""
    year, month, _, day, hour, minute, second, millisecond = struct.unpack("<8H", raw)
    try:
        moment = datetime(year, month, day, hour, minute, second)
        if millisecond > 999:
            raise ValueError
    except ValueError:
        return raw.hex().upper()
    return f"{moment.isoformat()}.{millisecond:03}0000Z"


def sid(raw, _out):
    """S-1-5-18, or null where there is none."""
    if not raw:
        return None
    authority = int.from_bytes(raw[2:8], "big")
    parts = struct.unpack(f"<{raw[1]}I", raw[8:])
    head = f"0x{authority:012x}" if authority >> 32 else str(authority)
    return "-".join(["S", str(raw[0]), head, *map(str, parts)])


def guid_text(raw, _out):
    """00112233-4455-6677-8899-aabbccddeeff."""
    first, second, third = struct.unpack("<IHH", raw[:8])
    return f"{first:08x}-{second:04x}-{third:04x}-{raw[8:10].hex()}-{raw[10:].hex()}"


def ipv6(raw):
    """RFC 5952, but an address that maps IPv4 keeps it as its last part."""
    if raw[:12] == bytes(10) + b"\xff\xff":
        return "::ffff:" + ipv4(raw[12:])
    return str(ipaddress.IPv6Address(bytes(raw)))


def binary(raw, out):
    """Upper-case hex, or the address that the bytes are."""
    if out == IPV4 and len(raw) == 4:
        return ipv4(raw)
    if out == IPV6 and len(raw) == 16:
        return ipv6(raw)
    if out == SOCKET:
        family, port = number(raw[:2]), int.from_bytes(raw[2:4], "big")
        if family == 2 and len(raw) >= 8:
            return f"{ipv4(raw[4:8])}:{port}"
        if family == 23 and len(raw) >= 24:
            return f"[{ipv6(raw[8:24])}]:{port}"
    return raw.hex().upper()


OTHERS = {
    0: lambda _raw, _out: None,
    11: decimal,
    12: decimal,
    13: lambda raw, _out: any(raw),
    15: guid_text,
    16: pointer,
    17: lambda raw, _out: time_text(number(raw)),
    18: system_time,
    19: sid,
    20: hexadecimal,
    21: hexadecimal,
    308: size,
    310: sid,
}
