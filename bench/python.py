# SPDX-License-Identifier: MIT
"""What pyetwkit does with a trace: python.py JOB TRACE

Prints the events and the processor time that it took, on one core and without that of starting Python and of imports.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

import pyetwkit as etw

HEADER = "timestamp provider_name provider_id event_name event_id version level opcode task channel keywords".split()
HEADER += "process_id thread_id processor activity_id related_activity_id".split()
SELECTED = ("Windows Kernel", "PerfInfo/SampledProfile")


def iterate(trace):
    """Five fields of each event."""
    for event in trace:
        event.timestamp_ns, event.provider_name, event.event_id, event.process_id, event.event_name  # noqa: B018


def seven(trace):
    """So, and the two fields that are larger objects."""
    for event in trace:
        event.timestamp_ns, event.provider_name, event.event_id, event.process_id, event.event_name  # noqa: B018
        event.timestamp, event.provider_id  # noqa: B018


def properties(trace):
    """All values of each event."""
    for event in trace:
        dict(event.properties)


def arrow(trace):
    """The header's columns, `properties` not among them."""
    take(trace.select(columns=HEADER))


def select(trace):
    """A typed column for each field of one kind of events: all are read, twice, and those are kept."""
    take(trace.select(*SELECTED))


def parquet(trace):
    """All columns, `properties` among them."""
    with tempfile.TemporaryDirectory() as folder:
        trace.to_parquet(pathlib.Path(folder) / "trace.parquet")


def take(source):
    for _ in pyarrow.RecordBatchReader.from_stream(source):
        pass


JOBS = {job.__name__: job for job in (iterate, seven, properties, arrow, select, parquet)}

if __name__ == "__main__":
    job = JOBS[sys.argv[1]]
    if job in (arrow, select, parquet):
        os.environ["ARROW_NUM_THREADS"] = "1"
        import pyarrow.parquet
    with etw.open(sys.argv[2]) as trace:
        start = time.process_time()
        job(trace)
        seconds = time.process_time() - start
        print(json.dumps({"events": trace.count(), "seconds": seconds}))
