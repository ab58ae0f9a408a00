# SPDX-License-Identifier: MIT
"""Memory stays flat, however many events there are."""

import gc
import pathlib

import pytest

STATUS = pathlib.Path("/proc/self/statm")


def pages():
    gc.collect()
    return int(STATUS.read_text().split()[1])


@pytest.mark.skipif(not STATUS.exists(), reason="no /proc")
def test_memory_is_flat(etw, sample):
    def use():
        with etw.open(sample, filter=etw.EventFilter(level=5) & ~etw.EventFilter(id=9999)) as trace:
            for event in trace:
                dict(event.properties), event.to_json(), event.to_dict(), event.timestamp, event.stack
            trace.select("Windows Kernel", "Process/Start").__arrow_c_stream__()
            assert trace.providers

    for _ in range(5):
        use()
    before = pages()
    for _ in range(20):
        use()
    assert pages() - before < 1024  # 4 MiB, after 100,000 events
