"""Calls that nobody can be asked about, and reads whose body carries an id, on rows made for the
test.
"""

from __future__ import annotations

import time

import pytest
from msgspec import Struct

from freedompay_async import (
    AuthenticationError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RequestFailed,
)
from freedompay_async.calls.first_send import SentBefore
from freedompay_async.contract.calls import Call, Mark, Retry
from freedompay_async.contract.models import Answer, BodyWithId, RequestState


class Pin(Struct, kw_only=True, frozen=True):
    card_id: str


class Peek(BodyWithId, kw_only=True, omit_defaults=True):
    card_id: str


class Peeked(Answer, kw_only=True, frozen=True):
    mask: str | None = None


SET_PIN = Call(
    "cards.set_pin",
    "/v5/card-api/card/set_pin",
    Pin,
    RequestState,
    Mark.DOCUMENTED,
    Retry.UNASKABLE,
    "a test",
)
INFO = Call(
    "cards.info", "/v5/card-api/card/info", Peek, Peeked, Mark.PARTIAL, Retry.READ, "a test"
)


@pytest.fixture
def submit(play, over):
    def run(wire, *, scheme, request_id=None, sent_at=None, **options):
        session = over(wire, scheme=scheme, **options)

        async def story():
            return await session.submit(
                SET_PIN,
                Pin(card_id="c"),
                {"request_id": request_id},
                sent_before=None if sent_at is None else SentBefore(sent_at),
            )

        return play(story())

    return run


@pytest.fixture
def read(play, over):
    def run(wire, *, scheme, **options):
        session = over(wire, scheme=scheme, **options)

        async def story():
            return await session.read(INFO, Peek(card_id="c"))

        return play(story())

    return run


def test_lost_answer_under_sign_is_sent_again_once_under_the_same_id(submit, memory, say):
    wire = memory(card__set_pin=[say.lost, say.ok()])

    state = submit(wire, scheme="KG")

    first, second = wire.sent
    assert first.headers == second.headers
    assert first.body == second.body == b'{"card_id":"c"}'
    assert first.headers["Request-Id"] == state.request_id


def test_second_lost_answer_under_sign_is_for_a_person(submit, memory, say):
    wire = memory(card__set_pin=[say.lost])

    with pytest.raises(OutcomeUnknown, match="a person has to look") as caught:
        submit(wire, scheme="KG")

    assert wire.calls == ["card/set_pin"] * 2
    assert caught.value.request_id == wire.sent[0].headers["Request-Id"]


def test_error_of_the_second_send_may_be_the_duplicate_error(submit, memory, say):
    wire = memory(card__set_pin=[say.lost, say.refused])

    with pytest.raises(OutcomeUnknown):
        submit(wire, scheme="KG")

    assert wire.calls == ["card/set_pin"] * 2


@pytest.mark.parametrize("trouble", ["lost", "broken", "page", "unavailable"])
def test_lost_answer_under_jws_is_never_sent_again(submit, memory, say, trouble):
    wire = memory(card__set_pin=[getattr(say, trouble)])

    with pytest.raises(OutcomeUnknown, match="a person has to look"):
        submit(wire, scheme="KZ")

    assert wire.calls == ["card/set_pin"]


def test_what_was_not_sent_is_tried_again_even_under_jws(submit, memory, say):
    wire = memory(card__set_pin=[say.not_sent, say.ok()])

    submit(wire, scheme="KZ")

    assert wire.calls == ["card/set_pin"] * 2


def test_no_connection_ends_in_not_sent(submit, memory, say, scheme):
    with pytest.raises(NotSent):
        submit(memory(card__set_pin=[say.not_sent]), scheme=scheme)


def test_refused_signature_is_no_unknown_outcome(submit, memory, say, scheme):
    with pytest.raises(AuthenticationError):
        submit(memory(card__set_pin=[say.denied]), scheme=scheme)


def test_given_id_that_is_refused_under_sign_is_not_believed_and_not_asked_about(
    submit, memory, say
):
    wire = memory(card__set_pin=[say.refused])

    with pytest.raises(OutcomeUnknown):
        submit(wire, scheme="KG", request_id="given")

    assert wire.calls == ["card/set_pin"]


def test_given_id_that_does_not_go_out_cannot_have_been_used(submit, memory, say):
    wire = memory(card__set_pin=[say.refused])

    with pytest.raises(RequestFailed) as caught:
        submit(wire, scheme="KZ", request_id="given")

    assert wire.calls == ["card/set_pin"]
    assert caught.value.request_id == "given"


@pytest.mark.parametrize(("scheme", "sends"), [("KZ", 1), ("KG", 4)])
def test_429_is_repeated_only_where_a_header_tells_a_repeat(submit, memory, say, scheme, sends):
    wire = memory(card__set_pin=[say.limited])

    with pytest.raises(RateLimited) as caught:
        submit(wire, scheme=scheme)

    assert len(wire.sent) == sends
    assert (caught.value.retry_after, caught.value.done) == (7.0, None)
    assert "HTTP 429 means that nothing was done, and does not prove it" in caught.value.text
    assert ("make sure that it was not done" in caught.value.text) == (scheme == "KZ")


def test_resumed_call_under_jws_is_never_sent_again(submit, memory, say):
    wire = memory(card__set_pin=[say.ok()], request__status=[say.unknown])

    with pytest.raises(
        OutcomeUnknown, match=r"its outcome is not known \(an earlier process sent it\)"
    ):
        submit(wire, scheme="KZ", request_id="given", sent_at=time.time() - 60)

    assert wire.of("card/set_pin") == []


def test_resumed_call_is_not_asked_about(submit, memory, say, scheme):
    wire = memory(card__set_pin=[say.ok()], request__status=[say.success])

    with pytest.raises(OutcomeUnknown):
        submit(wire, scheme=scheme, request_id="given", sent_at=time.time() - 60)

    assert wire.of("request/status") == []


def test_each_attempt_of_a_read_takes_a_fresh_id(read, memory, say, scheme):
    wire = memory(card__info=[say.lost, say.broken, say.ok(mask="****")])

    answer = read(wire, scheme=scheme)

    ids = [each.fields["request_id"] for each in wire.sent]
    assert len(set(ids)) == 3
    assert answer.mask == "****"
    assert answer.request_id == ids[-1]


def test_body_and_header_of_a_read_carry_the_same_id(read, memory, say):
    wire = memory(card__info=[say.lost, say.ok()])

    read(wire, scheme="KG")

    assert [each.headers["Request-Id"] for each in wire.sent] == [
        each.fields["request_id"] for each in wire.sent
    ]


def test_each_attempt_of_a_read_is_signed_for_its_own_bytes(read, memory, say, scheme, signed):
    wire = memory(card__info=[say.lost, say.ok()])

    read(wire, scheme=scheme)

    assert [signed(each.path, each.headers, each.body) for each in wire.sent] == [True, True]


def test_request_status_error_in_a_read_is_an_error(read, memory, say, scheme):
    wire = memory(card__info=[say.failed])

    with pytest.raises(RequestFailed) as caught:
        read(wire, scheme=scheme)

    assert (caught.value.error_code, caught.value.error_description) == ("declined", "no money")
    assert wire.calls == ["card/info"]


def test_request_status_error_is_what_the_look_up_asks_for(ask, say, scheme):
    async def story(fp):
        operation = fp.requests.attach("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")
        await operation.refresh()
        return operation.answer

    state = ask(story, scheme=scheme, request__status=[say.failed])

    assert (state.request_status, state.failed) == ("error", True)
