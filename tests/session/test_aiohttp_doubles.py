"""What hooks into aiohttp sees every call: test doubles and traces, also those that were there
before the first client.
"""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from yarl import URL

from freedompay_async import OutcomeUnknown
from freedompay_async.codec.messages import Message
from freedompay_async.transport.base import Attempt
from tests.programs import output_of
from tests.transports import bound

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
BULK = "card/bulk_issue"

PROGRAM = """
import asyncio, json
from unittest.mock import patch

told = {"double": 0, "network": 0}


async def take(reader, writer):
    told["network"] += 1
    writer.close()


async def double(self, method, url, **options):
    import aiohttp

    told["double"] += 1
    raise aiohttp.ClientConnectionError("of the double")


async def story():
    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    from freedompay_async import FreedomPay, FreedomPayError, Policy

    with patch("aiohttp.ClientSession._request", double):
        policy = Policy(grace=0.01, pause=0.001, poll_first=0.001)
        async with FreedomPay(
            auth_id="1", secret_key="k", region="KZ", base_url=f"http://127.0.0.1:{port}",
            timeout=0.5, policy=policy,
        ) as fp:
            try:
                await fp.cards.bulk_issue(product_id=2000, count=1)
            except FreedomPayError as error:
                told["error"] = type(error).__name__
    server.close()


asyncio.run(story())
print(json.dumps(told))
"""


def test_a_double_that_was_there_before_the_first_client_keeps_all_calls_from_the_network():
    printed, complaints = output_of(PROGRAM)
    told = json.loads(printed)

    assert complaints == ""
    assert told["double"] > 0
    # Its error does not say that nothing was sent.
    assert (told["network"], told["error"]) == (0, "OutcomeUnknown")


async def test_a_double_may_come_and_go(connect, issuer, monkeypatch):
    fp, seen = connect(issuer), []

    async def double(self, method, url, **options):
        seen.append((method, url))
        raise aiohttp.ClientConnectionError("of the double")

    await fp.cards.bulk_issue(product_id=2000, count=1)
    with monkeypatch.context() as patched:
        patched.setattr("aiohttp.ClientSession._request", double)
        with pytest.raises(OutcomeUnknown):
            await fp.cards.balance("card-1", timeout=0.3)
    await fp.cards.bulk_issue(product_id=2000, count=1)

    assert seen[0] == ("POST", URL(f"{issuer.base_url}/v5/card-api/card/balance"))
    assert [each.path.rpartition("card-api/")[2] for each in issuer.received] == [BULK, BULK]


async def test_a_call_that_a_double_holds_may_have_been_sent(connect, issuer, monkeypatch):
    held = asyncio.Event()

    async def double(self, method, url, **options):
        held.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("aiohttp.ClientSession._request", double)
    task = asyncio.create_task(
        connect(issuer).cards.bulk_issue(product_id=2000, count=1, request_id=OWN)
    )
    await held.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    assert (caught.value.request_id, caught.value.outcome_unknown) == (OWN, True)


async def test_an_answer_of_a_double_counts_as_sent(mocked):
    mocked.post("http://127.0.0.1:9/x", body=b"{}")
    transport = bound("http://127.0.0.1:9")
    attempt = Attempt(deadline=asyncio.get_running_loop().time() + 20, seconds=20)
    reply = await transport.send(Message("POST", "/x", {}, b"{}"), attempt)
    await transport.close()

    assert (reply.status, reply.body, attempt.sent) == (200, b"{}", True)


# -- traces


@pytest.fixture
def traced(monkeypatch):
    """Gives every session that is made from now on a trace; its signals are told by their names."""

    def trace(**callbacks):
        made = aiohttp.ClientSession.__init__

        def instrumented(self, *args, trace_configs=None, **options):
            config = aiohttp.TraceConfig()
            for signal, callback in callbacks.items():
                getattr(config, signal).append(callback)
            made(self, *args, trace_configs=[*(trace_configs or ()), config], **options)

        monkeypatch.setattr(aiohttp.ClientSession, "__init__", instrumented)

    return trace


async def test_a_trace_sees_every_call_and_its_headers_go_out(connect, issuer, traced):
    seen = []

    async def start(session, context, params):
        seen.append(("start", params.method, params.url.path))
        params.headers["traceparent"] = "00-0123"

    async def end(session, context, params):
        seen.append(("end", params.method, params.url.path))

    traced(on_request_start=start, on_request_end=end)
    fp = connect(issuer)
    for _ in range(2):
        await fp.cards.bulk_issue(product_id=2000, count=1)
    path = f"/v5/card-api/{BULK}"

    assert seen == [("start", "POST", path), ("end", "POST", path)] * 2
    assert [each.headers["traceparent"] for each in issuer.received] == ["00-0123"] * 2


async def test_a_trace_may_take_its_time(connect, issuer, traced, pool):
    async def slowly(*_):
        await asyncio.sleep(0.002)

    traced(
        on_request_start=slowly,
        on_connection_create_start=slowly,
        on_connection_create_end=slowly,
        on_connection_reuseconn=slowly,
        on_request_end=slowly,
    )
    fp = connect(issuer, max_connections=4)
    await asyncio.gather(*(fp.cards.bulk_issue(product_id=2000, count=1) for _ in range(12)))

    assert len(issuer.ledger()) == 12
    assert pool(fp).idle <= 4


@pytest.mark.parametrize(
    ("signal", "error"),
    [
        ("on_request_start", OutcomeUnknown),
        ("on_connection_create_start", RuntimeError),
        ("on_request_end", OutcomeUnknown),
    ],
)
async def test_an_error_of_a_trace_is_told_as_far_as_it_goes(
    connect, issuer, traced, signal, error
):
    """Where it proves that nothing was sent, it comes as it is."""

    async def fails(*_):
        raise RuntimeError("of the trace")

    traced(**{signal: fails})
    with pytest.raises(error, match=r"RuntimeError|of the trace"):
        await connect(issuer).cards.block("card-1", description="lost", timeout=0.3)

    assert len(issuer.received) == (signal == "on_request_end")


async def test_a_call_that_is_made_in_a_trace_of_a_call_is_its_own(connect, issuer, traced):
    fps = []

    async def start(session, context, params):
        if len(fps) == 1:
            fps.append(connect(issuer))
            await fps[1].cards.bulk_issue(product_id=2000, count=1)

    traced(on_request_start=start)
    fps.append(connect(issuer))
    await fps[0].cards.bulk_issue(product_id=2000, count=1)

    assert len(issuer.ledger()) == 2
