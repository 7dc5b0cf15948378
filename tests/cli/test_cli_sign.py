from __future__ import annotations

import hashlib
import json

import pytest

from freedompay_async.crypto.diagnosis import KEY_PLACE

PATH = "/v5/card-api/request/status"
BODY = '{"request_id":"828cf71d-a447-4a67-a149-c1df8bc197ca"}'
# The vendor's worked example.
JWS = (
    "eyJ1cmkiOiIvdjUvY2FyZC1hcGkvcmVxdWVzdC9zdGF0dXMiLCJhdXRoX2lkIjoiMTIzNDU2IiwibWV0aG9kIjoiUE9TVCIsInBhcmFtcyI6IiIsImFsZyI6IkhTNTEyIn0"
    "..f1sQoeIpX_ZjOaykQzSeylvvKaVrEQV4gNM2ACFbEMkFDUV9Zk5WO1yQGEWez-vnQMVHodLBDVEyh5Xm2-3MjQ"
)
SIGN = hashlib.sha256(f"{BODY}secret".encode()).hexdigest()


@pytest.fixture
def shell(shell_of):
    shell = shell_of(None)
    shell.env |= {"FREEDOMPAY_AUTH_ID": "123456", "FREEDOMPAY_SECRET_KEY": "secret"}
    return shell


def sign(shell, *args, path=PATH, body=BODY, **options):
    return shell(
        "sign", "--path", path, *(() if body is None else ("--body", body)), *args, **options
    )


def test_jws(shell):
    result = sign(shell, "--scheme", "jws-hs512")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[:4] == [
        "scheme  X-JWS-Signature, HS512",
        f"path    {PATH}",
        "body    53 bytes",
        (
            "signed  203 bytes, SHA-256 "
            "6b00978fe71fc18d3ae9ba343ee84bca6785fd0feb3abdc71adae61ae9e2313b"
        ),
    ]
    assert (
        f'\nprotected header, in clear\n{{"uri":"{PATH}","auth_id":"123456","method":"POST","params":"","alg":"HS512"}}\n'
        in result.stdout
    )
    assert f"\nsigned, byte for byte\n{JWS.partition('..')[0]}.eyJyZXF1ZXN0X2lkIjo" in result.stdout
    assert result.stdout.endswith(
        f"\nheaders to send\nContent-Type: application/json\nX-JWS-Signature: {JWS}\n"
    )


def test_sign(shell):
    result = sign(shell, "--scheme", "sign", "--request-id", "r-1")

    assert result.exit_code == 0
    assert "(not protected by this scheme)" in result.stdout
    assert f"\nsigned, byte for byte\n{BODY}{KEY_PLACE}\n" in result.stdout
    assert result.stdout.endswith(
        "\nheaders to send\nContent-Type: application/json\nRequest-Id: r-1\nAuth-Id: "
        f"123456\nSign: {SIGN}\n"
    )


@pytest.mark.parametrize(
    ("region", "header"), [("KZ", "X-JWS-Signature"), ("KG", "Sign"), ("UZ", "Sign")]
)
def test_the_region_has_a_scheme(shell, region, header):
    assert f"\n{header}: " in sign(shell, "--region", region).stdout
    assert f"\n{header}: " in sign(shell, FREEDOMPAY_REGION=region).stdout


def test_the_other_algorithm(shell):
    shown = json.loads(sign(shell, "--scheme", "jws-hs256", "--json").stdout)

    assert (shown["alg"], json.loads(shown["protected"])["typ"]) == ("HS256", "JWT")


def test_the_contract_file_is_obeyed(shell):
    contract = (
        '[cards.info]\nheaders = { X-JWS-Signature = "JWS-Signature" '
        '}\n\n[gift_cards.status]\npath = "/v6/gifts/status"\n'
    )
    (shell.folder / "contract.toml").write_text(contract, encoding="utf-8")
    settings = ("--region", "KZ", "--scheme", "gift-cards=sign", "--contract", "contract.toml")

    assert "\nJWS-Signature: " in sign(shell, *settings, path="/v5/card-api/card/info").stdout
    assert "\nX-JWS-Signature: " in sign(shell, *settings).stdout
    assert "\nSign: " in sign(shell, *settings, path="/v6/gifts/status").stdout


def test_the_key_is_never_shown(shell):
    key = "kept-to-itself"
    said = [
        sign(shell, "--scheme", scheme, *more, FREEDOMPAY_SECRET_KEY=key)
        for scheme in ("jws-hs512", "sign")
        for more in ((), ("--json",))
    ]

    assert [each for each in said if key in each.stdout + each.stderr] == []


def test_for_a_machine(shell):
    shown = json.loads(
        sign(shell, "--scheme", "sign", "--signature", SIGN.upper(), "--json").stdout
    )

    assert shown["scheme"] == "Sign"
    assert shown["signed"] == f"{BODY}{KEY_PLACE}"
    assert (shown["signed_bytes"], shown["signed_sha256"]) == (
        53,
        hashlib.sha256(BODY.encode()).hexdigest(),
    )
    assert shown["headers"]["Sign"] == SIGN
    assert shown["comparison"] == {
        "same": False,
        "differences": [],
        "cause": "it is in upper-case hex; the scheme wants lower case",
    }


@pytest.mark.parametrize("stdin", [False, True])
def test_the_body_of_a_file_is_signed_byte_for_byte(shell, stdin):
    content = '{"name":"Айгерім"}\n'.encode()
    (shell.folder / "body.json").write_bytes(content)
    result = sign(
        shell,
        "--scheme",
        "sign",
        "--body-file",
        "-" if stdin else "body.json",
        body=None,
        input=content if stdin else None,
    )

    assert f"Sign: {hashlib.sha256(content + b'secret').hexdigest()}\n" in result.stdout
    assert (
        "note: the body ends with a line break: it is signed too, and has to be sent too\n"
        in result.stdout
    )


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v5/card-api/card/issue", '{"request_id":"own"}', "own"),
        ("/v5/card-api/card/issue", "[]", None),
        (PATH, BODY, None),
    ],
)
def test_the_id_in_the_header_is_the_body_s_own(shell, path, body, expected):
    result = sign(shell, "--scheme", "sign", path=path, body=body)
    shown = result.stdout.partition("Request-Id: ")[2].splitlines()[0]

    assert (shown == expected) if expected else (len(shown) == 36 and shown not in body)


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("jws-hs512", JWS),
        ("jws-hs512", f"X-JWS-Signature: {JWS}\n"),
        ("sign", SIGN),
        ("sign", f"Sign: {SIGN}"),
    ],
)
def test_a_signature_that_is_right(shell, scheme, value):
    result = sign(shell, "--scheme", scheme, "--signature", value)

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "the given signature is right")


def test_a_signature_that_is_wrong(shell):
    result = sign(shell, "--scheme", "jws-hs512", "--signature", f"{JWS}==")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-3:] == [
        "the given signature is wrong",
        "  its signature ends with padding (=); base64url here has none",
        (
            "  the signature itself fits this body and key, and the header it came with: correct "
            "the above, and sign again"
        ),
    ]


class TestWrongUse:
    def ends(self, result, message):
        assert (result.exit_code, result.stdout, result.stderr) == (
            2,
            "",
            f"freedompay: {message} Nothing was sent.\n",
        )

    def test_no_settings(self, shell):
        result = sign(
            shell, "--scheme", "jws-hs512", FREEDOMPAY_AUTH_ID=None, FREEDOMPAY_SECRET_KEY=None
        )
        self.ends(result, "set FREEDOMPAY_AUTH_ID, FREEDOMPAY_SECRET_KEY in the environment.")

    def test_no_scheme(self, shell):
        self.ends(
            sign(shell),
            "set --scheme (FREEDOMPAY_SIGNATURE), or the region (--region, FREEDOMPAY_REGION).",
        )

    def test_no_body(self, shell):
        self.ends(
            sign(shell, "--scheme", "jws-hs512", body=None),
            "give --body or --body-file (- is standard input).",
        )

    def test_two_bodies(self, shell):
        self.ends(
            sign(shell, "--scheme", "jws-hs512", "--body-file", "-"),
            "give --body or --body-file (- is standard input).",
        )

    def test_a_file_that_is_not_there(self, shell):
        result = sign(shell, "--scheme", "jws-hs512", "--body-file", "nowhere", body=None)
        self.ends(result, "nowhere can't be read (No such file or directory).")

    @pytest.mark.parametrize("path", ["https://api.example.com/v5", "v5", "/v5?x=1", ""])
    def test_what_is_no_path(self, shell, path):
        self.ends(
            sign(shell, "--scheme", "jws-hs512", path=path),
            f"the path is {path!r}: it must start with /, without a host and a query.",
        )

    def test_the_key_is_no_flag(self, shell):
        assert sign(shell, "--scheme", "jws-hs512", "--secret-key", "hush").exit_code == 2
