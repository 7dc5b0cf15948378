# ruff: noqa: RUF001 - letters that look alike are the point
from __future__ import annotations

import itertools
from unicodedata import is_normalized
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freedompay_async.contract.request_ids import (
    BadName,
    checked_name,
    checked_request_id,
    checked_uuid,
    derive_intent_id,
    derive_request_id,
    is_uuid,
    new_request_id,
    one_name,
)
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

OWN = "828cf71d-a447-4a67-a149-c1df8bc197ca"
UNSEEN = (
    *(
        "\u00ad",
        "\u034f",
        "\u061c",
        "\u115f",
        "\u1160",
        "\u17b4",
        "\u17b5",
        "\u180b",
        "\u180e",
        "\u180f",
        "\u200b",
        "\u200d",
        "\u200f",
    ),
    *(
        "\u202a",
        "\u202e",
        "\u2060",
        "\u206f",
        "\u3164",
        "\ufe00",
        "\ufe0f",
        "\ufeff",
        "\uffa0",
        "\ufff0",
        "\ufff8",
        "\ufffb",
    ),
    *(
        "\U0001bca0",
        "\U0001bca3",
        "\U0001d173",
        "\U0001d17a",
        "\U000e0000",
        "\U000e0001",
        "\U000e0041",
        "\U000e0100",
        "\U000e0fff",
    ),
)
BLANKS = (
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\v",
    "\f",
    "\x1f",
    "\x85",
    "\xa0",
    "\u1680",
    "\u2000",
    "\u2007",
    "\u2028",
    "\u2029",
    "\u202f",
    "\u3000",
    "\u2800",
)
SEEN = (
    "a",
    "Z",
    "й",
    "и",
    "\u0306",
    "e",
    "\u0301",
    "ö",
    "한",
    "ᄒ",
    "ᅡ",
    "ᆫ",
    "०",
    "日",
    "\u212a",
    "\u2126",
    "\U0001f600",
    "-",
)
NAMES = st.lists(st.sampled_from(UNSEEN + BLANKS + SEEN) | st.characters()).map("".join)


def test_a_new_id_is_a_random_uuid_in_its_usual_form():
    made = new_request_id()

    assert (UUID(made).version, str(UUID(made))) == (4, made)


def test_no_two_new_ids_are_alike():
    assert len({new_request_id() for _ in range(1000)}) == 1000


# A derived id must never change: a batch that is run again has to name its rows as it did before.
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("123456", "may", "1", "card"), "9a0dda42-2957-5bbb-8bec-3148e66986cf"),
        (("123456", "may", "1", "client"), "936c90f9-be6c-5236-9602-1eb716d2c7eb"),
        (("123456", "май", "Иванов", "card"), "d5af0e81-5f3f-5899-b61a-8c0ef95d5bf1"),
        (("", "", "", ""), "f3bdadb5-6a4a-5988-b4ba-64195ce65da0"),
    ],
)
def test_a_derived_id_is_the_same_for_ever(parts, expected):
    assert derive_request_id(*parts) == expected


def test_a_derived_id_is_a_uuid_of_a_name():
    assert UUID(derive_request_id("m", "b", "r", "s")).version == 5


def test_no_two_different_quadruples_give_the_same_id():
    parts = ("", "a", "b", "ab", '"', ",", '", "')
    quadruples = list(itertools.product(parts, repeat=4))

    assert len({derive_request_id(*quadruple) for quadruple in quadruples}) == len(quadruples)


class TestOneName:
    @pytest.mark.parametrize(
        "text", ["a", "app-1", "a b", "~", "k" * 200, "Район-1", "юзер 1", "日本", "ệ"]
    )
    def test_a_name_in_the_one_form_is_taken_as_it_is(self, text):
        assert one_name("key", text) is text

    @pytest.mark.parametrize("unseen", UNSEEN)
    def test_what_nobody_sees_makes_no_other_name(self, unseen):
        assert [
            one_name("key", text)
            for text in (f"K{unseen}0", f"{unseen}K0", f"K0{unseen}", f"K0 {unseen}")
        ] == ["K0"] * 4

    @pytest.mark.parametrize("blank", BLANKS)
    def test_blanks_and_line_breaks_are_one_space(self, blank):
        assert [
            one_name("key", text)
            for text in (f"K{blank}0", f"{blank}K 0", f"K 0{blank}", f"K{blank}\u200b{blank}0")
        ] == ["K 0"] * 4

    def test_letters_at_the_ends_stay_whatever_is_taken_away_beside_them(self):
        assert one_name("key", " XX  XX ") == "XX XX"

    def test_as_long_as_a_name_may_be_is_what_is_left_of_it(self):
        assert one_name("key", " " + "k" * 200 + "\u200b") == "k" * 200

    def test_an_unseen_character_does_not_keep_a_letter_in_two(self):
        assert one_name("key", "и\u200d\u0306") == "й"

    @given(NAMES)
    @example("\u2800\u0301")
    @example("\u1100\u200b\u1161")
    def test_the_one_form_is_the_end_of_it(self, text):
        try:
            name = one_name("key", text)
        except BadName:
            return

        assert one_name("key", name) is name
        assert is_normalized("NFC", name)
        assert name.isprintable()
        assert name == " ".join(name.split())

    @given(NAMES, st.sampled_from(UNSEEN), st.integers(0, 50))
    def test_an_unseen_character_anywhere_changes_nothing(self, text, unseen, at):
        assert told(text) == told(text[:at] + unseen + text[at:])

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("", "is empty: give a key"),
            (" \n", "has no visible character: give a key"),
            ("\u3164\u2800", "has no visible character: give a key"),
            ("k" * 201, "has 201 characters: a key has at most 200"),
            ("ю" * 201, "has 201 characters: a key has at most 200"),
            *(
                (
                    f"a{char}b",
                    (
                        f"has a character that can't be seen (U+{ord(char):04X}): delete it or write a space"
                    ),
                )
                for char in "\0\x1b\x7f\x80\ud800\ue000\u0378\ufdd0\U0010ffff\u0600\u06dd"
            ),
            (5, "is of type int: give a text"),
            (None, "is of type NoneType: give a text"),
            (b"may", "is of type bytes: give a text"),
            (["may"], "is of type list: give a text"),
            (Secret("may"), "is a secret, and an id is in every log: give a text"),
        ],
    )
    def test_what_cannot_be_part_of_an_id(self, value, reason):
        with pytest.raises(BadName) as caught:
            one_name("key", value)

        assert str(caught.value) == reason

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (
                "m\0y",
                (
                    "the batch name 'm\\x00y' has a character that can't be seen (U+0000): "
                    "delete it or write a space."
                ),
            ),
            (
                "m" * 201,
                f"the batch name '{'m' * 40}'… has 201 characters: a batch name has at most 200.",
            ),
            ("", "the batch name is empty: give a batch name."),
            (5, "the batch name is of type int: give a text."),
            (
                Secret("may"),
                "the batch name '***' is a secret, and an id is in every log: give a text.",
            ),
        ],
    )
    def test_a_setting_that_cannot_be_part_of_an_id(self, value, message):
        with pytest.raises(ConfigurationError) as caught:
            checked_name("batch name", value)

        assert caught.value.text == f"{message} Nothing was sent."


def told(text):
    try:
        return one_name("key", text)
    except BadName as error:
        return str(error).replace("is empty", "has no visible character")


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("text", ["may ", " may", "may\n", "may\u00a0", "may\u200b", "m\u00aday"])
def test_a_derived_id_is_one_for_every_spelling(place, text):
    parts = ["may", "may", "may", "card"]

    assert derive_request_id(*parts[:place], text, *parts[place + 1 :]) == derive_request_id(*parts)


def test_a_derived_id_is_one_for_composed_and_decomposed_letters():
    assert derive_request_id("1", "b", "Раи\u0306он-1", "card") == derive_request_id(
        "1", "b", "Район-1", "card"
    )


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "value", [" ", "\u200b", "a\0", "k" * 201, 5, None, ["may"], Secret("may"), Secret("")]
)
def test_an_id_is_derived_from_nothing_that_cannot_be_part_of_one(place, value):
    parts = ["may", "may", "may", "card"]
    parts[place] = value

    with pytest.raises(ConfigurationError):
        derive_request_id(*parts)


@pytest.mark.parametrize(("place", "what"), [(0, "merchant id"), (1, "batch name"), (2, "key")])
def test_what_cannot_be_part_of_an_id_is_named(place, what):
    parts = ["may", "may", "may", "card"]
    parts[place] = "a\0"

    with pytest.raises(ConfigurationError, match=rf"^the {what} 'a\\x00' has a character"):
        derive_request_id(*parts)


@pytest.mark.parametrize("value", [5, None, ["may"], Secret("may")])
def test_an_id_is_derived_of_nothing_where_merchant_and_batch_are_no_texts(value):
    with pytest.raises(ConfigurationError, match="the merchant id"):
        derive_request_id(value, value, "may", "card")


@pytest.mark.parametrize("place", [0, 1])
def test_an_id_that_was_derived_of_a_text_is_not_given_for_a_secret_that_is_like_it(place):
    parts = ["may", "may", "may", "card"]
    derive_request_id(*parts)
    parts[place] = Secret("may")

    with pytest.raises(ConfigurationError, match="a secret"):
        derive_request_id(*parts)


class Text(str):
    """A text of another class, as an enum or an ORM gives it."""

    __slots__ = ()


def test_an_id_is_the_same_for_a_text_of_another_class():
    assert (
        derive_request_id(Text("123456"), Text("may"), "1", "card")
        == "9a0dda42-2957-5bbb-8bec-3148e66986cf"
    )


@pytest.mark.parametrize("given", ["828cf71d-a447-4a67-a149-c1df8bc197ca", "r-1", "~", "x" * 128])
def test_an_id_of_the_callers_is_taken_as_it_is(given):
    assert checked_request_id(given) is given


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a\n", "a\r\nX: 1", "\N{CYRILLIC SMALL LETTER ER}-1", "\x7f"]
)
def test_an_id_that_does_not_fit_into_a_header_is_refused(given):
    with pytest.raises(ConfigurationError) as caught:
        checked_request_id(given)

    assert caught.value.text == (
        "request_id is no UUID and no text of 1 to 128 ASCII characters without spaces. Nothing "
        "was sent."
    )


def test_an_id_may_be_a_uuid():
    given = UUID("828cf71d-a447-4a67-a149-c1df8bc197ca")

    assert checked_request_id(given) == str(given)


def test_an_id_may_be_a_kind_of_text_and_goes_on_as_plain_text():
    class Id(str):
        __slots__ = ()

    found = checked_request_id(Id("r-1"))

    assert (type(found), found) == (str, "r-1")


@pytest.mark.parametrize(
    ("given", "told"), [(5, "is of type int"), (None, "is None"), (b"r-1", "is of type bytes")]
)
def test_an_id_of_another_type_is_refused_by_its_type(given, told):
    with pytest.raises(ConfigurationError) as caught:
        checked_request_id(given)

    assert caught.value.text.startswith(
        f"request_id {told}: give a UUID, as text (str) or as a uuid.UUID"
    )


@pytest.mark.parametrize(
    ("given", "is_one"),
    [
        (OWN, True),
        (OWN.upper(), True),
        (new_request_id(), True),
        (derive_request_id("m", "b", "r", "card"), True),
        (f"{{{OWN}}}", False),
        (f"urn:uuid:{OWN}", False),
        (OWN.replace("-", ""), False),
        (OWN.replace("8", "g"), False),
        (f"{OWN}0", False),
        (OWN[1:], False),
        ("r-1", False),
    ],
    ids=range(11),
)
def test_a_uuid_is_one_by_its_usual_text(given, is_one):
    assert is_uuid(given) is is_one


@pytest.mark.parametrize("given", [OWN, OWN.upper(), UUID(OWN)])
def test_an_id_that_has_to_be_a_uuid_goes_on_as_it_is_written(given):
    assert checked_uuid(given) == str(given)


@pytest.mark.parametrize("given", ["r-1", f"{{{OWN}}}"])
def test_an_id_that_has_to_be_a_uuid_and_is_none_is_refused(given):
    with pytest.raises(ConfigurationError) as caught:
        checked_uuid(given)

    assert caught.value.text == (
        "request_id is no UUID, such as 0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11. Nothing was sent. "
        "`requests.status` asks about an id of any other form."
    )


@pytest.mark.parametrize(
    ("merchant", "key", "told"),
    [("", "k", "the merchant id is empty"), ("1", "", "the key is empty: give a key")],
)
def test_the_id_of_a_key_needs_both_names(merchant, key, told):
    with pytest.raises(ConfigurationError, match=told):
        derive_intent_id(merchant, "cards.issue", key)
