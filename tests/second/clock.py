# SPDX-License-Identifier: MIT
"""clock.md: the header event, which describes the file, and raw ticks to FILETIMEs."""

import struct
from datetime import datetime, timedelta

SECOND = 10_000_000
SYSTEM_TIME, PROCESSOR_CYCLES = 2, 3
SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1
YEAR_10000 = 2650467744000000000


class Clock:
    """Turns raw ticks into FILETIMEs, by what the header event says."""

    def __init__(self, payload, pointer_size, ticks):
        shift = 0 if pointer_size == 8 else -8
        cpu_mhz = struct.unpack_from("<I", payload, 0x34)[0]
        perf_freq, start = struct.unpack_from("<qq", payload, 0x100 + shift)
        kind = struct.unpack_from("<I", payload, 0x110 + shift)[0]
        major = payload[4]
        if kind == 0 and not (perf_freq > 0 and major >= 6):
            kind = SYSTEM_TIME
        self.start, self.ticks = start, ticks
        self.frequency = cpu_mhz * 1_000_000 if kind == PROCESSOR_CYCLES else perf_freq
        self.raw_is_time = kind == SYSTEM_TIME or self.frequency <= 0

    def time(self, ticks):
        """The FILETIME of raw ticks."""
        if self.raw_is_time:
            return ticks
        time = self.start + (ticks - self.ticks) * SECOND // self.frequency
        return max(SMALLEST, min(LARGEST, time))


def time_text(filetime):
    """A FILETIME as text; what has no text is its plain number."""
    if not 0 < filetime < YEAR_10000:
        return filetime
    seconds, fraction = divmod(filetime, SECOND)
    moment = datetime(1601, 1, 1) + timedelta(seconds=seconds)
    return f"{moment.isoformat(timespec='seconds')}.{fraction:07}Z"
