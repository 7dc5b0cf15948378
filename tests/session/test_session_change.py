"""Gift cards: effects that nobody can be asked about, under both schemes."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import (
    AuthenticationError,
    ConfigurationError,
    FreedomPayError,
    GiftCardError,
    NotSent,
    OutcomeUnknown,
    Policy,
    RateLimited,
    ResultUnknown,
)
from freedompay_async.models import IssuedGiftCard

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
LOST = ["lost", "broken", "unavailable", "page"]
# A call, its path, and what goes out.
CALLS = {
    "issue": (
        lambda fp: fp.gift_cards.issue(
            cardholder_name="IVAN", phone="77017777777", product_code="1"
        ),
        "issue_card",
        {"cardholder_name": "IVAN", "phone": 77017777777, "product_code": 1},
    ),
    "issue of one made in bulk": (
        lambda fp: fp.gift_cards.issue(
            cardholder_name="IVAN", phone=77017777777, product_code=1, card_id="555"
        ),
        "issue_card",
        {"cardholder_name": "IVAN", "phone": 77017777777, "product_code": 1, "card_id": 555},
    ),
    "confirm": (
        lambda fp: fp.gift_cards.confirm(otp="0012", card_id="5"),
        "activate_card",
        {"otp": "0012", "card_id": 5},
    ),
    "confirm without a card": (
        lambda fp: fp.gift_cards.confirm(otp="0012"),
        "activate_card",
        {"otp": "0012"},
    ),
    "resend": (lambda fp: fp.gift_cards.resend("5"), "resend", {"card_id": 5}),
    "resend_code": (lambda fp: fp.gift_cards.resend_code(5), "resend_code", {"card_id": 5}),
}
PAYING = [name for name in CALLS if name.startswith("issue")]
RESEND = {"policy": Policy(resend_payments=True)}
NAMES = {name: f"gift_cards.{name.split(' ')[0]}" for name in CALLS}


def unaskable(name) -> str:
    """What is said of a call whose outcome is not known."""
    return "doing it again does no harm" if name.startswith("confirm") else "a person has to look"


def issue(fp, **options):
    return fp.gift_cards.issue(cardholder_name="IVAN", phone=77017777777, product_code=1, **options)


@pytest.mark.parametrize("name", CALLS)
def test_call_sends_its_fields(ask, say, scheme, signed, name):
    call, path, fields = CALLS[name]
    answer = ask(call, scheme=scheme, **{path: [say.gift(card_id=fields.get("card_id", 5))]})

    (sent,) = ask.wire.sent
    assert (sent.path, sent.fields) == (f"/v5/cards/{path}", fields)
    assert signed(sent.path, sent.headers, sent.body)
    assert (answer.status, answer.accepted) == (0, True)


def test_issued_card_is_named(ask, say, scheme):
    answer = ask(
        lambda fp: issue(fp, request_id=OWN), scheme=scheme, issue_card=[say.gift(card_id=5)]
    )

    assert answer == IssuedGiftCard(
        status=0, datetime="2026-05-14 10:00:00", card_id=5, request_id=OWN
    )


@pytest.mark.parametrize(
    ("scheme", "name"), [*(("KZ", name) for name in CALLS), *(("KG", name) for name in PAYING)]
)
@pytest.mark.parametrize("trouble", LOST)
def test_lost_answer_under_jws_is_never_sent_again_and_that_of_a_payment_under_no_scheme(
    ask, say, errors, scheme, name, trouble
):
    call, path, _ = CALLS[name]

    with pytest.raises(OutcomeUnknown, match=unaskable(name)) as caught:
        ask(call, scheme=scheme, **{path: [getattr(say, trouble), say.gift(card_id=5)]})

    assert ask.wire.calls == [path]
    assert errors() == [("ERROR", NAMES[name], caught.value.request_id)]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("trouble", LOST)
def test_lost_answer_under_sign_is_sent_once_more_under_the_same_id_after_the_grace(
    ask, say, errors, name, trouble
):
    call, path, _ = CALLS[name]

    with pytest.raises(OutcomeUnknown, match=unaskable(name)) as caught:
        ask(call, scheme="KG", options=RESEND, **{path: [getattr(say, trouble)]})

    first, second = ask.wire.sent
    assert (first.headers, first.body) == (second.headers, second.body)
    assert second.at - first.at >= Policy().grace
    assert first.headers["Request-Id"] == caught.value.request_id
    assert errors() == [("ERROR", NAMES[name], caught.value.request_id)]


def test_second_send_under_sign_may_be_answered(ask, say, errors):
    answer = ask(issue, scheme="KG", options=RESEND, issue_card=[say.lost, say.gift(card_id=5)])

    assert (answer.card_id, answer.request_id, errors()) == (
        5,
        ask.wire.sent[0].headers["Request-Id"],
        [],
    )


@pytest.mark.parametrize("second", ["refused", "gift_denied", "limited", "not_sent", "lost"])
def test_second_send_under_sign_proves_nothing_but_by_a_success(ask, say, second):
    script = [say.lost, say.gift(-6) if second == "refused" else getattr(say, second)]

    with pytest.raises(OutcomeUnknown):
        ask(issue, scheme="KG", options=RESEND, issue_card=script)

    assert len(ask.wire.sent) == 2


@pytest.mark.parametrize("name", [name for name in CALLS if name not in PAYING])
def test_what_does_not_pay_is_sent_once_more_without_being_told(ask, say, name):
    call, path, _ = CALLS[name]
    ask(call, scheme="KG", **{path: [say.lost, say.gift(card_id=5)]})

    assert ask.wire.calls == [path] * 2
    assert ask.wire.sent[1].at >= Policy().grace


def test_limited_payment_is_repeated_only_where_the_policy_says_so(ask, say):
    script = [say.http(429, {"status": -1, "datetime": "2026-05-14 10:00:00"}), say.gift(card_id=5)]
    with pytest.raises(RateLimited) as caught:
        ask(issue, scheme="KG", issue_card=list(script))

    assert (len(ask.wire.sent), caught.value.done) == (1, None)
    assert ask(issue, scheme="KG", options=RESEND, issue_card=list(script)).card_id == 5


ENDS = {
    "refused": (lambda say: [say.gift(-4)], GiftCardError, 1, 1),
    "denied": (lambda say: [say.gift_denied], AuthenticationError, 1, 1),
    "denied by a gateway": (lambda say: [say.denied], AuthenticationError, 1, 1),
    "not sent": (lambda say: [say.not_sent], NotSent, 4, 4),
    "limited": (lambda say: [say.limited], RateLimited, 1, 4),
    "not sent, then limited": (lambda say: [say.not_sent, say.limited], RateLimited, 2, 4),
    "not sent, then refused": (lambda say: [say.not_sent, say.gift(-6)], GiftCardError, 2, 2),
    "a positive code": (lambda say: [say.gift(7)], OutcomeUnknown, 1, 2),
    "a code under those of the contract": (lambda say: [say.gift(-12)], OutcomeUnknown, 1, 2),
    "another shape": (lambda say: [say.http(200, {"status": "0"})], OutcomeUnknown, 1, 2),
    "a success without its time": (
        lambda say: [say.http(200, {"status": 0, "card_id": 5})],
        OutcomeUnknown,
        1,
        2,
    ),
    "a refusal that names a card": (lambda say: [say.gift(-6, card_id=5)], OutcomeUnknown, 1, 2),
    "a card of another shape": (lambda say: [say.gift(card_id=[5])], ResultUnknown, 1, 1),
    "not sent, then a card of another shape": (
        lambda say: [say.not_sent, say.gift(card_id=[5])],
        ResultUnknown,
        2,
        2,
    ),
    "the envelope of another section": (lambda say: [say.ok()], OutcomeUnknown, 1, 2),
}
WHETHER_DONE = {
    "denied by a gateway": None,
    "denied": False,
    "refused": False,
    "not sent": False,
    "limited": None,
    "a positive code": None,
}


@pytest.mark.parametrize(("script", "kind", "jws", "sign"), ENDS.values(), ids=ENDS)
def test_end(ask, say, scheme, script, kind, jws, sign):
    with pytest.raises(kind) as caught:
        ask(issue, scheme=scheme, options=RESEND, issue_card=script(say))

    assert (type(caught.value), caught.value.call) == (kind, "gift_cards.issue")
    assert len(ask.wire.sent) == (jws if scheme == "KZ" else sign)


@pytest.mark.parametrize(("name", "done"), WHETHER_DONE.items(), ids=WHETHER_DONE)
def test_end_says_whether_it_was_done(ask, say, scheme, name, done):
    with pytest.raises(FreedomPayError) as caught:
        ask(issue, scheme=scheme, issue_card=ENDS[name][0](say))

    assert caught.value.done is done


def test_refusal_after_a_429_under_sign_may_be_the_duplicate_error(ask, say):
    with pytest.raises(OutcomeUnknown):
        ask(issue, scheme="KG", options=RESEND, issue_card=[say.limited, say.gift(-1)])

    assert len(ask.wire.sent) == 2


def test_refusal_of_a_given_id_is_believed_where_the_id_does_not_go_out(ask, say):
    with pytest.raises(GiftCardError) as caught:
        ask(lambda fp: issue(fp, request_id=OWN), scheme="KZ", issue_card=[say.gift(-6)])

    assert caught.value.request_id == OWN


def test_refusal_of_a_given_id_under_sign_may_be_of_an_earlier_use(ask, say):
    with pytest.raises(OutcomeUnknown):
        ask(lambda fp: issue(fp, request_id=OWN), scheme="KG", issue_card=[say.gift(-6)])

    assert ask.wire.sent[0].headers["Request-Id"] == OWN


def test_what_is_known_is_logged_as_no_error(ask, say, errors):
    with pytest.raises(GiftCardError):
        ask(issue, issue_card=[say.gift(-4)])

    assert errors() == []


def test_cancelled_call_says_that_it_may_have_been_done(cancelled, memory, client_of, say):
    wire = memory(issue_card=[say.silent])

    error = cancelled(lambda: issue(client_of(wire), request_id=OWN))

    assert (error.request_id, error.outcome_unknown) == (OWN, True)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (
            lambda fp: fp.gift_cards.issue(
                cardholder_name="A", phone="+77017777777", product_code=1
            ),
            "phone",
        ),
        (lambda fp: fp.gift_cards.issue(cardholder_name="A", phone=1.5, product_code=1), "phone"),
        (
            lambda fp: fp.gift_cards.issue(cardholder_name="A", phone=1, product_code="one"),
            "product_code",
        ),
        (
            lambda fp: fp.gift_cards.issue(
                cardholder_name="A", phone=1, product_code=1, card_id=""
            ),
            "card_id",
        ),
        (lambda fp: fp.gift_cards.confirm(otp="1", card_id=chr(0x665)), "card_id"),
        (lambda fp: fp.gift_cards.resend(True), "card_id"),
        (lambda fp: fp.gift_cards.status(None), "card_id"),
    ],
)
def test_what_is_no_number_is_refused(ask, say, call, name):
    with pytest.raises(ConfigurationError) as caught:
        ask(call, issue_card=[say.gift()])

    assert (
        caught.value.text
        == f"{name} is not a number: use an integer, or digits only. Nothing was sent."
    )
    assert ask.wire.sent == []


def test_products_are_read(ask, say, scheme):
    answer = ask(
        lambda fp: fp.gift_cards.products(),
        scheme=scheme,
        product_list=[say.lost, say.gift(product_list=[{"code": 1, "balance": 500}])],
    )

    assert [(each.code, each.balance) for each in answer.products] == [(1, 500)]
    assert {each.body for each in ask.wire.sent} == {b"{}"}


def test_done_and_not_to_be_read_is_said_to_be_done(ask, say, scheme):
    with pytest.raises(
        ResultUnknown, match="the issuer did it, and its answer can't be read"
    ) as caught:
        ask(issue, scheme=scheme, issue_card=[say.gift(card_id=[5])])

    assert caught.value.body == '{"status": 0, "datetime": "2026-05-14 10:00:00", "card_id": [5]}'
    assert caught.value.request_id
    assert caught.value.done is True
    assert ask.wire.calls == ["issue_card"]


def test_done_and_not_to_be_read_at_the_second_send_is_said_to_be_done(ask, say):
    with pytest.raises(ResultUnknown, match="the issuer did it"):
        ask(issue, scheme="KG", options=RESEND, issue_card=[say.lost, say.gift(card_id=[5])])

    assert ask.wire.calls == ["issue_card"] * 2


@pytest.mark.parametrize("name", ["issue", "confirm", "resend", "resend_code"])
def test_note_on_a_cancellation_says_what_to_do(play, memory, client_of, say, settled, name):
    call, path, _ = CALLS[name]
    wire = memory(**{path: [say.silent]})

    async def story():
        task = asyncio.create_task(call(client_of(wire)))
        await settled()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    assert play(story()).__notes__[0].endswith(f"it may have been done: {unaskable(name)}")
