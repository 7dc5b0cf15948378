from __future__ import annotations

import asyncio
import base64
import json
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Fault, Faults, Sandbox


def bulk(**changes):
    return {"request_id": str(uuid4()), "product_id": 2000, "count": 1} | changes


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.0.1", "example.com"])
def test_only_this_machine_is_served(host):
    with pytest.raises(ValueError, match="this machine only"):
        Sandbox(host=host)


@pytest.mark.parametrize("processing", [(-1, 1), (2, 1)])
def test_an_impossible_processing_time(processing):
    with pytest.raises(ValueError, match="processing"):
        Sandbox(processing=processing)


async def test_localhost_is_one_address(talk):
    async with Sandbox(host="localhost") as issuer, talk(issuer) as api:
        assert issuer.base_url.startswith("http://127.0.0.1:")
        assert len(await api.bulk()) == 1


def test_the_address_of_version_6_stands_in_brackets():
    assert Sandbox(host="::1", port=8080).base_url == "http://[::1]:8080"


def test_repr_hides_the_key():
    assert "hush" not in repr(Sandbox(secret_key="hush"))


async def test_a_sandbox_is_entered_once_at_a_time():
    sandbox = Sandbox()
    with pytest.raises(RuntimeError, match="not open"):
        sandbox.ledger()
    async with sandbox:
        with pytest.raises(RuntimeError, match="open already"):
            await sandbox.__aenter__()
    async with sandbox:
        assert sandbox.ledger() == []


async def test_a_taken_port_is_reported_and_leaves_nothing_open(issuer):
    taken = Sandbox(port=int(issuer.base_url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address"):
        await taken.__aenter__()
    with pytest.raises(RuntimeError, match="not open"):
        taken.ledger()


async def test_serve_runs_until_cancelled(talk):
    sandbox = Sandbox()
    task = asyncio.create_task(sandbox.serve())
    while sandbox.base_url.endswith(":0"):
        await asyncio.sleep(0)
    async with talk(sandbox) as api:
        assert len(await api.bulk()) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(RuntimeError, match="not open"):
        sandbox.ledger()


async def test_serve_inside_leaves_the_closing_to_who_entered(issuer, api):
    task = asyncio.create_task(issuer.serve())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await api.bulk()) == 1


@pytest.mark.parametrize(
    "path", ["/", "/v5/card-api/card/unheard_of", "/v5/card-api/cards/issue_card", "/card/issue"]
)
async def test_other_paths(issuer, api, path):
    async with api.session.post(issuer.base_url + path, data=b"{}") as response:
        assert response.status == 404
        answer = await response.json()
        assert (answer["status"], answer["error_code"], "dt" in answer) == (
            "error",
            "not_found",
            True,
        )
    assert (issuer.received[-1].path, issuer.received[-1].verdict) == (path, "unknown path")


async def test_other_paths_of_gift_cards_are_answered_in_their_form(issuer, api):
    async with api.session.post(issuer.base_url + "/v5/cards/issue", data=b"{}") as response:
        answer = await response.json()
    async with api.session.get(issuer.base_url + "/v5/cards/issue_card") as other:
        method = await other.json()
    assert (response.status, answer["status"], answer.keys()) == (404, -1, {"status", "datetime"})
    assert (other.status, method["status"], method.keys()) == (405, -1, {"status", "datetime"})


async def test_other_methods(issuer, api):
    async with api.session.get(issuer.base_url + "/v5/card-api/card/issue") as response:
        assert response.status == 405
        assert (await response.json())["status"] == "error"
    assert issuer.received[-1].verdict == "wrong method"


async def test_what_was_received(issuer, api):
    body = bulk()
    await api("card/bulk_issue", **body)
    [received] = issuer.received
    assert received.path == "/v5/card-api/card/bulk_issue"
    assert received.headers["Request-Id"] == body["request_id"]
    assert json.loads(received.body) == body
    assert received.verdict == "ok"


async def test_only_the_last_are_kept(talk):
    async with Sandbox(keep=2) as issuer, talk(issuer) as api:
        await api.bulk()
        await api.bulk()
        assert [each.path.rpartition("/")[2] for each in issuer.received] == [
            "bulk_issue",
            "status",
        ]


async def test_health_and_ledger_over_http(issuer, api):
    await api.bulk(count=2_500)
    await api.client()
    async with api.session.get(issuer.base_url + "/sandbox/health") as response:
        assert await response.json() == {
            "ok": True,
            "calls": 4,
            "cards": 2_500,
            "clients": 1,
            "requests": 2,
        }
    async with api.session.get(issuer.base_url + "/sandbox/ledger") as response:
        assert response.content_type == "application/x-ndjson"
        assert [
            json.loads(line) for line in (await response.text()).splitlines()
        ] == issuer.ledger()


async def test_a_document_of_2_mb_is_taken(api, person):
    document = base64.b64encode(b"%PDF-" + bytes(2 * 1024 * 1024 - 5)).decode()
    answer = await api("client/add", product_id=2000, client=person(document=document))
    assert answer["status"] == "ok"


async def test_a_body_without_end(issuer, api):
    status, answer = await api.send("card/issue", bytes(9 * 1024 * 1024))
    assert (status, answer["status"]) == (413, "error")
    assert issuer.received[-1].verdict == "too large"


async def test_a_gate_holds_the_answer_and_not_the_work(issuer, api):
    gate = issuer.gate("card/bulk_issue")
    call = asyncio.create_task(api("card/bulk_issue", **bulk()))
    await gate.reached()
    assert len(issuer.ledger()) == 1
    assert not call.done()
    gate.open()
    assert (await call)["status"] == "ok"
    assert len(await api.bulk()) == 1


async def test_a_caller_may_leave_at_the_gate(issuer, api):
    gate = issuer.gate("card/bulk_issue")
    body = bulk()
    call = asyncio.create_task(api("card/bulk_issue", **body))
    await gate.reached()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    gate.open()
    assert (await api.ask(body["request_id"]))["request_status"] == "success"


@pytest.mark.parametrize(
    "fault", [Fault.CLOSED, Fault.RESET, Fault.CUT, Fault.DRIP, Fault.HUGE, Fault.NONE]
)
async def test_every_answer_copes_with_a_client_that_left(issuer, api, caplog, fault):
    issuer.script("card/bulk_issue", fault)
    gate = issuer.gate("card/bulk_issue")
    call = asyncio.create_task(api("card/bulk_issue", **bulk()))
    await gate.reached()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await api.client()
    gate.open()
    await until_idle(issuer)
    assert caplog.records == []


async def test_a_client_that_leaves_in_the_middle_of_its_request(issuer, caplog):
    host, port = issuer.base_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v5/card-api/card/issue HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    while "0 active" in repr(issuer):
        await asyncio.sleep(0)
    writer.close()
    await writer.wait_closed()
    await until_idle(issuer)
    assert list(issuer.received) == []
    assert caplog.records == []


async def test_a_reader_of_the_ledger_that_leaves(issuer, api, caplog):
    for _ in range(3):
        await api.bulk(count=10_000)
    host, port = issuer.base_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1)
    writer.write(b"GET /sandbox/ledger HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await writer.drain()
    while "0 active" in repr(issuer):
        await asyncio.sleep(0)
    writer.transport.abort()
    await until_idle(issuer)
    assert caplog.records == []


@pytest.mark.parametrize("fault", [Fault.STALLED, Fault.DRIP])
async def test_closing_does_not_wait_for_a_slow_answer(talk, fault):
    sandbox = Sandbox(faults=Faults(stall=3600, drip_over=3600))
    async with talk(sandbox) as api:
        async with sandbox:
            sandbox.script("card/bulk_issue", fault, fault)
            stays, leaves = (
                asyncio.create_task(api("card/bulk_issue", **bulk())) for _ in range(2)
            )
            while len(sandbox.received) < 2:
                await asyncio.sleep(0)
            leaves.cancel()
            await asyncio.wait([leaves])
            await api.client()
        with pytest.raises(aiohttp.ClientError):
            await stays
        assert_nothing_runs()


async def test_closing_does_not_wait_for_a_gate(talk):
    sandbox = Sandbox()
    async with talk(sandbox) as api:
        async with sandbox:
            gate = sandbox.gate("card/bulk_issue")
            call = asyncio.create_task(api("card/bulk_issue", **bulk()))
            await gate.reached()
        with pytest.raises(aiohttp.ClientError):
            await call
        assert_nothing_runs()


def assert_nothing_runs():
    assert [
        task
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task() and not task.done()
    ] == []


async def until_idle(issuer):
    while "0 active" not in repr(issuer):
        await asyncio.sleep(0)
