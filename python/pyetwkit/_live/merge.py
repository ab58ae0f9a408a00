# SPDX-License-Identifier: MIT
"""Several sessions as one stream, in the order of time: what MergedListener and MergedStreamer have in common."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from pyetwkit._core import ChannelError, EtwEvent
from pyetwkit._live.session import EtwSession

_ENOUGH, _MANY = 32, 256  # events of one session that are fetched ahead
_HANDED_ON = 0.1  # seconds that Windows has for what it flushed: it does so later, and nothing tells when
_MANY_OF_WINDOWS = 8192  # so many may have to last for that time


class Part:
    """One of the sessions."""

    def __init__(self, session: EtwSession, take: Callable[[], EtwEvent | None]) -> None:
        self.session = session
        self._take = take
        self._many = _MANY_OF_WINDOWS if session.is_system else _MANY
        self.fetched: deque[tuple[float, EtwEvent]] = deque()  # with a time at which they had been
        self.flushed = 0.0  # what was written before can be fetched

    def fetch(self) -> None:
        """What is there, but no more than will be wanted soon."""
        if len(self.fetched) > _ENOUGH:
            return
        taken: list[EtwEvent] = []
        while len(taken) < self._many and (event := self._take()) is not None:
            taken.append(event)
        now = time.monotonic()
        self.fetched.extend((now, event) for event in taken)

    @property
    def is_quiet(self) -> bool:
        """May something come, though nothing is there?"""
        return not self.fetched and not self.session.at_end


class Merge:
    """Where one session has nothing, it must be flushed before a later event of another one is given, so that nothing
    older can come. For one that replays a trace there is nothing but to wait."""

    def __init__(self, sessions: Sequence[EtwSession], takers: Sequence[Callable[[], EtwEvent | None]]) -> None:
        self._parts = [Part(session, take) for session, take in zip(sessions, takers, strict=True)]
        self._newest = 0
        self.late = 0

    def next(self) -> EtwEvent | None:
        """The next event. None: there is none, or one waits for a flush()."""
        for part in self._parts:
            part.fetch()
        heads = [part.fetched for part in self._parts if part.fetched]
        if not heads:
            return None
        events = min(heads, key=lambda events: events[0][1].timestamp_ns)
        fetched, event = events[0]
        if any(fetched >= (-math.inf if part.session.is_replay else part.flushed) for part in self._quiet()):
            return None
        events.popleft()
        self.late += event.timestamp_ns < self._newest
        self._newest = max(self._newest, event.timestamp_ns)
        return event

    def _quiet(self) -> list[Part]:
        return [part for part in self._parts if part.is_quiet]

    def to_flush(self) -> list[Part]:
        """For flush(): the sessions on which an event waits."""
        quiet = self._quiet()
        waits = any(part.fetched for part in self._parts) and not any(part.session.is_replay for part in quiet)
        return quiet if waits else []

    @staticmethod
    def flush(parts: Sequence[Part]) -> list[tuple[Part, float]]:
        """Hands on what they wrote before. The result is for flushed(). Any thread may do it."""
        done = []
        for part in parts:
            before = time.monotonic()
            try:
                part.session.flush()
            except ChannelError:
                continue  # it is full: so it is quiet no more
            done.append((part, before))
        if any(part.session.is_system for part, _ in done):
            time.sleep(_HANDED_ON)
        return done

    @staticmethod
    def flushed(done: Sequence[tuple[Part, float]]) -> None:
        """That was done, before the next fetching, and may free events."""
        for part, before in done:
            part.flushed = before

    @property
    def ended(self) -> bool:
        """Will nothing come any more?"""
        return all(not part.fetched and part.session.at_end for part in self._parts)
