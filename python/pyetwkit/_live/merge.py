# SPDX-License-Identifier: MIT
"""Several sessions as one stream, in the order of time: what MergedListener and MergedStreamer have in common."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from pyetwkit._core import EtwEvent
from pyetwkit._live.session import EtwSession

_ENOUGH, _MANY = 32, 256  # events of one session that are fetched ahead


class Merge:
    """Where one session has nothing, it must be flushed before a later event of another one is given, so that nothing
    older can come. For one that replays a trace there is nothing but to wait."""

    def __init__(self, sessions: Sequence[EtwSession], takers: Sequence[Callable[[], EtwEvent | None]]) -> None:
        self._sessions, self._takers = sessions, takers
        # Of each: its events, with a time at which they had been fetched.
        self._fetched: tuple[deque[tuple[float, EtwEvent]], ...] = tuple(deque() for _ in sessions)
        self._flushed = 0.0  # what was written before is there
        self._newest = 0
        self.late = 0

    def _fetch(self) -> None:
        """What is there of each, but no more than will be wanted soon."""
        for take, events in zip(self._takers, self._fetched, strict=True):
            if len(events) > _ENOUGH:
                continue
            taken: list[EtwEvent] = []
            while len(taken) < _MANY and (event := take()) is not None:
                taken.append(event)
            now = time.monotonic()
            events.extend((now, event) for event in taken)

    def next(self) -> EtwEvent | None:
        """The next event. None: there is none, or one waits for a flush()."""
        flushed = self._flushed
        self._fetch()
        heads = [(events[0][1].timestamp_ns, index) for index, events in enumerate(self._fetched) if events]
        if not heads:
            return None
        events = self._fetched[min(heads)[1]]
        fetched, event = events[0]
        quiet = self._quiet()
        if quiet and (fetched >= flushed or any(session.is_replay for session in quiet)):
            return None
        events.popleft()
        self.late += event.timestamp_ns < self._newest
        self._newest = max(self._newest, event.timestamp_ns)
        return event

    def _quiet(self) -> list[EtwSession]:
        both = zip(self._sessions, self._fetched, strict=True)
        return [session for session, events in both if not events and not session.at_end]

    @property
    def wants_flush(self) -> bool:
        """Is there an event that a flush() frees?"""
        return any(self._fetched) and not any(session.is_replay for session in self._quiet())

    @property
    def ended(self) -> bool:
        """Will nothing come any more?"""
        return not any(self._fetched) and all(session.at_end for session in self._sessions)

    def flush(self) -> float:
        """Hands on what was written before, of each session. The result is for flushed()."""
        before = time.monotonic()
        for session in self._sessions:
            session.flush()
        return before

    def flushed(self, before: float) -> None:
        """That was done, and may free events."""
        self._flushed = before
