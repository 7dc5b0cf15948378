"""A refusal of an id that the library made: one look-up tells what it was, and no time is lost over
it.
"""

from __future__ import annotations

import pytest

from freedompay_async import (
    AuthenticationError,
    DuplicateRequest,
    FreedomPayError,
    OutcomeUnknown,
    Policy,
    RequestFailed,
)
from freedompay_async.contract.models import BulkIssue
from freedompay_async.contract.table import CARDS_BULK_ISSUE
from tests.session.foreign import CONTRADICTIONS, FOREIGN

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
NO = (200, 400, 404, 409, 422)


@pytest.fixture
def ended(timed, over):
    """What one effect comes to over a wire, and how many seconds that takes."""

    def run(wire, *, request_id=None, timeout=3.0, ask_once=False, **options):
        session = over(wire, **options)

        async def story():
            body = BulkIssue(product_id=2000, count=1)
            try:
                return await session.submit(
                    CARDS_BULK_ISSUE,
                    body,
                    {"request_id": request_id, "timeout": timeout},
                    ask_once=ask_once,
                )
            except FreedomPayError as error:
                return error

        return timed(story())

    return run


@pytest.mark.parametrize("http", NO)
def test_costs_one_look_up_and_never_the_grace(ended, memory, say, scheme, http):
    wire = memory(
        card__bulk_issue=[say.after(0.02, say.error(http))],
        request__status=[say.after(0.02, say.unknown)],
    )
    error, seconds = ended(wire, scheme=scheme)

    assert (type(error), wire.calls) == (RequestFailed, [BULK, STATUS])
    assert seconds < 0.5 < Policy().grace


@pytest.mark.parametrize("http", NO)
def test_of_an_id_that_is_not_known_is_no_proof(ended, memory, say, http):
    error, _ = ended(memory(card__bulk_issue=[say.error(http)], request__status=[say.unknown]))

    assert (error.proved, error.done, error.outcome_unknown, error.refused) == (
        False,
        None,
        True,
        True,
    )
    assert (error.error_code, error.http_status) == ("refused", http)
    assert "refused, and the issuer does not know the id" in str(error)
    assert "It was not done" not in str(error)
    assert "ask again later (requests.attach) before you send it under a new id" in str(error)


@pytest.mark.parametrize("first", [None, "lost", "unavailable", "not_sent", "limited"])
def test_of_an_id_that_is_known_is_an_answer(ended, memory, say, first):
    asked = [say.success] if first is None else [getattr(say, first), say.success]
    state, _ = ended(memory(card__bulk_issue=[say.refused], request__status=asked), timeout=60)

    assert (state.card_ids, state.found) == (("card-1",), False)


def test_of_an_id_whose_request_failed_is_proved(ended, memory, say):
    error, _ = ended(memory(card__bulk_issue=[say.refused], request__status=[say.failed]))

    assert (type(error), error.proved, error.done, error.refused) == (
        RequestFailed,
        True,
        False,
        True,
    )
    assert error.error_code == "declined"


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [200, 400, 404, 410])
def test_is_left_open_where_a_gateway_answers_the_question(ended, memory, say, http, form):
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.http(http, FOREIGN[form])])
    error, seconds = ended(wire)

    assert (type(error), error.done, error.refused, wire.calls) == (
        OutcomeUnknown,
        None,
        True,
        [BULK, STATUS],
    )
    assert error.error_code == "refused"
    assert seconds == 0.0


@pytest.mark.parametrize("form", CONTRADICTIONS)
def test_is_left_open_where_the_answer_to_the_question_contradicts_itself(ended, memory, say, form):
    error, _ = ended(
        memory(
            card__bulk_issue=[say.refused], request__status=[say.http(200, CONTRADICTIONS[form])]
        )
    )

    assert (type(error), error.done) == (OutcomeUnknown, None)


@pytest.mark.parametrize("step", ["lost", "broken", "unavailable", "not_sent", "limited"])
def test_is_asked_about_so_often_as_a_read_where_no_answer_comes(ended, memory, say, step):
    wire = memory(card__bulk_issue=[say.refused], request__status=[getattr(say, step)])
    error, _ = ended(wire, timeout=300)

    assert (type(error), wire.calls) == (OutcomeUnknown, [BULK] + [STATUS] * Policy().attempts)


@pytest.mark.parametrize("http", [401, 403])
@pytest.mark.parametrize("body", [b"", b'{"status":"error","error_code":"key","dt":"now"}'])
def test_is_left_open_where_the_question_is_denied(ended, memory, say, http, body):
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.http(http, body)])
    error, _ = ended(wire)

    assert (type(error), error.done, wire.calls) == (OutcomeUnknown, None, [BULK, STATUS])


@pytest.mark.parametrize("http", [500, 502, 503, 599])
def test_with_a_5xx_is_none_and_goes_through_the_grace(ended, memory, say, http):
    wire = memory(card__bulk_issue=[say.error(http), say.process], request__status=[say.unknown])
    state, _ = ended(wire, timeout=60)

    assert (state.request_status, len(wire.of(BULK))) == ("process", 2)
    assert wire.of(BULK)[1].at >= Policy().grace


@pytest.mark.parametrize("http", [429, 500, 502, 503])
def test_ok_at_a_status_of_trouble_proves_that_it_was_done(ended, memory, say, http):
    done = say.http(http, {"status": "ok", "request_status": "process", "dt": "now"})
    wire = memory(card__bulk_issue=[done], request__status=[say.success])
    state, _ = ended(wire)

    assert (state.card_ids, wire.calls) == (("card-1",), [BULK, STATUS])


@pytest.mark.parametrize("form", CONTRADICTIONS)
@pytest.mark.parametrize("http", [200, 400, 409])
def test_that_contradicts_itself_is_none_and_is_looked_up(ended, memory, say, http, form):
    wire = memory(
        card__bulk_issue=[say.http(http, CONTRADICTIONS[form])],
        request__status=[say.unknown, say.success],
    )
    state, _ = ended(wire, timeout=60)

    assert (state.card_ids, wire.calls) == (("card-1",), [BULK, STATUS, STATUS])


# -- a proxy that sends the call on twice


class Twice:
    """An issuer behind a proxy that sends each call on twice, and hands the second answer on."""

    def __init__(self, say) -> None:
        self.say = say
        self.made: list[str] = []

    async def take(self, attempt, sent):
        own = sent.fields["request_id"]
        for _ in range(2):
            answer = self.say.refused if own in self.made else self.say.process
            self.made += [own] if own not in self.made else []
        return await self.say.after(0.02, answer)(attempt, sent)

    async def tell(self, attempt, sent):
        return await self.say.after(
            0.02, self.say.success if sent.fields["request_id"] in self.made else self.say.unknown
        )(attempt, sent)


@pytest.mark.parametrize("own", [None, OWN], ids=["the library's id", "the caller's id"])
def test_call_that_a_proxy_repeats_is_answered(ended, memory, say, scheme, own):
    proxied = Twice(say)
    wire = memory(card__bulk_issue=[proxied.take], request__status=[proxied.tell])
    state, seconds = ended(wire, scheme=scheme, request_id=own)

    assert (state.card_ids, len(proxied.made), wire.calls) == (("card-1",), 1, [BULK, STATUS])
    # An id of the caller's may have been known before the call; that of the library can't have
    # been.
    assert state.found == (own is not None)
    assert seconds < 0.5


# -- an id that the caller gave


@pytest.mark.parametrize("http", NO)
def test_of_a_given_id_is_asked_about_through_the_grace(ended, memory, say, http):
    wire = memory(card__bulk_issue=[say.error(http)], request__status=[say.unknown])
    error, seconds = ended(wire, request_id=OWN, timeout=60)

    assert type(error) is (DuplicateRequest if http == 409 else RequestFailed)
    assert (error.done, seconds >= Policy().grace) == (None, True)


@pytest.mark.parametrize("http", NO)
def test_of_a_given_id_is_asked_about_once_where_its_caller_asks_again(ended, memory, say, http):
    wire = memory(card__bulk_issue=[say.error(http)], request__status=[say.unknown])
    error, seconds = ended(wire, request_id=OWN, ask_once=True)

    assert type(error) is (DuplicateRequest if http == 409 else RequestFailed)
    assert (error.done, wire.calls, seconds) == (None, [BULK, STATUS], 0.0)


@pytest.mark.parametrize("form", FOREIGN)
def test_of_a_given_id_is_left_open_where_a_gateway_says_404_to_the_question(
    ended, memory, say, form
):
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.http(404, FOREIGN[form])])
    error, seconds = ended(wire, request_id=OWN, timeout=60)

    assert (type(error), error.done, len(wire.of(BULK))) == (OutcomeUnknown, None, 1)
    assert seconds >= Policy().grace


@pytest.mark.parametrize("own", [None, OWN])
@pytest.mark.parametrize("http", [401, 403])
def test_of_a_key_is_looked_up_once_and_told_at_once(ended, memory, say, http, own):
    wire = memory(
        card__bulk_issue=[say.after(0.02, say.error(http))],
        request__status=[say.after(0.02, say.denied)],
    )
    error, seconds = ended(wire, request_id=own)

    assert (type(error), error.done, wire.calls) == (AuthenticationError, False, [BULK, STATUS])
    assert "This attempt did nothing." in str(error)
    assert seconds < 0.5


@pytest.mark.parametrize("own", [None, OWN])
@pytest.mark.parametrize("http", [401, 403])
def test_in_the_form_of_a_refused_key_of_what_a_proxy_has_sent_twice_finds_the_card(
    ended, memory, say, http, own
):
    wire = memory(card__bulk_issue=[say.error(http)], request__status=[say.success])
    answer, _ = ended(wire, request_id=own)

    assert (answer.card_ids, wire.calls) == (("card-1",), [BULK, STATUS])


@pytest.mark.parametrize("http", [401, 403])
def test_of_a_key_for_this_call_only_leaves_it_open(ended, memory, say, http):
    error, _ = ended(memory(card__bulk_issue=[say.error(http)], request__status=[say.unknown]))

    assert (type(error), error.done, error.outcome_unknown) == (AuthenticationError, None, True)
    assert "does not know the id" in str(error)
    assert "did nothing" not in str(error)


@pytest.mark.parametrize("form", FOREIGN)
def test_of_a_key_and_a_gateway_at_the_look_up_leave_it_open(ended, memory, say, form):
    error, _ = ended(
        memory(card__bulk_issue=[say.error(401)], request__status=[say.http(403, FOREIGN[form])])
    )

    assert (type(error), error.done) == (AuthenticationError, None)


def test_look_up_waits_for_no_repeat_however_many_calls_are_refused(timed, memory, over, say):
    """A client has so many repeats a second. The question about a refusal is none."""
    wire = memory(card__bulk_issue=[say.refused], request__status=[say.unknown])
    session = over(wire, retries_per_second=1.0, retry_ratio=0.001)

    async def refused():
        try:
            await session.submit(CARDS_BULK_ISSUE, BulkIssue(product_id=2000, count=1))
        except RequestFailed:
            return True

    async def story():
        return [await refused() for _ in range(50)]

    all_refused, seconds = timed(story())

    assert (all_refused, wire.calls.count(STATUS)) == ([True] * 50, 50)
    assert seconds < 1.0
