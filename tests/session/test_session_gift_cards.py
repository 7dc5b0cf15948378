"""What the gift-card section says no with, and the two steps of an order."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import GiftCardError, OutcomeUnknown, ProtocolError, ResultUnknown
from freedompay_async.models import GiftCardState, GiftCardStatus, GiftStatus
from tests.samples import SAMPLES, calling

CALLS = {
    name: (calling(name), sample.path.removeprefix("/v5/cards/"))
    for name, sample in SAMPLES.items()
    if sample.gift
}
READS = [name for name in CALLS if SAMPLES[name].retry == "read"]
NO = [code for code in GiftStatus if code < 0]
# What tells that it was not done: the status is about what was asked.
NOT_DONE = {-2, -3, -4, -11}
CARD = {"card_currency": "KZT", "card_balance": 5000, "card_mask": "1234********5678"}


@pytest.mark.parametrize("code", NO, ids=lambda code: str(code.value))
@pytest.mark.parametrize("name", CALLS)
def test_negative_status_is_an_error_with_its_sentence(ask, say, scheme, name, code):
    call, path = CALLS[name]

    with pytest.raises(GiftCardError) as caught:
        ask(call, scheme=scheme, **{path: [say.gift(code.value)]})

    error = caught.value
    assert (error.call, error.code, error.error_code, error.error_description) == (
        name,
        code,
        str(code.value),
        code.sentence,
    )
    assert f"{code.value} {code.sentence}" in str(error)
    assert error.done is (False if name in READS or code in NOT_DONE else None)
    assert len(ask.wire.sent) == 1


@pytest.mark.parametrize("code", [-77, -12, 1, 99])
@pytest.mark.parametrize("name", CALLS)
def test_status_that_is_in_no_dictionary_says_nothing(ask, say, name, code):
    call, path = CALLS[name]

    with pytest.raises(ProtocolError if name in READS else OutcomeUnknown) as caught:
        ask(call, **{path: [say.gift(code)]})

    assert f"with status '{code}'" in str(caught.value)


def test_error_without_an_answer_has_no_code():
    assert GiftCardError("no").code is None


def test_status_of_a_card_is_read(ask, say, scheme):
    state = ask(
        lambda fp: fp.gift_cards.status("5"),
        scheme=scheme,
        card_status=[say.lost, say.gift(card_status=1, **CARD)],
    )

    assert (state.card_status, state.card_status.sentence, state.card_balance) == (
        GiftCardStatus.ISSUED,
        "The card is issued.",
        5000,
    )
    assert [each.fields for each in ask.wire.sent] == [{"card_id": 5}] * 2


# -- an order


def order(fp):
    return fp.gift_cards.order(cardholder_name="IVAN", phone=77017777777, product_code=1)


def confirm(fp):
    return fp.gift_cards.attach("5").confirm("0012")


async def confirm_twice(fp):
    """Tries again where the first try has ended without an outcome."""
    attached = fp.gift_cards.attach(5)
    with pytest.raises(OutcomeUnknown):
        await attached.confirm("0012")
    return await attached.confirm("0012")


@pytest.mark.parametrize("card_id", [5, "5"])
def test_order_is_issued_and_named_by_its_card(ask, say, card_id):
    made = ask(order, issue_card=[say.gift(card_id=card_id)])

    assert (made.card_id, repr(made)) == (5, "GiftCardOrder(card_id=5)")


@pytest.mark.parametrize("card_id", ["AB-5", "-5", "5.0"])
def test_order_without_a_card_id_is_for_a_person(ask, say, card_id):
    with pytest.raises(
        ResultUnknown,
        match=f"paid for, and the answer names it {str(card_id)!r}, which is no card id",
    ) as caught:
        ask(order, issue_card=[say.gift(card_id=card_id)])

    assert (caught.value.call, caught.value.done) == ("gift_cards.issue", True)
    assert caught.value.request_id


@pytest.mark.parametrize(
    "facts", [{}, *({"card_id": empty} for empty in (None, "", "  ", 0, "0"))], ids=str
)
def test_order_whose_card_is_not_named_is_for_a_person(ask, say, facts):
    with pytest.raises(ResultUnknown, match="paid for, and the answer does not name it") as caught:
        ask(order, issue_card=[say.gift(**facts)])

    assert (caught.value.call, caught.value.done) == ("gift_cards.issue", True)


def test_order_goes_on_in_another_process(ask, say):
    async def story(fp):
        attached = fp.gift_cards.attach("5")
        await attached.resend_code()
        return await attached.confirm("0012")

    state = ask(story, resend_code=[say.gift()], activate_card=[say.gift(card_status=1, **CARD)])

    assert [(each.call, each.fields) for each in ask.wire.sent] == [
        ("resend_code", {"card_id": 5}),
        ("activate_card", {"otp": "0012", "card_id": 5}),
    ]
    assert (type(state), state.card_status) == (GiftCardState, GiftCardStatus.ISSUED)


def test_lost_confirmation_of_a_card_that_is_active_is_done(ask, say, scheme):
    state = ask(
        confirm,
        scheme=scheme,
        activate_card=[say.lost],
        card_status=[say.gift(card_status=2, **CARD)],
    )

    assert state.card_status == GiftCardStatus.ACTIVATED
    assert ask.wire.calls == ["activate_card"] * (1 if scheme == "KZ" else 2) + ["card_status"]


@pytest.mark.parametrize(
    "facts", [{}, *({"card_status": number} for number in (0, 1, 3, 4, 5, 9))], ids=str
)
def test_lost_confirmation_of_another_card_stays_unknown(ask, say, scheme, facts):
    with pytest.raises(OutcomeUnknown) as caught:
        ask(confirm, scheme=scheme, activate_card=[say.lost], card_status=[say.gift(**facts)])

    assert caught.value.call == "gift_cards.confirm"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("unavailable", "503"),
        ("broken", "500"),
        ("denied", "signature"),
        ("limited", "limits the rate"),
        ("not_sent", "not sent"),
        ("lost", "no answer came"),
        ("page", "HTML page"),
    ],
)
def test_lost_confirmation_whose_status_cannot_be_had_stays_unknown(ask, say, scheme, script, why):
    with pytest.raises(OutcomeUnknown) as caught:
        ask(confirm, scheme=scheme, activate_card=[say.lost], card_status=[getattr(say, script)])

    (note,) = caught.value.__notes__
    assert (caught.value.call, bool(caught.value.request_id), caught.value.__cause__) == (
        "gift_cards.confirm",
        True,
        None,
    )
    assert note.startswith("the question about the card's state failed too: gift_cards.status: ")
    assert why in note


def test_lost_confirmation_whose_status_is_an_error_stays_unknown(ask, say):
    with pytest.raises(OutcomeUnknown) as caught:
        ask(confirm, activate_card=[say.lost], card_status=[say.gift(-7)])

    assert caught.value.call == "gift_cards.confirm"
    assert [note.partition(": ")[0] for note in caught.value.__notes__] == [
        "the question about the card's state failed too"
    ]


def test_activated_already_after_a_confirmation_whose_status_could_not_be_had_is_done(ask, say):
    state = ask(
        confirm_twice,
        activate_card=[say.lost, say.gift(-10)],
        card_status=[say.denied, say.gift(card_status=2, **CARD)],
    )

    assert state.card_status == GiftCardStatus.ACTIVATED


def test_activated_already_after_a_lost_confirmation_is_done(ask, say):
    card = [say.gift(card_status=1, **CARD), say.gift(card_status=2, **CARD)]
    state = ask(confirm_twice, activate_card=[say.lost, say.gift(-10)], card_status=card)

    assert state.card_status == GiftCardStatus.ACTIVATED
    assert ask.wire.calls == ["activate_card", "card_status"] * 2


def test_activated_already_of_a_card_that_its_status_does_not_call_active_is_left_open(
    ask, say, scheme
):
    with pytest.raises(GiftCardError) as caught:
        ask(
            confirm,
            scheme=scheme,
            activate_card=[say.gift(-10)],
            card_status=[say.gift(card_status=1, **CARD)],
        )

    assert (caught.value.code, caught.value.done) == (GiftStatus.ALREADY_ACTIVATED, None)
    assert caught.value.__notes__ == [
        "the issuer says of the card's state since: The card is issued."
    ]


def test_activated_already_at_the_second_send_of_one_confirmation_is_settled_by_the_status(
    ask, say
):
    state = ask(
        confirm,
        scheme="KG",
        activate_card=[say.lost, say.gift(-10)],
        card_status=[say.gift(card_status=2, **CARD)],
    )

    assert state.card_status == GiftCardStatus.ACTIVATED
    assert ask.wire.calls == ["activate_card", "activate_card", "card_status"]


@pytest.mark.parametrize("first", ["silent", "no_place"])
def test_activated_already_after_a_cancelled_confirmation_is_done_whoever_did_it(
    play, memory, client_of, say, settled, first
):
    wire = memory(
        activate_card=[getattr(say, first), say.gift(-10)],
        card_status=[say.gift(card_status=2, **CARD)],
    )

    async def story():
        attached = client_of(wire).gift_cards.attach(5)
        task = asyncio.create_task(attached.confirm("0012"))
        await settled()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await attached.confirm("0012")

    assert play(story()).card_status == GiftCardStatus.ACTIVATED
    assert wire.calls.count("activate_card") == 2


def test_activated_already_at_a_first_try_may_be_what_another_process_did(ask, say, scheme):
    state = ask(
        confirm,
        scheme=scheme,
        activate_card=[say.gift(-10)],
        card_status=[say.gift(card_status=2, **CARD)],
    )

    assert state.card_status == GiftCardStatus.ACTIVATED
    assert ask.wire.calls == ["activate_card", "card_status"]


def test_wrong_code_after_a_lost_confirmation_is_an_error(ask, say):
    async def story(fp):
        attached = fp.gift_cards.attach(5)
        with pytest.raises(OutcomeUnknown):
            await attached.confirm("0012")
        await attached.confirm("9999")

    with pytest.raises(GiftCardError) as caught:
        ask(story, activate_card=[say.lost, say.gift(-8)], card_status=[say.gift(card_status=1)])

    assert (caught.value.code, caught.value.call) == (GiftStatus.WRONG_OTP, "gift_cards.confirm")


def test_wrong_code_may_be_followed_by_the_right_one(ask, say):
    async def story(fp):
        attached = fp.gift_cards.attach(5)
        with pytest.raises(GiftCardError):
            await attached.confirm("9999")
        return await attached.confirm("0012")

    state = ask(story, activate_card=[say.gift(-8), say.gift(card_status=1, **CARD)])

    assert state.accepted
    assert [each.fields["otp"] for each in ask.wire.sent] == ["9999", "0012"]


def test_code_from_the_sms_is_in_no_error(ask, say):
    with pytest.raises(GiftCardError) as caught:
        ask(
            lambda fp: fp.gift_cards.attach(5).confirm("907351"),
            activate_card=[say.gift(-8, otp="907351")],
        )

    assert "907351" not in str(caught.value) + repr(vars(caught.value))
