# SPDX-License-Identifier: MIT
"""A plain reader of pcapng, made from its specification: sections, interfaces, packets. It accepts no mistake."""

import struct
from dataclasses import dataclass, field

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6


@dataclass
class Interface:
    link: int
    name: str
    description: str
    packets: list = field(default_factory=list)


@dataclass
class Packet:
    interface: Interface
    time: int  # 100 ns since 1970
    data: bytes
    original: int
    direction: int
    id: int
    comment: str


def options(data):
    """{code: bytes} of the options, which an end option closes."""
    found, at = {}, 0
    while True:
        code, size = struct.unpack_from("<HH", data, at)
        value = data[at + 4 : at + 4 + size]
        assert len(value) == size and not any(data[at + 4 + size : at + 4 + size + -size % 4])
        at += 4 + size + -size % 4
        if code == 0:
            assert size == 0 and at == len(data)
            return found
        assert code not in found
        found[code] = value


def read(data):
    """(interfaces, packets) of a file."""
    interfaces, packets, at = [], [], 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0 and size >= 12 and at + size <= len(data)
        assert struct.unpack_from("<I", data, at + size - 4) == (size,)
        body = data[at + 8 : at + size - 4]
        assert (kind == SECTION) == (at == 0)
        at += size
        if kind == SECTION:
            assert struct.unpack_from("<IHHq", body) == (0x1A2B3C4D, 1, 0, -1)
            options(body[16:])
        elif kind == INTERFACE:
            link, reserved, most = struct.unpack_from("<HHI", body)
            told = options(body[8:])
            assert (reserved, most, told[9]) == (0, 0, b"\x07")
            interfaces.append(Interface(link, told[2].decode(), told.get(3, b"").decode()))
        else:
            assert kind == PACKET
            number, high, low, kept, original = struct.unpack_from("<IIIII", body)
            assert kept <= original and number < len(interfaces)
            told = options(body[20 + kept + -kept % 4 :])
            (direction,) = struct.unpack("<I", told.get(2, bytes(4)))
            (identity,) = struct.unpack("<Q", told.get(5, bytes(8)))
            comment = told.get(1, b"").decode()
            packet = Packet(
                interfaces[number], high << 32 | low, body[20 : 20 + kept], original, direction, identity, comment
            )
            packets.append(packet)
            interfaces[number].packets.append(packet)
    assert data
    return interfaces, packets
