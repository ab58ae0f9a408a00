# SPDX-License-Identifier: MIT
"""Memory that runs out at any allocation of Python's: MemoryError, and all is as it was, so that the next try works."""

import gc
import io
import os
import re
import subprocess
import sys

import pytest

_testcapi = pytest.importorskip("_testcapi", reason="this Python has no _testcapi, which makes allocations fail")
# CPython 3.13.0 itself crashes: its evaluation loop calls with a garbage count of arguments once memory ran out for a
# frame (backtrace of 2026-11-23, none of the twelve innermost frames is ours). 3.12 was not tried.
pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="want of memory was looked into on CPython 3.11 only"
)

MOST = 30000  # allocations of one use; more would mean that failures are passed over without an end
NO_TRACE = b"no trace" * 100


def refused(etw):
    try:
        return etw.open(NO_TRACE)
    except etw.EtwError as error:
        return str(error)


USES = {
    "open": lambda etw, kept: etw.open(kept.data).close(),
    "iterate": lambda etw, kept: [e.event_name for e, _ in zip(etw.open(kept.data), range(60), strict=False)],
    "count": lambda etw, kept: etw.open(kept.data).count(),
    "survey": lambda etw, kept: len(etw.open(kept.data).schemas) + len(etw.open(kept.data).providers),
    "info": lambda etw, kept: [list(kept.trace.stats), len(kept.trace.infos), repr(kept.trace)],
    "damage": lambda etw, kept: [str(error) for error in kept.damaged.damage],
    "fields": lambda etw, kept: [repr(getattr(event, name)) for event in kept.events for name in kept.names],
    "properties": lambda etw, kept: [repr(event.properties) for event in kept.events],
    "one property": lambda etw, kept: [repr(e[name]) for e, names in kept.known for name in names],
    "to_dict": lambda etw, kept: [repr(event.to_dict()) for event in kept.events],
    "to_json": lambda etw, kept: [event.to_json() for event in kept.events],
    "to_json_pretty": lambda etw, kept: kept.events[0].to_json_pretty(),
    "repr": lambda etw, kept: [repr(event) for event in kept.events],
    "schema": lambda etw, kept: [
        (repr(event.schema.fields), event.schema.keyword_names, [field.map for field in event.schema.fields])
        for event in kept.events
    ],
    "filter": lambda etw, kept: [
        (
            etw.EventFilter(id=range(3), provider=["a*", "b"], levels=[1, 2], since="2020-01-01T00:00:00Z", pid=4)
            & kept.filter
            | ~etw.EventFilter.where("x", "matches", "a+")
        ).matches(event)
        for event in kept.events[:2]
    ],
    "select": lambda etw, kept: kept.trace.select("Windows Kernel", columns=["timestamp", "process_id"]).count,
    "streams": lambda etw, kept: bool(kept.trace.__arrow_c_stream__()) and bool(kept.trace.__arrow_c_schema__()),
    "write": lambda etw, kept: kept.trace.write(io.BytesIO(), "csv", limit=50),
    "errors": lambda etw, kept: refused(etw),
    "catalogue": lambda etw, kept: repr(etw._core.Library((), True).providers()[:2]),
}


class Kept:
    """What several uses share, made while there is memory. It stays: the interpreter loses references to arguments
    where it has no memory for a frame, and the leak sanitizer is to find those that we lose."""


kept_for_good = Kept()


@pytest.fixture(scope="module")
def kept(etw, run, sample, tmp_path_factory):
    kept, data = kept_for_good, bytearray(sample.read_bytes())
    small = tmp_path_factory.mktemp("small") / "small.etl"
    run("sample", "-o", small, "--events", "200")
    kept.data = small.read_bytes()
    data[70000:70400] = b"\xff" * 400
    kept.damaged, kept.trace, kept.filter = etw.open(bytes(data)), etw.open(sample), etw.EventFilter(opcode=1)
    kept.damaged.count()
    some = {}
    for event in kept.trace:
        some.setdefault(event.event_name, event)
    kept.events = list(some.values())[:12]
    kept.known = [(event, list(event.properties)[:6]) for event in kept.events if event.properties]
    kept.names = [name for name in dir(etw.EtwEvent) if not name.startswith("_") and name not in dir(object)]
    kept.names = [name for name in kept.names if not callable(getattr(kept.events[0], name))]
    return kept


def fails_cleanly(error):
    """MemoryError; or what the interpreter makes of one that it cannot add a line of the traceback to, and loses."""
    return isinstance(error, MemoryError) or str(error) == "error return without exception set"


def try_with(number, after, use):
    """The result or the error of a use in which an allocation fails: the n-th, and all behind it or not."""
    _testcapi.set_nomemory(number, 0 if after else number + 1)
    try:
        return use(), None
    except BaseException as error:
        _testcapi.remove_mem_hooks()
        error.__traceback__ = None
        return None, error
    finally:
        _testcapi.remove_mem_hooks()


def is_unwatched():
    """Is this process not asked for leaks, so that what the interpreter loses does not count?"""
    return "libasan" not in os.environ.get("LD_PRELOAD", "") or os.environ.get("ETWKIT_CHILD")


@pytest.mark.skipif(is_unwatched(), reason="for make asan")
def test_what_is_lost_is_not_ours(tmp_path, build, etwkit):
    """All of this in a child under the leak sanitizer: of what it reports nothing was allocated by our sources."""
    log = tmp_path / "leaks"
    options = f"detect_leaks=1:exitcode=0:log_path={log}"
    environment = {**os.environ, "ETWKIT_CHILD": "1", "ETWKIT": str(etwkit), "ETWKIT_BUILD": str(build)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--capture", "sys", __file__]
    done = subprocess.run(command, env={**environment, "ASAN_OPTIONS": options}, capture_output=True, text=True)
    assert done.returncode == 0 and "passed" in done.stdout, done.stdout + done.stderr
    for report in tmp_path.glob("leaks*"):
        for leak in report.read_text().split("\n\n"):
            assert not re.search(r" \S*(python/src|/src/(base|etl|schema|decode|trace|sink))/", leak), leak


@pytest.mark.skipif(not is_unwatched(), reason="under the leak sanitizer a child does it")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of generators of the standard library
@pytest.mark.parametrize("after", [False, True], ids=["one fails", "all fail from there on"])
@pytest.mark.parametrize("name", USES)
def test_every_allocation_fails_in_turn(etw, kept, name, after):
    def use():
        return USES[name](etw, kept)

    wanted = use()
    failures, good = 0, 0
    gc.collect()
    gc.disable()
    try:
        for number in range(MOST):
            result, error = try_with(number, after, use)
            assert error is None or fails_cleanly(error), f"allocation {number}: {error!r}"
            assert error or result == wanted, f"allocation {number}: another result"
            failures += error is not None
            good = 0 if error else good + 1
            if good > 40:  # in a row: the use needs no more than these
                break
    finally:
        gc.enable()
    assert failures and good, (failures, good)
    assert use() == wanted
