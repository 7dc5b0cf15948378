from __future__ import annotations

import pytest

from freedompay_async.sandbox.loopback import is_loopback
from tests.sandbox.paths import PAGES


@pytest.mark.parametrize("path", [*PAGES, "/sandbox/events", "/sandbox/requests/1", "/pin/token"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "10.0.0.1",
        "[fe80::1]",
        "[",
        "",
    ],
)
async def test_another_name_opens_nothing(issuer, api, path, host):
    async with api.session.get(issuer.base_url + path, headers={"Host": host}) as response:
        assert response.status == 403
        assert (
            await response.text()
            == "This page opens under a loopback name only: http://127.0.0.1 or http://localhost\n"
        )


async def test_another_name_enters_no_pin(issuer, api):
    async with api.session.post(
        issuer.base_url + "/pin/token", headers={"Host": "evil.example"}, json={}
    ) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8095",
        "127.1.2.3",
        "localhost",
        "LOCALHOST:1",
        "demo.localhost:8095",
        "[::1]",
        "[::1]:80",
    ],
)
def test_loopback_names(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "example.com", "[::2]", "0.0.0.0", "127.0.0.1@example.com"]
)
def test_other_names(host):
    assert not is_loopback(host)
