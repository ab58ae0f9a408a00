# SPDX-License-Identifier: MIT
"""buffers.md: a file is a row of buffers, each with a header of 0x48 bytes, some of them compressed."""

import struct
from dataclasses import dataclass

from .inflate import DamagedStreamError, inflate

HEADER = 0x48
LARGEST = 16 << 20
WIDE_PROCESSOR, COMPRESSED = 0x20, 0x40
TYPE_HEADER, TYPE_EMPTY = 4, 6


@dataclass
class Buffer:
    """One buffer: what its header says, and the bytes of its events, inflated, up to the filled size."""

    number: int
    offset: int
    flush_time: int
    processor: int
    kind: int
    events: bytes


class DamagedTraceError(Exception):
    """The file says something that cannot be; the message tells what and where."""


def buffers(data):
    """Yields the buffers of a file. Zeros to the end are no damage, and neither is an unfinished last buffer."""
    offset = number = 0
    while offset + HEADER <= len(data):
        size = struct.unpack_from("<I", data, offset)[0]
        if size == 0 and not any(data[offset:]):
            return
        if not HEADER <= size <= LARGEST:
            raise DamagedTraceError(f"buffer of {size} bytes at {offset}")
        yield read_buffer(data[offset : offset + size], number, offset)
        offset += size
        number += 1


def read_buffer(raw, number, offset):
    """One buffer, of which the end may be missing where the file ends."""
    flush_time = struct.unpack_from("<q", raw, 0x10)[0]
    filled, flags, kind = struct.unpack_from("<IHH", raw, 0x30)
    processor = struct.unpack_from("<H", raw, 0x28)[0] & 0x7FF if flags & WIDE_PROCESSOR else raw[0x28]
    if filled < HEADER or filled > LARGEST:
        raise DamagedTraceError(f"filled size {filled} of the buffer at {offset}")
    events = raw[HEADER:]
    if flags & COMPRESSED:
        try:
            events = inflate(events, filled - HEADER)
        except DamagedStreamError as damage:
            events = damage.inflated
    return Buffer(number, offset, flush_time, processor, kind, bytes(events[: filled - HEADER]))
