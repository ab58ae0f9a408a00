# SPDX-License-Identifier: MIT
"""Sessions that come and go a thousand times leave nothing: no memory, no descriptor, no thread."""

import asyncio
import gc
import os
import pathlib
import sys
import time

import pytest

NAME = "Etwkit.Test.LiveLeaks"
PROCESS = pathlib.Path("/proc/self")
TIMES = 1000
SMALL = {"min_buffers": 2, "max_buffers": 2, "buffer_size_kb": 4}
# The address sanitizer keeps what was freed for a while; it finds what is lost by itself.
KEEPS_FREED = "asan" in os.environ.get("LD_PRELOAD", "")
FEW_BLOCKS, FEW_PAGES = TIMES // 10, TIMES // 4  # a thousand objects, or a kilobyte each, are more

pytestmark = pytest.mark.skipif(not PROCESS.exists(), reason="no /proc")


def owned():
    """Descriptors, and threads, those that Python does not know among them."""
    return len(list((PROCESS / "fd").iterdir())), len(list((PROCESS / "task").iterdir()))


def memory():
    return sys.getallocatedblocks(), int((PROCESS / "statm").read_text().split()[1])


def check_nothing_stays(use):
    for number in range(100):
        use(number)
    gc.collect()
    owned_before = owned()
    for _ in range(3):  # what leaks does so each time; threads that meet may cost the allocator another arena once
        blocks, pages = memory()
        for number in range(TIMES):
            use(number)
        gc.collect()
        more_blocks, more_pages = (after - before for after, before in zip(memory(), (blocks, pages), strict=True))
        assert more_blocks < FEW_BLOCKS
        if KEEPS_FREED or more_pages < FEW_PAGES:
            break
    else:
        pytest.fail(f"{more_pages} pages more each time")
    until = time.monotonic() + 60  # a thread that was joined goes a moment later
    while owned() != owned_before and time.monotonic() < until:
        time.sleep(0.01)
    assert owned() == owned_before


@pytest.fixture
def provider(etw):
    provider = etw.TraceLoggingProvider(NAME)
    yield provider
    provider.close()


def test_sessions(etw, provider):
    def use(number):
        with etw.EtwSession("again", **SMALL) as session:
            session.enable(NAME)
            session.fileno()
            provider.write("Step", number=number)
        (event,) = session
        assert event["number"] == number
        assert session.stats().events_delivered == 1

    check_nothing_stays(use)


def test_listeners(etw, provider):
    """Every other one is read by batches, and some are never read, nor even started."""

    def use(number):
        listener = etw.EtwListener(NAME, name="again", **SMALL)
        if number % 10 == 0:
            return
        with listener:
            provider.write("Step", number=number)
        if number % 10 == 1:
            return
        assert [len(one) for one in listener.batches()] == [1] if number % 2 else len(list(listener)) == 1

    check_nothing_stays(use)


def test_streamers(etw, provider):
    async def stream(number):
        async with etw.EtwStreamer(NAME, name="again", poll_interval_ms=10, **SMALL) as streamer:
            waits = asyncio.create_task(streamer.next_event())
            await asyncio.sleep(0)
            waits.cancel()
            provider.write("Step", number=number)
        assert [event["number"] async for event in streamer] == [number]

    with asyncio.Runner() as runner:
        check_nothing_stays(lambda number: runner.run(stream(number)))
