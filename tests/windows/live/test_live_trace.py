# SPDX-License-Identifier: MIT
"""A trace that is fed to Windows' double is listened to: what comes is what the file has, event by event."""

import collections
import json

LATE = "7c8fd0f2-6d4f-4f53-9d31-1f0a3b6a9c42"  # described behind its first events: too late for who reads live
GROUPS = "process,thread,image,disk,file,network,registry,profile"


def rows(done):
    return [json.loads(row) for row in done.stdout.splitlines()]


def bag(events):
    return collections.Counter(json.dumps(event, sort_keys=True) for event in events)


def test_live_is_as_recorded(etw, tmp_path):
    trace = tmp_path / "sample.etl"
    etw("", "sample", "-o", trace, "--seed", 3, "--events", 3000)
    recorded = rows(etw("", "dump", trace, "--format", "jsonl", "--payload"))
    users = sorted({event["provider_id"] for event in recorded if event["provider_name"] != "Windows Kernel"})
    script = f'begin enables {len(users) + 1}\nfeed trace "{trace}" stamps keep'
    providers = [word for user in users for word in ("--provider", user)]
    live = rows(etw(script, "listen", "--kernel", GROUPS, *providers, "--for", "3s", "--format", "jsonl", "--payload"))

    def known(events):
        return [event for event in events if event["provider_id"] != LATE]

    assert not bag(known(live)) - bag(known(recorded))

    def counts(events):
        return collections.Counter(event["provider_id"] for event in events if event["provider_id"] in users)

    assert counts(live) == counts(recorded)
    names = {event["event_name"] for event in live}
    assert {"Process/Start", "Thread/Start", "Image/Load", "DiskIo/Read"} <= names
    assert [event["timestamp"] for event in live] == sorted(event["timestamp"] for event in live)
