# SPDX-License-Identifier: MIT
"""listen, record and sessions on Windows: etwkit.exe under Wine, with etwsim in the place of ETW (etwsim/README.md)."""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import uuid

import pytest

WINE = pathlib.Path(__file__).parent.parent.parent / "scripts" / "wine"

DNS = "1c95126e-7eea-49a9-a3fe-a378b03ddb4d"


def guid_of(name):
    """CONTRACT.md: a provider's GUID from its name."""
    space = bytes.fromhex("482C2DB2C39047C887F81A15BFC130FB")
    digest = bytearray(hashlib.sha1(space + name.upper().encode("utf-16-be")).digest()[:16])
    digest[7] = digest[7] & 0x0F | 0x50
    return str(uuid.UUID(bytes_le=bytes(digest)))


APP = guid_of("Test.App")


def events(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def feed(count, **more):
    more = {"name": "Counted", **more}
    return f"feed events {count} provider {APP} " + " ".join(f"{key} {value}" for key, value in more.items())


def test_a_provider_is_heard_until_enough_was_shown(etw):
    shown = events(etw(feed(10), "listen", "--provider", "Test.App", "--limit", "10"))
    assert [event["properties"]["number"] for event in shown] == list(range(10))
    assert {event["provider_id"] for event in shown} == {APP} and {event["event_name"] for event in shown} == {
        "Counted"
    }
    (start,) = etw.asked("StartTraceW")
    assert 'name="etwkit-listen-' in start
    assert len(etw.asked("ControlTraceW stop")) == 1  # nothing is left behind


def test_somebody_else_ends_it(etw):
    done = etw(feed(3) + "\nfeed wait 300\nfeed stop *", "listen", "--provider", "Test.App")
    assert len(events(done)) == 3
    assert etw.said.count("somebody else stopped this session") == 1


def test_somebody_else_ends_a_session_of_the_kernel(etw, tmp_path):
    trace = tmp_path / "sample.etl"
    etw("", "sample", "-o", trace, "--events", 500)
    script = f'begin processing\nfeed trace "{trace}" stamps keep\nfeed stop *'
    assert events(etw(script, "listen", "--kernel", "process,thread"))


def test_its_time_is_over(etw):
    assert len(events(etw(feed(3), "listen", "--provider", "Test.App", "--for", "2s"))) == 3


@pytest.mark.parametrize(
    ("provider", "guid", "level", "any"),
    [
        ("Test.App", APP, 255, "0x0"),
        ("Test.App:warning", APP, 3, "0x0"),
        ("Test.App:4:0x30", APP, 4, "0x30"),
        ("Microsoft-Windows-DNS-Client", DNS, 255, "0x0"),  # the pack knows it
        (f"{{{DNS.upper()}}}:5", DNS, 5, "0x0"),
    ],
)
def test_providers_levels_and_keywords(etw, provider, guid, level, any):
    etw("", "listen", "--provider", provider, "--for", "200ms")
    (enabled,) = etw.asked("EnableTraceEx2 enable")
    assert f"provider={guid}" in enabled.lower().replace("{", "").replace("}", "")
    assert f"level={level}" in enabled and re.search(rf"any={any}|any=0xffffffffffffffff", enabled)


@pytest.mark.parametrize("filters", ["honoured", "ignored"])
def test_only_some_events(etw, filters):
    """By Windows, or by etwkit where Windows does not: the same."""
    script = "\n".join(
        [
            f"filters {filters}",
            "process 4242 app.exe",
            "process 4243 other.exe",
            feed(5, id=1, pid=4242),
            feed(5, id=2, pid=4242),
            feed(5, id=1, pid=4243),
            "feed wait 300",
            "feed stop *",
        ]
    )

    def heard(*options):
        done = etw(script, "listen", "--provider", "Test.App", *options)
        return sorted({(event["event_id"], event["process_id"]) for event in events(done)})

    assert heard() == [(1, 4242), (1, 4243), (2, 4242)]
    assert heard("--id", "2") == [(2, 4242)]
    assert heard("--pid", "4243") == [(1, 4243)]
    assert heard("--id", "0-1,7", "--pid", "4242") == [(1, 4242)]


def test_only_events_of_a_name(etw):
    script = "\n".join([feed(2, name="A"), feed(2, name="B"), "feed wait 300", "feed stop *"])
    done = etw(script, "listen", "--provider", "Test.App", "--event", "B")
    assert [event["event_name"] for event in events(done)] == ["B", "B"]


@pytest.mark.parametrize("filters", ["honoured", "ignored"])
def test_only_what_holds_something(etw, filters):
    """By Windows, or by etwkit where Windows does not: the same."""
    schemas = f"tdh-provider {APP} Test-App\ntdh-event 7 0\ntdh-field Number 10\ntdh-event 7 2\ntdh-field Number 10"
    fed = [feed(9, id=7), feed(9, id=7, version=2), feed(2, id=1), "feed wait 300", "feed stop *"]
    script = "\n".join([f"filters {filters}", schemas, *fed])
    conditions = ["7 Number between 2,5", "7 Number != 3", "7.2 Number > 7"]
    options = [word for condition in conditions for word in ("--where", condition)]
    shown = events(etw(script, "listen", "--provider", "Test.App", *options))
    numbers = [(event["version"], event["properties"]["Number"]) for event in shown if event["event_id"] == 7]
    assert numbers == [(0, 2), (0, 4), (0, 5), (2, 8)]
    assert len(shown) == 6
    assert len(etw.asked("TdhCreatePayloadFilter id=7 predicates=2 any=0")) == 1


@pytest.mark.parametrize(
    "condition",
    ["", "7", "7 Number", "7 Number =", "x Number = 1", "65536 Number = 1", "7.256 Number = 1", "7 Number ~ 1"],
)
def test_what_is_no_condition(etw, condition):
    etw("", "listen", "--provider", "Test.App", "--where", condition, code=2)
    assert "--where wants 'ID[.VERSION] FIELD OPERATOR VALUE'" in etw.said


def test_what_cannot_be_compared(etw):
    etw("", "listen", "--provider", "Test.App", "--where", "7 Number = many", code=2)
    assert "event 7: 'Number' cannot be compared with 'many'" in etw.said
    etw("", "listen", "--kernel", "process", "--where", "7 Number = 1", code=2)
    assert "say which, with --provider" in etw.said


def test_what_is_added_and_captured(etw):
    etw(
        "", "listen", "-p", "Test.App", "--add", "stack,user", "--add", "start-key", "--capture-state", "--for", "200ms"
    )
    (enabled,) = etw.asked("EnableTraceEx2 enable")
    assert "property=0x85" in enabled  # SID 1, STACK_TRACE 4, PROCESS_START_KEY 0x80
    assert len(etw.asked("EnableTraceEx2 capture-state")) == 1


def test_the_kernel(etw):
    done = etw("rundown-start 4\nrundown-end 3", "listen", "--kernel", "process,PROFILE", "--for", "1s")
    (start,) = etw.asked("StartTraceW")
    assert int(re.search(r"mode=0x([0-9a-f]+)", start)[1], 16) & 0x02000000  # EVENT_TRACE_SYSTEM_LOGGER_MODE
    shown = [event["event_name"] for event in events(done)]
    assert shown.count("Process/DCStart") == 4
    assert shown.count("Process/DCEnd") == 3  # which come after the stop
    assert any("0x1000001" in line for line in etw.log)


def test_stacks_and_the_profile_interval(etw):
    etw(
        "",
        "listen",
        "--kernel",
        "profile,cswitch",
        "--stack",
        "Profile+CSwitch,thread/50",
        "--profile-interval",
        "500us",
        "--for",
        "200ms",
    )
    (stacks,) = etw.asked("TraceSetInformation stacks")
    assert "ce1dbfb4:46" in stacks and "3d6fa8d1:36" in stacks and "3d6fa8d1:50" in stacks
    assert any("0x1388" in line for line in etw.asked("TraceSetInformation profile-interval"))  # 5,000 of 100 ns


def test_system_providers(etw):
    """learn.microsoft.com/windows/win32/etw/system-providers: SystemProcessProviderGuid."""
    guid = "151f55dc-467d-471f-83b5-5f889d46ff66"
    etw("build 20348", "listen", "--kernel", "none", "--provider", f"{guid}::0x1", "--for", "200ms")
    (start,) = etw.asked("StartTraceW")
    assert int(re.search(r"mode=0x([0-9a-f]+)", start)[1], 16) & 0x02000000 and "flags=0x0 " in start
    (enabled,) = etw.asked("EnableTraceEx2 enable")
    assert guid in enabled.lower() and "any=0x1 " in enabled and enabled.endswith("-> 0")


def test_the_classic_logger(etw):
    etw("", "listen", "--kernel", "process", "--nt-kernel-logger", "--for", "200ms")
    (start,) = etw.asked("StartTraceW")
    assert 'name="NT Kernel Logger"' in start


def test_buffers(etw):
    etw(
        "",
        "listen",
        "-p",
        "Test.App",
        "--buffer-size",
        "128K",
        "--buffers",
        "70-90",
        "--flush",
        "200",
        "--for",
        "200ms",
    )
    (start,) = etw.asked("StartTraceW")
    assert "buffer=128 " in start and "min=70 " in start and "max=90 " in start


def test_a_session_that_exists(etw):
    script = 'session "mine"'
    common = ("listen", "-p", "Test.App", "--name", "mine", "--for", "200ms")
    etw(script, *common, code=2)
    assert "mine" in etw.said and "183" in etw.said  # ERROR_ALREADY_EXISTS
    assert etw.asked("ControlTraceW stop") == []
    etw(script, *common, "--existing", "replace")
    assert [line.split()[0] for line in etw.log if line.startswith(("StartTraceW", "ControlTraceW stop"))][
        -1
    ] == "ControlTraceW"
    assert len(etw.asked("ControlTraceW stop")) == 2
    etw(script, *common, "--existing", "adopt")
    assert len(etw.asked("ControlTraceW stop")) == 1


def test_attached_to_a_session_that_stays(etw):
    etw('session "EventLog-Security"', "listen", "--attach", "EventLog-Security", "--for", "500ms")
    assert etw.asked("StartTraceW") == [] and etw.asked("ControlTraceW stop") == []
    assert etw.asked("EnableTraceEx2") == [] and len(etw.asked("OpenTraceW")) == 1
    etw("", "listen", "--attach", "Nobody", "--for", "500ms", code=2)


def test_a_recording(etw, tmp_path):
    path = tmp_path / "app.etl"
    etw(feed(20), "record", "-o", path, "--provider", "Test.App", "--for", "1s")
    done = etw("", "dump", path, "--provider", APP)
    assert [event["properties"]["number"] for event in events(done)] == list(range(20))


def test_somebody_else_ends_a_recording(etw, tmp_path):
    """Nothing tells of it before the end."""
    etw("feed stop *", "record", "-o", tmp_path / "app.etl", "--provider", "Test.App", "--for", "1s")
    assert etw.said.count("somebody else stopped this session") == 1


@pytest.mark.parametrize("subcommand", ["listen", "record", "record --ring 1M"])
def test_ctrl_c_stops_the_session_and_keeps_what_came(etw, program, tmp_path, subcommand):
    """Wine makes Ctrl-C of SIGINT."""
    log, path = tmp_path / "log", tmp_path / "app.etl"
    (tmp_path / "script").write_text(f'log "{log}"\n{feed(5)}\n')
    output = ["-o", path] if "record" in subcommand else []
    process = subprocess.Popen(
        [WINE, program, *subcommand.split(), *output, "-p", "Test.App"],
        env=dict(os.environ, ETWSIM=str(tmp_path / "script")),
        stdout=subprocess.PIPE,
    )
    begun = time.monotonic()
    while not (log.exists() and "everything is fed" in log.read_text()) and time.monotonic() - begun < 60:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert any("ControlTraceW stop" in line and "-> 0" in line for line in log.read_text().splitlines())
    if output:
        shown = etw("", "dump", path, "--provider", APP).stdout
    assert [json.loads(line)["properties"]["number"] for line in shown.splitlines()] == list(range(5))


def test_rights(etw):
    etw("rights none", "listen", "-p", "Test.App", "--for", "1s", code=2)
    assert "StartTrace" in etw.said and "5" in etw.said
    etw("rights log-users", "listen", "--kernel", "process", "--for", "1s", code=2)


def test_what_was_lost_is_said(etw):
    script = "\n".join(["rt-queue 1", feed(200000, payload=100, rate="flood")])
    etw(script, "listen", "-p", "Test.App", "--buffers", "4", "--buffer-size", "4K", "--for", "2s")
    assert "were lost" in etw.said and "RealTimeBuffersLost" in etw.said


SESSIONS = 'session "etwkit-listen-1" lost 7\nsession "Other" mode 0x1 file "C:\\\\o.etl"'


def test_sessions_are_listed(etw):
    text = etw(SESSIONS, "sessions").stdout.decode()
    assert text.startswith("NAME") and "etwkit-listen-1" in text and "Other" in text and "o.etl" in text
    listed = {row["name"]: row for row in events(etw(SESSIONS, "sessions", "list", "--json"))}
    assert listed["etwkit-listen-1"]["events_lost"] == 7
    assert listed["etwkit-listen-1"]["ours"] and not listed["Other"]["ours"]
    assert [row["name"] for row in events(etw(SESSIONS, "sessions", "--json", "--ours"))] == ["etwkit-listen-1"]


def test_sessions_are_stopped(etw):
    etw(SESSIONS, "sessions", "stop", "Other")
    assert [line for line in etw.asked("ControlTraceW stop") if '"Other"' in line]
    etw(SESSIONS, "sessions", "stop", "--ours")
    assert all("etwkit-listen-1" in line for line in etw.asked("ControlTraceW stop"))
    etw(SESSIONS, "sessions", "stop", "Nobody", code=2)
    assert "Nobody" in etw.said


def test_without_anything_it_says_what_there_is(etw):
    etw("", "listen", code=2)
    assert "--provider, --kernel or --attach" in etw.said and "process that runs it" not in etw.said
