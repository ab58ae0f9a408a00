# SPDX-License-Identifier: MIT
"""schemas.md: what every source of schemas makes: a layout of fields, with the names of its event."""

from dataclasses import dataclass, field

MAX_FIELDS, MAX_NAME, MAX_DEPTH, MAX_REFERENCES = 4096, 8192, 16, 32
INTEGERS = {3, 4, 5, 6, 7, 8, 9, 10}
REST = "rest"  # a count: as many as there are until the payload ends
COUNTED = "counted"  # a count: a u16 in front of the elements


@dataclass(eq=False)
class Field:
    """One field. A length or count is None, a number, or the earlier field with it (a count: REST, COUNTED too)."""

    name: str
    in_type: int = 0
    out_type: int = 0
    length: object = None
    count: object = None
    members: list = None
    map: object = None
    optional: bool = False
    hidden: bool = False
    wide_only: bool = False  # it is there only where pointers have 8 bytes


@dataclass
class Map:
    """Labels of values or of bits, in the map's order: (value, label)."""

    bits: bool
    entries: list


@dataclass
class Schema:
    """What is known of one kind of event."""

    provider_name: str = None
    event_name: str = None
    fields: list = field(default_factory=list)
    process_field: str = None
    thread_field: str = None
    names: dict = None  # of level, opcode, task, channel, keywords


class RefusedError(Exception):
    """A description that breaks a limit or contradicts itself."""


def check(fields):
    """Refuses a layout that breaks a limit; see "Limits"."""
    seen, referred = [], set()

    def visit(members, depth):
        if depth > MAX_DEPTH:
            raise RefusedError("structs nested too deep")
        for member in members:
            for holder in (member.length, member.count):
                if isinstance(holder, Field):
                    if holder not in seen or holder.in_type not in INTEGERS | {20, 21}:
                        raise RefusedError("a count or length that no earlier integer holds")
                    referred.add(holder)
            seen.append(member)
            if len(member.name.encode("utf-8", "replace")) > MAX_NAME:
                raise RefusedError("a name too long")
            if member.members is not None:
                visit(member.members, depth + 1)

    visit(fields, 0)
    if len(seen) > MAX_FIELDS or len(referred) > MAX_REFERENCES:
        raise RefusedError("too many fields")
    return fields
