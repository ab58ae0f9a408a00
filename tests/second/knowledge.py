# SPDX-License-Identifier: MIT
"""schemas.md: what describes the events of a trace besides themselves, and which source counts first."""

from .event_info import Descriptions, name_of
from .eventsource import FIELDS, Sent, is_carrier
from .pack import ROOT, Pack
from .provider import joined
from .schema import Schema, check

BUNDLED = Pack(ROOT / "data" / "pack" / "windows.pack")


class Knowledge:
    """All that is known of a trace's events. `given` are lists of (GUID, provider) or packs, the first counts most."""

    def __init__(self, records, build, given=(), pack=BUNDLED):
        self.build = build
        self.blobs = Descriptions(records)
        self.sent = Sent(records)
        self.given = [*given, *([pack] if pack else [])]
        self.firsts = {}
        self.schemas = {}
        for record in records:
            self.firsts.setdefault(self.kind_of(record), record)

    def providers(self, record):
        """What the sources say of a record's provider, in their order."""
        yield from self.sent.of(record)
        for source in self.given:
            if isinstance(source, Pack):
                found = source.provider(record.provider)
                yield from [found] if found else []
            else:
                yield from [provider for guid, provider in source if guid == record.provider]

    def provider_name(self, record):
        """The name of a record's provider, as far as other events or sources tell it."""
        known = self.blobs.provider_names.get(record.provider)
        return known or next((provider.name for provider in self.providers(record) if provider.name), None)

    def names(self, record):
        """The names of the numbers of an event that is not described itself, though its provider may be."""
        return joined(record, [provider.names(record) for provider in self.providers(record)])

    def schema(self, record):
        """The schema of an event of a manifest, or None."""
        if is_carrier(record):
            return Schema(self.provider_name(record), "ManifestData", FIELDS, names=self.names(record))
        found = self.blobs.schema(record)
        if found is not None or record.kind != "EVENT":
            return found
        kind = self.kind_of(record)
        if kind not in self.schemas:
            self.schemas[kind] = self.look_up(self.firsts[kind])
        return self.schemas[kind]

    def look_up(self, first):
        """The schema of the kind of events of which this is the first."""
        asked = []
        for provider in self.providers(first):
            asked.append(provider)
            if events := provider.versions(first):
                event, fields = provider.choose(first, events, self.build)
                names = joined(first, [known.names(first) for known in asked])
                provider_name = next((known.name for known in asked if known.name), None)
                name = event.name or name_of(names["task"], names["opcode"]) or event.symbol
                return Schema(provider_name, name, None if fields is None else check(fields), names=names)
        return None

    def kind_of(self, record):
        """What tells kinds of manifest events apart; where several manifests were sent, that is the process, too."""
        sender = record.process if self.sent.several(record) else None
        numbers = record.id, record.version, record.channel, record.level, record.opcode, record.task, record.keywords
        return record.kind, record.provider, sender, *numbers
