# SPDX-License-Identifier: MIT
"""What this system can do."""

from __future__ import annotations

import os
import sys

IS_WINDOWS = sys.platform == "win32"
WORKS = (
    "what works here: events of this program (a TraceLoggingProvider, EtwHandler, or the C library in it), "
    "recorded traces by pyetwkit.open(), and replaying them (replay=)"
)


def refusal(text: str) -> OSError:
    """That a session cannot have what only Windows' sessions have."""
    import errno  # noqa: PLC0415 # only when it is raised

    instead = f"a session of the system has them (system=True); {WORKS}" if IS_WINDOWS else WORKS
    return OSError(errno.ENOTSUP, f"{text}; {instead}")


def is_available() -> bool:
    """Can sessions collect events here? Of the own process on every system; those of Windows itself on Windows alone,
    and asking for them elsewhere is an OSError that says so."""
    return True


def check_admin() -> bool:
    """Has this process the rights of an administrator (of root)? Sessions of the own process need none."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 # not needed elsewhere

        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return os.geteuid() == 0
