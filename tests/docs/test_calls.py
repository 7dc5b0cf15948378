"""The examples of docs/calls.md, run against the sandbox."""

import re
from pathlib import Path

import pytest

from freedompay_async import FreedomPay
from freedompay_async.hashdt import HashDT
from freedompay_async.sandbox import Sandbox

TEXT = (Path(__file__).parents[2] / "docs" / "calls.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
async def issuer():
    async with Sandbox() as issuer:
        yield issuer


@pytest.fixture
async def fp(issuer):
    async with FreedomPay(auth_id=issuer.auth_id, secret_key=issuer.secret_key, region="KZ", base_url=issuer.base_url) as fp:
        yield fp


def names(block: int) -> dict[str, object]:
    found: dict[str, object] = {}
    exec(BLOCKS[block], found)
    return found


async def test_the_overrides_are_taken():
    await names(0)["fp"].aclose()


async def test_a_gift_card_is_given_and_confirmed(issuer, fp):
    example = names(1)

    card_id = await example["give"](fp, 77017777777)
    mask = await example["confirm"](fp, card_id, issuer.sms(77017777777)[-1])

    assert re.fullmatch(r"\d{4}\*{8}\d{4}", mask)


async def test_a_pin_goes_out_encrypted(issuer, fp):
    issued = await (await fp.cards.bulk_issue(product_id=2000, count=1)).result()

    await names(2)["set_pin"](fp, issued.card_ids[0], "8642", b"k" * 32)

    assert issuer.received[-1].path.endswith("/card/set_pin")
    assert b"8642" not in issuer.received[-1].body


async def test_a_pin_page_is_framed(issuer):
    hashdt = HashDT(base_url=issuer.base_url, api_key=issuer.hashdt_api_key, product_id="2000", token=issuer.hashdt_token)
    async with hashdt:
        frame = await names(3)["pin_page"](hashdt, "card-1")

    assert frame.startswith('<iframe src="http://127.0.0.1:')


def test_every_example_is_run_here():
    assert len(BLOCKS) == 4
