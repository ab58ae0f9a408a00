# SPDX-License-Identifier: MIT
"""What this system can do."""

from __future__ import annotations

import os
import sys


def is_available() -> bool:
    """Can sessions collect events here? Of the own process on every system; those of Windows itself cannot be had yet,
    and asking for them is an OSError that says so."""
    return True


def check_admin() -> bool:
    """Has this process the rights of an administrator (of root)? Sessions of the own process need none."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 # not needed elsewhere

        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return os.geteuid() == 0
