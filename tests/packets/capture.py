# SPDX-License-Identifier: MIT
"""Packet events, built to the public manifests of Microsoft-Windows-NDIS-PacketCapture and -PktMon."""

import struct

NDIS = "2ed6006e-4729-4609-b423-3ee7bcd678ef"
PKTMON = "4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac"
KERNEL_PROCESS = "22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716"
ETHERNET, WIRELESS_WAN, TUNNEL, WIFI, SWITCH = 0x1, 0x200, 0x8000, 0x10000, 0x1000000
TRUNCATED, START, END = 0x2000000, 0x40000000, 0x80000000
SEND, RECEIVE = 0x100000000, 0x200000000
WHOLE = START | END


def event(ticks, provider, number, keywords, payload, cpu=0, pid=4, tid=8, version=0):  # noqa: PLR0917
    """A line for make-packets."""
    return f"{ticks} {cpu} {pid} {tid} {provider} {number} {version} {keywords:x} {payload.hex() or '-'}\n"


def fragment(ticks, data, keywords, upper=5, lower=5, tail=bytes(16), **where):  # noqa: PLR0917
    payload = struct.pack("<III", upper, lower, len(data)) + data + tail
    return event(ticks, NDIS, 1001, keywords, payload, **where)


def radio(ticks, channel, signal, rate, keywords=WIFI | RECEIVE, upper=5, lower=5, **where):  # noqa: PLR0917
    data = struct.pack("<BBHIIIHxxiBxxxIQQ", 0x80, 1, 48, 0, 1, channel, 1, signal, rate, 0, 0, 0)
    return event(ticks, NDIS, 1002, keywords, struct.pack("<III", upper, lower, len(data)) + data, **where)


def text(value):
    return value.encode("utf-16-le") + b"\0\0"


def port(number, nic, kind):
    return struct.pack("<I", number) + text("name") + text(nic) + text(kind)


def switch_fragment(ticks, data, keywords, source, destinations, upper=9, lower=9, **where):  # noqa: PLR0917
    payload = struct.pack("<II", upper, lower) + port(*source) + struct.pack("<I", len(destinations))
    payload += b"".join(port(*one) for one in destinations)
    payload += struct.pack("<I", len(data)) + data + struct.pack("<I", 24) + bytes(24)
    return event(ticks, NDIS, 1003, keywords | SWITCH, payload, **where)


def pktmon(ticks, data, group, appearance, component, *, direction=3, kind=1, edge=1, drop=None, original=None):
    reason, location = drop or (0, 0)
    head = (
        group,
        1,
        appearance,
        direction,
        kind,
        component,
        edge,
        0,
        reason,
        location,
        original or len(data),
        len(data),
    )
    return event(ticks, PKTMON, 170 if drop else 160, 0x10, struct.pack("<QHHHHHHHIIHH", *head) + data)


def component(ticks, number, name, description):
    return event(ticks, PKTMON, 20, 2, struct.pack("<HH", number, 2) + text(name) + text(description))


def ethernet(body, kind=0x0800):
    return bytes.fromhex("020000000001 020000000002") + struct.pack(">H", kind) + body


def process(ticks, number, image):
    """ProcessStart of Microsoft-Windows-Kernel-Process, version 0."""
    payload = struct.pack("<IQII", number, 133500000000000000, 4, 1) + text(image)
    return event(ticks, KERNEL_PROCESS, 1, 0x10, payload)


def udp4(size, number=0, ports=(1000, 2000)):
    """An IPv4 packet with so many bytes behind its UDP header, which are all `number`."""
    return udp4_of(bytes([number % 256]) * size, number, ports)


def udp4_of(body, number=0, ports=(1000, 2000)):
    udp = struct.pack(">HHHH", *ports, 8 + len(body), 0) + body
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number % 65536, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2"
    )
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:] + udp


def example():
    """The capture of docs/command.md: a name is asked for, and its address is called."""
    name = b"\7example\3com\0" + struct.pack(">HH", 1, 1)
    ask = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + name
    told = struct.pack(">HHHHHH", 1, 0x8180, 1, 1, 0, 0) + name
    told += struct.pack(">HHHIH", 0xC00C, 1, 1, 300, 4) + bytes((10, 0, 0, 9))
    answer = udp4_of(told, 2, (53, 40000))
    answer = answer[:12] + answer[16:20] + answer[12:16] + answer[20:]  # the other way; the checksum is the same
    datas = [ethernet(udp4_of(ask, 1, (40000, 53))), ethernet(udp4(64, 3)), ethernet(answer), ethernet(udp4(300, 4))]
    return [
        process(0, 1204, "browser.exe"),
        fragment(10_000, datas[0], ETHERNET | WHOLE | SEND, pid=1204),
        fragment(50_000, datas[1], ETHERNET | WHOLE | SEND, pid=0, tid=0, lower=12),
        fragment(90_000, datas[2][:42], ETHERNET | START | RECEIVE, pid=0, tid=0, cpu=1),
        fragment(130_000, datas[2][42:], ETHERNET | END | RECEIVE, pid=0, tid=0, cpu=1),
        fragment(170_000, datas[3], ETHERNET | WHOLE | SEND, pid=1204),
        fragment(180_000, datas[3], ETHERNET | WHOLE | RECEIVE, pid=0, tid=0),
        event(190_000, NDIS, 1011, 0x8000000000, struct.pack("<I", 1)),
        event(200_000, NDIS, 5101, 0, b"\1" + text("Ethernet") + struct.pack("<IH", 5, 0)),
    ]
