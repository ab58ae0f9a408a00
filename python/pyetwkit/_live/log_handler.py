# SPDX-License-Identifier: MIT
"""EtwHandler: log records as events."""

from __future__ import annotations

import functools
import logging
import uuid
from typing import Any

from pyetwkit._core import TraceLoggingProvider

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}
_NAMED = ("message", "logger", "file", "line", "function", "template", "args", "exception", "stack")
_PLAIN = (str, int, float, bool, bytes, type(None))


@functools.cache
def _level(number: int) -> int:
    """1 (critical) to 5 (verbose), as events have it."""
    for limit, level in ((logging.CRITICAL, 1), (logging.ERROR, 2), (logging.WARNING, 3), (logging.INFO, 4)):
        if number >= limit:
            return level
    return 5


class EtwHandler(logging.Handler):
    """Writes log records as events: EtwHandler("MyCompany.MyApp"), also in logging.config.dictConfig().

    `provider` is a name or a TraceLoggingProvider, `event` the events' name, `keywords` their mask. An event has the
    fields message, logger, file, line, function; template and args (as text) where there are arguments; exception and
    stack where there are such; and what `extra` gave, as its own types where events have them, else as text. Levels are
    critical to verbose: 1 to 5. While no session wants them, records are not even formatted."""

    def __init__(
        self,
        provider: str | TraceLoggingProvider,
        *,
        id: uuid.UUID | None = None,
        event: str = "Log",
        keywords: int = 0,
        level: int | str = logging.NOTSET,
    ) -> None:
        super().__init__(level)
        self.provider = provider if isinstance(provider, TraceLoggingProvider) else TraceLoggingProvider(provider, id)
        self.event, self.keywords = event, keywords

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """What the event says of a record."""
        said: dict[str, Any] = {
            "message": record.getMessage(),
            "logger": record.name,
            "file": record.pathname,
            "line": record.lineno,
            "function": record.funcName,
        }
        if record.args:
            args = record.args.values() if isinstance(record.args, dict) else record.args
            said["template"], said["args"] = str(record.msg), [str(one) for one in args]
        if record.exc_info and not record.exc_text:
            record.exc_text = (self.formatter or logging.Formatter()).formatException(record.exc_info)
        if record.exc_text:
            said["exception"] = record.exc_text
        if record.stack_info:
            said["stack"] = record.stack_info
        if not _STANDARD.issuperset(vars(record)):
            for name, value in vars(record).items():
                if name not in _STANDARD:
                    said[name if name not in _NAMED else f"extra_{name}"] = value
        return said

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record; what goes wrong is logging.Handler.handleError()'s."""
        level = _level(record.levelno)
        if not self.provider.is_enabled(level, self.keywords):
            return
        try:
            said = self.fields(record)
            try:
                self.provider.write(self.event, said, _level=level, _keywords=self.keywords)
            except (TypeError, ValueError, OverflowError):  # of what `extra` gave
                said = {name: value if type(value) in _PLAIN[:1] else _text(value) for name, value in said.items()}
                self.provider.write(self.event, said, _level=level, _keywords=self.keywords)
        except Exception:
            self.handleError(record)


def _text(value: Any) -> Any:
    if isinstance(value, _PLAIN) and not (isinstance(value, int) and not -(2**63) <= value < 2**64):
        return value
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else str(value)
