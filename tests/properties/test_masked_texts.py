"""Whatever the text: a card number in it and the value of a secret field are not shown."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.redaction.masking import is_secret_name, mask_text, masked_body

NAMES = [
    "pin",
    "PIN",
    "Pan",
    "cvv",
    "cvv2",
    "cvc",
    "otp",
    "password",
    "secret",
    "client_secret",
    "card_number",
    "cardNumber",
    "document",
    "expiry",
]
NAMES += [
    "new_pin",
    "newPin",
    "pin_code",
    "pinBlock",
    "set_pin_url",
    "secretKey",
    "expiry_date",
    "card_pan",
]
# A value that no other part of the text holds.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="*"), max_size=12).map(
    lambda text: f"zq{text}qz"
)
# What stands next to a number and is no part of it.
EDGES = st.text(
    st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="- "), min_size=1, max_size=6
)
NOISE = st.text(st.sampled_from('0123456789 -"\\{}[]:,pin.*_abc\n'), max_size=120)


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


@st.composite
def numbers(draw) -> tuple[str, str]:
    """A card number, plain and as somebody typed it."""
    body = draw(st.text("0123456789", min_size=12, max_size=18))
    digits = next(body + last for last in "0123456789" if luhn(body + last))
    shown = digits
    if draw(st.booleans()):
        size = draw(st.integers(1, 6))
        groups = [digits[at : at + size] for at in range(0, len(digits), size)]
        shown = groups[0] + "".join(draw(st.sampled_from(" -")) + group for group in groups[1:])
    return digits, shown


def bare(text: str) -> str:
    return re.sub("[ -]", "", text)


@given(EDGES, numbers(), EDGES)
def test_card_number_in_a_text_is_not_shown(before, number, after):
    digits, shown = number

    assert mask_text(f"{before}{shown}{after}") == f"{before}***{after}"
    assert digits not in bare(mask_text(shown))


@given(
    numbers(),
    st.lists(st.text("0123456789", min_size=1, max_size=6), max_size=4),
    st.lists(st.text("0123456789", min_size=1, max_size=6), max_size=4),
)
def test_card_number_among_other_groups_of_digits_is_not_shown_whole(number, before, after):
    digits, shown = number

    assert digits not in bare(mask_text(" ".join([*before, shown, *after])))


@given(data=st.data(), number=numbers())
def test_card_number_anywhere_in_json_is_not_shown(data, number, make, to_bytes):
    digits, shown = number
    place = data.draw(
        st.sampled_from(
            [
                lambda n: {"note": n},
                lambda n: {n: 1},
                lambda n: [n],
                lambda n: {"a": [{"b": f"({n})"}]},
            ]
        )
    )
    body = to_bytes(
        place(shown) | {"rest": data.draw(make.trees)}
        if isinstance(place(shown), dict)
        else [*place(shown), data.draw(make.trees)]
    )

    assert digits not in bare(masked_body(body))


@given(numbers())
def test_card_number_that_is_a_number_is_not_shown(number):
    digits, _ = number

    assert mask_text(f'{{"card":{digits}}}') == '{"card":***}'


@given(st.sampled_from(NAMES), VALUES, st.booleans(), st.sampled_from(["", " ", "\n\t"]))
def test_value_of_a_secret_name_is_not_shown(name, value, ascii_only, blank):
    text = json.dumps(
        {"before": 1, name: value, "after": 2},
        ensure_ascii=ascii_only,
        separators=(f"{blank},{blank}", f"{blank}:{blank}"),
    )

    assert json.loads(mask_text(text)) == {"before": 1, name: "***", "after": 2}


@given(
    st.sampled_from(NAMES),
    st.one_of(st.integers(), st.decimals(-1000, 1000, places=3).map(float)).filter(
        lambda each: "e" not in repr(each)
    ),
)
def test_number_of_a_secret_name_is_not_shown(name, value):
    assert json.loads(mask_text(json.dumps({name: value, "after": 2}))) == {name: "***", "after": 2}


@given(
    st.sampled_from(NAMES),
    st.lists(VALUES.filter(lambda value: "]" not in value), max_size=3),
    st.booleans(),
)
def test_list_of_a_secret_name_is_not_shown(name, values, ascii_only):
    text = json.dumps({name: values, "after": 2}, ensure_ascii=ascii_only)

    assert json.loads(mask_text(text)) == {name: "***", "after": 2}


@given(
    st.sampled_from(NAMES),
    st.dictionaries(
        st.sampled_from("abc"), VALUES.filter(lambda value: "}" not in value), max_size=3
    ),
)
def test_object_of_a_secret_name_is_not_shown(name, values):
    assert json.loads(mask_text(json.dumps({name: values, "after": 2}))) == {
        name: "***",
        "after": 2,
    }


@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), min_size=1, max_size=6), st.data())
def test_secret_of_a_cut_body_is_not_shown(fields, data):
    text = json.dumps([{name: value} for name, value in fields], ensure_ascii=False).encode()
    most = data.draw(st.integers(0, len(text)))

    assert "zq" not in masked_body(text, most=most)


@given(st.one_of(NOISE, st.text(max_size=60), numbers().map(lambda number: number[1])))
def test_masking_twice_is_masking_once(text):
    assert mask_text(mask_text(text)) == mask_text(text)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_masked_and_cut(body, most):
    shown = masked_body(body, most=most)

    assert isinstance(shown, str)
    assert len(shown) <= 3 * most + 40
    shown.encode()


TABLE = {
    "a number with an exponent": ('{"pin":12e4}', '{"pin":"***"}'),
    "a list in a list": ('{"pin":[["12"],"3456"]}', '{"pin":"***"}'),
    "a bracket in a list": ('{"pin":["]","3456"]}', '{"pin":"***"}'),
    "an object in an object": ('{"pin":{"a":{"b":1},"c":"3456"}}', '{"pin":"***"}'),
    "a name with an escape": ('{"p\\u0069n":"3456"}', '{"pin":"***"}'),
    "JSON in a string": (
        json.dumps({"said": json.dumps({"pin": "3456"})}),
        '{"said":"{\\"pin\\":\\"***\\"}"}',
    ),
    "a name of two words": ('{"cardPan":"3456"}', '{"cardPan":"***"}'),
    "an integer of 5,000 digits": (f'{{"pin":{"7" * 5000}}}', '{"pin":"***"}'),
    "a number beyond any": ('{"a":1,"pin":[[1],1e400]}', '{"a":1,"pin":"***"}'),
}


@pytest.mark.parametrize(("text", "shown"), TABLE.values(), ids=TABLE)
def test_form_of_a_secret_field_is_masked(text, shown):
    assert masked_body(text.encode()) == shown


@pytest.mark.parametrize(
    "name",
    [
        "fin_document_id",
        "document_id",
        "finDocumentId",
        "pin_id",
        "token_id",
        "PAN_ID",
        "secret_id",
    ],
)
def test_id_of_something_is_not_masked(name):
    text = f'{{"{name}":"3456"}}'

    assert (masked_body(text.encode()), mask_text(text)) == (text, text)
    assert not is_secret_name(name)


PIECES = [
    "1",
    "1 ",
    "1-",
    "12 ",
    "0 0-",
    '"',
    '"pin":',
    '"pin":"',
    '"pin":[',
    '"pin":{',
    '"pin" ',
    "\\",
    '"secret',
    '"a_',
    '"secret_',
    '"\\',
    " ",
    "*",
]


@given(st.sampled_from(PIECES), st.sampled_from(PIECES))
def test_hostile_text_is_masked_in_no_time(piece, other):
    text = piece * (2**14 // len(piece)) + other

    assert isinstance(masked_body(text.encode()), str)


HOSTILE = {
    "underscores after a quote": '"' + "_" * 2**17,
    "a word after a quote": '"' + "secret" * 2**15,
    "groups of one digit": "1 " * 2**16,
    "quotes": '"_' * 2**16,
    "names without a value": '"pin": ' * 2**14,
    "digits": "1" * 2**17,
}


# What took a second for each ten thousand characters would take minutes.
@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_long_hostile_text_is_masked_in_no_time(text):
    shown = [
        mask_text(text),
        masked_body(text.encode()),
        masked_body(json.dumps({"said": text, "pin": 1}).encode()),
        is_secret_name(text),
    ]

    assert len(shown) == 4
