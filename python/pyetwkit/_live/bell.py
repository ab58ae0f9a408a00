# SPDX-License-Identifier: MIT
"""What sessions ring when there is something to read after there was nothing: for an event loop, or who waits."""

from __future__ import annotations

import contextlib
import functools
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from pyetwkit._live.session import EtwSession


async def _hear(loop: asyncio.AbstractEventLoop, heard: socket.socket, callback: Callable[[], None]) -> None:
    try:
        while await loop.sock_recv(heard, 4096):
            callback()
    finally:
        del callback  # or a cancelled task's traceback would keep the session until the next garbage collection


class Bell:
    """Two sockets: threads of sessions write to one, the other is heard. They are closed when the sessions, which keep
    the bell, are gone and nothing can ring any more."""

    def __init__(self) -> None:
        self._pulled, self._heard = socket.socketpair()
        self._pulled.setblocking(False)
        self._heard.setblocking(False)
        self._stop_hearing: Callable[[], object] | None = None

    def __del__(self) -> None:
        self._pulled.close()
        self._heard.close()

    def hang_on(self, session: EtwSession) -> None:
        """Has the session ring it."""
        session._core.wake_with(self._pulled.fileno(), self)

    def wait(self, seconds: float) -> None:
        """Until it was rung, so long at most."""
        self._heard.settimeout(seconds)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            self._heard.recv(4096)

    def fileno(self) -> int:
        """What gets readable when it is rung."""
        return self._heard.fileno()

    def clear(self) -> None:
        """It is readable no more, until it is rung again."""
        with contextlib.suppress(BlockingIOError):
            while len(self._heard.recv(4096)) == 4096:
                pass

    def listen(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Has the loop call back after each ringing, until it is told to be deaf()."""

        def heard() -> None:
            self.clear()
            callback()

        number = self.fileno()
        try:
            loop.add_reader(number, heard)
            self._stop_hearing = functools.partial(loop.remove_reader, number)
        except NotImplementedError:  # Windows' Proactor
            self._stop_hearing = loop.create_task(_hear(loop, self._heard, callback)).cancel

    def be_deaf(self) -> None:
        """Ends that. Called in the loop."""
        stop, self._stop_hearing = self._stop_hearing, None
        if stop:
            stop()
