# SPDX-License-Identifier: MIT
"""Events that come one after another to an event loop, wherever they come from: EtwStreamer, MergedStreamer."""

from __future__ import annotations

import abc
import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Self

from pyetwkit._core import EtwEvent

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

    async def _wait(self, until: float | None = None) -> None:
        """Until there may be something to take, or a time of the loop's clock."""
        loop = self._bind()
        waiter = loop.create_future()
        timer = None if until is None else loop.call_at(until, _ring, waiter)
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
        until = None if timeout is None else loop.time() + timeout
        while (event := self._take()) is None and not self._ended:
            if until is not None and loop.time() >= until:
                break
            await self._wait(until)
        return event

    async def events(self, *, timeout: float | None = None, max_events: int | None = None) -> AsyncIterator[EtwEvent]:
        """Events for so many seconds in all, and so many of them."""
        loop = self._bind()
        until = None if timeout is None else loop.time() + timeout
        left = max_events
        while left is None or left > 0:
            event = await self.next_event(None if until is None else max(0.0, until - loop.time()))
            if event is None:
                return
            left = None if left is None else left - 1
            yield event


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
        while max_batches is None or max_batches > 0:
            batch: list[EtwEvent] = []
            until: float | None = None
            try:
                while len(batch) < self.batch_size:
                    event = await stream.next_event(None if until is None else max(0.0, until - loop.time()))
                    if event is None:
                        break
                    until = until or loop.time() + self.timeout
                    batch.append(event)
            except BaseException:
                stream._give_back(batch)
                raise
            if not batch:
                return
            max_batches = None if max_batches is None else max_batches - 1
            yield batch
