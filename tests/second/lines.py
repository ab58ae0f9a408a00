# SPDX-License-Identifier: MIT
"""CONTRACT.md: one JSON object a record, its keys in their order."""

import json
import re
import struct
from dataclasses import replace
from uuid import UUID

from . import events, tracelogging
from .classic import CLASSES, classic_schema
from .clock import time_text
from .event_info import LEVELS, OPCODES, name_of
from .knowledge import Knowledge
from .order import records
from .provider import fits
from .schema import Field, RefusedError, Schema
from .values import Decoder, sid

COPIED = {UUID("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"), UUID("2cb15d1d-5fc1-11d2-abe1-00a0c911f518")}
STACKS = {events.STACK32: "I", events.STACK64: "Q"}
ESCAPES = re.compile(r"\\.|[\x7f-\x9f]")  # json's own escapes, and control characters that it does not mind


def lines(data):
    """The jsonl lines of a file's bytes."""
    found = records(data)
    knowledge = Knowledge(found, build_of(found))
    for record in found:
        yield line_text(record, knowledge)


def build_of(found):
    """The build of Windows that wrote a trace, as its header event tells it."""
    header = next((record for record in found if events.is_header_event(record)), None)
    return int.from_bytes(header.payload[8:12], "little") if header else 0


def line_text(record, knowledge, names=False):
    """One record as the text of its line."""
    text = json.dumps(line(record, knowledge, names), ensure_ascii=False, separators=(",", ":"))
    return ESCAPES.sub(escaped, text)


def escaped(match):
    """One escape as the page has it: of those with a letter only n, r and t."""
    known = {r"\b": r"\u0008", r"\f": r"\u000c"}
    return known.get(match[0], match[0]) if match[0][0] == "\\" else f"\\u{ord(match[0]):04x}"


def line(record, knowledge, names=False):
    """One record as the object of its line."""
    provider, name, schema = named(record, knowledge)
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
    decoder = Decoder(record.payload, pointer_size(record, schema))
    known = schema is not None and schema.fields is not None
    properties = decoder.properties(schema.fields) if known else None
    if known:
        add_payload_ids(schema, properties, result)
    add_items(record, result)
    if names:
        result.update(names_of_numbers(record, schema, knowledge))
    result["properties"] = properties
    if not known:
        result["payload"] = record.payload.hex().upper()
    else:
        if decoder.at < len(record.payload):
            result["rest"] = record.payload[decoder.at :].hex().upper()
        if decoder.truncated:
            result["truncated"] = True
    return result


def pointer_size(record, schema):
    """The pointer size of a record's payload: its header's, but for copies of the kernel's events."""
    copied = record.provider in COPIED and record.kind == events.FULL and record.pointer_size == 4
    if copied and schema and not fits(schema.fields, record):
        wide = replace(record, pointer_size=8)
        return wide.pointer_size if fits(schema.fields, wide) else record.pointer_size
    return record.pointer_size


def named(record, knowledge):
    """Provider's name, event's name and schema of a record: the first source that knows it wins."""
    traits = record.item(events.TRAITS)
    provider = tracelogging.provider_of(traits) if traits else None
    try:
        schema = find_schema(record, knowledge)
    except RefusedError:
        schema = None
    own_ways = record.kind == events.MESSAGE or record.flags & events.STRING_ONLY
    tracelogged = record.item(events.TRACELOGGING) is not None
    others = None if own_ways or tracelogged else knowledge.provider_name(record)
    if schema:
        return first(schema.provider_name, provider, others), schema.event_name or unknown_name(record), schema
    if record.is_classic and record.provider in CLASSES:
        provider = CLASSES[record.provider][1]
    name = tracelogging.name_of(record.item(events.TRACELOGGING)) if tracelogged else None
    if record.kind == events.EVENT and not tracelogged and not own_ways:
        numbers = knowledge.names(record)
        name = name_of(numbers["task"], numbers["opcode"])
    return first(provider, others), name or unknown_name(record), None


def first(*names):
    """The first name that there is, be it empty."""
    return next((name for name in names if name is not None), None)


def find_schema(record, knowledge):
    """The schema of a record, or None."""
    if record.flags & events.STRING_ONLY:
        return Schema(fields=[Field("Message", 304)])
    metadata = record.item(events.TRACELOGGING)
    if metadata is not None:
        return tracelogging.schema_of(metadata)
    schema = knowledge.schema(record)
    if schema is None and record.is_classic:
        schema = classic_schema(record)
    return schema


def names_of_numbers(record, schema, knowledge):
    """The names of a record's numbers, as --names has them."""
    if record.kind == events.MESSAGE:
        return {}
    known = {"level": LEVELS.get(record.level)}
    if not record.is_classic:
        known["opcode"] = OPCODES.get(record.opcode)
    if schema and schema.names:
        known = {**schema.names, "level": schema.names["level"] or known["level"]}
    elif record.is_classic:
        class_name, _, kind = ((schema and schema.event_name) or unknown_name(record)).partition("/")
        if record.provider in CLASSES:
            known.update(task=class_name, opcode=kind)
    elif record.kind == events.EVENT and not schema:
        known.update(knowledge.names(record))
    found = {f"{key}_name": known[key] for key in ("level", "opcode", "task", "channel") if known.get(key)}
    if known.get("keywords"):
        found["keyword_names"] = known["keywords"]
    return found


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
