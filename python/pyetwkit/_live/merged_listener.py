# SPDX-License-Identifier: MIT
"""MergedListener: several listeners as one, in the order of time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from pyetwkit._core import EtwEvent
from pyetwkit._live.bell import Bell
from pyetwkit._live.deadline import deadline
from pyetwkit._live.listener import EtwListener
from pyetwkit._live.merge import Merge
from pyetwkit._live.stats import SessionStats

_LOOK = 0.1  # seconds between two looks for an end that nobody announced


class MergedListener:
    """Several listeners as one stream, in the order of time.

        with MergedListener(first, second) as merged:
            for event in merged: ...

    Where one session has nothing, it is flushed before a later event of another one is given, so that nothing older can
    come; Windows' sessions have 0.1 s for that. What still does (an event whose writer was interrupted) is given at
    once, and counted by `late`. It starts and stops its listeners, which nobody else reads; stats() has the statistics
    of each, by name. Each session has a clock of its own: what lies less than some microseconds apart may change
    places. One thread reads it; any may stop it."""

    def __init__(self, *listeners: EtwListener) -> None:
        self._listeners = listeners
        self._merge = Merge(
            [listener.session for listener in listeners], [listener.try_next_event for listener in listeners]
        )
        self._bell = Bell()

    @property
    def late(self) -> int:
        """Events that came after later ones."""
        return self._merge.late

    def start(self) -> None:
        """Starts all of them, or none."""
        with contextlib.ExitStack() as started:
            for listener in self._listeners:
                started.enter_context(listener)
                self._bell.hang_on(listener.session)
            started.pop_all()

    def stop(self) -> None:
        """Ends the collecting of all. What was collected can still be read."""
        for listener in self._listeners:
            listener.stop()

    def next_event(self, timeout: float | None = None) -> EtwEvent | None:
        """The next event; None: none came within `timeout` seconds, or all have stopped and all is read."""
        until = deadline(time.monotonic(), timeout)
        while (event := self._merge.next()) is None and not self._merge.ended:
            if parts := self._merge.to_flush():
                self._merge.flushed(self._merge.flush(parts))
            elif (left := until - time.monotonic()) > 0:
                self._bell.wait(min(left, _LOOK))
            else:
                break
        return event

    def __iter__(self) -> Iterator[EtwEvent]:
        """The events until all have stopped and all is read."""
        while (event := self.next_event()) is not None:
            yield event

    def stats(self) -> dict[str, SessionStats]:
        """What became of the events of each session, by its name."""
        return {listener.name: listener.stats() for listener in self._listeners}

    def __enter__(self) -> Self:
        """Starts them."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stops them."""
        self.stop()
