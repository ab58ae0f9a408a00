# SPDX-License-Identifier: MIT
"""EtwSession: a session of the own process, or of Windows."""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import math
import os
import sys
import threading
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from pyetwkit import _core
from pyetwkit._core import EtwEvent, EventFilter, RecordBatch
from pyetwkit._live.provider import KERNEL, EtwProvider, provider_of, refuse_system
from pyetwkit._live.stats import SessionStats
from pyetwkit._live.system import IS_WINDOWS, refusal
from pyetwkit._paths import Path, default_schemas, paths_of

if TYPE_CHECKING:
    from pyetwkit._live.bell import Bell

Provider: TypeAlias = "EtwProvider | str | uuid.UUID"
Overflow: TypeAlias = "Literal['block', 'drop_newest', 'drop_oldest']"
FileMode: TypeAlias = "Literal['sequential', 'circular', 'new_file', 'flight_recorder']"
Existing: TypeAlias = "Literal['fail', 'adopt', 'replace']"
_Request: TypeAlias = "tuple[int, int, tuple[int, ...], tuple[tuple[uuid.UUID, int], ...], int]"

_U32, _U64 = 2**32 - 1, 2**64 - 1
_USER = 0  # etwkit_system_kind
_REAL_TIME = 0
_FILE_MODES = {"sequential": 1, "circular": 2, "new_file": 3, "flight_recorder": 4}
_EXISTING = {"fail": 0, "adopt": 1, "replace": 2}
_OVERFLOW = {"block": 0, "drop_newest": 1, "drop_oldest": 2}
_CLOCKS = {"qpc": 1, "system": 2}
# EventTraceEvent: what Windows tells of the session itself before all events, and nobody enabled.
_OF_THE_SESSION = uuid.UUID("68fdd900-4a3e-11d1-84f4-0000f80464e3")
_numbers = itertools.count(1)
_running: weakref.WeakValueDictionary[int, EtwSession] = weakref.WeakValueDictionary()


def _end(*, files: bool) -> None:
    """At exit. Threads that wait for events come to the end. Files are finished last; flushed before, as some processes
    (those of multiprocessing) end without a last."""
    with contextlib.ExitStack() as each:  # though others raise
        for session in [one() for one in _running.valuerefs()]:
            if session:
                goes_on = session._records and session.is_running() and not files
                each.callback(session.flush if goes_on else session.stop)


# What is read ends before Python waits for its threads, where that can be had: else those that wait for events would
# never end. What is recorded ends after them, and after handlers that were registered later than this one.
getattr(threading, "_register_atexit", atexit.register)(functools.partial(_end, files=False))
atexit.register(_end, files=True)


def _own_name() -> str:
    """The program's file name, without pathlib, which takes long to import."""
    try:
        path = os.readlink("/proc/self/exe")  # noqa: PTH115
    except OSError:
        path = sys.executable
    return os.path.basename(path)  # noqa: PTH119


def _is_system_usual() -> bool:
    scope = os.environ.get("ETWKIT_SESSION_SCOPE") or ("system" if IS_WINDOWS else "process")
    if scope not in ("system", "process"):
        raise ValueError(f"ETWKIT_SESSION_SCOPE is 'system' or 'process', not {scope!r}")
    return scope == "system"


def _choice(what: str, choices: Mapping[str, int], given: str) -> int:
    if given not in choices:
        raise ValueError(f"{what} is one of {', '.join(choices)}, not {given!r}")
    return choices[given]


class EtwSession:
    """Collects events of providers: into a channel that is read here, event by event or as batches; or into a file.

        session = EtwSession("mine")
        session.enable("MyCompany.MyApp", level=4)
        with session:
            ...
        for event in session: ...     # what is left

    `name` is unique among the sessions that run in the process. Buffers of `buffer_size_kb` are there from
    `min_buffers` to `max_buffers` (0: as many as suit); `flush_ms`: events are handed on at the latest after twice
    this. `channel_capacity` events (and `channel_bytes`) may wait to be read; when that is full, `overflow` says what
    happens: 'block' (the buffers fill, then events are lost when written), 'drop_newest', 'drop_oldest'. What is lost
    is counted by stats(). `filter` keeps events back, `schema` names sources of schemas as open() does. `clock`:
    'qpc', 'system'.

    With a `file` the events are written there, as a trace that open() reads, also meanwhile; nothing is read here then.
    `file_mode` 'sequential': up to `max_file_size_mb` (0: without end); 'circular': the oldest are overwritten at that
    size; 'new_file': another one each time, whose number stands where the path has %d; 'flight_recorder': they stay in
    the buffers, the newest of them, until snapshot() writes them, and stop() where there is a `file`.

    With `replay`, a trace or several, the session gives their events in the place of live ones: those of the providers
    that are enabled, as these ask for them, or all where none is; `replay_speed` 1: as it was recorded, 0: as fast as
    they are read. They keep their times. After the last one the end is reached.

    Whose session it is: with `system` True one of Windows' ETW, with the events of all programs and of Windows itself
    (which takes an administrator, or the group Performance Log Users); False: of this program, with the events of its
    own providers, on any system. Left out: what ETWKIT_SESSION_SCOPE says, "system" or "process"; else on Windows the
    first, elsewhere the second. `existing` says what happens where Windows runs a session of that name: 'fail',
    'adopt', 'replace'. Names of sessions left behind begin with 'etwkit-'.

    Any thread may use it, several at once; events that several threads read go to one of them each. In the child of a
    fork it is stopped and at its end. It stops when nothing refers to it any more, and at exit: one that is read
    as soon as the main thread has ended, one that writes a file after all threads and the atexit handlers."""

    def __init__(
        self,
        name: str | None = None,
        *,
        buffer_size_kb: int = 64,
        min_buffers: int = 0,
        max_buffers: int = 0,
        flush_ms: int = 1000,
        channel_capacity: int = 1_000_000,
        channel_bytes: int = 256 << 20,
        overflow: Overflow = "block",
        filter: EventFilter | None = None,
        schema: Path | Iterable[Path] = (),
        clock: Literal["qpc", "system"] = "qpc",
        file: Path | None = None,
        file_mode: FileMode = "sequential",
        max_file_size_mb: int = 0,
        replay: Path | Iterable[Path] = (),
        replay_speed: float = 0.0,
        system: bool | None = None,
        existing: Existing = "fail",
    ) -> None:
        self._replayed = paths_of(replay)
        self._replay_speed = replay_speed
        self.is_system = (_is_system_usual() and not self._replayed) if system is None else system
        """Is it one of Windows' sessions, not of this program?"""
        if self.is_system and not IS_WINDOWS:
            raise refusal("sessions of the system are those of Windows")
        on_existing = _choice("existing", _EXISTING, existing)
        on_overflow = _choice("overflow", _OVERFLOW, overflow)
        clock_kind = _choice("clock", _CLOCKS, clock)
        mode = _choice("file_mode", _FILE_MODES, file_mode)
        for what, given, least, most in (
            ("buffer_size_kb", buffer_size_kb, 1, 1024),
            ("min_buffers", min_buffers, 0, _U32),
            ("max_buffers", max_buffers, 0, _U32),
            ("flush_ms", flush_ms, 1, _U32),
            ("channel_capacity", channel_capacity, 1, _U32),
            ("channel_bytes", channel_bytes, 1, _U64),
            ("max_file_size_mb", max_file_size_mb, 0, _U64 >> 20),
            ("replay_speed", replay_speed, 0.0, sys.float_info.max),
        ):
            if not least <= given <= most:
                raise ValueError(f"{what} is a number from {least} to {most}, not {given!r}")
        self._records = file is not None or file_mode == "flight_recorder"
        self._core = _core.Session(
            name=name or f"etwkit-py-{os.getpid()}-{next(_numbers)}",
            buffer_size=buffer_size_kb * 1024,
            minimum_buffers=min_buffers,
            maximum_buffers=max_buffers,
            flush_ms=flush_ms,
            clock=clock_kind,
            channel_events=channel_capacity,
            channel_bytes=channel_bytes,
            overflow=on_overflow,
            filter=filter,
            schema_paths=(*paths_of(schema), *default_schemas()),
            mode=mode if self._records else _REAL_TIME,
            path=None if file is None else os.fsdecode(file),
            maximum_file_size=max_file_size_mb << 20,
            system=self._request(on_existing) if self.is_system else None,
        )
        if self.is_system:
            self._read_through(~EventFilter(provider=_OF_THE_SESSION))
        self._providers: dict[uuid.UUID, EtwProvider] = {}
        self._lock = threading.Lock()
        self._bell: Bell | None = None

    def _request(self, existing: int) -> _Request:
        """What is asked of Windows."""
        return (_USER, existing, (), (), 0)

    @classmethod
    def with_config(
        cls,
        name: str | None = None,
        buffer_size_kb: int = 64,
        min_buffers: int = 64,
        max_buffers: int = 128,
        channel_capacity: int = 10_000,
    ) -> EtwSession:
        """PyETWkit's way to make one."""
        return cls(
            name,
            buffer_size_kb=buffer_size_kb,
            min_buffers=min_buffers,
            max_buffers=max_buffers,
            channel_capacity=channel_capacity,
        )

    @property
    def name(self) -> str:
        """The name."""
        return self._core.name

    def enable(
        self,
        provider: Provider,
        *,
        level: int | str | None = None,
        keywords_any: int | None = None,
        keywords_all: int | None = None,
    ) -> None:
        """Enables a provider, or changes what is wanted of it, before the start or while the session runs; whether it
        is registered already or not. The keywords are those of EtwProvider, for names and GUIDs.

        OSError: its events are those of Windows, which cannot be had here. EtwError: 8 sessions have it enabled.
        """
        wanted = provider_of(provider)
        if level is not None:
            wanted = wanted.level(level)
        if keywords_any is not None:
            wanted = wanted.keywords_any(keywords_any)
        if keywords_all is not None:
            wanted = wanted.keywords_all(keywords_all)
        settings = wanted.settings
        if self._replayed:
            _refuse_in_replay(wanted)
        elif not self.is_system:
            refuse_system(wanted)
        is_wanted = self._replayed or self.is_system or settings.names_process(os.getpid(), _own_name())
        with self._lock:
            if is_wanted:
                self._core.enable(
                    wanted.guid,
                    settings.level,
                    settings.keywords_any,
                    settings.keywords_all,
                    settings.event_ids or settings.exclude_event_ids,
                    bool(settings.exclude_event_ids),
                    settings.ignore_keyword_0,
                    settings.properties if self.is_system else 0,
                    settings.process_ids if self.is_system else (),
                    settings.process_names if self.is_system else (),
                    settings.payload_filters,
                )
            elif wanted.guid in self._providers:
                self._core.disable(wanted.guid)
            self._providers[wanted.guid] = wanted

    add_provider = enable

    def remove_provider(self, provider: Provider) -> bool:
        """Wants no more events of it. False: it was not enabled."""
        guid = provider_of(provider).guid
        with self._lock:
            was_enabled = self._providers.pop(guid, None) is not None
            self._core.disable(guid)
        return was_enabled

    disable = remove_provider

    def list_providers(self) -> list[EtwProvider]:
        """Those that are enabled."""
        with self._lock:
            return list(self._providers.values())

    def capture_state(self, provider: Provider) -> None:
        """Asks the provider to write events of its state. LookupError: this session has not enabled it; ChannelError:
        it does not run."""
        wanted = provider_of(provider)
        if not self._core.capture_state(wanted.guid):
            raise LookupError(f"session {self.name} has not enabled {wanted.name or wanted.guid}")

    def start(self) -> None:
        """Begins to collect. FileExistsError: a session of this name runs; ValueError: it was started before; and what
        may happen to files that are written or replayed."""
        if self._replayed and not self._core.started:
            self._prepare_replay()
        self._core.start()
        _running[id(self)] = self

    def stop(self) -> None:
        """Ends the collecting; what was collected can be read still. Nothing, where it does not run."""
        self._core.stop()
        _running.pop(id(self), None)

    def _prepare_replay(self) -> None:
        """What the engine leaves to its reader: of which processes events are wanted."""
        self._core.replay(self._replayed, self._replay_speed, not self._providers)
        for guid, provider in self._providers.items():
            if pids := provider.settings.process_ids:
                self._read_through(~EventFilter(provider=guid) | EventFilter(pid=pids))

    def _read_through(self, only: EventFilter) -> None:
        self._core.filter = only if self._core.filter is None else self._core.filter & only

    def snapshot(self, path: Path) -> None:
        """Writes what a flight recorder holds to a file, while it goes on. ValueError: it is none."""
        self._core.snapshot(os.fsdecode(path))

    def flush(self) -> None:
        """Hands on what was written before this call, and returns when that is done. ChannelError: it does not run, or
        its channel is full (overflow='block') and must be read first."""
        self._core.flush()

    def is_running(self) -> bool:
        """Does it collect?"""
        return self._core.is_running()

    def stats(self) -> SessionStats:
        """What became of its events, in one consistent snapshot."""
        return SessionStats(*self._core.stats())

    def notes(self) -> list[str]:
        """What Windows could not do as it was asked, and what was done instead."""
        return self._core.notes().splitlines()

    def next_event(self, timeout: float | None = None) -> EtwEvent | None:
        """The next event. None: none came within `timeout` seconds, or (without a timeout) the session has stopped and
        all is read. ChannelError: it was never started."""
        return self._core.next_event(milliseconds_of(timeout))

    def next_event_timeout(self, ms: int) -> EtwEvent | None:
        """The next event, or None after so many milliseconds."""
        return self.next_event(ms / 1000)

    def try_next_event(self) -> EtwEvent | None:
        """The next event, if there is one."""
        return self._core.next_event(0)

    def next_batch(self, timeout: float | None = None) -> RecordBatch | None:
        """All events that are there, at least one, as next_event() gives one."""
        return self._core.next_batch(milliseconds_of(timeout))

    def __iter__(self) -> Iterator[EtwEvent]:
        """The events until the session has stopped and all is read."""
        take = self._core.next_event
        while (event := take(-1)) is not None:
            yield event

    def batches(self, *, timeout: float | None = None) -> Iterator[RecordBatch]:
        """The events as Arrow record batches, each what was there at the time: until the session has stopped and all is
        read, or nothing has come for `timeout` seconds. A session is read this way or event by event (ValueError)."""
        while (batch := self.next_batch(timeout)) is not None:
            yield batch

    @property
    def is_replay(self) -> bool:
        """Does it replay a trace?"""
        return bool(self._replayed)

    @property
    def at_end(self) -> bool:
        """Has it stopped, and is all read?"""
        return self._core.ended

    def fileno(self) -> int:
        """A descriptor for event loops (Windows: of a socket) that gets readable when there is something to read after
        there was nothing, and at the end. When it is: clear_wakeup(), then try_next_event() until it gives None."""
        with self._lock:
            if self._bell is None:
                from pyetwkit._live.bell import Bell  # noqa: PLC0415 # sockets take long to import

                bell = Bell()
                bell.hang_on(self)
                self._bell = bell
        return self._bell.fileno()

    def clear_wakeup(self) -> None:
        """fileno() is readable no more, until there is something to read again."""
        if self._bell:
            self._bell.clear()

    def __enter__(self) -> Self:
        """Starts it, if it was not started yet."""
        if not self._core.started:
            self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stops it."""
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.is_running() else "stopped" if self._core.started else "not started"
        return f"<{type(self).__name__} {self.name!r} {state}>"


def _refuse_in_replay(provider: EtwProvider) -> None:
    """ValueError for what would give no event of a trace, without a word."""
    if provider.settings.process_names:
        raise ValueError("a trace that is replayed does not say the names of processes: use process_ids()")
    if provider.settings.payload_filters:
        raise ValueError("payload filters are Windows': of a trace that is replayed, filter=EventFilter(...) chooses")
    if provider.name == KERNEL:
        raise ValueError(
            f"{KERNEL} is many providers, one a class of events: name none, and choose by "
            f"filter=EventFilter(provider={KERNEL!r})"
        )


def milliseconds_of(timeout: float | None) -> int:
    """As the C side takes it; -1: no limit."""
    return -1 if timeout is None else math.ceil(min(max(timeout, 0.0), 1e12) * 1000)
