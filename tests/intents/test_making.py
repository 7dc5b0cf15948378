"""`fp.intend`: each call that changes something as a value, with exactly the bytes that go out."""

from __future__ import annotations

import inspect
import json
import uuid

import pytest

from freedompay_async import ConfigurationError, Override, Secret, derive_request_id
from freedompay_async.contract.table import TABLE
from freedompay_async.models import Product
from tests.samples import OWN, SAMPLES, calling

CHANGES = [call.name for call in TABLE if call.changes]
KEY = "order/17"


def namespaces(fp):
    return {
        name: getattr(fp.intend, name)
        for name in ("cards", "clients", "gift_cards", "limits", "transactions")
    }


def of(fp, name, **more):
    return calling(name)(fp.intend, **more)


# -- which there are


def test_every_call_that_changes_something_has_one(merchant):
    made = {
        f"{namespace}.{name}"
        for namespace, each in namespaces(merchant()).items()
        for name in dir(each)
        if not name.startswith("_") and callable(getattr(each, name))
    }

    assert made == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_it_has_the_arguments_of_the_method_that_sends(merchant, name):
    fp, (namespace, _, method) = merchant(), name.partition(".")

    def arguments(of):
        found = inspect.signature(getattr(getattr(of, namespace), method)).parameters
        return {
            name: (each.kind, each.default, each.annotation)
            for name, each in found.items()
            if name != "options"
        }

    assert arguments(fp.intend) == arguments(fp)


# -- what it holds


@pytest.mark.parametrize("region", ["KZ", "KG"])
@pytest.mark.parametrize("name", CHANGES)
def test_its_bytes_are_those_that_the_method_sends(
    merchant, client_of, memory, say, play, name, region
):
    sample = SAMPLES[name]
    path = sample.path.removeprefix("/v5/card-api/").removeprefix("/v5/cards/")
    answer = say.gift(card_id=555) if sample.gift else say.ok(request_status="process")
    wire = memory(**{path: [answer]})
    options = {"request_id": OWN} if sample.has_own_id else {}
    play(calling(name)(client_of(wire, scheme=region), **options))

    intent = of(merchant(region=region), name, request_id=OWN)

    assert intent.signed_bytes == wire.sent[0].body
    assert json.loads(intent.signed_bytes) == sample.body
    assert (intent.call, intent.request_id) == (name, OWN)
    assert (intent.merchant, intent.base_url) == ("10001", "https://api.example.com")


def test_it_says_what_was_ordered_and_for_whom(merchant):
    fp = merchant()

    one = fp.intend.cards.issue(client_id="cl-1", product_id=2000)
    many = fp.intend.cards.bulk_issue(product_id=2000, count=40)
    none = fp.intend.cards.block("c-1", description="lost")

    assert (one.cards, one.client_id) == (1, "cl-1")
    assert (many.cards, many.client_id) == (40, None)
    assert (none.cards, none.client_id) == (None, None)


def test_nothing_is_sent_and_no_loop_is_needed(client_of, memory):
    wire = memory()
    fp = client_of(wire)

    fp.intend.cards.issue(client_id="cl-1", product_id=2000, key=KEY)

    assert wire.sent == []


def test_it_shows_no_body(merchant):
    intent = of(merchant(), "clients.create", request_id=OWN)

    assert repr(intent) == (
        f"Intent(clients.create, request_id='{OWN}', merchant='10001', "
        "base_url='https://api.example.com')"
    )


def test_a_contract_changes_the_bytes(merchant):
    fp = merchant(
        contract=[Override(call="cards.issue", rename={"client_id": "holder"}, fields={"memo": 1})]
    )

    intent = fp.intend.cards.issue(
        client_id="cl-1", product_id=2000, request_id=OWN, extra={"more": 2}
    )

    assert json.loads(intent.signed_bytes) == {
        "request_id": OWN,
        "holder": "cl-1",
        "product_id": 2000,
        "memo": 1,
        "more": 2,
    }


# -- its id


def test_the_same_merchant_call_and_key_give_the_same_id(merchant):
    first, second = merchant(), merchant(base_url="https://other.example.com")

    ids = {
        fp.intend.cards.issue(client_id=client, product_id=2000, key=key).request_id
        for fp in (first, second)
        for client in ("cl-1", "cl-2")
        for key in (KEY, f" {KEY}\n", "order/\u200b17")
    }

    assert len(ids) == 1
    assert uuid.UUID(ids.pop()).version == 5


def test_another_merchant_call_or_key_gives_another_id(merchant):
    fp, other = merchant(), merchant(auth_id="10002")

    ids = {
        fp.intend.cards.issue(client_id="c", product_id=1, key=KEY).request_id,
        other.intend.cards.issue(client_id="c", product_id=1, key=KEY).request_id,
        fp.intend.cards.issue_plastic(client_id="c", product_id=1, key=KEY).request_id,
        fp.intend.cards.issue(client_id="c", product_id=1, key=KEY.upper()).request_id,
    }

    assert len(ids) == 4


def test_an_id_of_a_batch_is_never_one_of_a_key(merchant):
    fp = merchant()
    parts = ("10001", "cards.issue", "a")

    keyed = fp.intend.cards.issue(client_id="c", product_id=1, key="a").request_id

    assert keyed not in {derive_request_id(*parts, step) for step in ("", "client", "card")} | {
        derive_request_id("10001", "", "cards.issue", "a")
    }


def test_this_key_has_this_id_for_ever(merchant):
    intent = merchant().intend.cards.issue(client_id="c", product_id=1, key=KEY)

    assert intent.request_id == "25f13eb1-6b94-552c-8e1f-b80748d1de5a"


def test_without_a_key_each_has_an_id_of_its_own(merchant):
    fp = merchant()

    ids = {of(fp, "cards.issue").request_id for _ in range(10)}

    assert len(ids) == 10
    assert {uuid.UUID(each).version for each in ids} == {4}


def test_an_id_of_the_callers_may_be_a_uuid(merchant):
    assert of(merchant(), "cards.issue", request_id=uuid.UUID(OWN)).request_id == OWN


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"key": ""}, "the key is empty"),
        ({"key": "\u200b"}, "the key .* has no visible character"),
        ({"key": 17}, "the key is of type int"),
        ({"key": None}, "the key is of type NoneType"),
        ({"key": Secret("k")}, "the key .* is a secret"),
        ({"key": "a", "request_id": OWN}, "key and request_id are two ways"),
        ({"request_id": "a b"}, "request_id is no UUID"),
        ({"extra": {"request_id": OWN}}, "extra can't hold request_id"),
        ({"extra": {"client_id": "x"}}, "extra can't hold client_id"),
        ({"extra": {"x": object()}}, "a value can't be written as JSON|x is of type"),
    ],
)
def test_what_can_be_no_id_or_body_is_refused_at_once(merchant, options, told):
    with pytest.raises(ConfigurationError, match=told) as caught:
        of(merchant(), "cards.issue", **options)

    assert (caught.value.call, caught.value.done) == ("cards.issue", False)
    assert "Nothing was sent" in caught.value.text


def test_an_option_that_there_is_not_is_refused(merchant):
    with pytest.raises(TypeError, match=r"CardIntents.block\(\) got an unexpected .* 'timeout'"):
        merchant().intend.cards.block("c-1", description="lost", timeout=5.0)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("cards.issue", {"client_id": None}, "client_id is missing"),
        ("cards.set_pin", {"pin": "1234"}, "a plain PIN can't be sent"),
        ("transactions.create", {"amount": 1.5}, "an amount is a float"),
        ("gift_cards.issue", {"phone": "+7701"}, "phone is not a number"),
        ("gift_cards.issue", {"product_code": True}, "product_code is not a number"),
        ("cards.issue", {"product_id": object()}, "product_id"),
    ],
)
def test_a_wrong_argument_is_refused_as_by_the_method(merchant, name, arguments, told):
    with pytest.raises(ConfigurationError, match=told):
        of(merchant(), name, **arguments)


def test_a_number_of_a_dictionary_is_written(merchant):
    intent = of(merchant(), "cards.issue", product_id=Product.INSTANT)

    assert json.loads(intent.signed_bytes)["product_id"] == 2000


def test_a_number_may_be_written_in_digits(merchant):
    intent = of(merchant(), "gift_cards.issue", phone="79651234567", product_code="1", card_id="42")

    fields = json.loads(intent.signed_bytes)
    assert (fields["phone"], fields["product_code"], fields["card_id"]) == (79651234567, 1, 42)
