from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from typing import ClassVar

import pytest

from freedompay_async.crypto.diagnosis import KEY_PLACE, compare, signing_report, why_wrong
from freedompay_async.crypto.diagnosis.body_forms import body_forms
from freedompay_async.crypto.diagnosis.matching import Way, fewest_slips
from freedompay_async.crypto.signing import JwsSigner, Sha256Signer
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import SecretKey

PATH = "/v5/card-api/card/issue"
KEY = "s3cret"
NEWLINE = b"\n"
FIELDS = {"url": "https://a.kz/b", "name": "Ёлка", "amount": 10.50}
BODY = '{"url":"https://a.kz/b","name":"Ёлка","amount":10.50,"id":7,"tags":["a",null,true],"none":[]}'.encode()
NO_FORM = "no form that was tried fits: it was made with another key, or over other bytes"


def b64(data: bytes, *, padded: bool = False) -> str:
    text = urlsafe_b64encode(data).decode()
    return text if padded else text.rstrip("=")


def sign_report(body: bytes = BODY, key: str = KEY):
    return signing_report(
        Sha256Signer(auth_id="1", secret_key=SecretKey(key, exact=True)),
        secret_key=key,
        path=PATH,
        body=body,
        request_id="r-1",
    )


def jws_report(body: bytes = BODY, key: str = KEY, alg="HS512"):
    return signing_report(
        JwsSigner(auth_id="1", secret_key=SecretKey(key, exact=True), alg=alg),
        secret_key=key,
        path=PATH,
        body=body,
        request_id="r-1",
    )


def sign_cause(value: str, body: bytes = BODY, key: str = KEY) -> str:
    told = compare(sign_report(body, key), value, secret_key=key)
    assert (told.same, told.differences) == (False, ())
    return told.cause


class Jws:
    """A signature by hand, with one thing done in another way."""

    header: ClassVar = {"uri": PATH, "auth_id": "1", "method": "POST", "params": "", "alg": "HS512"}

    def __init__(
        self,
        *,
        key=b"s3cret",
        digest="sha512",
        body=BODY,
        header=None,
        form="{header}..{signature}",
        b64=b64,
        payload=b64,
    ):
        protected = b64(
            header
            if isinstance(header, bytes)
            else json.dumps(header or self.header, separators=(",", ":")).encode()
        )
        mac = hmac.digest(key, f"{protected}.".encode() + as_bytes(payload(body)), digest)
        self.value = form.format(
            header=protected, payload=as_str(payload(body)), signature=b64(mac), hex=mac.hex()
        )


def as_bytes(data) -> bytes:
    return data if isinstance(data, bytes) else data.encode()


def as_str(data) -> str:
    return data if isinstance(data, str) else data.decode(errors="replace")


def told(jws: Jws, report=None):
    return compare(report or jws_report(), jws.value, secret_key=KEY)


class TestReport:
    def test_of_sign(self):
        report = sign_report()

        assert (report.scheme, report.alg, report.protected) == ("Sign", "SHA-256", None)
        assert report.signed == BODY.decode() + KEY_PLACE
        assert (report.length, report.sha256) == (len(BODY), hashlib.sha256(BODY).hexdigest())
        assert report.value == hashlib.sha256(BODY + KEY.encode()).hexdigest()

    def test_of_jws(self):
        report = jws_report()
        header = b64(json.dumps(Jws.header, separators=(",", ":")).encode())

        assert (report.scheme, report.alg) == ("X-JWS-Signature", "HS512")
        assert report.protected == json.dumps(Jws.header, separators=(",", ":"))
        assert report.signed == f"{header}.{b64(BODY)}"
        assert report.length == len(report.signed)
        assert report.value == Jws().value

    @pytest.mark.parametrize("make", [sign_report, jws_report])
    def test_never_has_the_key(self, make):
        assert KEY not in repr(make())

    def test_of_bytes_that_are_no_text(self):
        assert sign_report(b"\xff{}").signed == "\\xff{}" + KEY_PLACE

    @pytest.mark.parametrize(
        "path", ["", "v5", "https://a.kz/v5", "/v5?a=b", "/v5#a", "/v 5", "/v5\n"]
    )
    def test_refuses_what_is_no_path(self, path):
        with pytest.raises(
            ConfigurationError, match="it must start with /, without a host and a query"
        ):
            signing_report(
                JwsSigner(auth_id="1", secret_key="k"),
                secret_key="k",
                path=path,
                body=b"{}",
                request_id="r",
            )

    @pytest.mark.parametrize(
        ("body", "key", "note"),
        [
            (
                b"{}\n",
                "k",
                "the body ends with a line break: it is signed too, and has to be sent too",
            ),
            (
                b"\xef\xbb\xbf{}",
                "k",
                "the body begins with a byte order mark: it is signed too, and has to be sent too",
            ),
            (b"[]", "k", "the body is not a JSON object"),
            (b"nothing", "k", "the body is not a JSON object"),
            (
                b"{}",
                "k\n",
                (
                    "the secret key begins or ends with white space, which is used too: is it "
                    "part of the key?"
                ),
            ),
        ],
    )
    def test_notes_what_is_unusual(self, body, key, note):
        assert note in sign_report(body, key).notes

    def test_notes_nothing_else(self):
        assert sign_report().notes == ()


class TestSign:
    @pytest.mark.parametrize("form", ["{}", " {}\n", "Sign: {}", "sign:{}"])
    def test_that_is_right(self, form):
        assert compare(sign_report(), form.format(sign_report().value), secret_key=KEY).same

    @pytest.mark.parametrize(
        ("data", "digest", "cause"),
        [
            (
                KEY.encode() + BODY,
                hashlib.sha256,
                "the key stood before the body; it stands after it",
            ),
            *(
                (
                    BODY + mark + KEY.encode(),
                    hashlib.sha256,
                    f"{name} stood between body and key; nothing does",
                )
                for mark, name in (
                    (b";", "a semicolon"),
                    (b":", "a colon"),
                    (b" ", "a space"),
                    (b"|", "a bar"),
                )
            ),
            (BODY, hashlib.sha256, "it was made without the key"),
            (BODY + KEY.encode(), hashlib.sha512, "it is a SHA-512; the scheme is SHA-256"),
            (BODY + KEY.encode(), hashlib.sha1, "it is a SHA-1; the scheme is SHA-256"),
            (BODY + KEY.encode(), hashlib.md5, "it is an MD5; the scheme is SHA-256"),
            (
                BODY + KEY.encode() + b"\n",
                hashlib.sha256,
                "the key was used with a line break at its end",
            ),
            (BODY + b'"s3cret"', hashlib.sha256, "the key was used with quotation marks around it"),
            (
                BODY + b"czNjcmV0",
                hashlib.sha256,
                "the key was encoded in base64 first; it is used as it is written",
            ),
            (
                BODY + KEY.encode().hex().encode(),
                hashlib.sha256,
                "the key was encoded in hex first; it is used as it is written",
            ),
            (BODY + b"another", hashlib.sha256, NO_FORM),
        ],
    )
    def test_over_other_bytes_or_by_another_hash(self, data, digest, cause):
        assert sign_cause(digest(data).hexdigest()) == cause

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (hmac.digest(KEY.encode(), BODY, "sha256"), "HMAC-SHA-256 of the body"),
            (hmac.digest(KEY.encode(), BODY, "sha512"), "HMAC-SHA-512 of the body"),
            (hmac.digest(BODY, KEY.encode(), "sha256"), "HMAC-SHA-256 with the body as its key"),
        ],
    )
    def test_an_hmac(self, value, kind):
        assert (
            sign_cause(value.hex())
            == f"it is an {kind}; the scheme is the SHA-256 of the body followed by the key"
        )

    def test_in_another_form(self):
        digest = hashlib.sha256(BODY + KEY.encode()).digest()

        assert (
            sign_cause(digest.hex().upper())
            == "it is in upper-case hex; the scheme wants lower case"
        )
        assert sign_cause(b64encode(digest).decode()) == "it is in base64; the scheme wants hex"
        assert (
            sign_cause(b64encode(digest).decode().rstrip("="))
            == "it is in base64; the scheme wants hex"
        )

    def test_in_base64url(self):
        body = next(
            body
            for body in map(str.encode, map(str, range(99)))
            if {*"-_"} & {*b64(hashlib.sha256(body + KEY.encode()).digest())}
        )
        digest = hashlib.sha256(body + KEY.encode()).digest()

        assert sign_cause(b64(digest), body) == "it is in base64url; the scheme wants hex"
        assert (
            sign_cause(b64(digest, padded=True), body) == "it is in base64url; the scheme wants hex"
        )

    def test_two_slips_in_another_form(self):
        value = hmac.digest(KEY.encode(), BODY + b"\n", "sha256").hex().upper()

        assert sign_cause(value) == (
            "it was made over another form of the body: with a line break at its end; it is an "
            "HMAC-SHA-256 of the body; the scheme is the SHA-256 of the body followed by the "
            "key; it is in upper-case hex; the scheme wants lower case"
        )

    def test_two_slips_at_once(self):
        value = hashlib.sha256(KEY.encode() + BODY).hexdigest().upper()

        assert sign_cause(value) == (
            "the key stood before the body; it stands after it; it is in upper-case hex; the "
            "scheme wants lower case"
        )

    def test_of_a_key_in_base64_or_hex(self):
        assert sign_cause(hashlib.sha256(BODY + b"\x01\x02\x03").hexdigest(), key="AQID") == (
            "the key was decoded from base64 first; it is used as it is written"
        )
        assert sign_cause(hashlib.sha256(BODY + b"\xab\xcd\xef").hexdigest(), key="abcdef") == (
            "the key was decoded from hex first; it is used as it is written"
        )

    def test_of_a_key_with_white_space(self):
        assert (
            sign_cause(hashlib.sha256(BODY + b"k").hexdigest(), key="k\n")
            == "the key was used without the white space around it"
        )

    def test_that_is_a_jws(self):
        assert sign_cause(Jws().value) == (
            "this is an X-JWS-Signature, and this merchant's scheme is Sign: the hex of a SHA-256"
        )

    def test_that_is_nothing(self):
        assert sign_cause("") == NO_FORM
        assert sign_cause("ключ") == NO_FORM


class TestBodyForms:
    @pytest.mark.parametrize(
        ("data", "how"),
        [
            (BODY + b"\n", "with a line break at its end"),
            (BODY + b"\r\n", "with a Windows line break at its end"),
            (b"\xef\xbb\xbf" + BODY, "with a byte order mark before it"),
            (b"", "an empty one"),
            (b"{}", "an empty JSON object"),
            (json.dumps(BODY.decode(), ensure_ascii=False).encode(), "as a JSON text inside JSON"),
            (
                BODY.replace(b",", b", ").replace(b'":', b'": '),
                "with a space after each comma and colon",
            ),
            (BODY.replace(b"/", b"\\/"), "with / as \\/"),
            (
                BODY.decode().replace("Ёлка", "\\u0401\\u043b\\u043a\\u0430").encode(),
                "with letters beyond ASCII as \\uXXXX",
            ),
            (BODY.replace(b"10.50", b'"10.50"').replace(b":7", b':"7"'), "with numbers as text"),
            (BODY.replace(b"10.50", b"10.5"), "with amounts as floats"),
            (
                '{"amount":10.50,"id":7,"name":"Ёлка","none":[],"tags":["a",null,true],"url":"https://a.kz/b"}'.encode(),
                "with its keys sorted",
            ),
        ],
    )
    def test_one_difference(self, data, how):
        assert (
            sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest())
            == f"it was made over another form of the body: {how}"
        )

    def test_as_php_writes_it(self):
        data = (
            BODY.replace(b"/", b"\\/")
            .decode()
            .replace("Ёлка", "\\u0401\\u043b\\u043a\\u0430")
            .encode()
        )

        assert sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest()) == (
            "it was made over another form of the body: with / as \\/ and letters beyond ASCII as "
            "\\uXXXX (PHP's json_encode)"
        )

    @pytest.mark.parametrize("indent", [2, 4])
    def test_as_python_indents_and_sorts_it(self, indent):
        body = b'{"b":{"c":[1,{}]},"a":[]}'
        data = json.dumps(json.loads(body), indent=indent, sort_keys=True).encode()

        assert sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest(), body) == (
            f"it was made over another form of the body: with its keys sorted, indented by {indent}"
        )

    def test_of_a_body_with_spaces(self):
        body = json.dumps(FIELDS).encode()
        data = json.dumps(FIELDS, separators=(",", ":")).encode()

        assert sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest(), body) == (
            "it was made over another form of the body: without spaces"
        )

    def test_of_a_body_with_its_keys_sorted(self):
        body, data = b'{"a":1,"b":2}', b'{"b":2,"a":1}'

        # There is no telling in which order another program had them.
        assert sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest(), body) == NO_FORM

    def test_of_a_body_that_ends_with_a_line_break(self):
        assert sign_cause(hashlib.sha256(b"{}" + KEY.encode()).hexdigest(), b"{}\n") == (
            "it was made over another form of the body: without the white space around it"
        )

    def test_of_a_body_that_nobody_writes_so(self):
        data = b'{"a":1,"b":2}'

        assert sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest(), b'{ "a" :1,"b":2}') == (
            "it was made over another form of the body: without spaces"
        )

    @pytest.mark.parametrize(
        ("body", "data", "how"),
        [
            (rb'{"a": "\u041a/"}', rb'{"a":"\u041a/"}', "without spaces"),
            (
                '{"a":"\\u0041Ж"}'.encode(),
                '{"a": "\\u0041Ж"}'.encode(),
                "with a space after each comma and colon",
            ),
            (
                '{"a":"\\u0041Ж"}'.encode(),
                rb'{"a":"\u0041\u0416"}',
                "with letters beyond ASCII as \\uXXXX",
            ),
            (rb'{"a":"\u0041/"}', rb'{"a":"\u0041\/"}', "with / as \\/"),
        ],
    )
    def test_of_a_body_with_some_letters_escaped_keeps_these(self, body, data, how):
        assert (
            sign_cause(hashlib.sha256(data + KEY.encode()).hexdigest(), body)
            == f"it was made over another form of the body: {how}"
        )

    @pytest.mark.parametrize(
        "body", [b"nothing", b"\xff", b"[" * 100_000, b"[" * 600 + b"]" * 600, rb'"\ud800"']
    )
    def test_of_what_is_no_json(self, body):
        assert body_forms(body)[0].data == body
        assert body_forms(body)[0].slips == ()

    def test_a_large_body_is_not_written_anew(self):
        assert len(body_forms(b'{"a":"' + b"x" * 2**16 + b'"}')) < 8

    def test_none_is_there_twice(self):
        data = [form.data for form in body_forms(BODY)]

        assert len(set(data)) == len(data)


class TestJws:
    def test_that_is_right(self):
        assert told(Jws()).same
        assert compare(jws_report(alg="HS256"), jws_report(alg="HS256").value, secret_key=KEY).same

    @pytest.mark.parametrize(
        "header",
        [
            dict(reversed(Jws.header.items())),
            json.dumps(Jws.header).encode(),
            Jws.header | {"typ": "JWT"},
        ],
        ids=["order", "spaces", "typ"],
    )
    def test_whose_header_is_written_another_way(self, header):
        comparison = told(Jws(header=header))

        assert comparison.same
        assert comparison.differences == (
            (
                "its header is written in another way (the order of its fields, or spaces), "
                "which is as good"
            ),
        )

    @pytest.mark.parametrize(
        ("change", "difference"),
        [
            (
                {"uri": f"https://a.kz{PATH}"},
                (
                    f'its header has uri "https://a.kz{PATH}"; it has to be "{PATH}": the path '
                    "alone, without scheme and host"
                ),
            ),
            (
                {"uri": f"{PATH}?a=b"},
                f'its header has uri "{PATH}?a=b"; it has to be "{PATH}": without a query',
            ),
            (
                {"uri": PATH[1:]},
                f'its header has uri "{PATH[1:]}"; it has to be "{PATH}": with a slash in front',
            ),
            (
                {"uri": f"{PATH}/"},
                f'its header has uri "{PATH}/"; it has to be "{PATH}": without a slash at the end',
            ),
            ({"uri": "/other"}, f'its header has uri "/other"; it has to be "{PATH}"'),
            ({"uri": None}, f'its header has uri null; it has to be "{PATH}"'),
            ({"auth_id": 1}, 'its header has auth_id 1; it has to be "1": text, not a number'),
            ({"auth_id": "2"}, 'its header has auth_id "2"; it has to be "1"'),
            ({"method": "post"}, 'its header has method "post"; it has to be "POST"'),
            ({"params": {}}, 'its header has params {}; it has to be ""'),
            ({"kid": "k"}, "its header has kid, which the vendor's page does not"),
        ],
    )
    def test_whose_header_has_something_else(self, change, difference):
        comparison = told(Jws(header=Jws.header | change))

        assert comparison.differences == (difference,)
        assert comparison.cause == (
            "the signature itself fits this body and key, and the header it came with: correct "
            "the above, and sign again"
        )

    @pytest.mark.parametrize("name", list(Jws.header))
    def test_whose_header_lacks_something(self, name):
        comparison = told(
            Jws(header={key: value for key, value in Jws.header.items() if key != name})
        )

        assert (
            f'its header has no {name}; it has to be "{Jws.header[name]}"' in comparison.differences
        )

    def test_of_the_other_algorithm(self):
        comparison = told(Jws(header=Jws.header | {"alg": "HS256", "typ": "JWT"}, digest="sha256"))

        assert comparison.differences == ('its header has alg "HS256"; it has to be "HS512"',)

    def test_made_with_another_algorithm_than_it_says(self):
        assert (
            told(Jws(digest="sha256")).cause == "it was made with HS256, and its header says HS512"
        )
        assert (
            told(Jws(header=Jws.header | {"alg": "none"})).cause
            == "it was made with HS512, and its header says none"
        )

    @pytest.mark.parametrize(
        ("form", "difference"),
        [
            (
                "{header}.{payload}.{signature}",
                (
                    "the payload is in it, and it is of this body; a detached JWS leaves it out: "
                    "header..signature"
                ),
            ),
            (
                "{header}.e30.{signature}",
                (
                    "the payload is in it, and it is of another body, or another form of this "
                    "one; a detached JWS leaves it out: header..signature"
                ),
            ),
            (
                "{header}.{signature}",
                (
                    "there is one dot between header and signature; there are two, because the "
                    "payload is left out: header..signature"
                ),
            ),
            ("{header}...{signature}", "there are too many dots: header..signature has two"),
            (
                "{header}..{hex}",
                "its signature is in hex; it has to be base64url of the digest's own bytes",
            ),
        ],
    )
    def test_of_another_form(self, form, difference):
        comparison = told(Jws(form=form))

        assert comparison.differences == (difference,)
        assert comparison.cause.startswith("the signature itself fits")

    def test_with_padding(self):
        comparison = told(Jws(b64=lambda data: b64(data, padded=True), payload=b64))

        assert (
            "its signature ends with padding (=); base64url here has none" in comparison.differences
        )
        assert comparison.cause.startswith("the signature itself fits")

    def test_in_plain_base64(self):
        keys = (
            Jws(
                header=Jws.header | {"kid": f"{number}>>>???"},
                b64=lambda data: b64encode(data).decode().rstrip("="),
            )
            for number in range(9)
        )
        jws = next(
            each
            for each in keys
            if "+" in each.value.partition("..")[2] or "/" in each.value.partition("..")[2]
        )

        assert (
            "its signature is in ordinary base64 (+ and /); it has to be base64url (- and _)"
            in told(jws).differences
        )

    @pytest.mark.parametrize(
        ("payload", "cause"),
        [
            (lambda body: body, "the payload was signed in clear; it is signed in base64url"),
            (
                lambda body: b64(body, padded=True),
                "the payload was signed in base64url with padding (=); it has none",
            ),
            (b64encode, "the payload was signed in ordinary base64; it is signed in base64url"),
            (
                lambda body: b64encode(body).rstrip(b"="),
                (
                    "the payload was signed in ordinary base64 without padding; it is signed in "
                    "base64url"
                ),
            ),
            (
                lambda body: b"",
                "no payload was signed: it is left out when it is sent, and not when it is signed",
            ),
        ],
    )
    def test_over_another_form_of_the_payload(self, payload, cause):
        # Its base64 has padding, and letters in which the two kinds differ.
        body = b'{"a":"\xd1\x8f\xd1\xbf?>~ "}'
        assert b64(body, padded=True).endswith("=")
        assert set(b64(body)) & set("-_")

        assert (
            compare(jws_report(body), Jws(body=body, payload=payload).value, secret_key=KEY).cause
            == cause
        )

    def test_over_another_form_of_the_body(self):
        body = json.dumps(json.loads(b'{"a":1,"b":2}')).encode()

        assert compare(
            jws_report(b'{"a":1,"b":2}'), Jws(body=body).value, secret_key=KEY
        ).cause == (
            "it was made over another form of the body: with a space after each comma and colon"
        )

    @pytest.mark.parametrize(
        ("signed", "cause"),
        [
            (
                "{header}..",
                (
                    "header.. was signed, as it is sent: the payload is left out when it is sent, "
                    "and not when it is signed"
                ),
            ),
            (
                "{payload}",
                "it was made without the header before the payload; header and dot stand before it",
            ),
            (
                "{spaced}.{payload}",
                (
                    "it was made over another text of the header; it is made over the header that "
                    "is sent"
                ),
            ),
            (
                "{slash}.{payload}",
                (
                    f'it was made over a header with uri "{PATH}/", and the one it came with has '
                    f'"{PATH}"'
                ),
            ),
            (
                "{bare}.{payload}",
                (
                    f'it was made over a header with uri "{PATH[1:]}", and the one it came with '
                    f'has "{PATH}"'
                ),
            ),
        ],
    )
    def test_over_another_text(self, signed, cause):
        header = Jws().value.partition("..")[0]
        others = {
            "spaced": b64(json.dumps(Jws.header).encode()),
            "slash": b64(json.dumps(Jws.header | {"uri": f"{PATH}/"}).encode()),
            "bare": b64(json.dumps(Jws.header | {"uri": PATH[1:]}, separators=(",", ":")).encode()),
        }
        text = signed.format(header=header, payload=b64(BODY), **others).encode()

        assert (
            compare(
                jws_report(),
                f"{header}..{b64(hmac.digest(KEY.encode(), text, 'sha512'))}",
                secret_key=KEY,
            ).cause
            == cause
        )

    def test_that_is_a_plain_hash(self):
        header = Jws().value.partition("..")[0]
        digest = hashlib.sha512(f"{header}.{b64(BODY)}".encode() + KEY.encode()).digest()

        assert compare(jws_report(), f"{header}..{b64(digest)}", secret_key=KEY).cause == (
            "it is a hash of the text and the key; HS512 is an HMAC"
        )

    def test_with_an_empty_key(self):
        assert told(Jws(key=b"")).cause == "an empty key was used"

    def test_over_the_header_in_clear(self):
        header = json.dumps(Jws.header, separators=(",", ":")).encode()
        mac = hmac.digest(KEY.encode(), header + b"." + b64(BODY).encode(), "sha512")

        assert compare(jws_report(), f"{b64(header)}..{b64(mac)}", secret_key=KEY).cause == (
            "it was made over the header in clear; it is made over base64url"
        )

    def test_over_another_header(self):
        other = b64(json.dumps(Jws.header | {"uri": "/other"}).encode())
        signature = Jws().value.partition("..")[2]

        assert (
            compare(jws_report(), f"{other}..{signature}", secret_key=KEY).cause
            == "it was made over another header than the one it came with"
        )

    def test_of_the_hex_of_the_digest(self):
        header = Jws().value.partition("..")[0]
        mac = hmac.new(KEY.encode(), f"{header}.{b64(BODY)}".encode(), "sha512").hexdigest()

        assert compare(jws_report(), f"{header}..{b64(mac.encode())}", secret_key=KEY).cause == (
            "it is the digest's hex in base64url; the digest's own bytes are encoded"
        )

    @pytest.mark.parametrize("header", ["", "e", "W10", "bm90aGluZw", "ключ"])
    def test_whose_header_can_not_be_read(self, header):
        comparison = compare(
            jws_report(), f"{header}..{Jws().value.partition('..')[2]}", secret_key=KEY
        )

        assert (
            "its header can't be read: it has to be a JSON object in base64url"
            in comparison.differences
        )
        assert not comparison.same

    def test_with_another_key(self):
        assert told(Jws(key=b"another")).cause == NO_FORM

    def test_with_the_key_decoded(self):
        comparison = compare(
            jws_report(key="AQID"), Jws(key=b"\x01\x02\x03").value, secret_key="AQID"
        )

        assert (
            comparison.cause == "the key was decoded from base64 first; it is used as it is written"
        )

    def test_that_is_a_sign(self):
        assert compare(jws_report(), sign_report().value, secret_key=KEY).cause == (
            "this is no X-JWS-Signature, which is header..signature: it is a Sign, the other "
            "scheme, over this body with this key"
        )

    @pytest.mark.parametrize("value", ["", "nothing", "f" * 64])
    def test_that_is_nothing(self, value):
        comparison = compare(jws_report(), value, secret_key=KEY)

        assert (comparison.same, comparison.cause) == (
            False,
            "this is no X-JWS-Signature, which is header..signature",
        )

    @pytest.mark.parametrize("value", ["..", ".", "a.b.c", "a..b.c", "..." * 50])
    def test_that_is_no_more_than_dots(self, value):
        assert not compare(jws_report(), value, secret_key=KEY).same


class TestReceived:
    """What came in, as whoever plays the issuer has it."""

    def why(self, headers, body=BODY, key=KEY):
        return why_wrong(headers=headers, path=PATH, body=body, secret_key=key)

    def test_that_is_right(self):
        assert self.why({"Sign": sign_report().value}) == ""
        assert self.why({"X-JWS-Signature": Jws().value}) == ""
        assert self.why({"Sign": sign_report().value, "X-JWS-Signature": Jws().value}) == ""

    @pytest.mark.parametrize(
        "value",
        ["", "a", "..", "W10..abc", "ключ..ключ", "\udcff..\udcff", b64(b"[" * 5000) + "..abc"],
    )
    def test_that_no_form_fits(self, value):
        assert self.why({"Sign": value}) == ""
        assert self.why({"X-JWS-Signature": value}) == ""
        assert self.why({}) == ""

    def test_a_header_that_is_nested_too_deeply_to_be_written_anew(self):
        header = b'{"uri":"/a","a":' + b"[" * 900 + b"]" * 900 + b"}"

        assert self.why({"X-JWS-Signature": f"{b64(header)}..abc"}) == ""

    def test_of_another_form_of_the_body(self):
        why = (
            "it was made over another form of the body: with a line break at its end; sign the "
            "bytes that are sent"
        )

        assert self.why({"Sign": hashlib.sha256(BODY + b"\n" + KEY.encode()).hexdigest()}) == why
        header = Jws().value.partition("..")[0]
        mac = hmac.digest(KEY.encode(), f"{header}.{b64(BODY + NEWLINE)}".encode(), "sha512")
        assert self.why({"X-JWS-Signature": f"{header}..{b64(mac)}"}) == why

    def test_of_two_the_one_that_is_wrong(self):
        other = Jws(key=b"").value

        assert (
            self.why({"Sign": sign_report().value, "X-JWS-Signature": other})
            == "an empty key was used"
        )

    @pytest.mark.parametrize(("form", "slip"), [("{} ", ""), ("{} ", "upper"), (" {}", "key")])
    def test_with_white_space_around_it(self, form, slip):
        value = {
            "": sign_report().value,
            "upper": sign_report().value.upper(),
            "key": hashlib.sha256(KEY.encode() + BODY).hexdigest(),
        }[slip]
        first = {
            "": "",
            "upper": "it is in upper-case hex; the scheme wants lower case; ",
            "key": "the key stood before the body; it stands after it; ",
        }[slip]

        assert (
            self.why({"Sign": form.format(value)})
            == f"{first}there is white space around it; it stands alone"
        )

    @pytest.mark.parametrize("uri", [f"https://a.kz{PATH}", f"http://a.kz{PATH}"])
    def test_of_the_whole_address(self, uri):
        header = Jws().value.partition("..")[0]
        other = b64(json.dumps(Jws.header | {"uri": uri}).encode())
        mac = hmac.digest(KEY.encode(), f"{other}.{b64(BODY)}".encode(), "sha512")

        assert self.why({"X-JWS-Signature": f"{header}..{b64(mac)}", "Host": "a.kz"}) == (
            f'it was made over a header with uri "{uri}", and the one it came with has "{PATH}"'
        )
        assert self.why({"X-JWS-Signature": f"{header}..{b64(mac)}"}) == ""

    def test_over_the_header_that_this_library_makes(self):
        header = b64(
            json.dumps(Jws.header | {"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode()
        )
        given = b64(json.dumps({"alg": "HS256"} | Jws.header | {"alg": "HS256"}).encode())
        mac = hmac.digest(KEY.encode(), f"{header}.{b64(BODY)}".encode(), "sha256")

        assert (
            self.why({"X-JWS-Signature": f"{given}..{b64(mac)}"})
            == "it was made over another header than the one it came with"
        )

    def test_the_work_is_bounded(self):
        made = []
        ways = [
            Way((), 40, lambda: made.append(1) or b"1"),
            *[Way(("a slip",), 40, lambda: made.append(2) or b"2")] * 9,
        ]

        assert fewest_slips(ways, lambda digest: None, work=100) == NO_FORM
        assert made == [1, 2]
        assert (
            fewest_slips(ways, lambda digest: () if digest == b"2" else None, work=100) == "a slip"
        )

    def test_a_long_body_is_tried_in_the_likely_ways(self):
        body = b'{"document":"' + b"/" * 2**22 + b'"}'

        assert self.why({"Sign": hashlib.sha256(KEY.encode() + body).hexdigest()}, body) != ""
        assert (
            self.why({"Sign": hashlib.sha256(body + b"\n" + KEY.encode()).hexdigest()}, body) != ""
        )

    def test_shows_no_key(self):
        for key in ("hush", " hush "):
            for other in (b"", b"hush", key.encode() + b"\n", b'"' + key.encode() + b'"'):
                assert "hush" not in self.why(
                    {"Sign": hashlib.sha256(BODY + other).hexdigest()}, key=key
                )
                assert "hush" not in self.why({"X-JWS-Signature": Jws(key=other).value}, key=key)
