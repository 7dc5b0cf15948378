from __future__ import annotations

import json
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Sandbox
from freedompay_async.sandbox.hosted.pin_links import LINKS_KEPT, PageEnd, PinLinks, Purpose

OTHER = "card-of-another-issuer"


class Cardholder:
    """Gets links as an integrator does, and enters PINs as the page does."""

    def __init__(self, sandbox, session) -> None:
        self.sandbox = sandbox
        self.session = session

    async def link(self, call, card_id=OTHER) -> str:
        headers = dict.fromkeys(("x-product-id", "x-cardholder-id", "x-wallet-id"), "1") | {
            "x-api-key": self.sandbox.hashdt_api_key,
            "x-card-id": card_id,
            "x-request-id": str(uuid4()),
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.sandbox.hashdt_token}",
        }
        async with self.session.get(
            f"{self.sandbox.base_url}/issuing/api/v1/card/{call}", headers=headers
        ) as response:
            return (await response.json())["data"][0]["set_pin_url"]

    async def enter(self, url, entry, **headers) -> tuple[int, str]:
        body = entry if isinstance(entry, bytes) else json.dumps(entry).encode()
        headers = {"Content-Type": "application/json"} | headers
        async with self.session.post(url, data=body, headers=headers) as response:
            answer = await response.json()
            assert answer.keys() == {"outcome"}
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, answer["outcome"]

    async def choose(self, url, pin, again=None) -> tuple[int, str]:
        return await self.enter(url, {"step": "choose", "pin": pin, "again": again or pin})

    async def current(self, url, pin) -> tuple[int, str]:
        return await self.enter(url, {"step": "current", "pin": pin})

    async def page(self, url) -> tuple[int, str]:
        async with self.session.get(url) as response:
            return response.status, await response.text()


@pytest.fixture
async def holder(issuer):
    async with aiohttp.ClientSession() as session:
        yield Cardholder(issuer, session)


@pytest.fixture(params=["of this issuer", "of another issuer"])
async def card_id(request, api):
    return (await api.bulk())[0] if request.param == "of this issuer" else OTHER


async def test_a_pin_is_set_changed_and_reset(issuer, holder, card_id):
    assert await holder.choose(await holder.link("setpin", card_id), "1234") == (200, "done")
    assert issuer.enter_pin(card_id, "1234")

    url = await holder.link("changepin", card_id)
    assert await holder.current(url, "1234") == (200, "right")
    assert await holder.choose(url, "5678") == (200, "done")
    assert not issuer.enter_pin(card_id, "1234")
    assert issuer.enter_pin(card_id, "5678")

    assert await holder.choose(await holder.link("resetpin", card_id), "0000") == (200, "done")
    assert issuer.enter_pin(card_id, "0000")


async def test_two_entries_that_differ_change_nothing(issuer, holder, card_id):
    await holder.choose(await holder.link("setpin", card_id), "1234")
    url = await holder.link("resetpin", card_id)

    assert await holder.choose(url, "5678", "5687") == (200, "mismatch")
    assert issuer.enter_pin(card_id, "1234")
    assert await holder.choose(url, "5678") == (200, "done")


async def test_three_wrong_entries_in_a_row_block_the_card(issuer, holder, card_id):
    await holder.choose(await holder.link("setpin", card_id), "1234")
    url = await holder.link("changepin", card_id)
    assert [await holder.current(url, pin) for pin in ("1111", "1234", "1111", "2222")] == [
        (200, outcome) for outcome in ("wrong", "right", "wrong", "wrong")
    ]
    assert await holder.current(await holder.link("changepin", card_id), "3333") == (200, "blocked")
    assert await holder.current(url, "1234") == (200, "blocked")
    assert not issuer.enter_pin(card_id, "1234")


async def test_a_wrong_entry_at_an_atm_counts_too(issuer, holder, card_id):
    await holder.choose(await holder.link("setpin", card_id), "1234")
    assert [issuer.enter_pin(card_id, "1111") for _ in range(2)] == [False, False]

    assert await holder.current(await holder.link("changepin", card_id), "1111") == (200, "blocked")


async def test_the_counter_of_this_issuers_card_is_reset_by_a_call(issuer, holder, api):
    [card_id] = await api.bulk()
    await holder.choose(await holder.link("setpin", card_id), "1234")
    for _ in range(3):
        issuer.enter_pin(card_id, "1111")
    assert issuer.card(card_id)["status"] == "blocked"
    await api("card/reset_counter_pin", card_id=card_id)

    assert issuer.enter_pin(card_id, "1234")


async def test_another_issuers_card_is_unblocked_by_a_new_pin(issuer, holder):
    await holder.choose(await holder.link("setpin"), "1234")
    for _ in range(3):
        issuer.enter_pin(OTHER, "1111")
    await holder.choose(await holder.link("resetpin"), "5678")

    assert issuer.enter_pin(OTHER, "5678")


async def test_a_change_needs_the_current_pin_first(issuer, holder, card_id):
    await holder.choose(await holder.link("setpin", card_id), "1234")
    url = await holder.link("changepin", card_id)

    assert await holder.choose(url, "5678") == (400, "invalid")
    assert await holder.current(url, "1111") == (200, "wrong")
    assert await holder.choose(url, "5678") == (400, "invalid")
    assert issuer.enter_pin(card_id, "1234")


async def test_a_proof_is_taken_back_by_a_wrong_entry(holder):
    await holder.choose(await holder.link("setpin"), "1234")
    url = await holder.link("changepin")
    await holder.current(url, "1234")
    await holder.current(url, "1111")

    assert await holder.choose(url, "5678") == (400, "invalid")


@pytest.mark.parametrize("call", ["setpin", "resetpin"])
async def test_only_a_change_asks_for_the_current_pin(holder, call):
    assert await holder.current(await holder.link(call), "1234") == (400, "invalid")


async def test_a_card_without_a_pin_has_none_to_change(issuer, holder, card_id):
    assert await holder.current(await holder.link("changepin", card_id), "1234") == (200, "refused")


async def test_a_closed_card_takes_no_pin(holder, api):
    [card_id] = await api.bulk()
    await api("card/close", card_id=card_id, description="lost")

    assert await holder.choose(await holder.link("setpin", card_id), "1234") == (200, "refused")


@pytest.mark.parametrize(
    "pin", ["", "123", "12345", "12a4", "\N{FULLWIDTH DIGIT ONE}234", "1234\n"]
)
async def test_a_pin_is_four_digits(holder, pin):
    assert await holder.choose(await holder.link("setpin"), pin, pin or "1234") == (400, "invalid")
    url = await holder.link("changepin")
    assert await holder.current(url, pin) == (400, "invalid")


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        b'{"step":"choose","pin":1234,"again":1234}',
        b'{"step":"choose","pin":"1234"}',
        b'{"step":"choose","pin":"1234","again":"1234","card_id":"another"}',
        b'{"step":"other","pin":"1234","again":"1234"}',
        b'{"step":"choose","pin":"1234","again":"1234"}' + b" " * 300,
    ],
)
async def test_another_entry(issuer, holder, entry):
    url = await holder.link("setpin")

    assert await holder.enter(url, entry) == (400, "invalid")
    assert await holder.choose(url, "1234") == (200, "done")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_form_of_another_page_can_enter_nothing(holder, kind):
    url = await holder.link("setpin")

    assert await holder.enter(
        url, {"step": "choose", "pin": "1234", "again": "1234"}, **{"Content-Type": kind}
    ) == (400, "invalid")


async def test_a_link_is_good_for_one_use(holder, card_id):
    url = await holder.link("setpin", card_id)
    await holder.choose(url, "1234")

    assert await holder.choose(url, "5678") == (410, "used")
    assert await holder.current(url, "5678") == (410, "used")
    status, text = await holder.page(url)
    assert (status, 'data-state="used"' in text) == (410, True)


async def test_a_link_is_good_for_a_limited_time():
    async with Sandbox(pin_page_life=0) as sandbox, aiohttp.ClientSession() as session:
        holder = Cardholder(sandbox, session)
        url = await holder.link("setpin")

        assert await holder.choose(url, "1234") == (410, "expired")
        status, text = await holder.page(url)
        assert (status, 'data-state="expired"' in text) == (410, True)
        with pytest.raises(KeyError):
            sandbox.enter_pin(OTHER, "1234")


async def test_an_unknown_link(issuer, holder):
    url = f"{issuer.base_url}/pin/made-up"

    assert await holder.choose(url, "1234") == (404, "unknown")
    status, text = await holder.page(url)
    assert (status, 'data-state="unknown" data-purpose=""' in text) == (404, True)


def test_a_link_ends_when_its_time_is_over():
    now = [100.0]
    links = PinLinks(pins=None, life=60, clock=lambda: now[0])
    token = links.make(Purpose.SET, "card-1")

    assert links.state(token) is PageEnd.OPEN
    now[0] = 159.9
    assert links.state(token) is PageEnd.OPEN
    now[0] = 160.0
    assert links.state(token) is PageEnd.EXPIRED


def test_so_many_links_are_kept():
    links = PinLinks(pins=None, life=60, clock=lambda: 0)
    first, *_, last = [links.make(Purpose.SET, "card-1") for _ in range(LINKS_KEPT + 1)]

    assert (links.state(first), links.state(last)) == (PageEnd.UNKNOWN, PageEnd.OPEN)


@pytest.mark.parametrize("call", ["setpin", "resetpin", "changepin"])
async def test_the_page_needs_nothing_from_anywhere(holder, call):
    async with holder.session.get(await holder.link(call)) as response:
        text = await response.text()

        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        rules = dict(
            each.split(" ", 1) for each in response.headers["Content-Security-Policy"].split("; ")
        )
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].startswith("'sha256-")
    assert rules["style-src"].startswith("'sha256-")
    assert "frame-ancestors" not in rules
    assert f'data-state="open" data-purpose="{call.removesuffix("pin")}"' in text
    assert "http://" not in text
    assert "https://" not in text
    assert "postMessage" not in text


async def test_a_pin_is_in_no_record(issuer, holder, api):
    await holder.choose(await holder.link("setpin"), "9753")

    assert "9753" not in repr(issuer.received)
    assert [each.path for each in issuer.received] == ["/issuing/api/v1/card/setpin"]


async def test_a_pin_that_cannot_be_entered_here(issuer, api):
    [card_id] = await api.bulk()
    with pytest.raises(ValueError, match="the card has no PIN"):
        issuer.enter_pin(card_id, "1234")
    await api("card/close", card_id=card_id, description="lost")
    with pytest.raises(ValueError, match="the card is closed"):
        issuer.enter_pin(card_id, "1234")
    with pytest.raises(KeyError, match="nobody"):
        issuer.enter_pin("nobody", "1234")


async def test_a_browser_that_leaves_in_the_middle_of_an_entry(issuer, holder, caplog):
    import asyncio

    url = await holder.link("setpin")
    host, port = issuer.base_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    path = url.removeprefix(issuer.base_url)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode()
    )
    await writer.drain()
    while "0 active" in repr(issuer):
        await asyncio.sleep(0)
    writer.close()
    await writer.wait_closed()
    while "0 active" not in repr(issuer):
        await asyncio.sleep(0)
    assert caplog.records == []
    assert await holder.choose(url, "1234") == (200, "done")
