from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Fault, Sandbox
from freedompay_async.sandbox.inspector.history import History
from tests.sandbox.paths import PAGES


async def get(api, path):
    async with api.session.get(api.issuer.base_url + path) as response:
        return response.status, await response.json()


async def test_the_page_needs_nothing_from_anywhere(issuer, api):
    async with api.session.get(issuer.base_url) as response:
        text = await response.text()
        assert (response.status, response.content_type) == (200, "text/html")
        assert response.headers["Cache-Control"] == "no-store"
        rules = dict(
            each.split(" ", 1) for each in response.headers["Content-Security-Policy"].split("; ")
        )
    assert (rules["default-src"], rules["frame-ancestors"], rules["connect-src"]) == (
        "'none'",
        "'none'",
        "'self'",
    )
    assert "innerHTML" not in text
    assert "src=" not in text
    assert "@import" not in text


@pytest.mark.parametrize("path", PAGES)
async def test_its_own_requests_are_not_in_it(issuer, api, path):
    async with api.session.get(issuer.base_url + path) as response:
        assert response.status == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert (await get(api, "/sandbox/requests/1"))[0] == 404
    assert list(issuer.received) == []
    assert (await get(api, "/sandbox/health"))[1]["calls"] == 0


async def test_about(issuer, api):
    await api.bulk()
    assert await get(api, "/sandbox/about") == (
        200,
        {
            "base_url": issuer.base_url,
            "auth_id": "10001",
            "hashdt_api_key": issuer.hashdt_api_key,
            "hashdt_token": issuer.hashdt_token,
            "hold": False,
            "counts": {
                "calls": 2,
                "cards": 1,
                "clients": 0,
                "requests": 1,
                "gift_cards": 0,
                "messages": 0,
            },
        },
    )


async def test_a_call_that_was_taken(issuer, api):
    request_id = str(uuid4())
    fields = {"request_id": request_id, "product_id": 2000, "count": 1}
    _, answer = await api.send("card/bulk_issue", fields)
    status, whole = await get(api, "/sandbox/requests/1")
    headers = {name.lower(): value for name, value in whole.pop("headers")}
    body = json.dumps(fields, separators=(",", ":"))

    assert status == 200
    assert whole.pop("at") > 1_700_000_000
    assert 0 < whole.pop("took") < 60
    assert json.loads(whole.pop("answer")) == answer
    assert whole == {
        "number": 1,
        "method": "POST",
        "path": "/v5/card-api/card/bulk_issue",
        "call": "card/bulk_issue",
        "verdict": "ok",
        "signature": "right",
        "why": "",
        "http": 200,
        "sent": "whole",
        "body": body,
        "size": len(body),
        "cut": 0,
        "signed": body
        + (
            "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}secret "
            "key\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
        ),
    }
    assert (headers["request-id"], headers["auth-id"]) == (request_id, "10001")


async def test_a_signature_that_is_wrong(api):
    await api.send(
        "card/bulk_issue", {"a": 1}, headers={"Auth-Id": "7", "Request-Id": "1", "Sign": "0" * 64}
    )
    _, row = await get(api, "/sandbox/requests/1")

    assert (row["verdict"], row["signature"], row["http"]) == ("bad signature", "wrong", 401)
    assert row["why"] == "wrong merchant: Auth-Id is absent or another's"


async def test_the_bytes_that_a_jws_signs(issuer, talk):
    async with talk(issuer, scheme="HS512") as api:
        await api.bulk()
        header = issuer.received[0].headers["X-JWS-Signature"].split("..")[0]
        _, whole = await get(api, "/sandbox/requests/1")

        assert whole["signed"].startswith(header + ".")
        assert issuer.secret_key not in json.dumps(whole)


async def test_what_is_no_call(issuer, api):
    async with api.session.put(issuer.base_url + "/elsewhere?a=1", data=b"text"):
        pass
    _, row = await get(api, "/sandbox/requests/1")

    assert (
        row["method"],
        row["path"],
        row["call"],
        row["verdict"],
        row["signature"],
        row["http"],
    ) == (
        "PUT",
        "/elsewhere",
        None,
        "unknown path",
        "",
        404,
    )


@pytest.mark.parametrize(
    ("fault", "http", "sent", "said"),
    [
        (Fault.CLOSED, None, "nothing", '"request_status":"success"'),
        (Fault.DROPPED, None, "nothing", "nothing was done"),
        (Fault.RESET, None, "nothing", '"request_status":"success"'),
        (Fault.CUT, 200, "part", '"request_status":"success"'),
        (Fault.HTML_502, 502, "whole", "502 Bad Gateway"),
        (Fault.LIMITED, 429, "whole", "nothing was done"),
        (Fault.HUGE, 200, "whole", '"padding":"000'),
    ],
)
async def test_an_answer_that_a_fault_has_changed(issuer, api, fault, http, sent, said):
    issuer.script("card/bulk_issue", fault)
    with suppress(aiohttp.ClientError):
        await api.send(
            "card/bulk_issue", {"request_id": str(uuid4()), "product_id": 2000, "count": 1}
        )
    _, whole = await get(api, "/sandbox/requests/1")

    assert (whole["http"], whole["sent"]) == (http, sent)
    assert said in whole["answer"]
    assert len(whole["answer"]) <= 8 * 1024


async def test_only_the_last_are_kept_cut_to_size():
    async with Sandbox(keep=0) as issuer, aiohttp.ClientSession() as session:
        for number in range(201):
            async with session.post(
                f"{issuer.base_url}/v5/cards/resend",
                data=b"x" * 20_000,
                headers={"A": "a" * 4_000, "B": f"{number}"},
            ):
                pass
        async with session.get(issuer.base_url + "/sandbox/requests/1") as response:
            assert (response.status, await response.json()) == (
                404,
                {"error": "this request is not kept any more"},
            )
        async with session.get(issuer.base_url + "/sandbox/requests/2") as response:
            whole = await response.json()
    assert (len(whole["body"]), whole["size"], whole["cut"]) == (8 * 1024, 20_000, 8 * 1024)
    assert {name: len(value) for name, value in whole["headers"]}["A"] == 1024
    assert list(issuer.received) == []


def test_an_exchange_is_small_whatever_came():
    history = History()
    big = "a" * 100_000
    exchange = history.begin(
        begun=0,
        method="POST",
        path=big,
        call=None,
        headers={f"h{nth}": big for nth in range(1000)},
        body=b"a" * 100_000,
        verdict="ok",
        signed=big,
        why=big,
    )
    history.end(exchange, http=200, sent="whole", answer=b"a" * 100_000)
    texts = [
        exchange.path,
        exchange.signed,
        exchange.why,
        *(value for _, value in exchange.headers),
    ]

    assert sum(map(len, texts)) + len(exchange.body) + len(exchange.answer) < 100_000


async def test_bytes_that_are_no_text(issuer, api):
    host, port = issuer.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v5/card-api/card/issue HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSign: "
        b"\xff\r\nContent-Length: 2\r\n\r\n\xff\xfe"
    )
    await reader.read()
    writer.close()
    await writer.wait_closed()
    _, whole = await get(api, "/sandbox/requests/1")

    assert ["Sign", "\\xff"] in whole["headers"]
    assert (whole["body"], whole["size"]) == ("��", 2)
