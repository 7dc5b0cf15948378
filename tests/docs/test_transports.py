"""The examples of docs/transports.md."""

import re
from pathlib import Path

import pytest

from freedompay_async import (
    AiohttpTransport,
    DirectTransport,
    FreedomPay,
    MockTransport,
    RequestFailed,
)
from freedompay_async.sandbox import Sandbox
from freedompay_async.transports import Transport

PAGE = (Path(__file__).parents[2] / "docs" / "transports.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(block: str) -> dict:
    names: dict = {"__name__": "docs.transports"}
    exec(compile(block, "docs/transports.md", "exec"), names)
    return names


TESTS = [
    (name, block)
    for block in BLOCKS
    for name in re.findall(r"^async def (test_\w+)", block, re.MULTILINE)
]
(OWN,) = [block for block in BLOCKS if "(Transport)" in block]
(SESSION,) = [block for block in BLOCKS if "freedompay_trace()" in block]


@pytest.mark.parametrize(("name", "block"), TESTS, ids=[name for name, _ in TESTS])
async def test_an_example_of_a_test_passes(name, block):
    assert await run(block)[name]() is None


def test_every_example_is_run_here():
    assert len(TESTS) == 4
    assert [
        block for block in BLOCKS if block not in (OWN, SESSION) and "def test_" not in block
    ] == []


async def test_a_session_of_ones_own_carries_calls(monkeypatch):
    async with Sandbox() as issuer:
        settings = {
            "AUTH_ID": issuer.auth_id,
            "SECRET_KEY": issuer.secret_key,
            "REGION": "KZ",
            "BASE_URL": issuer.base_url,
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        with pytest.raises(RequestFailed, match="unknown_card"):
            await run(SESSION)["balance"]("card-1")

        assert [each.path for each in issuer.received] == ["/v5/card-api/card/balance"]


@pytest.mark.parametrize("inner", [None, AiohttpTransport, DirectTransport])
async def test_the_transport_of_ones_own_carries_calls(inner):
    measured = run(OWN)["Measured"](*([] if inner is None else [inner()]))
    async with (
        Sandbox() as issuer,
        FreedomPay(
            auth_id=issuer.auth_id,
            secret_key=issuer.secret_key,
            region="KZ",
            base_url=issuer.base_url,
            transport=measured,
        ) as fp,
    ):
        await fp.warm_up(2)
        operation = await fp.cards.bulk_issue(product_id=2000, count=1)
        issued = await operation.result()
        ledger = [card["card_id"] for card in issuer.ledger()]

    assert list(issued.card_ids) == ledger
    assert measured.took[0][:2] == ("cards.bulk_issue", 200)
    assert repr(measured) in repr(fp)


async def test_it_may_hold_a_mock():
    measured = run(OWN)["Measured"](
        MockTransport(lambda request: {"status": "ok", "request_status": "success"})
    )
    async with FreedomPay(
        auth_id="1", secret_key="k", region="KZ", test=True, transport=measured
    ) as fp:
        await fp.cards.block("card-1", description="lost")

    assert [each[:2] for each in measured.took] == [("cards.block", 200)]


def test_it_has_every_method_of_a_transport():
    methods = [name for name in vars(Transport) if not name.startswith("_")]

    assert [name for name in methods if f"def {name}(" not in OWN] == []


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https:)([^)#]+)", PAGE))
def test_a_link_leads_to_a_file(target):
    assert (Path(__file__).parents[2] / "docs" / target).is_file()
