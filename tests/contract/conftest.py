"""A mocked HTTP library, and clients of a sandbox."""

from __future__ import annotations

import pytest

from freedompay_async import FreedomPay, Policy
from tests.http_double import http_double

HASTY = Policy(
    attempts=1, pause=0.002, max_pause=0.005, grace=0.02, poll_first=0.002, poll_most=0.02
)


@pytest.fixture
def http(monkeypatch):
    """Stands in for the HTTP library."""
    with http_double(monkeypatch) as mock:
        yield mock


@pytest.fixture
def hasty() -> Policy:
    return HASTY


@pytest.fixture(params=["KZ", "KG"])
def region(request) -> str:
    return request.param


@pytest.fixture
async def fp(issuer, region):
    async with FreedomPay(
        auth_id=issuer.auth_id,
        secret_key=issuer.secret_key,
        region=region,
        base_url=issuer.base_url,
        policy=HASTY,
    ) as fp:
        yield fp
