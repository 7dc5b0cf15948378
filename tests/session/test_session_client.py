"""The client as it is built: what it takes, and what it refuses before anything is sent."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPay,
    JwsSigner,
    NotSent,
    Region,
    Sha256Signer,
)
from freedompay_async.sandbox import Sandbox
from freedompay_async.transport.base import Transport, TransportError

GOOD = {"auth_id": "10001", "secret_key": "sandbox-secret", "region": "KZ", "test": True}


class Nowhere(Transport):
    """Keeps what it is to send, and the seconds that it has for it."""

    def __init__(self) -> None:
        self.messages = []
        self.seconds = []

    async def send(self, message, attempt):
        self.messages.append(message)
        self.seconds.append(attempt.deadline - asyncio.get_running_loop().time())
        raise TransportError("no connection", final=True)


def of_each_section(door, **settings):
    """What a client sends for a call of payment cards and for one of gift cards."""
    road = Nowhere()

    async def story():
        async with door(**settings, transport=road) as fp:
            for call in (fp.cards.info("card-1"), fp.gift_cards.products()):
                with pytest.raises(NotSent):
                    await call

    asyncio.run(story())
    assert len(road.messages) == 2
    return road


def kinds(road):
    """The kinds of signer that have signed."""
    return {Sha256Signer if "Sign" in each.headers else JwsSigner for each in road.messages}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"max_connections": 0}, "max_connections"),
        ({"max_connections": -1}, "max_connections"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1.0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"auth_id": None}, "auth_id and secret_key"),
        ({"secret_key": None}, "auth_id and secret_key"),
        ({"signer": {}}, "signer has none for payment_cards"),
        ({"region": None}, "region"),
        ({"region": "XX"}, "region"),
        ({"base_url": "http://api.example.com"}, "plain http"),
        ({"region": "UZ", "test": True}, "base_url"),
        ({"test": None}, "region KZ has a test host and a live one, and neither is chosen"),
        ({"test": "0"}, "test is of type str"),
        ({"max_connections": "100"}, "max_connections is of type str"),
        ({"timeout": "60"}, "timeout is of type str"),
        ({"rate": "5"}, "rate is of type str"),
        ({"trust_env": "0"}, "trust_env is of type str"),
        ({"policy": {}}, "policy is of type dict"),
        ({"contract": [{}]}, "contract is of type dict"),
        (
            {"contract": None},
            "contract is None: give the path of a contract file, or a list of Overrides",
        ),
        ({"contract": 7}, "contract is of type int"),
        ({"record": 7}, "record is of type int"),
        ({"secret_key": b"sandbox-secret"}, "secret_key is of type bytes"),
        ({"proxy": b"proxy:3128"}, "proxy is of type bytes"),
        ({"proxy": "http://\u00e9..x:3128"}, "proxy has an invalid host name"),
        (
            {"base_url": "https://api.freedompay.kz"},
            "a live host of the vendor, where cards are real, and test",
        ),
        ({"ssl_context": True}, "ssl_context is of type bool"),
        ({"scheme": 256}, "scheme is of type int"),
        ({"base_url": b"https://api.example.com"}, "base_url is of type bytes"),
    ],
)
def test_wrong_setting_is_refused_by_its_name(change, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        FreedomPay(**(GOOD | change))

    assert "Nothing was sent" in str(caught.value)
    assert "sandbox-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("region", "kind"), [("KZ", JwsSigner), ("KG", Sha256Signer), (Region.UZ, Sha256Signer)]
)
def test_region_decides_the_scheme(region, kind):
    road = of_each_section(FreedomPay, **(GOOD | {"region": region, "test": False}))

    assert kinds(road) == {kind}


@pytest.mark.parametrize(
    ("region", "test", "base_url"),
    [
        ("KZ", False, "https://api.freedompay.kz"),
        ("KZ", True, "https://test-api.freedompay.kz"),
        ("KG", False, "https://api.freedompay.kg"),
        ("KG", True, "https://test-api.freedompay.kg"),
        ("UZ", False, "https://api.freedompay.uz"),
    ],
)
def test_region_decides_the_host(region, test, base_url):
    assert FreedomPay(**(GOOD | {"region": region, "test": test})).base_url == base_url


def test_base_url_wins_over_the_region():
    assert (
        FreedomPay(**GOOD, base_url="https://api.example.com/").base_url
        == "https://api.example.com"
    )


def test_one_signer_serves_all_sections():
    signer = JwsSigner(auth_id="7", secret_key="k")

    road = of_each_section(FreedomPay, signer=signer, base_url="https://api.example.com")

    for message in road.messages:
        assert message.headers == signer.headers(
            path=message.path, body=message.body, request_id=""
        )
    assert FreedomPay(signer=signer, base_url="https://api.example.com").merchant == "7"


def test_environment_gives_a_client(monkeypatch):
    for name, value in {"AUTH_ID": "10001", "SECRET_KEY": "k", "REGION": "kg", "TEST": "1"}.items():
        monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
    monkeypatch.delenv("FREEDOMPAY_BASE_URL", raising=False)

    fp = FreedomPay.from_env(max_connections=3, timeout=7.0)
    road = of_each_section(FreedomPay.from_env, max_connections=3, timeout=7.0)

    assert fp.base_url == "https://test-api.freedompay.kg"
    assert fp.merchant == "10001"
    assert road.seconds == pytest.approx([7.0, 7.0], abs=0.5)


def test_nothing_is_opened_when_a_client_is_built():
    assert "not opened" in repr(FreedomPay(**GOOD))


async def test_client_that_was_never_used_closes(issuer, connect):
    fp = connect(issuer)

    async with fp:
        pass

    assert "closed" in repr(fp)


async def test_value_that_has_no_bytes_in_utf_8_is_refused_with_the_id_of_the_call_before_anything_is_sent():
    async with Sandbox() as issuer:
        fp = FreedomPay(
            auth_id=issuer.auth_id,
            secret_key=issuer.secret_key,
            region="KZ",
            base_url=issuer.base_url,
        )
        with pytest.raises(ConfigurationError) as caught:
            await fp.cards.issue(
                client_id="\ud800",
                product_id=2000,
                request_id="0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11",
            )
        await fp.aclose()

    assert caught.value.request_id == "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
    assert caught.value.call == "cards.issue"
    assert not issuer.received


def test_a_client_of_the_environment_takes_a_signer_of_its_own(monkeypatch):
    for name in ("AUTH_ID", "SECRET_KEY", "BASE_URL", "SIGNATURE", "CONTRACT", "PROXY"):
        monkeypatch.delenv(f"FREEDOMPAY_{name}", raising=False)
    monkeypatch.setenv("FREEDOMPAY_REGION", "KZ")
    monkeypatch.setenv("FREEDOMPAY_TEST", "1")
    signer = JwsSigner(auth_id="7", secret_key="k")
    fp = FreedomPay.from_env(signer=signer)

    assert (fp.merchant, fp.base_url) == ("7", "https://test-api.freedompay.kz")


def test_a_scheme_of_the_environment_signs(monkeypatch):
    for name, value in {
        "AUTH_ID": "10001",
        "SECRET_KEY": "k",
        "REGION": "KZ",
        "TEST": "1",
        "SIGNATURE": "sign",
    }.items():
        monkeypatch.setenv(f"FREEDOMPAY_{name}", value)

    assert kinds(of_each_section(FreedomPay.from_env)) == {Sha256Signer}


@pytest.mark.parametrize(
    ("settings", "live"),
    [
        ({"test": False}, True),
        ({"test": True}, False),
        ({"test": None, "base_url": "http://127.0.0.1:9"}, False),
    ],
)
def test_a_client_says_whether_its_host_is_live(settings, live):
    assert FreedomPay(**GOOD | settings).live is live
