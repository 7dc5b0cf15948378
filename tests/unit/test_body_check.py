"""What goes out in a body is what its model declares; the field that is not so is named."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from math import inf, nan
from uuid import UUID

import pytest
from msgspec import Struct

from freedompay_async.codec.encode import encode
from freedompay_async.contract.models.client_requests import Address, ClientCreation
from freedompay_async.contract.models.gift_cards import GiftConfirmation, GiftIssue
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import (
    BulkIssue,
    CardIntent,
    CardIssue,
    CustomBody,
    CustomIntent,
    Limit,
    LimitAmount,
    LimitSetting,
    LimitTarget,
    PinSetting,
    StatementQuery,
    StatusQuery,
    TransactionCreation,
)
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Document, Otp, Pin
from tests.person_examples import ADDRESS, BASE, new_client

ID = UUID("0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11")


def client(**changes) -> ClientCreation:
    return ClientCreation(product_id=1000, client=new_client(**changes))


def limits(*amounts, kind="pay") -> LimitSetting:
    return LimitSetting(
        object=LimitTarget(type="card", value="c-1"),
        limits=[Limit(transaction_type=kind, amount=amounts)],
    )


LIMITS = b'{"object":{"type":"card","value":"c-1"},"limits":[{"transaction_type":"pay","amount":[{"type":"sum","value":"5","currency":"KZT"}]}]}'
GOOD = {
    "text and a number": (
        CardIssue(client_id="c-1", product_id=2000),
        b'{"client_id":"c-1","product_id":2000}',
    ),
    "a UUID for a text": (StatusQuery(request_id=ID), f'{{"request_id":"{ID}"}}'.encode()),
    "a date for a text": (
        StatementQuery(card_id="c", start_date=dt.date(2026, 5, 1)),
        b'{"card_id":"c","start_date":"2026-05-01"}',
    ),
    "a secret": (PinSetting(card_id="c", pin=Pin("U2F")), b'{"card_id":"c","pin":"U2F"}'),
    "a secret of gift cards": (GiftConfirmation(otp=Otp("123456")), b'{"otp":"123456"}'),
    "an amount": (
        TransactionCreation(order_id="1", card_id="2", amount=Decimal("12.10"), currency="KZT"),
        b'{"order_id":"1","card_id":"2","amount":12.10,"currency":"KZT"}',
    ),
    "limits in a tuple": (
        limits(LimitAmount(type="sum", value="5", currency="KZT")),
        LIMITS,
    ),
}


@pytest.mark.parametrize(("request_", "body"), GOOD.values(), ids=GOOD)
def test_what_is_declared_goes_out(request_, body):
    assert encode(request_) == body


def test_a_client_with_a_document_and_an_address_goes_out():
    address = Address(**ADDRESS)
    body = encode(client(document=Document("JVBERi0="), birthdate="1990-12-31", address1=address))

    assert b'"document":"JVBERi0="' in body
    assert b'"birthdate":"1990-12-31"' in body


@dataclass
class Paid:
    """A part of a body, of the caller's own."""

    fee: float
    mark: bytes = b"paid"


TEXT = "is of type {}: give text"
NUMBER = "is of type {}: give a whole number (int)"
NAN = "is NaN or infinite, as some programs read an empty cell: leave it out"
WRONG = {
    "nothing for a text": (
        CardIntent(card_id=None, description="lost"),
        "card_id is None: give text",
    ),
    "a number for a text": (
        CardIssue(client_id=5, product_id=1),
        f"client_id {TEXT.format('int')}",
    ),
    "bytes": (
        CardIssue(client_id=b"c-1", product_id=1),
        f"client_id {TEXT.format('bytes')}: decode it first",
    ),
    "text for a number": (
        CardIssue(client_id="c", product_id="2000"),
        f"product_id {NUMBER.format('str')}",
    ),
    "a float for a number": (
        CardIssue(client_id="c", product_id=2000.0),
        f"product_id {NUMBER.format('float')}",
    ),
    "a flag for a number": (
        BulkIssue(product_id=2000, count=True),
        f"count {NUMBER.format('bool')}",
    ),
    "something else": (
        CardIssue(client_id="c", product_id=object()),
        f"product_id {NUMBER.format('object')}",
    ),
    "a time for a date": (
        StatementQuery(card_id="c", start_date=dt.datetime(2026, 5, 1, tzinfo=dt.UTC)),
        f"start_date {TEXT.format('datetime')}",
    ),
    "a date for another text": (
        CardIntent(card_id="c", description=dt.date(2026, 5, 1)),
        f"description {TEXT.format('date')}",
    ),
    "NaN in a client": (client(external_user_id=nan), f"client.external_user_id {NAN}"),
    "text for a number in a client": (client(type="1"), f"client.type {NUMBER.format('str')}"),
    "a dict for a client": (
        ClientCreation(product_id=1, client=BASE),
        "client is of type dict: give a NewClient",
    ),
    "a number for a document": (
        PinSetting(card_id="c", pin=1234),
        "pin is of type int: give a Pin",
    ),
    "a float for an amount": (
        TransactionCreation(order_id="1", card_id="2", amount=12.1, currency="KZT"),
        "amount is of type float: give a Decimal",
    ),
    "an amount that is none": (
        TransactionCreation(order_id="1", card_id="2", amount=Decimal("NaN"), currency="KZT"),
        f"amount {NAN}",
    ),
    "a text for limits": (
        LimitSetting(object=LimitTarget(type="card", value="1"), limits="all"),
        "limits is of type str: give a list, of which each is a Limit",
    ),
    "one limit for a list": (
        LimitSetting(
            object=LimitTarget(type="card", value="1"),
            limits=Limit(transaction_type="pay", amount=[]),
        ),
        "limits is of type Limit: give a list, of which each is a Limit",
    ),
    "no limits": (
        LimitSetting(object=LimitTarget(type="card", value="1"), limits=None),
        "limits is None: give a list, of which each is a Limit",
    ),
    "a list for a text": (
        CardIntent(card_id=["c-1"], description="lost"),
        f"card_id {TEXT.format('list')}",
    ),
    "an empty list for a number": (
        BulkIssue(product_id=2000, count=[]),
        f"count {NUMBER.format('list')}",
    ),
    "a list for a client": (
        ClientCreation(product_id=1, client=[]),
        "client is of type list: give a NewClient",
    ),
    "one of several": (
        limits(LimitAmount(type="sum", value="5", currency=7)),
        f"limits[0].amount[0].currency {TEXT.format('int')}",
    ),
    "text for a gift card": (
        GiftIssue(cardholder_name=7, phone=1, product_code=1),
        f"cardholder_name {TEXT.format('int')}",
    ),
    "NaN among the caller's own fields": (
        CustomBody(fields=Fields({"a": [{"b": nan}]})),
        f"a[0].b {NAN}",
    ),
    "infinity among them": (CustomIntent(fields=Fields({"a": inf})), f"a {NAN}"),
    "NaN in a set": (CustomBody(fields=Fields({"a": {nan}})), f"a[0] {NAN}"),
    "NaN in a dataclass": (CustomBody(fields=Fields({"a": Paid(nan)})), f"a.fee {NAN}"),
    "bytes among them": (
        CustomBody(fields=Fields({"a": [b"c-1"]})),
        f"a[0] {TEXT.format('bytes')}: decode it first",
    ),
}


@pytest.mark.parametrize(("request_", "told"), WRONG.values(), ids=WRONG)
def test_what_is_not_declared_is_named(request_, told):
    with pytest.raises(ConfigurationError) as caught:
        encode(request_)

    assert caught.value.text == f"{told}. Nothing was sent."


@pytest.mark.parametrize("where", ["added", "extra"])
def test_nan_in_what_is_added_is_named(where):
    with pytest.raises(ConfigurationError) as caught:
        encode(CardIssue(client_id="c", product_id=1), **{where: {"more": {"rate": nan}}})

    assert caught.value.text == f"more.rate {NAN}. Nothing was sent."


def test_with_fields_that_are_added_the_rest_is_looked_at_too():
    with pytest.raises(ConfigurationError, match=r"^client_id is of type int: give text"):
        encode(CardIssue(client_id=5, product_id=1), extra={"more": 1})


class Own(Struct):
    """A body of the caller's own."""

    rate: float
    name: str = "a"


def test_of_a_body_of_the_callers_own_only_numbers_are_looked_at():
    assert encode(Own(rate=1.5, name=7)) == b'{"rate":1.5,"name":7}'
    with pytest.raises(ConfigurationError, match=r"^rate is NaN"):
        encode(Own(rate=nan))


def test_bytes_that_a_type_of_the_callers_own_declares_are_base64():
    assert (
        encode(CustomBody(fields=Fields({"a": Paid(1.5)})))
        == b'{"a":{"fee":1.5,"mark":"cGFpZA=="}}'
    )


def test_fields_that_are_inside_of_themselves_are_told():
    endless: dict[str, object] = {}
    endless["a"] = endless
    with pytest.raises(
        ConfigurationError,
        match=r"^a value can't be written as JSON: it is inside itself, or nested too deeply",
    ):
        encode(CustomBody(fields=Fields(endless)))


def test_a_value_without_a_form_in_json_that_no_model_declares_is_told():
    with pytest.raises(
        ConfigurationError,
        match=r"^a value can't be written as JSON: it is of type object\. Nothing was sent\.",
    ):
        encode(Own(rate=object()))
    with pytest.raises(
        ConfigurationError,
        match=r"^a value can't be written as JSON: it is of type object\. Nothing was sent\.",
    ):
        encode(Own(rate=object()), {"more": 1})


def test_a_kind_of_text_that_json_has_no_form_for_is_told_with_its_field():
    class Kind(str):
        __slots__ = ()

    with pytest.raises(
        ConfigurationError, match=r"^first_name is of type Kind: give text\. Nothing was sent\."
    ):
        encode(new_client(first_name=Kind("AIDAR")))
