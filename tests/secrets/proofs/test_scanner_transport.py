"""However a connection breaks, no error, variable or log shows a secret."""

from __future__ import annotations

import pytest

from tests.secrets.marked import client, pin_client

pytestmark = pytest.mark.usefixtures("loud")

BROKEN = [
    "closed",
    "reset",
    "cut",
    "cut chunk",
    "stalled",
    "stalled in the body",
    "huge",
    "huge chunk",
    "no HTTP",
    "bad header",
    "bad chunk",
    "long header",
]


@pytest.mark.parametrize("trouble", BROKEN)
async def test_connection_that_breaks_shows_no_secret(search, serving, trouble):
    most = {"max_answer": 2**16}
    async with (
        serving(trouble) as url,
        client(url, region="KG", **most) as fp,
        pin_client(url, **most) as hashdt,
    ):
        await search.all_calls(fp, hashdt)

    assert search.found == []
    assert search.errors >= {"OutcomeUnknown", "StillProcessing"}
