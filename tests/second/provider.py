# SPDX-License-Identifier: MIT
"""What a manifest or a pack says of a provider, and which of its layouts an event has: pack.md, "Which layout"."""

from dataclasses import dataclass, field

from .corrections import corrected
from .event_info import LEVELS, OPCODES, shown
from .values import Decoder


@dataclass(eq=False)
class Event:
    """One version of an event in one layout. No fields: None, where they are not known."""

    id: int
    version: int
    level: int = 0
    opcode: int = 0
    task: int = 0
    channel: int = 0
    keywords: int = 0
    name: str = None
    symbol: str = None
    fields: list = field(default_factory=list)
    builds: tuple = ()


@dataclass
class Provider:
    """A provider: its events, and names by value (of opcodes by task << 16 | opcode, task 0 for all tasks)."""

    name: str = None
    events: list = field(default_factory=list)
    levels: dict = field(default_factory=dict)
    opcodes: dict = field(default_factory=dict)
    tasks: dict = field(default_factory=dict)
    keywords: dict = field(default_factory=dict)
    channels: dict = field(default_factory=dict)

    def versions(self, record):
        """The events that may be a record's: those of its version, else of the highest lower one."""
        known = [event for event in self.events if event.id == record.id and event.version <= record.version]
        highest = max((event.version for event in known), default=None)
        return [event for event in known if event.version == highest]

    def choose(self, record, events, build):
        """The event that reads the payload to its end, else the first in order; with its fields."""
        events = sorted(events, key=lambda event: rank(event.builds, build))
        fields = [corrected(record.provider, event.id, event.fields) for event in events]
        fitting = (index for index, event in enumerate(events) if fits(fields[index], record))
        chosen = next(fitting, 0)
        return events[chosen], fields[chosen]

    def names(self, record):
        """The names of an event's numbers, as --names has them."""
        return {
            "level": shown(self.levels.get(record.level)),
            "opcode": shown(self.opcodes.get(record.task << 16 | record.opcode) or self.opcodes.get(record.opcode)),
            "task": self.tasks.get(record.task),
            "channel": shown(self.channels.get(record.channel)),
            "keywords": [
                name for mask, name in sorted(self.keywords.items()) if mask and mask & record.keywords == mask
            ],
        }


def joined(record, names):
    """The names of several providers, of each kind the first; Windows' own where none has one."""
    found = {"level": LEVELS.get(record.level), "opcode": OPCODES.get(record.opcode), "task": None, "channel": None}
    for known in names[::-1]:
        found.update({key: name for key, name in known.items() if name})
    return found


def rank(builds, build):
    """By what layouts are put in order: those of no build and of the trace's, then earlier ones, then later ones."""
    if not build:
        return (1, -max(builds)) if builds else (0, 0)
    if not builds or build in builds:
        return (0, 0)
    before = [number for number in builds if number < build]
    return (1, build - max(before)) if before else (2, min(builds) - build)


def fits(fields, record):
    """Whether a layout reads the payload exactly to its end."""
    if fields is None:
        return False
    decoder = Decoder(record.payload, record.pointer_size)
    decoder.properties(fields)
    return not decoder.truncated and decoder.at == len(record.payload)
