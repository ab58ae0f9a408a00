# SPDX-License-Identifier: MIT
"""EtwStreamer: live events for asyncio. MergedStreamer: several of them as one, in the order of time."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Iterable

from pyetwkit._core import EtwEvent, EventFilter, RecordBatch
from pyetwkit._live.bell import Bell
from pyetwkit._live.listener import EtwListener
from pyetwkit._live.merge import Merge, Part
from pyetwkit._live.session import Existing, Overflow, Provider
from pyetwkit._live.stats import SessionStats
from pyetwkit._live.stream import EventStream
from pyetwkit._paths import Path


class EtwStreamer(EventStream):
    """Live events for asyncio: an EtwListener that never blocks the event loop.

        async with EtwStreamer(["MyCompany.MyApp"]) as streamer:
            async for event in streamer:
                await queue.put(event.to_dict())

    `providers` and the options are those of EtwListener. `poll_interval_ms`, in the place of `flush_ms`: the longest
    that an event waits until it is handed on. Nothing is polled: the session wakes the loop, once a batch of events.

    It belongs to the loop that runs where it is started: any other gets a RuntimeError. Cancelling whatever awaits it
    (timeouts, task groups) loses no event. Several tasks may read it: each event goes to one of them. `session` is
    the EtwSession under it, whose stop() any thread may call: what was collected can still be read, then comes the
    end."""

    def __init__(
        self,
        providers: Provider | Iterable[Provider] = (),
        *,
        name: str | None = None,
        filter: EventFilter | None = None,
        buffer_size_kb: int = 64,
        min_buffers: int = 0,
        max_buffers: int = 0,
        flush_ms: int = 100,
        channel_capacity: int = 1_000_000,
        channel_bytes: int = 256 << 20,
        overflow: Overflow = "block",
        replay: Path | Iterable[Path] = (),
        replay_speed: float = 0.0,
        system: bool | None = None,
        existing: Existing = "fail",
        poll_interval_ms: int | None = None,
    ) -> None:
        super().__init__()
        self.session = EtwListener(
            providers,
            name=name,
            filter=filter,
            buffer_size_kb=buffer_size_kb,
            min_buffers=min_buffers,
            max_buffers=max_buffers,
            flush_ms=flush_ms if poll_interval_ms is None else max(1, poll_interval_ms // 2),
            channel_capacity=channel_capacity,
            channel_bytes=channel_bytes,
            overflow=overflow,
            replay=replay,
            replay_speed=replay_speed,
            system=system,
            existing=existing,
        ).session
        self._bell = Bell()
        self._bell.hang_on(self.session)

    def _poll(self) -> EtwEvent | None:
        return self.session.try_next_event()

    @property
    def _ended(self) -> bool:
        return self.session.at_end

    async def start(self) -> None:
        """Starts the session. FileExistsError: a session of that name runs; ValueError: it was started before."""
        loop = self._bind()
        self.session.start()
        self._bell.listen(loop, self._rung)

    async def stop(self) -> None:
        """Ends the collecting. Who waits for an event gets what was collected, and then the end."""
        self._bind()
        self.session.stop()
        self._bell.be_deaf()
        self._rung()

    async def batches(self) -> AsyncIterator[RecordBatch]:
        """Events as Arrow record batches, with the columns of Trace.to_arrow(): what is there, whenever there is
        something. A streamer is read by batches or event by event, not both."""
        self._bind()
        while True:
            batch = self.session.next_batch(0)
            if batch is not None:
                yield batch
                await self._let_others_run()
            elif self._ended:
                return
            else:
                await self._wait()

    def is_running(self) -> bool:
        """Is it started, and not stopped?"""
        return self.session.is_running()

    @property
    def name(self) -> str:
        """The session's name."""
        return self.session.name

    def stats(self) -> SessionStats:
        """What became of the events: one snapshot."""
        return self.session.stats()

    def __repr__(self) -> str:
        return f"<EtwStreamer {self.name} {'running' if self.is_running() else 'not running'}>"


class MergedStreamer(EventStream):
    """Several streamers as one stream, in the order of time.

        async with MergedStreamer(first, second) as merged:
            async for event in merged: ...

    Where one session has nothing, it is flushed before a later event of another one is given, so that nothing older can
    come; Windows' sessions have 0.1 s for that. What still does (an event whose writer was interrupted) is given at
    once, and counted by `late`. It starts and stops its streamers, which nobody else reads; stats() has the statistics
    of each, by name. Each session has a clock of its own: what lies less than some microseconds apart may change
    places."""

    def __init__(self, *streamers: EtwStreamer) -> None:
        super().__init__()
        self._streamers = streamers
        self._merge = Merge([streamer.session for streamer in streamers], [streamer._take for streamer in streamers])
        self._flushing: asyncio.Future[list[tuple[Part, float]]] | None = None

    @property
    def late(self) -> int:
        """Events that came after later ones."""
        return self._merge.late

    def _poll(self) -> EtwEvent | None:
        return self._merge.next()

    async def _wait(self, until: float = math.inf) -> None:
        if self._flushing is None and (parts := self._merge.to_flush()):
            self._flushing = self._bind().run_in_executor(None, self._merge.flush, parts)
            self._flushing.add_done_callback(self._flush_done)
        await super()._wait(until)

    def _flush_done(self, flushing: asyncio.Future[list[tuple[Part, float]]]) -> None:
        self._flushing = None
        if not flushing.cancelled():
            self._merge.flushed(flushing.result())
        self._rung()

    @property
    def _ended(self) -> bool:
        return self._merge.ended

    async def start(self) -> None:
        """Starts all of them, or none."""
        self._bind()
        async with contextlib.AsyncExitStack() as started:
            for streamer in self._streamers:
                await started.enter_async_context(streamer)
                streamer._followers.append(self._rung)
            started.pop_all()

    async def stop(self) -> None:
        """Ends the collecting of all. What was collected can still be read."""
        for streamer in self._streamers:
            await streamer.stop()

    def stats(self) -> dict[str, SessionStats]:
        """What became of the events of each session, by its name."""
        return {streamer.name: streamer.stats() for streamer in self._streamers}
