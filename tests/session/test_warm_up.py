"""Connections that are opened before the first call."""

from __future__ import annotations

import asyncio
import socket

import pytest

from freedompay_async import ConfigurationError, NotSent
from tests.leaks.certificate import client_context, server_context
from tests.leaks.raw_issuer import RawIssuer


async def test_it_opens_so_many_and_sends_nothing(connect, issuer, pool):
    fp = connect(issuer, max_connections=5)
    await fp.warm_up(5)

    assert (pool(fp).idle, pool(fp).taken, len(issuer.received)) == (5, 0, 0)


async def test_calls_use_what_is_open(connect, pool, tmp_path):
    async with RawIssuer(tls=server_context(tmp_path)) as issuer:
        fp = connect(issuer, max_connections=4, ssl_context=client_context())
        await fp.warm_up(4)
        opened = issuer.connections
        await asyncio.gather(*(fp.cards.balance("card") for _ in range(12)))
        left = pool(fp).idle
        await fp.aclose()

    assert (opened, issuer.connections, left) == (4, 4, 4)


async def test_what_is_open_already_counts(connect, issuer, pool):
    fp = connect(issuer, max_connections=5)
    await fp.warm_up(3)
    await fp.warm_up(5)

    assert pool(fp).idle == 5


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, r"count=0: it must be at least 1 \(connections\)"),
        (-1, "at least 1"),
        (6, "from 1 to max_connections=5"),
    ],
)
async def test_none_or_more_than_the_client_may_have_are_refused(connect, issuer, count, expected):
    with pytest.raises(ConfigurationError, match=expected):
        await connect(issuer, max_connections=5).warm_up(count)


async def test_no_connection_is_told_as_not_sent(connect, pool):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        fp = connect(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NotSent, match="no connection to 127"):
            await fp.warm_up(3)

    assert (pool(fp).taken, pool(fp).idle) == (0, 0)


async def test_what_was_opened_is_kept_when_it_is_cancelled(connect, issuer, pool, cancelled_at):
    fp = connect(issuer, max_connections=3)
    for stop in range(100):
        error = await cancelled_at(fp.warm_up(3), stop)
        assert pool(fp).taken == 0
        if error is None:
            break

    assert error is None
    assert pool(fp).idle == 3


async def test_a_closed_client_can_not_be_warmed_up(connect, issuer):
    fp = connect(issuer)
    await fp.aclose()

    with pytest.raises(ConfigurationError, match="closed"):
        await fp.warm_up(1)


async def test_it_opens_them_with_trust_env_too(connect, pool, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with RawIssuer(tls=server_context(tmp_path)) as issuer:
        fp = connect(issuer, ssl_context=client_context(), trust_env=True)
        await fp.warm_up(2)
        opened = issuer.connections, pool(fp).idle
        await asyncio.gather(fp.cards.balance("card"), fp.cards.balance("card"))
        await fp.aclose()

    assert (opened, issuer.connections) == ((2, 2), 2)
