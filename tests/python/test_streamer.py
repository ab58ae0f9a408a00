# SPDX-License-Identifier: MIT
# ruff: noqa: F821 # pyetwkit needs 3.11, which the linter is not told
"""EtwStreamer on real sessions: order and counts, cancelling at every await, timeouts, other loops, many sessions."""

import asyncio
import contextlib
import gc
import itertools
import json
import math
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

numbers = itertools.count()
LONG = 300  # seconds, until what hangs is a failure
STATUS_CONTROL_C_EXIT = 0xC000013A


class WithoutReaders(asyncio.SelectorEventLoop):
    """As Windows' Proactor: sockets, but no add_reader()."""

    def add_reader(self, fd, callback, *args):
        raise NotImplementedError


def run_on(loop_factory, coroutine):
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(asyncio.wait_for(coroutine, LONG))


@pytest.fixture(params=["asyncio", "without readers", "uvloop", "selector"])
def run(request):
    """Runs a coroutine in one of the loops."""
    if request.param == "uvloop":
        uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")
        return lambda coroutine: run_on(uvloop.new_event_loop, coroutine)
    if request.param == "selector":
        if sys.platform != "win32":
            pytest.skip("asyncio has no other loop than its usual one, except on Windows")
        return lambda coroutine: run_on(asyncio.SelectorEventLoop, coroutine)
    return lambda coroutine: run_on(WithoutReaders if request.param == "without readers" else None, coroutine)


@pytest.fixture
def app(etw):
    """A provider of its own for each test."""
    return etw.TraceLoggingProvider(f"Streamer.Test{next(numbers)}")


def streamer(etw, app, **options):
    return etw.EtwStreamer(app.name, **{"poll_interval_ms": 10, "min_buffers": 256, **options})


def adds_up(stats):
    lost = stats.events_lost_buffer + stats.events_lost_channel + stats.events_lost_oversize
    rest = stats.events_filtered + stats.events_lost_abandoned + stats.events_in_flight
    return stats.events_received == stats.events_delivered + lost + rest


def write(app, numbers):
    for number in numbers:
        app.write("Tick", number=number)


async def cancel_again_and_again(read, seen, count, pause=0.001):
    """Until so many were seen: reads, and is cancelled after any number of turns of the loop, and in the moments
    in which events come."""
    for turns in itertools.cycle(range(9)):
        task = asyncio.create_task(read())
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.sleep(pause * (turns % 3))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if len(seen) >= count:
            return


async def take(stream, count):
    return [(await stream.next_event())["number"] for _ in range(count)]


async def take_for(stream, seconds):
    return [event["number"] async for event in stream.events(timeout=seconds)]


def test_order_and_counts(etw, app, run):
    count = 20_000

    async def main():
        async with streamer(etw, app) as stream:
            writer = threading.Thread(target=write, args=(app, range(count)))
            writer.start()
            seen = []
            async for event in stream:
                seen.append(event["number"])
                if len(seen) == count:
                    break
            writer.join()
        return seen, stream.stats()

    seen, stats = run(main())
    assert seen == list(range(count))
    assert adds_up(stats)
    assert (stats.events_received, stats.events_delivered, stats.events_lost) == (count, count, 0)


def test_what_was_collected_comes_after_the_stop(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            write(app, range(1000))
        assert not stream.is_running()
        return [event["number"] async for event in stream], await stream.next_event(), stream.stats()

    seen, after, stats = run(main())
    assert seen == list(range(1000))
    assert after is None
    assert adds_up(stats)
    assert stats.events_in_flight == 0


def test_it_is_woken(etw, app, run):
    """Long after the loop went to sleep, and again and again."""

    async def main():
        async with streamer(etw, app) as stream:
            for number in range(5):
                asyncio.get_running_loop().call_later(0.1, write, app, [number])
                assert (await stream.next_event())["number"] == number

    run(main())


def test_next_event_and_its_timeout(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            assert await stream.next_event(0) is None
            assert await stream.next_event(0.05) is None
            write(app, [1])
            assert (await stream.next_event(LONG))["number"] == 1

    run(main())


def test_events_for_a_time_and_a_number(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            write(app, range(10))
            some = [event["number"] async for event in stream.events(max_events=4)]
            rest = []
            while len(rest) < 6:  # a time may be over before the machine has let all come
                rest += await take_for(stream, 0.2)
            return some, rest, await take_for(stream, 0.05)

    assert run(main()) == ([0, 1, 2, 3], [4, 5, 6, 7, 8, 9], [])


async def iterate(etw, stream, seen):
    async for event in stream:
        seen.append(event["number"])


def test_cancelling_at_any_moment_loses_nothing(etw, app, run):
    """A task that waits for the next event is cancelled after every number of turns of the loop."""
    count = 2000

    async def main():
        seen = []
        async with streamer(etw, app) as stream:
            writer = threading.Thread(target=write, args=(app, range(count)))
            writer.start()
            await cancel_again_and_again(lambda: iterate(etw, stream, seen), seen, count)
            writer.join()
        return seen, stream.stats()

    seen, stats = run(main())
    assert seen == list(range(count))
    assert stats.events_delivered == count


async def next_events(etw, stream, seen):
    while (event := await stream.next_event(timeout=0.001)) or not stream.session.at_end:
        if event:
            seen.append(event["number"])


async def lists(etw, stream, seen):
    async for batch in etw.EventBatcher(batch_size=7, timeout=0.001).batches(stream):
        seen += [event["number"] for event in batch]


async def arrow_batches(etw, stream, seen):
    async for batch in stream.batches():
        seen += [json.loads(one)["number"] for one in batch.to_arrow()["properties"].to_pylist()]


async def by_queue(etw, stream, seen):
    queue = asyncio.Queue(maxsize=3)
    filling = asyncio.create_task(etw.stream_to_queue(stream, queue))
    try:
        while True:
            seen.append((await queue.get())["number"])
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        while not queue.empty():
            seen.append(queue.get_nowait()["number"])


@pytest.mark.parametrize("read", [iterate, next_events, lists, arrow_batches, by_queue])
def test_cancelling_any_reader_loses_nothing(etw, app, run, read):
    """After any number of turns of the loop, and also when events come in that very moment."""
    count = 1000
    if read is arrow_batches:
        pytest.importorskip("pyarrow")

    async def main():
        seen = []
        async with streamer(etw, app) as stream:
            writer = threading.Thread(
                target=lambda: [(write(app, [n]), n % 20 or time.sleep(0.001)) for n in range(count)]
            )
            writer.start()
            await cancel_again_and_again(lambda: read(etw, stream, seen), seen, count)
            writer.join()
        return seen

    assert run(main()) == list(range(count))


def test_cancelling_a_merged_stream_loses_nothing(etw, app, run):
    other = etw.TraceLoggingProvider(app.name + ".Other")
    count = 600

    def both():
        for number in range(count):
            (app, other)[number % 3 == 0].write("Tick", number=number)
            time.sleep(0.0002)

    async def main():
        seen = []
        # Small channels: they are full now and then.
        parts = [streamer(etw, one, channel_capacity=8) for one in (app, other)]
        async with etw.MergedStreamer(*parts) as stream:
            writer = threading.Thread(target=both)
            writer.start()
            await cancel_again_and_again(lambda: iterate(etw, stream, seen), seen, count, pause=0.002)
            writer.join()
        return seen

    assert sorted(run(main())) == list(range(count))


def test_a_time_is_over_also_under_load(etw, app, run):
    """Where there always is another event."""

    async def main():
        going_on = True

        def flood():
            while going_on:
                app.write("Tick", number=0)

        async with streamer(etw, app, overflow="drop_oldest", channel_capacity=100_000) as stream:
            writer = threading.Thread(target=flood)
            writer.start()
            try:
                for past in (0, -1):
                    assert len([1 async for _ in stream.events(timeout=past)]) <= 1
                for taken in (
                    lambda: take_for(stream, 0.1),
                    lambda: etw.stream_to_queue(stream, asyncio.Queue(), timeout=0.1),
                ):
                    while not await taken():  # it ends, though perhaps before the first event has come
                        pass
                assert len(await anext(etw.EventBatcher(10**9, timeout=0.1).batches(stream))) > 0
            finally:
                going_on = False
                writer.join()

    run(main())


def test_timeouts_that_are_no_time(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            with pytest.raises(ValueError, match="NaN"):
                await stream.next_event(math.nan)
            assert await stream.next_event(-math.inf) is None
            assert stream.try_next_event() is None
            write(app, [1])
            assert (await stream.next_event(math.inf))["number"] == 1

    run(main())


def test_generators_that_are_left(etw, app, run):
    """By break, by aclose(), by the end of the loop: nothing is lost, and nothing complains."""

    async def main():
        async with streamer(etw, app) as stream:
            write(app, range(6))
            async for _ in stream.events():
                break
            events = stream.events()
            await anext(events)
            await events.aclose()
            lists = etw.EventBatcher(2).batches(stream)
            assert [event["number"] for event in await anext(lists)] == [2, 3]
            await lists.aclose()
            assert (await anext(stream))["number"] == 4
            left = stream.events()
            assert (await anext(left))["number"] == 5
            return left  # and nobody closes it

    run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin eagerly from Python 3.12 on")
def test_eager_tasks(etw, app, run):
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        async with streamer(etw, app) as stream:
            async with asyncio.TaskGroup() as group:
                readers = [group.create_task(take(stream, 50)) for _ in range(2)]
                await asyncio.to_thread(write, app, range(100))
            return sorted(readers[0].result() + readers[1].result())

    assert run(main()) == list(range(100))


def test_wait_for_loses_nothing(etw, app, run):
    count = 300

    async def main():
        async with streamer(etw, app) as stream:
            writer = threading.Thread(target=lambda: [(write(app, [n]), time.sleep(0.001)) for n in range(count)])
            seen = []
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.002)
            writer.start()
            while len(seen) < count:
                with contextlib.suppress(TimeoutError):
                    seen.append((await asyncio.wait_for(anext(stream), 0.002))["number"])
            writer.join()
            return seen

    assert run(main()) == list(range(count))


def test_asyncio_timeout_and_task_group(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await anext(stream)

            async def fail():
                await asyncio.sleep(0.05)
                raise ZeroDivisionError

            with pytest.raises(BaseExceptionGroup) as caught:
                async with asyncio.TaskGroup() as group:
                    group.create_task(stream.next_event())
                    group.create_task(fail())
            assert caught.group_contains(ZeroDivisionError)
            write(app, [7])
            return (await stream.next_event())["number"]

    assert run(main()) == 7


def test_several_readers_share_the_events(etw, app, run):
    count = 3000

    async def main():
        async with streamer(etw, app) as stream:

            async def read():
                return [event["number"] async for event in stream]

            async with asyncio.TaskGroup() as group:
                readers = [group.create_task(read()) for _ in range(3)]
                await asyncio.to_thread(write, app, range(count))
                await asyncio.sleep(0.1)
                await stream.stop()
            return [reader.result() for reader in readers]

    parts = run(main())
    assert sorted(itertools.chain(*parts)) == list(range(count))
    assert all(part == sorted(part) for part in parts)


def test_stop_while_somebody_waits(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            waiting = asyncio.create_task(stream.next_event())
            iterating = asyncio.create_task(anext(stream, "end"))
            await asyncio.sleep(0.05)
            await stream.stop()
            return await waiting, await iterating

    assert run(main()) == (None, "end")


def test_stop_by_another_thread(etw, app, run):
    async def main():
        async with streamer(etw, app) as stream:
            threading.Timer(0.1, stream.session.stop).start()
            return [event async for event in stream]

    assert run(main()) == []


def test_others_run_under_load(etw, app, run):
    """While events are there all the time, a timer's task goes on."""
    count = 20_000

    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0)
                ticks += 1

        async with streamer(etw, app) as stream:
            write(app, range(count))
            stream.session.flush()
            ticking = asyncio.create_task(tick())
            seen = 0
            async for _ in stream:
                seen += 1
                if seen == count:
                    break
            ticking.cancel()
        return ticks

    assert run(main()) >= count // 64 - 1


def test_a_second_loop_is_an_error(etw, app):
    stream = streamer(etw, app)

    async def start():
        await stream.start()

    async def read():
        await stream.next_event()

    async def iterate():
        await anext(stream)

    asyncio.run(start())
    for use in (read, iterate, stream.stop):
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(use())
    stream.session.stop()


def test_a_start_that_failed_may_be_tried_again(etw, app, run):
    async def main():
        async with streamer(etw, app, name="taken"):
            second = streamer(etw, app, name="taken")
            with pytest.raises(FileExistsError):
                await second.start()
        async with second:
            write(app, [1])
            assert (await second.next_event(LONG))["number"] == 1
        with pytest.raises(ValueError, match="started before"):
            await second.start()

    run(main())


def test_not_started_is_an_error(etw, app, run):
    async def main():
        with pytest.raises(etw.ChannelError, match="not been started"):
            await streamer(etw, app).next_event()

    run(main())


def test_batches(etw, app, run):
    pyarrow = pytest.importorskip("pyarrow")
    count = 5000

    async def main():
        rows = []
        async with streamer(etw, app) as stream:
            write(app, range(count))
            async for batch in stream.batches():
                rows += pyarrow.record_batch(batch).column("event_name").to_pylist()
                if len(rows) == count:
                    break
        return rows, stream.stats()

    rows, stats = run(main())
    assert rows == ["Tick"] * count
    assert stats.events_delivered == count


def test_filter_and_overflow_are_counted(etw, app, run):
    async def main():
        async with streamer(etw, app, filter=etw.EventFilter(event="Wanted")) as stream:
            for number in range(100):
                app.write("Wanted" if number % 4 == 0 else "Other", number=number)
        return [event["number"] async for event in stream], stream.stats()

    seen, stats = run(main())
    assert seen == list(range(0, 100, 4))
    assert (stats.events_filtered, stats.events_delivered) == (75, 25)


def test_stream_to_queue(etw, app, run):
    async def main():
        queue = asyncio.Queue(maxsize=10)
        async with streamer(etw, app) as stream:
            write(app, range(100))
            task = asyncio.create_task(etw.stream_to_queue(stream, queue))
            while not queue.full():
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
            task.cancel()  # while it waits for room, with an event in its hands
            await asyncio.gather(task, return_exceptions=True)
            first = [queue.get_nowait()["number"] for _ in range(10)]
            count = asyncio.create_task(etw.stream_to_queue(stream, queue, max_events=90))
            rest = [(await queue.get())["number"] for _ in range(90)]
            return first + rest, await count, await etw.stream_to_queue(stream, queue, timeout=0.05)

    assert run(main()) == (list(range(100)), 90, 0)


def test_batcher(etw, app, run):
    async def main():
        full = etw.EventBatcher(batch_size=40, timeout=LONG)
        async with streamer(etw, app) as stream:
            write(app, range(100))
            sizes = [len(one) async for one in full.batches(stream, max_batches=2)]
            rest = []
            async for batch in etw.EventBatcher(batch_size=40, timeout=0.1).batches(stream):
                rest += batch
                if len(rest) == 20:  # though nothing more comes
                    break
            task = asyncio.create_task(anext(full.batches(stream)))
            write(app, [100])
            await asyncio.sleep(0.1)
            task.cancel()  # with an event in its hands
            await asyncio.gather(task, return_exceptions=True)
            return sizes, (await stream.next_event(LONG))["number"]

    assert run(main()) == ([40, 40], 100)


def test_merged_in_time_order(etw, app, run):
    """Two sessions with providers of their own; what they write takes turns."""
    other = etw.TraceLoggingProvider(app.name + ".Other")
    count = 2000

    def both():
        for number in range(count):
            (app, other)[number % 3 == 0].write("Tick", number=number)

    async def main():
        first, second = streamer(etw, app), streamer(etw, other)
        async with etw.MergedStreamer(first, second) as merged:
            writer = threading.Thread(target=both)
            writer.start()
            seen = [(event.timestamp_ns, event["number"]) async for event in merged.events(max_events=count)]
            writer.join()
        return seen, merged.stats(), merged.late, (first.name, second.name)

    seen, stats, late, session_names = run(main())
    # By their times: those of two sessions differ by as much as their clocks were read apart at the start.
    assert [time for time, _ in seen] == sorted(time for time, _ in seen)
    assert sorted(number for _, number in seen) == list(range(count))
    assert late == 0
    assert tuple(stats) == session_names
    assert [one.events_delivered for one in stats.values()] == [count - (count + 2) // 3, (count + 2) // 3]
    assert all(adds_up(one) for one in stats.values())


def test_merged_with_a_quiet_one(etw, app, run):
    """Events of one come though the other never has any; both end."""
    other = etw.TraceLoggingProvider(app.name + ".Other")

    async def main():
        async with etw.MergedStreamer(streamer(etw, app), streamer(etw, other)) as merged:
            write(app, range(10))
            seen = await take(merged, 10)
            write(app, range(10, 13))
        return seen + [event["number"] async for event in merged]

    assert run(main()) == list(range(13))


def test_merged_starts_all_or_none(etw, app, run):
    async def main():
        first = streamer(etw, app, name="merged twice")
        second = streamer(etw, app, name="merged twice")
        with pytest.raises(OSError):
            await etw.MergedStreamer(first, second).start()
        return first.is_running()

    assert run(main()) is False


def test_many_starts_and_stops_leave_nothing(etw, app, run):
    folder = pathlib.Path("/proc/self/fd")

    def descriptors():
        return sum(1 for _ in folder.iterdir())

    if not folder.is_dir():
        pytest.skip("there is no /proc to count descriptors in")

    async def once():
        async with streamer(etw, app, min_buffers=2, max_buffers=4, buffer_size_kb=4) as stream:
            write(app, [1])
        assert [event["number"] async for event in stream] == [1]
        await asyncio.sleep(0)  # a task that hears, where there is one, is cancelled by now

    async def main():
        for _ in range(20):
            await once()
        gc.collect()  # what other tests left in cycles
        before, threads = descriptors(), threading.active_count()
        for _ in range(200):
            await once()
        return descriptors() - before, threading.active_count() - threads

    more, threads = run(main())
    assert (more, threads) == (0, 0)


def test_ctrl_c_in_a_child(etw, ctrl_c):
    """It ends with KeyboardInterrupt, soon, its session stopped."""
    program = f"""
        import asyncio, os, signal, threading
        import pyetwkit as etw

        async def main():
            async with etw.EtwStreamer("Streamer.CtrlC") as streamer:
                try:
                    {ctrl_c(0.3)}.start()
                    async for event in streamer:
                        pass
                finally:
                    print("cancelled", flush=True)
            print("running" if streamer.is_running() else "stopped", flush=True)

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=LONG
    )
    assert done.stdout == "cancelled\n"
    assert done.stderr.strip().endswith("KeyboardInterrupt")
    assert done.returncode == (STATUS_CONTROL_C_EXIT if sys.platform == "win32" else -signal.SIGINT)
