# SPDX-License-Identifier: MIT
"""EventFilter means what logic says, in C as it would in Python; open() takes the command's filters as keywords."""

import datetime
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def events(etw, sample):
    with etw.open(sample) as trace:
        return list(trace)


@pytest.mark.parametrize(
    ("keywords", "options"),
    [
        ({"provider": "Windows Kernel"}, ["--provider", "Windows Kernel"]),
        ({"provider": ["*kernel*", "Etwkit.*"]}, ["--provider", "*kernel*", "--provider", "Etwkit.*"]),
        ({"event": "Process/*", "level": "info"}, ["--event", "Process/*", "--level", "info"]),
        ({"id": range(1, 9)}, ["--id", "1-8"]),
        ({"opcode": [1, 2], "pid": 4}, ["--opcode", "1,2", "--pid", "4"]),
        ({"tid": [88]}, ["--tid", "88"]),
        ({"keyword": 0x10}, ["--keyword", "0x10"]),
        ({"since": "+1.5s", "until": "+2s"}, ["--since", "+1.5s", "--until", "+2s"]),
        ({"until": "2024-05-17T09:30:01Z"}, ["--until", "2024-05-17T09:30:01Z"]),
        ({"level": 3}, ["--level", "3"]),
        ({"unordered": True}, ["--unordered"]),
        ({"pack": False}, ["--no-pack"]),
    ],
)
def test_keywords_are_the_command_s_options(etw, sample, lines, keywords, options):
    with etw.open(sample, **keywords) as trace:
        assert [event.to_json() for event in trace] == lines(sample, *options)


def test_matches_is_what_passes(etw, sample, events):
    wanted = etw.EventFilter(provider="Windows Kernel", exclude_id=[5]) & ~etw.EventFilter.where("ProcessId", "<", 1000)
    with etw.open(sample, filter=wanted) as trace:
        passed = [event.to_json() for event in trace]
    assert passed == [event.to_json() for event in events if wanted.matches(event)]
    assert 0 < len(passed) < len(events)


def conditions(etw):
    """Filters with what they mean."""
    where = etw.EventFilter.where
    plain = [
        (etw.EventFilter(opcode=1), lambda e: e.opcode == 1),
        (etw.EventFilter(pid=[4, 88]), lambda e: e.process_id in {4, 88}),
        (etw.EventFilter(levels=[0, 4]), lambda e: e.level in {0, 4}),
        (etw.EventFilter(level=3), lambda e: e.level <= 3),
        (etw.EventFilter(provider="*Kernel*"), lambda e: "kernel" in (e.provider_name or "").lower()),
        (etw.EventFilter(exclude_id=0), lambda e: e.event_id != 0),
        (etw.EventFilter(), lambda e: True),
        (etw.EventFilter(id=[]), lambda e: False),
        (where("ProcessId"), lambda e: "ProcessId" in e),
        (where("ProcessId", ">=", 1000), lambda e: "ProcessId" in e and e["ProcessId"] >= 1000),
        (where("ImageFileName", "contains", "e."), lambda e: "e." in str(e.get("ImageFileName", ""))),
        (where("FileName", "icontains", "WINDOWS"), lambda e: "windows" in str(e.get("FileName", "")).lower()),
        (
            where("FileName", "imatches", r"\\system32\\[a-m]\w*\.dll$"),
            lambda e: re.search(r"\\system32\\[a-m]\w*\.dll$", str(e.get("FileName", "")), re.IGNORECASE) is not None,
        ),
    ]
    return st.recursive(
        st.sampled_from(plain),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: (p[0][0] & p[1][0], lambda e: p[0][1](e) and p[1][1](e))),
            st.tuples(inner, inner).map(lambda p: (p[0][0] | p[1][0], lambda e: p[0][1](e) or p[1][1](e))),
            inner.map(lambda p: (~p[0], lambda e: not p[1](e))),
        ),
        max_leaves=12,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_logic(etw, events, data):
    chosen, means = data.draw(conditions(etw))
    for event in events[::23]:
        assert chosen.matches(event) == means(event)


def test_as_deep_as_you_like(etw, events):
    chosen, expected = etw.EventFilter(opcode=1), events[0].opcode == 1
    for i in range(3000):
        chosen = ~(chosen & etw.EventFilter(level=255)) if i % 2 else chosen | etw.EventFilter(id=[])
        expected = not expected if i % 2 else expected
    assert chosen.matches(events[0]) == expected


def test_property_comparisons(etw, events):
    event = next(event for event in events if event.event_name == "EventTrace/Header")
    where = etw.EventFilter.where
    for sign, value, expected in [
        ("==", 65536, True),
        ("!=", 65536, False),
        (">", 65535.5, True),
        ("<", 2**64, True),
        ("<", 2**70, True),
        (">", -5, True),
        ("<=", -(2**63), False),
        ("==", "65536", True),
        ("contains", "553", True),
        ("matches", "^6[0-9]{4}$", True),
    ]:
        assert where("BufferSize", sign, value).matches(event) is expected, (sign, value)
    assert where("SessionNameString", "==", "etwkit sample").matches(event)
    assert where("SessionNameString", "i==", "ETWKIT Sample").matches(event)
    assert not where("SessionNameString", "==", 5).matches(event)
    assert where("EndTime", ">", datetime.datetime(2024, 5, 17, 9, 30, tzinfo=datetime.timezone.utc)).matches(event)
    assert not where("no such", "!=", 5).matches(event)
    mapped = next((e, k, v) for e in events for k, v in e.properties.items() if isinstance(v, etw.MappedInt))
    assert where(mapped[1], "==", mapped[2].label).matches(mapped[0])
    assert where(mapped[1], "==", int(mapped[2])).matches(mapped[0])


def test_mistakes(etw, events):
    cases = [
        (ValueError, lambda: etw.EventFilter(id=65536)),
        (ValueError, lambda: etw.EventFilter(level="loud")),
        (TypeError, lambda: etw.EventFilter(id="5")),
        (TypeError, lambda: etw.EventFilter(provider=5)),
        (ValueError, lambda: etw.EventFilter(since="yesterday")),
        (ValueError, lambda: etw.EventFilter(since=datetime.datetime(2024, 1, 1))),
        (TypeError, lambda: etw.EventFilter(since=1.5)),
        (ValueError, lambda: etw.EventFilter.where("x", "~", 1)),
        (TypeError, lambda: etw.EventFilter.where("x", "contains", 1)),
        (TypeError, lambda: etw.EventFilter.where("x", "==")),
        (ValueError, lambda: etw.EventFilter.where("x", "matches", "(")),
        (ValueError, lambda: etw.EventFilter.where("a\0b")),
        (TypeError, lambda: etw.EventFilter() & 1),
        (TypeError, lambda: etw.EventFilter().matches(1)),
        (TypeError, lambda: etw.open(b"", filter=1)),
    ]
    for error, use in cases:
        with pytest.raises(error):
            use()
