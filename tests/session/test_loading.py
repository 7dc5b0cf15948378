"""aiohttp takes long to import: never at the import of this package, once with the first client."""

from __future__ import annotations

import json

import pytest

from tests.programs import output_of

PROGRAM = """
import asyncio, json, sys

imported = lambda: "aiohttp" in sys.modules
from freedompay_async import FreedomPay
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.over_aiohttp.trace import freedompay_trace

told = {"package": imported()}


def make():
    FreedomPay(auth_id="1", secret_key="k", region="KG", base_url="http://127.0.0.1:9")
    told["client"] = imported()


async def use():
    make()


if sys.argv[1] == "on a loop":
    asyncio.run(use())
else:
    make()
print(json.dumps(told))
"""


@pytest.mark.parametrize("how", ["on a loop", "before any loop"])
def test_aiohttp_is_imported_when_a_client_is_made(how):
    printed, complaints = output_of(PROGRAM, how)

    assert complaints == ""
    assert json.loads(printed) == {"package": False, "client": True}
