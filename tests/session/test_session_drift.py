"""What a client has noted of answers that are not as the contract has them."""

from __future__ import annotations

import pytest

from freedompay_async import Drift, FreedomPayError, ProtocolError, ResultUnknown
from tests.samples import UNKNOWN_CALL, UNKNOWN_PATH

DT = "2026-05-14T10:00:00+05:00"


def told(fp) -> list[tuple[str, str, str, int]]:
    return [(each.call, each.difference, each.field, each.count) for each in fp.drift()]


def test_of_answers_as_they_should_be_is_empty(ask, say):
    async def story(fp):
        await fp.cards.statement("c-1")
        await fp.gift_cards.products()

    ask(
        story,
        card__statement=[say.ok(request_status="success", dt=DT, operations=[{"amount": 1}])],
        product_list=[say.gift(product_list=[])],
    )

    assert ask.client.drift() == []


def test_names_each_difference_of_each_call(ask, say):
    async def story(fp):
        for _ in range(2):
            await fp.cards.info("c-1")
        await fp.gift_cards.status(5)

    ask(
        story,
        card__info=[say.ok(request_status="queued", dt=DT, product_id=[2000], colour="blue")],
        card_status=[say.gift(card_status=9, card_currency="KZT", card_mask="1234")],
    )

    assert told(ask.client) == [
        ("cards.info", "other type", "product_id", 2),
        ("cards.info", "unknown field", "colour", 2),
        ("cards.info", "unknown value", "request_status", 2),
        ("gift_cards.status", "missing field", "card_balance", 1),
        ("gift_cards.status", "unknown value", "card_status", 1),
    ]


def test_is_kept_on_the_answer_too(ask, say):
    answer = ask(lambda fp: fp.cards.info("c-1"), card__info=[say.ok(colour="blue", cvv="123")])

    assert (answer.extra["colour"], answer.extra["cvv"].reveal()) == ("blue", "123")


def test_says_no_value(ask, say):
    ask(
        lambda fp: fp.cards.info("c-1"),
        card__info=[
            say.ok(request_status="success", dt=DT, colour="hunter2", **{"4111111111111111": 1})
        ],
    )

    assert repr(ask.client.drift()) == (
        "[Drift(call='cards.info', difference='unknown field', field='***', count=1), "
        "Drift(call='cards.info', difference='unknown field', field='colour', count=1)]"
    )


def test_of_a_look_up_is_that_of_request_status(ask, say):
    ask(
        lambda fp: fp.cards.link("c-1", client_id="cl-1"),
        card__link=[say.lost],
        request__status=[say.ok(request_status="success", dt=DT, colour="blue")],
    )

    assert ask.client.drift() == [
        Drift(call="requests.status", difference="unknown field", field="colour", count=1)
    ]


def test_of_an_accepted_effect_is_that_of_its_call(ask, say):
    ask(
        lambda fp: fp.cards.link("c-1", client_id="cl-1"),
        card__link=[say.http(200, {"status": "ok", "request_status": "process", "colour": "blue"})],
    )

    assert told(ask.client) == [
        ("cards.link", "missing field", "dt", 1),
        ("cards.link", "unknown field", "colour", 1),
    ]


def test_of_an_error_does_not_count_what_it_lacks(ask, say):
    with pytest.raises(FreedomPayError):
        ask(
            lambda fp: fp.cards.info("c-1"),
            card__info=[say.http(200, {"status": "error", "error_code": "no", "reason": "no"})],
        )

    assert told(ask.client) == [("cards.info", "unknown field", "reason", 1)]


def test_of_json_without_the_envelope_names_what_would_have_made_it_the_contracts(ask, say):
    async def story(fp):
        with pytest.raises(ProtocolError):
            await fp.cards.info("c-1")
        with pytest.raises(ProtocolError):
            await fp.gift_cards.products()

    ask(
        story,
        card__info=[
            say.http(
                200,
                {"status": "ok", "path": "/v5/card-api/card/info", "dt": "", "error_code": None},
            )
        ],
        product_list=[say.http(404, {"status": 404, "error": "Not Found"})],
    )

    assert told(ask.client) == [
        *(
            ("cards.info", "missing field", name, 1)
            for name in ("dt", "error_code", "request_status")
        ),
        ("gift_cards.products", "missing field", "datetime", 1),
    ]


def test_of_an_answer_that_cannot_be_read_is_what_was_seen_of_it(ask, say):
    with pytest.raises(ResultUnknown):
        ask(lambda fp: fp.gift_cards.resend(5), resend=[say.gift(card_id=[5], colour="blue")])

    assert told(ask.client) == [
        ("gift_cards.resend", "other type", "card_id", 1),
        ("gift_cards.resend", "unknown field", "colour", 1),
    ]


def test_of_a_custom_call_is_empty(ask, say):
    ask(lambda fp: fp.call(UNKNOWN_PATH, {}, dict), **{UNKNOWN_CALL: [say.ok(colour="blue")]})

    assert ask.client.drift() == []


def test_of_another_client_is_another(memory, client_of, play, say):
    one, other = (client_of(memory(card__info=[say.ok(colour="blue")])) for _ in range(2))

    async def story():
        await one.cards.info("c-1")

    play(story())

    assert (told(one), other.drift()) == (
        [
            ("cards.info", "missing field", "request_status", 1),
            ("cards.info", "unknown field", "colour", 1),
        ],
        [],
    )


def test_names_a_deciding_field_of_another_type(ask, say):
    with pytest.raises(ProtocolError):
        ask(
            lambda fp: fp.cards.info("c-1"),
            card__info=[say.http(200, {"status": 5, "dt": DT, "request_status": "success"})],
        )

    assert ("cards.info", "other type", "status", 1) in told(ask.client)
