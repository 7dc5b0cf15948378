"""What the issuer has told is not forgotten for a later answer that says less, or the opposite."""

from __future__ import annotations

import pytest

from freedompay_async import (
    AuthenticationError,
    FreedomPayError,
    OutcomeUnknown,
    ProtocolError,
    RequestFailed,
    StillProcessing,
)

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def order(fp):
    return fp.cards.bulk_issue(product_id=2000, count=2)


@pytest.fixture
def ended(ask, say):
    """How an order ends, whose first answer and look-ups are these."""

    def run(first, *looks, timeout=60.0):
        async def story(fp):
            try:
                return await (await order(fp)).result(timeout=timeout)
            except FreedomPayError as error:
                return error

        return ask(story, card__bulk_issue=[first], request__status=list(looks))

    return run


def partial(say, **more):
    return say.ok(request_status="success", cards=[{"card_id": "A"}, {"card_id": ""}], **more)


@pytest.mark.parametrize("first", ["process", "lost", "page"])
def test_failure_after_a_success_that_named_a_card_leaves_it_open(ended, say, first):
    error = ended(getattr(say, first), partial(say), say.failed)

    assert (type(error), error.done, error.proved, error.card_ids) == (
        RequestFailed,
        None,
        False,
        ("A",),
    )
    assert "had reported card A before" in str(error)
    assert "It was not done" not in str(error)


def test_failure_after_a_success_without_a_name_leaves_it_open_too(ended, say):
    error = ended(say.process, say.ok(request_status="success"), say.failed)

    assert (error.done, error.proved) == (None, False)
    assert "had reported a success before" in str(error)


def test_failure_after_an_answer_that_says_ok_at_a_status_of_trouble_leaves_it_open(ended, say):
    done = say.http(
        502,
        {
            "status": "ok",
            "request_status": "success",
            "dt": "2026-01-01T00:00:00+05:00",
            "cards": [{"card_id": "A"}],
        },
    )
    error = ended(done, say.failed)

    assert (type(error), error.done, error.card_ids) == (RequestFailed, None, ("A",))


@pytest.mark.parametrize(
    "facts", [{"status": "error"}, {"status": "ok", "request_status": "error"}]
)
def test_failure_after_a_refusal_that_named_a_card_leaves_it_open(ended, say, facts):
    named = say.http(200, {"dt": "2026-01-01T00:00:00+05:00", "cards": [{"card_id": "A"}], **facts})
    error = ended(named, say.failed)

    assert (type(error), error.done, error.card_ids) == (RequestFailed, None, ("A",))


def test_plain_first_answer_may_say_success_of_the_call_alone(ended, say):
    error = ended(say.ok(request_status="success"), say.failed)

    assert (error.done, error.proved) == (False, True)


def test_card_that_was_named_stays_named_where_the_issuer_says_process_again(ended, say):
    error = ended(say.process, partial(say), say.process, timeout=20.0)

    assert (type(error), error.done, error.card_ids) == (StillProcessing, True, ("A",))


@pytest.mark.parametrize("first", ["refused", "lost"])
def test_look_up_that_names_a_card_and_says_nothing_else_is_not_not_known(ended, ask, say, first):
    error = ended(getattr(say, first), say.ok(cards=[{"card_id": "A"}]))

    assert (type(error), error.done) == (OutcomeUnknown, None)
    assert ask.wire.calls.count(BULK) == 1


def test_refresh_that_names_a_card_and_says_nothing_else_is_no_answer(ask, say):
    with pytest.raises(ProtocolError, match="names card A"):
        ask(
            lambda fp: fp.requests.attach(OWN).refresh(),
            request__status=[say.ok(cards=[{"card_id": "A"}])],
        )


def test_question_that_is_refused_says_what_was_told_before(ended, say):
    error = ended(say.process, partial(say), say.denied)

    assert (type(error), error.done) == (AuthenticationError, True)
