# SPDX-License-Identifier: MIT
"""pyetwkit's sessions of Windows: its wheel's extension in CPython under Wine, with etwsim in the place of ETW
(etwsim/README.md)."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

WINE = pathlib.Path(__file__).parent.parent.parent / "scripts" / "wine"
# Where scripts/windows_python.py left CPython; and pyetwkit for it.
PYTHON = pathlib.Path(os.environ.get("ETWKIT_WINDOWS_PYTHON") or "nowhere")
PACKAGE = pathlib.Path(os.environ.get("ETWKIT_WINDOWS_PACKAGE") or "nowhere")
PROVIDER = "c1b3a1d4-0f1e-4b6a-9a51-0d3b1c2e4f60"
OTHER = "c1b3a1d4-0f1e-4b6a-9a51-0d3b1c2e4f61"
FEED = f"feed events 100 provider {PROVIDER} name Counted"
# How each program begins.
PRELUDE = f"""
import json, pathlib, time
from uuid import UUID
import pyetwkit as etw
PROVIDER, OTHER = UUID("{PROVIDER}"), UUID("{OTHER}")

def wait_until_fed():
    while "everything is fed" not in LOG.read_text():
        time.sleep(0.01)

"""


def windows(path):
    return "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="module")
def package(retarget, tmp_path_factory):
    """A folder for PYTHONPATH."""
    if not PACKAGE.is_dir():
        pytest.skip("no CPython for Windows is under test: `make test-windows-python`")
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE, folder / "pyetwkit", ignore=shutil.ignore_patterns("_core.*", "__pycache__"))
    retarget(PACKAGE / "_core.pyd", folder / "pyetwkit" / "_core.pyd")
    return folder


@pytest.fixture
def python(package, tmp_path):
    """python(script, program): the finished program; python.log: what it asked of ETW."""

    def python(script, program):
        log = tmp_path / "etw.log"
        (tmp_path / "script").write_text(f'log "{log}"\n{script}\n')
        told = {"ETWSIM": str(tmp_path / "script"), "PYTHONPATH": windows(package), "PYTHONUTF8": "1"}
        told["PYTHONPYCACHEPREFIX"] = windows(PYTHON / "bytecode")  # else it compiles what it imports, each time
        done = subprocess.run(
            [WINE, PYTHON / "python" / "python.exe", "-c", f"{PRELUDE}LOG = pathlib.Path({windows(log)!r})\n{program}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, **told},
        )
        python.log = log.read_text().splitlines() if log.exists() else []
        assert done.returncode == 0, f"{done.stderr}\n" + "\n".join(python.log)
        return json.loads(done.stdout)

    python.asked = lambda call: [line for line in python.log if line.startswith(call)]
    return python


def test_a_listener(python):
    found = python(
        FEED,
        """
with etw.EtwListener(PROVIDER) as listener:
    events = list(listener.events(timeout=60, max_events=100))
assert not list(listener)  # to the end: what is kept back counts as such once what it came with is read
stats = listener.stats()
print(json.dumps([[e["number"] for e in events], events[0].event_name, listener.session.is_system,
                  stats.events_received - stats.events_filtered, stats.events_lost]))
""",
    )
    assert found == [list(range(100)), "Counted", True, 100, 0]
    assert len(python.asked("StartTraceW")) == len(python.asked("ControlTraceW stop")) == 1


@pytest.mark.parametrize("loop", ["ProactorEventLoop", "SelectorEventLoop"])
def test_a_streamer(python, loop):
    found = python(
        FEED,
        f"""
import asyncio
async def main():
    async with etw.EtwStreamer(PROVIDER) as streamer:
        return [(await streamer.next_event(60))["number"] for _ in range(100)]
with asyncio.Runner(loop_factory=asyncio.{loop}) as runner:
    print(json.dumps(runner.run(main())))
""",
    )
    assert found == list(range(100))
    assert len(python.asked("ControlTraceW stop")) == 1


@pytest.mark.parametrize("filters", ["honoured", "ignored"])
def test_payload_filters(python, filters):
    schemas = f"tdh-provider {PROVIDER} Test\ntdh-event 7 0\ntdh-field Number 10"
    found = python(
        f"filters {filters}\n{schemas}\nfeed events 100 provider {PROVIDER} id 7\nfeed wait 300\nfeed stop *",
        """
wanted = etw.EtwProvider(PROVIDER).payload_filter(7, ("Number", "between", "10,19"), ("Number", "!=", 12))
with etw.EtwListener(wanted) as listener:
    print(json.dumps([event["Number"] for event in listener.events(timeout=60, max_events=9)]))
""",
    )
    assert found == [10, 11, *range(13, 20)]
    assert len(python.asked("TdhCreatePayloadFilter id=7 predicates=2")) == 1


def test_batches(python):
    assert (
        python(
            FEED,
            """
with etw.EtwSession() as session:
    session.enable(PROVIDER)
    rows = 0
    while rows < 100:
        rows += len(session.next_batch(60))
print(rows)
""",
        )
        == 100
    )


MERGED = {
    "listeners": """
with etw.MergedListener(etw.EtwListener(PROVIDER), etw.EtwListener(OTHER)) as merged:
    events = [merged.next_event(60) for _ in range(60)]
""",
    "streamers": """
import asyncio
async def main():
    global merged
    async with etw.MergedStreamer(etw.EtwStreamer(PROVIDER), etw.EtwStreamer(OTHER)) as merged:
        return [await merged.next_event(60) for _ in range(60)]
events = asyncio.run(main())
""",
}


@pytest.mark.parametrize("program", MERGED.values(), ids=MERGED)
def test_two_sessions_merged(python, program):
    feeds = [f"feed events 20 provider {one}" for one in (PROVIDER, OTHER, PROVIDER)]
    found = python(
        "begin enables 2\n" + "\nfeed wait 20\n".join(feeds),
        f"""{program}
print(json.dumps([[[event.provider_id == PROVIDER, event["number"]] for event in events], merged.late]))
""",
    )
    assert found == [[[mine, number] for mine in (True, False, True) for number in range(20)], 0]
    assert len(python.asked("StartTraceW")) == len(python.asked("ControlTraceW stop")) == 2


@pytest.mark.parametrize("mode", ["sequential", "flight_recorder"])
def test_into_a_file(python, tmp_path, mode):
    """It is Windows, here the double, who writes it."""
    path = tmp_path / "recorded.etl"
    path_option = f"file={windows(path)!r}" if mode == "sequential" else "file_mode='flight_recorder'"
    found = python(
        FEED,
        f"""
session = etw.EtwSession({path_option})
session.enable(PROVIDER)
with session:
    wait_until_fed()
    {"session.flush()" if mode == "sequential" else f"session.snapshot({windows(path)!r})"}
with etw.open({windows(path)!r}, provider=PROVIDER) as trace:
    print(json.dumps([event["number"] for event in trace]))
""",
    )
    assert found == list(range(100))
    (start,) = python.asked("StartTraceW")
    assert f"mode=0x{0x08000001 if mode == 'sequential' else 0x08000400:08x}" in start


@pytest.mark.parametrize(("queue", "lost"), [(0, "windows_events_lost"), (2, "windows_real_time_buffers_lost")])
def test_what_windows_loses(python, queue, lost):
    """Nobody reads until all is fed, but for what shows that Windows hands on."""
    stats, count = python(
        f"feed events 50000 provider {PROVIDER} rate flood\nrt-queue {queue}",
        """
session = etw.EtwSession(buffer_size_kb=4, min_buffers=4, max_buffers=8, channel_capacity=1000)
session.enable(PROVIDER)
with session:
    first = session.next_event(100)
    wait_until_fed()
print(json.dumps([session.stats().to_dict(), sum(event.provider_id == PROVIDER for event in [first, *session])]))
""",
    )
    assert 0 < count < 50000
    assert stats[lost] > 0
    assert stats["events_lost_buffer"] == stats["windows_events_lost"]
    assert stats["buffers_lost"] == stats["windows_real_time_buffers_lost"] + stats["windows_log_buffers_lost"]
    if queue == 0:  # then each single event is counted
        assert count + stats["windows_events_lost"] == 50000
    else:
        assert stats["loss_records"] > 0


def test_somebody_else_stops_a_session(python):
    found = python(
        f"{FEED}\nfeed wait 100\nfeed stop *",
        """
listener = etw.EtwListener(PROVIDER)
listener.start()
numbers = [event["number"] for event in listener]
print(json.dumps([numbers, " ".join(listener.session.notes())]))
""",
    )
    assert found[0] == list(range(100))
    assert "somebody else stopped this session" in found[1]


def test_a_session_of_the_name_runs(python):
    found = python(
        f"session mine mode 0x100\n{FEED}",
        """
said = []
for existing in ("fail", "replace"):
    try:
        with etw.EtwListener(PROVIDER, name="mine", existing=existing) as listener:
            said.append([listener.next_event(60)["number"] for _ in range(100)])
    except FileExistsError as error:
        said.append(str(error))
print(json.dumps(said))
""",
    )
    assert "session mine" in found[0] and "adopt it, replace it, or take another name" in found[0]
    assert found[1] == list(range(100))
    assert len(python.asked("ControlTraceW stop")) == 2


def test_whose_session_it_is(python):
    """One of the program, beside one of Windows: both get what the program writes."""
    found = python(
        "",
        """
import os
def listener(**options):
    return etw.EtwListener("Etwkit.Test.Ours", **options)
provider = etw.TraceLoggingProvider("Etwkit.Test.Ours")
with listener(system=False) as own, listener() as of_windows:
    provider.write("Step", number=1)
    seen = [[one.session.is_system, one.next_event(60)["number"]] for one in (own, of_windows)]
os.environ["ETWKIT_SESSION_SCOPE"] = "process"
print(json.dumps([*seen, listener().session.is_system]))
""",
    )
    assert found == [[False, 1], [True, 1], False]
    assert len(python.asked("StartTraceW")) == 1


def test_events_of_the_kernel(python):
    """Also those that come after the stop."""
    found = python(
        "rundown-start 30\nrundown-end 40",
        """
import collections
with etw.KernelSession(etw.KernelFlags.PROCESS) as session:
    found = [session.next_event(60) for _ in range(30)]
found += session
print(json.dumps(collections.Counter(f"{event.provider_name} {event.event_name}" for event in found)))
""",
    )
    assert found == {"Windows Kernel Process/DCStart": 30, "Windows Kernel Process/DCEnd": 40}
    (start,) = python.asked("StartTraceW")
    assert "flags=0x1 " in start


def test_a_provider_of_ours(python):
    found = python(
        "",
        """
provider = etw.TraceLoggingProvider("Etwkit.Test.Ours")
with etw.EtwListener("Etwkit.Test.Ours") as listener:
    for number in range(50):
        assert provider.write("Step", number=number)
    events = [listener.next_event(60) for _ in range(50)]
print(json.dumps([[event.event_name, event["number"]] for event in events]))
""",
    )
    assert found == [["Step", number] for number in range(50)]


def test_rights_that_are_missing(python):
    found = python(
        "rights none",
        """
try:
    etw.EtwListener(PROVIDER).start()
except PermissionError as error:
    print(json.dumps([error.winerror, str(error)]))
""",
    )
    assert found[0] == 5
    assert "StartTraceW: error 5 (access denied: needs an elevated Administrator, LocalSystem, or the group" in found[1]


def test_the_exit_stops_a_session(python):
    python(FEED, "listener = etw.EtwListener(PROVIDER)\nlistener.start()\nprint(1)")
    assert len(python.asked("ControlTraceW stop")) == 1


def test_ctrl_c(python):
    assert (
        python(
            "",
            """
import signal, threading
with etw.EtwListener(PROVIDER) as listener:
    threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,)).start()
    try:
        listener.next_event(60)
    except KeyboardInterrupt:
        print(1)
""",
        )
        == 1
    )
    assert len(python.asked("ControlTraceW stop")) == 1
