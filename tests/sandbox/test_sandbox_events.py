from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Sandbox


async def before_books(events):
    async for kind, _, data in events:
        if kind == "books":
            return
        if kind == "request":
            yield data


@asynccontextmanager
async def watch(api, *, last=None):
    """The events: kind, id and data of each."""
    headers = {} if last is None else {"Last-Event-ID": last}
    async with api.session.get(
        api.issuer.base_url + "/sandbox/events", headers=headers
    ) as response:
        assert response.headers["Content-Type"] == "text/event-stream"

        async def events():
            fields = {}
            async for line in response.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                fields[name] = value
                if not name:
                    if "event" in fields:
                        yield (
                            fields["event"],
                            fields["id"],
                            json.loads(fields["data"])
                            if fields["event"] != "run"
                            else fields["data"],
                        )
                    fields = {}

        yield events()


async def test_a_request_under_way_is_there_before_its_answer(issuer, api):
    gate = issuer.gate("card/bulk_issue")
    async with watch(api) as events:
        assert (await anext(events))[0] == "run"
        assert (await anext(events))[0] == "books"
        call = asyncio.create_task(api.bulk())
        [begun] = [each async for each in before_books(events)]
        await gate.reached()
        gate.open()
        [ended] = [each async for each in before_books(events)]
        await call

    assert (begun["number"], begun["http"], begun["sent"], begun["took"]) == (1, None, None, None)
    assert (ended["number"], ended["http"], ended["sent"]) == (1, 200, "whole")


async def test_a_page_that_comes_back_gets_what_it_missed(api):
    await api.bulk()
    async with watch(api) as events:
        [(_, _, run), *_] = [await anext(events) for _ in range(3)]
        _, last, _ = await anext(events)
    assert last.startswith(run + ".")
    await api.bulk()
    async with watch(api, last=last) as events:
        assert (await anext(events))[2] == run
        assert [each["number"] async for each in before_books(events)] == [3, 4]
    for other in ("00000000.999", "nonsense", f"{run}.x"):
        async with watch(api, last=other) as events:
            assert [each["number"] async for each in before_books(events)] == [1, 2, 3, 4]


async def test_what_changes_without_a_call_is_reported(issuer, api):
    [card_id] = await api.bulk()
    await api("card/set_pin", card_id=card_id)
    issuer.hold = True
    request_id = str(uuid4())
    await api("card/activate", request_id=request_id, card_id=card_id)
    changes = [
        lambda: issuer.finish(request_id),
        lambda: setattr(issuer, "hold", False),
        lambda: issuer.enter_pin(card_id, "1234"),
        lambda: issuer.mark_gift_card(*issuer.stock_gift_cards(1), 5),
    ]
    async with watch(api) as events:
        _ = [each async for each in before_books(events)]
        for change in changes:
            change()
            assert (await anext(events))[0] == "books"


async def test_an_onlooker_that_left_is_noticed(issuer, api, monkeypatch, caplog):
    monkeypatch.setattr("freedompay_async.sandbox.inspector.inspector._HEARTBEAT_SECONDS", 0.01)
    async with watch(api) as events:
        await anext(events)
        assert "1 active" in repr(issuer)
    while "0 active" not in repr(issuer):
        await asyncio.sleep(0)
    assert caplog.records == []


async def test_closing_does_not_wait_for_onlookers(talk):
    sandbox = Sandbox()
    async with talk(sandbox) as api:
        async with sandbox:
            watching = watch(api)
            events = await watching.__aenter__()
            assert (await anext(events))[0] == "run"
        with pytest.raises(aiohttp.ClientError):
            async for _ in events:
                pass
        await watching.__aexit__(None, None, None)
