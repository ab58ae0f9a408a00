# SPDX-License-Identifier: MIT
"""schemas.md, "Schemas that are wrong": what sources of manifest events are known to say wrong."""

from dataclasses import replace
from uuid import UUID

from .schema import Field

RUNTIME = UUID("e13c0d23-ccbc-4e12-931b-d9cc2eee27e4")
DOTNET = {
    RUNTIME,
    UUID("a669021c-c450-4609-a035-5af59af4df18"),
    UUID("763fd754-7086-4dfe-95eb-c01a46faf4ca"),
    UUID("cc2bcbba-16b6-4cf3-8990-d74c2e8af500"),
}
KERNEL_NETWORK = UUID("7dd42a49-5329-4832-8dfd-43d979153a88")
PADDING = {
    208: ("TotalRefs", Field("", 14, length=4, hidden=True, wide_only=True)),
    209: ("Count", Field("", 14, length=2, hidden=True)),
}
BINARY, UINT32, SIZE = 14, 8, 308


def corrected(provider, event, fields):
    """The fields of an event, put right."""
    if fields is None:
        return None
    if provider == RUNTIME and event in PADDING:
        before, padding = PADDING[event]
        fields = [padded(field, before, padding) if field.name == "Values" else field for field in fields]
    for field in fields:
        if provider in DOTNET and field.name == "Stack" and not isinstance(field.count, Field):
            field.count = next((other for other in fields if other.name == "FrameCount"), field.count)
        if provider == KERNEL_NETWORK and field.name == "connid" and field.in_type == UINT32:
            field.in_type, field.out_type = SIZE, 0
    return fields


def padded(field, before, padding):
    """A struct with padding before the member of that name."""
    members = field.members or []
    at = next((index for index, member in enumerate(members) if member.name == before), 0)
    return replace(field, members=[*members[:at], padding, *members[at:]]) if at else field
