# SPDX-License-Identifier: MIT
"""Reads and writes events of Event Tracing for Windows on any system: traces (.etl), and live ones of this program.

    import pyetwkit as etw

    with etw.open("trace.etl") as trace:
        for event in trace:
            print(event.timestamp, event.provider_name, event.event_name, dict(event.properties))

    starts = polars.DataFrame(etw.open("trace.etl").select("Windows Kernel", "Process/Start"))

open() makes a Trace. help(pyetwkit.Trace), and so on, has the rest:

    Trace           events of files: iterate; count(), select(), write(), to_arrow(), ...; info, stats, damage, schemas
    Selection       some of them as Arrow columns, for pyarrow, polars, pandas, DuckDB
    EtwEvent        timestamp, provider_name, event_name, process_id, ..., properties, event["name"], to_json(), ...
    Properties      the payload of an event as a mapping; MappedInt: a number in it that has a label
    EventFilter     chooses events in C; joined by &, | and ~
    Schema, Field   what is known of a kind of event; ProviderInfo: of a provider without a trace
    TraceInfo, TraceStats, StreamStats, ProviderCount    what traces and readings tell of themselves
    EtwListener, EtwSession, MergedListener    live events of this program, also as RecordBatch; SessionStats
    EtwProvider     what is wanted of a provider, as its ProviderSettings say
    EtwStreamer, MergedStreamer    the same for asyncio, as EventStream; EventBatcher, stream_to_queue()
    KernelProvider, NetworkProvider, ProcessProvider, FileProvider, RegistryProvider, SecurityProvider, DotNetProvider
    TraceLoggingProvider, EtwHandler    write events, also for logging; Activity, current_activity()
    KernelSession, KernelFlags, EnableProperty    what Windows alone can give; is_available(), check_admin()
    EtwError        and under it DamagedTraceError, SchemaNotFoundError, ChannelError
From a shell: python -m pyetwkit export trace.etl -o trace.parquet
"""

import collections.abc as _abc
import typing as _typing

from pyetwkit._catalogue import ProviderInfo as ProviderInfo
from pyetwkit._catalogue import get_provider_info, list_providers, search_providers
from pyetwkit._core import ChannelError as ChannelError
from pyetwkit._core import DamagedTraceError as DamagedTraceError
from pyetwkit._core import EtwError as EtwError
from pyetwkit._core import EtwEvent as EtwEvent
from pyetwkit._core import EventFilter as EventFilter
from pyetwkit._core import Field as Field
from pyetwkit._core import Properties as Properties
from pyetwkit._core import ProviderCount as ProviderCount
from pyetwkit._core import RecordBatch as RecordBatch
from pyetwkit._core import Schema as Schema
from pyetwkit._core import SchemaNotFoundError as SchemaNotFoundError
from pyetwkit._core import Selection as Selection
from pyetwkit._core import StreamStats as StreamStats
from pyetwkit._core import Trace as Trace
from pyetwkit._core import TraceInfo as TraceInfo
from pyetwkit._core import TraceLoggingProvider as TraceLoggingProvider
from pyetwkit._core import TraceStats as TraceStats
from pyetwkit._core import __version__
from pyetwkit._live.activity import Activity as Activity
from pyetwkit._live.activity import current_activity as current_activity
from pyetwkit._live.kernel import KernelFlags as KernelFlags
from pyetwkit._live.kernel import KernelSession as KernelSession
from pyetwkit._live.listener import EtwListener as EtwListener
from pyetwkit._live.provider import EnableProperty as EnableProperty
from pyetwkit._live.provider import EtwProvider as EtwProvider
from pyetwkit._live.provider import ProviderSettings as ProviderSettings
from pyetwkit._live.ready import DotNetProvider as DotNetProvider
from pyetwkit._live.ready import FileProvider as FileProvider
from pyetwkit._live.ready import KernelProvider as KernelProvider
from pyetwkit._live.ready import NetworkProvider as NetworkProvider
from pyetwkit._live.ready import ProcessProvider as ProcessProvider
from pyetwkit._live.ready import RegistryProvider as RegistryProvider
from pyetwkit._live.ready import SecurityProvider as SecurityProvider
from pyetwkit._live.session import EtwSession as EtwSession
from pyetwkit._live.stats import SessionStats as SessionStats
from pyetwkit._live.system import check_admin as check_admin
from pyetwkit._live.system import is_available as is_available
from pyetwkit._mapped import MappedInt as MappedInt
from pyetwkit._open import open

_abc.Mapping.register(Properties)  # pyright: ignore[reportAttributeAccessIssue] # which it has

if _typing.TYPE_CHECKING:
    from pyetwkit._live.log_handler import EtwHandler as EtwHandler
    from pyetwkit._live.merged_listener import MergedListener as MergedListener
    from pyetwkit._live.stream import EventBatcher as EventBatcher
    from pyetwkit._live.stream import EventStream as EventStream
    from pyetwkit._live.stream import stream_to_queue as stream_to_queue
    from pyetwkit._live.streamer import EtwStreamer as EtwStreamer
    from pyetwkit._live.streamer import MergedStreamer as MergedStreamer

# The functions alone, so that help() is these and the text above: the classes are public, too, as their imports say.
__all__ = ["__version__", "get_provider_info", "list_providers", "open", "search_providers"]


# What needs logging, sockets or asyncio is loaded when it first is asked for.
_LATER = {
    "EtwHandler": "log_handler",
    "EtwStreamer": "streamer",
    "EventBatcher": "stream",
    "EventStream": "stream",
    "MergedListener": "merged_listener",
    "MergedStreamer": "streamer",
    "stream_to_queue": "stream",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415

    found = getattr(importlib.import_module(f"pyetwkit._live.{_LATER[name]}"), name)
    globals()[name] = found
    return found
