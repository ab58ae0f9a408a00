# SPDX-License-Identifier: MIT
"""schemas.md, "TraceLogging": the metadata that an event carries in the extended items 0x0B and 0x0C."""

from .schema import COUNTED, Field, RefusedError, Schema, check

COUNT_FIXED, COUNT_IN_PAYLOAD, OTHER_PROTOCOL, MORE = 0x20, 0x40, 0x60, 0x80
STRUCT, OLD_STRUCT, LAST_KNOWN = 24, 0x20, 25
COUNTED_BINARY, BINARY, POINTER = 25, 14, 16
WIDTH = {3: 1, 4: 1, 5: 2, 6: 2, 7: 4, 8: 4, 9: 8, 10: 8, 20: 4, 21: 8}
SIGNED, UNSIGNED = {1: 3, 2: 5, 4: 7, 8: 9}, {1: 4, 2: 6, 4: 8, 8: 10}

# What is written behind a type where it means the same for every type, in the numbers of values.md.
OUT_TYPES = {7: 22, 8: 23, 9: 24, 10: 25, 11: 28, 12: 34, 13: 30, 14: 31, 15: 32, 33: 33, 34: 34, 35: 35}
OUT_TYPES.update({36: 36, 37: 37, 38: 38})
HEX = {1: 16, 2: 17, 4: 18, 8: 19}


class Metadata:
    """The bytes of an item, read from front to back; what runs past the end is refused."""

    def __init__(self, data):
        self.data, self.at = data, 0
        self.stopped = False  # at a type of the future

    def take(self, size):
        """The next bytes."""
        if self.at + size > len(self.data):
            raise RefusedError("metadata ends early")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        """The next integer."""
        return int.from_bytes(self.take(size), "little")

    def text(self):
        """The next UTF-8 text up to its NUL."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise RefusedError("a name without its end")
        return self.take(end + 1 - self.at)[:-1].decode("utf-8", "replace")

    def skip_tags(self):
        """Tags, of which we use none."""
        while self.number(1) & 0x80:
            pass

    def ended(self):
        """Whether there is no more."""
        return self.at >= len(self.data)


def sized(item):
    """The part of an item that its own size says is used."""
    size = int.from_bytes(item[:2], "little")
    if size < 2 or size > len(item):
        raise RefusedError("a size beyond the item")
    return Metadata(item[2:size])


def provider_of(item):
    """The provider's name, as its traits tell it, or None."""
    try:
        return sized(item).text()
    except RefusedError:
        return None


def name_of(item):
    """The event's name, which stands even where the fields behind it are refused; or None."""
    try:
        metadata = sized(item)
        metadata.skip_tags()
        return metadata.text()
    except RefusedError:
        return None


def schema_of(item):
    """The schema that an item 0x0B is; RefusedError where it is none."""
    metadata = sized(item)
    metadata.skip_tags()
    name = metadata.text()
    return Schema(None, name, check(read_fields(metadata, None)))


def read_fields(metadata, wanted):
    """So many fields, or all to the end."""
    fields = []
    while len(fields) != wanted and not metadata.stopped and not metadata.ended():
        fields.append(read_field(metadata))
    if wanted is not None and len(fields) != wanted and not metadata.stopped:
        raise RefusedError("a struct without all its members")
    return fields


def read_field(metadata):
    """One field and, of a struct, those that are its members."""
    name, kind = metadata.text(), metadata.number(1)
    out = 0
    if kind & MORE:
        out = metadata.number(1)
        if out & MORE:
            metadata.skip_tags()
    in_type, counting = kind & 0x1F, kind & OTHER_PROTOCOL
    field = Field(name)
    if kind == OLD_STRUCT:
        field.members = read_fields(metadata, metadata.number(2))
        return field
    if counting == OTHER_PROTOCOL:
        metadata.take(metadata.number(2))
        field.in_type = COUNTED_BINARY
        return field
    if counting == COUNT_FIXED:
        field.count = metadata.number(2)
    elif counting == COUNT_IN_PAYLOAD:
        field.count = COUNTED
    if in_type == STRUCT:
        field.members = read_fields(metadata, out & 0x7F)
    elif in_type > LAST_KNOWN:
        field.in_type, field.count = BINARY, None
        metadata.stopped = True
    else:
        set_types(field, in_type, out & 0x7F)
    return field


def set_types(field, in_type, out):
    """Translates TraceLogging's numbers into those of values.md."""
    field.in_type = COUNTED_BINARY if in_type == BINARY else in_type
    width = WIDTH.get(in_type)
    if out == 2 and width in (1, 2):
        field.in_type = 307 if width == 1 else 306
    elif out == 3 and width:
        field.in_type, field.out_type = (13 if width == 4 else UNSIGNED[width]), 13
    elif out == 4 and width:
        field.in_type, field.out_type = UNSIGNED[width], HEX[width]
    elif out == 16 and width == 8:
        field.in_type = 17
    elif out in (17, 18) and width:
        field.in_type = (SIGNED if out == 17 else UNSIGNED)[width]
    elif out in (17, 18) and in_type == POINTER:
        field.out_type = 9 if out == 17 else 10
    else:
        field.out_type = OUT_TYPES.get(out, 0)
