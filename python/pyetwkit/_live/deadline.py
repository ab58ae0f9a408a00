# SPDX-License-Identifier: MIT
"""Until when a call may wait."""

from __future__ import annotations

import math


def deadline(now: float, timeout: float | None) -> float:
    """On the clock that says `now`. Without a timeout there is none: inf. ValueError: NaN, which no clock reaches."""
    if timeout is None:
        return math.inf
    if math.isnan(timeout):
        raise ValueError("a timeout is a number of seconds, not NaN")
    return now + timeout
