"""A signer of the caller's own, and an answer type of the caller's own, that fail in the middle of
a call.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from freedompay_async import (
    ConfigurationError,
    JwsSigner,
    OutcomeUnknown,
    Policy,
    ProtocolError,
    ResultUnknown,
    Retry,
    Section,
    Sha256Signer,
    Signer,
)
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.contract.models import BulkIssue, CardId, GiftCardId, GiftIssue, PinSetting
from freedompay_async.contract.table import (
    CARDS_BALANCE,
    CARDS_BULK_ISSUE,
    CARDS_SET_PIN,
    GIFT_CARDS_ISSUE,
    GIFT_CARDS_RESEND,
)
from freedompay_async.hashdt import HashDT
from tests.samples import UNKNOWN_CALL, UNKNOWN_PATH
from tests.transports import Carrier, owned

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
SIGNERS = {"KZ": JwsSigner, "KG": Sha256Signer}
ERRORS = {
    "its own": RuntimeError("the key store is not there: hunter2"),
    "a configuration": ConfigurationError("no key for this path. Nothing was sent."),
    "an OS error": OSError("hsm"),
    "a key": KeyError("auth"),
}


class Failing(Signer):
    """Signs well, but for the turns that are told."""

    def __init__(self, scheme: str, error: Exception, *turns: int) -> None:
        self._signer = SIGNERS[scheme](auth_id="10001", secret_key="k")
        self.header_id = self._signer.header_id
        self.error = error
        self.turns = turns
        self.turn = 0

    def headers(self, *, path, body, request_id):
        self.turn += 1
        if self.turn in self.turns:
            raise self.error
        return self._signer.headers(path=path, body=body, request_id=request_id)


@pytest.fixture
def session_of(memory):
    """A session over a wire of these scripts, whose signer fails with an error at its n-th turns."""

    def build(error, *turns, scheme="KZ", policy=None, **scripts):
        signer = Failing(scheme, error, *turns)
        wire = memory(**scripts)
        return Session(
            SharedResources.of(
                owned(wire),
                signers=dict.fromkeys(Section, signer),
                policy=policy or Policy(),
                timeout=60.0,
            )
        ), wire

    return build


def submit(session, request_id=OWN):
    return session.submit(
        CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1), {"request_id": request_id}
    )


@pytest.fixture(params=ERRORS)
def error(request):
    return ERRORS[request.param]


def test_at_the_first_send_comes_out_as_it_is(play, session_of, say, scheme, error, errors):
    session, wire = session_of(error, 1, scheme=scheme, card__bulk_issue=[say.success])
    with pytest.raises(type(error)) as caught:
        play(submit(session))

    assert (caught.value, wire.sent, errors()) == (error, [], [])


BEFORE = {
    "a lost answer": ["lost"],
    "a 5xx": ["broken"],
    "a page": ["page"],
    "a refusal": ["refused"],
    "a 429 and a refusal": ["limited", "refused"],
    "no connection and a lost answer": ["not_sent", "lost"],
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("own", [None, OWN])
def test_at_the_question_after_the_effect_was_sent_leaves_it_open(
    play, session_of, say, scheme, error, errors, before, own
):
    session, wire = session_of(
        error, 2, scheme=scheme, card__bulk_issue=[getattr(say, step) for step in before]
    )
    with pytest.raises(OutcomeUnknown) as caught:
        play(submit(session, own))

    unknown = caught.value
    assert (unknown.done, unknown.__cause__, unknown.call) == (None, error, "cards.bulk_issue")
    assert unknown.request_id == wire.of(BULK)[0].fields["request_id"]
    assert unknown.refused == (before[-1] == "refused")
    assert f"then the signing failed: {type(error).__name__}" in str(unknown)
    assert "Nothing was sent" not in str(unknown)
    assert "hunter2" not in str(unknown)
    assert errors() == [("ERROR", "cards.bulk_issue", unknown.request_id)]
    assert wire.calls == [BULK] * len(before)


def test_at_a_later_question_leaves_it_open(play, session_of, say, error):
    session, wire = session_of(error, 4, card__bulk_issue=[say.lost], request__status=[say.unknown])
    with pytest.raises(OutcomeUnknown, match="then the signing failed") as caught:
        play(submit(session))

    assert (caught.value.__cause__, wire.calls) == (error, [BULK, STATUS, STATUS])


def test_at_the_question_of_what_an_earlier_process_sent_leaves_it_open(
    play, session_of, say, error
):
    session, wire = session_of(
        error, 1, card__bulk_issue=[say.success], request__status=[say.unknown]
    )
    with pytest.raises(OutcomeUnknown) as caught:
        play(
            session.submit(
                CARDS_BULK_ISSUE,
                BulkIssue(product_id=2000, count=1),
                {"request_id": OWN},
                sent_before=SentBefore(0.0),
            )
        )

    assert (caught.value.request_id, caught.value.__cause__, wire.sent) == (OWN, error, [])
    assert (
        "sent, and its outcome is not known (an earlier process sent it; then the signing "
        f"failed: {type(error).__name__})"
    ) in str(caught.value)


def test_what_is_sent_again_is_not_signed_again(play, session_of, say, error):
    """So that its signer can't fail there: the bytes are those of the first send."""
    session, wire = session_of(
        error, card__bulk_issue=[say.lost, say.success], request__status=[say.unknown]
    )
    play(submit(session))
    signed = session.shared.signers[Section.PAYMENT_CARDS].turn

    assert (len(wire.of(BULK)), signed) == (2, 1 + len(wire.of(STATUS)))


@pytest.mark.parametrize("first", ["lost", "broken", "page", "limited"])
def test_at_a_repeat_that_takes_a_fresh_id_leaves_it_open(
    play, session_of, say, scheme, error, first
):
    session, wire = session_of(error, 2, scheme=scheme, card__set_pin=[getattr(say, first)])
    with pytest.raises(OutcomeUnknown, match="then the signing failed") as caught:
        play(session.repeat(CARDS_SET_PIN, PinSetting(card_id="c-1", pin="U2FsdGVkX18=")))

    assert (caught.value.done, caught.value.__cause__, len(wire.sent)) == (None, error, 1)


def test_at_a_repeat_of_what_was_not_sent_comes_out_as_it_is(play, session_of, say, error):
    session, wire = session_of(error, 2, card__set_pin=[say.not_sent])
    with pytest.raises(type(error)) as caught:
        play(session.repeat(CARDS_SET_PIN, PinSetting(card_id="c-1", pin="U2FsdGVkX18=")))

    assert caught.value is error
    assert len(wire.sent) == 1


@pytest.mark.parametrize("first", ["lost", "limited", "broken"])
def test_at_a_later_attempt_of_a_question_comes_out_as_it_is(play, session_of, say, error, first):
    session, _ = session_of(error, 2, card__balance=[getattr(say, first)])
    with pytest.raises(type(error)) as caught:
        play(session.read(CARDS_BALANCE, CardId(card_id="c-1")))

    assert caught.value is error


def test_gift_card_call_is_signed_once(play, session_of, say, error):
    session, wire = session_of(
        error, 2, scheme="KG", resend=[say.lost, say.gift(card_id=5)], issue_card=[say.lost]
    )

    async def story():
        await session.change(GIFT_CARDS_RESEND, GiftCardId(card_id=5))
        session.shared.signers[Section.GIFT_CARDS].turn = 0
        with pytest.raises(OutcomeUnknown, match="a person has to look"):
            await session.change(
                GIFT_CARDS_ISSUE, GiftIssue(cardholder_name="A", phone=1, product_code=1)
            )

    play(story())
    assert wire.calls == ["resend", "resend", "issue_card"]


# -- HashDT's source of tokens


class Source:
    def __init__(self, error, turn):
        self.error, self.turn, self.asked = error, turn, 0

    async def __call__(self):
        self.asked += 1
        if self.asked >= self.turn:
            raise self.error
        return f"token-{self.asked}"


def link(pins):
    return pins.set_url(cardholder_id="h", wallet_id="w", card_id="c")


@pytest.mark.parametrize("turn", [1, 2])
def test_source_of_tokens_that_fails_comes_out_as_it_is_because_a_link_is_a_question(
    play, memory, say, error, turn
):
    wire = memory(
        **{
            "/issuing/api/v1/card/setpin": [
                say.http(401, {"status": "error", "code": 401, "message": "expired"})
            ]
        }
    )

    async def story():
        hashdt = HashDT(
            base_url="https://api.example.com",
            api_key="k",
            product_id="p",
            token=Source(error, turn),
            transport=Carrier(wire),
        )
        return await link(hashdt.pins)

    with pytest.raises(type(error)) as caught:
        play(story())

    assert caught.value is error
    assert len(wire.sent) == turn - 1


# -- an answer type of the caller's own, whose code fails


@dataclass
class Keyed:
    name: str

    def __post_init__(self):
        raise KeyError("hunter2")


class Broken(msgspec.Struct):
    name: str

    def __post_init__(self):
        raise RuntimeError("hunter2")


class Refusing(msgspec.Struct):
    name: str

    def __post_init__(self):
        raise ValueError("hunter2")


@pytest.mark.parametrize("kind", [Keyed, Broken, Refusing])
@pytest.mark.parametrize("retry", [Retry.UNASKABLE, Retry.REPEATABLE])
def test_answer_type_that_fails_after_an_effect_says_that_it_was_done(
    ask, say, scheme, kind, retry, errors
):
    with pytest.raises(
        ResultUnknown, match="the issuer did it, and its answer can't be read"
    ) as caught:
        ask(
            lambda fp: fp.call(UNKNOWN_PATH, {"a": 1}, kind, retry=retry),
            scheme=scheme,
            **{UNKNOWN_CALL: [say.ok(name="new")]},
        )

    assert (caught.value.done, caught.value.outcome_unknown, ask.wire.calls) == (
        True,
        False,
        [UNKNOWN_CALL],
    )
    assert '"name": "new"' in caught.value.body
    assert errors() == (
        [("ERROR", UNKNOWN_PATH, caught.value.request_id)] if retry is Retry.UNASKABLE else []
    )


@pytest.mark.parametrize("kind", [Keyed, Broken, Refusing])
def test_answer_type_that_fails_at_a_question_is_a_protocol_error(ask, say, kind):
    with pytest.raises(ProtocolError, match="of another shape") as caught:
        ask(
            lambda fp: fp.call(UNKNOWN_PATH, {}, kind, retry=Retry.READ),
            **{UNKNOWN_CALL: [say.ok(name="new")]},
        )

    assert caught.value.done is False


@pytest.mark.parametrize("kind", [Keyed, Broken, Refusing])
def test_answer_type_is_not_made_of_a_refusal(ask, say, kind):
    with pytest.raises(Exception, match="refused") as caught:
        ask(lambda fp: fp.call(UNKNOWN_PATH, {}, kind), **{UNKNOWN_CALL: [say.refused]})

    assert type(caught.value).__name__ == "RequestFailed"
