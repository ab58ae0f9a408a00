# SPDX-License-Identifier: MIT
"""Every filter option of dump against the same decision made in Python over the jsonl of all events."""

import collections
import datetime
import fnmatch

import pytest


def most_common(events, key, count=3):
    values = collections.Counter(event[key] for event in events if event[key] is not None)
    return [value for value, _ in values.most_common(count)]


@pytest.fixture(scope="session")
def check(dump, sample, events):
    """check(arguments, keep): exactly the events that keep() takes come out, and the test is not an empty one."""

    def check(arguments, keep, may_be_all=False):
        want = [event for event in events if keep(event)]
        assert want and (may_be_all or len(want) < len(events)), "the sample does not test this"
        assert dump("--payload", *arguments, sample) == want

    return check


def named(pattern, name):
    return name is not None and fnmatch.fnmatchcase(name.lower(), pattern.lower())


def test_provider_by_name(check, events):
    for name in most_common(events, "provider_name"):
        check(["--provider", name], lambda e, name=name: e["provider_name"] == name)
        check(["--provider", name.swapcase()], lambda e, name=name: e["provider_name"] == name)


@pytest.mark.parametrize("pattern", ["*kernel*", "?indows*", "*.*"])
def test_provider_by_pattern(pattern, check):
    check(["--provider", pattern], lambda e: named(pattern, e["provider_name"]))


def test_provider_by_guid(check, events):
    for guid in most_common(events, "provider_id"):
        check(["--provider", guid], lambda e, guid=guid: e["provider_id"] == guid)
        check(["--provider", "{" + guid.upper() + "}"], lambda e, guid=guid: e["provider_id"] == guid)


def test_several_providers_are_any_of_them(check, events):
    guids = most_common(events, "provider_id", 2)
    check(["--provider", guids[0], "--provider", guids[1]], lambda e: e["provider_id"] in guids)


def test_a_part_of_a_name_is_not_the_name(dump, sample):
    assert dump("--provider", "Windows", sample) == []


def test_event_by_name_and_pattern(check, events):
    for name in most_common(events, "event_name"):
        check(["--event", name], lambda e, name=name: e["event_name"] == name)
    check(["--event", "process/*"], lambda e: named("process/*", e["event_name"]))
    check(
        ["--event", "process/*", "--event", "thread/*"],
        lambda e: named("process/*", e["event_name"]) or named("thread/*", e["event_name"]),
    )


def test_ids(check, events):
    check(["--id", "0"], lambda e: e["event_id"] == 0, may_be_all=True)
    check(["--id", "1-65535"], lambda e: e["event_id"] != 0)
    some = [i for i in most_common(events, "event_id", 4) if i]
    check(["--id", ",".join(map(str, some))], lambda e: e["event_id"] in some)
    check([f"--id={some[0]}", f"--id={some[-1]}-{some[-1]}"], lambda e: e["event_id"] in (some[0], some[-1]))


def test_opcodes(check, events):
    some = most_common(events, "opcode", 2)
    check(["--opcode", f"{some[0]},{some[1]},{some[1]}"], lambda e: e["opcode"] in some)
    check(["--opcode", "2-255"], lambda e: e["opcode"] >= 2)


@pytest.mark.parametrize("level, word", [(1, "critical"), (2, "error"), (3, "warning"), (4, "info"), (5, "verbose")])
def test_levels(level, word, check):
    check(["--level", str(level)], lambda e: e["level"] <= level, may_be_all=True)
    check(["--level", word], lambda e: e["level"] <= level, may_be_all=True)


def test_keywords(check, events):
    masks = sorted({int(e["keywords"], 16) for e in events} - {0})
    assert masks
    for mask in (masks[0], masks[-1], 1 << 62):
        check(
            ["--keyword", hex(mask)],
            lambda e, mask=mask: int(e["keywords"], 16) == 0 or int(e["keywords"], 16) & mask,
            may_be_all=True,
        )
    both = masks[0] | masks[-1]
    check(
        ["--keyword", hex(masks[0]), "--keyword", str(masks[-1])],
        lambda e: int(e["keywords"], 16) == 0 or int(e["keywords"], 16) & both,
        may_be_all=True,
    )


@pytest.mark.parametrize("option, key", [("--pid", "process_id"), ("--tid", "thread_id")])
def test_processes_and_threads(option, key, check, events):
    some = most_common(events, key, 3)
    check([option, str(some[0])], lambda e: e[key] == some[0])
    check([option, ",".join(map(str, some))], lambda e: e[key] in some, may_be_all=True)
    check([option, f"0-{some[1]}"], lambda e: e[key] is not None and e[key] <= some[1], may_be_all=True)


def test_an_id_that_was_not_recorded_never_matches(dump, sample):
    assert dump("--pid", "4294967295", sample) == []


def test_since_and_until(check, events):
    times = [event["timestamp"] for event in events]
    early, late = times[len(times) // 4], times[len(times) // 2]
    check(["--since", early], lambda e: e["timestamp"] >= early)
    check(["--until", late], lambda e: e["timestamp"] <= late)
    check(["--since", early, "--until", late], lambda e: early <= e["timestamp"] <= late)
    check(["--since", early.replace("T", " ").rstrip("Z")], lambda e: e["timestamp"] >= early)


def ticks(timestamp):
    """100 ns since 1970 of a jsonl timestamp."""
    whole, fraction = timestamp.rstrip("Z").split(".")
    day = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(day.timestamp()) * 10**7 + int(fraction)


def test_relative_times(check, events):
    start = ticks(events[0]["timestamp"])  # the header event is the first and stands at the start of the trace
    after = ticks(events[len(events) // 3]["timestamp"]) - start
    seconds = f"+{after // 10**7}.{after % 10**7:07d}s"
    check(["--since", seconds], lambda e: ticks(e["timestamp"]) >= start + after)
    check(["--since", f"+{after * 100}ns"], lambda e: ticks(e["timestamp"]) >= start + after)
    check(["--until", f"+{after // 10}.{after % 10}us"], lambda e: ticks(e["timestamp"]) <= start + after)
    check(["--until", "+1d"], lambda e: True, may_be_all=True)


def test_options_of_different_kinds_must_all_hold(check, events):
    provider = most_common(events, "provider_id", 1)[0]
    opcode = most_common([event for event in events if event["provider_id"] == provider], "opcode", 1)[0]
    check(
        ["--provider", provider, "--opcode", str(opcode), "--level", "255"],
        lambda e: e["provider_id"] == provider and e["opcode"] == opcode,
    )


def test_nothing_left_is_no_error(run, sample):
    done = run("dump", "--provider", "no such provider", sample)
    assert done.stdout == b"" and done.stderr == b""
