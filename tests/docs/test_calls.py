"""The examples of docs/calls.md, run against the sandbox."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from freedompay_async import FreedomPay
from freedompay_async.contract.file import read_contract
from freedompay_async.hashdt import HashDT
from freedompay_async.sandbox import Sandbox
from tests.settings_of import settings_of

TEXT = (Path(__file__).parents[2] / "docs" / "calls.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
async def fp(issuer):
    async with FreedomPay(
        auth_id=issuer.auth_id, secret_key=issuer.secret_key, region="KZ", base_url=issuer.base_url
    ) as fp:
        yield fp


def names(block: int) -> dict[str, object]:
    found: dict[str, object] = {}
    exec(BLOCKS[block], found)
    return found


async def test_the_overrides_are_taken():
    await names(0)["fp"].aclose()


def test_the_contract_file_says_what_it_seems_to(tmp_path):
    [text] = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "contract.toml").write_text(text, encoding="utf-8")
    read = read_contract(tmp_path / "contract.toml")

    assert {each.call or f"{each.region}.{each.section}" for each in read.overrides} == {
        "cards.activate",
        "clients.create",
        "cards.link",
        "KZ.payment_cards",
    }


async def test_a_card_is_issued_to_a_holder():
    example = names(1)
    async with Sandbox(
        contract={"cards.issue": {"required": ["product_id", "cardholder"]}}
    ) as issuer:
        async with FreedomPay(**settings_of(issuer), contract=example["CONTRACT"]) as fp:
            card_id = await example["issue_to_holder"](fp)

        assert [(card["card_id"], card["phone"]) for card in issuer.ledger()] == [
            (card_id, 77017777777)
        ]


async def test_a_gift_card_is_given_and_confirmed(issuer, fp):
    example = names(2)

    card_id = await example["give"](fp, 77017777777)
    mask = await example["confirm"](fp, card_id, issuer.sms(77017777777)[-1])

    assert re.fullmatch(r"\d{4}\*{8}\d{4}", mask)


async def test_a_pin_goes_out_encrypted(issuer, fp):
    issued = await (await fp.cards.bulk_issue(product_id=2000, count=1)).result()

    await names(3)["set_pin"](fp, issued.card_ids[0], "8642", b"k" * 32)

    assert issuer.received[-1].path.endswith("/card/set_pin")
    assert b"8642" not in issuer.received[-1].body


async def test_a_pin_page_is_framed(issuer):
    hashdt = HashDT(
        base_url=issuer.base_url,
        api_key=issuer.hashdt_api_key,
        product_id="2000",
        token=issuer.hashdt_token,
    )
    async with hashdt:
        frame = await names(4)["pin_page"](hashdt, "card-1")

    assert frame.startswith('<iframe src="http://127.0.0.1:')


async def test_a_worker_settles_what_it_has_written_down(issuer, fp):
    issued = await fp.cards.bulk_issue(product_id=2000, count=1)
    await issued.result()
    issuer.hold = True
    held = await fp.cards.bulk_issue(product_id=2000, count=1)
    issuer.hold = False
    never = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    pending = [
        (each.request_id, "cards.bulk_issue", datetime.now(UTC)) for each in (issued, held)
    ] + [(never, "cards.issue", hour_ago)]

    ended = await names(5)["settle"](fp, pending)

    assert {issued.request_id: ended.pop(issued.request_id)} == {issued.request_id: "done"}
    assert ended.pop(held.request_id) == "done"
    assert list(ended) == [never]
    assert "the issuer does not know this request id" in ended[never]


def test_every_example_is_run_here():
    assert len(BLOCKS) == 6
