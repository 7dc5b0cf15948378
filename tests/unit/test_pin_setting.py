from __future__ import annotations

import pytest

from freedompay_async.api.pin_setting import pin_to_send
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Hidden, Pin

PLAIN = "a plain PIN can't be sent: pass encrypt= with it, or the encrypted text."


def backwards(text: str) -> str:
    return f"sealed {text[::-1]}"


@pytest.mark.parametrize(
    ("pin", "encrypt", "expected"),
    [
        ("Zm9vYmFy", None, "Zm9vYmFy"),
        ("1234567890123", None, "1234567890123"),
        ("1234", backwards, "sealed 4321"),
    ],
)
def test_what_goes_out_is_encrypted(pin, encrypt, expected):
    assert pin_to_send(Pin(pin), Hidden(encrypt)).reveal() == expected


def test_without_a_pin_the_issuer_makes_one():
    assert pin_to_send(None, Hidden(None)) is None


@pytest.mark.parametrize(
    ("pin", "encrypt", "expected"),
    [
        (None, backwards, "set_pin has encrypt= and no PIN to encrypt."),
        (Pin(""), None, "the PIN is empty."),
        (Pin(""), backwards, "the PIN is empty."),
        (Pin("1234"), lambda text: "", "the PIN is empty."),
        (Pin("1234"), None, PLAIN),
        (Pin("123456789012"), None, PLAIN),
    ],
)
def test_what_can_not_be_sent_is_refused(pin, encrypt, expected):
    with pytest.raises(ConfigurationError) as caught:
        pin_to_send(pin, Hidden(encrypt))

    assert (caught.value.text, caught.value.call) == (
        f"{expected} Nothing was sent.",
        "cards.set_pin",
    )
