# SPDX-License-Identifier: MIT
"""Writing events: which value becomes what, activities, and the handler for logging."""

import asyncio
import contextvars
import datetime
import enum
import logging
import logging.config
import threading
import types
import uuid

import pytest

NAME = "Etwkit.Test.Writing"
UTC = datetime.timezone.utc


@pytest.fixture
def provider(etw):
    provider = etw.TraceLoggingProvider(NAME)
    yield provider
    provider.close()


@pytest.fixture
def session(etw):
    with etw.EtwSession() as session:
        session.enable(NAME)
        yield session


class Colour(enum.IntEnum):
    RED = 3


def number(value):
    class Number:
        def __index__(self):
            return value

    return Number()


HOUR = datetime.timezone(datetime.timedelta(hours=1))
VALUES = [
    (5, 5, "Int64"),
    (-(2**63), -(2**63), "Int64"),
    (2**63 - 1, 2**63 - 1, "Int64"),
    (2**63, 2**63, "UInt64"),
    (2**64 - 1, 2**64 - 1, "UInt64"),
    (Colour.RED, 3, "Int64"),
    (number(7), 7, "Int64"),
    (0.1, 0.1, "Double"),
    (True, True, "UInt8"),
    (False, False, "UInt8"),
    ("", "", "CountedAnsiString"),
    ("grün 🙂 x", "grün 🙂 x", "CountedAnsiString"),
    ("lone \ud800", "lone ?", "CountedAnsiString"),
    (b"\x00\xff", b"\x00\xff", "CountedBinary"),
    (bytearray(b"ab"), b"ab", "CountedBinary"),
    (memoryview(b"cd"), b"cd", "CountedBinary"),
    (uuid.UUID(int=2**100 + 5), uuid.UUID(int=2**100 + 5), "GUID"),
    (
        datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, UTC),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, UTC),
        "FILETIME",
    ),
    (datetime.datetime(2020, 1, 2, 3, tzinfo=HOUR), datetime.datetime(2020, 1, 2, 2, tzinfo=UTC), "FILETIME"),
    (datetime.datetime(1601, 1, 1, tzinfo=UTC), datetime.datetime(1601, 1, 1, tzinfo=UTC), "FILETIME"),
    ([], [], "CountedAnsiString"),
    ([1, -2], [1, -2], "Int64"),
    ((1, 2**64 - 1), [1, 2**64 - 1], "UInt64"),
    ([1, 2.5, 2**63], [1.0, 2.5, 2.0**63], "Double"),
    ([True, False], [True, False], "UInt8"),
    (["a", "", "ö"], ["a", "", "ö"], "CountedAnsiString"),
    ([b"a", b""], [b"a", b""], "CountedBinary"),
    ([uuid.UUID(int=1)], [uuid.UUID(int=1)], "GUID"),
    ([datetime.datetime(2020, 1, 2, tzinfo=UTC)], [datetime.datetime(2020, 1, 2, tzinfo=UTC)], "FILETIME"),
    ({"a": 1, "b": {"c": ["x"]}, "none": None, "empty": {}}, {"a": 1, "b": {"c": ["x"]}}, None),
    ([{"a": 1, "b": "x"}, {"a": 2, "b": "yy"}], [{"a": 1, "b": "x"}, {"a": 2, "b": "yy"}], None),
    ([{"a": [1]}, {"a": [2, 3]}], [{"a": [1]}, {"a": [2, 3]}], None),
]


@pytest.mark.parametrize(("value", "read", "in_type"), VALUES, ids=[repr(one[0])[:40] for one in VALUES])
def test_values(provider, session, value, read, in_type):
    assert provider.write("Value", before=1, value=value, after="end")
    event = session.next_event(5)
    properties = dict(event.properties)
    assert list(properties) == ["before", "value", "after"]
    assert properties["value"] == read
    assert type(properties["value"]) is type(read) or isinstance(properties["value"], type(read))
    assert (properties["before"], properties["after"]) == (1, "end")
    assert not event.truncated
    assert event.rest == b""
    field = next(field for field in event.schema.fields if field.name == "value")
    assert in_type in (None, field.in_type)


@pytest.mark.parametrize("value", [None, {}, {"x": None}, {"x": {"y": {}}}])
def test_nothing_is_left_out(provider, session, value):
    assert provider.write("Value", a=1, value=value, b=2)
    assert dict(session.next_event(5).properties) == {"a": 1, "b": 2}


LOOP = []
LOOP.append(LOOP)
DEEP = {}
for _ in range(20):
    DEEP = {"x": DEEP, "y": 1}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (2**64, OverflowError),
        (-(2**63) - 1, OverflowError),
        ([2**64], OverflowError),
        ([-1, 2**63], OverflowError),
        (datetime.datetime(1600, 1, 1, tzinfo=UTC), OverflowError),
        (datetime.datetime(2020, 1, 1), ValueError),
        (datetime.date(2020, 1, 1), TypeError),
        (object(), TypeError),
        (1j, TypeError),
        ({1, 2}, TypeError),
        ([1, "a"], TypeError),
        ([True, 1], TypeError),
        ([None], TypeError),
        ([[1]], TypeError),
        (LOOP, TypeError),
        (DEEP, ValueError),
        ([{"a": 1}, {"b": 1}], TypeError),
        ([{"a": 1}, {"a": "x"}], TypeError),
        ([{}], TypeError),
        ({1: 2}, TypeError),
        ({"a\0": 1}, ValueError),
        ({f"m{i}": i for i in range(128)}, ValueError),
    ],
    ids=lambda one: repr(one)[:40],
)
def test_refused(etw, provider, session, value, error):
    with pytest.raises(error) as raised:
        provider.write("Value", field=value)
    assert str(raised.value)
    assert provider.write("Good", field=1)  # nothing is left of it
    assert session.next_event(5).event_name == "Good"
    session.stop()
    with pytest.raises(error):  # whether anybody listens or not
        provider.write("Value", field=value)


def test_settings(etw, provider, session):
    activity, related = uuid.uuid4(), uuid.uuid4()
    assert provider.write(
        "Set",
        {"_level": "a field", "not a name": 1},
        _level=2,
        _keywords=0x8000000000000001,
        _opcode=1,
        _task=77,
        _id=9,
        _activity=activity,
        _related=related,
        level="another",
        _other=5,
    )
    event = session.next_event(5)
    assert (event.level, event.keywords, event.opcode, event.task, event.event_id) == (2, 0x8000000000000001, 1, 77, 9)
    assert (event.activity_id, event.related_activity_id) == (activity, related)
    assert dict(event.properties) == {"_level": "a field", "not a name": 1, "level": "another", "_other": 5}
    for wrong in ({"_level": 256}, {"_keywords": -1}, {"_opcode": 300}, {"_task": 2**16}):
        with pytest.raises(ValueError, match="is a number from"):
            provider.write("X", **wrong)
    for call in (provider.write, lambda: provider.write(5), lambda: provider.write("a", {}, {})):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError):
        provider.write("X", _activity="no uuid")
    with pytest.raises(ValueError, match="NUL"):
        provider.write("a\0b")
    assert provider.write("Mapping", types.MappingProxyType({"a": 1}))
    assert session.next_event(5)["a"] == 1


def test_providers(etw):
    own = uuid.uuid4()
    provider = etw.TraceLoggingProvider("Etwkit.Test.Own", own, group=uuid.uuid4())
    assert provider.id == own
    assert etw.TraceLoggingProvider("MyCompany.MyComponent").id == uuid.UUID("ce5fa4ea-ab00-5402-8b76-9f76ac858fb5")
    assert str(own) in repr(provider)
    assert not provider.is_enabled()
    with etw.EtwSession() as session:
        session.enable(etw.EtwProvider(own).level(3).keywords_any(4))
        assert provider.is_enabled(3, 4)
        assert provider.is_enabled(level=1)
        assert not provider.is_enabled(4)
        assert not provider.is_enabled(3, 2)
        provider.close()
        assert not provider.is_enabled(1)
        assert provider.write("Gone", _level=1) is False
    for wrong in ("", "a\0b", "x" * 2000):
        with pytest.raises((ValueError, etw.EtwError)):
            etw.TraceLoggingProvider(wrong)
    with pytest.raises(TypeError):
        etw.TraceLoggingProvider("x", "no uuid")


def test_too_big_is_lost_and_counted(provider, session):
    assert provider.write("Big", data=b"x" * 70000) is False
    assert provider.write("Big", data=list(range(70000))) is False
    assert session.stats().events_lost_oversize == 2


def test_more_shapes_than_are_kept(provider, session):
    """The cache is bounded, and what falls out of it is made again."""
    for turn in range(2):
        for shape in range(3000):
            provider.write(f"Event{shape}", {f"field{shape}": shape, "turn": turn})
    session.stop()
    events = list(session)
    assert [(one.event_name, one[f"field{i % 3000}"], one["turn"]) for i, one in enumerate(events)] == [
        (f"Event{i % 3000}", i % 3000, i // 3000) for i in range(6000)
    ]


def test_shapes_that_look_alike(provider, session):
    """Names may hold what stands between names in the cache's key."""
    shapes = [({"a": 1}, {"b": 2, "{\x01x": 3}), ({"a": 1, "{\x02b": 2}, {"x": 3})]
    for fields, k in shapes:
        assert provider.write("Alike", fields, k=k)
    assert [dict(session.next_event(5).properties) for _ in shapes] == [{**fields, "k": k} for fields, k in shapes]


def test_a_value_that_writes_itself(provider, session):
    """Code of the caller runs while an event is made, and writes another."""

    class Zone(datetime.tzinfo):
        def utcoffset(self, when):
            provider.write("Inner", list=["a"] * 500)
            return datetime.timedelta(0)

    fields = {"before": "b", "when": datetime.datetime(2020, 1, 1, tzinfo=Zone()), "after": "a"}
    assert provider.write("Outer", fields)
    session.stop()
    *inner, outer = session
    assert inner
    assert dict(outer.properties) == {**fields, "when": datetime.datetime(2020, 1, 1, tzinfo=UTC)}


def test_activities(etw, provider, session):
    assert etw.current_activity() is None
    with provider.activity("Request", url="/x", _keywords=5) as request:
        assert etw.current_activity() == request.id
        provider.write("Inside")
        provider.write("Elsewhere", _activity=None)
        with pytest.raises(ZeroDivisionError), provider.activity("Step") as step:
            1 / 0  # noqa: B018
        with pytest.raises(ValueError, match="once"), request:
            pass
    assert etw.current_activity() is None
    provider.write("Outside")
    session.stop()
    begin, inside, elsewhere, step_begin, step_end, end, outside = session
    assert (begin.event_name, begin.opcode, begin["url"], begin.keywords) == ("Request", 1, "/x", 5)
    assert (end.event_name, end.opcode, end.keywords, dict(end.properties)) == ("Request", 2, 5, {})
    assert {one.activity_id for one in (begin, inside, end)} == {request.id}
    assert begin.related_activity_id is None
    assert (step_begin.activity_id, step_begin.related_activity_id) == (step.id, request.id)
    assert (step_end.opcode, step_end["exception"]) == (2, "ZeroDivisionError")
    assert elsewhere.activity_id is None
    assert outside.activity_id is None


def test_activities_of_tasks_and_threads(etw, provider, session):
    async def request(number):
        with provider.activity("Request", number=number) as activity:
            await asyncio.sleep(0.001 * (number % 3))
            await asyncio.gather(asyncio.to_thread(provider.write, "Thread", number=number), step(number))
        return activity.id

    async def step(number):
        provider.write("Task", number=number)

    async def main():
        return await asyncio.gather(*map(request, range(20)))

    ids = asyncio.run(main())
    threading.Thread(target=lambda: provider.write("Bare")).start()
    session.stop()
    seen = [(event.event_name, event.get("number"), event.activity_id) for event in session]
    assert len(seen) in (80, 81)
    for name, number_, activity in seen:
        assert name in {"Bare", "Request"} or activity == ids[number_], (name, number_)


def test_an_activity_that_ends_in_another_context(etw, provider, session):
    """As those of generators do which a framework runs piece by piece."""

    def handle():
        with provider.activity("Request"):
            yield

    async def stream():
        with provider.activity("Stream"):
            while True:
                yield

    async def main():
        async for _ in stream():
            break

    request = handle()
    contextvars.copy_context().run(next, request)
    assert contextvars.copy_context().run(next, request, "end") == "end"
    asyncio.run(main())
    assert etw.current_activity() is None
    session.stop()
    assert [(event.event_name, event.opcode) for event in session] == [
        (name, opcode) for name in ("Request", "Stream") for opcode in (1, 2)
    ]


def test_handler(etw, session):
    logger = logging.getLogger("etwkit.test.handler")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    handler = etw.EtwHandler(NAME, keywords=0x10)
    logger.addHandler(handler)
    try:
        logger.warning("disk %s is at %d%%", "sda", 93, extra={"host": "h1", "count": 5, "odd": object(), "file": "f"})
        logger.debug("plain")
        try:
            raise KeyError("k")
        except KeyError:
            logger.exception("went wrong")
        logger.critical("%(a)s", {"a": 1}, stack_info=True)
        handler.setFormatter(logging.Formatter("%(message)s"))
    finally:
        logger.removeHandler(handler)
    warning, debug, error, critical = (session.next_event(5) for _ in range(4))
    assert warning.event_name == "Log"
    assert warning["message"] == "disk sda is at 93%"
    assert (warning["template"], warning["args"]) == ("disk %s is at %d%%", ["sda", "93"])
    assert (warning["logger"], warning["function"]) == ("etwkit.test.handler", "test_handler")
    assert (warning["host"], warning["count"], warning["extra_file"]) == ("h1", 5, "f")
    assert warning["odd"].startswith("<object object")
    assert (warning.level, warning.keywords) == (3, 0x10)
    assert (debug.level, debug["message"], "args" in debug) == (5, "plain", False)
    assert error.level == 2
    assert error["exception"].rstrip().endswith("KeyError: 'k'")
    assert critical.level == 1
    assert critical["args"] == ["1"]
    assert "test_handler" in critical["stack"]


def test_handler_of_a_configuration(etw, session):
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"etw": {"class": "pyetwkit.EtwHandler", "provider": NAME, "level": "ERROR"}},
            "loggers": {"etwkit.test.configured": {"handlers": ["etw"], "propagate": False}},
        }
    )
    logger = logging.getLogger("etwkit.test.configured")
    try:
        logger.warning("no")
        logger.error("yes")
    finally:
        logger.handlers.clear()
    session.stop()
    assert [event["message"] for event in session] == ["yes"]


def test_handler_formats_only_what_is_wanted(etw):
    class Costly:
        def __str__(self):
            raise AssertionError("it was formatted")

    logger = logging.getLogger("etwkit.test.unwanted")
    logger.propagate = False
    handler = etw.EtwHandler("Etwkit.Test.Unwanted")
    logger.addHandler(handler)
    logger.error("%s", Costly())
    logger.removeHandler(handler)


def test_many_threads_write(provider, session):
    def write(number_):
        for i in range(500):
            provider.write("Step", thread=number_, i=i, **{f"own{number_}": [i] * (i % 5)})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.stop()
    seen = {n: [] for n in range(8)}
    for event in session:
        seen[event["thread"]].append(event["i"])
        assert event[f"own{event['thread']}"] == [event["i"]] * (event["i"] % 5)
    assert all(one == list(range(500)) for one in seen.values())
