"""Each method of the client: where it goes, what goes out, and what comes of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from freedompay_async import ConfigurationError
from freedompay_async.models import (
    CardBalance,
    CardInfo,
    CardSecrets,
    CardValidation,
    ClientCards,
    Completed,
    CreatedTransaction,
    IssuedCards,
    Limit,
    LimitAmount,
    LimitList,
    Movement,
    Statement,
    StatementExtended,
    TransactionInfo,
)

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
CARD = {"request_id": OWN, "card_id": "c-1"}
WHY = {**CARD, "description": "lost"}
LIMIT = Limit(transaction_type="pay", period="day", region="KZ", amount=[LimitAmount(type="max", value=500, currency="KZT")])
# Path, call, what goes out, what the end is made of.
EFFECTS = {
    "cards.issue_plastic": (
        "card/issue_plastic",
        lambda fp, **own: fp.cards.issue_plastic(client_id="cl-1", product_id=1000, **own),
        {"request_id": OWN, "client_id": "cl-1", "product_id": 1000},
        IssuedCards,
    ),
    "cards.block": ("card/block", lambda fp, **own: fp.cards.block("c-1", description="lost", **own), WHY, Completed),
    "cards.unblock": ("card/unblock", lambda fp, **own: fp.cards.unblock("c-1", description="lost", **own), WHY, Completed),
    "cards.close": ("card/close", lambda fp, **own: fp.cards.close("c-1", description="lost", **own), WHY, Completed),
    "cards.reset_pin_counter": ("card/reset_counter_pin", lambda fp, **own: fp.cards.reset_pin_counter("c-1", **own), CARD, Completed),
    "clients.update": (
        "client/update",
        lambda fp, **own: fp.clients.update("cl-1", product_id=1000, phone=77017777777, **own),
        {"request_id": OWN, "client_id": "cl-1", "product_id": 1000, "client": {"phone": 77017777777}},
        Completed,
    ),
    "transactions.create": (
        "transaction/create",
        lambda fp, **own: fp.transactions.create(order_id="o", card_id="c-1", amount="12.10", currency="KZT", description="tea", **own),
        {"request_id": OWN, "order_id": "o", "card_id": "c-1", "amount": 12.1, "currency": "KZT", "description": "tea"},
        CreatedTransaction,
    ),
    "transactions.clear": (
        "transaction/clearing",
        lambda fp, **own: fp.transactions.clear(order_id="o", transaction_id="t", amount=5, **own),
        {"request_id": OWN, "order_id": "o", "transaction_id": "t", "amount": 5},
        Completed,
    ),
    "transactions.clear, all of it": (
        "transaction/clearing",
        lambda fp, **own: fp.transactions.clear(order_id="o", transaction_id="t", **own),
        {"request_id": OWN, "order_id": "o", "transaction_id": "t"},
        Completed,
    ),
    "transactions.refund": (
        "transaction/refund",
        lambda fp, **own: fp.transactions.refund(order_id="o", transaction_id="t", amount=Decimal("0.50"), description="back", **own),
        {"request_id": OWN, "order_id": "o", "transaction_id": "t", "description": "back", "amount": 0.5},
        Completed,
    ),
    "transactions.refund, all of it": (
        "transaction/refund",
        lambda fp, **own: fp.transactions.refund(order_id="o", transaction_id="t", **own),
        {"request_id": OWN, "order_id": "o", "transaction_id": "t"},
        Completed,
    ),
    "limits.set": (
        "limits/set",
        lambda fp, **own: fp.limits.set(object_type="card", object_id="c-1", limits=[LIMIT], **own),
        {
            "request_id": OWN,
            "object": {"type": "card", "value": "c-1"},
            "limits": [
                {"transaction_type": "pay", "amount": [{"type": "max", "value": "500", "currency": "KZT"}], "region": "KZ", "period": "day"}
            ],
        },
        Completed,
    ),
}
DAYS = {"card_id": "c-1", "start_date": "2026-01-01", "end_date": "2026-01-31"}
READS = {
    "cards.info": ("card/info", lambda fp, **more: fp.cards.info("c-1", **more), {"card_id": "c-1"}, CardInfo),
    "cards.balance": ("card/balance", lambda fp, **more: fp.cards.balance("c-1", **more), {"card_id": "c-1"}, CardBalance),
    "cards.secret_data": ("card/secret_data", lambda fp, **more: fp.cards.secret_data("c-1", **more), {"card_id": "c-1"}, CardSecrets),
    "cards.secret_data_v2": (
        "card/secret_data_v2",
        lambda fp, **more: fp.cards.secret_data_v2("c-1", **more),
        {"card_id": "c-1"},
        CardSecrets,
    ),
    "cards.statement": ("card/statement", lambda fp, **more: fp.cards.statement("c-1", **more), {"card_id": "c-1"}, Statement),
    "cards.statement of days": (
        "card/statement",
        lambda fp, **more: fp.cards.statement(
            "c-1", start_date=dt.date(2026, 1, 1), end_date=dt.datetime(2026, 1, 31, 23, tzinfo=dt.UTC), **more
        ),
        DAYS,
        Statement,
    ),
    "cards.statement_extended": (
        "card/statement_extended",
        lambda fp, **more: fp.cards.statement_extended("c-1", start_date="2026-01-01", end_date="2026-01-31", **more),
        DAYS,
        StatementExtended,
    ),
    "cards.validate_cardholder": (
        "external/cardholder_validate",
        lambda fp, **more: fp.cards.validate_cardholder(user_phone="7017777777", first_name="A", last_name="B", card_token=OWN, **more),
        {"user_phone": "7017777777", "first_name": "A", "last_name": "B", "card_token": OWN},
        CardValidation,
    ),
    "clients.cards": ("client/cards", lambda fp, **more: fp.clients.cards("cl-1", **more), {"client_id": "cl-1"}, ClientCards),
    "transactions.info": (
        "transaction/info",
        lambda fp, **more: fp.transactions.info("t", **more),
        {"transaction_id": "t"},
        TransactionInfo,
    ),
    "limits.list": (
        "limits/list",
        lambda fp, **more: fp.limits.list(object_type="card", object_id="c-1", **more),
        {"object": {"type": "card", "value": "c-1"}},
        LimitList,
    ),
}


@pytest.mark.parametrize(("path", "call", "fields", "kind"), EFFECTS.values(), ids=EFFECTS)
def test_effect_goes_to_its_path_and_comes_to_its_end(ask, say, scheme, signed, path, call, fields, kind):
    async def story(fp):
        return await (await call(fp, request_id=OWN)).result()

    ended = say.ok(request_status="success", cards=[{"card_id": 5}], transaction_id=9, fin_document_id=7)
    end = ask(story, scheme=scheme, **{path: [say.process]}, request__status=[ended])

    sent = ask.wire.sent[0]
    assert (sent.path, sent.fields) == (f"/v5/card-api/{path}", fields)
    assert signed(sent.path, sent.headers, sent.body)
    assert (type(end), end.request_id) == (kind, OWN)


@pytest.mark.parametrize(("path", "call", "fields", "kind"), READS.values(), ids=READS)
def test_read_goes_to_its_path_and_gives_its_answer(ask, say, scheme, signed, path, call, fields, kind):
    answer = ask(call, scheme=scheme, **{path: [say.lost, say.ok()]})

    sent = ask.wire.sent[1]
    own = {"request_id": answer.request_id} if "request_id" in sent.fields else {}
    assert (sent.path, sent.fields) == (f"/v5/card-api/{path}", {**fields, **own})
    assert signed(sent.path, sent.headers, sent.body)
    assert (type(answer), answer.status) == (kind, "ok")


@pytest.mark.parametrize("name", ["cards.info", "cards.validate_cardholder", "limits.list"])
def test_read_whose_body_has_an_id_takes_a_fresh_one_each_time(ask, say, name):
    path, call, _, _ = READS[name]
    ask(call, **{path: [say.lost, say.ok()]})

    assert len({each.fields["request_id"] for each in ask.wire.sent}) == 2


@pytest.mark.parametrize(("path", "call"), [each[:2] for each in (*EFFECTS.values(), *READS.values())], ids=[*EFFECTS, *READS])
def test_more_fields_go_out_with_it(ask, say, path, call):
    ask(lambda fp: call(fp, extra={"more": 1}), **{path: [say.process]})

    assert ask.wire.sent[0].fields["more"] == 1


@pytest.mark.parametrize(("path", "call"), [each[:2] for each in EFFECTS.values()], ids=EFFECTS)
def test_lost_effect_is_asked_about(ask, say, path, call):
    op = ask(lambda fp: call(fp, request_id=OWN), **{path: [say.lost]}, request__status=[say.ok(request_status="process")])

    assert (ask.wire.calls, op.request_id) == ([path, "request/status"], OWN)


def test_amounts_go_out_digit_by_digit(ask, say):
    ask(
        lambda fp: fp.transactions.refund(order_id="o", transaction_id="t", amount="12.10", request_id=OWN),
        transaction__refund=[say.process],
    )

    assert ask.wire.sent[0].body.endswith(b'"amount":12.10}')


@pytest.mark.parametrize("amount", [12.1, "much", True])
def test_what_is_no_amount_is_refused(ask, say, amount):
    with pytest.raises(ConfigurationError):
        ask(lambda fp: fp.transactions.clear(order_id="o", transaction_id="t", amount=amount), transaction__clearing=[say.process])

    assert ask.wire.sent == []


def test_transaction_is_named(ask, say):
    async def story(fp):
        op = await fp.transactions.create(order_id="o", card_id="c-1", amount=5, currency="KZT")
        return op, await op.result()

    op, made = ask(story, transaction__create=[say.ok(request_status="success", transaction_id=9, fin_document_id=7)])

    assert (op.done, made.transaction_id, made.fin_document_id) == (True, "9", "7")
    assert ask.wire.calls == ["transaction/create"]


def test_secrets_of_a_card_are_shown_to_who_asks(ask, say):
    answer = ask(lambda fp: fp.cards.secret_data("c-1"), card__secret_data=[say.ok(pan="4111111111111111", cvv=123, form="plain")])

    assert (answer.pan.reveal(), answer.cvv.reveal(), answer.extra["form"].reveal()) == ("4111111111111111", "123", "plain")
    assert "4111" not in repr(answer)


def test_movements_are_gathered_from_many_statements(ask, say):
    async def story(fp):
        return [each async for each in fp.cards.movements("c-1", start=dt.date(2026, 1, 1), end=dt.date(2026, 1, 3), window=2)]

    times = ["2026-01-01T10:00:00+05:00", "2026-01-02T10:00:00+05:00", "2026-01-03T10:00:00+05:00", "2026-01-04T10:00:00+05:00"]
    found = ask(story, card__statement=[say.lost, say.ok(operations=[{"datetime": time} for time in times])])

    assert found == [Movement(datetime=time) for time in times[:3]]
    assert [tuple(each.fields.values()) for each in ask.wire.sent[1:]] == [
        ("c-1", "2025-12-30", "2026-01-04"),
        ("c-1", "2026-01-01", "2026-01-05"),
    ]
