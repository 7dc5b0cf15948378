"""Whoever stops waiting, no error, variable or log shows a secret."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from tests.secrets.marked import CALLS, EXTRA, HASTY, PIN_CALLS, client, pin_client

pytestmark = pytest.mark.usefixtures("loud")


async def test_timeout_of_a_call_shows_no_secret(search, serving):
    patient = {"policy": dataclasses.replace(HASTY, attempt_timeout=5.0)}
    async with (
        serving("stalled") as url,
        client(url, **patient) as fp,
        pin_client(url, **patient) as hashdt,
    ):
        await search.calls(fp, CALLS, extra=EXTRA, timeout=0.1)
        await search.calls(hashdt, PIN_CALLS, timeout=0.1)

    assert search.found == []
    assert search.errors >= {"OutcomeUnknown"}


async def timed(work):
    async with asyncio.timeout(0.1):
        return await work


async def test_timeout_around_a_call_shows_no_secret(search, serving):
    async with serving("stalled") as url, client(url) as fp, pin_client(url) as hashdt:
        await search.calls(
            fp, {name: lambda fp, make=make: timed(make(fp)) for name, make in CALLS.items()}
        )
        await search.calls(
            hashdt,
            {
                name: lambda hashdt, make=make: timed(make(hashdt))
                for name, make in PIN_CALLS.items()
            },
        )

    assert search.found == []
    assert search.errors == {"TimeoutError"}
    assert {type(end.__cause__) for end in search.ends.values()} == {asyncio.CancelledError}


async def test_group_of_errors_shows_no_secret(search, serving):
    async def group():
        async with asyncio.TaskGroup() as tasks:
            for make in CALLS.values():
                tasks.create_task(make(fp))

    async with serving("closed") as url, client(url) as fp:
        await search.call("group", group())

    assert search.found == []
    assert search.errors == {"ExceptionGroup"}
