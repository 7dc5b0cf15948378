"""Which scheme signs which section."""

from __future__ import annotations

import pytest

from freedompay_async import ConfigurationError, FreedomPay, JwsSigner, Sha256Signer
from freedompay_async.contract.calls import Section
from freedompay_async.redaction.secret import SecretKey
from freedompay_async.settings.schemes import Scheme, read_schemes, signers_of

CARDS, GIFTS = Section.PAYMENT_CARDS, Section.GIFT_CARDS
KEY = SecretKey("k3y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jws-hs256", {CARDS: Scheme.JWS_HS256, GIFTS: Scheme.JWS_HS256}),
        (" SIGN ", {CARDS: Scheme.SIGN, GIFTS: Scheme.SIGN}),
        ("payment-cards=jws-hs256,gift-cards=sign", {CARDS: Scheme.JWS_HS256, GIFTS: Scheme.SIGN}),
        ("gift_cards = jws-hs512", {GIFTS: Scheme.JWS_HS512}),
        ("sign,gift-cards=sign", {CARDS: Scheme.SIGN, GIFTS: Scheme.SIGN}),
    ],
)
def test_a_setting_is_read(text, expected):
    assert read_schemes(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'' is no scheme"),
        ("hs256", "'hs256' is no scheme"),
        ("jws", "'jws' is no scheme"),
        ("cards=sign", "'cards' is no section (they are payment-cards and gift-cards)"),
        ("hashdt=sign", "'hashdt' is no section (they are payment-cards and gift-cards)"),
        ("=sign", "'' is no section (they are payment-cards and gift-cards)"),
        ("sign,gift-cards=jws-hs256", "it names two schemes for gift_cards"),
    ],
)
def test_a_setting_that_is_none_is_named(text, why):
    with pytest.raises(ConfigurationError) as caught:
        read_schemes(text, "FREEDOMPAY_SIGNATURE")

    assert caught.value.text == (
        f"FREEDOMPAY_SIGNATURE is {text!r}: {why}. Use one of jws-hs512, jws-hs256, sign; or "
        "one for each section, such as "
        "payment-cards=jws-hs256,gift-cards=sign. Nothing was sent."
    )


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (Scheme.JWS_HS512, JwsSigner(auth_id="1", secret_key=KEY)),
        (Scheme.JWS_HS256, JwsSigner(auth_id="1", secret_key=KEY, alg="HS256")),
        (Scheme.SIGN, Sha256Signer(auth_id="1", secret_key=KEY)),
    ],
)
def test_a_scheme_signs(scheme, expected):
    made = scheme.signer(auth_id="1", secret_key=KEY)

    assert made.headers(path="/a", body=b"{}", request_id="r") == expected.headers(
        path="/a", body=b"{}", request_id="r"
    )


def test_sections_of_one_scheme_have_one_signer():
    made = signers_of(Scheme.SIGN, {}, auth_id="1", secret_key=KEY)

    assert made[CARDS] is made[GIFTS]


def test_a_section_that_is_not_named_keeps_the_scheme_of_the_region():
    made = signers_of(Scheme.JWS_HS512, {GIFTS: Scheme.SIGN}, auth_id="1", secret_key=KEY)

    assert (type(made[CARDS]), type(made[GIFTS])) == (JwsSigner, Sha256Signer)


@pytest.mark.parametrize("chosen", [{}, {GIFTS: Scheme.SIGN}])
def test_without_a_region_each_section_has_to_be_named(chosen):
    with pytest.raises(ConfigurationError, match="no signature scheme, because no region is set"):
        signers_of(None, chosen, auth_id="1", secret_key=KEY)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_refused_signature_names_the_other_schemes(scheme):
    told = scheme.signer(auth_id="1", secret_key=KEY).on_refusal

    others = " or ".join(other for other in ("jws-hs512", "jws-hs256", "sign") if other != scheme)
    assert told == (
        f"It was signed with the scheme {scheme}, and this host may take {others}: `freedompay doctor` finds out. FREEDOMPAY_SIGNATURE, --scheme or scheme= sets another."
    )


def test_a_client_takes_a_scheme():
    fp = FreedomPay(
        auth_id="1",
        secret_key="k3y",
        base_url="http://127.0.0.1:9",
        scheme="gift-cards=sign,payment-cards=jws-hs256",
    )

    assert fp.merchant == "1"


def test_a_scheme_beside_a_signer_is_refused():
    with pytest.raises(ConfigurationError, match="scheme and signer are two ways to say the same"):
        FreedomPay(
            signer=Sha256Signer(auth_id="1", secret_key="k"),
            scheme="sign",
            base_url="http://127.0.0.1:9",
        )


@pytest.mark.parametrize("signer", [object(), {CARDS: object(), GIFTS: object()}, "sign"])
def test_what_is_no_signer_is_refused(signer):
    with pytest.raises(
        ConfigurationError,
        match=r"^signer is of type (object|str), and has no auth_id, header_id, headers: give",
    ):
        FreedomPay(signer=signer, base_url="http://127.0.0.1:9")
