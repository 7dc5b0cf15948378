"""An intent is stored and loaded; what is secret in it is stored sealed only."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import msgspec
import pytest

from freedompay_async import ConfigurationError, Intent, NewClient, Secret
from freedompay_async.intents.sealing import HiddenBody
from freedompay_async.models import Completed, IssuedCards
from tests.samples import OWN, calling

PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="
OTP = "830164"
DOCUMENT = "JVBERi0xLjQKbm8gcmVhbCBkb2N1bWVudAo="
PERSON = {
    "phone": 77017777777,
    "type": 1,
    "resident": 1,
    "first_name": "IVAN",
    "last_name": "IVANOV",
}
IN_CLEAR = "is stored nowhere in clear"

WAYS = {
    "JSON": lambda intent: Intent.load(intent.to_json()),
    "JSON as bytes": lambda intent: Intent.load(intent.to_json().encode()),
    "a dict of a JSON column": lambda intent: Intent.load(json.loads(intent.to_json())),
    "msgspec's JSON": lambda intent: msgspec.json.decode(msgspec.json.encode(intent), type=Intent),
    "msgspec's MessagePack": lambda intent: msgspec.msgpack.decode(
        msgspec.msgpack.encode(intent), type=Intent[IssuedCards]
    ),
    "builtins": lambda intent: msgspec.convert(msgspec.to_builtins(intent), Intent),
    "pickle": lambda intent: pickle.loads(pickle.dumps(intent)),
    "a copy": copy.deepcopy,
}


@pytest.fixture
def card(merchant):
    return merchant().intend.cards.issue(client_id="cl-Ё", product_id=2000, key="order/17")


@pytest.fixture
def secrets(merchant):
    """Intents with something secret in them, and the secret."""
    intend = merchant().intend
    person = NewClient(**PERSON, document=DOCUMENT)
    return {
        "a PIN": (intend.cards.set_pin("c-1", PIN), PIN),
        "a code": (intend.gift_cards.confirm(otp=OTP, card_id=555), OTP),
        "a document": (intend.clients.create(product_id=2000, client=person), DOCUMENT),
        "an extra secret": (
            intend.cards.block("c-1", description="lost", extra={"memo": Secret("open sesame")}),
            "open sesame",
        ),
        "an extra field": (
            intend.cards.block("c-1", description="lost", extra={"pin": "483920"}),
            "483920",
        ),
    }


SECRETS = ["a PIN", "a code", "a document", "an extra secret", "an extra field"]


# -- without secrets


@pytest.mark.parametrize("way", WAYS)
def test_it_comes_back_as_it_was(card, way):
    back = WAYS[way](card)

    assert back == card
    assert back.signed_bytes == card.signed_bytes
    assert repr(back) == repr(card)


def test_its_json_can_be_read(card):
    stored = json.loads(card.to_json())

    assert stored.keys() == {
        "merchant", "base_url", "call", "request_id", "body", "cards", "client_id"
    }  # fmt: skip
    assert json.loads(stored["body"])["client_id"] == "cl-Ё"
    assert "\n" not in card.to_json()


def test_the_result_may_be_named(card):
    assert Intent.load(card.to_json(), result=IssuedCards) == card

    with pytest.raises(ConfigurationError, match=r"results in IssuedCards, and not in .*Completed"):
        Intent.load(card.to_json(), result=Completed)


def test_it_can_be_sealed_too(card, sealing):
    stored = card.to_json(seal=sealing())

    assert "cl-Ё" not in json.loads(stored)["sealed"]
    assert Intent.load(stored, seal=sealing()) == card


def test_a_seal_is_not_needed_for_what_is_not_sealed(card, sealing):
    assert Intent.load(card.to_json(), seal=sealing()) == card


def changed(**fields):
    def change(text):
        return json.dumps({**json.loads(text), **fields})

    return change


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda _: "", "this is no stored intent"),
        (lambda _: b"\xff\xfe", "this is no stored intent"),
        (lambda _: "null", "this is no stored intent"),
        (lambda _: "{}", "this is no stored intent: Object missing required field `merchant`"),
        (lambda text: text[:-2], "this is no stored intent"),
        (lambda _: 5, "data is of type int"),
        (lambda _: None, "data is None"),
        (changed(more=1), "unknown field `more`"),
        (changed(body=5), "this is no stored intent"),
        (changed(call="cards.info"), "'cards.info' is no call that changes something"),
        (changed(call="nothing"), "'nothing' is no call that changes something"),
        (changed(request_id="a b"), "request_id is no UUID"),
        (changed(version=2), "has version 2, and this library reads 1"),
        (changed(sealed="eA=="), "it has two bodies"),
    ],
)
def test_what_is_no_stored_intent_is_refused(card, spoil, told):
    with pytest.raises(ConfigurationError, match=told) as caught:
        Intent.load(spoil(card.to_json()))

    assert "Nothing was sent" in caught.value.text


def test_a_stored_intent_without_a_body_is_refused(card):
    stored = json.loads(card.to_json())
    del stored["body"]

    with pytest.raises(ConfigurationError, match="it has no body"):
        Intent.load(stored)


# -- with secrets


@pytest.mark.parametrize("which", SECRETS)
@pytest.mark.parametrize("way", [way for way in WAYS if way != "a copy"])
def test_a_secret_is_stored_nowhere_in_clear(secrets, which, way):
    intent, _ = secrets[which]

    with pytest.raises(ConfigurationError, match=IN_CLEAR):
        WAYS[way](intent)


@pytest.mark.parametrize("which", SECRETS)
def test_it_shows_no_secret(secrets, which):
    intent, secret = secrets[which]

    assert secret not in repr(intent) + str(intent) + repr(intent.hidden) + f"{intent!r:>5}"
    assert secret in intent.signed_bytes.decode()
    assert copy.deepcopy(intent) == intent
    assert hash(copy.deepcopy(intent)) == hash(intent)
    assert copy.copy(intent.hidden) == intent.hidden
    assert intent.hidden != intent.hidden.body
    assert hash(intent.hidden) != hash(HiddenBody(b"{}", ()))


@pytest.mark.parametrize("which", SECRETS)
def test_a_seal_keeps_it(secrets, which, sealing):
    intent, secret = secrets[which]

    stored = intent.to_json(seal=sealing())
    back = Intent.load(stored, seal=sealing())

    assert secret not in stored
    assert back == intent
    assert back.signed_bytes == intent.signed_bytes
    assert [each.reveal() for each in back.hidden.secrets] == [
        each.reveal() for each in intent.hidden.secrets
    ]
    assert secret not in repr(back)
    with pytest.raises(ConfigurationError, match=IN_CLEAR):
        back.to_json()


def test_the_seal_is_told_the_call_and_the_id(merchant, sealing):
    seal = sealing()
    intent = merchant().intend.cards.set_pin("c-1", PIN, request_id=OWN)

    Intent.load(intent.to_json(seal=seal), seal=seal)

    assert seal.associated == [f'["cards.set_pin","{OWN}"]'.encode()] * 2


@pytest.mark.parametrize("changes", [{"request_id": "0" * 8}, {"call": "gift_cards.confirm"}])
def test_a_body_in_the_intent_of_another_is_refused(merchant, sealing, changes):
    intent = merchant().intend.cards.set_pin("c-1", PIN)
    stored = changed(**changes)(intent.to_json(seal=sealing()))

    with pytest.raises(ConfigurationError, match=r"can't be opened \(ValueError\)"):
        Intent.load(stored, seal=sealing())


def test_another_key_is_refused_and_shows_nothing(merchant, sealing):
    stored = merchant().intend.cards.set_pin("c-1", PIN, request_id=OWN).to_json(seal=sealing())

    with pytest.raises(ConfigurationError, match="can't be opened") as caught:
        Intent.load(stored, seal=sealing(key=8))

    assert caught.value.request_id == OWN
    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert PIN not in shown


def test_a_sealed_one_needs_its_seal(merchant, sealing):
    stored = merchant().intend.cards.set_pin("c-1", PIN).to_json(seal=sealing())

    with pytest.raises(ConfigurationError, match="it is sealed: hand in the seal="):
        Intent.load(stored)


def test_a_seal_that_gives_no_bytes_is_refused(merchant):
    class Texts:
        def encrypt(self, data, associated_data):
            return "text"

        def decrypt(self, data, associated_data):
            return data

    intent = merchant().intend.cards.set_pin("c-1", PIN)

    with pytest.raises(ConfigurationError, match=r"seal\.encrypt gave str, not bytes"):
        intent.to_json(seal=Texts())


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"call": "cards.info"}, "is no call that changes something"),
        ({"request_id": ""}, "request_id is no UUID"),
        ({"request_id": 5}, "request_id is of type int"),
        ({"merchant": 10001}, "merchant is of type int"),
        ({"base_url": None}, "base_url is None"),
        ({"body": b"{}"}, "body is of type bytes"),
    ],
)
def test_one_made_by_hand_is_checked(fields, told):
    whole = {
        "merchant": "10001",
        "base_url": "https://api.example.com",
        "call": "cards.block",
        "request_id": OWN,
        "body": "{}",
    }
    assert Intent(**whole).request_id == OWN

    with pytest.raises(ConfigurationError, match=told):
        Intent(**whole | fields)


@pytest.mark.parametrize("name", ["cards.issue", "clients.create", "limits.set"])
def test_a_frozen_one_stays_as_it_is(merchant, name):
    intent = calling(name)(merchant().intend)

    with pytest.raises(AttributeError):
        intent.body = "{}"
