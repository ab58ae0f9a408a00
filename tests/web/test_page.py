# SPDX-License-Identifier: MIT
"""The page of the web service in headless Chromium: its rows are the requests, as they happen."""

import asyncio
import os

import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed: requirements-dev.txt has it")
from browser import browsing, chromium
from running import PATIENCE

# Of each row the path, the answer, what was done, and whether it has an end: oldest first, without the streams.
ROWS = """[...document.querySelectorAll("tbody tr")].reverse()
    .map(row => [...row.cells].map(cell => cell.textContent).concat(row.className))
    .map(([time, request, answer, took, steps, name]) => [request, answer, steps.trim(), Number(took) > 0, name])
    .filter(([request]) => request.startsWith("GET /orders") || request.includes("<"))"""
LIVE = 'document.querySelector("#state")?.textContent === "live"'


def ended(count):
    return f"{ROWS}.filter(([, , , took]) => took).length === {count}"


@pytest.fixture
def browse(tmp_path):
    """browse(scenario): runs a coroutine that takes a Browser."""
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("no sanitizer watches a browser: the build without one tries the page")
    if not chromium():
        pytest.skip("no Chromium is here: scripts/bootstrap web installs one")

    def browse(scenario):
        async def run():
            async with browsing(tmp_path / "profile") as browser, asyncio.timeout(PATIENCE):
                await scenario(browser)

        asyncio.run(run())

    return browse


def test_rows_are_the_requests(start, browse):
    service = start()

    async def scenario(browser):
        page = await browser.open(service.url)
        await page.until(LIVE)
        assert await page.value(f"{ROWS}.length") == 0
        for path in ("/orders/7", "/orders/700", "/orders/13"):
            await asyncio.to_thread(service.get, path)
        await page.until(ended(3))
        assert await page.value(ROWS) == [
            ["GET /orders/7", "200", "customers items", True, ""],
            ["GET /orders/700", "404", "", True, "failed"],
            ["GET /orders/13", "RuntimeError", "", True, "failed"],
        ]
        # The page asks by itself.
        await page.value('document.querySelector("button").click()')
        await page.until(ended(4))
        assert (await page.value(ROWS))[3] == ["GET /orders/7", "200", "customers items", True, ""]
        # What anybody may send stays text.
        await asyncio.to_thread(service.get, "/%3Cimg%20src=x%20onerror=document.title='had'%3E")
        await page.until(ended(5))
        assert (await page.value(ROWS))[4][0] == "GET /<img src=x onerror=document.title='had'>"
        assert await page.value("[document.title, document.images.length]") == ["Requests, live", 0]

    browse(scenario)
    assert service.stop() == 0


def test_two_pages(start, browse):
    """Each shows what happens from its coming on; that one is closed is seen in the other."""
    service = start()

    async def scenario(browser):
        first = await browser.open(service.url)
        await first.until(LIVE)
        await asyncio.to_thread(service.get, "/orders/1")
        await first.until(ended(1))
        second = await browser.open(service.url)
        await second.until(LIVE)
        await asyncio.to_thread(service.get, "/orders/2")
        for page, count in ((first, 2), (second, 1)):
            await page.until(ended(count))
        assert [row[0] for row in await second.value(ROWS)] == ["GET /orders/2"]
        streams = (
            '[...document.querySelectorAll("tr.open")].filter(row => row.textContent.includes("GET /live")).length'
        )
        assert await first.value(streams) == 2
        await second.close()
        await asyncio.to_thread(service.get, "/orders/3")
        await first.until(f"{streams} === 1")
        await first.until(ended(3))

    browse(scenario)
    assert service.stop() == 0 and service.errors() == ""


def test_the_service_ends_under_an_open_page(start, browse):
    """The page says so, and goes on once the service is there again."""
    service = start()

    async def scenario(browser):
        page = await browser.open(service.url)
        await page.until(LIVE)
        assert await asyncio.to_thread(service.stop) == 0
        await page.until('document.querySelector("#state").textContent.startsWith("no connection")')
        again = await asyncio.to_thread(start, port=service.port)
        await page.until(LIVE)
        await asyncio.to_thread(again.get, "/orders/1")
        await page.until(ended(1))

    browse(scenario)
    assert service.errors() == ""


def test_old_rows_go(start, browse):
    service = start()

    async def scenario(browser):
        page = await browser.open(service.url)
        await page.until(LIVE)
        for _ in range(210):
            await asyncio.to_thread(service.get, "/orders/101")
        await asyncio.to_thread(service.get, "/orders/1")
        await page.until(f"{ROWS}.at(-1)[0] === 'GET /orders/1'")
        assert await page.value('document.querySelectorAll("tbody tr").length') == 200

    browse(scenario)
