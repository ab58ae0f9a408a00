# SPDX-License-Identifier: MIT
"""Other people's readers, decoding every event of a trace as far as they can: peers.py dissect.etl|etl-parser TRACE

Prints events, how many of them it decoded, and the processor time that took, without that of starting Python.
"""

import contextlib
import io
import json
import pathlib
import sys
import time


def dissect(path):
    """(events, decoded) of dissect.etl."""
    from dissect.etl import ETL  # noqa: PLC0415

    events = decoded = 0
    with path.open("rb") as file:
        for buffer in ETL(file).buffers():
            for record in buffer:
                events += 1
                with contextlib.suppress(Exception):
                    decoded += bool(record.event.event_values())
    return events, decoded


def etl_parser(path):
    """(events, decoded) of etl-parser, in the way of its own etl2xml."""
    from etl.error import TlMetaDataNotFound  # noqa: PLC0415
    from etl.etl import IEtlFileObserver, build_from_stream  # noqa: PLC0415

    def of_provider(event):
        try:
            return dict(event.parse_tracelogging().items())
        except TlMetaDataNotFound:
            return event.parse_etw().source

    class Reader(IEtlFileObserver):
        events = decoded = 0

        def take(self, decode):
            self.events += 1
            with contextlib.suppress(Exception):
                decode()
                self.decoded += 1

        def on_event_record(self, event):
            self.take(lambda: of_provider(event))

        def on_system_trace(self, event):
            self.take(lambda: event.get_mof().source)

        def on_perfinfo_trace(self, event):
            self.take(lambda: event.get_mof().source)

        def on_win_trace(self, event):
            self.take(lambda: event.parse_etw().source)

        def on_trace_record(self, event):
            self.events += 1

    reader = Reader()
    build_from_stream(path.read_bytes()).parse(reader)
    return reader.events, reader.decoded


def main():
    read = {"dissect.etl": dissect, "etl-parser": etl_parser}[sys.argv[1]]
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.process_time()
        events, decoded = read(pathlib.Path(sys.argv[2]))
        seconds = time.process_time() - start
    print(json.dumps({"events": events, "decoded": decoded, "seconds": seconds}))


if __name__ == "__main__":
    main()
