# SPDX-License-Identifier: MIT
"""SessionStats: what became of a session's events."""

from __future__ import annotations

from typing import Any, NamedTuple


class SessionStats(NamedTuple):
    """One consistent snapshot: events_received = events_delivered + events_filtered + the four events_lost_* +
    events_in_flight, which is 0 after the stop."""

    events_received: int
    events_delivered: int
    events_filtered: int
    events_lost_buffer: int
    events_lost_channel: int
    events_lost_oversize: int
    events_lost_abandoned: int
    events_in_flight: int
    events_overwritten: int
    buffers_lost: int
    buffers_read: int
    buffers_allocated: int
    buffers_free: int
    buffer_size_kb: int
    bytes_received: int
    duration_secs: float
    windows_events_lost: int = 0
    windows_log_buffers_lost: int = 0
    windows_real_time_buffers_lost: int = 0
    loss_records: int = 0

    @property
    def events_lost(self) -> int:
        """The sum of events_lost_buffer, _channel, _oversize and _abandoned."""
        return (
            self.events_lost_buffer + self.events_lost_channel + self.events_lost_oversize + self.events_lost_abandoned
        )

    @property
    def events_processed(self) -> int:
        """The same as events_delivered."""
        return self.events_delivered

    @property
    def buffers_processed(self) -> int:
        """The same as buffers_read."""
        return self.buffers_read

    @property
    def events_per_second(self) -> float:
        """Events received in a second, on average."""
        return self.events_received / self.duration_secs if self.duration_secs > 0 else 0.0

    def has_loss(self) -> bool:
        """Was any event or buffer lost?"""
        return self.events_lost > 0 or self.buffers_lost > 0

    def loss_percentage(self) -> float:
        """Lost events, of a hundred received."""
        return 100.0 * self.events_lost / self.events_received if self.events_received else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All of them, with events_lost and events_per_second."""
        return {**self._asdict(), "events_lost": self.events_lost, "events_per_second": self.events_per_second}


_MEANINGS = {
    "events_received": "Wanted by the session and written by a provider.",
    "events_delivered": "Read, or written to the file; after the stop also those that wait to be read.",
    "events_filtered": "Kept back by event ids, processes or the filter.",
    "events_lost_buffer": "No buffer was free.",
    "events_lost_channel": "The channel to the reader was full, or the file.",
    "events_lost_oversize": "Too big.",
    "events_lost_abandoned": "Begun by a thread that never finished.",
    "events_in_flight": "In buffers and in the channel.",
    "events_overwritten": "Delivered, and then overwritten: circular files, flight recorders.",
    "buffers_lost": "Buffers that could not be written to the file.",
    "buffers_read": "Buffers taken from the providers.",
    "buffers_allocated": "Buffers that there are.",
    "buffers_free": "Buffers that are empty.",
    "buffer_size_kb": "KiB of one buffer.",
    "bytes_received": "Bytes of the events that were taken.",
    "duration_secs": "Seconds since the start, or from the start to the stop.",
    "windows_events_lost": "Windows' EventsLost: no buffer was free. Among events_lost_buffer.",
    "windows_log_buffers_lost": "Windows' LogBuffersLost: could not be written to the file. Among buffers_lost.",
    "windows_real_time_buffers_lost": "Windows' RealTimeBuffersLost: the reader was too slow. Among buffers_lost.",
    "loss_records": "Events in which Windows told the reader of a loss.",
}
for _name, _meaning in _MEANINGS.items():
    getattr(SessionStats, _name).__doc__ = _meaning
