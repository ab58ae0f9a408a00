# SPDX-License-Identifier: MIT
"""What the tests of record, listen and ETWKIT_RECORD share."""

import json
import re

HEADER = "EventTrace/Header"  # what a file says of itself


def written(events):
    """(provider, event, number) of each event but the headers'."""
    return [
        (event["provider_name"], event["event_name"], event["properties"]["number"])
        for event in events
        if event["event_name"] != HEADER
    ]


def lost(errors):
    """How many events a program said that it lost."""
    return sum(int(number) for number in re.findall(r"(\d+) of \d+ events were lost\n", errors))


def lines(output):
    return [json.loads(line) for line in output.decode("utf-8").splitlines()]
