"""docs/events.md: its examples run, and its tables have every event and every field."""

import asyncio
import logging
import re
from pathlib import Path

import msgspec
import pytest

from freedompay_async import FreedomPay, MockTransport, events
from freedompay_async.events import CallEnded, Event, RateSource, Stats
from freedompay_async.sandbox import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ROWS = {
    cells[0].strip(" `"): cells[-1]
    for cells in (
        line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| `")
    )
}
EVENTS = {
    name: kind
    for name, kind in vars(events).items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}


def run(block: str) -> dict:
    names: dict = {"__name__": "docs.events"}
    exec(compile(block, "docs/events.md", "exec"), names)
    return names


WATCHING, WAITING = BLOCKS


async def test_the_first_example_logs_what_happens(monkeypatch, caplog):
    caplog.set_level(logging.INFO, "cards")
    async with Sandbox() as issuer:
        settings = {
            "AUTH_ID": issuer.auth_id,
            "SECRET_KEY": issuer.secret_key,
            "REGION": "KZ",
            "BASE_URL": issuer.base_url,
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        async with FreedomPay.from_env() as fp:
            bulk = await fp.cards.bulk_issue(product_id=2000, count=1)
            await bulk.result()
        example = run(WATCHING)
        with pytest.raises(Exception, match="client"):
            await example["issue"]("nobody")

    said = [record.getMessage() for record in caplog.records if record.name == "cards"]
    assert any(
        re.fullmatch(r"cards\.issue: \w+ after [\d.]+ s, attempts: 1", each) for each in said
    )


async def test_a_queue_gets_the_events_one_by_one():
    mock = MockTransport(lambda request: {"status": "ok", "request_status": "success"})
    async with FreedomPay(
        auth_id="1", secret_key="k", region="KZ", test=True, transport=mock
    ) as fp:
        reading = asyncio.create_task(run(WAITING)["first_events"](fp, 3))
        await asyncio.sleep(0)
        await fp.cards.balance("c-1")
        await fp.cards.balance("c-1")
        told = await reading

    assert [type(each).__name__ for each in told] == ["AttemptBegan", "AttemptEnded", "CallEnded"]
    assert isinstance(told[-1], CallEnded)


@pytest.mark.parametrize("name", EVENTS)
def test_the_table_has_each_event_with_its_fields(name):
    fields = tuple(field.name for field in msgspec.structs.fields(EVENTS[name]))

    assert set(re.findall(r"`(\w+)`", ROWS[name])) == set(fields)


def test_the_tables_have_nothing_else():
    fields = {
        name
        for line in PAGE.partition("## How a client stands")[2].splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }

    assert fields == {field.name for field in msgspec.structs.fields(Stats)}
    assert {name for name in ROWS if name[0].isupper()} == EVENTS.keys()


@pytest.mark.parametrize("source", RateSource)
def test_each_source_of_a_rate_is_on_the_page(source):
    assert f"`{source}`" in PAGE
