"""Settings and arguments that are refused before anything is sent, and clients that can't be used
any more.
"""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import Busy, ConfigurationError
from freedompay_async.hashdt import HashDT

# No value of a header may hold them: the first two write headers of their own.
BAD = [
    "s3cret\r\nx-evil: 1",
    "s3cret\n",
    "s3cret\x00",
    "s3cret\u00e9",
    "s3cret\u4e2d",
    "s3cret\ud800",
    " s3cret",
    "s3cret\t",
    "\x7fs3cret",
]
BASES = [
    "http://example.com",
    "http://10.0.0.1",
    "http://localhost.example.com",
    "https://api.example.com/?tenant=s3cret",
    "https://api.example.com/#s3cret",
    "https://user:s3cret@api.example.com",
    "https://user@api.example.com",
    "https://@api.example.com",
    "ftp://api.example.com",
    "api.example.com",
    "//api.example.com",
    "https://",
    "https:///path",
    "https://api.example.com/a b",
    "https://api.example.com\r\n",
    "https:\\\\api.example.com",
    "https://api.example.com\\s3cret",
    "https://[::1",
    "javascript:alert(1)",
    "https://api.example.com:99999",
    "https://api.example.com:abc",
    "https://api.example.com:-1",
    "https://api.example.com/?",
    "https://api.example.com?",
    "https://api.example.com/#",
    "https://api.example.com#",
    "",
    None,
    5,
    b"https://api.example.com",
]
# No text, and no number that could be one.
NO_TEXT = [None, b"s3cret", ["s3cret"], {"s3cret": 1}, 5.5, True, object()]


def shown(error: BaseException) -> str:
    """Everything that a log of the error would show."""
    return f"{error!s} {error!r} {error.__dict__} {error.__cause__!r} {error.__context__!r}"


@pytest.fixture
def settings(keys):
    return {"base_url": "https://api.example.com", **keys, "token": "token-a"}


@pytest.mark.parametrize("base", BASES)
def test_base_url_is_refused_and_not_shown(settings, base):
    with pytest.raises(
        ConfigurationError, match=r"^base_url (must be like|is None|is of type)"
    ) as caught:
        HashDT(**{**settings, "base_url": base})

    assert "s3cret" not in shown(caught.value)


@pytest.mark.parametrize(
    "base",
    [
        "https://api.example.com",
        "https://api.example.com:8443/a",
        "http://localhost:1",
        "http://127.0.0.1",
        "http://[::1]:8080",
    ],
)
def test_base_url_is_taken(settings, base):
    assert "HashDT(" in repr(HashDT(**{**settings, "base_url": base}))


@pytest.mark.parametrize("name", ["api_key", "product_id", "token"])
@pytest.mark.parametrize(
    "value",
    [*BAD, "", *NO_TEXT],
    ids=lambda value: ascii(value) if isinstance(value, str) else type(value).__name__,
)
def test_key_that_can_not_be_a_header_is_refused_and_not_shown(settings, name, value):
    with pytest.raises(ConfigurationError, match=rf"^{name} (is|has|begins) ") as caught:
        HashDT(**{**settings, name: value})

    assert "s3cret" not in shown(caught.value)


@pytest.mark.parametrize("name", ["cardholder_id", "wallet_id", "card_id"])
@pytest.mark.parametrize("value", NO_TEXT, ids=lambda value: type(value).__name__)
async def test_argument_that_is_no_text_is_refused_and_not_shown(pins, issuer, people, name, value):
    with pytest.raises(ConfigurationError, match=rf"^{name} (is|has|begins) ") as caught:
        await pins.reset_url(**{**people, name: value})

    assert "s3cret" not in shown(caught.value)
    assert issuer.arrived == []


@pytest.mark.parametrize("name", ["cardholder_id", "wallet_id", "card_id", "client_id"])
@pytest.mark.parametrize("value", [*BAD, ""])
async def test_argument_that_can_not_be_a_header_is_refused_and_not_shown(
    pins, issuer, people, name, value
):
    with pytest.raises(ConfigurationError, match=rf"^{name} (is|has|begins) ") as caught:
        await pins.reset_url(**{**people, name: value})

    assert "s3cret" not in shown(caught.value)
    assert issuer.arrived == []


@pytest.mark.parametrize(
    "value", [*BAD, "", "s3" * 65, "s3cret s3cret", 5, b"s3cret", ["s3cret"]], ids=repr
)
async def test_request_id_that_can_not_be_a_header_is_refused_and_not_shown(
    pins, issuer, people, value
):
    with pytest.raises(ConfigurationError, match=r"^request_id is ") as caught:
        await pins.set_url(**people, request_id=value)

    assert "s3" not in shown(caught.value)
    assert (caught.value.request_id, issuer.arrived) == (None, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", float("nan")),
        ("max_connections", 0),
        ("max_connections", -1),
    ],
)
def test_number_that_makes_no_sense_is_refused(settings, name, value):
    with pytest.raises(ConfigurationError, match=name):
        HashDT(**{**settings, name: value})


async def test_time_out_of_a_call_that_makes_no_sense_is_refused(pins, issuer, people):
    with pytest.raises(ConfigurationError, match="timeout=-1"):
        await pins.set_url(**people, timeout=-1)

    assert issuer.arrived == []


@pytest.mark.parametrize("queue", [False, 0.05])
async def test_a_call_that_does_not_queue_is_busy_where_its_turn_has_not_come(
    connect, issuer, people, queue
):
    pins = connect(rate=0.01).pins
    await pins.set_url(**people, queue=False)
    with pytest.raises(Busy) as caught:
        await pins.set_url(**people, queue=queue, request_id="my-id")

    assert caught.value.reason == "rate"
    assert 99.0 < caught.value.retry_after <= 100.0
    assert (caught.value.request_id, caught.value.call, len(issuer.arrived)) == (
        "my-id",
        "pins.set_url",
        1,
    )


def test_repr_of_a_client_shows_no_key(settings):
    text = repr(HashDT(**settings))

    assert not [secret for secret in ("key-of-the-api", "token-a") if secret in text]


async def test_closed_client_is_refused(connect, issuer, people):
    hashdt = connect()
    await hashdt.pins.set_url(**people)
    await hashdt.aclose()

    with pytest.raises(ConfigurationError, match="this client is closed") as caught:
        await hashdt.pins.set_url(**people, request_id="my-id")

    assert caught.value.request_id == "my-id"
    assert caught.value.call == "pins.set_url"
    assert len(issuer.arrived) == 1


async def test_closed_client_never_asks_the_source(connect, issuer, people, source):
    tokens = source("token")
    hashdt = connect(token=tokens)
    await hashdt.aclose()

    with pytest.raises(ConfigurationError, match="this client is closed") as caught:
        await hashdt.pins.set_url(**people, request_id="my-id")

    assert (caught.value.request_id, caught.value.call) == ("my-id", "pins.set_url")
    assert (tokens.asked, issuer.arrived) == (0, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": -1},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"request_id": ""},
        {"request_id": "a b"},
        {"card_id": ""},
    ],
)
async def test_call_that_can_not_be_made_never_asks_the_source(
    connect, issuer, people, source, wrong
):
    tokens = source("token")

    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        await connect(token=tokens).pins.set_url(**people | wrong)

    assert (tokens.asked, issuer.arrived) == (0, [])


async def test_closed_client_can_not_be_entered(connect):
    hashdt = connect()
    await hashdt.aclose()
    await hashdt.aclose()

    with pytest.raises(ConfigurationError, match="this client is closed"):
        async with hashdt:
            pass


async def test_client_is_closed_when_it_is_left(connect, people):
    async with connect() as hashdt:
        await hashdt.pins.set_url(**people)

    with pytest.raises(ConfigurationError, match="this client is closed"):
        await hashdt.pins.change_url(**people)


async def test_client_of_another_loop_is_refused(connect, issuer, people):
    hashdt = connect()
    await hashdt.pins.set_url(**people)

    async def elsewhere():
        with pytest.raises(ConfigurationError, match="another event loop") as caught:
            await hashdt.pins.set_url(**people)
        return caught.value

    error = await asyncio.to_thread(asyncio.run, elsewhere())

    assert error.request_id
    assert len(issuer.arrived) == 1
