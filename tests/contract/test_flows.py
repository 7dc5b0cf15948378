"""The flows that the vendor describes, from end to end on the sandbox."""

from __future__ import annotations

import datetime as dt
from contextlib import aclosing
from decimal import Decimal

import pytest

from freedompay_async import GiftCardError, RequestFailed, Secret
from freedompay_async.models import GiftCardStatus, Limit, LimitAmount
from tests.person_examples import new_client

PERSON = new_client()
PHONE = 79651234567
FIRST, LAST = dt.date(2020, 1, 1), dt.date.max - dt.timedelta(days=400)


async def done(call):
    """The end of an effect."""
    return await (await call).result()


async def client_of(fp) -> str:
    return (await done(fp.clients.create(product_id=2000, client=PERSON))).client_id


async def active_card(fp) -> str:
    [card_id] = (
        await done(fp.cards.issue(client_id=await client_of(fp), product_id=2000))
    ).card_ids
    await done(fp.cards.activate(card_id))
    return card_id


async def status_of(fp, card_id) -> str:
    return (await fp.cards.info(card_id)).card_status


async def test_life_of_a_card(fp, issuer):
    client_id = await client_of(fp)
    [card_id] = (await done(fp.cards.issue(client_id=client_id, product_id=2000))).card_ids
    seen = [await status_of(fp, card_id)]
    for step in (
        fp.cards.activate(card_id),
        fp.cards.block(card_id, description="lost"),
        fp.cards.unblock(card_id, description="found"),
    ):
        await done(step)
        seen.append(await status_of(fp, card_id))
    await fp.cards.set_pin(card_id)
    pin = issuer.made_pin(card_id)
    wrong = str((int(pin) + 1) % 10_000).zfill(4)
    right = issuer.enter_pin(card_id, pin)
    wrongs = [issuer.enter_pin(card_id, wrong) for _ in range(3)]
    seen.append(await status_of(fp, card_id))
    while_blocked = issuer.enter_pin(card_id, pin)
    await done(fp.cards.reset_pin_counter(card_id))
    seen.append(await status_of(fp, card_id))
    again = issuer.enter_pin(card_id, pin)
    await done(fp.cards.close(card_id, description="stolen"))
    seen.append(await status_of(fp, card_id))

    assert seen == ["issued", "active", "blocked", "active", "blocked", "active", "closed"]
    assert (right, wrongs, while_blocked, again) == (True, [False] * 3, False, True)
    assert [card.card_id for card in (await fp.clients.cards(client_id)).cards] == [card_id]
    assert fp.drift() == []


AFTER_CLOSE = {
    "activate": lambda fp, card_id: fp.cards.activate(card_id),
    "block": lambda fp, card_id: fp.cards.block(card_id, description="lost"),
    "unblock": lambda fp, card_id: fp.cards.unblock(card_id, description="found"),
    "set_pin": lambda fp, card_id: fp.cards.set_pin(card_id),
    "reset_pin_counter": lambda fp, card_id: fp.cards.reset_pin_counter(card_id),
    "close": lambda fp, card_id: fp.cards.close(card_id, description="stolen"),
    "create": lambda fp, card_id: fp.transactions.create(
        order_id="o-1", card_id=card_id, amount=1, currency="KZT"
    ),
}


@pytest.mark.parametrize("name", AFTER_CLOSE)
async def test_closed_card_stays_closed(fp, name):
    card_id = await active_card(fp)
    await done(fp.cards.close(card_id, description="stolen"))

    with pytest.raises(RequestFailed) as caught:
        await AFTER_CLOSE[name](fp, card_id)

    assert caught.value.error_code == "card_closed"
    assert await status_of(fp, card_id) == "closed"


async def test_cards_made_in_bulk_are_linked(fp):
    client_id = await client_of(fp)
    first, second, third = (await done(fp.cards.bulk_issue(product_id=2000, count=3))).card_ids
    await done(fp.cards.link(first, client_id=client_id))
    await done(fp.cards.link(third, client_id=client_id))

    assert (await fp.clients.cards(client_id)).card_ids == (first, third)
    assert (await fp.cards.info(first)).client_id == client_id
    assert (await fp.cards.info(second)).client_id is None
    with pytest.raises(RequestFailed, match="card_linked"):
        await fp.cards.link(first, client_id=client_id)


async def test_money_goes_and_comes_back(fp):
    card_id = await active_card(fp)
    before = (await fp.cards.balance(card_id)).amount
    made = await done(
        fp.transactions.create(order_id="o-1", card_id=card_id, amount="100.50", currency="KZT")
    )
    held = await fp.cards.balance(card_id)
    await done(
        fp.transactions.clear(order_id="o-1", transaction_id=made.transaction_id, amount="80.25")
    )
    await done(
        fp.transactions.refund(
            order_id="o-1", transaction_id=made.transaction_id, amount=Decimal("30.25")
        )
    )
    after = await fp.cards.balance(card_id)
    told = await fp.transactions.info(made.transaction_id)
    statement = await fp.cards.statement(card_id)
    today, days = dt.datetime.now(dt.UTC).date(), dt.timedelta(days=2)
    async with aclosing(
        fp.cards.movements(card_id, start=today - days, end=today + days)
    ) as all_of:
        moved = [movement async for movement in all_of]

    assert (held.amount, held.blocked_amount) == (before - Decimal("100.50"), Decimal("100.50"))
    assert (after.amount, after.blocked_amount) == (before - Decimal(50), Decimal(0))
    assert (told.amount, told.cleared_amount, told.refunded_amount) == (
        Decimal("100.50"),
        Decimal("80.25"),
        Decimal("30.25"),
    )
    assert [(each.type, each.amount, each.currency) for each in statement.operations] == [
        ("pay", Decimal("80.25"), "KZT"),
        ("refund", Decimal("30.25"), "KZT"),
    ]
    assert moved == statement.operations
    assert fp.drift() == []


async def test_refund_of_more_than_was_paid_is_refused(fp):
    card_id = await active_card(fp)
    made = await done(
        fp.transactions.create(order_id="o-1", card_id=card_id, amount=10, currency="KZT")
    )
    await done(fp.transactions.clear(order_id="o-1", transaction_id=made.transaction_id))

    with pytest.raises(RequestFailed, match="amount_too_large"):
        await fp.transactions.refund(order_id="o-1", transaction_id=made.transaction_id, amount=11)


def open_value(value):
    return value.reveal() if isinstance(value, Secret) else value


async def test_extended_statement_tells_of_what_waits(fp):
    card_id = await active_card(fp)
    made = await done(
        fp.transactions.create(order_id="o-1", card_id=card_id, amount=10, currency="KZT")
    )
    told = await fp.cards.statement_extended(card_id, start_date=FIRST, end_date=LAST)

    assert [(each.type, each.full_amount, each.currency) for each in told.authorizations] == [
        ("pay", Decimal(10), "KZT")
    ]
    # A text in which 13 digits stand together, by chance in this one, is sealed; what is in it is
    # the same.
    parameters = [
        {name: open_value(value) for name, value in each.items()}
        for each in told.authorizations[0].additional_parameters
    ]
    assert {"name": "transaction_id", "value": made.transaction_id} in parameters
    assert [account.blocked_amount for account in told.accounts] == [Decimal(10)]
    assert told.operations == []
    assert told.card.card_id == card_id


async def test_limits_that_were_set_are_told(fp):
    card_id = await active_card(fp)
    of_card = {"object_type": "card", "object_id": card_id}
    daily = Limit(
        transaction_type="pay",
        period="day",
        amount=[LimitAmount(type="max", value="150.50", currency="KZT")],
    )
    monthly = Limit(
        transaction_type="withdrawal",
        period="month",
        amount=[LimitAmount(type="max", value=1000, currency="KZT")],
    )
    await done(fp.limits.set(**of_card, limits=[daily, monthly]))
    await done(
        fp.transactions.create(order_id="o-1", card_id=card_id, amount="50.25", currency="KZT")
    )
    told = await fp.limits.list(**of_card)

    assert [
        (each.type, each.period, each.maximum, each.counter, each.remaining) for each in told.limits
    ] == [
        ("pay", "day", Decimal("150.50"), Decimal("50.25"), Decimal("100.25")),
        ("withdrawal", "month", Decimal(1000), Decimal(0), Decimal(1000)),
    ]


# -- gift cards


def other(code: str) -> str:
    return str((int(code) + 1) % 10_000).zfill(4)


async def test_gift_card_from_order_to_confirmation(fp, issuer):
    product = (await fp.gift_cards.products()).products[1]
    order = await fp.gift_cards.order(
        cardholder_name="IVANOV IVAN", phone=PHONE, product_code=product.code
    )
    before = await order.status()
    confirmed = await order.confirm(issuer.sms(PHONE)[-1])
    after = await fp.gift_cards.attach(order.card_id).status()

    assert before.card_status is GiftCardStatus.ISSUED
    # The vendor's example shows the status from before.
    assert confirmed.card_status is GiftCardStatus.ISSUED
    assert after.card_status is GiftCardStatus.ACTIVATED
    assert (confirmed.card_balance, confirmed.card_currency) == (product.balance, product.currency)


async def test_wrong_code_of_a_gift_card_is_refused(fp, issuer):
    order = await fp.gift_cards.order(cardholder_name="IVANOV IVAN", phone=PHONE, product_code=1)
    code = issuer.sms(PHONE)[-1]
    with pytest.raises(GiftCardError) as wrong:
        await order.confirm(other(code))
    await order.confirm(code)
    with pytest.raises(GiftCardError) as again:
        await fp.gift_cards.confirm(otp=code, card_id=order.card_id)

    assert (wrong.value.code, wrong.value.done, again.value.code, again.value.done) == (
        -8,
        None,
        -10,
        None,
    )
    assert (wrong.value.error_description, again.value.error_description) == (
        "The code from the SMS is wrong.",
        "The card is activated already.",
    )


async def test_gift_card_that_is_confirmed_twice_is_told_as_activated(fp, issuer):
    order = await fp.gift_cards.order(cardholder_name="IVANOV IVAN", phone=PHONE, product_code=1)
    code = issuer.sms(PHONE)[-1]
    await order.confirm(code)

    assert (await order.confirm(code)).card_status is GiftCardStatus.ACTIVATED
    assert (
        await fp.gift_cards.attach(order.card_id).confirm(code)
    ).card_status is GiftCardStatus.ACTIVATED


async def test_code_that_was_sent_again_confirms(fp, issuer):
    order = await fp.gift_cards.order(cardholder_name="IVANOV IVAN", phone=PHONE, product_code=1)
    await order.resend_code()
    _, second = issuer.sms(PHONE)
    confirmed = await order.confirm(second)

    assert confirmed.status == 0
    assert (await order.status()).card_status is GiftCardStatus.ACTIVATED
