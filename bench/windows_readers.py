# SPDX-License-Identifier: MIT
"""Runs on Windows' Python: a reader of live events takes all that a session gives, with all fields of each.

windows_readers.py READER PROVIDER EXPECTED      READER: ours, pyetwkit or pywintrace

It ends once as many came as are expected, or none for some seconds. Prints what came, what the reader says was lost,
and the time from the first event to the last, of the clock and of the process's processors.
"""

import collections
import json
import sys
import threading
import time

QUIET = 4  # seconds


class Account:
    def __init__(self, provider, expected):
        self.provider, self.expected = provider, expected
        self.events = self.sum = 0
        self.kinds, self.fields = collections.Counter(), collections.Counter()
        self.begin = self.end = self.processors = 0.0

    def take(self, event_id, fields):
        self.end = time.perf_counter()
        if not self.events:
            self.begin, self.processors = self.end, time.process_time()
        self.events += 1
        self.sum += int(fields.get("number") or 0)
        self.kinds[event_id] += 1
        for name, value in fields.items():
            if value is not None:
                self.fields[f"{event_id} {name}"] += 1

    def tell(self, version, lost):
        clock, processors = self.end - self.begin, time.process_time() - self.processors
        told = {"events": self.events, "sum": self.sum, "kinds": self.kinds, "fields": self.fields}
        print(json.dumps({"version": version, **told, "clock": clock, "processors": processors, "lost": lost}))


def ours(account):
    import pyetwkit as etw  # noqa: PLC0415

    with etw.EtwListener(account.provider) as listener:
        while account.events < account.expected and (event := listener.next_event(QUIET)):
            account.take(event.event_id, dict(event.properties))
        stats = listener.stats()
    return etw.__version__, {"events": stats.events_lost, "Windows": stats.windows_events_lost} | {
        "buffers": stats.windows_real_time_buffers_lost + stats.windows_log_buffers_lost
    }


def pyetwkit(account):
    import pyetwkit as etw  # noqa: PLC0415

    listener = etw.EtwListener(providers=[etw.EtwProvider(account.provider)])
    listener.start()
    for event in listener.events(timeout=QUIET, max_events=account.expected):
        account.take(event.event_id, event.properties)
    stats = listener.stats()
    listener.stop()
    return etw.__version__, {"events": stats.events_lost, "buffers": stats.buffers_lost}


def pywintrace(account):
    import etw  # noqa: PLC0415
    from etw.GUID import GUID  # noqa: PLC0415

    done, news = threading.Event(), threading.Event()

    def take(event):
        event_id, told = event
        if told["EventHeader"]["ProviderId"].strip("{}").lower() != account.provider:
            return  # the session's header, and what it says of losses
        account.take(event_id, {name: told[name] for name in told.keys() - {"EventHeader", "Task Name", "Description"}})
        news.set()
        if account.events == account.expected:
            done.set()

    provider = etw.ProviderInfo("fed", GUID(f"{{{account.provider}}}"), level=etw.evntrace.TRACE_LEVEL_VERBOSE)
    job = etw.ETW(providers=[provider], event_callback=take)
    job.start()
    while not done.wait(QUIET) and news.is_set():
        news.clear()
    state = job.query()
    job.stop()
    return "0.2.0", {"events": state.EventsLost, "buffers": state.RealTimeBuffersLost}


def main():
    reader = {read.__name__: read for read in (ours, pyetwkit, pywintrace)}[sys.argv[1]]
    account = Account(sys.argv[2], int(sys.argv[3]))
    account.tell(*reader(account))


if __name__ == "__main__":
    main()
