# SPDX-License-Identifier: MIT
"""eventsource.md: manifests that EventSources send as events of their own."""

import struct
from xml.etree import ElementTree

from .events import TRACELOGGING
from .manifest import Manifest
from .schema import Field

FIELDS = [
    Field("Format", 4),
    Field("MajorVersion", 4),
    Field("MinorVersion", 4),
    Field("Magic", 4, 16),
    Field("TotalChunks", 6),
    Field("ChunkNumber", 6),
    Field("Manifest", 305, 35),
]
CARRIER, HEADER = 0xFFFE, 8


class Sent:
    """All manifests of a trace: (GUID, process, provider), in the order in which they were whole."""

    def __init__(self, records):
        self.manifests = []
        self.waiting = {}  # chunks by sender
        for record in records:
            if is_carrier(record):
                self.take(record)

    def take(self, record):
        """Takes one chunk."""
        total, index = struct.unpack_from("<HH", record.payload, 4)
        if index >= total:
            return
        sender = record.provider, record.process, record.thread
        count, chunks = self.waiting.get(sender, (total, {}))
        chunk = bytes(record.payload[HEADER:])
        if count == total and index > 0 and chunks.get(index) == chunk:
            return
        if count != total or index in chunks:
            chunks = {}
        chunks[index] = chunk
        self.waiting[sender] = total, chunks
        if len(chunks) == total:
            self.read(record, b"".join(chunks[number] for number in range(total)))

    def read(self, record, data):
        """Takes a whole manifest."""
        try:
            manifest = Manifest(data, sent=True)
        except ElementTree.ParseError:
            return
        if manifest.providers:
            self.manifests.append((record.provider, record.process, manifest.providers[0][1]))

    def several(self, record):
        """Whether a record's provider sent more than one manifest."""
        return sum(found[0] == record.provider for found in self.manifests) > 1

    def of(self, record):
        """The manifest that a record goes by: the last of its process, else the newest; in a list, or none."""
        known = [found for found in self.manifests if found[0] == record.provider]
        own = [found for found in known if found[1] == record.process]
        return [found[2] for found in (own or known)[-1:]]


def is_carrier(record):
    """Whether an event carries a chunk of a manifest."""
    if record.kind != "EVENT" or record.id != CARRIER or record.item(TRACELOGGING) is not None:
        return False
    return len(record.payload) >= HEADER and record.payload[0] == 1 and record.payload[3] == 0x5B
