# SPDX-License-Identifier: MIT
"""What live events cost in Python: python_live.py JOB [FOLDER]

Prints nanoseconds of processor time per event, of all threads of the process, without what starting Python takes.
Reading is measured by portions: a portion is written, which is not timed; then it is timed from the session's buffers
to the loop that gets the events. Nothing may be lost.
"""

import asyncio
import contextlib
import ctypes
import itertools
import json
import logging
import pathlib
import sys
import time
import unittest.mock

import pyetwkit as etw

NAME = "Etwkit.Bench"
PORTION, PORTIONS = 20_000, 25
ROOMY = {"min_buffers": 256, "flush_ms": 60_000}


class Timer:
    """Processor time of what stands in its `with`s."""

    def __init__(self):
        self.seconds = 0.0

    def __enter__(self):
        self.seconds -= time.process_time()

    def __exit__(self, *_):
        self.seconds += time.process_time()


def done(timer, stats=None):
    """Nanoseconds of an event; all of them were to be read, where there are statistics."""
    count = PORTION * PORTIONS
    if stats and (stats.events_received, stats.events_delivered) != (count, count):
        sys.exit(f"events were lost: {stats}")
    return {"ns": timer.seconds / count * 1e9}


def write_portion(provider):
    write = provider.write
    for _ in range(PORTION):
        write("RequestDone", status=200, url="/orders/4711/lines", seconds=0.25)


# --- writing


@contextlib.contextmanager
def collected():
    """A session that takes what timed() writes, and throws it away."""
    with etw.EtwSession(overflow="drop_oldest", channel_capacity=PORTION, **ROOMY) as session:
        session.enable(NAME)
        yield session
    stats = session.stats()
    if stats.events_received != (1 + PORTIONS) * PORTION or stats.events_lost_buffer:
        sys.exit(f"not all events were taken, and what is not taken costs less: {stats}")


def timed(one_portion, empty=lambda: None):
    timer = Timer()
    one_portion()
    empty()
    for _ in range(PORTIONS):
        with timer:
            one_portion()
        empty()
    return done(timer)


def write(_folder):
    provider = etw.TraceLoggingProvider(NAME)
    with collected() as session:
        return timed(lambda: write_portion(provider), session.flush)


def write_unwanted(_folder):
    provider = etw.TraceLoggingProvider(NAME)
    return timed(lambda: write_portion(provider))


def pack(_folder):
    """The same event by traceloggingdynamic, packed, not written. What it loads of Windows when imported is made up."""
    with unittest.mock.patch.object(ctypes, "WinDLL", unittest.mock.MagicMock(), create=True):
        import traceloggingdynamic  # noqa: PLC0415
    builder = traceloggingdynamic.EventBuilder()

    def one_portion():
        for _ in range(PORTION):
            builder.reset(b"RequestDone", 4, 0)
            builder.add_int64(b"status", 200)
            builder.add_str8(b"url", "/orders/4711/lines")
            builder.add_float64(b"seconds", 0.25)

    return timed(one_portion)


# --- reading


def read(listener, take_portion):
    provider, timer = etw.TraceLoggingProvider(NAME), Timer()
    for _ in range(PORTIONS):
        write_portion(provider)
        with timer:
            listener.session.flush()
            take_portion()
    listener.stop()
    return done(timer, listener.stats())


def listen(_folder):
    with etw.EtwListener(NAME, **ROOMY) as listener:
        events = iter(listener)

        def take_portion():
            for _ in itertools.islice(events, PORTION):
                pass

        return read(listener, take_portion)


def listen_five(_folder):
    """With five fields of each event."""
    with etw.EtwListener(NAME, **ROOMY) as listener:
        events = iter(listener)

        def take_portion():
            for event in itertools.islice(events, PORTION):
                event.timestamp_ns, event.provider_name, event.event_id, event.process_id, event.event_name  # noqa: B018

        return read(listener, take_portion)


def batches(_folder):
    with etw.EtwListener(NAME, **ROOMY) as listener:
        found = listener.batches()

        def take_portion():
            left = PORTION
            while left:
                left -= len(next(found))

        return read(listener, take_portion)


def stream(_folder):
    async def main():
        provider, timer = etw.TraceLoggingProvider(NAME), Timer()
        async with etw.EtwStreamer(NAME, **ROOMY) as streamer:
            for _ in range(PORTIONS):
                write_portion(provider)
                left = PORTION
                with timer:
                    streamer.session.flush()
                    async for _ in streamer:
                        left -= 1
                        if not left:
                            break
        return done(timer, streamer.stats())

    return asyncio.run(main())


# --- logging


def log(folder):
    """Both handlers take turns, so that a neighbour on the machine disturbs the one as much as the other."""
    logger = logging.getLogger("bench")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    path = folder / "bench.log"
    ours, theirs = Timer(), Timer()
    with collected() as session:
        turns = [(etw.EtwHandler(NAME), ours), (logging.FileHandler(path), theirs)]
        for turn in range(1 + PORTIONS):
            for handler, timer in turns:
                logger.handlers[:] = [handler]
                with timer if turn else contextlib.nullcontext():
                    for number in range(PORTION):
                        logger.info("request %d took %.3f s", number, 0.25)
            session.flush()
    path.unlink()
    return done(ours) | {"file_ns": done(theirs)["ns"]}


JOBS = {job.__name__: job for job in (write, write_unwanted, pack, listen, listen_five, batches, stream, log)}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](pathlib.Path(sys.argv[2]))))
