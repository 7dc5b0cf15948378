"""An amount goes out digit by digit, and comes back as it went."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from decimal import Decimal, localcontext

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.codec.decode import read_answer
from freedompay_async.codec.encode import encode
from freedompay_async.codec.messages import Reply
from freedompay_async.codec.shapes import read_shape
from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.models import (
    CardBalance,
    GiftCardState,
    LimitAmount,
    TransactionCreation,
)
from freedompay_async.contract.models.requests import money
from freedompay_async.errors import ConfigurationError

NUMBER = re.compile(rb'"amount":(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?),')


@st.composite
def amounts(draw) -> Decimal:
    """What `money` takes: at most 24 digits before the point and 6 after it, and not less than 0."""
    places = draw(st.integers(-3, 6))
    return Decimal(
        (0, tuple(map(int, str(draw(st.integers(0, 10 ** (21 + max(places, 0)) - 1))))), -places)
    )


def sent(amount) -> bytes:
    return encode(
        TransactionCreation(order_id="1", card_id="2", amount=money(amount), currency="KZT")
    )


@given(amounts())
def test_decimal_is_written_without_an_exponent_and_exactly(amount):
    (text,) = NUMBER.findall(sent(amount))

    assert Decimal(text.decode()) == amount


@given(amounts())
def test_decimal_is_read_as_it_was_sent(amount):
    told = json.loads(sent(amount), parse_float=Decimal, parse_int=Decimal)

    assert told["amount"] == amount


@given(amounts())
def test_decimal_of_an_answer_is_the_number_that_came(amount):
    text = f"{amount:f}"
    body = msgspec.json.Decoder(dict, float_hook=Decimal).decode(
        f'{{"status":0,"card_balance":{text}}}'
    )
    answer = read_shape(body, GiftCardState, notes=[])

    assert answer.card_balance == amount
    assert isinstance(answer.card_balance, Decimal)


@given(amounts())
def test_text_and_number_are_the_same_amount(amount):
    assert money(f"{amount:f}") == money(amount) == amount
    assert money(int(amount)) == int(amount)


@given(amounts())
def test_limit_goes_out_as_text(amount):
    limit = LimitAmount(type="max", value=amount, currency="KZT")

    assert isinstance(limit.value, str)
    assert Decimal(limit.value) == amount


@given(amounts(), st.integers(1, 20))
def test_context_of_the_caller_rounds_nothing(amount, precision):
    with localcontext() as context:
        context.prec = precision
        made = money(amount)

    assert made == amount


@given(
    st.one_of(
        st.floats(),
        st.booleans(),
        st.none(),
        st.binary(),
        st.sampled_from(["NaN", "Infinity", "-Infinity", "sNaN", "", "1,5", "1 000"]),
    )
)
def test_what_is_no_exact_number_is_refused(amount):
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        money(amount)


@given(st.integers(30, 400), st.sampled_from(["1E+{}", "1E-{}", "5.5E{}"]))
def test_number_out_of_range_is_refused(exponent, form):
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        money(Decimal(form.format(exponent)))


FAR = {
    "an integer of 5,001 digits": 10**5000,
    "the same below nothing": -(10**5000),
    "an exponent without end": Decimal("1E+999999999999"),
    "a fraction without end": Decimal("1E-999999999999"),
    "nothing with an exponent": Decimal("0E+999999999999"),
    "text of 25 digits": "9" * 25,
    "text of 5,001 digits": "1" + "0" * 5000,
    "25 digits": 10**24,
    "7 places": Decimal("1.0000001"),
    "7 places as text": "1.0000001",
    "60 digits": Decimal("1" * 60),
}


@pytest.mark.parametrize("amount", FAR.values(), ids=FAR)
def test_what_is_out_of_bounds_is_refused_at_once(amount):
    with pytest.raises(
        ConfigurationError, match="at most 24 digits and 6 decimal places, 0 or more"
    ):
        money(amount)


EDGE = {
    0: "0",
    10**24 - 1: "9" * 24,
    "0.000001": "0.000001",
    "9" * 24 + ".999999": "9" * 24 + ".999999",
    "007": "7",
    "1.50": "1.50",
}


@pytest.mark.parametrize(("amount", "kept"), EDGE.items())
def test_what_is_at_the_bounds_is_taken(amount, kept):
    assert str(money(amount)) == kept
    assert str(money(Decimal(amount))) == kept


@pytest.mark.parametrize(
    "text",
    [
        "\u0661\u0662",
        "\uff11",
        "+5",
        "-0",
        "-1",
        "1e5",
        "1E-2",
        "1_000",
        " 1",
        "1 ",
        "1\n",
        "1.",
        ".5",
        "1,5",
        "0x1",
        "\u221e",
        "1.2.3",
    ],
)
def test_text_of_other_than_plain_digits_is_refused(text):
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        money(text)


@pytest.mark.parametrize(
    "text",
    ["NaN", "nan", "Infinity", "-Infinity", "sNaN", "inf", "1E+999999999", "1_0", " 1", "\u0661"],
)
def test_text_of_an_answer_that_is_no_amount_is_set_aside(text):
    body = json.dumps({"status": "ok", "amount": text, "blocked_amount": "12.10"})
    answer = read_answer(Reply(200, {}, body.encode()), CardBalance, effect=False, now=0.0).answer
    told = json.loads(to_json(answer), parse_constant=pytest.fail)

    assert (answer.amount, answer.blocked_amount, dict(answer.extra)) == (
        None,
        Decimal("12.10"),
        {"amount": text},
    )
    assert (told["amount"], told["blocked_amount"], told["extra"]) == (None, 12.1, {"amount": text})


@given(amounts().filter(bool))
def test_less_than_nothing_is_refused(amount):
    with pytest.raises(ConfigurationError, match="0 or more"):
        money(-amount)


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_refused(text):
    with suppress(ConfigurationError):
        assert money(text).is_finite()
