"""Whatever the issuer says back, nothing shows a secret, on a loop that logs each of its steps."""

from __future__ import annotations

import pytest

from tests.secrets.issuer_of_trouble import TELLS, THE_REST
from tests.secrets.marked import client, pin_client


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("trouble", TELLS)
async def test_answer_in_memory_shows_no_secret(search, in_memory, trouble):
    fp, hashdt = (
        client(region="KZ", transport=in_memory(trouble)),
        pin_client(transport=in_memory(trouble)),
    )

    await search.all_calls(fp, hashdt)

    assert search.found == []


@pytest.mark.parametrize("trouble", THE_REST)
async def test_answer_of_a_server_shows_no_secret(search, serving, trouble):
    async with serving(trouble) as url, client(url, region="KG") as fp, pin_client(url) as hashdt:
        await search.all_calls(fp, hashdt)

    assert search.found == []
