"""Each mistake in signing that is told by its name: the sandbox finds that a signature is wrong,
and the diagnosis why.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest

from freedompay_async.crypto.diagnosis import why_wrong
from freedompay_async.crypto.diagnosis.body_forms import body_forms
from freedompay_async.sandbox import Faults, Sandbox
from freedompay_async.sandbox.desk.desk import Desk
from freedompay_async.sandbox.desk.signatures import signed_text
from freedompay_async.sandbox.faults import Plan
from tests.sandbox.misfits import (
    BODY,
    ESCAPED,
    HEAD,
    HEADER,
    KEY,
    LONGEST,
    OTHER_BYTES,
    PATH,
    SPACED,
    UNKNOWN,
    WIDE,
    b64,
    compact,
    hashed,
    text,
    why_jws,
    why_sign,
)


@pytest.mark.parametrize(("other", "said"), OTHER_BYTES, ids=[said for _, said in OTHER_BYTES])
def test_other_bytes_are_named(other, said):
    for why in (
        why_sign(hashed(other + KEY)),
        why_jws(f"{b64(compact(HEADER))}.{b64(other)}".encode()),
    ):
        assert why.startswith("wrong signature (")
        assert ": it was made over another form of the body: " in why
        assert said in why
        assert why.endswith("; sign the bytes that are sent")


def test_an_empty_body_was_signed():
    assert why_sign(hashed(KEY)) == (
        "wrong signature (Sign): it was made over another form of the body: an empty one; sign "
        "the bytes that are sent"
    )
    assert why_jws(HEAD) == (
        "wrong signature (X-JWS-Signature): no payload was signed: it is left out when it is "
        "sent, and not when it is signed"
    )


@pytest.mark.parametrize(
    "sent",
    [
        SPACED,
        BODY.replace(b"/", rb"\/").replace(WIDE, ESCAPED),
        BODY + b"\n",
        b"\n" + BODY,
        SPACED.replace(WIDE, ESCAPED),
    ],
)
def test_the_compact_form_was_signed_and_another_sent(sent):
    assert why_sign(hashed(BODY + KEY), body=sent).startswith(
        "wrong signature (Sign): it was made over another form of the body: "
    )
    assert why_jws(f"{b64(compact(HEADER))}.{b64(BODY)}".encode(), body=sent).startswith(
        "wrong signature (X-JWS-Signature): it was made over another form of the body: "
    )


def test_a_json_text_over_many_lines():
    assert "indented by 2" in why_sign(hashed(text(indent=2, ensure_ascii=False).encode() + KEY))
    assert "indented by 4" in why_sign(hashed(text(indent=4).encode() + KEY))


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        (hmac.digest(KEY, BODY, "sha256").hex(), "HMAC-SHA-256"),
        (hmac.digest(KEY, BODY, "sha512").hex(), "HMAC-SHA-512"),
        (hmac.digest(BODY, KEY, "sha256").hex(), "the body as its key"),
        (hashlib.sha512(BODY + KEY).hexdigest(), "it is a SHA-512"),
        (hashlib.sha512(BODY + KEY).hexdigest().upper(), "it is a SHA-512"),
        (hashed(KEY + BODY), "the key stood before the body"),
        (hashed(BODY), "without the key"),
        (hashlib.md5(BODY + KEY).hexdigest(), "MD5"),
        (hashlib.sha1(BODY + KEY).hexdigest(), "SHA-1"),
        (base64.b64encode(hmac.digest(KEY, BODY, "sha256")).decode(), "HMAC-SHA-256"),
    ],
)
def test_another_algorithm_of_sign(digest, said):
    assert why_sign(digest).startswith("wrong signature (Sign): ")
    assert said in why_sign(digest)


def test_another_algorithm_over_other_bytes():
    spaced = "it was made over another form of the body: with a space after each comma and colon"
    for value in (
        hmac.digest(KEY, SPACED, "sha256").hex(),
        hmac.digest(KEY, SPACED, "sha256").hex().upper(),
    ):
        assert why_sign(value).startswith(
            f"wrong signature (Sign): {spaced}; it is an HMAC-SHA-256 of the body; "
        )
    why = why_jws(f"{b64(compact(HEADER))}.{b64(SPACED)}".encode(), digest="sha256")
    assert why.startswith(
        f"wrong signature (X-JWS-Signature): {spaced}; it was made with HS256, and its header "
        "says HS512; "
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (hashed(BODY + KEY).upper(), "the scheme wants lower case"),
        (hashed(BODY + KEY) + " ", "there is white space around it"),
        (base64.b64encode(hashlib.sha256(BODY + KEY).digest()).decode(), "the scheme wants hex"),
        (b64(hashlib.sha256(BODY + KEY).digest()), "the scheme wants hex"),
    ],
)
def test_a_right_hash_in_a_wrong_form(value, said):
    assert said in why_sign(value)
    assert "another form of the body" not in why_sign(value)


@pytest.mark.parametrize(
    ("separator", "said"),
    [(b" ", "a space"), (b":", "a colon"), (b";", "a semicolon"), (b"|", "a bar")],
)
def test_something_between_the_body_and_the_key(separator, said):
    assert f"{said} stood between body and key; nothing does" in why_sign(
        hashed(BODY + separator + KEY)
    )


KEYS = [
    (b" secret ", b"secret", "white space around it"),
    (b"secret", b"secret\n", "a line break at its end"),
    (b"secret", b'"secret"', "quotation marks around it"),
    (b"c2VjcmV0cw==", b"secrets", "decoded from base64"),
    (b"c2VjcmV0cw", b"secrets", "decoded from base64"),
    (b"73656372657473", b"secrets", "decoded from hex"),
    (b"secret", b"c2VjcmV0", "encoded in base64"),
    (b"secret", b"736563726574", "encoded in hex"),
]


@pytest.mark.parametrize(("key", "used", "said"), KEYS)
def test_another_form_of_the_key(key, used, said):
    for why in (why_sign(hashed(BODY + used), key=key), why_jws(key=key, signer=used)):
        assert ": the key was " in why
        assert said in why


def test_an_empty_key():
    assert why_jws(signer=b"") == "wrong signature (X-JWS-Signature): an empty key was used"
    assert "without the key" in why_sign(hashed(BODY))


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b"",
        b"{",
        b"\xff\xfe",
        b'"text"',
        b"[" * 50_000,
        b'{"a":' + b"1" * 5_000 + b"}",
        b'{"a":1e999999999999999999999}',
        rb'"\ud800"',
    ],
)
def test_no_form_fits(body):
    assert why_sign(hashed(body + b"another"), body=body) == UNKNOWN
    assert why_jws(signer=b"another", body=body) == UNKNOWN
    assert why_sign("ы", body=body) == UNKNOWN
    assert "the key is wrong" not in UNKNOWN
    assert "wrong key" in UNKNOWN


def test_the_work_is_bounded():
    assert len(body_forms(BODY)) < 200
    long = b'{"document":"' + b"/" * LONGEST + b'"}'
    assert len(body_forms(long)) < 9

    started = time.process_time()
    why_sign("0" * 64, body=b'{"document":"' + b"/" * (3 * 1024 * 1024) + b'"}')
    why_sign("0" * 64, body=b'{"document":"' + b"/" * (LONGEST - 100) + b'"}')
    assert time.process_time() - started < 3


def test_no_reason_holds_the_key():
    for why in (
        why_sign("0" * 64, key=b"hush"),
        why_sign(hashed(BODY + b'"hush"'), key=b"hush"),
        why_jws(key=b"hush"),
    ):
        assert "hush" not in why


def test_what_is_signed():
    assert signed_text(headers={"Sign": "x"}, body=BODY) == BODY.decode() + "\u2039secret key\u203a"
    header = b64(compact(HEADER))
    assert (
        signed_text(headers={"X-JWS-Signature": f"{header}..abc"}, body=BODY)
        == f"{header}.{b64(BODY)}"
    )
    assert signed_text(headers={"X-JWS-Signature": "abc"}, body=BODY) == ""
    assert signed_text(headers={}, body=BODY) == ""


@pytest.mark.parametrize("scheme", ["sign", "HS512"])
def test_a_taken_call_says_what_was_signed(counter, scheme):
    taken = counter.take(PATH, {"card_id": "1"}, scheme=scheme)
    assert taken.why == ""
    signed = taken.signed.replace("\u2039secret key\u203a", "sandbox-secret")
    assert (
        signed == '{"card_id":"1"}sandbox-secret'
        if scheme == "sign"
        else signed.endswith("." + b64(b'{"card_id":"1"}'))
    )


def test_a_bad_signature_is_reported_in_the_answer_and_beside_it(counter):
    desk = Desk(
        issuer=counter.issuer,
        plan=Plan(Faults()),
        auth_id="10001",
        secret_key="sandbox-secret",
        processing=(0, 0),
        diagnose=why_wrong,
    )
    taken = desk.take(
        path=PATH, headers={"Auth-Id": "10001", "Sign": hashed(BODY), "Request-Id": "1"}, body=BODY
    )
    assert (taken.verdict, taken.answer.http) == ("bad signature", 401)
    assert taken.why == taken.answer.body["error_description"]
    assert "without the key" in taken.why
    assert taken.signed.startswith(BODY.decode())


async def test_a_sandbox_says_it_with_its_diagnosis(talk):
    for diagnose, said in (
        (None, "`freedompay sign` finds out why"),
        (why_wrong, "the key stood before the body"),
    ):
        async with Sandbox(diagnose=diagnose) as issuer, talk(issuer) as api:
            body = b'{"card_id":"1"}'
            headers = api.headers("card/info", body) | {
                "Sign": hashed(issuer.secret_key.encode() + body)
            }
            status, answer = await api.send("card/info", body, headers=headers)
            assert (status, answer["error_code"]) == (401, "unauthorized")
            assert said in answer["error_description"]
            assert [each.verdict for each in issuer.received] == ["bad signature"]
