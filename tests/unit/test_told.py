"""What follows from what the issuer has said of a request."""

from __future__ import annotations

import pytest

from freedompay_async.contract.models import CardRef, RequestState
from freedompay_async.contract.table import CARDS_BULK_ISSUE, CARDS_ISSUE, REQUESTS_STATUS
from freedompay_async.operations.told import Told

GRACE = 5.0


def state(request_status="process", *card_ids) -> RequestState:
    cards = [CardRef(card_id=each) for each in card_ids] or None
    return RequestState(status="ok", request_status=request_status, cards=cards, request_id="r-1")


def told(call=CARDS_ISSUE, answer=None, *, grace=GRACE, **more) -> Told:
    return Told(
        call, "r-1", answer, cards=None, holder=more.pop("holder", None), grace=grace, **more
    )


@pytest.mark.parametrize(
    ("answer", "status", "ended"),
    [
        (None, "not asked yet", False),
        (state(), "in process", False),
        (state("success"), "succeeded", False),
        (state("success", "c-1"), "succeeded", True),
        (state("error"), "failed", True),
    ],
)
def test_an_answer_tells_how_far_it_is(answer, status, ended):
    subject = told(answer=answer)

    assert (subject.status, subject.ended, subject.not_known) == (status, ended, False)


@pytest.mark.parametrize(
    ("ages", "status", "not_known"),
    [
        ((4.9,), "not known yet", False),
        ((5.0,), "not known", True),
        ((5.0, 1.0), "not known", True),
        ((1.0, 6.0), "not known", True),
    ],
)
def test_an_id_that_is_not_known_ends_after_the_grace_time(ages, status, not_known):
    subject = told()
    for age in ages:
        subject.keep_unknown(age)

    assert (subject.status, subject.ended, subject.not_known) == (status, False, not_known)


@pytest.mark.parametrize("seen", ["by an earlier process", "here"])
def test_what_was_accepted_is_never_not_known(seen):
    subject = told(grace=None) if seen == "by an earlier process" else told(answer=state())
    subject.keep_unknown(1e9)

    assert not subject.not_known
    assert subject.grace is None


def test_a_look_up_that_finds_it_revives_it():
    subject = told()
    subject.keep_unknown(9.0)
    subject.keep(state())

    assert (subject.status, subject.not_known) == ("in process", False)


def test_a_result_that_is_given_is_an_end():
    subject = told(result="an answer")

    assert (subject.status, subject.ended, subject.result) == ("succeeded", True, "an answer")


@pytest.mark.parametrize(
    ("first", "later", "kept", "success"),
    [
        # Without a name a first success says no more than that the call was taken.
        (state("success"), state(), "process", None),
        (state("success"), state("error"), "error", None),
        (state("success", "c-1"), state(), "success", "success"),
        (state("success", "c-1"), state("error"), "error", "success"),
        (state("process", "c-1"), state("error"), "error", "process"),
    ],
)
def test_a_success_is_not_lost_to_a_later_answer(first, later, kept, success):
    subject = told(answer=first)
    subject.keep(later)

    before = None if subject.success is None else subject.success.request_status
    assert (subject.answer.request_status, before) == (kept, success)


def test_a_success_that_a_look_up_told_is_not_lost_without_a_name_either():
    subject = told()
    subject.keep(state("success"))
    subject.keep(state())

    assert (subject.status, subject.done) == ("succeeded", True)


@pytest.mark.parametrize(
    ("answer", "done"), [(None, None), (state(), None), (state("error"), None)]
)
def test_whether_it_was_done_is_known_of_a_success_only(answer, done):
    assert told(answer=answer).done is done


def test_cards_of_another_client_are_logged(caplog):
    answer = RequestState(
        status="ok",
        request_status="success",
        cards=[CardRef(card_id="c-1")],
        client_id="somebody-else",
        request_id="r-1",
    )

    subject = told(answer=answer, holder="client-1")

    assert subject.result is not None
    (record,) = caplog.records
    assert (record.levelname, record.request_id, record.call) == ("ERROR", "r-1", "cards.issue")


def test_a_number_that_is_not_known_ends_with_any_list():
    assert told(CARDS_BULK_ISSUE, state("success", "c-1")).ended
    assert told(REQUESTS_STATUS, state("success")).ended
