# SPDX-License-Identifier: MIT
"""A recorded trace in the place of live events: what a consumer's tests need, on any system."""

import asyncio
import time

import pytest


def same(live, recorded):
    """Replayed events are the recorded ones, in the order of time."""
    return [event.to_json() for event in live] == [event.to_json() for event in recorded]


def test_everything_comes_as_it_was_recorded(etw, sample):
    with etw.EtwListener(replay=sample) as listener:
        live = list(listener)
    assert same(live, etw.open(sample))
    stats = listener.stats()
    assert stats.events_received == stats.events_delivered == len(live) > 1000
    assert stats.events_in_flight == 0
    assert not stats.has_loss()


@pytest.mark.parametrize(
    ("choose", "filters"),
    [
        (lambda provider: provider, {}),
        (lambda provider: provider.level(4), {"level": 4}),
        (lambda provider: provider.event_ids([1, 2]), {"id": [1, 2]}),
        (lambda provider: provider.exclude_event_ids([1]), {"exclude_id": [1]}),
    ],
)
def test_a_provider_is_asked_as_a_live_one(etw, sample, choose, filters):
    with etw.EtwListener(choose(etw.EtwProvider(etw.open(sample).providers[0].id)), replay=sample):
        pass  # of the kernel, by its GUID
    name = "Northwind-Orders"
    provider = next(one for one in etw.open(sample).providers if one.name == name)
    recorded = list(etw.open(sample, provider=name, **filters))
    with etw.EtwListener(choose(etw.EtwProvider(provider.id, name)), replay=sample) as listener:
        assert same(listener, recorded)
    assert recorded
    assert listener.stats().events_delivered == len(recorded)


def test_of_processes(etw, sample):
    one = next(iter(etw.open(sample, provider="Contoso.Shop")))
    wanted = etw.EtwProvider("Contoso.Shop").process_id(one.process_id)
    others = etw.EtwProvider("Fabrikam.Sensors")
    expected = [
        event
        for event in etw.open(sample, provider=["Contoso.Shop", "Fabrikam.Sensors"])
        if event.provider_name != "Contoso.Shop" or event.process_id == one.process_id
    ]
    with etw.EtwListener([wanted, others], replay=sample) as listener:
        assert same(listener, expected)
    none = etw.EtwProvider("Contoso.Shop").process_id(0xFFFFFFF)
    with etw.EtwListener(none, replay=sample, filter=etw.EventFilter(level=5)) as listener:
        assert list(listener) == []


def test_windows_own_providers_may_be_named(etw, sample):
    """Which a live session of this program refuses."""
    with etw.EtwListener([etw.NetworkProvider.dns(), "Microsoft-Windows-DNS-Client"], replay=sample) as listener:
        assert list(listener) == []


def test_what_would_silently_give_nothing_is_refused(etw, sample):
    with pytest.raises(ValueError, match="process_ids"):
        etw.EtwListener(etw.EtwProvider("Contoso.Shop").process_name("shop.exe"), replay=sample)
    with pytest.raises(ValueError, match="EventFilter"):
        etw.EtwListener("Windows Kernel", replay=sample)
    with pytest.raises(OSError, match="Windows Kernel"):
        etw.EtwListener("Windows Kernel")
    with etw.EtwListener(replay=sample, filter=etw.EventFilter(provider="Windows Kernel")) as listener:
        assert same(listener, etw.open(sample, provider="Windows Kernel"))
    with pytest.raises(ValueError, match="needs a provider"):
        etw.EtwListener()


def test_several_traces_are_one(etw, sample, tmp_path):
    other = tmp_path / "other.etl"
    other.write_bytes(sample.read_bytes())
    with etw.EtwSession(replay=[sample, other]) as session:
        assert sum(1 for _ in session) == 2 * etw.open(sample).count()


def test_with_the_pauses_of_the_recording(etw, tmp_path):
    path = tmp_path / "pause.etl"
    session = etw.EtwSession(file=path)
    session.enable("Etwkit.Test.Pause")
    with etw.TraceLoggingProvider("Etwkit.Test.Pause") as provider, session:
        provider.write("First")
        time.sleep(0.3)
        provider.write("Second")
    for speed, least in ((1, 0.3), (3, 0.1)):
        begin = time.monotonic()
        with etw.EtwListener("Etwkit.Test.Pause", replay=path, replay_speed=speed, flush_ms=1) as listener:
            assert [event.event_name for event in listener] == ["First", "Second"]
        assert time.monotonic() - begin > least - 0.01  # never earlier than it is due
    with etw.EtwListener("Etwkit.Test.Pause", replay=path, replay_speed=0.0001, flush_ms=1) as listener:
        assert listener.next_event(60).event_name == "First"  # which waits for no other
        listener.stop()
        assert list(listener) == []


def test_errors(etw, sample, tmp_path):
    with pytest.raises(FileNotFoundError):
        etw.EtwListener(replay=tmp_path / "none.etl").start()
    (tmp_path / "text.etl").write_text("no trace at all" * 100)
    with pytest.raises(etw.EtwError, match=r"text\.etl"):
        etw.EtwListener(replay=tmp_path / "text.etl").start()
    with pytest.raises(ValueError, match="real-time"):
        etw.EtwSession(file=tmp_path / "x.etl", replay=sample).start()


def test_for_asyncio(etw, sample):
    async def main():
        async with etw.EtwStreamer("Contoso.Shop", replay=sample) as streamer:
            return [event async for event in streamer]

    assert same(asyncio.run(main()), etw.open(sample, provider="Contoso.Shop"))


def test_stops_in_the_middle(etw, sample):
    with etw.EtwListener(replay=sample, channel_capacity=100) as listener:
        assert listener.next_event(60) is not None
        listener.stop()
        stats = listener.stats()
    assert stats.events_received < etw.open(sample).count()
