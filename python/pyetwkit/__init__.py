# SPDX-License-Identifier: MIT
"""Reads traces of Event Tracing for Windows (.etl) on any system: events with named, typed properties.

import pyetwkit as etw

with etw.open("trace.etl") as trace:
    for event in trace:
        print(event.timestamp, event.provider_name, event.event_name, dict(event.properties))
"""

import collections.abc

from pyetwkit._catalogue import ProviderInfo, get_provider_info, list_providers, search_providers
from pyetwkit._core import (
    ChannelError,
    DamagedTraceError,
    EtwError,
    EtwEvent,
    EventFilter,
    Field,
    Properties,
    ProviderCount,
    Schema,
    SchemaNotFoundError,
    Selection,
    Trace,
    TraceInfo,
    TraceStats,
    __version__,
)
from pyetwkit._mapped import MappedInt
from pyetwkit._open import open

collections.abc.Mapping.register(Properties)

__all__ = [
    "ChannelError",
    "DamagedTraceError",
    "EtwError",
    "EtwEvent",
    "EventFilter",
    "Field",
    "MappedInt",
    "Properties",
    "ProviderCount",
    "ProviderInfo",
    "Schema",
    "SchemaNotFoundError",
    "Selection",
    "Trace",
    "TraceInfo",
    "TraceStats",
    "__version__",
    "get_provider_info",
    "list_providers",
    "open",
    "search_providers",
]
