"""How a wrong JWS signature came about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from freedompay_async.sandbox.desk.signatures import complaint
from tests.sandbox.misfits import (
    BODY,
    HEAD,
    HEADER,
    KEY,
    PATH,
    b64,
    compact,
    why_jws,
)


@pytest.mark.parametrize(
    ("alg", "digest", "said"),
    [("HS512", "sha256", "HS256"), ("HS256", "sha512", "HS512"), ("HS512", "sha384", "HS384")],
)
def test_another_algorithm_than_the_header_says(alg, digest, said):
    assert (
        why_jws(digest=digest, alg=alg)
        == f"wrong signature (X-JWS-Signature): it was made with {said}, and its header says {alg}"
    )


def test_a_plain_hash_and_a_hex_text_as_jws():
    signed = f"{b64(compact(HEADER))}.{b64(BODY)}".encode()
    assert "it is a hash of the text and the key" in why_jws(
        signature=b64(hashlib.sha512(signed + KEY).digest())
    )
    assert "the digest's own bytes are encoded" in why_jws(
        signature=b64(hmac.digest(KEY, signed, "sha512").hex().encode())
    )


# Of another length its Base64 would have no padding to tell it by.
assert len(BODY) % 3


@pytest.mark.parametrize(
    ("signed", "said"),
    [
        (HEAD + BODY, "the payload was signed in clear"),
        (HEAD + base64.urlsafe_b64encode(BODY), "base64url with padding"),
        (HEAD + base64.b64encode(BODY), "padding"),
        (b64(BODY).encode(), "without the header before the payload"),
        (BODY, "in clear; it is signed in base64url; it was made without the header"),
        (HEAD + b".", "header.. was signed"),
        (compact(HEADER) + b"." + BODY, "it was made over the header in clear"),
        (f"{b64(json.dumps(HEADER).encode())}.{b64(BODY)}".encode(), "another text of the header"),
    ],
)
def test_other_input_of_the_jws(signed, said):
    assert why_jws(signed).startswith("wrong signature (X-JWS-Signature): ")
    assert said in why_jws(signed)


@pytest.mark.parametrize(
    "uri", ["https://api.example.com" + PATH, "http://api.example.com" + PATH, PATH + "/", PATH[1:]]
)
def test_the_signature_is_of_another_uri(uri):
    signed = f"{b64(compact(HEADER | {'uri': uri}))}.{b64(BODY)}".encode()
    assert why_jws(signed, host="api.example.com") == (
        f'wrong signature (X-JWS-Signature): it was made over a header with uri "{uri}", and the '
        f'one it came with has "{PATH}"'
    )


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("https://api.example.com" + PATH, "the whole URL"),
        (PATH + "?a=1", "a query"),
        ("/v5/card-api/card/balance", f"the call came to {PATH}"),
    ],
)
def test_the_header_names_another_uri(uri, said):
    why = why_jws(uri=uri)
    assert why.startswith(f"wrong path: signed for {uri}, ")
    assert said in why


def test_a_whole_jws_and_a_padded_one():
    header, signature = b64(compact(HEADER)), b64(b"x" * 64)
    for value, said in (
        (f"{header}.{b64(BODY)}.{signature}", "has to be taken out"),
        (f"{header}..{signature}==", "there is padding"),
    ):
        why = complaint(
            headers={"X-JWS-Signature": value},
            path=PATH,
            body=BODY,
            auth_id="1",
            secret_key="secret",
        )
        assert why.startswith("malformed signature: ")
        assert said in why
