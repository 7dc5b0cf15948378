from __future__ import annotations

import hashlib
import json
from uuid import uuid4

import pytest

from freedompay_async.crypto.diagnosis import why_wrong
from freedompay_async.sandbox.desk.signatures import complaint
from tests.signing_examples import PATH, SIGN_VECTORS, VENDORS_BODY, VENDORS_JWS

CYRILLIC = '{"request_id":"828cf71d-a447-4a67-a149-c1df8bc197ca","note":"Қайрат Иванов/ё"}'.encode()


def check(
    headers, *, path=PATH, body=VENDORS_BODY, auth_id="123456", secret_key="secret", diagnose=None
):
    return complaint(
        headers=headers,
        path=path,
        body=body,
        auth_id=auth_id,
        secret_key=secret_key,
        diagnose=diagnose,
    )


def test_the_vendors_jws_example_is_right():
    assert check({"X-JWS-Signature": VENDORS_JWS}) is None


@pytest.mark.parametrize(("body", "digest"), SIGN_VECTORS)
def test_sign_is_the_hash_of_body_and_key(body, digest):
    headers = {"Auth-Id": "123456", "Sign": digest}
    assert check(headers, body=body, secret_key="some_secret_string") is None
    assert "wrong key" in check(headers, body=body, secret_key="some_secret_strinG")
    assert "other bytes" in check(
        headers | {"Sign": digest.upper()}, body=body, secret_key="some_secret_string"
    )
    assert "other bytes" in check(headers, body=body + b" ", secret_key="some_secret_string")
    explained = {"body": body, "secret_key": "some_secret_string", "diagnose": why_wrong}
    assert "the scheme wants lower case" in check(headers | {"Sign": digest.upper()}, **explained)
    assert "another form of the body: without the white space around it" in check(
        headers, **explained | {"body": body + b" "}
    )


BAD_SIGN = {"Auth-Id": "123456", "Sign": "0" * 64}
BAD_JWS = {"X-JWS-Signature": VENDORS_JWS[:-1] + "A"}


@pytest.mark.parametrize(("headers", "name"), [(BAD_SIGN, "Sign"), (BAD_JWS, "X-JWS-Signature")])
def test_without_a_diagnosis_it_names_the_command_that_finds_out_more(headers, name):
    assert check(headers) == (
        f"wrong key, or other bytes were signed: {name} does not fit this body and this key. "
        "`freedompay sign` finds out why: "
        "give it --path, --body-file and --signature"
    )


@pytest.mark.parametrize(("headers", "name"), [(BAD_SIGN, "Sign"), (BAD_JWS, "X-JWS-Signature")])
def test_a_diagnosis_is_asked_about_what_does_not_fit(headers, name):
    asked = []

    def diagnose(**values):
        asked.append(values)
        return "it was made on a Monday"

    assert check(headers, diagnose=diagnose) == f"wrong signature ({name}): it was made on a Monday"
    assert asked == [
        {"headers": headers, "path": PATH, "body": VENDORS_BODY, "secret_key": "secret"}
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-JWS-Signature": VENDORS_JWS},
        {},
        {"Auth-Id": "7", "Sign": "0" * 64},
        {"X-JWS-Signature": "a"},
    ],
)
def test_a_diagnosis_is_asked_about_nothing_else(headers):
    def diagnose(**values):
        pytest.fail("it was asked")

    assert check(headers, diagnose=diagnose) == check(headers)


def test_a_diagnosis_that_fails_keeps_no_answer_back_and_shows_nothing():
    def diagnose(*, secret_key, **values):
        raise RuntimeError(secret_key)

    facts = check(BAD_SIGN, secret_key="hush", diagnose=diagnose)
    assert facts == (
        "wrong key, or other bytes were signed: Sign does not fit this body and this key, and "
        "looking for the reason ended in RuntimeError"
    )


def test_sign_needs_the_merchant():
    digest = hashlib.sha256(VENDORS_BODY + b"secret").hexdigest()
    assert check({"Sign": digest, "Auth-Id": "123456"}) is None
    assert "wrong merchant" in check({"Sign": digest, "Auth-Id": "7"})
    assert "wrong merchant" in check({"Sign": digest})


def test_no_signature():
    assert "no signature" in check({"Auth-Id": "123456"})


def test_both_schemes_must_be_right_where_both_are_there():
    right = hashlib.sha256(VENDORS_BODY + b"secret").hexdigest()
    assert check({"Auth-Id": "123456", "Sign": right, "X-JWS-Signature": VENDORS_JWS}) is None
    assert "malformed" in check({"Auth-Id": "123456", "Sign": right, "X-JWS-Signature": "a"})
    assert "wrong key" in check(
        {"Auth-Id": "123456", "Sign": "0" * 64, "X-JWS-Signature": VENDORS_JWS}
    )


def test_a_header_that_is_no_utf8_is_only_wrong():
    assert "wrong key" in check(
        {"Auth-Id": "123456", "Sign": b"\xff\xfe".decode(errors="surrogateescape")}
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc",
        "abc.def",
        "..abc",
        "abc..",
        "a=..b",
        "a..b=",
        "a..b..c",
        "a..bc",
        "a+/..b",
        VENDORS_JWS + "=",
        "ы..ы",
    ],
)
def test_a_jws_of_another_form(value):
    assert "malformed" in check({"X-JWS-Signature": value})


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{",
        b"\xff",
        b"{}",
        b'{"uri":1,"auth_id":"123456","method":"POST","params":"","alg":"HS512"}',
    ],
    ids=["list", "cut", "bytes", "empty", "number"],
)
def test_a_jws_header_that_is_none(api, header):
    from base64 import urlsafe_b64encode

    assert "can't be read" in check(
        {"X-JWS-Signature": urlsafe_b64encode(header).decode().rstrip("=") + "..abc"}
    )


@pytest.mark.parametrize(
    "changes",
    [{"uri": "/"}, {"auth_id": "7"}, {"method": "GET"}, {"params": "a=1"}, {"alg": "none"}],
)
def test_each_part_of_the_jws_header_counts(api, changes):
    said = {
        "uri": "wrong path",
        "auth_id": "wrong merchant",
        "method": "wrong method",
        "params": "wrong params",
        "alg": "unknown alg",
    }
    protected = {
        "uri": PATH,
        "auth_id": "10001",
        "method": "POST",
        "params": "",
        "alg": "HS512",
    } | changes
    value = api.jws(protected, VENDORS_BODY)
    assert said[next(iter(changes))] in check(
        {"X-JWS-Signature": value}, auth_id="10001", secret_key="sandbox-secret"
    )


def test_a_jws_of_another_body_or_key():
    assert "wrong key" in check({"X-JWS-Signature": VENDORS_JWS}, body=CYRILLIC)
    assert "wrong key" in check({"X-JWS-Signature": VENDORS_JWS}, secret_key="Secret")


@pytest.mark.parametrize("scheme", ["sign", "HS512", "HS256"])
async def test_a_cyrillic_body_is_taken_under_each_scheme(issuer, talk, scheme):
    async with talk(issuer, scheme=scheme) as api:
        request_id = str(uuid4())
        body = json.dumps(
            {"request_id": request_id, "product_id": 2000, "count": 1, "note": "Қайрат/ё"},
            ensure_ascii=False,
        ).encode()
        headers = api.headers("card/bulk_issue", body, own=request_id)
        assert (await api.send("card/bulk_issue", body, headers=headers))[1]["status"] == "ok"
        assert (await api.ask(request_id))["request_status"] == "success"


async def test_a_bad_signature_is_401_and_consumes_no_id(issuer, api):
    body = {"request_id": str(uuid4()), "product_id": 2000, "count": 1}
    for headers, said in (
        ({}, "no signature"),
        (
            {"Sign": "0" * 64, "Auth-Id": issuer.auth_id, "Request-Id": body["request_id"]},
            "wrong key",
        ),
        (api.headers("card/issue", json.dumps(body).encode(), scheme="HS512"), "wrong path"),
    ):
        status, answer = await api.send("card/bulk_issue", body, headers=headers)
        assert (status, answer["status"], answer["error_code"]) == (401, "error", "unauthorized")
        assert said in answer["error_description"]
        assert "dt" in answer
    assert [each.verdict for each in issuer.received] == ["bad signature"] * 3
    assert issuer.ledger() == []
    assert (await api.send("card/bulk_issue", body))[1]["request_status"] == "success"
