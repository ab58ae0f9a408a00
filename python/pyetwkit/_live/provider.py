# SPDX-License-Identifier: MIT
"""EtwProvider: what a session is to enable."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from pyetwkit._catalogue import list_providers
from pyetwkit._core import guid_from_name
from pyetwkit._live.system import refusal

_STACK, _SID, _TS_ID, _START_KEY = 0x4, 0x1, 0x2, 0x80
KERNEL = "Windows Kernel"  # what events of the kernel's classes have as their provider's name
_OPERATORS = {  # etwkit_payload_operator
    "==": 0,
    "!=": 1,
    "<=": 2,
    ">": 3,
    "<": 4,
    ">=": 5,
    "between": 6,
    "outside": 7,
    "contains": 20,
    "lacks": 21,
    "is": 30,
    "is not": 31,
}
PayloadFilter = tuple[int, int, bool, tuple[tuple[str, int, str], ...]]
_LEVELS = {"critical": 1, "error": 2, "warning": 3, "info": 4, "verbose": 5}


@functools.lru_cache(maxsize=1)
def _catalogue() -> dict[str, uuid.UUID]:
    return {one.name.lower(): one.id for one in list_providers()}


def _as_guid(text: str) -> uuid.UUID | None:
    bare = text.strip().strip("{}")
    try:
        return uuid.UUID(bare) if len(bare) == 36 and bare.count("-") == 4 else None
    except ValueError:
        return None


class EnableProperty:
    """What a session adds to each event of a provider: for EtwProvider.enable_property(). On Windows only."""

    SID = _SID
    """The user's SID."""
    TS_ID = _TS_ID
    """The terminal session's number."""
    STACK_TRACE = _STACK
    """The call stack."""
    PROCESS_START_KEY = _START_KEY
    """A number that names the process for ever."""


class ProviderSettings(NamedTuple):
    """What an EtwProvider asks for."""

    level: int = 0
    keywords_any: int = 0
    keywords_all: int = 0
    event_ids: tuple[int, ...] = ()
    exclude_event_ids: tuple[int, ...] = ()
    process_ids: tuple[int, ...] = ()
    process_names: tuple[str, ...] = ()
    properties: int = 0
    ignore_keyword_0: bool = False
    needs_system: bool = False
    payload_filters: tuple[PayloadFilter, ...] = ()

    def names_process(self, pid: int, name: str) -> bool:
        """Are events of this process wanted?"""
        if not self.process_ids and not self.process_names:
            return True
        names = {one.lower().removesuffix(".exe") for one in self.process_names}
        return pid in self.process_ids or name.lower().removesuffix(".exe") in names


_MEANINGS = {
    "level": "Events up to this level; 0: of every level.",
    "keywords_any": "Events with one of these keywords; 0: with any.",
    "keywords_all": "Events with all of these keywords.",
    "event_ids": "Only these; none: every id.",
    "exclude_event_ids": "All but these.",
    "process_ids": "Only of these processes; none: of all.",
    "process_names": "Only of processes with these names; none: of all.",
    "properties": "EnableProperty's, joined by |.",
    "ignore_keyword_0": "Not even events without keywords.",
    "needs_system": "Its events are the system's: a session of the own process cannot have them.",
    "payload_filters": "Event id, version, is one condition enough, and the conditions: field, operator, value.",
}
for _name, _meaning in _MEANINGS.items():
    getattr(ProviderSettings, _name).__doc__ = _meaning


class EtwProvider:
    """A provider that a session is to enable, by name or GUID, and what is wanted of it. Immutable: each method gives
    another one.

        EtwProvider("MyCompany.MyApp").level(4).keywords_any(0x10).event_ids([1, 2])

    A name that is known (list_providers()) is that provider's; of any other the GUID follows, as TraceLogging and
    EventSource have it. `name` beside a GUID is for people. What was said is in `guid`, `name` and `settings`."""

    __slots__ = ("_known", "guid", "name", "settings")

    guid: uuid.UUID
    name: str | None
    settings: ProviderSettings
    _known: bool

    def __init__(self, guid: str | uuid.UUID, name: str | None = None) -> None:
        if not isinstance(guid, (str, uuid.UUID)):
            raise TypeError(f"a provider is a name or a GUID, not {guid!r}")
        if guid == "":
            raise ValueError("a provider's name is empty")
        given = guid if isinstance(guid, uuid.UUID) else _as_guid(guid)
        known = None if given else _catalogue().get(str(guid).lower())
        self._set(
            guid=given or known or guid_from_name(str(guid)),
            name=name if given else str(guid),
            settings=ProviderSettings(),
            _known=known is not None,
        )

    def _set(self, **values: Any) -> None:
        for attribute, value in values.items():
            object.__setattr__(self, attribute, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an EtwProvider is immutable: its methods give another one ({name})")

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """For copy and pickle."""
        self._set(**state[1])

    def _with(self, **changes: Any) -> EtwProvider:
        made = EtwProvider.__new__(type(self))
        made._set(
            guid=self.guid,
            name=self.name,
            settings=self.settings._replace(**changes),
            _known=self._known,
        )
        return made

    def level(self, level: int | str) -> EtwProvider:
        """Events up to this level: 1 (critical) to 5 (verbose), or that name; 0: of every level."""
        number = _LEVELS[level.lower()] if isinstance(level, str) and level.lower() in _LEVELS else level
        if not isinstance(number, int) or not 0 <= number <= 255:
            raise ValueError(f"a level is a number from 0 to 255, or one of {', '.join(_LEVELS)}, not {level!r}")
        return self._with(level=int(number))

    def keywords_any(self, mask: int) -> EtwProvider:
        """Events with one of these keywords (and those without keywords)."""
        return self._with(keywords_any=_mask(mask))

    def keywords_all(self, mask: int) -> EtwProvider:
        """Events with all of these keywords (and those without keywords)."""
        return self._with(keywords_all=_mask(mask))

    def event_ids(self, ids: Iterable[int]) -> EtwProvider:
        """Only events with these ids."""
        return self._with(event_ids=tuple(ids), exclude_event_ids=())

    def exclude_event_ids(self, ids: Iterable[int]) -> EtwProvider:
        """All events but those with these ids."""
        return self._with(exclude_event_ids=tuple(ids), event_ids=())

    def process_id(self, pid: int) -> EtwProvider:
        """Only events of this process, and of those named before."""
        return self._with(process_ids=(*self.settings.process_ids, int(pid)))

    def process_ids(self, pids: Iterable[int]) -> EtwProvider:
        """Only events of these processes."""
        return self._with(process_ids=tuple(map(int, pids)))

    def process_name(self, name: str) -> EtwProvider:
        """Only events of processes with this name (without case, and without .exe), and of those named before."""
        return self._with(process_names=(*self.settings.process_names, name))

    def ignore_keyword_0(self, ignore: bool = True) -> EtwProvider:
        """Not even events without keywords, which else pass whatever keywords are wanted."""
        return self._with(ignore_keyword_0=bool(ignore))

    def stack_trace(self, wanted: bool = True) -> EtwProvider:
        """With the call stack of each event. On Windows only."""
        rest = self.settings.properties & ~_STACK
        return self._with(properties=rest | _STACK if wanted else rest)

    def enable_property(self, *properties: int) -> EtwProvider:
        """With these EnableProperty's of each event. On Windows only."""
        return self._with(properties=functools.reduce(int.__or__, map(int, properties), self.settings.properties))

    def payload_filter(
        self,
        event_id: int,
        *conditions: tuple[str, str, int | str | uuid.UUID],
        version: int = 0,
        match_any: bool = False,
    ) -> EtwProvider:
        """Of the events of this id and version, only those of which all conditions hold (`match_any`: one of them),
        such as ("Status", "!=", 0). Of several filters for one event it has to satisfy one. On Windows only.

        Numbers are compared by ==, !=, <=, >, <, >=, "between" and "outside" (of "1,5"); texts, without case, by "is",
        "is not", "contains" and "lacks", of GUIDs the first two."""
        if not 0 <= event_id <= 0xFFFF or not 0 <= version <= 0xFF or not conditions:
            raise ValueError("a payload filter has an event id of 16 bits, a version of 8, and conditions")
        made = tuple((field, _operator(comparison), _operand(value)) for field, comparison, value in conditions)
        one = (event_id, version, bool(match_any), made)
        return self._with(payload_filters=(*self.settings.payload_filters, one))

    def of_system(self) -> EtwProvider:
        """Only the system's own events will do: where they cannot be had, a session says so at once."""
        return self._with(needs_system=True)

    with_level = level
    with_keywords = keywords_any
    with_keywords_any = keywords_any
    with_keywords_all = keywords_all
    with_event_ids = event_ids
    with_process_id = process_id
    with_process_ids = process_ids
    with_process_name = process_name
    with_stack_trace = stack_trace
    with_enable_property = enable_property

    def _key(self) -> tuple[object, ...]:
        return (self.guid, self.name, self.settings)

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, EtwProvider) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        default = ProviderSettings()._asdict()
        said = [f"{name}={value!r}" for name, value in self.settings._asdict().items() if value != default[name]]
        return " ".join(["<EtwProvider", self.name or "", str(self.guid), *said]) + ">"


def _operator(text: str) -> int:
    if text not in _OPERATORS:
        raise ValueError(f"an operator of payload filters is one of {', '.join(_OPERATORS)}, not {text!r}")
    return _OPERATORS[text]


def _operand(value: int | str | uuid.UUID) -> str:
    if isinstance(value, int):
        return str(int(value))  # booleans are compared as numbers
    return f"{{{value}}}" if isinstance(value, uuid.UUID) else str(value)


def _mask(mask: int) -> int:
    if not 0 <= mask < 2**64:
        raise ValueError(f"keywords are a mask of 64 bits, not {mask!r}")
    return int(mask)


def provider_of(given: EtwProvider | str | uuid.UUID) -> EtwProvider:
    """As callers name one."""
    if isinstance(given, EtwProvider):
        return given
    if isinstance(given, (str, uuid.UUID)):
        return EtwProvider(given)
    raise TypeError(f"a provider is an EtwProvider, a name or a GUID, not {given!r}")


def refuse_system(provider: EtwProvider) -> None:
    """OSError for what a session of the own process cannot give."""
    settings, what = provider.settings, provider.name or str(provider.guid)
    if settings.needs_system:
        raise refusal(f"{what} writes events of Windows, and this session is one of the own process")
    if provider._known or what == KERNEL:
        raise refusal(
            f"{what} writes events of Windows, and this session is one of the own process; if this program itself "
            "writes as that provider, name it by its GUID"
        )
    if settings.payload_filters:
        raise refusal(
            f"{what}: payload filters are Windows', and this session is one of the own process; "
            "filter=EventFilter(...) compares properties"
        )
    if settings.properties:
        raise refusal(
            f"{what}: stacks, SIDs and the like are added to events by Windows, and this session is one of the own "
            "process; leave them out"
        )
