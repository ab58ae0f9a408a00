# SPDX-License-Identifier: MIT
"""A program that tells what it does, and listens to itself: a thread works, the main thread prints its events live."""

import threading
import time

import pyetwkit as etw

app = etw.TraceLoggingProvider("MyCompany.Orders")


def work(listener: etw.EtwListener) -> None:
    for number, customer in enumerate(["Ada", "Grace", "Zoë"], start=1):
        with app.activity("Order", number=number, customer=customer):
            time.sleep(0.02)
            app.write("Priced", cents=1250 * number, items=["tea", "cup"][:number])
    listener.stop()


PARTS = {0: "", 1: "begins", 2: "ends"}  # by opcode

with etw.EtwListener("MyCompany.Orders", flush_ms=10) as listener:
    threading.Thread(target=work, args=[listener]).start()
    for event in listener:
        fields = "  ".join(f"{name}={value!r}" for name, value in event.properties.items())
        print(f"{event.timestamp:%H:%M:%S.%f}  {event.event_name} {PARTS[event.opcode]:<6}  {fields}".rstrip())
    print(listener.stats().events_delivered, "events,", listener.stats().events_lost, "lost")
