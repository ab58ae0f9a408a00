# SPDX-License-Identifier: MIT
"""CONTRACT.md: one JSON object a record, its keys in their order."""

import json
import re
import struct
from uuid import UUID

from . import event_info, events, tracelogging
from .classic import CLASSES, classic_schema
from .clock import time_text
from .order import records
from .schema import Field, RefusedError, Schema
from .values import Decoder, sid

STACKS = {events.STACK32: "I", events.STACK64: "Q"}
ESCAPES = re.compile(r"\\.|[\x7f-\x9f]")  # json's own escapes, and control characters that it does not mind


def lines(data):
    """The jsonl lines of a file's bytes."""
    found = records(data)
    descriptions = event_info.Descriptions(found)
    for record in found:
        yield line_text(record, descriptions)


def line_text(record, descriptions):
    """One record as the text of its line."""
    text = json.dumps(line(record, descriptions), ensure_ascii=False, separators=(",", ":"))
    return ESCAPES.sub(escaped, text)


def escaped(match):
    """One escape as the page has it: of those with a letter only n, r and t."""
    known = {r"\b": r"\u0008", r"\f": r"\u000c"}
    return known.get(match[0], match[0]) if match[0][0] == "\\" else f"\\u{ord(match[0]):04x}"


def line(record, descriptions):
    """One record as the object of its line."""
    provider, name, schema = named(record, descriptions)
    result = {
        "timestamp": time_text(record.time),
        "provider_name": provider,
        "provider_id": str(record.provider),
        "event_name": name,
        "event_id": record.id,
        "version": record.version,
        "level": record.level,
        "opcode": record.opcode,
        "task": record.task,
        "channel": record.channel,
        "keywords": hex(record.keywords),
        "process_id": None if record.process == events.NOBODY else record.process,
        "thread_id": None if record.thread == events.NOBODY else record.thread,
        "processor": record.processor,
    }
    add_activities(record, result)
    decoder = Decoder(record.payload, record.pointer_size)
    properties = decoder.properties(schema.fields) if schema else None
    if schema:
        add_payload_ids(schema, properties, result)
    add_items(record, result)
    result["properties"] = properties
    if schema is None:
        result["payload"] = record.payload.hex().upper()
    else:
        if decoder.at < len(record.payload):
            result["rest"] = record.payload[decoder.at :].hex().upper()
        if decoder.truncated:
            result["truncated"] = True
    return result


def named(record, descriptions):
    """Provider's name, event's name and schema of a record: the first source that knows it wins."""
    traits = record.item(events.TRAITS)
    provider = tracelogging.provider_of(traits) if traits else None
    try:
        schema = find_schema(record, descriptions)
    except RefusedError:
        schema = None
    own_ways = record.kind == events.MESSAGE or record.flags & events.STRING_ONLY
    tracelogged = record.item(events.TRACELOGGING) is not None
    others = None if own_ways or tracelogged else descriptions.provider_names.get(record.provider)
    if schema:
        return first(schema.provider_name, provider, others), schema.event_name or unknown_name(record), schema
    if record.is_classic and record.provider in CLASSES:
        provider = CLASSES[record.provider][1]
    name = tracelogging.name_of(record.item(events.TRACELOGGING)) if tracelogged else None
    return first(provider, others), name or unknown_name(record), None


def first(*names):
    """The first name that there is, be it empty."""
    return next((name for name in names if name is not None), None)


def find_schema(record, descriptions):
    """The schema of a record, or None."""
    if record.flags & events.STRING_ONLY:
        return Schema(fields=[Field("Message", 304)])
    metadata = record.item(events.TRACELOGGING)
    if metadata is not None:
        return tracelogging.schema_of(metadata)
    schema = descriptions.schema(record)
    if schema is None and record.is_classic:
        schema = classic_schema(record)
    return schema


def unknown_name(record):
    """The name of an event that nothing names."""
    if record.is_classic:
        known = CLASSES.get(record.provider)
        if known is None:
            return f"Event({record.opcode})"
        layouts = known[2].get(record.opcode)
        return min(layouts, key=lambda layout: min(layout.versions)).name if layouts else f"{known[0]}/{record.opcode}"
    return f"Event({record.id})"


def add_activities(record, result):
    """The activity and the related one, where they are not zero."""
    related = record.item(events.RELATED_ACTIVITY)
    if record.activity != events.ZERO:
        result["activity_id"] = str(record.activity)
    if related is not None and len(related) >= 16 and any(related[:16]):
        result["related_activity_id"] = str(UUID(bytes_le=bytes(related[:16])))


def add_payload_ids(schema, properties, result):
    """The process and thread that a kernel event is about."""
    for key, name in (("payload_process_id", schema.process_field), ("payload_thread_id", schema.thread_field)):
        value = properties.get(name)
        if value is not None:
            value = int(value, 16) if isinstance(value, str) else value
            if value < events.NOBODY:
                result[key] = value


def addresses(kind, data):
    """The addresses of an item that is a stack."""
    form = STACKS[kind]
    count = (len(data) - 8) // struct.calcsize(form)
    return struct.unpack_from(f"<{count}{form}", data, 8)


def add_items(record, result):
    """Stack, user and session, where the record has them."""
    stacks = [addresses(kind, data) for kind, data in record.items if kind in STACKS and len(data) >= 8]
    if stacks:
        result["stack"] = [hex(address) for stack in stacks for address in stack]
    user, session = record.item(events.USER_SID), record.item(events.SESSION)
    if user is not None and len(user) >= 8 and len(user) >= 8 + 4 * user[1]:
        result["user_sid"] = sid(user[: 8 + 4 * user[1]], 0)
    if session is not None and len(session) >= 4:
        result["session_id"] = int.from_bytes(session[:4], "little")
