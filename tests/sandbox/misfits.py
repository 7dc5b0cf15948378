"""Signatures that do not fit, and the reasons that are found for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from freedompay_async.crypto.diagnosis import why_wrong
from freedompay_async.sandbox.desk.signatures import NO_FIT, complaint

PATH = "/v5/card-api/card/info"
# Compact, with a slash, letters of two alphabets, one of more than 16 bits, and an amount that a
# float would shorten.
BODY = '{"request_id":"828cf71d-","card_id":"a/1","note":"Қ😀","amount":12.10}'.encode()
KEY = b"secret"
LONGEST = 64 * 1024
HEADER = {"uri": PATH, "auth_id": "1", "method": "POST", "params": "", "alg": "HS512"}
UNKNOWN = f"{NO_FIT}: no form of these bytes fits this key"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def why_sign(value, *, body=BODY, key=KEY):
    return complaint(
        headers={"Auth-Id": "1", "Sign": value},
        path=PATH,
        body=body,
        auth_id="1",
        secret_key=key.decode(),
        diagnose=why_wrong,
    )


def hashed(data):
    return hashlib.sha256(data).hexdigest()


def why_jws(
    signed=None,
    *,
    digest="sha512",
    signature=None,
    body=BODY,
    key=KEY,
    signer=KEY,
    host=None,
    **changes,
):
    header = b64(compact(HEADER | changes))
    if signature is None:
        signature = b64(
            hmac.digest(
                signer, f"{header}.{b64(body)}".encode() if signed is None else signed, digest
            )
        )
    headers = {"X-JWS-Signature": f"{header}..{signature}"} | (
        {} if host is None else {"Host": host}
    )
    return complaint(
        headers=headers,
        path=PATH,
        body=body,
        auth_id="1",
        secret_key=key.decode(),
        diagnose=why_wrong,
    )


def text(**options):
    return json.dumps(
        {"request_id": "828cf71d-", "card_id": "a/1", "note": "Қ😀", "amount": 0}, **options
    ).replace('"amount": 0', '"amount": 12.10')


WIDE = "Қ😀".encode()
ESCAPED = rb"\u049a\ud83d\ude00"
SPACED = BODY.replace(b",", b", ").replace(b":", b": ")
SORTED = '{"amount":12.10,"card_id":"a/1","note":"Қ😀","request_id":"828cf71d-"}'.encode()
OTHER_BYTES = [
    (SPACED, "with a space after each comma and colon"),
    (SPACED.replace(WIDE, ESCAPED), "with a space after each comma and colon"),
    (SORTED, "with its keys sorted"),
    (SORTED.replace(b",", b", ").replace(b":", b": "), "with its keys sorted"),
    (BODY.replace(b"/", rb"\/").replace(WIDE, ESCAPED), "(PHP's json_encode)"),
    (BODY.replace(b"/", rb"\/"), r"with / as \/"),
    (BODY.replace(WIDE, ESCAPED), r"with letters beyond ASCII as \uXXXX"),
    (BODY + b"\n", "with a line break at its end"),
    (BODY + b"\r\n", "with a Windows line break at its end"),
    (b"\xef\xbb\xbf" + BODY, "with a byte order mark before it"),
    (b"{}", "an empty JSON object"),
    (json.dumps(BODY.decode(), ensure_ascii=False).encode(), "as a JSON text inside JSON"),
]
HEAD = b64(compact(HEADER)).encode() + b"."
