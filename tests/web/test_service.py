# SPDX-License-Identifier: MIT
"""The web service of examples/: what is in its file, what browsers get live, slow ones and those that go, its end."""

import collections
import concurrent.futures
import json
import signal

import pytest
from running import begins, messages

START, STOP = 1, 2


def by_activity(etw, file):
    """The events of each activity, as (name, opcode, properties), and the counts that the file tells of itself."""
    found = collections.defaultdict(list)
    with etw.open(file) as trace:
        for event in trace:
            if event.provider_name == "Contoso.Shop":
                found[event.activity_id].append((event.event_name, event.opcode, dict(event.properties)))
        return found, trace.info


def recorded(run, file):
    """The lines of `etwkit dump`, as objects."""
    lines = run("dump", "--provider", "Contoso.Shop", file).stdout.decode().splitlines()
    return [json.loads(line) for line in lines]


def without_clock(events):
    """Each session has a clock of its own, and looks for itself which processor it is on."""
    return [{key: value for key, value in event.items() if key not in ("timestamp", "processor")} for event in events]


def expected(path):
    """What a request for an order writes."""
    number = int(path.rpartition("/")[2])
    begin = ("Request", START, {"method": "GET", "path": path})
    if number == 13:
        return [begin, ("Request", STOP, {"exception": "RuntimeError"})]
    if number > 100:
        return [begin, ("Response", 0, {"status": 404}), ("Request", STOP, {"exception": "HTTPNotFound"})]
    queries = [("Query", 0, {"table": table, "order": number}) for table in ("customers", "items")]
    return [begin, *queries, ("Response", 0, {"status": 200}), ("Request", STOP, {})]


def test_each_request_is_an_activity_of_the_file(etw, start):
    """Many at the same time, and no event is with another's."""
    service = start()
    paths = [f"/orders/{number}" for number in (*range(1, 61), *range(101, 111))]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = dict(zip(paths, pool.map(service.get, paths)))
    assert answers["/orders/7"] == (200, '[{"table": "customers", "order": 7}, {"table": "items", "order": 7}]')
    assert answers["/orders/101"] == (404, "no such order\n")
    assert answers["/orders/13"][0] == 500
    assert service.get("/orders/seven")[0] == 404
    assert service.stop() == 0
    found, info = by_activity(etw, service.file)
    assert info.events_lost == 0 and info.session_name == "recording"
    of_paths = {events[0][2]["path"]: events for events in found.values()}
    assert len(found) == len(of_paths) == len(paths) + 1
    for path in paths:
        assert of_paths[path] == expected(path)
    assert service.errors().count("Traceback") == service.errors().count("order 13\n") == 1


def test_what_is_live_is_what_is_recorded(run, start):
    service = start()
    service.get("/orders/1?token=secret")
    stream = service.live()
    live = stream.until(begins("/live"))[-1:]
    for path in ("/orders/2", "/orders/300", "/caf%C3%A9/%22%0A%3Cb%3E", "/orders/4"):
        service.get(path)
    live += stream.until(begins("/orders/4"))
    assert service.stop() == 0 and service.errors() == ""
    lines = recorded(run, service.file)
    begin = next(index for index, event in enumerate(lines) if event["activity_id"] == live[0]["activity_id"])
    assert without_clock(live) == without_clock(lines[begin : begin + len(live)])
    assert any(begins('/café/"\n<b>')(event) for event in live)
    assert "secret" not in json.dumps(lines)


SAY_WHO_WATCHES = """
async def end_streams(app, end=service.end_streams):
    print(len(app[service.WATCHERS]), "at the end", file=sys.stderr)
    await end(app)
service.end_streams = end_streams
"""


def test_browsers_come_and_go(start):
    """Each sees all from its coming on; that one goes is seen by the others."""
    service = start(SAY_WHO_WATCHES)
    first = service.live()
    first.until(begins("/live"))
    second = service.live()
    came = first.until(begins("/live"))[-1]["activity_id"]
    second.until(lambda event: event["activity_id"] == came)
    service.get("/orders/1")
    service.get("/orders/2")
    assert first.until(begins("/orders/2")) == second.until(begins("/orders/2"))
    second.close()
    for number in range(3, 6):
        service.get(f"/orders/{number}")
    first.until(lambda event: event["activity_id"] == came and event["opcode"] == STOP)
    service.get("/orders/6")
    first.until(begins("/orders/6"))
    assert service.stop() == 0 and service.errors() == "1 at the end\n"


def test_who_goes_without_a_word_is_found_out(start):
    """Nothing happens, and yet something is written to each browser."""
    service = start("service.Watcher.HEARTBEAT = 0.1")
    stays = service.live()
    stays.until(begins("/live"))
    goes = service.live()
    goes_id = stays.until(begins("/live"))[-1]["activity_id"]
    goes.close()
    assert stays.until(lambda event: event["opcode"] == STOP)[-1]["activity_id"] == goes_id
    assert stays.next() == (":", "")
    assert service.stop() == 0 and service.errors() == ""


LONG = "/" + 8000 * "x"


def flood(service, count):
    """Long paths fill the buffers of a browser that does not read: three events a request."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert {status for status, _ in pool.map(service.get, [LONG] * count)} == {404}


def test_who_reads_slowly_loses_the_oldest_and_holds_up_nobody(etw, start):
    service = start()
    slow = service.deaf()
    quick = service.live()
    came = quick.until(begins("/live"))[-1]["activity_id"]
    kept, lost = [], 0
    with concurrent.futures.ThreadPoolExecutor(1) as pool, slow, slow.makefile("rb") as answer:
        read = pool.submit(quick.until, begins("/orders/2"))
        flood(service, 1500)
        service.get("/orders/1")
        for name, data in messages(answer):
            if name == "lost":
                lost += int(data)
                continue
            kept.append(json.loads(data))
            if begins("/orders/1")(kept[-1]):
                service.get("/orders/2")  # from here on it reads in time
            elif begins("/orders/2")(kept[-1]):
                break
        all_of_it = read.result()
    # From the quick one's coming on, which both have seen.
    kept = kept[next(index for index, event in enumerate(kept) if event["activity_id"] == came) + 1 :]
    assert lost > 0 and len(kept) + lost == len(all_of_it)
    assert kept[-900:] == all_of_it[-900:]
    assert service.stop() == 0 and service.errors() == ""
    found, info = by_activity(etw, service.file)
    assert info.events_lost == 0 and len(found) == 1500 + 4


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_its_end(etw, start, by):
    """With streams that are open, one of a browser that does not read: no wait, and the file has all to the end."""
    service = start()
    stream, deaf = service.live(), service.deaf()
    stream.until(begins("/live"))
    flood(service, 1000)
    service.get("/orders/1")
    assert service.stop(by) == 0 and service.errors() == ""
    deaf.close()
    stream.close()
    found, info = by_activity(etw, service.file)
    assert info.events_lost == 0 and len(found) == 1000 + 3
    assert all(events[-1][:2] == ("Request", STOP) for events in found.values())
    ends = [events[-1][2] for events in found.values() if events[0][2]["path"] == "/live"]
    assert ends == [{"exception": "CancelledError"}] * 2
