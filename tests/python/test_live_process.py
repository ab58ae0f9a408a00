# SPDX-License-Identifier: MIT
"""Sessions and the life of a process: signals, the exit in many ways, children of a fork."""

import subprocess
import sys

import pytest

NAME = "Etwkit.Test.Process"
LONG = 300  # seconds, until what hangs is a failure


def child(program, *args, timeout=LONG, **options):
    quiet = "-Wignore:The global interpreter lock"  # which a free-threaded Python says it takes for us
    return subprocess.run(
        [sys.executable, quiet, "-c", program, *args], capture_output=True, text=True, timeout=timeout, **options
    )


def said(program, *args, **options):
    """The lines that a program wrote, which had nothing to complain about."""
    done = child(program, *args, **options)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks of POSIX")


@pytest.mark.parametrize(
    "wait",
    [
        "next(iter(listener))",
        "listener.session.next_event(100)",
        "next(listener.batches())",
        "threading.Thread(target=list, args=(listener,), daemon=True).start(); listener.next_event()",
        "merged = etw.MergedListener(listener); merged.start(); merged.next_event(100)",
    ],
    ids=["iteration", "next_event", "batches", "its turn", "merged"],
)
def test_interrupted_in_the_middle_of_a_wait(etw, wait, ctrl_c):
    program = f"""
import os, signal, threading
import pyetwkit as etw
with etw.EtwListener({NAME!r}) as listener:
    try:
        {ctrl_c(1)}.start()
        {wait}
    except KeyboardInterrupt:
        print("interrupted", listener.is_running())
assert not listener.is_running() and listener.stats().events_received == 0
"""
    assert said(program) == ["interrupted True"]


@posix
def test_handlers_of_signals_run_in_the_middle_of_a_wait(etw):
    """What raises nothing does not end it; the handler may stop the session, but not read it."""
    assert said(
        f"""
import pyetwkit as etw, signal
calls = []
def handler(*_):
    try:
        listener.try_next_event()
    except ValueError:
        calls.append("busy")  # else the wait has not begun yet, or is over
    if len(calls) == 3:
        listener.stop()
signal.signal(signal.SIGALRM, handler)
with etw.EtwListener({NAME!r}) as listener:
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    print(list(listener))
    signal.setitimer(signal.ITIMER_REAL, 0)
print(calls[:3])
"""
    ) == ["[]", "['busy', 'busy', 'busy']"]


def test_exit_with_a_session_running(etw):
    """Also while other threads wait for its events, which the interpreter waits for."""
    done = child(
        f"""
import pyetwkit as etw, threading, time
provider = etw.TraceLoggingProvider({NAME!r})
listener = etw.EtwListener({NAME!r})
listener.start()
def read():
    for event in listener:
        print(event["number"], flush=True)
    print("end", flush=True)
threading.Thread(target=read).start()
threading.Thread(target=lambda: listener.session.next_event(), daemon=True).start()
time.sleep(0.2)
provider.write("Step", number=1)
provider.write("Step", number=2)
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "end"


@pytest.mark.parametrize("daemon", [False, True])
@pytest.mark.parametrize("stream", ["EtwStreamer", "MergedStreamer"])
def test_exit_with_a_loop_running(etw, daemon, stream):
    """In another thread, where a task waits for events. A daemon thread may come to its end. It must not print():
    Python aborts at its own end where such a thread has the lock of what is printed."""
    lines = said(
        f"""
import asyncio, os, pyetwkit as etw, threading
ready = threading.Event()
async def main():
    streamer = etw.EtwStreamer({NAME!r})
    async with streamer if {stream!r} == "EtwStreamer" else etw.MergedStreamer(streamer) as stream:
        ready.set()
        async for event in stream:
            pass
    os.write(1, b"end")
threading.Thread(target=lambda: asyncio.run(main()), daemon={daemon}).start()
ready.wait()
"""
    )
    assert lines == ["end"] or (daemon and lines == [])


def test_files_have_what_is_written_until_the_exit(etw, tmp_path):
    """By threads that outlive the main one, and by handlers of atexit."""
    path = tmp_path / "exit.etl"
    said(
        f"""
import atexit, sys, threading, time
import pyetwkit as etw
provider = etw.TraceLoggingProvider({NAME!r})
session = etw.EtwSession(file=sys.argv[1])
session.enable({NAME!r})
session.start()
atexit.register(provider.write, "Handler")
def work():
    time.sleep(0.3)
    provider.write("Thread")
threading.Thread(target=work).start()
provider.write("Main")
""",
        str(path),
    )
    assert [event.event_name for event in etw.open(path, provider=NAME)] == ["Main", "Thread", "Handler"]


@posix
def test_exit_though_a_file_cannot_be_finished(etw, tmp_path):
    """The others are, and who waits for events comes to the end."""
    done = child(
        f"""
import resource, signal, sys, threading
import pyetwkit as etw
provider = etw.TraceLoggingProvider({NAME!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sessions = [etw.EtwSession(file=f"{{sys.argv[1]}}/{{number}}.etl", flush_ms=60_000) for number in range(3)]
for session in sessions:
    session.enable({NAME!r})
    session.start()
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
listener = etw.EtwListener({NAME!r})
listener.start()
threading.Thread(target=lambda: print(len(list(listener)), flush=True)).start()
for number in range(3000):
    provider.write("Step", text="x" * 200)
""",
        str(tmp_path),
    )
    assert done.stdout == "3000\n"
    assert "cannot write" in done.stderr
    for path in tmp_path.iterdir():
        assert etw.open(path, provider=NAME).count() > 100


PROCESSES = """
import multiprocessing, sys, threading, time
import pyetwkit as etw

NAME = "Etwkit.Test.Process"

def work(results, path):
    provider = etw.TraceLoggingProvider(NAME)
    recorder = etw.EtwSession(file=path)  # it is nobody's task to stop it
    recorder.enable(NAME)
    recorder.start()
    with etw.EtwListener(NAME) as listener:
        for number in range(100):
            provider.write("Child", number=number)
    results.put([event["number"] for event in listener])

if __name__ == "__main__":
    method, path = sys.argv[1:]
    provider = etw.TraceLoggingProvider(NAME)
    going_on, count = True, 0
    def write():
        global count
        while going_on:
            count += provider.write("Parent", number=count)
            time.sleep(0.0001)
    with etw.EtwListener(NAME) as listener:
        writer = threading.Thread(target=write)
        writer.start()
        context = multiprocessing.get_context(method)
        results = context.Queue()
        children = [context.Process(target=work, args=(results, f"{path}{number}.etl")) for number in range(3)]
        for child in children:
            child.start()
        for child in children:
            assert results.get(timeout=200) == list(range(100))
        for child in children:
            child.join(200)
        print([child.exitcode for child in children])
        going_on = False
        writer.join()
    print([event["number"] for event in listener] == list(range(count)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing(etw, method, tmp_path):
    """Each has sessions of its own, also of the same name and provider; those of the parent go on."""
    if method != "spawn" and sys.platform == "win32":
        pytest.skip("there is no fork")
    program = tmp_path / "program.py"
    program.write_text(PROCESSES)
    command = [sys.executable, "-W", "ignore", program, method, tmp_path / "child"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG)
    assert done.stdout.splitlines() == ["[0, 0, 0]", "True"], done.stderr
    for path in tmp_path.glob("child*.etl"):
        assert [event["number"] for event in etw.open(path, provider=NAME)] == list(range(100))


@posix
def test_what_a_forked_child_may_ask_its_parents_sessions(etw, tmp_path):
    """Nothing hangs, nothing reaches the parent's."""
    lines = said(
        f"""
import os, signal, sys, warnings
import pyetwkit as etw
warnings.simplefilter("ignore")
provider = etw.TraceLoggingProvider({NAME!r})
session, recorder = etw.EtwSession(), etw.EtwSession(file=sys.argv[1])
for one in session, recorder:
    one.enable({NAME!r})
    one.start()
provider.write("Step", number=1)
asked = [
    lambda one: one.enable("Other"), lambda one: one.remove_provider({NAME!r}), lambda one: one.flush(),
    lambda one: one.capture_state({NAME!r}), lambda one: one.stats(), lambda one: one.start(), lambda one: one.stop(),
    lambda one: list(one), lambda one: list(one.batches()), lambda one: one.fileno(), repr,
]
for ask in asked:
    pid = os.fork()
    if not pid:
        signal.alarm(100)
        for one in session, recorder:
            try:
                ask(one)
            except (ValueError, etw.ChannelError):
                pass
        sys.exit()
    assert os.waitpid(pid, 0)[1] == 0
provider.write("Step", number=2)
session.stop()
recorder.stop()
print([event["number"] for event in session])
""",
        str(tmp_path / "parent.etl"),
    )
    assert lines == ["[1, 2]"]
    assert [event["number"] for event in etw.open(tmp_path / "parent.etl", provider=NAME)] == [1, 2]


@posix
def test_in_a_forked_child(etw):
    done = child(
        f"""
import os, threading, time, warnings
import pyetwkit as etw
warnings.simplefilter("ignore")
provider = etw.TraceLoggingProvider({NAME!r})
listener = etw.EtwListener({NAME!r})
listener.start()
taken = []
thread = threading.Thread(target=lambda: taken.extend(listener))
thread.start()
provider.write("Step", who="parent")
time.sleep(0.2)
pid = os.fork()
if pid == 0:
    ok = not listener.is_running() and listener.next_event(1) is None and list(listener) == []
    ok = ok and not provider.write("Step", who="child")
    listener.stop()
    with etw.EtwListener({NAME!r}) as own:
        ok = ok and provider.write("Step", who="child")
        ok = ok and own.next_event(100)["who"] == "child"
    os._exit(0 if ok else 1)
assert os.waitpid(pid, 0)[1] == 0
provider.write("Step", who="parent")
listener.stop()
thread.join()
assert [event["who"] for event in taken] == ["parent", "parent"], taken
"""
    )
    assert done.returncode == 0, done.stderr
