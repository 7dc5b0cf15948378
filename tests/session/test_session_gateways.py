"""Gateways that say 401, 403 and 404 in whatever form: they know of no id, and nothing of what was
done behind them.
"""

from __future__ import annotations

import pytest

from freedompay_async import (
    AuthenticationError,
    FreedomPayError,
    OutcomeUnknown,
    Policy,
    ProtocolError,
    StillProcessing,
)
from freedompay_async.contract.models import BulkIssue, CardId
from freedompay_async.contract.table import CARDS_BALANCE, CARDS_BULK_ISSUE
from freedompay_async.operations.operation import Operation
from tests.session.foreign import CONTRADICTIONS, FOREIGN

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


@pytest.fixture
def ended(timed, over):
    """What one effect comes to over a wire, and how many seconds that takes."""

    def run(wire, *, request_id=None, timeout=60.0, **options):
        session = over(wire, **options)

        async def story():
            try:
                return await session.submit(
                    CARDS_BULK_ISSUE,
                    BulkIssue(product_id=2000, count=1),
                    {"request_id": request_id, "timeout": timeout},
                )
            except FreedomPayError as error:
                return error

        return timed(story())

    return run


# -- 401 and 403


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [401, 403])
def test_work_behind_a_refusal_is_looked_up_at_once_and_found(ended, memory, say, http, form):
    wire = memory(card__bulk_issue=[say.http(http, FOREIGN[form])], request__status=[say.success])
    state, seconds = ended(wire)

    assert (state.card_ids, wire.calls, seconds) == (("card-1",), [BULK, STATUS], 0.0)


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [401, 403])
@pytest.mark.parametrize("given", [None, OWN])
def test_host_that_refuses_questions_too_is_told_at_once(ended, memory, say, http, form, given):
    step = say.http(http, FOREIGN[form])
    wire = memory(card__bulk_issue=[step], request__status=[step])
    error, seconds = ended(wire, request_id=given)

    assert (type(error), error.outcome_unknown, error.http_status) == (
        AuthenticationError,
        True,
        http,
    )
    assert error.request_id == wire.of(BULK)[0].fields["request_id"]
    assert (wire.calls, seconds) == ([BULK, STATUS], 0.0)
    assert "Whether this call did anything is not known" in str(error)
    assert "This attempt did nothing" not in str(error)


def test_key_that_the_issuer_itself_refuses_for_the_question_leaves_the_effect_open(
    ended, memory, say
):
    wire = memory(card__bulk_issue=[say.http(403, b"Forbidden")], request__status=[say.denied])
    error, _ = ended(wire)

    assert (type(error), error.outcome_unknown, wire.calls) == (
        AuthenticationError,
        True,
        [BULK, STATUS],
    )


@pytest.mark.parametrize("step", ["lost", "unavailable", "limited", "page", "not_sent"])
def test_question_without_an_answer_is_asked_again(ended, memory, say, step):
    wire = memory(
        card__bulk_issue=[say.http(403, b"Forbidden")],
        request__status=[getattr(say, step), say.success],
    )
    state, _ = ended(wire)

    assert (state.card_ids, wire.calls) == (("card-1",), [BULK, STATUS, STATUS])


def test_id_that_is_not_known_behind_a_refusal_is_sent_again_after_the_grace(ended, memory, say):
    wire = memory(
        card__bulk_issue=[say.http(403, b"Forbidden"), say.success], request__status=[say.unknown]
    )
    state, _ = ended(wire)

    first, second = wire.of(BULK)
    assert (state.card_ids, first.body) == (("card-1",), second.body)
    assert second.at - first.at >= Policy().grace


def test_refusal_of_what_was_sent_again_is_looked_up_like_the_first(ended, memory, say):
    wire = memory(card__bulk_issue=[say.lost, say.http(403, b"Forbidden")])

    async def known_after_the_second(attempt, sent):
        return await (say.success if len(wire.of(BULK)) > 1 else say.unknown)(attempt, sent)

    wire.scripts[STATUS] = [known_after_the_second]
    state, _ = ended(wire)

    assert (state.card_ids, len(wire.of(BULK)), wire.calls[-2:]) == (("card-1",), 2, [BULK, STATUS])


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [401, 403])
def test_question_that_is_refused_in_any_form_is_an_authentication_error(
    play, over, memory, say, http, form
):
    wire = memory(card__balance=[say.http(http, FOREIGN[form])])

    with pytest.raises(AuthenticationError, match="The question did nothing") as caught:
        play(over(wire).read(CARDS_BALANCE, CardId(card_id="c-1")))

    assert (caught.value.done, caught.value.outcome_unknown, len(wire.sent)) == (False, False, 1)


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [401, 403])
def test_call_that_nobody_can_be_asked_about_is_left_open(ask, say, scheme, http, form):
    with pytest.raises(AuthenticationError, match="a person has to look") as caught:
        ask(
            lambda fp: fp.gift_cards.issue(cardholder_name="A", phone=1, product_code=1),
            scheme=scheme,
            issue_card=[say.http(http, FOREIGN[form])],
        )

    assert caught.value.outcome_unknown
    assert len(ask.wire.sent) == 1


@pytest.mark.parametrize("form", FOREIGN)
def test_pin_that_is_refused_may_be_set_again(ask, say, form):
    with pytest.raises(AuthenticationError, match="Doing it again gives the same end") as caught:
        ask(
            lambda fp: fp.cards.set_pin("c-1", "U2FsdGVkX18="),
            card__set_pin=[say.http(403, FOREIGN[form])],
        )

    assert caught.value.outcome_unknown


# -- 404 to a question


@pytest.mark.parametrize("form", FOREIGN)
def test_404_to_the_question_does_not_keep_a_lost_call_from_being_sent_again(
    ended, memory, say, form
):
    wire = memory(
        card__bulk_issue=[say.lost, say.success], request__status=[say.http(404, FOREIGN[form])]
    )
    state, _ = ended(wire)

    first, second = wire.of(BULK)
    assert (state.card_ids, first.body, first.headers) == (("card-1",), second.body, second.headers)
    assert second.at - first.at >= Policy().grace


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [200, 302, 400, 405, 410, 422])
def test_other_foreign_answers_to_the_question_let_nothing_be_sent_again(
    ended, memory, say, http, form
):
    wire = memory(card__bulk_issue=[say.lost], request__status=[say.http(http, FOREIGN[form])])
    error, _ = ended(wire, timeout=20)

    assert (type(error), len(wire.of(BULK))) == (OutcomeUnknown, 1)
    assert len(wire.of(STATUS)) > 3


@pytest.mark.parametrize("form", CONTRADICTIONS)
@pytest.mark.parametrize("http", [200, 404])
def test_answer_to_the_question_that_contradicts_itself_lets_nothing_be_sent_again(
    ended, memory, say, http, form
):
    wire = memory(
        card__bulk_issue=[say.lost], request__status=[say.http(http, CONTRADICTIONS[form])]
    )
    error, _ = ended(wire, timeout=20)

    assert (type(error), len(wire.of(BULK))) == (OutcomeUnknown, 1)


@pytest.mark.parametrize("form", FOREIGN)
def test_404_is_no_not_known_to_whoever_asks(play, over, memory, say, form):
    session = over(memory(request__status=[say.http(404, FOREIGN[form])]))

    async def story():
        with pytest.raises(ProtocolError) as caught:
            await session.look_up(OWN)
        with pytest.raises(ProtocolError):
            await Operation(session, CARDS_BULK_ISSUE, OWN).refresh()
        return caught

    caught = play(story())
    assert (caught.value.done, caught.value.http_status) == (False, 404)


@pytest.mark.parametrize("http", [200, 400, 404, 422])
def test_not_known_in_the_issuers_own_json_is_none(play, over, memory, say, http):
    assert play(over(memory(request__status=[say.error(http)])).look_up(OWN)) is None


@pytest.mark.parametrize("form", FOREIGN)
def test_404_to_every_question_of_a_wait_says_nothing_of_an_acceptance(
    play, over, memory, say, form
):
    session = over(memory(request__status=[say.http(404, FOREIGN[form])]))
    with pytest.raises(
        StillProcessing, match="Nothing shows that the issuer ever accepted it"
    ) as caught:
        play(Operation(session, CARDS_BULK_ISSUE, OWN).result(timeout=20))

    assert (caught.value.done, type(caught.value.__cause__)) == (None, ProtocolError)


def test_404_of_a_gateway_while_it_is_made_only_costs_time(play, over, memory, say):
    asked = [
        say.process,
        say.http(404, b"404 page not found\n"),
        say.http(502, b"<html>"),
        say.success,
    ]
    session = over(memory(request__status=asked))

    assert play(Operation(session, CARDS_BULK_ISSUE, OWN).result(timeout=60)).card_ids == (
        "card-1",
    )


# -- the first answer


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [200, 201, 301, 400, 404, 409, 422, 500, 502, 503, 504])
def test_first_answer_that_is_not_the_issuers_is_looked_up(ended, memory, say, http, form):
    wire = memory(card__bulk_issue=[say.http(http, FOREIGN[form])], request__status=[say.success])
    state, _ = ended(wire)

    assert (state.card_ids, state.found, wire.calls) == (("card-1",), False, [BULK, STATUS])


@pytest.mark.parametrize("form", FOREIGN)
def test_429_in_any_form_is_waited_out_under_the_same_id(ended, memory, say, form):
    wire = memory(card__bulk_issue=[say.http(429, FOREIGN[form]), say.success])
    state, _ = ended(wire)

    assert (state.card_ids, wire.calls, len({each.body for each in wire.sent})) == (
        ("card-1",),
        [BULK, BULK],
        1,
    )


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("http", [200, 400, 404, 422])
def test_foreign_answer_to_a_read_is_a_protocol_error(play, over, memory, say, http, form):
    with pytest.raises(ProtocolError, match="It changes nothing"):
        play(
            over(memory(card__balance=[say.http(http, FOREIGN[form])])).read(
                CARDS_BALANCE, CardId(card_id="c-1")
            )
        )
