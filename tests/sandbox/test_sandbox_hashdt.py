from __future__ import annotations

import asyncio
import re
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Fault, Faults, Sandbox

PATH = "/issuing/api/v1/card/"
CALLS = {"setpin": "Set", "resetpin": "Reset", "changepin": "Change"}


def no(code, message):
    return code, {"code": code, "message": message, "status": "error"}


@pytest.fixture
async def ask(issuer):
    """Asks HashDT's part; a header that is `None` is left out."""
    async with aiohttp.ClientSession() as session:
        # By itself it sends a GET again whose connection was closed.
        session._retry_connection = False

        async def ask(call="setpin", *, method="GET", **changes):
            headers = {
                "x-api-key": issuer.hashdt_api_key,
                "x-product-id": "7",
                "x-cardholder-id": "holder-1",
                "x-wallet-id": "wallet-1",
                "x-card-id": "card-of-another-issuer",
                "x-request-id": str(uuid4()),
                "Content-Type": "application/json",
                "Authorization": f"Bearer {issuer.hashdt_token}",
            } | {name.replace("_", "-"): value for name, value in changes.items()}
            sent = {name: value for name, value in headers.items() if value is not None}
            skipped = [] if "Content-Type" in sent else ["Content-Type"]
            async with session.request(
                method, issuer.base_url + PATH + call, headers=sent, skip_auto_headers=skipped
            ) as response:
                return response.status, await response.json()

        yield ask


@pytest.mark.parametrize("call", CALLS)
async def test_a_url_is_the_answer(issuer, ask, call):
    status, answer = await ask(call)
    url = answer["data"][0]["set_pin_url"]

    assert (status, answer) == (
        200,
        {
            "status": "Success",
            "message": f"{CALLS[call]} PIN URL fetched successfully.",
            "code": 200,
            "data": [{"set_pin_url": url}],
        },
    )
    assert re.fullmatch(re.escape(issuer.base_url) + r"/pin/[A-Za-z0-9_-]{32}", url)
    assert [(each.path, each.body, each.verdict) for each in issuer.received] == [
        (PATH + call, b"", "ok")
    ]


async def test_the_same_request_id_gives_the_same_url(issuer, ask):
    request_id = str(uuid4())
    answers = [await ask(x_request_id=request_id) for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0] != await ask()
    assert [each.verdict for each in issuer.received] == ["ok", "repeated", "ok"]


@pytest.mark.parametrize(
    ("call", "changes"), [("changepin", {}), ("setpin", {"x_card_id": "card-2"})]
)
async def test_a_request_id_is_for_one_request(issuer, ask, call, changes):
    request_id = str(uuid4())
    await ask(x_request_id=request_id)

    assert await ask(call, x_request_id=request_id, **changes) == no(
        400, "x-request-id was used for another request"
    )
    assert issuer.received[-1].verdict == "duplicate"


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer ", "Basic abc", "sandbox-token"])
async def test_without_a_token(issuer, ask, value):
    assert await ask(Authorization=value) == no(
        401, "no access token: Authorization is not Bearer <token>"
    )
    assert issuer.received[-1].verdict == "unauthorized"


@pytest.mark.parametrize("token", ["another", "sandbox-token2"])
async def test_a_wrong_token(ask, token):
    assert await ask(Authorization=f"Bearer {token}") == no(401, "the access token is wrong")


async def test_a_token_expires_when_a_new_one_is_made(issuer, ask):
    first = issuer.hashdt_token
    second = issuer.rotate_hashdt_token()

    assert issuer.hashdt_token == second != first
    assert await ask(Authorization=f"Bearer {first}") == no(401, "the access token has expired")
    assert (await ask(Authorization=f"bearer {second}"))[0] == 200


async def test_a_wrong_api_key(ask):
    assert await ask(x_api_key="another") == no(403, "the API key is wrong")


@pytest.mark.parametrize(
    "name",
    [
        "x-api-key",
        "x-product-id",
        "x-cardholder-id",
        "x-wallet-id",
        "x-card-id",
        "x-request-id",
        "Content-Type",
    ],
)
@pytest.mark.parametrize("value", [None, ""])
async def test_a_header_that_is_missing_is_named(issuer, ask, name, value):
    assert await ask(**{name: value}) == no(400, f"the header {name} is missing")
    assert issuer.received[-1].verdict == "refused"


async def test_another_content_type(ask):
    assert await ask(**{"Content-Type": "text/plain"}) == no(
        400, "the header Content-Type is not application/json"
    )
    assert (await ask(**{"Content-Type": "application/json; charset=utf-8"}))[0] == 200


@pytest.mark.parametrize(("token", "status"), [(b"sandbox-token", 200), (b"\xff\xfe", 401)])
async def test_headers_that_are_no_utf8(issuer, token, status):
    host, port = issuer.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    odd = b"".join(
        b"%s: \xff\xfe\r\n" % name
        for name in (
            b"x-product-id",
            b"x-cardholder-id",
            b"x-wallet-id",
            b"x-card-id",
            b"x-request-id",
        )
    )
    writer.write(
        b"GET /issuing/api/v1/card/setpin HTTP/1.1\r\nHost: x\r\nContent-Type: "
        b"application/json\r\nConnection: close\r\n"
        b"x-api-key: sandbox-api-key\r\nAuthorization: Bearer " + token + b"\r\n" + odd + b"\r\n"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.1 %d " % status)


async def test_another_method(issuer, ask):
    assert await ask(method="POST") == no(405, "every call is a GET")
    assert issuer.received[-1].verdict == "wrong method"


@pytest.mark.parametrize("call", ["getpin", "setpin/", ""])
async def test_another_path(issuer, ask, call):
    status, answer = await ask(call)
    assert (status, answer["status"], answer["code"], issuer.received[-1].verdict) == (
        404,
        "error",
        404,
        "unknown path",
    )


@pytest.mark.parametrize("name", ["card/setpin", PATH + "setpin"])
@pytest.mark.parametrize("fault", [Fault.CLOSED, Fault.RESET, Fault.DROPPED, Fault.CUT])
async def test_an_answer_can_be_lost_and_asked_for_again(issuer, ask, name, fault):
    issuer.script(name, fault)
    request_id = str(uuid4())
    with pytest.raises(aiohttp.ClientError):
        await ask(x_request_id=request_id)

    assert (await ask(x_request_id=request_id))[0] == 200
    done = "ok" if fault is Fault.DROPPED else "repeated"
    assert [each.verdict for each in issuer.received] == [f"fault:{fault.name}", done]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (Fault.UNAVAILABLE, no(503, "nothing was done")),
        (Fault.LIMITED, no(429, "nothing was done")),
        (Fault.ERROR_500, no(500, "the work of this call may be done")),
    ],
)
async def test_faults_have_this_apis_shape(issuer, ask, fault, answer):
    issuer.script("card/setpin", fault)

    assert await ask() == answer
    assert (await ask())[0] == 200


async def test_seeded_faults_apply_here_too():
    async with Sandbox(faults=Faults(limited=1.0)) as sandbox, aiohttp.ClientSession() as session:
        headers = dict.fromkeys(
            ("x-product-id", "x-cardholder-id", "x-wallet-id", "x-card-id", "x-request-id"), "1"
        ) | {
            "x-api-key": sandbox.hashdt_api_key,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {sandbox.hashdt_token}",
        }
        async with session.get(sandbox.base_url + PATH + "setpin", headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")


async def test_a_gate_holds_its_answers(issuer, ask):
    gate = issuer.gate(PATH + "setpin")
    call = asyncio.create_task(ask())
    await gate.reached()
    assert not call.done()
    gate.open()
    assert (await call)[0] == 200


async def test_no_such_call():
    with pytest.raises(
        ValueError,
        match=r"'card/getpin' is not a call: .*card/changepin.*card/set_pin.*card/setpin",
    ):
        Sandbox().script("card/getpin", Fault.CLOSED)
