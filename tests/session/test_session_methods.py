"""Each method of the client: where it goes, what goes out, and what comes of it."""

from __future__ import annotations

import datetime as dt

import pytest

from freedompay_async import ConfigurationError
from freedompay_async.contract.table import TABLE
from freedompay_async.models import (
    Movement,
)
from tests.samples import OWN, SAMPLES, calling, left_out

PAID = {"order_id": "o", "transaction_id": "t"}


def of(retry, *more):
    """The sample calls of a retry, and more: path, call, what goes out, what the end is made of."""
    given = [
        (name, name, {}, sample.body)
        for name, sample in SAMPLES.items()
        if sample.retry == retry and not name.startswith("pins.")
    ]
    return {
        label: (SAMPLES[name].path, calling(name, **arguments), body, SAMPLES[name].result)
        for label, name, arguments, body in (*given, *more)
    }


EFFECTS = of(
    "askable",
    (
        "transactions.clear, all of it",
        "transactions.clear",
        {**PAID, "amount": None},
        {**PAID, "request_id": OWN},
    ),
    (
        "transactions.refund, all of it",
        "transactions.refund",
        {**PAID, "amount": None, "description": None},
        {**PAID, "request_id": OWN},
    ),
)
DAYS = {"card_id": "c-1", "start_date": "2026-01-01", "end_date": "2026-01-31"}
READS = of(
    "read",
    (
        "cards.statement without days",
        "cards.statement",
        {"start_date": None, "end_date": None},
        {"card_id": "c-1"},
    ),
    (
        "cards.statement to a moment",
        "cards.statement",
        {"end_date": dt.datetime(2026, 1, 31, 23, tzinfo=dt.UTC)},
        DAYS,
    ),
)
UNASKABLE = of("unaskable")
ALL = EFFECTS | READS | UNASKABLE
WITHOUT_EXTRA = {"requests.status"}


@pytest.fixture
def answered(say):
    """A good answer to a path."""

    def answer(path, **facts):
        return say.gift(card_id=555) if path.startswith("/v5/cards/") else say.ok(**facts)

    return answer


def script(path):
    """What a wire calls a path."""
    return path.removeprefix("/v5/card-api/").removeprefix("/v5/cards/")


def test_every_row_is_called_here():
    assert (
        left_out(
            {name.partition(",")[0].partition(" ")[0] for name in ALL},
            "tests/samples.py",
            [row.name for row in TABLE],
        )
        == []
    )


@pytest.mark.parametrize(("path", "call", "fields", "kind"), EFFECTS.values(), ids=EFFECTS)
def test_effect_goes_to_its_path_and_comes_to_its_end(
    ask, say, scheme, signed, path, call, fields, kind
):
    async def story(fp):
        return await (await call(fp, request_id=OWN)).result()

    cards = [{"card_id": number} for number in range(1, fields.get("count", 1) + 1)]
    ended = say.ok(
        request_status="success", cards=cards, client_id="77", transaction_id=9, fin_document_id=7
    )
    end = ask(story, scheme=scheme, **{script(path): [say.process]}, request__status=[ended])

    sent = ask.wire.sent[0]
    assert (sent.path, sent.fields) == (path, fields)
    assert signed(sent.path, sent.headers, sent.body)
    assert (type(end), end.request_id) == (kind, OWN)


@pytest.mark.parametrize(("path", "call", "fields", "kind"), READS.values(), ids=READS)
def test_read_goes_to_its_path_and_gives_its_answer(
    ask, say, answered, scheme, signed, path, call, fields, kind
):
    answer = ask(call, scheme=scheme, **{script(path): [say.lost, answered(path)]})

    sent = ask.wire.sent[1]
    # The id of a read is a fresh one; that of a status is the one that is asked about.
    own = (
        {"request_id": answer.request_id}
        if "request_id" in fields and path != SAMPLES["requests.status"].path
        else {}
    )
    assert (sent.path, sent.fields) == (path, {**fields, **own})
    assert signed(sent.path, sent.headers, sent.body)
    assert (type(answer), answer.status) == (kind, 0 if path.startswith("/v5/cards/") else "ok")


@pytest.mark.parametrize(("path", "call", "fields", "kind"), UNASKABLE.values(), ids=UNASKABLE)
def test_effect_that_can_not_be_asked_about_goes_to_its_path_and_gives_its_answer(
    ask, answered, scheme, signed, path, call, fields, kind
):
    answer = ask(call, scheme=scheme, **{script(path): [answered(path)]})

    (sent,) = ask.wire.sent
    assert (sent.path, sent.fields) == (path, fields)
    assert signed(sent.path, sent.headers, sent.body)
    assert type(answer) is kind


@pytest.mark.parametrize(
    "name",
    [name for name, sample in SAMPLES.items() if sample.retry == "read" and sample.has_own_id],
)
def test_read_whose_body_has_an_id_takes_a_fresh_one_each_time(ask, say, name):
    path, call, _, _ = READS[name]
    ask(call, **{script(path): [say.lost, say.ok()]})

    assert len({each.fields["request_id"] for each in ask.wire.sent}) == 2


@pytest.mark.parametrize("name", [name for name in ALL if name not in WITHOUT_EXTRA])
def test_more_fields_go_out_with_it(ask, say, answered, name):
    path, call, _, _ = ALL[name]
    ask(
        lambda fp: call(fp, extra={"more": 1}),
        **{script(path): [say.process if name in EFFECTS else answered(path)]},
    )

    assert ask.wire.sent[0].fields["more"] == 1


@pytest.mark.parametrize(("path", "call"), [each[:2] for each in EFFECTS.values()], ids=EFFECTS)
def test_lost_effect_is_asked_about(ask, say, path, call):
    op = ask(
        lambda fp: call(fp, request_id=OWN),
        **{script(path): [say.lost]},
        request__status=[say.ok(request_status="process")],
    )

    assert (ask.wire.calls, op.request_id) == ([script(path), "request/status"], OWN)


def test_amounts_go_out_digit_by_digit(ask, say):
    ask(
        lambda fp: fp.transactions.refund(
            order_id="o", transaction_id="t", amount="12.10", request_id=OWN
        ),
        transaction__refund=[say.process],
    )

    assert ask.wire.sent[0].body.endswith(b'"amount":12.10}')


@pytest.mark.parametrize("amount", [12.1, "much", True])
def test_what_is_no_amount_is_refused(ask, say, amount):
    with pytest.raises(ConfigurationError):
        ask(
            lambda fp: fp.transactions.clear(order_id="o", transaction_id="t", amount=amount),
            transaction__clearing=[say.process],
        )

    assert ask.wire.sent == []


def test_transaction_is_named(ask, say):
    async def story(fp):
        op = await fp.transactions.create(order_id="o", card_id="c-1", amount=5, currency="KZT")
        return op, await op.result()

    op, made = ask(
        story,
        transaction__create=[say.ok(request_status="success", transaction_id=9, fin_document_id=7)],
    )

    assert (op.done, made.transaction_id, made.fin_document_id) == (True, "9", "7")
    assert ask.wire.calls == ["transaction/create"]


def test_secrets_of_a_card_are_shown_to_who_asks(ask, say):
    answer = ask(
        lambda fp: fp.cards.secret_data("c-1"),
        card__secret_data=[say.ok(pan="4111111111111111", cvv=123, form="plain")],
    )

    assert (answer.pan.reveal(), answer.cvv.reveal(), answer.extra["form"].reveal()) == (
        "4111111111111111",
        "123",
        "plain",
    )
    assert "4111" not in repr(answer)


def test_movements_are_gathered_from_many_statements(ask, say):
    async def story(fp):
        return [
            each
            async for each in fp.cards.movements(
                "c-1", start=dt.date(2026, 1, 1), end=dt.date(2026, 1, 3), window=2
            )
        ]

    times = [
        "2026-01-01T10:00:00+05:00",
        "2026-01-02T10:00:00+05:00",
        "2026-01-03T10:00:00+05:00",
        "2026-01-04T10:00:00+05:00",
    ]
    found = ask(
        story, card__statement=[say.lost, say.ok(operations=[{"datetime": time} for time in times])]
    )

    assert found == [Movement(datetime=time) for time in times[:3]]
    assert [tuple(each.fields.values()) for each in ask.wire.sent[1:]] == [
        ("c-1", "2025-12-30", "2026-01-04"),
        ("c-1", "2026-01-01", "2026-01-05"),
    ]
