# SPDX-License-Identifier: MIT
"""Headless Chromium, asked by its DevTools protocol what is in a page."""

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import signal

import aiohttp

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0"]


def chromium():
    """Its path, if there is one: $CHROMIUM, or a name that it is known by."""
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM") or "", *NAMES))), None)


class Browser:
    """One that runs. It answers each message with a number by one with the same."""

    def __init__(self, socket):
        self._socket = socket
        self._numbers = itertools.count(1)

    async def ask(self, method, session=None, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        await self._socket.send_json({**message, "sessionId": session} if session else message)
        while (answer := await self._socket.receive_json()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    async def open(self, url):
        target = (await self.ask("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        await self.ask("Page.navigate", session, url=url)  # answered when the page has begun to load
        return Page(self, target, session)


class Page:
    """A tab."""

    def __init__(self, browser, target, session):
        self._browser, self._target, self._session = browser, target, session

    async def value(self, expression):
        """Of an expression of JavaScript, as JSON has it."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = await self._browser.ask("Runtime.evaluate", self._session, **asked)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, expression):
        """Waits until it is true."""
        while not await self.value(expression):
            await asyncio.sleep(0.05)

    async def close(self):
        await self._browser.ask("Target.closeTarget", targetId=self._target)


@contextlib.asynccontextmanager
async def browsing(folder):
    """A Browser with a profile of its own in the folder."""
    command = [chromium(), *OPTIONS, f"--user-data-dir={folder}"]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, start_new_session=True)
    try:
        while not (found := re.search(rb"listening on (ws://\S+)", line := await process.stderr.readline())):
            assert line, "Chromium ended"
        draining = asyncio.create_task(process.stderr.read())
        async with aiohttp.ClientSession() as client, client.ws_connect(found[1].decode(), max_msg_size=0) as socket:
            yield Browser(socket)
            await Browser(socket).ask("Browser.close")
        await draining
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it has children, and is itself one of a shell
        await process.wait()
