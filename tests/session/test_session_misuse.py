"""Use on another event loop, after close, in a forked child: refused before a byte is sent."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap

import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPay,
    NotSent,
    OutcomeUnknown,
    StillProcessing,
)
from freedompay_async.sandbox import Sandbox
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from tests.transports import Carrier

BULK = "card/bulk_issue"
STATUS = "request/status"
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def client(base_url, **options):
    return FreedomPay(
        auth_id="10001", secret_key="sandbox-secret", region="KZ", base_url=base_url, **options
    )


def test_second_event_loop_is_refused_and_nothing_is_sent():
    async def first(fp):
        async with Sandbox() as issuer:
            transport = AiohttpTransport()
            fp = client(issuer.base_url, transport=transport)
            await fp.cards.bulk_issue(product_id=2000, count=1)
            # Only the connections: the client is not closed.
            await transport.close()
            return fp

    fp = asyncio.run(first(None))

    async def second():
        async with Sandbox(port=int(fp.base_url.rpartition(":")[2])) as issuer:
            with pytest.raises(ConfigurationError, match="another event loop") as caught:
                await fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN)
            return caught.value, len(issuer.received)

    error, received = asyncio.run(second())

    assert error.request_id == OWN
    assert error.call == "cards.bulk_issue"
    assert received == 0


def test_second_event_loop_can_not_enter_the_client():
    fp = client("http://127.0.0.1:9", transport=Carrier())

    async def enter():
        async with fp:
            pass

    async def first():
        await fp.__aenter__()

    asyncio.run(first())

    with pytest.raises(ConfigurationError, match="another event loop"):
        asyncio.run(enter())


def test_client_that_was_made_outside_of_a_loop_belongs_to_the_first_that_uses_it():
    async def story():
        async with Sandbox() as issuer, client(issuer.base_url) as fp:
            return (await (await fp.cards.bulk_issue(product_id=2000, count=1)).result()).card_ids

    assert len(asyncio.run(story())) == 1


@pytest.mark.parametrize("use", ["effect", "read", "refresh", "enter"])
async def test_closed_client_is_refused_and_nothing_is_sent(issuer, connect, use):
    fp = connect(issuer)
    await fp.aclose()
    uses = {
        "effect": lambda: fp.cards.bulk_issue(product_id=2000, count=1),
        "read": lambda: fp.requests.status(OWN),
        "refresh": lambda: fp.requests.attach(OWN).refresh(),
        "enter": fp.__aenter__,
    }

    with pytest.raises(ConfigurationError, match="closed"):
        await uses[use]()

    assert len(issuer.received) == 0


async def test_error_of_a_closed_client_has_the_id(issuer, connect):
    fp = connect(issuer)
    await fp.aclose()

    with pytest.raises(ConfigurationError) as caught:
        await fp.cards.bulk_issue(product_id=2000, count=1)

    assert caught.value.request_id
    assert caught.value.call == "cards.bulk_issue"


async def test_second_close_does_nothing(issuer, connect):
    fp = connect(issuer)
    await fp.cards.bulk_issue(product_id=2000, count=1)
    await fp.aclose()

    await fp.aclose()

    assert "closed" in repr(fp)


async def test_waiting_for_a_result_of_a_closed_client_says_so(issuer, connect):
    fp = connect(issuer)
    issuer.hold = True
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    await fp.aclose()

    with pytest.raises(ConfigurationError, match="closed"):
        await op.result()


async def closed_over(issuer, fp):
    """A call that is on the way when its client is closed."""
    gate = issuer.gate(BULK)
    task = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN))
    await gate.reached()
    await fp.aclose()
    gate.open()
    return task


async def test_call_on_the_way_at_close_is_unknown(issuer, connect):
    fp = connect(issuer, timeout=5.0)
    task = await closed_over(issuer, fp)

    with pytest.raises(OutcomeUnknown) as caught:
        await task

    assert caught.value.request_id == OWN


async def test_call_on_the_way_at_close_opens_no_connection_anew(issuer, connect, arrived):
    fp = connect(issuer, timeout=5.0)
    task = await closed_over(issuer, fp)
    await asyncio.wait([task])
    task.exception()

    assert arrived(issuer, STATUS) == []
    assert "closed" in repr(fp)


async def test_call_that_waits_for_the_pool_at_close_was_not_sent(issuer, connect, settled):
    fp = connect(issuer, timeout=5.0, max_connections=1)
    gate = issuer.gate(BULK)
    first = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1))
    await gate.reached()
    second = asyncio.create_task(fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN))
    await settled()
    await fp.aclose()
    gate.open()
    await asyncio.wait([first, second])
    first.exception()

    assert not second.cancelled()
    assert isinstance(second.exception(), NotSent | ConfigurationError)
    assert second.exception().request_id == OWN


async def test_operation_waiting_at_close_keeps_its_id(issuer, connect):
    fp = connect(issuer, timeout=5.0)
    op = await fp.cards.bulk_issue(product_id=2000, count=1)
    gate = issuer.gate(STATUS)
    task = asyncio.create_task(op.result())
    await gate.reached()
    await fp.aclose()
    gate.open()

    with pytest.raises((ConfigurationError, OutcomeUnknown, StillProcessing)) as caught:
        await task

    assert caught.value.request_id == op.request_id


FORKED = """
import asyncio, os, sys
from freedompay_async import ConfigurationError, FreedomPay, Policy
from freedompay_async.sandbox import Sandbox

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"

async def use(fp):
    try:
        await fp.cards.bulk_issue(product_id=2000, count=1, request_id=OWN)
    except ConfigurationError as error:
        print("child", error.request_id, "another process" in str(error))

async def close(fp):
    await fp.aclose()

async def parent(child):
    async with Sandbox() as issuer:
        fp = FreedomPay(
            auth_id="10001", secret_key="sandbox-secret", region="KZ", base_url=issuer.base_url, policy=Policy(attempt_timeout=1.0)
        )
        async with fp:
            await fp.cards.bulk_issue(product_id=2000, count=1)
            pid = os.fork()
            if not pid:
                asyncio._set_running_loop(None)
                asyncio.run(child(fp))
                sys.stdout.flush()
                os._exit(0)
            os.waitpid(pid, 0)
            await fp.cards.bulk_issue(product_id=2000, count=1)
            print("parent", len(issuer.ledger()), len(issuer.received))

asyncio.run(parent(globals()[sys.argv[1]]))
"""


def forked(child) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORKED), child],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.stdout.splitlines()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_forked_child_is_refused():
    assert forked("use")[0] == f"child {OWN} True"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_connections_of_the_parent_outlive_a_child_that_was_refused():
    assert forked("use")[-1] == "parent 2 2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_connections_of_the_parent_outlive_a_child_that_closes_its_copy_of_the_client():
    assert forked("close") == ["parent 2 2"]
