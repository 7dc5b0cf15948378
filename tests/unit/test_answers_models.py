"""What answers say of themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from freedompay_async.contract.models import (
    Answer,
    Authorization,
    CardRef,
    CardSummary,
    CardValidation,
    ClientCards,
    CreatedTransaction,
    GiftAnswer,
    GiftProduct,
    GiftProducts,
    GiftStatus,
    IssuedCards,
    IssuedGiftCard,
    Movement,
    PinLink,
    PinPageAnswer,
    RequestState,
)
from freedompay_async.redaction.secret import PageUrl

ALMATY = timezone(timedelta(hours=5))


class TestAnswer:
    @pytest.mark.parametrize(
        ("status", "expected"),
        [("ok", True), ("error", False), ("done", None), ("OK", None), ("", None)],
    )
    def test_was_accepted_by_its_status(self, status, expected):
        assert Answer(status=status).accepted is expected

    @pytest.mark.parametrize(
        ("given", "expected"), [(None, None), (0, "0"), (17, "17"), ("E1", "E1"), ("", "")]
    )
    def test_has_its_refusal_as_text(self, given, expected):
        answer = Answer(status="error", error_code=given, error_description=given)

        assert (answer.refusal_code, answer.refusal_text) == (expected, expected)


EMPTY = ["", " ", 0, "0", None]


class TestContradiction:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (Answer(status="ok", request_status="error"), None),
            (Answer(status="error", request_status="error"), None),
            (Answer(status="error"), None),
            (
                Answer(status="error", request_status="success"),
                "status error with another request_status",
            ),
            (
                Answer(status="error", request_status="process"),
                "status error with another request_status",
            ),
            (
                Answer(status="error", request_status="queued"),
                "status error with another request_status",
            ),
            (RequestState(status="ok", request_status="error", client_id=7), None),
            (
                RequestState(status="error", request_status="error", client_id=7),
                "status error, and it names something",
            ),
            (
                RequestState(status="error", transaction_id="8"),
                "status error, and it names something",
            ),
            (
                RequestState(status="error", cards=[CardRef(card_id=5)]),
                "status error, and it names something",
            ),
            (
                RequestState(status="error", request_status="success"),
                "status error with another request_status",
            ),
            (RequestState(status="error", fin_document_id=5), None),
            (GiftAnswer(status=GiftStatus.NO_MONEY), None),
            (IssuedGiftCard(status=GiftStatus.NO_MONEY), None),
            (IssuedGiftCard(status=GiftStatus.OK, card_id=5), None),
            (
                IssuedGiftCard(status=GiftStatus.NO_MONEY, card_id=5),
                "a negative status, and it names a card",
            ),
            (
                PinPageAnswer(
                    status="Success", data=[PinLink(set_pin_url=PageUrl("https://a.example"))]
                ),
                None,
            ),
            (
                PinPageAnswer(
                    status="maybe", data=[PinLink(set_pin_url=PageUrl("https://a.example"))]
                ),
                None,
            ),
            (PinPageAnswer(status="error"), None),
            (PinPageAnswer(status="error", data=[PinLink()]), None),
            (
                PinPageAnswer(
                    status="Error", data=[PinLink(set_pin_url=PageUrl("https://a.example"))]
                ),
                "an error, and it has a page",
            ),
        ],
    )
    def test_is_of_parts_that_say_opposite_things(self, answer, expected):
        assert answer.contradiction == expected

    @pytest.mark.parametrize("empty", EMPTY)
    def test_is_not_of_empty_ids(self, empty):
        assert (
            RequestState(
                status="error",
                client_id=empty,
                transaction_id=empty,
                cards=[CardRef(card_id=empty)],
            ).contradiction
            is None
        )
        assert IssuedGiftCard(status=GiftStatus.NO_MONEY, card_id=empty).contradiction is None


class TestRequestState:
    @pytest.mark.parametrize("empty", EMPTY)
    def test_drops_an_id_that_is_empty(self, empty):
        state = RequestState(
            status="ok", client_id=empty, transaction_id=empty, fin_document_id=empty
        )

        assert (state.client_id, state.transaction_id, state.fin_document_id, state.names) == (
            None,
            None,
            None,
            None,
        )

    @pytest.mark.parametrize(
        ("card_ids", "named", "unnamed"),
        [
            ([], (), False),
            ([5, "5", 6], ("5", "6"), False),
            ([5, ""], ("5",), True),
            (["0"], (), True),
            ([None], (), True),
        ],
    )
    def test_names_each_card_once_and_tells_whether_one_is_not_named(
        self, card_ids, named, unnamed
    ):
        state = RequestState(status="ok", cards=[CardRef(card_id=each) for each in card_ids])

        assert (state.card_ids, state.unnamed) == (named, unnamed)

    def test_without_cards_has_none_that_is_not_named(self):
        assert (RequestState(status="ok").card_ids, RequestState(status="ok").unnamed) == (
            (),
            False,
        )

    def test_tells_what_it_names_in_words(self):
        state = RequestState(
            status="ok",
            cards=[CardRef(card_id=5), CardRef(card_id="")],
            client_id=77,
            transaction_id="8",
        )

        assert state.names == "card 5, client 77, transaction 8"


class TestIssuedCards:
    @pytest.mark.parametrize(
        ("ordered", "expected"), [(None, None), (2, True), (1, False), (3, False)]
    )
    def test_are_complete_where_they_are_as_many_as_were_ordered(self, ordered, expected):
        state = RequestState(status="ok", request_status="success")

        assert (
            IssuedCards(request_id="r", card_ids=("1", "2"), answer=state, ordered=ordered).complete
            is expected
        )


class TestCreatedTransaction:
    @pytest.mark.parametrize(
        ("ids", "expected"),
        [
            ({"transaction_id": 9, "fin_document_id": 7}, ("9", "7")),
            ({"transaction_id": "9", "fin_document_id": "7"}, ("9", "7")),
            ({"transaction_id": 9}, ("9", None)),
        ],
    )
    def test_has_its_ids_as_text(self, ids, expected):
        state = RequestState(status="ok", request_status="success", request_id="r", **ids)
        made = CreatedTransaction.of(state)

        assert (made.request_id, made.transaction_id, made.fin_document_id, made.answer) == (
            "r",
            *expected,
            state,
        )

    def test_is_none_without_an_id(self):
        assert (
            CreatedTransaction.of(
                RequestState(status="ok", request_status="success", fin_document_id=7)
            )
            is None
        )


class TestGiftAnswer:
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (0, (True, None, None)),
            (-6, (False, "-6", "There is not enough money on the partner's account.")),
            (-11, (False, "-11", GiftStatus.ACCESS_DENIED.sentence)),
            (
                -12,
                (
                    None,
                    "-12",
                    "The issuer answered with the code -12, which is not in its dictionary.",
                ),
            ),
            (
                -77,
                (
                    None,
                    "-77",
                    "The issuer answered with the code -77, which is not in its dictionary.",
                ),
            ),
            (7, (None, None, None)),
        ],
    )
    def test_was_accepted_by_its_status(self, status, expected):
        answer = GiftAnswer(status=GiftStatus(status))

        assert (answer.accepted, answer.refusal_code, answer.refusal_text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-05-14 10:00:00", datetime(2026, 5, 14, 10, tzinfo=UTC)),
            ("2026-05-14T10:00:00+05:00", datetime(2026, 5, 14, 10, tzinfo=ALMATY)),
            (None, None),
            ("", None),
            ("today", None),
        ],
    )
    def test_has_its_time_in_utc(self, text, expected):
        assert GiftAnswer(status=GiftStatus.OK, datetime=text).time == expected

    @pytest.mark.parametrize(
        ("given", "expected"),
        [(None, ()), ([], ()), ([GiftProduct(code=1)], (GiftProduct(code=1),))],
    )
    def test_has_its_products(self, given, expected):
        assert GiftProducts(status=GiftStatus.OK, product_list=given).products == expected


class TestReads:
    @pytest.mark.parametrize("kind", [Movement, Authorization])
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-05-14T10:00:00+05:00", datetime(2026, 5, 14, 10, tzinfo=ALMATY)),
            ("2026-05-14 10:00:00", None),
            ("", None),
            (None, None),
        ],
    )
    def test_have_a_time_where_it_has_an_offset(self, kind, text, expected):
        assert kind(datetime=text).time == expected

    @pytest.mark.parametrize(
        ("score", "expected"),
        [
            ("44.37%", Decimal("0.4437")),
            (" 100% ", Decimal(1)),
            ("0%", Decimal(0)),
            ("44", Decimal("0.44")),
            ("44,37%", None),
            ("-1%", None),
            ("1e3%", None),
            ("NaN%", None),
            ("%", None),
            ("", None),
            (None, None),
            (".", None),
            ("1.2.3%", None),
            (chr(0x665) + "%", None),
        ],
    )
    def test_have_a_score_as_a_share(self, score, expected):
        assert CardValidation(status="ok", score=score).share == expected

    @pytest.mark.parametrize(
        ("cards", "expected"),
        [(None, ()), ([], ()), ([CardSummary(card_id="5"), CardSummary(card_id=6)], ("5", "6"))],
    )
    def test_name_cards_as_text(self, cards, expected):
        assert ClientCards(status="ok", cards=cards).card_ids == expected


class TestNames:
    def test_are_the_first_of_many_cards(self):
        state = RequestState(
            status="ok",
            cards=[CardRef(card_id=f"c{number}") for number in range(1_022)],
            client_id="k",
        )

        assert state.names.startswith("card c0, card c1, ")
        assert state.names.endswith("card c19, 1,002 more cards, client k")

    @pytest.mark.parametrize("number", [10**40, -(10**40), int("7" * 4_300)])
    def test_are_no_numbers_that_nobody_can_write(self, number):
        state = RequestState(status="ok", cards=[CardRef(card_id=number)], client_id=number)

        assert (state.card_ids, state.client_id, state.named, state.unnamed) == (
            (),
            None,
            False,
            True,
        )

    def test_may_be_numbers_of_forty_digits(self):
        assert RequestState(status="ok", client_id=10**40 - 1).named
