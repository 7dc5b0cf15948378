"""Whatever is wrong with the settings, no error, variable, repr or pickle shows a key."""

from __future__ import annotations

import traceback
from functools import partial

import pytest

from freedompay_async import FreedomPay, JwsSigner, Override, Retry, Section, Sha256Signer
from freedompay_async.crypto.pin_encryption import AesPin
from freedompay_async.errors import ConfigurationError
from freedompay_async.hashdt import HashDT
from freedompay_async.settings.settings import Settings
from tests.secrets.marked import EXTRA, MARKS, client, pin_client

KEY, API_KEY, TOKEN, PIN = MARKS["secret_key"], MARKS["api_key"], MARKS["token"], MARKS["plain_pin"]
ENV = {"FREEDOMPAY_AUTH_ID": "10001", "FREEDOMPAY_SECRET_KEY": KEY, "FREEDOMPAY_REGION": "KZ"}
HASHDT = {
    "base_url": "https://hashdt.example.com",
    "api_key": API_KEY,
    "product_id": "product-1",
    "token": TOKEN,
}
AES_KEY = (KEY + KEY)[:32].encode()
AES = {
    "key": AES_KEY,
    "mode": "CBC",
    "iv": "random-prefix",
    "padding": "pkcs7",
    "encoding": "base64",
    "plain": "digits",
}


def freedom(**changes):
    return FreedomPay(
        **{"auth_id": "10001", "secret_key": KEY, "region": "KZ", "test": True} | changes
    )


def from_env(**changes):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ENV | {f"FREEDOMPAY_{name.upper()}": value for name, value in changes.items()}
        ).items():
            patch.setenv(name, value)
        return Settings.from_env()


def given(**changes):
    return Settings.from_env(
        env=ENV | {f"FREEDOMPAY_{name.upper()}": value for name, value in changes.items()}
    )


WRONG = {
    "a key of half a pair": lambda: freedom(secret_key=KEY + "\ud800"),
    "a key with a line break": lambda: freedom(secret_key=KEY + "\n"),
    "a key in quotation marks": lambda: freedom(secret_key=f'"{KEY}"'),
    "a key with a line break in the environment": lambda: FreedomPay.from_settings(
        given(secret_key=KEY + "\n", test="1")
    ),
    "a proxy": lambda: freedom(proxy=f"socks5://somebody:{KEY}@proxy.example.com"),
    "a proxy of bytes": lambda: freedom(proxy=f"http://somebody:{KEY}@proxy.example.com".encode()),
    "a proxy beside settings": lambda: FreedomPay.from_settings(
        given(test="1"), proxy=f"socks5://somebody:{KEY}@proxy.example.com"
    ),
    "a proxy of HashDT": lambda: HashDT(
        **HASHDT, proxy=f"socks5://somebody:{KEY}@proxy.example.com"
    ),
    "a proxy over plain http": lambda: freedom(
        base_url="http://127.0.0.1:9", proxy=f"http://somebody:{KEY}@proxy.example.com"
    ),
    "a proxy in the environment": lambda: given(proxy=f"ftp://somebody:{KEY}@proxy.example.com"),
    "a scheme": lambda: freedom(scheme="rsa"),
    "a host that nobody has chosen": lambda: freedom(test=None),
    "a text for a flag": lambda: freedom(test="1"),
    "a key of bytes": lambda: freedom(secret_key=KEY.encode()),
    "no merchant": lambda: freedom(auth_id=None),
    "a merchant of two lines": lambda: freedom(auth_id="1\n2"),
    "a region": lambda: freedom(region="XX"),
    "no region": lambda: freedom(region=None, base_url="https://api.example.com"),
    "no test host": lambda: freedom(region="UZ", test=True),
    "a URL": lambda: freedom(base_url="ftp://api.example.com"),
    "connections": lambda: freedom(max_connections=0),
    "a timeout": lambda: freedom(timeout=0),
    "half of the signers": lambda: freedom(
        signer={Section.GIFT_CARDS: JwsSigner(auth_id="1", secret_key=KEY)}
    ),
    "an override": lambda: freedom(
        contract=[
            Override(call="cards.issue", fields=EXTRA),
            Override(call="cards.issue", path="no"),
        ]
    ),
    "a JWS of half a pair": lambda: JwsSigner(auth_id="1", secret_key=KEY + "\ud800"),
    "a JWS key of bytes": lambda: JwsSigner(auth_id="1", secret_key=KEY.encode()),
    "a Sign key of bytes": lambda: Sha256Signer(auth_id="1", secret_key=KEY.encode()),
    "a JWS of no merchant": lambda: JwsSigner(auth_id="", secret_key=KEY),
    "a JWS by another algorithm": lambda: JwsSigner(auth_id="1", secret_key=KEY, alg="none"),
    "a Sign of half a pair": lambda: Sha256Signer(auth_id="1", secret_key=KEY + "\ud800"),
    "a Sign of no merchant": lambda: Sha256Signer(auth_id="", secret_key=KEY),
    "no merchant in the environment": lambda: from_env(auth_id=""),
    "no region in the environment": lambda: from_env(region=""),
    "a region in the environment": lambda: from_env(region="XX"),
    "a test in the environment": lambda: from_env(test="perhaps"),
    "no merchant in a given environment": lambda: given(auth_id=""),
    "no region in a given environment": lambda: given(region=""),
    "a region in a given environment": lambda: given(region="XX"),
    "a test in a given environment": lambda: given(test="perhaps"),
    "an override beside a given environment": lambda: Settings.from_env({"region": "XX"}, ENV),
    "plain fields of an override": lambda: Override(call="no", fields={"partner_secret": KEY}),
    "fields of an override that are a text": lambda: Override(
        call="cards.issue", fields=f"partner_secret={KEY}"
    ),
    "plain fields of an override of two": lambda: freedom(
        contract=[Override(fields={"partner_secret": KEY}), Override(path="/a")]
    ),
    "plain fields of an override that makes a read": lambda: freedom(
        contract=[Override(call="cards.issue", retry=Retry.READ, fields={"partner_secret": KEY})]
    ),
    "a token of two lines": lambda: HashDT(**HASHDT | {"token": TOKEN + "\n"}),
    "a URL of HashDT": lambda: HashDT(**HASHDT | {"base_url": "http://hashdt.example.com"}),
    "connections of HashDT": lambda: HashDT(**HASHDT, max_connections=0),
    "a timeout of HashDT": lambda: HashDT(**HASHDT, timeout=-1),
    "no product of HashDT": lambda: HashDT(**HASHDT | {"product_id": ""}),
    "an AES key as text": lambda: AesPin(**AES | {"key": KEY}),
    "an AES key that is short": lambda: AesPin(**AES | {"key": KEY.encode()[:24]}),
    "an AES mode": lambda: AesPin(**AES | {"mode": "OFB"}),
    "an AES padding": lambda: AesPin(**AES | {"padding": "iso"}),
    "an AES padding that the mode has not": lambda: AesPin(**AES | {"mode": "CTR"}),
    "an AES IV": lambda: AesPin(**AES | {"iv": b"1"}),
    "an AES encoding": lambda: AesPin(**AES | {"encoding": "base32"}),
    "an AES plain": lambda: AesPin(**AES | {"plain": PIN}),
    "a PIN that is none": lambda: AesPin(**AES)(PIN + "1"),
    "a PIN block that is none": lambda: AesPin(
        **AES | {"plain": partial(lambda pan, pin: pan, MARKS["pan"])}
    )(PIN),
}


def failed(work) -> Exception:
    with pytest.raises(ConfigurationError) as caught:
        work()
    return caught.value


@pytest.mark.parametrize("name", WRONG)
def test_wrong_setting_shows_no_secret(scanner, captured, name):
    error = failed(WRONG[name])

    assert [*scanner.error(error, name), *scanner.records(captured)] == []


@pytest.mark.parametrize("name", WRONG)
def test_variables_of_a_wrong_setting_can_be_shown(name):
    error = failed(WRONG[name])

    assert traceback.TracebackException.from_exception(error, capture_locals=True).stack


HALF_MADE = {
    "client": lambda: freedom(timeout=0),
    "client of HashDT": lambda: HashDT(**HASHDT, timeout=0),
    "JWS": lambda: JwsSigner(auth_id="", secret_key=KEY),
    "Sign": lambda: Sha256Signer(auth_id="", secret_key=KEY),
}


@pytest.mark.parametrize("name", HALF_MADE)
def test_client_that_is_half_made_has_a_repr(name):
    shown = traceback.TracebackException.from_exception(
        failed(HALF_MADE[name]), capture_locals=True
    )

    assert "not made" in str([summary.locals for summary in shown.stack])
    assert KEY not in str(
        [summary.locals for summary in shown.stack if summary.filename != __file__]
    )


MADE = {
    "client": client,
    "client of HashDT": pin_client,
    "JWS": lambda: JwsSigner(auth_id="1", secret_key=KEY),
    "Sign": lambda: Sha256Signer(auth_id="1", secret_key=KEY),
    "settings": from_env,
    "AES": lambda: AesPin(**AES),
    "override": lambda: Override(call="cards.issue", fields=EXTRA),
    "client with an override of plain fields": lambda: freedom(
        contract=[Override(fields={"partner_secret": KEY})]
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_what_holds_a_key_does_not_show_it(scanner, name):
    made = MADE[name]()

    assert scanner.answer(made, name) == []
    assert scanner.value(getattr(made, "__dict__", {}), name) == []
