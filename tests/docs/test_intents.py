"""The examples of docs/intents.md, run by an application with a row of its own."""

import logging
import os
import re
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPay,
    FreedomPayError,
    Intent,
    NewClient,
    Policy,
)
from freedompay_async.models import IssuedCards
from freedompay_async.sandbox import Sandbox
from freedompay_async.seals import AesGcmSeal

PAGE = (Path(__file__).parents[2] / "docs" / "intents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PERSON = NewClient(phone=77017777777, type=1, resident=1, first_name="IVAN", last_name="IVANOV")
POLICY = Policy(grace=0.05, pause=0.01, max_pause=0.02, poll_first=0.01)


@pytest.fixture(scope="module")
def page():
    """All names of the page, as one program."""
    names = {
        "__name__": "docs.intents",
        "FreedomPayError": FreedomPayError,
        "Intent": Intent,
        "IssuedCards": IssuedCards,
        "UTC": UTC,
        "datetime": datetime,
        "log": logging.getLogger("orders"),
        "os": os,
    }
    for block in BLOCKS:
        exec(compile(block, "docs/intents.md", "exec"), names)
    return names


@pytest.fixture
async def issuer():
    async with Sandbox() as issuer:
        yield issuer


@pytest.fixture
async def fp(issuer):
    async with FreedomPay(
        auth_id=issuer.auth_id,
        secret_key=issuer.secret_key,
        region="KZ",
        base_url=issuer.base_url,
        policy=POLICY,
    ) as fp:
        yield fp


@pytest.fixture
async def client_id(fp):
    return (await (await fp.clients.create(product_id=2000, client=PERSON)).result()).client_id


@pytest.fixture
def db(tmp_path):
    db = sqlite3.connect(tmp_path / "app.db")
    db.execute(
        "create table orders (number integer primary key, request_id text, intent text,"
        " first_sent text, cards text)"
    )
    yield db
    db.close()


async def test_an_order_gets_its_card(page, issuer, fp, db, client_id):
    page["new_order"](db, fp, 17, client_id)

    cards = await page["send_order"](db, fp, 17)

    assert list(cards) == [each["card_id"] for each in issuer.ledger()]


async def test_an_order_that_died_after_its_commit_gets_one_card(page, issuer, fp, db, client_id):
    page["new_order"](db, fp, 17, client_id)
    page["new_order"](db, fp, 18, client_id)
    await page["send_order"](db, fp, 17)
    # The other one died before its first byte left.
    with db:
        db.execute("update orders set first_sent = ?", (datetime.now(UTC).isoformat(),))

    await page["go_on"](db, fp)

    ended = [cards for (cards,) in db.execute("select cards from orders order by number")]
    assert sorted(ended) == sorted(each["card_id"] for each in issuer.ledger())
    assert len(set(ended)) == 2


async def test_an_order_of_long_ago_is_only_asked_about_and_keeps_no_other_waiting(
    page, issuer, fp, db, client_id, caplog
):
    page["new_order"](db, fp, 17, client_id)
    page["new_order"](db, fp, 18, client_id)
    with db:
        db.execute("update orders set first_sent = '2026-01-01T00:00:00+00:00' where number = 17")
        db.execute(
            "update orders set first_sent = ? where number = 18", (datetime.now(UTC).isoformat(),)
        )

    await page["go_on"](db, fp)

    (said,) = [each.getMessage() for each in caplog.records if each.name == "orders"]
    assert said.startswith("order 17: cards.issue: ")
    assert "3600 s ago" in said
    cards = [cards for (cards,) in db.execute("select cards from orders order by number")]
    assert cards == [None, *(each["card_id"] for each in issuer.ledger())]


async def test_the_same_order_made_twice_has_one_id(page, fp, db, client_id):
    page["new_order"](db, fp, 17, client_id)
    page["new_order"](db, fp, 18, client_id)
    first, second = (each for (each,) in db.execute("select request_id from orders"))

    again = fp.intend.cards.issue(client_id="another", product_id=1, key="order/17")

    assert first == again.request_id != second


async def test_a_block_with_an_id_of_ones_own(page, fp, db, client_id):
    page["new_order"](db, fp, 17, client_id)
    (card_id,) = await page["send_order"](db, fp, 17)

    operation = await page["block"](fp, card_id, "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")

    assert (await operation.result()).request_id == "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


KEYS = [secrets.token_urlsafe(32) for _ in range(3)]
PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="


@pytest.fixture
def merchant():
    return FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url="https://api.example.com")


def test_a_sealed_pin_outlives_a_change_of_keys(page, merchant, monkeypatch):
    monkeypatch.setenv("SEAL_KEYS", KEYS[0])
    stored = page["new_pin"](merchant, "card-1", PIN)
    monkeypatch.setenv("SEAL_KEYS", f"{KEYS[1]},{KEYS[0]}")

    intent = page["stored_pin"](stored)

    assert PIN not in stored
    assert PIN.encode() in intent.signed_bytes
    monkeypatch.setenv("SEAL_KEYS", f"{KEYS[1]},{KEYS[2]}")
    with pytest.raises(ConfigurationError, match="which is none of the 2 keys of this AesGcmSeal"):
        page["stored_pin"](stored)


def test_a_seal_of_ones_own(page, merchant):
    here, there = (page["Bound"](AesGcmSeal(KEYS), name) for name in ("live", "test"))
    intent = merchant.intend.cards.set_pin("card-1", PIN)
    stored = intent.to_json(seal=here)

    assert Intent.load(stored, seal=here) == intent
    with pytest.raises(ConfigurationError, match="it was changed, or sealed for another call"):
        Intent.load(stored, seal=there)
