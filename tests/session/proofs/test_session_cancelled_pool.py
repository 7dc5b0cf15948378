"""Every kind of call, cancelled at each place where it waits: in the queue of the pool, while it
connects, writes, reads, pauses, asks.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import itertools
import json
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from freedompay_async import OutcomeUnknown, Secret
from freedompay_async.hashdt import HashDT
from freedompay_async.traffic.rate_limit import RateLimit
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from tests.leaks.certificate import client_context, server_context
from tests.leaks.raw_issuer import RawIssuer
from tests.person_examples import new_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BULK = "card/bulk_issue"
DOCUMENT = Secret(base64.b64encode(b"%PDF-" + b"0" * 1_500_000).decode())
PERSON = new_client(document=DOCUMENT)
# So often in a row a call has to end without having waited once more, until that is believed.
WHOLE = 4
DAYS = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 3, 1)}


@pytest.fixture(autouse=True)
def _nothing_is_learnt(monkeypatch):
    """What a 429 teaches the client is tested elsewhere; here it would only take time."""
    monkeypatch.setattr(RateLimit, "limited", lambda *_: None)


@dataclass
class One:
    """One call to be cancelled: its id, a phone of its own, and which of its effects were told to
    the caller before that.
    """

    fp: object
    pins: HashDT
    own: str = field(default_factory=lambda: str(uuid4()))
    phone: int = field(default_factory=itertools.count(77_010_000_000).__next__)
    told: set[str] = field(default_factory=set)


async def token():
    await asyncio.sleep(0)
    return "token-a"


async def balance(one):
    await one.fp.cards.balance("card-1")


async def issue(one):
    await one.fp.cards.bulk_issue(product_id=2000, count=1, request_id=one.own)


async def create(one):
    await one.fp.clients.create(product_id=1000, client=PERSON, request_id=one.own)


async def result(one):
    await one.fp.requests.attach(one.own).result()


async def refresh(one):
    await one.fp.requests.attach(one.own).refresh()


async def set_pin(one):
    await one.fp.cards.set_pin("card-1", "encrypted-text")


async def new_pin(one):
    await one.fp.cards.set_pin("card-1")


async def gift(one):
    with suppress(OutcomeUnknown):  # Where it is not cancelled, and its answer is lost.
        await one.fp.gift_cards.issue(
            cardholder_name="A B", phone=one.phone, product_code=1, request_id=one.own
        )


async def order(one):
    ordered = await one.fp.gift_cards.order(
        cardholder_name="A B", phone=one.phone, product_code=1, request_id=one.own
    )
    one.told.add(f"gift {one.phone}")
    with suppress(OutcomeUnknown):
        await ordered.confirm("1234")


async def movements(one):
    async for _ in one.fp.cards.movements("card-1", **DAYS):
        pass


async def page(one):
    await one.pins.pins.set_url(cardholder_id="h", wallet_id="w", card_id="c", request_id=one.own)


@dataclass
class Kind:
    call: Callable[[One], Awaitable[None]]
    faults: dict[str, tuple[str, ...]] = field(default_factory=dict)
    effect: bool = True
    waits: bool = False
    """Whether it waits for the end of a request that somebody has sent, which may be done whenever
    the wait is cancelled.
    """
    repeats: bool = False
    """Whether it may be repeated under its id, as the README says, to find out what became of it.
    """


KINDS = {
    "read": Kind(balance, effect=False),
    "read-repeated": Kind(balance, {"card/balance": ("cut", "limited", "")}, effect=False),
    "effect": Kind(issue, repeats=True),
    "effect-large": Kind(create, repeats=True),
    "effect-settled": Kind(issue, {BULK: ("lost",), "request/status": ("broken",)}, repeats=True),
    "effect-resent": Kind(issue, {BULK: ("dropped",)}, repeats=True),
    "effect-limited": Kind(issue, {BULK: ("limited",)}, repeats=True),
    "result": Kind(result, {"request/status": ("cut",)}, waits=True),
    "refresh": Kind(refresh, effect=False),
    "pin": Kind(set_pin, {"card/set_pin": ("lost",)}),
    "pin-made": Kind(new_pin),
    "gift": Kind(gift),
    "gift-lost": Kind(gift, {"issue_card": ("reset",)}),
    "order": Kind(order),
    "order-confirm-lost": Kind(order, {"activate_card": ("lost", "lost")}),
    "movements": Kind(movements, effect=False),
    "pin-page": Kind(page, {"pin": ("lost",)}, effect=False),
}


@pytest.fixture
def warned(caplog):
    """Takes the ids of the warnings since the last time."""
    caplog.set_level(logging.WARNING, "freedompay_async")

    def take():
        ids = [
            record.request_id
            for record in caplog.records
            if record.name == "freedompay_async" and record.levelno == logging.WARNING
        ]
        caplog.clear()
        return ids

    return take


@dataclass
class Cancelled:
    """What a cancelled call said, and what was true."""

    error: asyncio.CancelledError
    own: str
    done: set[str]
    """Effects that the issuer has done and the caller was not told."""
    warned: list[str]
    taken: tuple[int, int]
    """Connections in use and calls in the queue, afterwards."""
    wrong: list[str]
    """Later calls on the same client that were not answered with their own answer."""
    times: int
    """How often the effect was done, in the end."""
    recorded: str | None
    """The last state in the record, of a call that is written down."""


@pytest.fixture
def cancel_everywhere(connect, hasty, pool, settled, cancelled_at, warned, tmp_path):
    """Cancels a kind of call at its first wait, its second, and so on, until it is not cancelled
    any more.
    """

    async def run(kind, transports, *, scheme="KZ", fresh=False, queued=False):
        tls = server_context(tmp_path) if fresh else None
        found = []
        async with RawIssuer(tls=tls, piece=16) as issuer:
            url = issuer.base_url.replace("127.0.0.1", "localhost") if fresh else issuer.base_url
            options = {"max_connections": 1, "ssl_context": client_context() if fresh else None}
            record = tmp_path / "record.jsonl"
            for late, transport in zip((False, True), transports, strict=True):
                client = connect(
                    url, scheme=scheme, record=record, transport=transport(), **options
                )
                stop, whole = 0, 0
                # A thread that is quick, or a name that is known already, makes a call wait less
                # often: one that ended is no proof.
                while whole < WHOLE:
                    if fresh:
                        client = connect(
                            url, scheme=scheme, record=record, transport=transport(), **options
                        )
                    pins = pin_client(url, transport(), options)
                    each = await step(issuer, client, pins, kind, stop, late=late, queued=queued)
                    if each is None:
                        whole += 1
                    else:
                        found.append(each)
                        whole, stop = 0, stop + 1
        return found

    def pin_client(url, transport, options):
        return HashDT(
            base_url=url,
            api_key="k",
            product_id="p",
            token=token,
            policy=hasty(),
            transport=transport,
            **options,
        )

    async def step(issuer, fp, pins, kind, stop, *, late, queued):
        one, before = One(fp, pins), Counter(issuer.books.effects)
        if kind.call in (result, refresh):
            issuer.books.ids.add(one.own)
        issuer.scripts.clear()
        others = await crowd(issuer, one, kind) if queued else []
        for call, faults in kind.faults.items():
            issuer.script(call, *faults)
        error = await cancelled_at(kind.call(one), stop, late=late)
        wrong = [
            type(each).__name__
            for each in await asyncio.gather(*others, return_exceptions=True)
            if isinstance(each, Exception)
        ]
        warnings, recorded = warned(), last_state(tmp_path / "record.jsonl", error)
        done = set(issuer.books.effects - before) - one.told
        await settled()
        taken = tuple(
            map(
                sum,
                zip(*[(pool(each).taken, pool(each).waiting) for each in (fp, pins)], strict=True),
            )
        )
        issuer.scripts.clear()
        mine = f"card-of-{stop}-{late}"
        answer = await fp.cards.balance(mine)
        wrong += [] if answer.extra["card_id"] == mine else [f"of another: {answer!r}"]
        if kind.repeats:
            await kind.call(one)
        await pins.aclose()
        if error is None:
            return None
        return Cancelled(
            error, one.own, done, warnings, taken, wrong, issuer.books.effects[one.own], recorded
        )

    async def crowd(issuer, one, kind):
        """One call that has the only place, and one that comes when the call to be cancelled waits
        for it.
        """
        page_first = kind.call is page
        issuer.script("pin" if page_first else "card/balance", "held")

        async def ask(card):
            if page_first:
                await one.pins.pins.set_url(cardholder_id="h", wallet_id="w", card_id=card)
            else:
                await one.fp.cards.balance(card)

        async def last():
            await settled()
            third = asyncio.create_task(ask("next"))
            await settled()
            issuer.release()
            await third

        first = asyncio.create_task(ask("first"))
        while not issuer.held:
            await asyncio.sleep(0)
        return [first, asyncio.create_task(last())]

    return run


def last_state(record, error):
    lines = record.read_text().splitlines() if record.exists() else []
    states = {each["request_id"]: each["state"] for each in map(json.loads, lines)}
    return states.get(getattr(error, "request_id", None))


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def check(found, kind):
    """What must be true of a call that was cancelled, wherever it was."""
    assert found
    assert {each.taken for each in found} == {(0, 0)}
    assert [each.wrong for each in found if each.wrong] == []
    assert [each.error.request_id for each in found if not each.error.request_id] == []
    # No effect without either an answer or a word about it.
    assert [each.done for each in found if each.done and not each.error.outcome_unknown] == []
    assert [each.warned for each in found] == [
        [each.error.request_id] if each.error.outcome_unknown else [] for each in found
    ]
    says = {True} if kind.waits else {True, False} if kind.effect else {False}
    assert {each.error.outcome_unknown for each in found} == says
    if kind.waits:
        assert [each.error.request_id for each in found] == [each.own for each in found]
    told = [(each.recorded, each.error.outcome_unknown) for each in found if each.recorded]
    assert set(told) <= {("not sent", False), ("unknown", True)}
    assert bool(told) == (kind.call in (gift, order, new_pin))
    if kind.repeats:
        assert {(each.error.request_id == each.own, each.times) for each in found} == {(True, 1)}


# Those that are waiting when they are cancelled, and those that are woken: each is stepped through on
# each transport, on a fresh connection or on one of the pool.
FIRST = (AiohttpTransport, DirectTransport)
SECOND = (DirectTransport, AiohttpTransport)


async def test_cancelled_at_each_wait_on_a_fresh_connection(cancel_everywhere, kind):
    found = await cancel_everywhere(kind, FIRST, fresh=True)

    check(found, kind)


async def test_cancelled_at_each_wait_on_a_pooled_connection(cancel_everywhere, kind, scheme):
    found = await cancel_everywhere(kind, SECOND if scheme == "KZ" else FIRST, scheme=scheme)

    check(found, kind)


async def test_cancelled_at_each_wait_between_other_calls(cancel_everywhere, kind):
    found = await cancel_everywhere(kind, SECOND, queued=True)

    check(found, kind)
