"""aiohttp takes long to import: never at the import of this package, and never on a running loop."""

from __future__ import annotations

import json

import pytest

from tests.programs import output_of

PROGRAM = """
import asyncio, json, sys, threading

where = []
sys.addaudithook(lambda event, args: where.append(threading.get_ident()) if event == "import" and args[0] == "aiohttp" else None)
from freedompay_async import FreedomPay, FreedomPayError

told = {"package": len(where)}
how = sys.argv[1]


def client():
    return FreedomPay(auth_id="1", secret_key="k", region="KG", base_url="http://127.0.0.1:9", timeout=1.0)


async def use(fp=None):
    fp = fp or client()
    told["made"] = len(where)
    if how == "entered":
        async with fp:
            told["entered"] = len(where) > 0
    else:
        try:
            await fp.cards.info("card")
        except FreedomPayError as error:
            told["error"] = type(error).__name__
        await fp.aclose()


asyncio.run(use(client() if how == "made before" else None))
told["on the loop"] = threading.get_ident() in where
print(json.dumps(told))
"""


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("entered", {"made": 0, "entered": True, "on the loop": False}),
        ("called", {"made": 0, "error": "NotSent", "on the loop": False}),
        # Where no loop runs, nobody is held up by it.
        ("made before", {"made": 1, "error": "NotSent", "on the loop": True}),
    ],
)
def test_aiohttp_is_imported_with_the_client_and_never_on_a_running_loop(how, expected):
    printed, complaints = output_of(PROGRAM, how)

    assert complaints == ""
    told = json.loads(printed)
    assert told | {"made": min(told["made"], 1)} == {"package": 0} | expected
