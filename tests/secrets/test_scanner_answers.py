"""Whatever the issuer says back, no answer, error or log shows a secret."""

from __future__ import annotations

import pytest

from tests.secrets.issuer_of_trouble import TELLS
from tests.secrets.marked import CALLS, EXTRA, MORE_CALLS, PIN_CALLS, client, pin_client


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("trouble", TELLS)
async def test_answer_in_memory_shows_no_secret(search, in_memory, trouble):
    fp, hashdt = in_memory(client(region="KZ"), trouble), in_memory(pin_client(), trouble)

    await search.calls(fp, CALLS | MORE_CALLS, extra=EXTRA)
    await search.calls(hashdt, PIN_CALLS)
    search.client(fp)
    search.client(hashdt)

    assert search.found == []


@pytest.mark.parametrize("trouble", TELLS)
async def test_answer_of_a_server_shows_no_secret(search, serving, trouble):
    async with serving(trouble) as url, client(url, region="KG") as fp, pin_client(url) as hashdt:
        await search.calls(fp, CALLS | MORE_CALLS, extra=EXTRA)
        await search.calls(hashdt, PIN_CALLS)
        search.client(fp)
        search.client(hashdt)

    assert search.found == []
