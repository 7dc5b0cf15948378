"""Which keys a seal takes, and what it says of others without showing them."""

from __future__ import annotations

import secrets
import traceback
from base64 import b64encode, urlsafe_b64encode

import pytest
from cryptography.fernet import Fernet

from freedompay_async import ConfigurationError, Secret
from freedompay_async.seals import AesGcmSeal, FernetSeal

# Its Base64 has "-" and "_".
KEY = bytes.fromhex("fbeffbfffe") + bytes(range(27))
TEXT = urlsafe_b64encode(KEY).decode()
BOUND = b"call and id"


def opens(one, other):
    """Whether two seals have the same key."""
    return other.decrypt(one.encrypt(b"body", BOUND), BOUND) == b"body"


FORMS = {
    "with =": TEXT,
    "without =": TEXT.rstrip("="),
    "in the standard alphabet": b64encode(KEY).decode(),
    "with the line break of its file": TEXT + "\r\n",
    "as a Secret": Secret(TEXT),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [AesGcmSeal, FernetSeal])
def test_text_is_a_key(kind, form):
    assert "-" in TEXT
    assert "_" in TEXT
    assert opens(kind([TEXT]), kind([FORMS[form]]))


@pytest.mark.parametrize("form", [name for name in FORMS if name != "as a Secret"])
def test_fernet_takes_the_text_as_bytes_too(form):
    assert opens(FernetSeal([TEXT]), FernetSeal([FORMS[form].encode()]))


@pytest.mark.parametrize("size", [16, 24, 32])
def test_aes_takes_the_bytes_and_their_text(size):
    key = KEY[:size]

    assert opens(AesGcmSeal([key]), AesGcmSeal([urlsafe_b64encode(key).decode()]))


def test_keys_are_made_as_the_page_says():
    assert opens(*(AesGcmSeal([key]) for key in [secrets.token_urlsafe(32)] * 2))
    assert opens(*(FernetSeal([key]) for key in [Fernet.generate_key()] * 2))


@pytest.mark.parametrize("keys", [(TEXT,), [TEXT, TEXT]])
@pytest.mark.parametrize("kind", [AesGcmSeal, FernetSeal])
def test_any_sequence_is_a_list_of_keys(kind, keys):
    assert opens(kind([TEXT]), kind(keys))


LIST = "give a list of keys, of which the first one encrypts"
LISTS = {
    "a text": (TEXT, f"keys is of type str: {LIST}"),
    "a secret": (Secret(TEXT), f"keys is of type Secret: {LIST}"),
    "bytes": (KEY, f"keys is of type bytes: {LIST}"),
    "a bytearray": (bytearray(KEY), f"keys is of type bytearray: {LIST}"),
    "a set": ({TEXT}, f"keys is of type set: {LIST}"),
    "a dict": ({TEXT: 1}, f"keys is of type dict: {LIST}"),
    "nothing": (None, f"keys is of type NoneType: {LIST}"),
    "no key": ([], "keys is empty: a seal needs a key"),
}
AES = {
    "a whole number": (5, "is of type int: give 16, 24 or 32 bytes, or text in Base64"),
    "None": (None, "is None: give 16, 24 or 32 bytes, or text in Base64"),
    "a list": ([KEY], "is of type list: give 16, 24 or 32 bytes, or text in Base64"),
    "no bytes": (b"", "has 0 bytes, and AES takes 16, 24 or 32"),
    "too few bytes": (KEY[:15], "has 15 bytes, and AES takes 16, 24 or 32"),
    "too many bytes": (KEY * 2, "has 64 bytes, and AES takes 16, 24 or 32"),
    "no text": ("", "is text that holds 0 bytes, and AES takes 16, 24 or 32"),
    "text of too few": (TEXT[:40], "is text that holds 30 bytes, and AES takes 16, 24 or 32"),
    "no Base64": (TEXT[:-2] + "!=", "is text, and no Base64"),
    "half a character of Base64": (TEXT[:41], "is text, and no Base64"),
    "text of another script": ("ключ" * 8, "is text, and no Base64"),
    "hex of 16": (KEY[:16].hex(), "looks like hex: give bytes.fromhex() of it"),
    "hex of 24": (KEY[:24].hex().upper(), "looks like hex: give bytes.fromhex() of it"),
    "hex of 32": (KEY.hex() + "\n", "looks like hex: give bytes.fromhex() of it"),
    **{
        f"{what} as bytes": (
            value,
            "is text as bytes, and a key is random bytes: give Base64 as text (str)",
        )
        for what, value in {
            "text": TEXT.encode() + b"\n",
            # As long as a key, and none.
            "text of 16": urlsafe_b64encode(KEY[:16]),
            "text of 24": urlsafe_b64encode(KEY[:24]),
            "hex": KEY[:16].hex().encode(),
            "a password": b"correct horse ba",
        }.items()
    },
}
NO_FERNET = "is no key of Fernet: give what Fernet.generate_key() gives"
FERNET = {
    "a whole number": (5, "is of type int: give what Fernet.generate_key() gives"),
    "None": (None, "is None: give what Fernet.generate_key() gives"),
    "the bytes": (KEY, NO_FERNET),
    "text of 16": (urlsafe_b64encode(KEY[:16]), NO_FERNET),
    "hex": (KEY.hex(), NO_FERNET),
    "no Base64": (TEXT[:-2] + "!=", NO_FERNET),
    "no text": ("", NO_FERNET),
    "text of another script": ("ключ" * 8, NO_FERNET),
}
WRONG = [
    *((kind, *LISTS[which]) for kind in (AesGcmSeal, FernetSeal) for which in LISTS),
    *(
        (kind, [TEXT, key], f"keys[1] {told}")
        for kind, cases in ((AesGcmSeal, AES), (FernetSeal, FERNET))
        for key, told in cases.values()
    ),
]
IDS = [
    *(f"{kind} {which}" for kind in ("aes", "fernet") for which in LISTS),
    *(f"aes {which}" for which in AES),
    *(f"fernet {which}" for which in FERNET),
]


@pytest.mark.parametrize(("kind", "keys", "told"), WRONG, ids=IDS)
def test_others_are_refused(kind, keys, told):
    with pytest.raises(ConfigurationError) as caught:
        kind(keys)

    assert caught.value.text == f"{told}. Nothing was sent."
    assert caught.value.__context__ is None


def given(keys):
    """How the keys would look in a text."""
    each = keys if isinstance(keys, list | set | dict | tuple) else [keys]
    whole = [repr(one).strip("b'\"[]") for one in (*each, TEXT, KEY)]
    return [one for one in whole if len(one) > 4 and one != "***"]


@pytest.mark.parametrize(("kind", "keys", "told"), WRONG, ids=IDS)
def test_no_error_shows_them(kind, keys, told):
    with pytest.raises(ConfigurationError) as caught:
        kind(keys)
    inner = caught.value.__traceback__.tb_next
    whole = traceback.TracebackException(
        type(caught.value), caught.value, inner, capture_locals=True
    )
    shown = "".join(whole.format())

    assert "self = " in shown
    assert [one for one in given(keys) if one in shown] == []
