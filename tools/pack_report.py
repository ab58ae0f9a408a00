#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where sources lay one version of an event out differently: tools/pack_report.py PACK > data/pack/disagreements.tsv"""

import pathlib
import sys

from pack_reader import Pack


def shape(event):
    """The wire form as far as it is known: names and types of top-level fields."""
    if event.layout is None:
        return None
    return tuple((f.name, f.in_type, f.flags & 0x37, f.count, f.length) for f in event.layout.top())


def kind(first, second):
    """In what way two layouts differ."""
    a, b = shape(first), shape(second)
    if a is None or b is None:
        return "payload"  # one has none
    if first.layout.stops_at != second.layout.stops_at:
        return "known part"
    if a == b:
        return "labels"
    if [x[1:] for x in a] == [x[1:] for x in b]:
        return "names"
    if [x[0] for x in a] == [x[0] for x in b]:
        return "types"
    return "appended" if a[: len(b)] == b or b[: len(a)] == a else "fields"


def where(event):
    return "+".join(map(str, event.builds)) or "any"


def main():
    print("provider\tid\tversion\tdiffers\tbuilds")
    for provider in Pack(pathlib.Path(sys.argv[1]).read_bytes()).providers():
        versions = {}
        for event in provider.events:
            versions.setdefault((event.id, event.version), []).append(event)
        for (ident, version), events in versions.items():
            if len(events) > 1:
                kinds = sorted({kind(a, b) for a, b in zip(events, events[1:], strict=False)})
                builds = " | ".join(map(where, events))
                print(provider.name, ident, version, ", ".join(kinds), builds, sep="\t")


if __name__ == "__main__":
    main()
