# SPDX-License-Identifier: MIT
"""Ctrl-C ends whatever is going on, in its middle."""

import json
import subprocess
import sys

import pytest

TRIES = 50
CHILD = """
import json, os, signal, sys, threading
import pyetwkit as etw
IMPORTS

def use(trace, selection):
    USE

small, trace, told = etw.open(sys.argv[1]), etw.open(sys.argv[2]), {"inside": False}
use(small, small.select())  # all that is imported on the way is there now
selection = trace.select()
timer = CTRL_C
try:
    try:
        timer.start()
        told["inside"] = True
        use(trace, selection)
        told["inside"] = False
        timer.join()
        [None for _ in range(9)]
    except OSError: # of pyarrow, which has no better one; what the signal raised comes with the next step
        told["other"] = True
        [None for _ in range(9)]
except KeyboardInterrupt as error:
    told["interrupted"] = True
    told["context"] = str(error.__context__)
told["whole"] = trace.stats.bytes_read == trace.stats.bytes_total
timer.cancel()
again = next(iter(trace))
told["again"] = again.event_name == "EventTrace/Header" and len(again.properties) > 5
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def large(run, sample, tmp_path_factory):
    """A trace that takes longer than the signal needs."""
    path = tmp_path_factory.mktemp("large") / "large.etl"
    run("tile", sample, "-o", path, "--size", "256M")
    return path


@pytest.fixture
def interrupt(etw, sample, large, ctrl_c, tmp_path):
    def interrupt(use, imports="pass"):
        program = CHILD.replace("USE", use).replace("IMPORTS", imports).replace("CTRL_C", ctrl_c(0.03))
        command = [sys.executable, "-c", program, sample, large]
        for _ in range(TRIES):  # a thread of a busy machine may be so late that the signal comes before or after
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
            assert done.returncode == 0, done.stderr[-3000:]
            told = json.loads(done.stdout)
            assert told["interrupted"] and told["again"], told
            if told["inside"]:
                return told
        pytest.fail("the signal never came while the trace was read")

    return interrupt


@pytest.mark.parametrize(
    "use",
    [
        "for event in trace: pass",
        "trace.count()",
        "trace.schemas",
        "trace.providers",
        "trace.write(open(os.devnull, 'wb'))",
        "list(etw.open(trace.info.path, filter=etw.EventFilter.where('no such property')))",
    ],
)
def test_what_python_reads(interrupt, use):
    assert not interrupt(use)["whole"]


def test_the_first_pass_of_a_selection(interrupt):
    """That it ends in the middle: tests/unit/sink/test_arrow.c."""
    interrupt("trace.select('Windows Kernel', 'Process/Start')")


@pytest.mark.parametrize("taken", ["trace", "selection"])
def test_streams_that_others_read(interrupt, taken):
    pytest.importorskip("pyarrow")
    told = interrupt(f"pa.table({taken})", "import pyarrow as pa")
    assert "interrupted" in told["context"]


@pytest.mark.parametrize(
    ("use", "package"),
    [
        ("trace.to_arrow()", "pyarrow"),
        ("selection.to_arrow()", "pyarrow"),
        ("trace.to_pandas()", "pandas"),
        ("trace.to_polars()", "polars"),
    ],
)
def test_streams_that_we_hand_over(interrupt, under_wine, use, package):
    """No error of the other package: what the signal raised."""
    pytest.importorskip(package)
    if package == "polars" and under_wine:
        pytest.skip(
            "polars asks for the handler of Ctrl-C by signal(SIGINT, SIG_GET), which Wine 8 sets as the handler"
        )
    assert "interrupted" in interrupt(use, f"import {package}")["context"]


def test_parquet(interrupt):
    pytest.importorskip("pyarrow.parquet")
    interrupt("trace.to_parquet('x.parquet')")


def test_a_handler_that_raises_nothing_interrupts_nothing(etw, large, ctrl_c):
    program = f"""
import os, signal, sys, threading
import pyetwkit as etw
called = []
signal.signal(signal.SIGINT, lambda *_: called.append(1))
trace = etw.open(sys.argv[1])
timer = {ctrl_c(0.03)}
timer.start()
count = trace.count()
timer.join()
assert called == [1] and count == sum(trace.schemas.values())
"""
    subprocess.run([sys.executable, "-c", program, large], check=True, timeout=300)


def test_a_thread_that_reads_is_left_alone(etw, large):
    """Signals are the main thread's: what another one reads comes to its end."""
    program = """
import sys, threading, signal
import pyetwkit as etw
trace, counts = etw.open(sys.argv[1]), []
thread = threading.Thread(target=lambda: counts.append(trace.count()))
thread.start()
try:
    signal.raise_signal(signal.SIGINT)
    thread.join()
    raise SystemExit("not interrupted")
except KeyboardInterrupt:
    thread.join()
assert counts == [sum(trace.schemas.values())]
"""
    subprocess.run([sys.executable, "-c", program, large], check=True, timeout=300)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGALRM")
def test_no_signal_is_swallowed(etw, sample):
    """Whenever it comes: the handler's exception is raised, also out of what open() does for the first time."""
    program = """
import signal, sys
import pyetwkit as etw
class Alarm(BaseException): # KeyboardInterrupt inside an eval(), as namedtuple's, changes Python's exit code for good
    pass
def handler(number, frame):
    global calls
    calls += 1
    raise Alarm
calls = 0
signal.signal(signal.SIGALRM, handler)
try:
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]), 2)
    while True:
        etw.open(sys.argv[1]).count()
except Alarm:
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(calls)
"""
    for delay in [n * 0.0004 + 0.0001 for n in range(25)]:
        command = [sys.executable, "-c", program, sample, str(delay)]
        run = subprocess.run(command, capture_output=True, check=True, timeout=300)
        # The import system of 3.12 and later swallows what is raised inside its own callbacks, and says so.
        assert int(run.stdout) == 1 + run.stderr.count(b"Exception ignored in: <function _"), run.stderr.decode()
