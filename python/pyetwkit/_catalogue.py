# SPDX-License-Identifier: MIT
"""The catalogue: what is known of providers and their events without any trace."""

from __future__ import annotations

import fnmatch
import functools
import uuid
from collections.abc import Iterable

from pyetwkit._core import Library, Schema, SchemaNotFoundError
from pyetwkit._paths import Path, default_schemas, paths_of

_KINDS = {"levels": 0, "opcodes": 1, "tasks": 2, "keywords": 3, "channels": 4}


class ProviderInfo:
    """A provider that is known: its name and id (a GUID), the source ('manifest' or 'pack') and the path of the file
    that knows it (None: the pack that comes with etwkit), the number of its events. Its events and names are looked up
    when they are asked for. Any thread may use it."""

    __slots__ = ("_index", "_library", "event_count", "id", "name", "path", "source")

    name: str
    id: uuid.UUID
    source: str
    path: str | None
    event_count: int

    def __init__(self, library: Library, index: int, described: tuple[str, uuid.UUID, str, str | None, int]) -> None:
        self._library, self._index = library, index
        self.name, self.id, self.source, self.path, self.event_count = described

    def __repr__(self) -> str:
        return f"<ProviderInfo {self.name} {self.id} {self.event_count} events>"

    @property
    def events(self) -> list[Schema]:
        """The Schemas of its events, each version for itself, by id."""
        return self._library.events(self._index)

    def _names(self, kind: str) -> dict[int, str]:
        return self._library.names(self._index, _KINDS[kind])

    @property
    def levels(self) -> dict[int, str]:
        """Names of levels by number."""
        return self._names("levels")

    @property
    def opcodes(self) -> dict[int, str]:
        """Names of opcodes by task << 16 | opcode; task 0: of all tasks."""
        return self._names("opcodes")

    @property
    def tasks(self) -> dict[int, str]:
        """Names of tasks by number."""
        return self._names("tasks")

    @property
    def keywords(self) -> dict[int, str]:
        """Names of keywords by mask."""
        return self._names("keywords")

    @property
    def channels(self) -> dict[int, str]:
        """Names of channels by number."""
        return self._names("channels")


@functools.lru_cache(maxsize=4)
def _providers(paths: tuple[str, ...], pack: bool) -> tuple[ProviderInfo, ...]:
    library = Library(paths, not pack)
    return tuple(ProviderInfo(library, index, one) for index, one in enumerate(library.providers()))


def list_providers(*, schema: Path | Iterable[Path] = (), pack: bool = True) -> list[ProviderInfo]:
    """All providers that are known, by name: those of `schema` (files or folders, as open() takes them), of
    ETWKIT_SCHEMA_PATH and the user's folder, and those that come with etwkit."""
    return list(_providers((*paths_of(schema), *default_schemas()), pack))


def search_providers(text: str, *, schema: Path | Iterable[Path] = (), pack: bool = True) -> list[ProviderInfo]:
    """The providers whose names have the text in them, or match it where it has * or ?; without case."""
    wanted = text.lower()
    pattern = wanted if set(text) & set("*?") else f"*{wanted}*"
    return [one for one in list_providers(schema=schema, pack=pack) if fnmatch.fnmatchcase(one.name.lower(), pattern)]


def get_provider_info(name: str | uuid.UUID, *, schema: Path | Iterable[Path] = (), pack: bool = True) -> ProviderInfo:
    """The provider of that name (without case) or GUID. SchemaNotFoundError: it is not known."""
    wanted = str(name).lower().strip("{}")
    for one in list_providers(schema=schema, pack=pack):
        if wanted in (one.name.lower(), str(one.id)):
            return one
    raise SchemaNotFoundError(f"no known provider is called {str(name)!r}; list_providers() has their names")
