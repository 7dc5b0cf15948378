"""Seals of other people: what they give, and how they fail."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

import pytest

from freedompay_async import ConfigurationError, Intent
from tests.samples import OWN

PIN = "bm90IGEgcmVhbCBQSU4gYmxvY2s="


class Own(bytes):
    """What some libraries give in place of bytes."""


def turned(data):
    return bytes(each ^ 7 for each in data)


class Work:
    """A seal of two functions."""

    def __init__(self, work) -> None:
        self.work = work

    def encrypt(self, data, associated_data):
        return self.work(data)

    decrypt = encrypt


@pytest.fixture
def pin(merchant):
    return merchant().intend.cards.set_pin("c-1", PIN, request_id=OWN)


@pytest.mark.parametrize("kind", [Own, bytearray, memoryview])
def test_what_is_like_bytes_is_bytes(pin, kind):
    seal = Work(lambda data: kind(turned(data)))

    assert Intent.load(pin.to_json(seal=seal), seal=seal) == pin


async def later(data):
    return data


def broken(data):
    raise ValueError(data)


WRONG = {
    "text": (bytes.hex, "gave str, not bytes"),
    "nothing": (lambda data: None, "gave NoneType, not bytes"),
    "a coroutine": (later, "gave coroutine, not bytes"),
    "an error": (broken, "ValueError"),
    "no seal": (None, "seal is of type str: give an object with the methods encrypt and decrypt"),
}


@pytest.mark.parametrize("which", WRONG)
@pytest.mark.parametrize("way", ["to_json", "load"])
def test_a_seal_that_cant_do_it_is_named_and_shows_nothing(pin, which, way):
    work, told = WRONG[which]
    seal = "key" if work is None else Work(work)
    stored = pin.to_json(seal=Work(turned))

    with pytest.raises(ConfigurationError) as caught:
        pin.to_json(seal=seal) if way == "to_json" else Intent.load(stored, seal=seal)

    error = caught.value
    assert told in error.text
    assert "Nothing was sent" in error.text
    assert (error.call, error.request_id, error.__context__) == ("cards.set_pin", OWN, None)
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    ours = [
        each for each in frames if "freedompay_async" in each.filename and each.name != "<module>"
    ]
    assert ours
    assert all(PIN not in str(each.locals) for each in ours if "/tests/" not in each.filename)


def test_what_was_decrypted_and_is_no_body_is_refused(pin):
    stored = pin.to_json(seal=Work(turned))

    for given in (b"{}", b"\xff", b"[1]"):
        with pytest.raises(ConfigurationError, match="what it holds is no body") as caught:
            Intent.load(stored, seal=Work(lambda data, given=given: given))

        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"cards": "1"}, "cards is of type str"),
        ({"cards": True}, "cards is of type bool"),
        ({"client_id": 5}, "client_id is of type int"),
        ({"hidden": "secret"}, "hidden is of type str"),
    ],
)
def test_one_made_by_hand_is_checked_in_all_its_fields(fields, told):
    whole = {
        "merchant": "10001",
        "base_url": "https://api.example.com",
        "call": "cards.issue",
        "request_id": OWN,
        "body": "{}",
    }

    with pytest.raises(ConfigurationError, match=told) as caught:
        Intent(**whole | fields)

    assert "secret" not in str(caught.value)


class Name(str):
    """As an enumeration of texts has them."""

    __slots__ = ()


def test_a_text_of_another_class_is_a_text():
    intent = Intent(
        merchant=Name("10001"),
        base_url=Name("https://api.example.com"),
        call=Name("cards.issue"),
        request_id=OWN,
        body=Name("{}"),
        client_id=Name("cl-1"),
    )

    assert Intent.load(intent.to_json()) == intent


def test_a_body_that_is_nested_too_deeply_is_refused(client_of, memory, play, pin):
    wire = memory()
    fp = client_of(wire)
    intent = Intent(
        merchant=pin.merchant,
        base_url=pin.base_url,
        call="cards.issue",
        request_id=OWN,
        body='{"a":' * 100_000,
    )

    with pytest.raises(ConfigurationError, match="is no JSON object"):
        play(fp.send(intent, first_sent=None))

    assert wire.sent == []


class NoTime(datetime):
    """As the empty value of pandas."""

    def timestamp(self):
        return float("nan")


def test_what_is_no_time_is_refused(client_of, memory, play):
    wire = memory()
    fp = client_of(wire)

    with pytest.raises(ConfigurationError, match="is no time") as caught:
        play(fp.send(fp.intend.cards.activate("c-1"), first_sent=NoTime(2026, 1, 1, tzinfo=UTC)))

    assert (caught.value.call, wire.sent) == ("cards.activate", [])
