# SPDX-License-Identifier: MIT
"""What Windows knows of providers: `providers --installed`, and events that nothing else describes, by TDH."""

import json

import pytest

ORDERS = "11111111-2222-3333-4444-555555555555"
OLD = "66666666-7777-8888-9999-aaaaaaaaaaaa"

INSTALLED = f"""
tdh-provider {ORDERS} Contoso-Orders-Live
tdh-event 7 1 level-id 4 level win:Informational task Orders opcode Placed opcode-id 10 message "Order %1"
tdh-field Number 8
tdh-field State 8 map States
tdh-map States value
tdh-entry 0 new
tdh-entry 1 paid
tdh-event 7 2 level-id 4 task Orders opcode Placed opcode-id 10
tdh-field Number 10
tdh-event 9 0 level-id 2 level win:Error task Orders
tdh-provider {OLD} "Contoso Old" source 1
"""


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_all_that_are_installed(etw):
    text = etw(INSTALLED, "providers", "--installed").stdout.decode().splitlines()
    assert text == [
        "GUID                                  KIND      PROVIDER",
        f"{ORDERS}  manifest  Contoso-Orders-Live",
        f"{OLD}  MOF       Contoso Old",
    ]
    assert rows(etw(INSTALLED, "providers", "--installed", "--json")) == [
        {"provider_name": "Contoso-Orders-Live", "provider_id": ORDERS, "kind": "manifest"},
        {"provider_name": "Contoso Old", "provider_id": OLD, "kind": "MOF"},
    ]


@pytest.mark.parametrize("pattern", ["orders", "contoso-*", ORDERS.upper(), f"{{{ORDERS}}}"])
def test_one_with_its_events(etw, pattern):
    (one,) = rows(etw(INSTALLED, "providers", "--installed", "--json", pattern))
    assert one["provider_id"] == ORDERS
    assert [(event["event_id"], event["version"]) for event in one["events"]] == [(7, 1), (7, 2), (9, 0)]
    first = one["events"][0]
    assert first["event_name"] == "Orders/Placed" and first["message"] == "Order %1"
    assert [(field["name"], field["in_type"]) for field in first["fields"]] == [
        ("Number", "UInt32"),
        ("State", "UInt32"),
    ]
    assert one["events"][2]["fields"] == []
    text = etw(INSTALLED, "providers", "--installed", pattern).stdout.decode()
    assert "Orders/Placed" in text and text.count("\n") == 7


def test_one_whose_events_cannot_be_listed(etw):
    (one,) = rows(etw(INSTALLED, "providers", "--installed", "--json", OLD))
    assert one["kind"] == "MOF" and one["events"] == []
    assert etw.asked("TdhEnumerateManifestProviderEvents") == []


def test_none_of_that_name(etw):
    etw(INSTALLED, "providers", "--installed", "fabrikam", code=2)
    assert "no provider of that name is installed" in etw.said


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("fail TdhEnumerateProviders each 5", ["--installed"], "TdhEnumerateProviders failed with 5"),
        (
            f"{INSTALLED}\nfail TdhEnumerateManifestProviderEvents each 87",
            ["--installed", ORDERS],
            "TdhEnumerateManifestProviderEvents failed with 87",
        ),
    ],
    ids=["providers", "events"],
)
def test_what_fails_is_named(etw, script, arguments, said):
    etw(script, "providers", *arguments, code=2)
    assert said in etw.said


# ERROR_NOT_FOUND, ERROR_FILE_NOT_FOUND, ERROR_EMPTY
@pytest.mark.parametrize("code", [1168, 2, 4306])
def test_a_provider_whose_file_has_gone_has_no_events(etw, code):
    script = f"{INSTALLED}\nfail TdhEnumerateManifestProviderEvents each {code}"
    (one,) = rows(etw(script, "providers", "--installed", "--json", ORDERS))
    assert one["events"] == []


def live(count, **more):
    said = " ".join(f"{key} {value}" for key, value in {"id": 7, "version": 1, **more}.items())
    return f"{INSTALLED}\nfeed events {count} provider {ORDERS} {said}"


def test_events_of_an_installed_provider_are_decoded(etw):
    # Its name is known to Windows alone; number is a u64: the two fields.
    shown = rows(etw(live(3), "listen", "--provider", "Contoso-Orders-Live", "--limit", "3"))
    assert [event["event_name"] for event in shown] == ["Orders/Placed"] * 3
    assert [event["properties"] for event in shown] == [{"Number": n, "State": "new"} for n in range(3)]
    assert {event["provider_name"] for event in shown} == {"Contoso-Orders-Live"}
    assert len(etw.asked("TdhGetEventInformation")) == 1 and len(etw.asked("TdhGetEventMapInformation")) == 1


def test_what_tdh_does_not_know_is_asked_for_once_and_shown_raw(etw):
    shown = rows(etw(live(5, version=5), "listen", "--provider", ORDERS, "--limit", "5"))
    assert {event["event_name"] for event in shown} == {"Event(7)"}
    assert all(event["properties"] is None and event["payload"] for event in shown)
    assert len(etw.asked("TdhGetEventInformation")) == 1


def test_a_file_is_decoded_by_what_is_installed(etw, tmp_path):
    path = tmp_path / "orders.etl"
    etw(live(4), "record", "-o", path, "--provider", ORDERS, "--for", "1s")
    shown = rows(etw(INSTALLED, "dump", path, "--provider", ORDERS))
    assert [event["properties"] for event in shown] == [{"Number": n, "State": "new"} for n in range(4)]
    shown = rows(etw("", "dump", path, "--provider", ORDERS))
    assert all(event["properties"] is None for event in shown)


def test_what_describes_itself_is_not_asked_for(etw):
    script = f"{INSTALLED}\nfeed events 3 provider {ORDERS} name Counted"
    shown = rows(etw(script, "listen", "--provider", ORDERS, "--limit", "3"))
    assert [event["event_name"] for event in shown] == ["Counted"] * 3
    assert etw.asked("TdhGetEventInformation") == []
