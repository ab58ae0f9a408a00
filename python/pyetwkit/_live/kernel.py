# SPDX-License-Identifier: MIT
"""Sessions with the events of Windows' kernel."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterable
from typing import Any

from pyetwkit._live.session import EtwSession

_KERNEL, _NT_KERNEL_LOGGER = 1, 2  # etwkit_system_kind


class KernelFlags(enum.IntFlag):
    """What a KernelSession collects: Windows' EVENT_TRACE_FLAG_*, to be joined by |."""

    PROCESS = 0x1
    THREAD = 0x2
    IMAGE_LOAD = 0x4
    PROCESS_COUNTERS = 0x8
    CSWITCH = 0x10
    DPC = 0x20
    INTERRUPT = 0x40
    SYSTEMCALL = 0x80
    DISK_IO = 0x100
    DISK_FILE_IO = 0x200
    DISK_IO_INIT = 0x400
    DISPATCHER = 0x800
    MEMORY_PAGE_FAULTS = 0x1000
    MEMORY_HARD_FAULTS = 0x2000
    VIRTUAL_ALLOC = 0x4000
    VAMAP = 0x8000
    NETWORK_TCPIP = 0x10000
    REGISTRY = 0x20000
    DBGPRINT = 0x40000
    JOB = 0x80000
    ALPC = 0x100000
    SPLIT_IO = 0x200000
    DEBUG_EVENTS = 0x400000
    DRIVER = 0x800000
    PROFILE = 0x1000000
    FILE_IO = 0x2000000
    FILE_IO_INIT = 0x4000000

    NETWORK = NETWORK_TCPIP
    ALL_BASIC = PROCESS | THREAD | IMAGE_LOAD | DISK_IO | NETWORK_TCPIP | REGISTRY | FILE_IO
    # The bits above say how a session is, not what it collects.
    ALL = 0x7FFFFFF


class KernelSession(EtwSession):
    """A session with the kernel's events: on Windows alone, and for administrators; elsewhere making one is an OSError.

        with KernelSession(KernelFlags.PROCESS | KernelFlags.IMAGE_LOAD) as session:
            for event in session: ...

    It has a name of its own, as eight of the kind may run; with `classic` it is the one "NT Kernel Logger", which other
    tools want, too. `stacks`: kinds of events, (class GUID, type), that are followed by a StackWalk event.
    `profile_interval`: seconds between two samples of PROFILE, for the whole machine, until the session stops (0: as it
    is). The other options are EtwSession's."""

    def __init__(
        self,
        flags: KernelFlags | int = KernelFlags.ALL_BASIC,
        *,
        classic: bool = False,
        stacks: Iterable[tuple[uuid.UUID, int]] = (),
        profile_interval: float = 0.0,
        **options: Any,
    ) -> None:
        self.flags = KernelFlags(flags)
        """What it collects."""
        self._kind = _NT_KERNEL_LOGGER if classic else _KERNEL
        self._stacks = tuple(stacks)
        self._interval = round(profile_interval * 1e7)
        super().__init__(system=True, **options)

    def _request(self, existing: int) -> tuple[int, int, tuple[int, ...], tuple[tuple[uuid.UUID, int], ...], int]:
        return (self._kind, existing, (int(self.flags),), self._stacks, self._interval)
