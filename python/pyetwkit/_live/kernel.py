# SPDX-License-Identifier: MIT
"""The kernel's own session: Windows' "NT Kernel Logger"."""

from __future__ import annotations

import enum
import errno


class KernelFlags(enum.IntFlag):
    """What the kernel is to tell of: the EVENT_TRACE_FLAG_* of Windows."""

    PROCESS = 0x1
    THREAD = 0x2
    IMAGE_LOAD = 0x4
    DISK_IO = 0x100
    NETWORK = 0x10000
    REGISTRY = 0x20000
    FILE_IO = 0x2000000
    ALL_BASIC = 0x2030107
    ALL = ALL_BASIC


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
