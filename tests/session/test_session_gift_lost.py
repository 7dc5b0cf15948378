"""Gift cards whose answers are lost, or come from something before the issuer: what pays is never
done twice by the library.
"""

from __future__ import annotations

import logging

import pytest

from freedompay_async import AuthenticationError, GiftCardError, OutcomeUnknown, Policy, RateLimited
from freedompay_async.models import GiftCardStatus
from tests.session.foreign import FOREIGN

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
AT = "2026-05-14 10:00:00"
RESEND = {"policy": Policy(resend_payments=True)}
ACTIVE = {
    "card_status": 2,
    "card_currency": "KZT",
    "card_balance": 5000,
    "card_mask": "1234********5678",
}


def issue(fp, **options):
    return fp.gift_cards.issue(cardholder_name="IVAN", phone=77017777777, product_code=1, **options)


def confirm(fp):
    return fp.gift_cards.attach(5).confirm("0012")


@pytest.fixture
def errors(caplog):
    caplog.set_level(logging.ERROR)
    return lambda: [each.request_id for each in caplog.records if each.name == "freedompay_async"]


@pytest.mark.parametrize("own", [None, OWN])
def test_lost_issue_is_not_sent_again_and_has_no_second_effect(ask, say, scheme, errors, own):
    with pytest.raises(OutcomeUnknown, match="a person has to look") as caught:
        ask(
            lambda fp: issue(fp, request_id=own),
            scheme=scheme,
            issue_card=[say.lost, say.gift(card_id=5)],
        )

    assert (len(ask.wire.sent), caught.value.done, errors()) == (1, None, [caught.value.request_id])


@pytest.mark.parametrize("own", [None, OWN])
def test_lost_issue_is_sent_once_more_after_the_grace_where_the_policy_says_so(ask, say, own):
    answer = ask(
        lambda fp: issue(fp, request_id=own),
        scheme="KG",
        options=RESEND,
        issue_card=[say.lost, say.gift(card_id=5)],
    )

    first, second = ask.wire.sent
    assert (answer.card_id, first.headers, first.body) == (5, second.headers, second.body)
    assert second.at - first.at >= RESEND["policy"].grace


def test_lost_issue_is_not_sent_again_without_an_id_on_the_wire_whatever_the_policy_says(ask, say):
    with pytest.raises(OutcomeUnknown):
        ask(issue, scheme="KZ", options=RESEND, issue_card=[say.lost, say.gift(card_id=5)])

    assert len(ask.wire.sent) == 1


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [200, 400, 404, 409, 500, 502, 503])
def test_answer_that_is_not_the_issuers_leaves_a_payment_open(ask, say, scheme, http, form):
    with pytest.raises(OutcomeUnknown, match="a person has to look") as caught:
        ask(issue, scheme=scheme, issue_card=[say.http(http, FOREIGN[form]), say.gift(card_id=5)])

    assert (caught.value.done, len(ask.wire.sent)) == (None, 1)


@pytest.mark.parametrize("status", [0, -1, -6])
def test_status_without_its_time_is_a_gateways(ask, say, status):
    with pytest.raises(OutcomeUnknown):
        ask(issue, issue_card=[say.http(200, {"status": status, "card_id": 5})])


@pytest.mark.parametrize("http", [429, 500, 502, 503])
def test_success_at_a_status_of_trouble_is_one(ask, say, scheme, http):
    answer = ask(
        issue,
        scheme=scheme,
        issue_card=[say.http(http, {"status": 0, "datetime": AT, "card_id": 5})],
    )

    assert (answer.card_id, len(ask.wire.sent)) == (5, 1)


@pytest.mark.parametrize("http", [500, 502, 503])
@pytest.mark.parametrize("status", [-1, -6, -11])
def test_refusal_at_a_5xx_is_none(ask, say, scheme, http, status):
    with pytest.raises(OutcomeUnknown):
        ask(issue, scheme=scheme, issue_card=[say.http(http, {"status": status, "datetime": AT})])


@pytest.mark.parametrize(
    "body",
    [b"", b"slow down", b"<html>", {"status": -1, "datetime": AT}, {"status": 0, "card_id": 5}],
)
def test_429_to_a_payment_is_told_at_once_and_proves_nothing(ask, say, scheme, body):
    with pytest.raises(
        RateLimited, match="HTTP 429 means that nothing was done, and does not prove it"
    ) as caught:
        ask(issue, scheme=scheme, issue_card=[say.http(429, body), say.gift(card_id=5)])

    assert (caught.value.done, len(ask.wire.sent)) == (None, 1)
    assert "make sure that it was not done" in str(caught.value)
    assert ("keep to this request_id" in str(caught.value)) == (scheme == "KG")


@pytest.mark.parametrize("status", [*range(-11, 0)])
def test_refusal_that_names_a_card_is_left_open(ask, say, status):
    with pytest.raises(OutcomeUnknown, match="contradicts itself") as caught:
        ask(issue, issue_card=[say.gift(status, card_id=5)])

    assert caught.value.done is None


@pytest.mark.parametrize("http", [400, 404, 302])
def test_success_at_an_http_error_is_left_open(ask, say, http):
    with pytest.raises(OutcomeUnknown, match="a body that says ok"):
        ask(issue, issue_card=[say.http(http, {"status": 0, "datetime": AT, "card_id": 5})])


# -- a confirmation

LOST = ["lost", "broken", "unavailable", "page", "denied", "refused"]


@pytest.mark.parametrize("step", LOST)
def test_lost_confirmation_is_settled_by_the_status_in_any_process(ask, say, scheme, step):
    state = ask(
        confirm, scheme=scheme, activate_card=[getattr(say, step)], card_status=[say.gift(**ACTIVE)]
    )

    assert state.card_status is GiftCardStatus.ACTIVATED
    assert ask.wire.calls[-1] == "card_status"


@pytest.mark.parametrize("status", [-1, -5, -9, -10])
def test_refusal_that_does_not_tell_is_settled_by_the_status(ask, say, scheme, status):
    state = ask(
        confirm, scheme=scheme, activate_card=[say.gift(status)], card_status=[say.gift(**ACTIVE)]
    )

    assert (state.card_status, ask.wire.calls) == (
        GiftCardStatus.ACTIVATED,
        ["activate_card", "card_status"],
    )


@pytest.mark.parametrize(
    ("status", "done"),
    {-2: False, -3: False, -4: False, -6: None, -7: None, -8: None, -11: False}.items(),
)
def test_refusal_of_what_was_given_is_the_end_whatever_the_card_is(ask, say, scheme, status, done):
    with pytest.raises(GiftCardError) as caught:
        ask(
            confirm,
            scheme=scheme,
            activate_card=[say.gift(status)],
            card_status=[say.gift(**ACTIVE)],
        )

    assert (caught.value.code, caught.value.done, ask.wire.calls) == (
        status,
        done,
        ["activate_card"],
    )
    assert (
        "it was not done" in str(caught.value),
        "Another attempt does no harm" in str(caught.value),
    ) == (done is False, done is None)


@pytest.mark.parametrize("form", FOREIGN)
def test_gateway_that_refuses_the_confirmation_and_the_question_leaves_it_open(ask, say, form):
    step = say.http(403, FOREIGN[form])
    with pytest.raises(AuthenticationError) as caught:
        ask(confirm, activate_card=[step], card_status=[step])

    assert (caught.value.outcome_unknown, caught.value.call) == (True, "gift_cards.confirm")
    assert [note.partition(": ")[0] for note in caught.value.__notes__] == [
        "the question about the card's state failed too"
    ]


def test_limited_confirmation_is_settled_by_the_status_too(ask, say, scheme):
    assert (
        ask(
            confirm, scheme=scheme, activate_card=[say.limited], card_status=[say.gift(**ACTIVE)]
        ).card_status
        == 2
    )


def test_limited_confirmation_of_a_card_that_is_not_active_is_told_as_it_is(ask, say):
    with pytest.raises(RateLimited) as caught:
        ask(
            confirm, scheme="KZ", activate_card=[say.limited], card_status=[say.gift(card_status=1)]
        )

    assert (caught.value.done, caught.value.call) == (None, "gift_cards.confirm")
    assert caught.value.__notes__ == [
        "the issuer says of the card's state since: The card is issued."
    ]
