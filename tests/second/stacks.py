# SPDX-License-Identifier: MIT
"""stacks.md: which stack belongs to which event, and which module lay at an address: the whole trace at once."""

import struct
from collections import defaultdict

from . import events
from .lines import addresses, line

STACK, CREATE, DELETE, RUNDOWN, KERNEL_KEY, USER_KEY = 32, 34, 35, 36, 37, 38
OWNERS = (events.SYSTEM, events.COMPACT, events.PERFINFO, events.EVENT)
IMAGES = {"Image/Load": "load", "Image/DCStart": "there", "Image/DCEnd": "there", "Image/UnLoad": "unload"}


class Joined:
    """The records of a trace that are delivered, each with its stack."""

    def __init__(self, records, knowledge):
        self.records = records
        self.knowledge = knowledge
        self.lines = [line(record, knowledge) for record in records]
        self.used = set()  # numbers of records that are not delivered
        self.counts = {"joined": 0, "unmatched": 0, "keys": 0, "resolved": 0}
        self.processes = {}  # of the owners
        self.stacks = {}
        self.find_definitions()
        self.join()
        self.find_images()

    def is_stack(self, number, *opcodes):
        """Is this record a StackWalk event of one of these kinds?"""
        name = self.lines[number]["event_name"]
        return name.startswith("StackWalk/") and self.records[number].opcode in opcodes

    def pointers(self, record, at):
        """The pointers from a place of the payload on."""
        form, size = ("Q", 8) if record.pointer_size == 8 else ("I", 4)
        count = (len(record.payload) - at) // size
        return struct.unpack_from(f"<{count}{form}", record.payload, at)

    def find_definitions(self):
        """What each key stood for: (time, kind, frames) by key."""
        self.keys = defaultdict(list)
        for number, record in enumerate(self.records):
            if self.is_stack(number, CREATE, DELETE, RUNDOWN):
                key, *frames = self.pointers(record, 0)
                self.keys[key].append((record.ticks, record.opcode, frames))
                self.used.add(number)

    def frames_of_key(self, key, ticks):
        """The next definition tells, unless it is a creation; then the one before, unless that one ended the key."""
        later = [found for found in self.keys[key] if found[0] >= ticks]
        earlier = [found for found in self.keys[key] if found[0] < ticks]
        if later and later[0][1] != CREATE:
            return later[0][2]
        if earlier and (not later or earlier[-1][1] != DELETE):
            return earlier[-1][2]
        return later[0][2] if later else None

    def join(self):
        """Gives each StackWalk event to the first event of its time and thread that has nothing of its half yet."""
        owners = defaultdict(list)
        for number, record in enumerate(self.records):
            if record.kind in OWNERS and not self.is_stack(
                number, STACK, CREATE, DELETE, RUNDOWN, KERNEL_KEY, USER_KEY
            ):
                owners[record.ticks].append(number)
        halves = defaultdict(dict)
        for number, record in enumerate(self.records):
            if not self.is_stack(number, STACK, KERNEL_KEY, USER_KEY) or len(record.payload) < 16:
                continue
            ticks, process, thread = struct.unpack_from("<QII", record.payload)
            frames = self.pointers(record, 16)
            by_key = record.opcode != STACK
            if by_key:
                self.counts["keys"] += 1
                frames = self.frames_of_key(frames[0], record.ticks)
                self.counts["resolved"] += frames is not None
            top = 1 << (record.pointer_size * 8 - 1)
            kernel = record.opcode == KERNEL_KEY if by_key else bool(frames and frames[0] & top)
            for owner in owners[ticks]:
                if self.is_of(owner, number, thread) and kernel not in halves[owner] and frames is not None:
                    halves[owner][kernel] = list(frames)
                    self.processes[owner] = process
                    self.used.add(number)
                    self.counts["joined"] += 1
                    break
            else:
                self.counts["unmatched"] += 1
        for owner, found in halves.items():
            if found:
                self.stacks[owner] = [*found.get(True, []), *found.get(False, [])]

    def is_of(self, owner, number, thread):
        """Is that the thread of the event? Each processor has its own thread 0."""
        known = (self.records[owner].thread, self.lines[owner].get("payload_thread_id"))
        return thread in known and (thread or self.records[owner].processor == self.records[number].processor)

    def find_images(self):
        """What was told of modules and begins of processes, by process, in the order of time."""
        self.images, self.begins = defaultdict(list), defaultdict(list)
        for number, found in enumerate(self.lines):
            told = found["properties"]
            if found["event_name"] in IMAGES and found["provider_name"] == "Windows Kernel":
                base, size = int(told["ImageBase"], 16), int(str(told["ImageSize"]), 0)
                name = told["FileName"].replace("/", "\\").split("\\")[-1]
                fact = (self.records[number].time, IMAGES[found["event_name"]], base, base + size, name)
                self.images[told["ProcessId"]].append(fact)
            elif found["event_name"] == "Process/Start" and found["provider_name"] == "Windows Kernel":
                self.begins[told["ProcessId"]].append(self.records[number].time)

    def module(self, process, address, time):
        """(name, offset), or None."""
        since = max((begin for begin in self.begins[process] if begin <= time), default=0)
        until = min((begin for begin in self.begins[process] if begin > time), default=1 << 63)
        told = [fact for fact in self.images[process] if since <= fact[0] < until and fact[2] <= address < fact[3]]
        before = [fact for fact in told if fact[0] <= time]
        after = [fact for fact in told if fact[0] > time]
        found = None
        if before and before[-1][1] != "unload":
            found = before[-1]
        elif after and after[0][1] != "load":
            found = after[0]
        return found and (found[4], address - found[2])

    def frame(self, number, address):
        """ntdll.dll+0x1a2b, or the address."""
        record = self.records[number]
        process = self.processes.get(number, record.process)
        if process in (None, events.NOBODY):
            process = self.lines[number].get("payload_process_id")
        places = [0, 4] if address >> 63 else [process, 0, 4] if record.pointer_size == 4 else [process]
        for place in places:
            found = self.module(place, address, record.time)
            if found:
                return f"{found[0]}+{found[1]:#x}"
        return hex(address)

    def stack(self, number):
        """The event's own stack, then what was joined to it; None: it has none."""
        own = [addresses(kind, data) for kind, data in self.records[number].items if kind in (5, 6) and len(data) >= 8]
        if not own and number not in self.stacks:
            return None
        return [address for part in own for address in part] + self.stacks.get(number, [])
