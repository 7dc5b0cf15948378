"""A mocked HTTP library, and clients of a sandbox."""

from __future__ import annotations

import inspect
from unittest.mock import Mock

import aiohttp
import aioresponses.core
import pytest

import freedompay_async.transport.pool  # noqa: F401 - it has to see the HTTP library as it is, and not with a double in its place
from freedompay_async import FreedomPay, Policy
from freedompay_async.sandbox import Sandbox

HASTY = Policy(attempts=1, pause=0.002, max_pause=0.005, grace=0.02, poll_first=0.002, poll_most=0.02)


class _Response(aiohttp.ClientResponse):
    """A response that an aiohttp whose responses want a `stream_writer` can make."""

    def __init__(self, *args, **kwargs) -> None:
        if "stream_writer" in inspect.signature(aiohttp.ClientResponse.__init__).parameters:
            kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


@pytest.fixture
def http(monkeypatch):
    """Stands in for the HTTP library."""
    monkeypatch.setattr(aioresponses.core, "ClientResponse", _Response)
    with aioresponses.aioresponses() as mock:
        yield mock


@pytest.fixture
def hasty() -> Policy:
    return HASTY


@pytest.fixture(params=["KZ", "KG"])
def region(request) -> str:
    return request.param


@pytest.fixture
async def issuer():
    async with Sandbox() as issuer:
        yield issuer


@pytest.fixture
async def fp(issuer, region):
    async with FreedomPay(
        auth_id=issuer.auth_id, secret_key=issuer.secret_key, region=region, base_url=issuer.base_url, policy=HASTY
    ) as fp:
        yield fp
