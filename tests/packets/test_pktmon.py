# SPDX-License-Identifier: MIT
"""Captures of pktmon: one packet at many components, drops, names, and the corpus' real trace."""

from capture import component, ethernet, pktmon, udp4

DATA = ethernet(udp4(40))


def test_each_packet_once(capture, convert):
    lines = [pktmon(group * 10 + at, DATA, group, at + 1, 50 + at) for group in range(1, 40) for at in range(4)]
    trace = capture(*lines)
    interfaces, packets, said = convert(trace)
    assert len(packets) == 39 and [one.name for one in interfaces] == ["component 50 edge 1"]
    assert "117 further appearances of packets" in said and "--packets all" in said
    interfaces, packets, said = convert(trace, "--packets", "all")
    assert len(packets) == 156 and len(interfaces) == 4 and "further appearances" not in said
    assert len({packet.id for packet in packets}) == 39


def test_an_id_that_is_used_again(capture, convert):
    """Counts that do not rise are of another packet: none is ever lost."""
    counts = [1, 2, 1, 2, 2, 3, 1]
    lines = [pktmon(i, DATA, 7, count, 50 + i) for i, count in enumerate(counts)]
    _, packets, _ = convert(capture(*lines))
    assert len(packets) == 4


def test_drops(capture, convert):
    lines = [
        pktmon(1, DATA, 1, 1, 50),
        pktmon(2, DATA, 1, 2, 51, drop=(9, 0x10)),
        pktmon(3, DATA, 2, 1, 51, drop=(8, 3)),  # seen nowhere else
    ]
    trace = capture(*lines)
    _, packets, said = convert(trace)
    assert [packet.comment for packet in packets] == [
        "current process: 4",
        "current process: 4; dropped: reason 8, location 3",
    ]
    assert "1 report of a drop" in said
    _, packets, said = convert(trace, "--packets", "dropped")
    assert [packet.comment.split("; ")[1] for packet in packets] == [
        "dropped: reason 9, location 16",
        "dropped: reason 8, location 3",
    ]
    assert "1 packet that was not dropped" in said


def test_kinds_sizes_and_directions(capture, convert):
    lines = [pktmon(i, udp4(9), i + 1, 1, 50, kind=i, direction=i % 8, original=500) for i in range(12)]
    interfaces, packets, said = convert(capture(*lines))
    assert [one.link for one in interfaces] == [1, 105, 101]
    assert [packet.direction for packet in packets] == [1, 2, 1]
    assert [(len(packet.data), packet.original) for packet in packets] == [(37, 500)] * 3
    assert "9 packets without a link layer" in said


def test_names(capture, convert):
    trace = capture(
        pktmon(1, DATA, 1, 1, 50),
        pktmon(2, DATA, 2, 1, 51),
        component(3, 50, "netvsc.sys", "Hyper-V \u00e9\n#3"),
        component(4, 50, "again.sys", "later"),
    )
    interfaces, _, _ = convert(trace)
    assert [one.description for one in interfaces] == ["Hyper-V é #3 (netvsc.sys)", ""]


def test_more_interfaces_than_are_told_apart(capture, convert):
    lines = [pktmon(i, DATA, i + 1, 1, i % 5000, edge=i // 5000) for i in range(4200)]
    interfaces, packets, _ = convert(capture(*lines))
    assert len(packets) == 4200 and len(interfaces) == 4097
    assert interfaces[-1].name == "further interfaces" and len(interfaces[-1].packets) == 104


def test_terminal_and_usage(run, sample):
    done = run("dump", sample, "--packets", "all", code=2)
    assert b"--packets is for --format pcapng" in done.stderr
    assert b"always UTC" in run("dump", sample, "--format", "pcapng", "--local", code=2).stderr


def test_real_trace(corpus, convert, tshark):
    trace = corpus / "etl" / "pktmon.etl"
    _, packets, said = convert(trace)
    assert len(packets) == 38 and "76 further appearances of packets" in said
    interfaces, every, _ = convert(trace, "--packets", "all")
    assert [len(one.packets) for one in interfaces] == [38, 38, 19, 19]
    assert interfaces[0].description == "Microsoft Hyper-V Network Adapter #3 (netvsc.sys)"
    assert {(packet.id, packet.data) for packet in packets} == {(packet.id, packet.data) for packet in every}
    rows = tshark([trace], "-Y", "icmp && !_ws.malformed", "-T", "fields", "-e", "icmp.type", "-e", "icmp.seq")
    assert [row.split("\t")[0] for row in rows] == ["8", "0"] * 19
    assert [row.split("\t")[1].split(",")[0] for row in rows] == [str(i // 2 + 1) for i in range(38)]
