# SPDX-License-Identifier: MIT
"""A web service that traces its requests: into a file, and live to every browser that looks at its page.

pip install aiohttp
python service.py service.etl
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pyetwkit as etw
from aiohttp import web

shop = etw.TraceLoggingProvider("Contoso.Shop")
HERE = pathlib.Path(__file__).parent
FILE = web.AppKey("FILE", str)


# What is traced: each request is an activity, whose id all events have that are written on its behalf.


@web.middleware
async def traced(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    # The path alone: what stands behind its "?" may be a secret.
    with shop.activity("Request", method=request.method, path=request.path):
        try:
            response = await handler(request)
        except web.HTTPException as answer:  # 404 and the like; of other exceptions the activity tells
            shop.write("Response", status=answer.status, _level=3)
            raise
        shop.write("Response", status=response.status)
        return response


# What the service does.


async def query(table: str, order: int) -> dict[str, object]:
    """In the place of a database. Its event belongs to the request, though a task of its own writes it."""
    await asyncio.sleep(0.02)
    shop.write("Query", table=table, order=order)
    return {"table": table, "order": order}


async def order(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    if number > 100:
        raise web.HTTPNotFound(text="no such order\n")
    if number == 13:
        raise RuntimeError("nobody knows what is wrong with order 13")
    return web.json_response(await asyncio.gather(query("customers", number), query("items", number)))


async def page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(HERE / "page.html")


# Live: one session for the service, its events handed to each browser that watches.


class Watcher:
    """What waits for one browser. One that reads too slowly loses the oldest of it, and holds up nobody."""

    ROOM = 1000  # messages
    HEARTBEAT = 15  # seconds: proxies keep the connection, and who has gone without a word is found out

    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self._messages = collections.deque[bytes](maxlen=self.ROOM)
        self._lost = 0
        self._something = asyncio.Event()

    def put(self, message: bytes) -> None:
        self._lost += len(self._messages) == self.ROOM
        self._messages.append(message)
        self._something.set()

    async def get(self) -> bytes:
        """All that waits, once there is something; a comment, if there is nothing for long."""
        try:
            async with asyncio.timeout(self.HEARTBEAT):
                await self._something.wait()
        except TimeoutError:
            return b":\n\n"
        lost = b"event: lost\ndata: %d\n\n" % self._lost if self._lost else b""
        waiting = lost + b"".join(self._messages)
        self._messages.clear()
        self._lost = 0
        self._something.clear()
        return waiting


WATCHERS = web.AppKey("WATCHERS", set[Watcher])


async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events, each of whose data is what `etwkit dump` prints of an event: a line of JSON."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    watcher = Watcher(request.task)
    request.app[WATCHERS].add(watcher)
    try:
        await response.prepare(request)
        while True:
            await response.write(await watcher.get())
    except ConnectionError:  # the browser has gone
        return response
    finally:
        request.app[WATCHERS].discard(watcher)


async def broadcast(streamer: etw.EtwStreamer, watchers: set[Watcher]) -> None:
    async for event in streamer:
        if watchers:
            message = b"data: %s\n\n" % event.to_json().encode()
            for watcher in watchers:
                watcher.put(message)


async def tracing(app: web.Application) -> AsyncIterator[None]:
    """From before the first request until after the last one."""
    recording = etw.EtwSession("recording", file=app[FILE], file_mode="circular", max_file_size_mb=64)
    recording.enable(shop.name)
    with recording:
        async with etw.EtwStreamer(shop.name, overflow="drop_oldest", channel_capacity=10_000) as streamer:
            task = asyncio.create_task(broadcast(streamer, app[WATCHERS]))
            yield
        await task


async def end_streams(app: web.Application) -> None:
    """When the service stops it waits for the requests that it has: these would never end by themselves."""
    for watcher in app[WATCHERS]:
        watcher.task.cancel()


def service(file: str) -> web.Application:
    app = web.Application(middlewares=[traced])
    app[FILE], app[WATCHERS] = file, set()
    app.add_routes([web.get("/", page), web.get("/live", live), web.get(r"/orders/{number:\d{1,9}}", order)])
    app.cleanup_ctx.append(tracing)
    app.on_shutdown.append(end_streams)
    return app


def main() -> None:
    arguments = argparse.ArgumentParser(description="Traces its requests, and shows them live.")
    arguments.add_argument("file", nargs="?", default="service.etl", help="where to record (service.etl)")
    arguments.add_argument("--port", type=int, default=8080, help="of 127.0.0.1 (8080)")
    given = arguments.parse_args()
    web.run_app(service(given.file), host="127.0.0.1", port=given.port)


if __name__ == "__main__":
    main()
