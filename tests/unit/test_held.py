"""What an answer lacks of what was asked for."""

from __future__ import annotations

import pytest

from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models import (
    BulkIssue,
    CardActivation,
    CardIssue,
    CardRef,
    Completed,
    IssuedCards,
    RequestState,
)
from freedompay_async.contract.table import (
    CARDS_BULK_ISSUE,
    CARDS_CLOSE,
    CARDS_ISSUE,
    CLIENTS_CREATE,
    REQUESTS_STATUS,
    TABLE,
    TRANSACTIONS_CREATE,
)
from freedompay_async.operations.held import lacks, result_of

EMPTY = ["", " ", "\n", 0, "0", None]


def state(*card_ids, request_status="success", **fields) -> RequestState:
    cards = [CardRef(card_id=each) for each in card_ids] or None
    return RequestState(
        status="ok", request_status=request_status, cards=cards, request_id="r-1", **fields
    )


class TestCards:
    @pytest.mark.parametrize(
        ("card_ids", "ordered"),
        [((5,), 1), (("5",), None), (("1", "2"), 2), (("1", "2"), None), ((1, "2", "3"), 3)],
    )
    def test_that_are_all_named_are_the_result(self, card_ids, ordered):
        made = result_of(CARDS_BULK_ISSUE, state(*card_ids), cards=ordered)

        complete = None if ordered is None else True
        assert (made.card_ids, made.ordered, made.complete, made.request_id) == (
            tuple(map(str, card_ids)),
            ordered,
            complete,
            "r-1",
        )
        assert lacks(CARDS_BULK_ISSUE, state(*card_ids), cards=ordered) is None

    @pytest.mark.parametrize("empty", EMPTY)
    @pytest.mark.parametrize(
        ("card_ids", "ordered", "expected"),
        [
            ((None,), 1, "0 of 1 cards so far"),
            ((None,), None, "0 of 1 cards so far"),
            (("1", None), 2, "1 of 2 cards so far"),
            (("1", None, "2"), None, "2 of 3 cards so far"),
            (("1", "2", None), 2, "2 of 3 cards so far"),
        ],
    )
    def test_with_an_empty_id_are_waited_for(self, empty, card_ids, ordered, expected):
        told = state(*(empty if each is None else each for each in card_ids))

        assert (
            result_of(CARDS_BULK_ISSUE, told, cards=ordered),
            lacks(CARDS_BULK_ISSUE, told, cards=ordered),
        ) == (None, expected)

    @pytest.mark.parametrize(
        ("card_ids", "ordered", "expected"),
        [
            ((), 1, "0 of 1 cards so far"),
            (("1",), 2, "1 of 2 cards so far"),
            (("1", "1"), 2, "1 of 2 cards so far"),
            (("1", 1, "2"), 3, "2 of 3 cards so far"),
        ],
    )
    def test_fewer_than_were_ordered_are_waited_for(self, card_ids, ordered, expected):
        told = state(*card_ids)

        assert (
            result_of(CARDS_BULK_ISSUE, told, cards=ordered),
            lacks(CARDS_BULK_ISSUE, told, cards=ordered),
        ) == (None, expected)

    @pytest.mark.parametrize("ordered", [1, 2])
    def test_more_than_were_ordered_are_all_told(self, ordered):
        made = result_of(CARDS_BULK_ISSUE, state("1", "2", "3"), cards=ordered)

        assert (made.card_ids, made.ordered, made.complete) == (("1", "2", "3"), ordered, False)

    def test_of_an_order_of_another_process_are_waited_for_while_none_is_named(self):
        assert (
            result_of(CARDS_BULK_ISSUE, state(), cards=None),
            lacks(CARDS_BULK_ISSUE, state(), cards=None),
        ) == (None, "no id so far")

    def test_of_an_order_of_another_process_are_those_that_are_named(self):
        assert result_of(CARDS_ISSUE, state("1"), cards=None) == IssuedCards(
            request_id="r-1", card_ids=("1",), answer=state("1")
        )


class TestOtherResults:
    @pytest.mark.parametrize("empty", EMPTY)
    @pytest.mark.parametrize(
        ("call", "field"), [(CLIENTS_CREATE, "client_id"), (TRANSACTIONS_CREATE, "transaction_id")]
    )
    def test_with_an_empty_id_are_waited_for(self, call, field, empty):
        told = state(**{field: empty})

        assert (result_of(call, told, cards=None), lacks(call, told, cards=None)) == (
            None,
            "no id so far",
        )

    @pytest.mark.parametrize(
        ("call", "field"), [(CLIENTS_CREATE, "client_id"), (TRANSACTIONS_CREATE, "transaction_id")]
    )
    def test_are_made_of_their_id(self, call, field):
        assert getattr(result_of(call, state(**{field: 77}), cards=None), field) == "77"

    def test_that_need_no_id_are_there_at_once(self):
        assert result_of(CARDS_CLOSE, state(), cards=None) == Completed(
            request_id="r-1", answer=state()
        )

    @pytest.mark.parametrize("told", [state(), state("1"), state(client_id=7)])
    def test_of_a_request_attached_by_its_id_are_its_state(self, told):
        assert result_of(REQUESTS_STATUS, told, cards=None) == told

    def test_of_a_request_attached_by_its_id_wait_for_a_card_that_is_not_named(self):
        told = state("1", "")

        assert (
            result_of(REQUESTS_STATUS, told, cards=None),
            lacks(REQUESTS_STATUS, told, cards=None),
        ) == (None, "1 of 2 cards so far")


@pytest.mark.parametrize(
    "call", [row for row in TABLE if row.retry is Retry.ASKABLE], ids=lambda row: row.name
)
@pytest.mark.parametrize("told", ["process", "error", "queued", "SUCCESS", None])
def test_what_has_not_succeeded_has_no_result(call, told):
    made = state("1", request_status=told, client_id=77, transaction_id=8)

    assert result_of(call, made, cards=1) is None


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        (CardIssue(client_id="77", product_id=1), 1),
        (BulkIssue(product_id=1, count=7), 7),
        (CardActivation(card_id="5"), None),
    ],
)
def test_an_order_says_how_many_cards_it_is_of(request_body, expected):
    assert request_body.cards == expected


@pytest.mark.parametrize(
    ("ordered_for", "named", "expected"),
    [("5", 5, True), ("5", "6", False), (None, "6", True), ("5", None, True), ("5", "0", True)],
)
def test_cards_are_held_against_the_client_that_they_were_ordered_for(ordered_for, named, expected):
    made = result_of(CARDS_ISSUE, state("1", client_id=named), cards=1, client_id=ordered_for)

    assert (made.complete, made.differs is None) == (expected, expected)
