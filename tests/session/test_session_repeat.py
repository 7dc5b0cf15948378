"""A PIN that is set: doing it again gives the same end, so each attempt is a call of its own."""

from __future__ import annotations

import pytest

from freedompay_async import (
    AuthenticationError,
    ConfigurationError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RequestFailed,
)
from freedompay_async.contract.models import Answer
from freedompay_async.models import Pin

SET_PIN = "card/set_pin"
ENCRYPTED = "U2FsdGVkX18="


def set_pin(fp, **options):
    return fp.cards.set_pin("c-1", ENCRYPTED, **options)


def test_encrypted_pin_goes_out_as_it_is(ask, say, scheme):
    answer = ask(set_pin, scheme=scheme, card__set_pin=[say.ok(request_status="success")])

    (sent,) = ask.wire.sent
    assert (sent.path, sent.body) == (
        "/v5/card-api/card/set_pin",
        b'{"card_id":"c-1","pin":"U2FsdGVkX18="}',
    )
    assert (type(answer), answer.status, answer.request_status) == (Answer, "ok", "success")


def test_plain_pin_goes_out_encrypted(ask, say):
    ask(
        lambda fp: fp.cards.set_pin("c-1", "1234", encrypt=lambda pin: f"<{pin}>"),
        card__set_pin=[say.ok()],
    )

    assert ask.wire.sent[0].fields == {"card_id": "c-1", "pin": "<1234>"}


def test_pin_may_be_a_secret(ask, say):
    ask(lambda fp: fp.cards.set_pin("c-1", Pin(ENCRYPTED)), card__set_pin=[say.ok()])

    assert ask.wire.sent[0].fields["pin"] == ENCRYPTED


@pytest.mark.parametrize("trouble", ["lost", "broken", "unavailable", "page"])
def test_lost_answer_is_sent_again_under_a_fresh_id(ask, say, signed, trouble):
    answer = ask(
        set_pin, scheme="KG", card__set_pin=[getattr(say, trouble), say.not_sent, say.ok()]
    )

    ids = [each.headers["Request-Id"] for each in ask.wire.sent]
    assert (len(ids), len(set(ids)), answer.request_id) == (3, 3, ids[-1])
    assert len({each.body for each in ask.wire.sent}) == 1
    assert [signed(each.path, each.headers, each.body) for each in ask.wire.sent] == [True] * 3


def test_lost_answer_is_sent_again_where_no_id_goes_out(ask, say):
    ask(set_pin, scheme="KZ", card__set_pin=[say.lost, say.ok()])

    first, second = ask.wire.sent
    assert (first.body, first.headers) == (second.body, second.headers)


ENDS = {
    "refused": (["refused"], RequestFailed, 1, "it is safe to repeat"),
    "denied": (["denied"], AuthenticationError, 1, "This attempt did nothing."),
    "not sent": (["not_sent"], NotSent, 4, "it is safe to repeat"),
    "limited": (["limited"], RateLimited, 4, "nothing was done"),
    "lost": (["lost"], OutcomeUnknown, 4, "it is safe to repeat"),
    "broken": (["broken"], OutcomeUnknown, 4, "it is safe to repeat"),
    "a page": (["page"], OutcomeUnknown, 4, "it is safe to repeat"),
    "lost, then refused": (["lost", "refused"], OutcomeUnknown, 2, "it is safe to repeat"),
    "lost, then denied": (["lost", "denied"], OutcomeUnknown, 2, "it is safe to repeat"),
    "lost, then not sent": (["lost", "not_sent"], OutcomeUnknown, 4, "it is safe to repeat"),
    "lost, then limited": (["lost", "limited"], OutcomeUnknown, 4, "it is safe to repeat"),
    "limited, then refused": (["limited", "refused"], RequestFailed, 2, "it is safe to repeat"),
    "not sent, then refused": (["not_sent", "refused"], RequestFailed, 2, "it is safe to repeat"),
    "not sent, then limited": (["not_sent", "limited"], RateLimited, 4, "nothing was done"),
    "a certificate": (["hopeless"], NotSent, 1, "it is safe to repeat"),
    "lost, then a certificate": (["lost", "hopeless"], OutcomeUnknown, 2, "it is safe to repeat"),
}


@pytest.mark.parametrize(("script", "kind", "sends", "words"), ENDS.values(), ids=ENDS)
def test_end(ask, say, scheme, script, kind, sends, words):
    with pytest.raises(kind, match=words) as caught:
        ask(set_pin, scheme=scheme, card__set_pin=[getattr(say, name) for name in script])

    assert (type(caught.value), caught.value.call, len(ask.wire.sent)) == (
        kind,
        "cards.set_pin",
        sends,
    )
    assert caught.value.request_id


def test_nobody_is_asked_about_it(ask, say, scheme):
    with pytest.raises(OutcomeUnknown):
        ask(set_pin, scheme=scheme, card__set_pin=[say.lost])

    assert set(ask.wire.calls) == {SET_PIN}


def test_deadline_after_a_lost_answer_is_an_unknown_outcome(ask, say):
    with pytest.raises(OutcomeUnknown):
        ask(lambda fp: set_pin(fp, timeout=3.0), card__set_pin=[say.lost, say.no_place])


def test_cancellation_says_whether_it_may_have_been_done(cancelled, memory, client_of, say):
    wire = memory(card__set_pin=[say.silent])

    error = cancelled(lambda: set_pin(client_of(wire)))

    assert error.outcome_unknown is True
    assert error.request_id


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda fp: fp.cards.set_pin("c-1", "1234"),
            (
                "a plain PIN can't be sent: pass encrypt= with it, or the encrypted text. "
                "Nothing was sent."
            ),
        ),
        (
            lambda fp: fp.cards.set_pin("c-1", "0" * 12),
            (
                "a plain PIN can't be sent: pass encrypt= with it, or the encrypted text. "
                "Nothing was sent."
            ),
        ),
        (
            lambda fp: fp.cards.set_pin("c-1", ""),
            "the PIN is empty. Nothing was sent.",
        ),
        (
            lambda fp: fp.cards.set_pin("c-1", Pin("")),
            "the PIN is empty. Nothing was sent.",
        ),
        (
            lambda fp: fp.cards.set_pin("c-1", "1234", encrypt=lambda _: ""),
            "the PIN is empty. Nothing was sent.",
        ),
        (
            lambda fp: fp.cards.set_pin("c-1", encrypt=str),
            "set_pin has encrypt= and no PIN to encrypt. Nothing was sent.",
        ),
    ],
)
def test_wrong_use_is_refused(ask, say, call, expected):
    with pytest.raises(ConfigurationError) as caught:
        ask(call, card__set_pin=[say.ok()])

    assert (caught.value.text, caught.value.call, ask.wire.sent) == (expected, "cards.set_pin", [])
    assert "1234" not in str(caught.value)


def test_pin_of_the_issuers_making_is_sent_once(ask, say):
    with pytest.raises(OutcomeUnknown, match="a person has to look"):
        ask(lambda fp: fp.cards.set_pin("c-1"), scheme="KZ", card__set_pin=[say.lost])

    assert [each.body for each in ask.wire.sent] == [b'{"card_id":"c-1"}']
