"""Whatever is handed in wrongly, no error, variable or log shows a secret."""

from __future__ import annotations

import asyncio
import threading

import pytest

from freedompay_async import Signer
from tests.secrets.marked import (
    CALLS,
    EXTRA,
    MARKS,
    MORE_CALLS,
    PIN_CALLS,
    client,
    person,
    pin_client,
)


async def all_calls(search, fp, hashdt):
    await search.calls(fp, CALLS | MORE_CALLS, extra=EXTRA)
    await search.calls(hashdt, PIN_CALLS)
    search.client(fp)
    search.client(hashdt)


# -- a client that can't be used


async def test_closed_client_shows_no_secret(search):
    fp, hashdt = client(), pin_client()
    await fp.aclose()
    await hashdt.aclose()
    await all_calls(search, fp, hashdt)

    assert search.found == []
    assert search.errors == {"ConfigurationError"}


async def test_client_that_is_closed_on_the_way_shows_no_secret(search, serving):
    async with (
        serving("stalled") as url,
        client(url, max_connections=2) as fp,
        pin_client(url, max_connections=2) as hashdt,
    ):

        async def close():
            await asyncio.sleep(0.05)
            await fp.aclose()
            await hashdt.aclose()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(close())
            tasks.create_task(search.calls(fp, CALLS, extra=EXTRA))
            tasks.create_task(search.calls(hashdt, PIN_CALLS))

    assert search.found == []
    assert search.errors >= {"OutcomeUnknown"}


async def test_client_of_another_loop_shows_no_secret(search, in_memory):
    made = []

    def elsewhere():
        async def use():
            made.extend(
                (client(transport=in_memory("good")), pin_client(transport=in_memory("good")))
            )
            for each in made:
                await each.__aenter__()

        asyncio.run(use())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)
    await all_calls(search, *made)

    assert search.found == []
    assert search.errors == {"ConfigurationError"}


# -- a request that can't be made

WRONG = {
    "half a pair in extra": lambda fp: fp.cards.set_pin(
        "c-1", MARKS["sealed_pin"], extra=EXTRA | {"memo2": "\ud800"}
    ),
    "half a pair in a card": lambda fp: fp.cards.set_pin("\ud800", MARKS["sealed_pin"]),
    "half a pair in a client": lambda fp: fp.clients.create(
        product_id=2000, client=person(external_user_id="\ud800")
    ),
    "half a pair in a code": lambda fp: fp.gift_cards.confirm(
        otp=MARKS["otp"] + "\ud800", card_id=555
    ),
    "no form in JSON": lambda fp: fp.cards.set_pin(
        "c-1", MARKS["sealed_pin"], extra=EXTRA | {"memo2": object()}
    ),
    "no form in JSON of a key": lambda fp: fp.cards.set_pin(
        "c-1", MARKS["sealed_pin"], extra={**EXTRA, 5.5: {object(): 1}}
    ),
    "a number without end": lambda fp: fp.cards.set_pin(
        "c-1", MARKS["sealed_pin"], extra=EXTRA | {"memo2": 10**400}
    ),
    "a request id in extra": lambda fp: fp.cards.set_pin(
        "c-1", MARKS["sealed_pin"], extra=EXTRA | {"request_id": "1"}
    ),
    "no time": lambda fp: fp.cards.set_pin("c-1", MARKS["sealed_pin"], extra=EXTRA, timeout=0),
    "a plain PIN": lambda fp: fp.cards.set_pin("c-1", MARKS["plain_pin"]),
    "a card id of no digits": lambda fp: fp.gift_cards.confirm(otp=MARKS["otp"], card_id="x"),
    "a call that is given": lambda fp: fp.call("/a", EXTRA | {"x": object()}, dict),
    "a path with a query": lambda fp: fp.call("/a?b", EXTRA, dict),
}


@pytest.mark.parametrize("name", WRONG)
async def test_request_that_can_not_be_made_shows_no_secret(search, in_memory, name):
    await search.call(name, WRONG[name](client(transport=in_memory("good"))))

    assert search.found == []


class Broken(Exception):
    pass


def broken(*_):
    raise Broken("the encryptor said no")


async def late(*_):
    raise Broken("the token source said no")


async def test_encryptor_that_fails_shows_no_secret(search, in_memory):
    await search.call(
        "set_pin", CALLS["cards.set_pin"](client(transport=in_memory("good")), encrypt=broken)
    )

    assert search.found == []
    assert search.errors == {"Broken"}


async def test_encryptor_that_gives_no_text_shows_no_secret(search, in_memory):
    fp = client(transport=in_memory("good"))
    for number, made in enumerate((None, 5, b"MARK", ["MARK"], object())):
        await search.call(
            str(number), CALLS["cards.set_pin"](fp, encrypt=lambda pin, made=made: made)
        )

    assert search.found == []


async def test_token_source_that_fails_shows_no_secret(search, in_memory):
    hashdt = pin_client(token=late, transport=in_memory("good"))
    await search.calls(hashdt, PIN_CALLS)

    assert search.found == []
    assert search.errors == {"Broken"}


@pytest.mark.parametrize(
    "made",
    [
        MARKS["token"] + "\n",
        MARKS["token"] + "\r\nx: 1",
        MARKS["token"].encode(),
        [MARKS["token"]],
        {MARKS["token"]: 1},
    ],
)
async def test_token_source_that_gives_no_token_shows_none(search, in_memory, made):
    async def token():
        return made

    await search.calls(pin_client(token=token, transport=in_memory("good")), PIN_CALLS)

    assert search.found == []
    assert search.errors == {"ConfigurationError"}


async def test_token_that_is_refused_shows_no_secret(search, in_memory):
    async def token():
        return MARKS["token"]

    await search.calls(pin_client(token=token, transport=in_memory("401")), PIN_CALLS)

    assert search.found == []
    assert search.errors == {"AuthenticationError"}


class BrokenSigner(Signer):
    auth_id = "10001"
    header_id = False

    def headers(self, *, path, body, request_id):
        raise Broken("the signer said no")


class TiredSigner(Signer):
    """Signs the first message of a call, and no question about it."""

    auth_id = "10001"
    header_id = True

    def headers(self, *, path, body, request_id):
        if path.endswith("request/status"):
            raise Broken("the signer said no")
        return {"Request-Id": request_id}


@pytest.mark.parametrize("trouble", ["lost", "502 of a page", "refusal with the body as text"])
async def test_signer_that_fails_after_the_effect_was_sent_shows_no_secret(
    search, in_memory, trouble
):
    fp = client(signer=TiredSigner(), transport=in_memory(trouble))
    await search.calls(
        fp, {name: make for name, make in CALLS.items() if name != "requests.status"}, extra=EXTRA
    )

    assert search.found == []
    assert "OutcomeUnknown" in search.errors
    assert "Broken" not in search.errors


async def test_signer_that_fails_shows_no_secret(search, in_memory):
    fp = client(signer=BrokenSigner(), transport=in_memory("good"))
    await search.calls(fp, CALLS | MORE_CALLS, extra=EXTRA)

    assert search.found == []
    # At the waiting for a result it is the request that its caller has to know of.
    assert search.errors == {"Broken", "OutcomeUnknown"}
