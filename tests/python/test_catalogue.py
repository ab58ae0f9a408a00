# SPDX-License-Identifier: MIT
"""What is known without a trace."""

import gc

import pytest


def test_providers(etw, root):
    schema = root / "examples" / "orders.man"
    if not schema.exists():
        pytest.skip("no examples/orders.man")
    mine = etw.list_providers(schema=schema, pack=False)
    assert mine and mine[0].event_count == len(mine[0].events) > 0
    assert etw.get_provider_info(mine[0].name.upper(), schema=schema).id == mine[0].id
    assert etw.get_provider_info(mine[0].id, schema=schema).name == mine[0].name
    assert mine[0].name in repr(mine[0]) and mine[0].path.endswith("orders.man")
    fields = [field for event in mine[0].events for field in event.fields]
    assert fields and all(field.name and repr(field) for field in fields)
    for kind in ("levels", "opcodes", "tasks", "keywords", "channels"):
        assert all(isinstance(name, str) for name in getattr(mine[0], kind).values())
    event = mine[0].events[0]
    del mine
    gc.collect()
    assert event.event_name and event.provider_name


def test_search(etw):
    everything = etw.list_providers()
    found = etw.search_providers("dns")
    assert all("dns" in one.name.lower() for one in found) and len(found) <= len(everything)
    assert [one.id for one in etw.search_providers("*DNS*")] == [one.id for one in found]
    with pytest.raises(etw.SchemaNotFoundError, match="no such"):
        etw.get_provider_info("no such provider")
