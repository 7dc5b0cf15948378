"""What exactly goes out for each method, with a mocked HTTP library."""

from __future__ import annotations

import asyncio
import base64
import json

import aiohttp
import pytest
from yarl import URL

from freedompay_async import (
    FreedomPay,
    JwsSigner,
    NotSent,
    OutcomeUnknown,
    Secret,
    Section,
)
from freedompay_async.models import Address, IdentificationInfo
from freedompay_async.transport.base import Attempt
from tests.person_examples import new_client

BASE = "https://api.example.com"
PREFIX = BASE + "/v5/card-api/"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
PROCESS = {"status": "ok", "request_status": "process"}

PERSON = new_client(
    country="KAZ",
    document=Secret("JVBERi0="),
    address1=Address(
        country="KAZ",
        postal_code="050000",
        address_line1="Алматы",
        address_line2="Абая",
        address_line3="1",
    ),
)
METHODS = {
    "cards.issue": (
        lambda fp, **own: fp.cards.issue(client_id="cl-1", product_id=1000, **own),
        "card/issue",
        {"request_id": OWN, "client_id": "cl-1", "product_id": 1000},
    ),
    "cards.bulk_issue": (
        lambda fp, **own: fp.cards.bulk_issue(product_id=2000, count=3, **own),
        "card/bulk_issue",
        {"request_id": OWN, "product_id": 2000, "count": 3},
    ),
    "cards.link": (
        lambda fp, **own: fp.cards.link("c-1", client_id="cl-1", **own),
        "card/link",
        {"request_id": OWN, "client_id": "cl-1", "card_id": "c-1"},
    ),
    "cards.activate": (
        lambda fp, **own: fp.cards.activate("c-1", **own),
        "card/activate",
        {"request_id": OWN, "card_id": "c-1"},
    ),
    "clients.create": (
        lambda fp, **own: fp.clients.create(
            product_id=1000,
            client=PERSON,
            branch_id="b",
            identification_info=IdentificationInfo(idn_date="2026-01-01", identified_by="MVD"),
            **own,
        ),
        "client/add",
        {
            "request_id": OWN,
            "product_id": 1000,
            "client": {
                "phone": 77017777777,
                "type": 1,
                "resident": 1,
                "first_name": "AIDAR",
                "last_name": "OMAROV",
                "country": "KAZ",
                "document": "JVBERi0=",
                "address1": {
                    "country": "KAZ",
                    "postal_code": "050000",
                    "address_line1": "Алматы",
                    "address_line2": "Абая",
                    "address_line3": "1",
                },
            },
            "branch_id": "b",
            "identification_info": {"idn_date": "2026-01-01", "identified_by": "MVD"},
        },
    ),
    "requests.status": (
        lambda fp, **own: fp.requests.status(own["request_id"]),
        "request/status",
        {"request_id": OWN},
    ),
}


@pytest.fixture
def client(connect, scheme):
    return connect(BASE, scheme=scheme)


@pytest.fixture(params=METHODS, ids=METHODS)
def method(request):
    return METHODS[request.param]


def only(mocked):
    ((key, (call,)),) = mocked.requests.items()
    return (*key, call.kwargs)


def body_of(kwargs) -> bytes:
    return kwargs["data"]


async def test_method_posts_to_its_path(client, mocked, method):
    call, path, _ = method
    mocked.post(PREFIX + path, payload=PROCESS)

    await call(client, request_id=OWN)

    verb, url, _ = only(mocked)
    assert verb == "POST"
    assert url == URL(PREFIX + path)


async def test_method_sends_its_fields_in_one_line(client, mocked, method):
    call, path, fields = method
    mocked.post(PREFIX + path, payload=PROCESS)

    await call(client, request_id=OWN)

    body = body_of(only(mocked)[2])
    assert json.loads(body) == fields
    assert list(json.loads(body)) == list(fields)
    assert body == json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


async def test_method_signs_what_it_sends(client, mocked, method, signed):
    call, path, _ = method
    mocked.post(PREFIX + path, payload=PROCESS)

    await call(client, request_id=OWN)

    kwargs = only(mocked)[2]
    assert signed("/v5/card-api/" + path, kwargs["headers"], body_of(kwargs))


async def test_method_sends_the_headers_of_its_scheme_only(client, mocked, method, scheme):
    call, path, _ = method
    mocked.post(PREFIX + path, payload=PROCESS)

    await call(client, request_id=OWN)

    headers = only(mocked)[2]["headers"]
    of_scheme = {"X-JWS-Signature"} if scheme == "KZ" else {"Request-Id", "Auth-Id", "Sign"}
    assert set(headers) == of_scheme | {"Content-Type", "Accept", "Accept-Encoding", "User-Agent"}
    assert headers["Content-Type"] == "application/json"


async def test_method_follows_no_redirect(client, mocked, method):
    call, path, _ = method
    mocked.post(PREFIX + path, payload=PROCESS)

    await call(client, request_id=OWN)

    assert only(mocked)[2]["allow_redirects"] is False


async def test_effect_gives_the_id_that_it_was_given(client, mocked, method):
    call, path, _ = method
    mocked.post(PREFIX + path, payload=PROCESS)

    answer = await call(client, request_id=OWN)

    assert answer.request_id == OWN


@pytest.mark.parametrize("name", [name for name in METHODS if name != "requests.status"])
async def test_effect_without_an_id_makes_one(client, mocked, name):
    call, path, _ = METHODS[name]
    mocked.post(PREFIX + path, payload=PROCESS)

    op = await call(client)

    assert json.loads(body_of(only(mocked)[2]))["request_id"] == op.request_id
    assert len(op.request_id) == 36


async def test_header_of_an_effect_carries_the_id_of_its_body(connect, mocked):
    mocked.post(PREFIX + "card/activate", payload=PROCESS)

    await connect(BASE, scheme="KG").cards.activate("c-1", request_id=OWN)

    headers = only(mocked)[2]["headers"]
    assert headers["Request-Id"] == OWN
    assert headers["Auth-Id"] == "10001"


async def test_header_of_a_question_carries_an_id_of_its_own(connect, mocked):
    mocked.post(PREFIX + "request/status", payload=PROCESS)

    await connect(BASE, scheme="KG").requests.status(OWN)

    assert only(mocked)[2]["headers"]["Request-Id"] != OWN


async def test_each_question_carries_a_fresh_header_id(connect, mocked):
    mocked.post(PREFIX + "request/status", payload=PROCESS, repeat=True)
    fp = connect(BASE, scheme="KG")

    for _ in range(3):
        await fp.requests.status(OWN)

    ((_, calls),) = mocked.requests.items()
    assert len({call.kwargs["headers"]["Request-Id"] for call in calls}) == 3
    assert {body_of(call.kwargs) for call in calls} == {b'{"request_id":"%s"}' % OWN.encode()}


async def test_jws_names_the_path_and_the_merchant(connect, mocked):
    mocked.post(PREFIX + "card/activate", payload=PROCESS)

    await connect(BASE, scheme="KZ").cards.activate("c-1", request_id=OWN)

    header = only(mocked)[2]["headers"]["X-JWS-Signature"].partition("..")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) == {
        "uri": "/v5/card-api/card/activate",
        "auth_id": "10001",
        "method": "POST",
        "params": "",
        "alg": "HS512",
    }


async def test_signer_of_a_section_wins_over_the_scheme_of_the_region(hasty, mocked):
    mocked.post(PREFIX + "card/activate", payload=PROCESS)
    signer = JwsSigner(auth_id="7", secret_key="k", alg="HS256")

    async with FreedomPay(
        base_url=BASE, region="KG", signer=dict.fromkeys(Section, signer), policy=hasty()
    ) as fp:
        await fp.cards.activate("c-1")

    assert "X-JWS-Signature" in only(mocked)[2]["headers"]
    assert fp.merchant == "7"


async def test_redirect_of_an_effect_is_asked_about(client, mocked):
    mocked.post(
        PREFIX + "card/activate", status=307, headers={"Location": "https://elsewhere.example.com/"}
    )
    mocked.post(PREFIX + "request/status", payload={"status": "ok", "request_status": "success"})

    op = await client.cards.activate("c-1", request_id=OWN)

    assert op.done
    assert {str(url) for _, url in mocked.requests} == {
        PREFIX + "card/activate",
        PREFIX + "request/status",
    }


# The mock stands in for the whole of the HTTP library, and tells of no connection. So only an error
# that proves it means that nothing was sent.
LOST = {
    "disconnected": aiohttp.ServerDisconnectedError(),
    "reset": aiohttp.ClientOSError(104, "reset"),
    "os reset": ConnectionResetError(104, "reset"),
    "cut": aiohttp.ClientPayloadError("cut"),
    "timed out": aiohttp.ServerTimeoutError(),
    "no time": TimeoutError(),
    "closing": aiohttp.ClientConnectionResetError("closing"),
}


@pytest.mark.parametrize("error", LOST.values(), ids=LOST)
async def test_error_that_does_not_prove_that_nothing_was_sent_is_asked_about(
    client, mocked, error
):
    mocked.post(PREFIX + "card/activate", exception=error)
    mocked.post(PREFIX + "request/status", payload={"status": "ok", "request_status": "success"})

    op = await client.cards.activate("c-1", request_id=OWN)

    assert op.done
    assert [len(calls) for calls in mocked.requests.values()] == [1, 1]


@pytest.mark.parametrize("error", LOST.values(), ids=LOST)
async def test_error_of_a_read_that_does_not_prove_it_is_unknown(client, mocked, error):
    mocked.post(PREFIX + "request/status", repeat=True, exception=error)

    with pytest.raises(OutcomeUnknown, match="safe to repeat"):
        await client.requests.status(OWN)


class Key:
    """What aiohttp's connector errors name."""

    host, port, is_ssl, ssl = "api.example.com", 443, True, True


NOT_SENT = {
    "refused": aiohttp.ClientConnectorError(Key, ConnectionRefusedError(111, "refused")),
    "dns": aiohttp.ClientConnectorDNSError(Key, OSError(-2, "unknown name")),
    "tls": aiohttp.ClientConnectorSSLError(Key, OSError(1, "handshake")),
    "slow": aiohttp.ConnectionTimeoutError(),
}


@pytest.mark.parametrize("error", NOT_SENT.values(), ids=NOT_SENT)
async def test_error_of_a_connection_that_can_not_be_made_is_not_sent_after_four_attempts(
    client, mocked, error
):
    mocked.post(PREFIX + "card/activate", repeat=True, exception=error)

    with pytest.raises(NotSent):
        await client.cards.activate("c-1", request_id=OWN)

    ((_, calls),) = mocked.requests.items()
    assert len(calls) == 4
    assert len({body_of(call.kwargs) for call in calls}) == 1


async def test_connection_that_comes_after_a_refused_one_is_used(client, mocked):
    mocked.post(PREFIX + "card/activate", exception=NOT_SENT["refused"])
    mocked.post(PREFIX + "card/activate", payload=PROCESS)

    op = await client.cards.activate("c-1", request_id=OWN)

    assert op.answer.request_status == "process"


async def test_cancellation_of_the_http_library_that_nobody_asked_for_is_an_unknown_outcome(
    client, mocked
):
    """The task of the caller is not cancelled, so its error says what is known of the call."""
    mocked.post(PREFIX + "card/activate", exception=asyncio.CancelledError())

    with pytest.raises(OutcomeUnknown, match="the session cancelled the request") as caught:
        await client.cards.activate("c-1", request_id=OWN)

    assert caught.value.request_id == OWN
    assert asyncio.current_task().cancelling() == 0


def test_attempt_that_is_told_without_a_clock_knows_that_it_was_sent():
    attempt = Attempt(deadline=0.0, seconds=1.0)

    attempt.connected()

    assert attempt.sent
