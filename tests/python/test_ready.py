# SPDX-License-Identifier: MIT
"""The ready providers are what Windows has: all of them as in the catalogue, kernel flags as in evntrace.h."""

import inspect
import pathlib
import re

import pytest

CLASSES = [
    "KernelProvider",
    "NetworkProvider",
    "ProcessProvider",
    "SecurityProvider",
    "FileProvider",
    "RegistryProvider",
    "DotNetProvider",
]


def ready(etw):
    return {
        f"{name}.{method}": getattr(getattr(etw, name), method)()
        for name in CLASSES
        for method, _ in inspect.getmembers(getattr(etw, name), inspect.isfunction)
    }


@pytest.fixture(scope="module")
def providers(etw):
    found = ready(etw)
    assert len(found) >= 30
    return found


@pytest.fixture(scope="module")
def known(etw):
    """Of the pack alone, whatever schemas the machine has."""
    return {provider.id: provider for provider in etw.list_providers()}


def passed(settings, event):
    """CONTRACT's rule, for a described event."""
    keywords = event.keywords
    return (settings.level == 0 or event.level <= settings.level) and (
        not keywords or not settings.keywords_any or bool(keywords & settings.keywords_any)
    )


def names(info, settings):
    """Of the events that a session would get. Where some version of an event has keywords, one without comes from an
    older source, which had none."""
    with_keywords = {event.event_id for event in info.events if event.keywords}
    return {
        (event.event_id, event.event_name)
        for event in info.events
        if (event.keywords or event.event_id not in with_keywords)
        and passed(settings, event)
        and (not settings.event_ids or event.event_id in settings.event_ids)
    }


def test_guids_and_names(providers, known):
    for what, provider in providers.items():
        assert known[provider.guid].name == provider.name, what


def test_keywords_are_known(providers, known):
    for what, provider in providers.items():
        settings, all_keywords = provider.settings, 0
        for mask in known[provider.guid].keywords:
            all_keywords |= mask
        assert settings.keywords_any & ~all_keywords == 0, what


def test_event_ids_are_known_and_pass(providers, known):
    """An id that level or keywords keep back would never come."""
    for what, provider in providers.items():
        for id in provider.settings.event_ids:
            versions = [event for event in known[provider.guid].events if event.event_id == id]
            assert versions, (what, id)
            assert any(passed(provider.settings, event) for event in versions), (what, id)


def test_keywords_are_needed(providers, known):
    """Each keyword is some event's, but for those that ask for a rundown."""
    for what, provider in providers.items():
        rest, events = provider.settings.keywords_any, known[provider.guid].events
        while rest:
            bit = rest & -rest
            rest &= ~bit
            asks = known[provider.guid].keywords[bit] in ("StartRundownKeyword", "EndRundownKeyword")
            assert asks or any(event.keywords & bit for event in events), (what, hex(bit))


@pytest.mark.parametrize(
    ("what", "some", "none"),
    [
        ("KernelProvider.process", {1, 2, 15}, {3, 5}),
        ("KernelProvider.thread", {3, 4}, {1, 5}),
        ("KernelProvider.image", {5, 6}, {1, 3}),
        ("KernelProvider.network", {10, 11, 12, 13, 15, 26, 42, 58}, set()),
        ("KernelProvider.disk", {10, 11, 14}, set()),
        ("KernelProvider.file", set(range(10, 35)) - {29}, set()),
        ("ProcessProvider.all", {1, 2, 3, 4, 5, 6}, {7, 9, 11, 13}),
        ("ProcessProvider.process_lifecycle", {1, 2}, {3, 15}),
        ("ProcessProvider.thread_lifecycle", {3, 4}, {1, 5}),
        ("ProcessProvider.image_loads", {5, 6}, {1, 3}),
        ("NetworkProvider.dns", {3006, 3008, 3018, 3020}, {1001, 3002}),
        ("NetworkProvider.tcpip", {1013, 1033, 1038, 1123}, {1073, 1074}),
        ("NetworkProvider.winsock", {1000, 1001, 1018, 1024}, set()),
        ("NetworkProvider.http", {1, 2, 4, 8, 21, 23}, {18, 47, 85}),
        ("NetworkProvider.http_client", {200, 201, 203, 701}, {101, 210, 304, 501}),
        ("NetworkProvider.firewall", {2004, 2005, 2006}, set()),
        ("FileProvider.opens", {12, 30}, {13, 15, 16, 24}),
        ("FileProvider.io", {10, 11, 15, 16}, {12, 13, 26}),
        ("FileProvider.changes", {26, 27, 28, 30}, {12, 15}),
        ("RegistryProvider.changes", {1, 3, 5, 6, 11, 15}, {2, 4, 7, 13}),
        ("SecurityProvider.auditing", {4624, 4625, 4688}, set()),
        ("SecurityProvider.threat_intelligence", set(range(1, 9)) | set(range(11, 29)), set()),
        ("SecurityProvider.amsi", {1101}, set()),
        ("SecurityProvider.powershell", {4103, 4104, 4105, 4106}, {8193}),
        ("DotNetProvider.gc", {1, 2, 4}, {10, 80, 141}),
        ("DotNetProvider.exceptions", {80, 250, 256}, {1, 81}),
        ("DotNetProvider.jit", {141, 143}, {1, 145}),
        ("DotNetProvider.contention", {81, 91}, {1, 80}),
        ("DotNetProvider.clr", {1, 2, 80, 81, 141, 154}, {10}),
    ],
)
def test_what_a_session_gets(providers, known, what, some, none):
    provider = providers[what]
    got = {id for id, _ in names(known[provider.guid], provider.settings)}
    assert some <= got, some - got
    assert not none & got


def test_dns_events_have_what_is_asked_for(providers, known):
    provider = providers["NetworkProvider.dns"]
    for event in known[provider.guid].events:
        if event.event_id in provider.settings.event_ids:
            assert "QueryName" in [field.name for field in event.fields]


def test_process_events_are_named_so(providers, known):
    provider = providers["ProcessProvider.process_lifecycle"]
    assert names(known[provider.guid], provider.settings) == {(1, "ProcessStart/Start"), (2, "ProcessStop/Stop")}


def test_each_has_a_docstring(etw):
    for name in CLASSES:
        for method, function in inspect.getmembers(getattr(etw, name), inspect.isfunction):
            assert function.__doc__, (name, method)


def test_flags(etw):
    """As in mingw's evntrace.h, where it is."""
    found = list(pathlib.Path("/usr").glob("*/include/evntrace.h"))
    found += list(pathlib.Path("/usr/share").glob("*/include/evntrace.h"))
    if not found:
        pytest.skip("there is no evntrace.h: mingw-w64 is not installed")
    text = found[0].read_text(errors="replace")
    there = {
        name: int(value, 16)
        for name, value in re.findall(r"#define EVENT_TRACE_FLAG_(\w+) (0x[0-9A-Fa-f]+)", text)
        if int(value, 16) < 1 << 27
    }
    ours = {flag.name: flag.value for flag in etw.KernelFlags}
    assert ours == there
    assert etw.KernelFlags.NETWORK is etw.KernelFlags.NETWORK_TCPIP
    assert sum(there.values()) == etw.KernelFlags.ALL
    assert "DEBUG_EVENTS" in ours  # which PyETWkit called a pool's


def test_they_are_the_systems(etw, providers):
    """Where the system has no such events, a session says so instead of staying empty."""
    session = etw.EtwSession("ready")
    for provider in providers.values():
        with pytest.raises(OSError, match="what works here"):
            session.add_provider(provider)
