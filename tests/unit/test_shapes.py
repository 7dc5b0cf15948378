from __future__ import annotations

import pickle
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from freedompay_async.codec.shapes import Difference, Note, prepare_shape, read_shape
from freedompay_async.contract import models
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.redaction.redaction import Redaction
from freedompay_async.redaction.secret import Pin, Secret
from tests.unit.shape_examples import GIFT, GOOD, MISSING, OTHER, UNKNOWN, VALUE, Loose


def read(kind, /, **fields):
    notes: list[Note] = []
    return read_shape(fields, kind, notes=notes), notes


def noted(kind, /, **fields) -> list[tuple[Difference, str]]:
    return [tuple(note) for note in read(kind, **fields)[1]]


class TestUnknownFields:
    def test_are_kept_aside(self):
        assert read(models.CardInfo, **GOOD, card_id="5", colour="red", level=7) == (
            models.CardInfo(**GOOD, card_id="5", extra=models.Extra({"colour": "red", "level": 7})),
            [Note(UNKNOWN, "colour"), Note(UNKNOWN, "level")],
        )

    def test_of_a_part_are_kept_in_the_part(self):
        answer, notes = read(
            models.ClientCards,
            **GOOD,
            cards=[{"card_id": "5", "a": 1}, {"card_id": 6, "b": {"c": 2}}],
        )

        assert answer.cards == [
            models.CardSummary(card_id="5", extra=models.Extra({"a": 1})),
            models.CardSummary(card_id=6, extra=models.Extra({"b": {"c": 2}})),
        ]
        assert notes == [Note(UNKNOWN, "cards.a"), Note(UNKNOWN, "cards.b")]

    def test_are_kept_at_every_level_of_a_statement(self):
        answer, notes = read(
            models.StatementExtended,
            **GOOD,
            a=1,
            card={"card_id": "5", "b": 2},
            accounts=[{"iban": "KZ1", "c": 3}],
            authorizations=[{"amount": 1, "d": 4}],
            operations=[{"e": 5}, {"e": 6}],
        )

        assert [
            dict(each.extra)
            for each in (
                answer,
                answer.card,
                answer.accounts[0],
                answer.authorizations[0],
                *answer.operations,
            )
        ] == [
            {"a": 1},
            {"b": 2},
            {"c": 3},
            {"d": 4},
            {"e": 5},
            {"e": 6},
        ]
        assert [note.field for note in notes] == [
            "a",
            "card.b",
            "accounts.c",
            "authorizations.d",
            "operations.e",
            "operations.e",
        ]

    @pytest.mark.parametrize("name", ["extra", "found"])
    def test_may_be_named_like_what_the_client_fills_in(self, name):
        answer, notes = read(models.RequestState, **GOOD, **{name: True})

        assert (dict(answer.extra), answer.found, notes) == (
            {name: True},
            False,
            [Note(UNKNOWN, name)],
        )

    def test_that_may_be_secrets_are_sealed(self):
        answer, _ = read(models.CardInfo, **GOOD, cvv2="123", note="card 4111111111111111")

        assert (
            type(answer.extra["cvv2"]),
            answer.extra["cvv2"].reveal(),
            type(answer.extra["note"]),
        ) == (Secret, "123", Secret)

    def test_of_what_is_made_of_secrets_are_all_sealed(self):
        answer, _ = read(models.CardSecrets, **GOOD, form="rsa", more={"key": "k"})

        assert (answer.extra["form"].reveal(), answer.extra["more"]["key"].reveal()) == ("rsa", "k")

    def test_are_noted_under_a_short_name_that_is_no_card_number(self):
        assert noted(models.Answer, **GOOD, **{"x y " * 25: 1, "4111111111111111": 2}) == [
            (UNKNOWN, "***"),
            (UNKNOWN, "x y " * 15),
        ]

    def test_cost_no_more_than_the_part_that_is_there(self):
        assert read(models.StatementExtended, **GOOD, card=None, accounts=[None] * 0)[1] == []

    def test_survive_a_pickle(self):
        answer, _ = read(models.CardInfo, **GOOD, colour="red", cvv="123")
        made = pickle.loads(pickle.dumps(answer))

        assert (made.extra["colour"], str(made.extra["cvv"]), b"123" in pickle.dumps(answer)) == (
            "red",
            "***",
            False,
        )


class TestUnknownValues:
    @pytest.mark.parametrize(
        ("kind", "fields", "name", "value"),
        [
            (
                models.Answer,
                {**GOOD, "request_status": "queued"},
                "request_status",
                models.RequestStatus("queued"),
            ),
            (models.Answer, {**GOOD, "status": "done"}, "status", models.CallStatus("done")),
            (
                models.RequestState,
                {**GOOD, "request_status": "SUCCESS"},
                "request_status",
                "SUCCESS",
            ),
            (
                models.IssuedGiftCard,
                {**GIFT, "status": -77, "card_id": 5},
                "status",
                models.GiftStatus(-77),
            ),
            (models.IssuedGiftCard, {**GIFT, "status": 10**30, "card_id": 5}, "status", 10**30),
            (
                models.GiftCardState,
                {**GIFT, "card_status": 9, "card_currency": "", "card_balance": 1, "card_mask": ""},
                "card_status",
                9,
            ),
        ],
    )
    def test_pass_through_and_are_noted(self, kind, fields, name, value):
        answer, notes = read(kind, **fields)

        assert (getattr(answer, name), getattr(answer, name).known, notes) == (
            value,
            False,
            [Note(VALUE, name)],
        )

    @pytest.mark.parametrize(
        "status", [*models.CallStatus, *(each.value for each in models.CallStatus)]
    )
    def test_are_not_those_of_the_dictionary(self, status):
        assert noted(models.Answer, **(GOOD | {"status": status})) == []

    def test_of_a_part_are_noted_with_its_name(self):
        class Whole(OpenStruct, kw_only=True, frozen=True):
            parts: list[Loose]

        assert noted(Whole, parts=[{"kind": "two"}]) == [(VALUE, "parts.kind")]


class TestMissingFields:
    @pytest.mark.parametrize(
        ("kind", "fields", "expected"),
        [
            (models.Answer, {"status": "ok"}, ["dt", "request_status"]),
            (models.Answer, {**GOOD, "dt": None}, []),
            (models.Statement, GOOD, ["operations"]),
            (models.Statement, {**GOOD, "operations": []}, []),
            (models.CardValidation, {"status": "ok"}, ["score"]),
            (models.CardValidation, {"status": "ok", "score": "1%"}, []),
            (models.GiftProducts, GIFT, ["product_list"]),
            (models.IssuedGiftCard, {"status": 0}, ["card_id", "datetime"]),
            (
                models.GiftCardState,
                GIFT,
                ["card_balance", "card_currency", "card_mask", "card_status"],
            ),
        ],
    )
    def test_that_the_page_shows_are_noted(self, kind, fields, expected):
        assert noted(kind, **fields) == [(MISSING, name) for name in expected]

    def test_that_the_page_does_not_show_are_not(self):
        assert noted(models.CardInfo, **GOOD) == []

    def test_of_a_part_are_noted_with_its_name(self):
        class Whole(OpenStruct, kw_only=True, frozen=True):
            part: Loose

        assert noted(Whole, part={}) == [(MISSING, "part.kind")]


class TestOtherTypes:
    @pytest.mark.parametrize(
        ("kind", "fields", "name", "value"),
        [
            (models.CardInfo, GOOD, "product_id", [2000]),
            (models.CardInfo, GOOD, "card_mask", 5),
            (models.CardInfo, GOOD, "card_id", [1]),
            (models.CardInfo, GOOD, "request_id", None),
            (models.CardBalance, GOOD, "amount", "much"),
            (models.CardBalance, GOOD, "amount", {"value": 1}),
            (models.CardValidation, {"status": "ok", "score": "1%"}, "fishy", Decimal("0.5")),
            (models.IssuedGiftCard, {**GIFT, "card_id": 5}, "datetime", 5),
            (models.StatementExtended, GOOD, "balances", "none"),
        ],
    )
    def test_of_what_decides_nothing_are_set_aside(self, kind, fields, name, value):
        answer, notes = read(kind, **(fields | {name: value}))

        assert (dict(answer.extra), notes) == ({name: value}, [Note(OTHER, name)])
        assert getattr(answer, name) in (None, "")

    @pytest.mark.parametrize("code", [398, "398", "KZT"])
    def test_of_codes_that_no_page_shows_are_taken(self, code):
        """As a number or as text."""
        for kind, name in (
            *((models.CardInfo, name) for name in ("product_id", "card_status", "error_code")),
            (models.CardBalance, "currency"),
            (models.TransactionInfo, "transaction_status"),
        ):
            answer, notes = read(kind, **GOOD, **{name: code})
            assert (getattr(answer, name), notes) == (code, [])
        for kind, name, part in (
            (models.Statement, "operations", "type"),
            (models.Statement, "operations", "mcc"),
            (models.StatementExtended, "authorizations", "type"),
            (models.LimitList, "limits", "type"),
            (models.LimitList, "limits", "period"),
            (models.ClientCards, "cards", "product_id"),
        ):
            answer, _ = read(
                kind,
                **GOOD,
                **{
                    name: [
                        {"card_id": "5", part: code} if kind is models.ClientCards else {part: code}
                    ]
                },
            )
            assert getattr(getattr(answer, name)[0], part) == code

    def test_stand_beside_what_is_unknown(self):
        answer, notes = read(models.CardInfo, **GOOD, product_id=[2000], card_mask=7, colour="blue")

        assert dict(answer.extra) == {"product_id": [2000], "card_mask": 7, "colour": "blue"}
        assert sorted(notes) == sorted(
            [Note(UNKNOWN, "colour"), Note(OTHER, "product_id"), Note(OTHER, "card_mask")]
        )

    def test_of_a_part_are_set_aside_in_the_part(self):
        answer, notes = read(
            models.Statement,
            **GOOD,
            operations=[{"amount": "n/a", "currency": "KZT", "a": 1}, {"amount": Decimal("1.50")}],
        )

        assert answer.operations == [
            models.Movement(currency="KZT", extra=models.Extra({"a": 1, "amount": "n/a"})),
            models.Movement(amount=Decimal("1.50")),
        ]
        assert notes == [Note(UNKNOWN, "operations.a"), Note(OTHER, "operations.amount")]

    def test_of_parts_at_every_level_are_set_aside(self):
        answer, notes = read(
            models.StatementExtended,
            **GOOD,
            balances="none",
            card={"card_id": "5", "card_mask": 7},
            authorizations=[{"amount": "n/a"}, {"amount": []}],
        )

        assert [dict(each.extra) for each in (answer, answer.card, *answer.authorizations)] == [
            {"balances": "none"},
            {"card_mask": 7},
            {"amount": "n/a"},
            {"amount": []},
        ]
        assert sorted(note.field for note in notes if note.difference is OTHER) == [
            "authorizations.amount",
            "authorizations.amount",
            "balances",
            "card.card_mask",
        ]

    def test_of_a_secret_stay_secret(self):
        answer, notes = read(models.CardSecrets, **GOOD, pan={"data": "AbC="}, cvv=True, form="rsa")

        assert (
            answer.pan,
            answer.extra["pan"]["data"].reveal(),
            answer.extra["form"].reveal(),
        ) == (None, "AbC=", "rsa")
        assert notes == [Note(UNKNOWN, "form"), Note(OTHER, "pan"), Note(OTHER, "cvv")]

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            (models.Answer, {**GOOD, "status": 0}),
            (models.Answer, {**GOOD, "status": None}),
            (models.Answer, {"request_status": "success"}),
            (models.Answer, {**GOOD, "request_status": 1}),
            (models.RequestState, {**GOOD, "client_id": ["77"]}),
            (models.RequestState, {**GOOD, "transaction_id": Decimal("1.5")}),
            (models.RequestState, {**GOOD, "fin_document_id": {}}),
            (models.RequestState, {**GOOD, "cards": "5"}),
            (models.RequestState, {**GOOD, "cards": [5]}),
            (models.ClientCards, {**GOOD, "cards": {"card_id": "5"}}),
            (models.RequestState, {**GOOD, "cards": [{"card_id": "5"}, {"card_id": []}]}),
            (models.StatementExtended, {**GOOD, "card": [{"mask": 7}]}),
            (models.Statement, {**GOOD, "operations": {}}),
            (models.LimitList, {**GOOD, "limits": "none"}),
            (models.IssuedGiftCard, {**GIFT, "status": "0", "card_id": 5}),
            (models.IssuedGiftCard, {**GIFT, "card_id": [5]}),
            (models.IssuedGiftCard, {"card_id": 5}),
        ],
    )
    def test_of_what_decides_make_it_unreadable(self, kind, fields):
        with pytest.raises(msgspec.ValidationError):
            read(kind, **fields)

    def test_of_a_struct_of_the_callers_make_it_unreadable(self):
        @dataclass
        class Mine:
            level: int | None = None

        with pytest.raises(msgspec.ValidationError):
            read(Mine, level="high")


class TestManyNotes:
    def test_of_unknown_fields_are_a_hundred_and_every_field_is_kept(self):
        made, notes = read(
            models.Answer, **GOOD, **{f"f{number:03}": number for number in range(250)}
        )

        assert notes == [Note(UNKNOWN, f"f{number:03}") for number in range(100)]
        assert len(made.extra) == 250

    def test_of_unknown_fields_of_parts_are_a_hundred(self):
        made, notes = read(
            models.RequestState,
            **GOOD,
            cards=[{"card_id": "5", f"f{number}": 1} for number in range(250)],
        )

        assert ([note.difference for note in notes], len(made.cards)) == ([UNKNOWN] * 100, 250)

    def test_leave_room_for_the_other_differences(self):
        _, notes = read(
            models.Answer, status="ok", **{f"f{number:03}": number for number in range(250)}
        )

        assert notes[100:] == [Note(MISSING, "dt"), Note(MISSING, "request_status")]


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"cards": 5}, "cards"), ({"client_id": []}, "client_id"), ({"status": 5}, "status")],
)
def test_a_deciding_field_of_another_type_is_noted_though_nothing_can_be_read(fields, name):
    notes: list[Note] = []
    with pytest.raises(msgspec.ValidationError):
        read_shape({**GOOD, **fields}, models.RequestState, notes=notes)

    assert Note(OTHER, name) in notes


def test_an_answer_that_is_no_object_at_all_is_noted_as_a_whole():
    notes: list[Note] = []
    with pytest.raises(msgspec.ValidationError):
        read_shape({}, models.Answer, notes=notes)

    assert Note(OTHER, "$") in notes


@pytest.mark.parametrize("kind", [models.RequestState, models.Statement, dict])
def test_what_is_prepared_beforehand_reads_as_before(kind):
    prepare_shape(kind)

    assert read_shape({"status": "ok"}, models.RequestState, notes=[]).status == "ok"


class TestHidden:
    """What the texts of an answer must not show."""

    HIDDEN = Redaction([Pin("482193")], codes=True)

    def read(self, kind=models.RequestState, **fields):
        return read_shape({**GOOD, **fields}, kind, notes=[], hidden=self.HIDDEN)

    def test_is_taken_out_of_texts(self):
        answer = self.read(error_description="PIN 482193 or 7741 is wrong", request_status="482193")

        assert (answer.error_description, answer.request_status) == (
            "PIN *** or *** is wrong",
            "***",
        )

    @pytest.mark.parametrize(
        ("code", "told"),
        [
            ("482193", "***"),
            (482193, "***"),
            ("1002", "1002"),
            (1002, 1002),
            ("it is 1002", "it is ***"),
        ],
    )
    def test_is_taken_out_of_a_code_only_where_it_is_known(self, code, told):
        answer = self.read(error_code=code)

        assert str(answer.error_code) == str(told)
        assert answer.refusal_code == str(told)

    def test_is_left_in_what_has_to_be_used(self):
        answer = self.read(
            client_id="482193",
            cards=[{"card_id": 482193}],
            transaction_id="48219300",
            dt=GOOD["dt"],
        )

        assert (answer.client_id, answer.card_ids, answer.transaction_id) == (
            "482193",
            ("482193",),
            "48219300",
        )
        assert answer.time is not None

    def test_is_left_in_amounts_and_numbers(self):
        state = read_shape(
            {**GIFT, "card_balance": 482193, "card_status": 1, "card_mask": "1234********5678"},
            models.GiftCardState,
            notes=[],
            hidden=self.HIDDEN,
        )

        assert (state.card_balance, state.card_status, state.card_mask) == (
            482193,
            1,
            "1234********5678",
        )

    def test_is_no_name_of_a_difference(self):
        notes: list[Note] = []
        read_shape(
            {**GOOD, "482193": 1, "n7741": 1}, models.Answer, notes=notes, hidden=self.HIDDEN
        )

        assert {note.field for note in notes} == {"***", "n***"}

    def test_is_sealed_in_what_is_set_aside(self):
        answer = self.read(models.Statement, operations=[{"amount": "482193x", "type": ["482193"]}])

        assert "482193" not in repr(answer)

    def test_differences_are_noted_two_hundred_times_at_most(self):
        notes: list[Note] = []
        statement = read_shape(
            {**GOOD, "operations": [{"type": [5]} for _ in range(300)]},
            models.Statement,
            notes=notes,
        )

        assert len(statement.operations) == 300
        assert notes == [Note(OTHER, "operations.type")] * 200
