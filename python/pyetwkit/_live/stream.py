# SPDX-License-Identifier: MIT
"""Events that come one after another to an event loop, wherever they come from: EtwStreamer, MergedStreamer."""

from __future__ import annotations

import abc
import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

from pyetwkit._core import EtwEvent
from pyetwkit._live.deadline import deadline

# Events between two looks at what else the loop has to do.
_SHARE = 64


def _ring(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class EventStream(abc.ABC):
    """Events that come one after another to an event loop: what EtwStreamer and MergedStreamer are. `async for` gives
    them until the end."""

    # No event is lost by cancelling: it is taken after the last await, and nothing awaits before it is handed over.

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self._followers: list[Callable[[], None]] = []  # who wants to know when there may be something
        self._given_back: deque[EtwEvent] = deque()
        self._share = _SHARE

    @abc.abstractmethod
    def _poll(self) -> EtwEvent | None:
        """What is there now."""

    @property
    @abc.abstractmethod
    def _ended(self) -> bool:
        """Will nothing come any more, after _poll() had nothing?"""

    @abc.abstractmethod
    async def start(self) -> None:
        """Begins to collect."""

    @abc.abstractmethod
    async def stop(self) -> None:
        """Ends the collecting. What was collected can still be read."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _take(self) -> EtwEvent | None:
        return self._given_back.popleft() if self._given_back else self._poll()

    def _give_back(self, events: Iterable[EtwEvent]) -> None:
        """Events that were taken and could not be handed over come first again, in this order."""
        self._given_back.extendleft(reversed(list(events)))
        self._rung()

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError(f"this {type(self).__name__} belongs to another event loop: make one for each loop")
        return loop

    def _rung(self) -> None:
        for waiter in self._waiters:
            _ring(waiter)
        for follower in self._followers:
            follower()

    async def _wait(self, until: float = math.inf) -> None:
        """Until there may be something to take, or a time of the loop's clock."""
        loop = self._bind()
        waiter = loop.create_future()
        timer = None if until == math.inf else loop.call_at(until, _ring, waiter)
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
            if timer:
                timer.cancel()

    async def _let_others_run(self) -> None:
        self._share = _SHARE
        await asyncio.sleep(0)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EtwEvent:
        self._bind()
        self._share -= 1
        if self._share <= 0:
            await self._let_others_run()
        while (event := self._take()) is None:
            if self._ended:
                raise StopAsyncIteration
            await self._wait()
        return event

    async def next_event(self, timeout: float | None = None) -> EtwEvent | None:
        """The next event; None: none came within so many seconds (0: without waiting), or the end is reached."""
        loop = self._bind()
        self._share -= 1
        if self._share <= 0:
            await self._let_others_run()
        until = deadline(loop.time(), timeout)
        while (event := self._take()) is None and not self._ended and loop.time() < until:
            await self._wait(until)
        return event

    def try_next_event(self) -> EtwEvent | None:
        """The next event, if there is one. Called in the loop."""
        self._bind()
        return self._take()

    async def events(self, *, timeout: float | None = None, max_events: int | None = None) -> AsyncIterator[EtwEvent]:
        """The events of `timeout` seconds from now on, `max_events` of them at most; without both until the end."""
        loop = self._bind()
        until = deadline(loop.time(), timeout)
        left = math.inf if max_events is None else max_events
        while left > 0 and (event := await self.next_event(until - loop.time())) is not None:
            left -= 1
            yield event
            if loop.time() >= until:
                return


async def stream_to_queue(
    stream: EventStream,
    queue: asyncio.Queue[EtwEvent],
    *,
    timeout: float | None = None,
    max_events: int | None = None,
) -> int:
    """Puts a stream's events into a queue, waiting where that is full, until the stream ends, or for so many seconds,
    or so many events: their number. Cancelled while it waits for room, it leaves the event in the stream."""
    count = 0
    async for event in stream.events(timeout=timeout, max_events=max_events):
        try:
            await queue.put(event)
        except BaseException:
            stream._give_back([event])
            raise
        count += 1
    return count


class EventBatcher:
    """Collects events into lists: of `batch_size`, or of what came within `timeout` seconds of a list's first event,
    also when nothing more comes."""

    def __init__(self, batch_size: int = 100, timeout: float = 1.0) -> None:
        if batch_size < 1:
            raise ValueError("batch_size must be 1 at least")
        self.batch_size, self.timeout = batch_size, timeout

    async def batches(self, stream: EventStream, *, max_batches: int | None = None) -> AsyncIterator[list[EtwEvent]]:
        """The lists, until the stream ends, or so many of them. Cancelled while one is collected, its events stay in
        the stream."""
        loop = asyncio.get_running_loop()
        left = math.inf if max_batches is None else max_batches
        while left > 0 and (first := await stream.next_event()) is not None:
            batch = [first]
            until = deadline(loop.time(), self.timeout)
            try:
                while len(batch) < self.batch_size and (wait := until - loop.time()) > 0:
                    event = await stream.next_event(wait)
                    if event is None:
                        break
                    batch.append(event)
            except BaseException:
                stream._give_back(batch)
                raise
            left -= 1
            yield batch
