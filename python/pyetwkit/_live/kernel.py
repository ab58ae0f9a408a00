# SPDX-License-Identifier: MIT
"""The kernel's own session: Windows' "NT Kernel Logger"."""

from __future__ import annotations

import enum
import errno


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


class KernelSession:
    """A session with the kernel's events. Windows alone has such, and pyetwkit cannot reach it yet: making one is an
    OSError that says what works instead."""

    def __init__(self, flags: KernelFlags | int = KernelFlags.ALL_BASIC) -> None:
        self.flags = KernelFlags(flags)
        raise OSError(
            errno.ENOTSUP,
            "the kernel's events come from a session of Windows, and pyetwkit cannot open one yet; what works here: "
            "kernel traces that were recorded (pyetwkit.open()), and live events of this program (EtwListener)",
        )
