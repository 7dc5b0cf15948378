from __future__ import annotations

from decimal import Decimal

import pytest

from freedompay_async.contract.models import Answer, CardRef
from freedompay_async.contract.models.open import Extra, Fields, OpenStruct
from freedompay_async.redaction.redaction import Redaction
from freedompay_async.redaction.secret import Secret

PAN = "4111111111111111"


def revealed(value):
    """The value with each secret in it as ("secret", its text)."""
    if isinstance(value, Secret):
        return ("secret", value.reveal())
    if isinstance(value, dict):
        return {name: revealed(each) for name, each in value.items()}
    return [revealed(each) for each in value] if isinstance(value, list) else value


def nested(depth: int, value: object) -> object:
    for _ in range(depth):
        value = {"in": value}
    return value


def at_depth(value: object, depth: int) -> object:
    for _ in range(depth):
        value = value["in"]
    return value


class TestFields:
    def test_are_a_mapping(self):
        fields = Fields({"a": 1, "b": None})

        assert list(fields.values()) == [1, None]

        assert (
            dict(fields),
            len(fields),
            list(fields),
            fields["a"],
            fields.get("c"),
            "b" in fields,
        ) == (
            {"a": 1, "b": None},
            2,
            ["a", "b"],
            1,
            None,
            True,
        )

    def test_are_a_copy(self):
        given = {"a": 1}
        fields = Fields(given)
        given["a"] = 2

        assert fields["a"] == 1

    def test_are_equal_to_a_mapping_of_the_same(self):
        assert (Fields({"a": 1}) == {"a": 1}, Fields({"a": 1}) == Fields({"a": 2})) == (True, False)

    def test_have_no_field_that_is_not_there(self):
        with pytest.raises(KeyError):
            Fields({})["a"]

    @pytest.mark.parametrize("kind", [Fields, Extra])
    def test_show_their_names_only(self, kind):
        assert (
            repr(kind({"note": "hunter2", "more": ["hunter2"]})) == f"{kind.__name__}(note, more)"
        )

    def test_do_not_show_a_name_that_is_a_card_number(self):
        assert repr(Fields({PAN: 1})) == "Fields(***)"

    def test_show_a_name_that_is_no_text(self):
        assert repr(Fields({5: 1})) == "Fields(5)"

    def test_cannot_be_changed(self):
        with pytest.raises(TypeError):
            Fields({"a": 1})["a"] = 2


class TestExtra:
    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            False,
            0,
            5,
            -7,
            Decimal("12.10"),
            "",
            "note",
            "123456789012",
            [],
            {},
            [1, "a"],
            {"a": {"b": 1}},
        ],
    )
    def test_keeps_what_is_no_secret(self, value):
        assert revealed(Extra({"field": value})["field"]) == value

    @pytest.mark.parametrize(
        "name",
        [
            "pan",
            "cvv",
            "cvc2",
            "pin",
            "otp",
            "password",
            "expiry",
            "card_number",
            "secret_key",
            "new_pin",
        ],
    )
    @pytest.mark.parametrize(
        ("value", "text"), [("1234", "1234"), (1234, "1234"), (Decimal("12.27"), "12.27"), ("", "")]
    )
    def test_seals_what_is_named_like_a_secret(self, name, value, text):
        assert revealed(Extra({name: value})[name]) == ("secret", text)

    @pytest.mark.parametrize("value", [None, True])
    def test_leaves_open_what_holds_nothing(self, value):
        assert Extra({"pin": value})["pin"] is value

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (PAN, ("secret", PAN)),
            (int(PAN), ("secret", PAN)),
            (f"card {PAN} is blocked", ("secret", f"card {PAN} is blocked")),
            ("4111 1111 1111 1111", ("secret", "4111 1111 1111 1111")),
            ([PAN, "a"], [("secret", PAN), "a"]),
            ({"a": [{"b": PAN}]}, {"a": [{"b": ("secret", PAN)}]}),
            ({"cvv": 123}, {"cvv": ("secret", "123")}),
        ],
    )
    def test_seals_what_reads_like_a_card_number_or_stands_under_a_secret_name(
        self, value, expected
    ):
        assert revealed(Extra({"field": value})["field"]) == expected

    def test_seals_each_part_of_a_list_under_a_secret_name(self):
        assert revealed(Extra({"pin": ["1", 2]})["pin"]) == [("secret", "1"), ("secret", "2")]

    def test_of_what_is_made_of_secrets_is_all_secret(self):
        assert revealed(
            dict(Extra({"a": "b", "c": 5, "d": {"e": ["f"]}, "g": None, "h": True}, secret=True))
        ) == {
            "a": ("secret", "b"),
            "c": ("secret", "5"),
            "d": {"e": [("secret", "f")]},
            "g": None,
            "h": True,
        }

    @pytest.mark.parametrize("value", ["text", 5, {"a": 1}, ["a"]])
    def test_keeps_eight_levels_and_seals_what_is_deeper(self, value):
        extra = Extra({"field": nested(9, value)})

        assert revealed(at_depth(extra["field"], 9)) == ("secret", str(value))
        assert at_depth(Extra({"field": nested(8, "text")})["field"], 8) == "text"

    def test_of_what_is_deeper_and_has_no_text_tells_its_type_only(self):
        assert revealed(at_depth(Extra({"field": nested(9, 10**5000)})["field"], 9)) == (
            "secret",
            "int",
        )

    def test_of_a_nesting_deeper_than_the_stack_is_made(self):
        assert len(Extra({"field": nested(100_000, 1)})) == 1

    def test_keeps_a_number_that_has_no_text(self):
        huge = 10**5000

        assert Extra({"field": huge})["field"] == huge

    @pytest.mark.parametrize("text", ["***", "4111******1111", 'seen "pin": "***"', "**** 1111"])
    def test_keeps_a_mask(self, text):
        assert Extra({"field": text})["field"] == text

    @pytest.mark.parametrize("text", [f"*** {PAN}", 'x "***" "pin": "1234"'])
    def test_seals_what_is_a_mask_only_in_part(self, text):
        assert revealed(Extra({"field": text})["field"]) == ("secret", text)

    @pytest.mark.parametrize("length", [500, 1_999 - len(PAN)])
    def test_searches_a_text_to_its_end(self, length):
        text = ("x " * length)[:length] + f" {PAN}"

        assert revealed(Extra({"field": text})["field"]) == ("secret", text)

    @pytest.mark.parametrize(("length", "kind"), [(2_000, str), (2_001, Secret)])
    def test_seals_a_text_that_is_too_long_to_be_searched(self, length, kind):
        assert type(Extra({"field": ("x " * length)[:length]})["field"]) is kind

    @pytest.mark.parametrize("text", ["x " * 500, "x" * 10 + '"' * 10, "line\nline"])
    def test_keeps_a_text_of_any_form(self, text):
        assert Extra({"field": text})["field"] == text

    def test_hides_what_repeats_a_secret_that_was_sent(self):
        extra = Extra(
            {"note": "it is hunter2", "hunter2": 1, "x": [{"y": 90182}]},
            hidden=Redaction([Secret("hunter2"), Secret("90182")]),
        )

        assert (list(extra), str(extra["note"]), extra["note"].reveal()) == (
            ["note", "***", "x"],
            "***",
            "it is hunter2",
        )
        assert extra["x"][0]["y"].reveal() == "90182"

    def test_with_a_name_of_any_length_is_made(self):
        assert len(Extra({"x" * 10_000: "y"})) == 1


class TestOpenStruct:
    def test_holds_nothing_unknown_unless_told(self):
        assert CardRef(card_id="5").extra == {}

    def test_shows_the_names_of_unknown_fields(self):
        assert (
            repr(CardRef(card_id="5", extra=Extra({"note": "hunter2"})))
            == "CardRef(extra=Extra(note), card_id='5')"
        )

    def test_shows_nothing_unknown_where_nothing_is(self):
        assert repr(Answer(status="ok")) == "Answer(status='ok')"

    def test_is_equal_only_with_the_same_unknown_fields(self):
        one, same, other = (CardRef(card_id="5", extra=Extra({"a": value})) for value in (1, 1, 2))

        assert (one == same, one == other, one == CardRef(card_id="5")) == (True, False, False)

    def test_expects_decides_and_hides_nothing_by_itself(self):
        made = [OpenStruct.EXPECTED, OpenStruct.DECIDING, OpenStruct.FILLED, OpenStruct.SECRET]

        assert made == [frozenset(), frozenset(), frozenset({"extra"}), False]
