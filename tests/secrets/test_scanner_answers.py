"""Whatever the issuer says back, no answer, error or log shows a secret: a few forms, and the rest
in `proofs`.
"""

from __future__ import annotations

import pytest

from tests.secrets.issuer_of_trouble import A_FEW
from tests.secrets.marked import client, pin_client


@pytest.mark.parametrize("trouble", A_FEW)
async def test_answer_of_a_server_shows_no_secret(search, serving, trouble):
    async with serving(trouble) as url, client(url, region="KG") as fp, pin_client(url) as hashdt:
        await search.all_calls(fp, hashdt)

    assert search.found == []
