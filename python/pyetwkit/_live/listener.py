# SPDX-License-Identifier: MIT
"""EtwListener: live events in one `with`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from pyetwkit._core import EtwEvent, EventFilter, RecordBatch
from pyetwkit._live.deadline import deadline
from pyetwkit._live.session import EtwSession, Existing, Overflow, Provider
from pyetwkit._live.stats import SessionStats
from pyetwkit._paths import Path, paths_of


class EtwListener:
    """Live events of providers: one, or several, each an EtwProvider, a name or a GUID.

        with EtwListener("MyCompany.MyApp") as listener:
            for event in listener.events(timeout=10.0, max_events=100):
                print(event.event_name, dict(event.properties))

    The keywords are those of EtwSession; where a trace is replayed, and no provider named, all its events come. stop()
    from any thread ends the iterations, after what was collected. Any thread may use it."""

    def __init__(
        self,
        providers: Provider | Iterable[Provider] = (),
        *,
        name: str | None = None,
        filter: EventFilter | None = None,
        buffer_size_kb: int = 64,
        min_buffers: int = 0,
        max_buffers: int = 0,
        flush_ms: int = 1000,
        channel_capacity: int = 1_000_000,
        channel_bytes: int = 256 << 20,
        overflow: Overflow = "block",
        replay: Path | Iterable[Path] = (),
        replay_speed: float = 0.0,
        system: bool | None = None,
        existing: Existing = "fail",
    ) -> None:
        if isinstance(providers, str) or not isinstance(providers, Iterable):
            providers = [providers]
        wanted = list(providers)
        if not wanted and not paths_of(replay):
            raise ValueError("a listener needs a provider to listen to")
        self.session = EtwSession(
            name,
            filter=filter,
            buffer_size_kb=buffer_size_kb,
            min_buffers=min_buffers,
            max_buffers=max_buffers,
            flush_ms=flush_ms,
            channel_capacity=channel_capacity,
            channel_bytes=channel_bytes,
            overflow=overflow,
            replay=replay,
            replay_speed=replay_speed,
            system=system,
            existing=existing,
        )
        for provider in wanted:
            self.session.enable(provider)

    @property
    def name(self) -> str:
        """The session's name."""
        return self.session.name

    def start(self) -> None:
        """Begins to listen."""
        self.session.start()

    def stop(self) -> None:
        """Ends the listening; what was collected can be read still."""
        self.session.stop()

    def is_running(self) -> bool:
        """Does it listen?"""
        return self.session.is_running()

    def stats(self) -> SessionStats:
        """What became of the events."""
        return self.session.stats()

    def next_event(self, timeout: float | None = None) -> EtwEvent | None:
        """The next event; None: none came within `timeout` seconds, or the listener has stopped and all is read."""
        return self.session.next_event(timeout)

    def try_next_event(self) -> EtwEvent | None:
        """The next event, if there is one."""
        return self.session.try_next_event()

    def __iter__(self) -> Iterator[EtwEvent]:
        """The events until the listener has stopped and all is read."""
        return iter(self.session)

    def events(self, *, timeout: float | None = None, max_events: int | None = None) -> Iterator[EtwEvent]:
        """The events of `timeout` seconds from now on, `max_events` of them at most; without both until it stops."""
        until = deadline(time.monotonic(), timeout)
        left = math.inf if max_events is None else max_events
        while left > 0 and (event := self.session.next_event(until - time.monotonic())) is not None:
            left -= 1
            yield event
            if time.monotonic() >= until:
                return

    def batches(self, *, timeout: float | None = None) -> Iterator[RecordBatch]:
        """The events as Arrow record batches, as EtwSession.batches()."""
        return self.session.batches(timeout=timeout)

    def __enter__(self) -> Self:
        """Starts it."""
        self.session.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stops it."""
        self.session.stop()

    def __repr__(self) -> str:
        return f"<EtwListener {self.name!r}{'' if self.is_running() else ', not running'}>"
