# SPDX-License-Identifier: MIT
"""Activities: what one request does on its way through a program, by contextvars."""

from __future__ import annotations

import contextlib
import contextvars
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal

from pyetwkit import _core

_START, _STOP = 1, 2
_current: contextvars.ContextVar[uuid.UUID | None] = contextvars.ContextVar("pyetwkit_activity", default=None)
_core.use_activities(_current.get)


def current_activity() -> uuid.UUID | None:
    """The activity of this context, which the events that are written in it carry; None: there is none."""
    return _current.get()


class Activity:
    """What TraceLoggingProvider.activity() gives: use it with `with`, once. Events that are written inside carry its
    id, those of the tasks begun there (and of asyncio.to_thread()) as well; to a threading.Thread hand
    contextvars.copy_context().run over.

    It has an `id`, and that of the activity around it, `related`. An exception that leaves it is named by the last
    event, as `exception`."""

    __slots__ = ("_before", "_event", "_fields", "_provider", "_values", "id", "related")

    id: uuid.UUID
    related: uuid.UUID | None

    def __init__(
        self,
        provider: _core.TraceLoggingProvider,
        event: str,
        fields: Mapping[str, Any] | None = None,
        /,
        **values: Any,
    ) -> None:
        self._provider, self._event, self._fields, self._values = provider, event, fields, values
        self._before: contextvars.Token[uuid.UUID | None] | None = None
        self.id, self.related = uuid.uuid4(), None

    def _write(self, fields: Mapping[str, Any] | None, **values: Any) -> None:
        self._provider.write(self._event, fields, _activity=self.id, **values)

    def __enter__(self) -> Activity:
        if self._before is not None:
            raise ValueError("an activity begins once; make another")
        self.related = _current.get()
        self._write(self._fields, **{"_related": self.related, **self._values, "_opcode": _START})
        self._before = _current.set(self.id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        assert self._before is not None
        with contextlib.suppress(ValueError):  # it may end in another context than it began in, as generators do
            _current.reset(self._before)
        settings = {name: value for name, value in self._values.items() if name in ("_level", "_keywords", "_task")}
        self._write({"exception": kind.__name__} if kind else None, **settings, _opcode=_STOP)
        return False

    def __repr__(self) -> str:
        return f"<Activity {self._event} {self.id}>"
