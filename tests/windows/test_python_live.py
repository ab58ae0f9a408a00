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
# Where scripts/windows_python.py left CPython, and the wheel was installed.
PYTHON = pathlib.Path(os.environ.get("ETWKIT_WINDOWS_PYTHON") or "nowhere") / "python"
PROVIDER = "c1b3a1d4-0f1e-4b6a-9a51-0d3b1c2e4f60"
FEED = f"feed events 100 provider {PROVIDER} name Counted"


def windows(path):
    return "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="module")
def package(retarget, tmp_path_factory):
    """A folder for PYTHONPATH."""
    installed = PYTHON / "Lib" / "site-packages" / "pyetwkit"
    if not installed.is_dir():
        installed = PYTHON / "lib" / "site-packages" / "pyetwkit"
    if not installed.is_dir():
        pytest.skip("no CPython for Windows is under test: `make test-windows-python`")
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(installed, folder / "pyetwkit", ignore=shutil.ignore_patterns("_core.pyd", "__pycache__"))
    retarget(installed / "_core.pyd", folder / "pyetwkit" / "_core.pyd")
    return folder


@pytest.fixture
def python(package, tmp_path):
    """python(script, program): the finished program; python.log: what it asked of ETW."""

    def python(script, program):
        log = tmp_path / "etw.log"
        (tmp_path / "script").write_text(f'log "{log}"\n{script}\n')
        told = {"ETWSIM": str(tmp_path / "script"), "PYTHONPATH": windows(package), "PYTHONUTF8": "1"}
        program = f"import pyetwkit as etw\nfrom uuid import UUID\nPROVIDER = UUID('{PROVIDER}')\n{program}"
        done = subprocess.run(
            [WINE, PYTHON / "python.exe", "-c", program],
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
import json
with etw.EtwListener(PROVIDER) as listener:
    events = list(listener.events(timeout=60, max_events=100))
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
import asyncio, json
async def main():
    async with etw.EtwStreamer(PROVIDER) as streamer:
        return [(await streamer.next_event(60))["number"] for _ in range(100)]
with asyncio.Runner(loop_factory=asyncio.{loop}) as runner:
    print(json.dumps(runner.run(main())))
""",
    )
    assert found == list(range(100))
    assert len(python.asked("ControlTraceW stop")) == 1


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


def test_events_of_the_kernel(python):
    """Also those that come after the stop."""
    found = python(
        "rundown-start 30\nrundown-end 40",
        """
import collections, json
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
import json
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
import json
try:
    etw.EtwListener(PROVIDER).start()
except PermissionError as error:
    print(json.dumps([error.winerror, str(error)]))
""",
    )
    assert found[0] == 5
    assert "StartTraceW" in found[1]


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
