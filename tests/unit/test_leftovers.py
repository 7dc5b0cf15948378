"""What a file, an editor or a shell has left around a key is named, and the key is not shown."""

from __future__ import annotations

import pickle

import pytest

from freedompay_async import ConfigurationError, JwsSigner, Sha256Signer
from freedompay_async.guards.leftovers import leftover_of
from freedompay_async.models import SecretKey
from freedompay_async.redaction.secret import Secret

LEFT = {
    "\ufeffk3y": "byte order mark",
    "k3\ufeffy": "byte order mark",
    "k3y\n": "line break",
    "k3y\r\n": "line break",
    "k3\ny": "line break",
    " k3y": "white space",
    "k3y\t": "white space",
    "k3y\u00a0": "white space",
    '"k3y"': "quotation marks",
    "'k3y'": "quotation marks",
    "“k3y”": "quotation marks",
    "«k3y»": "quotation marks",
    "k3\u200by": "invisible character in it (U+200B)",
    "k3\x00y": "invisible character in it (U+0000)",
}
PLAIN = ["k3y", 'k"3"y', '"k3y', "k3y'", '"', "ключ", "k 3 y", "=k3y=="]


@pytest.mark.parametrize(("key", "named"), LEFT.items(), ids=map(repr, LEFT))
@pytest.mark.parametrize("signer", [JwsSigner, Sha256Signer])
def test_a_key_with_it_is_refused(signer, key, named):
    with pytest.raises(ConfigurationError) as caught:
        signer(auth_id="1", secret_key=key)

    assert caught.value.text == (
        f"secret_key {leftover_of(Secret(key))}. Remove that. If the key is really so, use SecretKey(…, exact=True) or FREEDOMPAY_SECRET_KEY_EXACT=1. Nothing was sent."
    )
    assert named in caught.value.text
    assert "k3" not in caught.value.text


@pytest.mark.parametrize("key", LEFT)
@pytest.mark.parametrize("signer", [JwsSigner, Sha256Signer])
def test_a_key_that_is_right_as_it_is_signs(signer, key):
    made = signer(auth_id="1", secret_key=SecretKey(key, exact=True))

    assert made.headers(path="/a", body=b"{}", request_id="r")
    assert LEFT[key] in made.on_refusal
    assert "k3" not in made.on_refusal


@pytest.mark.parametrize("key", PLAIN)
def test_a_plain_key_has_none(key):
    assert leftover_of(Secret(key)) is None
    assert "secret key" not in JwsSigner(auth_id="1", secret_key=key).on_refusal


def test_a_key_stays_exact_when_it_is_handed_on():
    assert SecretKey(SecretKey("k ", exact=True)).exact
    assert not SecretKey(SecretKey("k ")).exact


def test_a_key_out_of_a_pickle_is_not_exact():
    assert not pickle.loads(pickle.dumps(SecretKey("k ", exact=True))).exact
