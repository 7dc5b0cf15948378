"""How a row ends, and in which words: what is sure is said, and nothing beyond it."""

from __future__ import annotations

import pytest

from freedompay_async.batch import State
from freedompay_async.batch.ending import (
    Ended,
    failed,
    not_all_named,
    not_proved,
    not_what_was_ordered,
    now_proved,
    proved,
    says_nothing,
    used_before,
)
from freedompay_async.batch.entries import Entry
from freedompay_async.errors import NotSent, OutcomeUnknown, RequestFailed

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def row(client_id=None, card_id=None):
    return Entry(
        number=1, line=2, key="k1", planned=None, client_id=client_id, card_id=card_id, sent={}
    )


def request_failed(**facts):
    facts = {"request_id": OWN, "call": "cards.issue", "done": None} | facts
    return RequestFailed("no money.", **facts)


def end_of(ended):
    return ended.state, ended.reason, ended.proved, ended.card_ids


def test_an_end_says_no_more_than_it_was_given():
    assert end_of(Ended(State.ISSUED, None)) == (State.ISSUED, None, False, ())
    assert end_of(Ended(State.REFUSED, "no", proved=True, card_ids=["1"])) == (
        State.REFUSED,
        "no",
        True,
        ("1",),
    )
    assert str(Ended(State.REFUSED, "no")) == "no"


# -- after an error


@pytest.mark.parametrize(
    "error", [OutcomeUnknown("lost.", request_id=OWN), NotSent("no.", request_id=OWN)]
)
def test_an_error_that_is_no_failure_leaves_the_row_unknown(error):
    entry = row()

    assert end_of(failed(entry, error)) == (State.UNKNOWN, str(error), False, ())
    assert (entry.client_id, entry.card_id) == (None, None)


@pytest.mark.parametrize(
    ("done", "proved", "sure"),
    [
        (False, True, True),
        (None, True, False),
        (False, False, False),
        (None, False, False),
        (True, True, False),
    ],
)
def test_a_failure_that_names_nothing_is_proved_where_it_is_and_was_not_done(done, proved, sure):
    error = request_failed(done=done, proved=proved)

    assert end_of(failed(row(), error)) == (State.REFUSED, str(error), sure, ())


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"card_ids": ("c-1",)}, "card c-1"),
        ({"card_ids": ("c-1", "c-2", "c-3")}, "3 cards, c-1, c-2, c-3"),
        ({"client_id": "cl-1"}, "client cl-1"),
        ({"transaction_id": "t-1"}, "transaction t-1"),
        (
            {"card_ids": ("c-1",), "client_id": "cl-1", "transaction_id": "t-1"},
            "card c-1 and client cl-1 and transaction t-1",
        ),
    ],
)
def test_a_failure_that_names_something_is_doubtful(facts, named):
    entry, error = row(client_id="own"), request_failed(proved=True, done=False, **facts)

    told = end_of(failed(entry, error))

    assert told == (
        State.DOUBTFUL,
        f"the request failed, and its answer names {named}: {error}",
        False,
        facts.get("card_ids", ()),
    )
    # What a failed request names is nothing that a next step may build on.
    assert (entry.client_id, entry.card_id) == ("own", next(iter(facts.get("card_ids", ())), None))


def test_a_row_keeps_the_card_that_it_has_where_a_failure_names_another():
    entry = row(client_id="cl-1", card_id="c-1")
    told = failed(entry, request_failed(card_ids=("c-2",)))

    assert (told.state, told.card_ids, entry.card_id) == (State.DOUBTFUL, ("c-2",), "c-1")


def test_a_failed_activation_that_names_the_rows_own_card_and_client_names_nothing():
    error = request_failed(card_ids=("c-1",), client_id="cl-1")

    assert failed(row(client_id="cl-1", card_id="c-1"), error).state is State.REFUSED


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"card_ids": ("c-1", "c-2"), "client_id": "cl-1"}, "card c-2"),
        ({"card_ids": ("c-1",), "client_id": "cl-2"}, "client cl-2"),
    ],
)
def test_of_what_a_failed_activation_names_only_what_is_not_the_rows_own_is_told(facts, named):
    told = failed(row(client_id="cl-1", card_id="c-1"), request_failed(**facts))

    assert told.reason.startswith(f"the request failed, and its answer names {named}: ")


def test_the_client_of_a_row_without_a_card_is_something_that_a_failure_names():
    told = failed(row(client_id="cl-1"), request_failed(client_id="cl-1"))

    assert (told.state, told.reason.partition(": ")[0]) == (
        State.DOUBTFUL,
        "the request failed, and its answer names client cl-1",
    )


# -- what is there and is not what was ordered, or not all of it


def test_what_is_not_what_was_ordered_is_told_with_all_its_cards():
    told = not_what_was_ordered("ordered 1, and 2 cards were made", ["c-1", "c-2"], request_id=OWN)

    assert end_of(told) == (
        State.DOUBTFUL,
        f"ordered 1, and 2 cards were made: 2 cards, c-1, c-2 [request_id {OWN}]",
        False,
        ("c-1", "c-2"),
    )


@pytest.mark.parametrize(
    ("card_ids", "so_far"),
    [((), "none"), (("c-1",), "card c-1"), (("c-1", "c-2"), "2 cards, c-1, c-2")],
)
def test_what_is_done_and_not_all_named_is_unknown_and_names_what_is_told_so_far(card_ids, so_far):
    told = not_all_named("cards.issue", card_ids, request_id=OWN)

    assert end_of(told) == (
        State.UNKNOWN,
        f"cards.issue: done, and not all ids are named yet (so far {so_far}) [request_id {OWN}]",
        False,
        (),
    )


# -- used before


@pytest.mark.parametrize(
    ("client_id", "card_id", "begins"),
    [
        ("cl-1", "c-1", "used before: check whose card it is. The issuer knew"),
        (None, "c-1", "used before: check whose card it is. The issuer knew"),
        ("cl-1", None, "used before: check whose client it is. No card of that use is known: "),
        (None, None, "used before. Nothing is known that this use has made: "),
    ],
)
def test_a_row_that_was_used_before_is_told_by_what_is_known_of_that_use(
    client_id, card_id, begins
):
    entry = row(client_id, card_id)
    told = used_before(entry, "client", OWN)

    assert (told.state, told.proved, told.card_ids) == (State.FOUND, False, ())
    assert told.reason.startswith(begins)
    assert told.reason.endswith(
        "The issuer knew the request id of this row's client before this journal sent it, so "
        "nothing is made for the row "
        f"until --accept-found says that it was used for the same person [request_id {OWN}]"
    )


# -- refusals


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"http_status": 422}, " (HTTP 422)"),
        ({"error_code": "7", "error_description": "bad phone"}, " (7 bad phone)"),
        (
            {"http_status": 400, "error_code": "7", "error_description": "bad phone"},
            " (HTTP 400 7 bad phone)",
        ),
    ],
)
def test_a_refusal_that_is_not_proved_says_why_it_is_not_and_what_the_issuer_said(facts, words):
    told = not_proved(request_failed(**facts))

    assert told == (
        f"cards.issue: the issuer refused it{words}, and does not know its request id. "
        f"Nothing proves that it was not done [request_id {OWN}]"
    )


def test_the_http_status_of_an_error_that_is_no_answer_is_not_told_as_the_issuers():
    assert "HTTP" not in not_proved(
        OutcomeUnknown("lost.", request_id=OWN, call="cards.issue", http_status=502)
    )


def test_a_refusal_that_could_not_be_asked_about_says_so():
    assert says_nothing(request_failed()) == (
        "cards.issue: the issuer refused it, and request/status says nothing of it [request_id "
        f"{OWN}]"
    )


NOT_PROVED = "does not know its request id. Nothing proves that it was not done"
PROVED = (
    "does not know its request id, asked again later, while it knows one that it has accepted "
    "from this batch. It was not done"
)


@pytest.mark.parametrize(("http_status", "hinted"), [(200, True), (400, False)])
def test_a_refusal_with_a_code_that_is_known_elsewhere_tells_what_it_means_there(
    http_status, hinted
):
    told = not_proved(request_failed(http_status=http_status, error_code="1002"))
    plain = not_proved(request_failed(http_status=http_status, error_code="17")).replace(
        "17", "1002"
    )
    hint = (
        "In the vendor's E-Money section the code 1002 stands for a request id that is not "
        "unique. Here that is a hint, and proves nothing."
    )

    assert told == (f"{plain}. {hint}" if hinted else plain)


def test_a_refusal_that_is_proved_says_what_proves_it():
    assert (
        proved(request_failed())
        == f"cards.issue: the issuer refused it, and {PROVED} [request_id {OWN}]"
    )


@pytest.mark.parametrize("code", ["17", "1002"])
def test_a_refusal_that_was_kept_as_not_proved_is_the_same_as_if_it_had_been_proved_at_once(code):
    error = request_failed(http_status=200, error_code=code)

    assert now_proved(not_proved(error)) == proved(error)


def test_what_the_issuer_has_said_stays_as_it_is_when_a_refusal_is_proved():
    error = request_failed(http_status=200, error_code="17", error_description=NOT_PROVED)

    assert now_proved(not_proved(error)) == proved(error)


def test_a_refusal_in_other_words_is_told_as_proved_behind_them():
    assert (
        now_proved("refused by an earlier version")
        == f"refused by an earlier version: the issuer {PROVED}"
    )
