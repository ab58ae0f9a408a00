# SPDX-License-Identifier: MIT
"""Captures of NDIS (netsh trace): whole packets and fragments, interfaces, radio, switches, what is not complete."""

import random
import struct

from capture import (
    END,
    ETHERNET,
    NDIS,
    RECEIVE,
    SEND,
    START,
    TRUNCATED,
    TUNNEL,
    WHOLE,
    WIFI,
    WIRELESS_WAN,
    ethernet,
    event,
    fragment,
    process,
    radio,
    switch_fragment,
    text,
    udp4,
)

BEGIN = 133500000000000000 - 116444736000000000  # of the traces, in 100 ns since 1970


def test_whole_packets(capture, convert):
    sent, received = ethernet(udp4(30, 1)), ethernet(udp4(31, 2))
    trace = capture(
        fragment(10, sent, ETHERNET | WHOLE | SEND, pid=1234),
        fragment(17, received, ETHERNET | WHOLE | RECEIVE, tail=b"", lower=7),
        fragment(19, received, ETHERNET | WHOLE),
    )
    interfaces, packets, said = convert(trace)
    assert [packet.data for packet in packets] == [sent, received, received]
    assert [packet.original for packet in packets] == [len(sent), len(received), len(received)]
    assert [packet.time - BEGIN for packet in packets] == [10, 17, 19]
    assert [packet.direction for packet in packets] == [2, 1, 0]
    assert packets[0].comment == "current process: 1234"
    assert [(one.link, one.name, len(one.packets)) for one in interfaces] == [
        (1, "interface 5", 2),
        (1, "interface 7 over 5", 1),
    ]
    assert said == "etwkit: 3 packets of 2 interfaces; left out: 1 event that is no packet\n"


def test_link_types(capture, convert):
    packet = udp4(8)
    keywords = (ETHERNET, WIFI, WIRELESS_WAN, TUNNEL)
    trace = capture(*(fragment(i, packet, kind | WHOLE, upper=i, lower=i) for i, kind in enumerate(keywords)))
    interfaces, packets, _ = convert(trace)
    assert [one.link for one in interfaces] == [1, 105, 101, 101] and len(packets) == 4


def test_fragments_of_many_packets_at_once(capture, convert):
    """Eight processors, two threads and two interfaces on each, packets in pieces whose order is left to chance."""
    rng = random.Random(5)
    queues, want = [], []
    for cpu in range(8):
        for place in range(4):
            where = {"cpu": cpu, "tid": 8 + place % 2, "upper": 5 + place // 2}
            queue = []
            for _ in range(12):
                data = ethernet(udp4(rng.randrange(0, 4000), len(want)))
                want.append(data)
                cuts = sorted(rng.sample(range(len(data)), min(rng.randrange(0, 5), len(data))))
                edges = [0, *cuts, len(data)]
                pieces = [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]
                for i, piece in enumerate(pieces):
                    flags = ETHERNET | RECEIVE | (START if i == 0 else 0) | (END if i == len(pieces) - 1 else 0)
                    queue.append((piece, flags, where))
            queues.append(queue)
    lines, ticks = [], 0
    while queues:
        queue = rng.choice(queues)
        piece, flags, where = queue.pop(0)
        ticks += 1
        lines.append(fragment(ticks, piece, flags, **where))
        if not queue:
            queues.remove(queue)
    interfaces, packets, said = convert(capture(*lines))
    assert sorted(packet.data for packet in packets) == sorted(want)
    assert [packet.time for packet in packets] == sorted(packet.time for packet in packets)
    assert len(interfaces) == 2 and "not complete" not in said  # one miniport, and one above it


def test_incomplete_packets(capture, convert):
    data = ethernet(udp4(50))
    trace = capture(
        fragment(1, data[:30], ETHERNET | END),  # no beginning
        fragment(2, data[:30], ETHERNET | START),  # no end: another one begins
        fragment(3, data[:30], ETHERNET | START),
        fragment(4, data[30:], ETHERNET | END, cpu=1),  # of another packet: another processor
        fragment(5, data[30:], ETHERNET | END | SEND),  # of another packet: another way
        fragment(6, data[30:], ETHERNET | END),
        fragment(7, data[:30], ETHERNET | START),  # the trace ends
    )
    _, packets, said = convert(trace)
    assert [packet.data for packet in packets] == [data]
    assert "5 packets that are not complete" in said


def test_more_packets_at_once_than_there_is_room_for(capture, convert):
    data = ethernet(udp4(50))
    begins = [fragment(i, data[:20], ETHERNET | START, upper=i, lower=i) for i in range(70)]
    ends = [fragment(70 + i, data[20:], ETHERNET | END, upper=i, lower=i) for i in range(70)]
    _, packets, said = convert(capture(*begins, *ends))
    assert len(packets) == 64 and all(packet.data == data for packet in packets)
    assert "12 packets that are not complete" in said  # six without an end, and their ends


def test_huge_packets_are_cut(capture, convert):
    pieces = [bytes([i]) * 60000 for i in range(6)]
    flags = [START, 0, 0, 0, 0, END]
    _, (packet,), _ = convert(capture(*(fragment(i, pieces[i], ETHERNET | flags[i]) for i in range(6))))
    assert packet.data == b"".join(pieces)[:262144] and packet.original == 360000


def test_truncated_packets(capture, convert):
    """How long they were is not recorded: their own headers tell, where these are IP's."""
    ip4, ip6 = udp4(1000), bytes([0x60, 0, 0, 0]) + struct.pack(">H", 900) + bytes(40)
    tagged = ethernet(struct.pack(">HH", 7, 0x0800) + ip4, 0x8100)
    cases = [
        (ethernet(ip4)[:60], ETHERNET, len(ethernet(ip4))),
        (tagged[:60], ETHERNET, len(tagged)),
        (ethernet(ip6, 0x86DD)[:60], ETHERNET, 14 + 40 + 900),
        (ip4[:40], WIRELESS_WAN, len(ip4)),
        (ethernet(bytes(100), 0x0806)[:40], ETHERNET, 40),
        (ethernet(ip4)[:10], ETHERNET, 10),
        (ethernet(udp4(0)) + bytes(18), ETHERNET, 60),  # padded: what it claims is less than what is there
    ]
    lines = [fragment(i, data, kind | WHOLE | TRUNCATED) for i, (data, kind, _) in enumerate(cases)]
    _, packets, _ = convert(capture(*lines))
    assert [(packet.data, packet.original) for packet in packets] == [(data, size) for data, _, size in cases]
    assert [packet.comment.endswith("truncated, original length not known") for packet in packets] == [False] * 4 + [
        True
    ] * 3


def test_radio(capture, convert):
    data = bytes(40)
    trace = capture(
        radio(1, 2437, -54, 108, cpu=1),
        fragment(2, data, WIFI | WHOLE | RECEIVE),
        fragment(3, data, WIFI | WHOLE | RECEIVE, cpu=1),
        fragment(4, data, WIFI | WHOLE | RECEIVE, cpu=1),
        radio(5, 5180, -60, 11, cpu=1),
        fragment(6, data[:20], WIFI | START | RECEIVE, cpu=1),
        fragment(7, data[20:], WIFI | END | RECEIVE, cpu=1),
    )
    _, packets, said = convert(trace)
    assert [packet.comment.partition("; ")[2] for packet in packets] == [
        "",
        "radio: 2437 MHz, -54 dBm, 54 Mbit/s",
        "",
        "radio: 5180 MHz, -60 dBm, 5.5 Mbit/s",
    ]
    assert packets[3].data == data and "cannot be read" not in said


def test_switch(capture, convert):
    data = ethernet(udp4(60))
    source, one, two = (3, "Ethernet\x1b", "External"), (7, "VM Größe", "Synthetic"), (8, "x", "y")
    trace = capture(
        switch_fragment(1, data, WHOLE | RECEIVE, source, []),
        switch_fragment(2, data, WHOLE | RECEIVE, source, [one]),
        switch_fragment(3, data, WHOLE | SEND, source, [one, two, two]),
    )
    interfaces, packets, _ = convert(trace)
    assert [one.name for one in interfaces] == ["switch interface 9"]
    assert [packet.data for packet in packets] == [data] * 3
    assert [packet.comment for packet in packets] == [
        "current process: 4; from Ethernet  (External, port 3)",
        "current process: 4; from Ethernet  (External, port 3) to VM Größe (Synthetic, port 7)",
        "current process: 4; from Ethernet  (External, port 3) to VM Größe (Synthetic, port 7) and 2 more",
    ]


def test_names_that_come_last(capture, convert):
    name = b"\1" + text("Wi-Fi \u00fc") + struct.pack("<IH", 5, 0)
    trace = capture(fragment(1, ethernet(udp4(1)), ETHERNET | WHOLE), event(9, NDIS, 5101, 0, name))
    (interface,), _, _ = convert(trace)
    assert interface.description == "Wi-Fi ü"


def test_several_captures(capture, convert):
    """Each has its own interfaces; packets come by time."""
    datas = [ethernet(udp4(i, i)) for i in range(20)]
    first = capture(*(fragment(i, datas[i], ETHERNET | WHOLE) for i in range(0, 20, 2)), name="a.etl")
    second = capture(*(fragment(i, datas[i], ETHERNET | WHOLE) for i in range(1, 20, 2)), name="b.etl")
    interfaces, packets, _ = convert(first, second)
    assert [packet.data for packet in packets] == datas
    assert [(one.name, len(one.packets)) for one in interfaces] == [
        ("a.etl: interface 5", 10),
        ("b.etl: interface 5", 10),
    ]


def test_damaged_events(capture, convert):
    good = fragment(1, ethernet(udp4(9)), ETHERNET | WHOLE)
    lines = [
        event(2, NDIS, 1001, ETHERNET | WHOLE, b""),
        event(3, NDIS, 1001, ETHERNET | WHOLE, struct.pack("<III", 1, 1, 100) + bytes(99)),
        event(4, NDIS, 1001, ETHERNET | WHOLE, struct.pack("<III", 1, 1, 0xFFFFFFFF)),
        event(5, NDIS, 1002, WIFI, struct.pack("<III", 1, 1, 24) + bytes(24)),
        event(6, NDIS, 1003, ETHERNET | WHOLE, bytes(50)),
    ]
    _, packets, said = convert(capture(good, *lines))
    assert len(packets) == 1 and "5 packet events that cannot be read" in said


def test_no_packets(capture, convert, sample):
    interfaces, packets, said = convert(sample)
    assert not interfaces and not packets
    assert "etwkit: 0 packets of 0 interfaces; left out: 5,141 events that are no packets\n" in said
    assert "netsh trace start capture=yes" in said


def test_limit_and_filters(capture, convert):
    trace = capture(*(fragment(i, ethernet(udp4(i, i)), ETHERNET | WHOLE, pid=i % 3) for i in range(30)))
    assert len(convert(trace, "--limit", "4")[1]) == 4
    assert len(convert(trace, "--pid", "1")[1]) == 10
    assert len(convert(trace, "--limit", "0")[1]) == 0


def test_tshark_agrees(capture, tshark):
    rng = random.Random(7)
    datas = [ethernet(udp4(rng.randrange(1200), i)) for i in range(200)]
    lines = []
    for i, data in enumerate(datas):
        way = rng.choice((SEND, RECEIVE))
        middle = rng.randrange(len(data))
        if i % 3:
            lines.append(fragment(i * 10, data, ETHERNET | WHOLE | way, lower=5 + i % 2))
        else:
            lines.append(fragment(i * 10, data[:middle], ETHERNET | START | way))
            lines.append(fragment(i * 10 + 1, data[middle:], ETHERNET | END | way))
    fields = ("frame.len", "ip.id", "udp.length", "ip.checksum.status", "frame.interface_id")
    options = [word for name in fields for word in ("-e", name)]
    rows = tshark([capture(*lines)], "-o", "ip.check_checksum:TRUE", "-T", "fields", *options)
    got = [row.split("\t")[:4] for row in rows]
    assert got == [[str(len(d)), f"0x{i:04x}", str(len(d) - 34), "1"] for i, d in enumerate(datas)]
    assert {row.split("\t")[4] for row in rows} == {"0", "1"}
    assert tshark([capture(*lines)], "-Y", "_ws.malformed || _ws.expert.severity == 8388608") == []


def test_the_current_process_by_name(capture, convert):
    trace = capture(
        process(0, 1204, "\\Device\\HarddiskVolume3\\browser.exe"),
        fragment(5, ethernet(udp4(1)), ETHERNET | WHOLE, pid=1204),
        fragment(6, ethernet(udp4(1)), ETHERNET | WHOLE, pid=1208),
    )
    _, packets, _ = convert(trace)
    assert [packet.comment for packet in packets] == ["current process: browser.exe (1204)", "current process: 1208"]
