from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import partial
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Fault, Sandbox

EVIL = "<img src=x onerror=\"document.title='taken'\"><b>bold</b>"


def bulk(count=1):
    return {"request_id": str(uuid4()), "product_id": 2000, "count": count}


def row(page, text):
    return page.locator("#rows tr").filter(has_text=text)


async def test_requests_appear_while_they_come_in(page, issuer, call):
    await page.goto(issuer.base_url)
    await page.get_by_text("No requests yet.").wait_for()
    await page.get_by_text(
        "For tests on this machine. No money, no card network, nothing real."
    ).wait_for()
    body = bulk()
    await call("/v5/card-api/card/bulk_issue", body)
    await row(page, "card/bulk_issue").filter(has_text="right").filter(has_text="200").wait_for()
    await call("/v5/card-api/card/issue", {"a": 1}, key="another")
    await (
        row(page, "card/issue")
        .filter(has_text="bad signature")
        .filter(has_text="wrong key")
        .filter(has_text="401")
        .wait_for()
    )
    assert await page.locator("#rows tr .call").all_text_contents() == [
        "POSTcard/issue",
        "POSTcard/bulk_issue",
    ]

    await row(page, "card/bulk_issue").click()
    detail = page.get_by_role("article", name="The selected request")
    await detail.get_by_role("heading", name="POST /v5/card-api/card/bulk_issue").wait_for()
    signed = (
        detail.locator(".block")
        .filter(has=page.get_by_role("heading", name="Signed bytes"))
        .locator("pre")
    )
    assert await signed.text_content() == json.dumps(body) + (
        "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}secret "
        "key\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    )
    await detail.get_by_role("row", name=f"Request-Id {body['request_id']}").wait_for()
    await detail.get_by_text('"request_status": "success"').wait_for()

    await page.keyboard.press("ArrowUp")
    await detail.get_by_role("heading", name="POST /v5/card-api/card/issue").wait_for()
    await detail.get_by_text("Why it was turned away").wait_for()
    await page.locator("#counts").get_by_text("calls").wait_for()


async def test_what_came_in_stays_text(page, issuer, call, http):
    await page.goto(issuer.base_url)
    await call(
        "/v5/card-api/client/add", {"request_id": str(uuid4()), "note": EVIL}, **{"X-Note": EVIL}
    )
    async with http.get(f"{issuer.base_url}/%3Cimg%20src=x%20onerror=alert(1)%3E"):
        pass
    await row(page, "client/add").click()
    detail = page.locator("#detail")
    await detail.locator(".headers").get_by_text(EVIL).wait_for()
    await detail.locator("pre").filter(has_text="<b>bold</b>").first.wait_for()
    await row(page, "<img src=x onerror=alert(1)>").click()
    await detail.get_by_role("heading", name="GET /<img src=x onerror=alert(1)>").wait_for()

    assert await page.title() == "Sandbox issuer"
    assert await page.locator("img, b").count() == 0


@pytest.fixture
async def kept(tmp_path):
    """A sandbox with its books in a file."""
    async with Sandbox(database=tmp_path / "books.db") as issuer:
        yield issuer


async def test_a_holders_name_stays_text(page, kept, call, tmp_path):
    issuer, call = kept, partial(call, to=kept)
    products = (await call("/v5/cards/product_list", {}))["product_list"]
    issued = await call(
        "/v5/cards/issue_card",
        {
            "cardholder_name": "IVANOV IVAN",
            "phone": 77017777777,
            "product_code": products[0]["code"],
        },
    )
    assert issued["status"] == 0
    with closing(sqlite3.connect(tmp_path / "books.db")) as books, books:
        books.execute("UPDATE gift_cards SET cardholder_name = ?", [EVIL])
    await page.goto(issuer.base_url)
    await page.get_by_role("tab", name="Gift cards and SMS").click()
    await page.get_by_role("cell", name=EVIL).wait_for()
    await page.get_by_role("cell", name=issuer.sms(77017777777)[-1], exact=True).wait_for()

    assert await page.locator("img").count() == 0


async def test_an_answer_that_never_left(page, issuer, call):
    issuer.script("card/bulk_issue", Fault.CLOSED)
    await page.goto(issuer.base_url)
    with pytest.raises(aiohttp.ClientError, match="disconnected"):
        await call("/v5/card-api/card/bulk_issue", bulk())
    await row(page, "fault:CLOSED").filter(has_text="none").click()
    await page.get_by_text("It never left: the connection was closed first").wait_for()


async def test_the_cards_and_the_open_requests_follow(page, issuer, call):
    await page.goto(issuer.base_url)
    await page.get_by_role("tab", name="Cards", exact=True).click()
    await page.get_by_text("No cards yet.").wait_for()
    body = bulk()
    await call("/v5/card-api/card/bulk_issue", body)
    [card] = issuer.ledger()
    await page.get_by_role("row", name=card["card_id"]).filter(has_text="not set").wait_for()
    await call("/v5/card-api/card/set_pin", {"card_id": card["card_id"]})
    await (
        page.get_by_role("row", name=card["card_id"])
        .get_by_role("cell", name="set", exact=True)
        .wait_for()
    )

    issuer.hold = True
    await page.get_by_role("tab", name="Cards", exact=True).press("ArrowLeft")
    await page.get_by_text("The sandbox is on hold").wait_for()
    held = bulk()
    await call("/v5/card-api/card/bulk_issue", held)
    await page.get_by_role("row", name=held["request_id"]).wait_for()
    issuer.finish(held["request_id"])
    await page.get_by_text("none is in process").wait_for()


async def test_the_list_can_be_sifted(page, issuer, call):
    await page.goto(issuer.base_url)
    await call("/v5/card-api/card/bulk_issue", bulk())
    await call("/v5/card-api/card/issue", {})
    await row(page, "refused").wait_for()
    await page.get_by_label("Only what went wrong").check()
    await row(page, "card/bulk_issue").wait_for(state="hidden")
    await page.get_by_label("Only what went wrong").uncheck()
    await page.get_by_label("Filter the requests").fill("BULK")
    await row(page, "refused").wait_for(state="hidden")
    await row(page, "card/bulk_issue").wait_for()
    await page.get_by_text("1 of 2", exact=True).wait_for()


async def test_the_page_keeps_as_many_as_the_sandbox(page, issuer, call):
    await page.goto(issuer.base_url)
    for _ in range(203):
        await call("/v5/card-api/request/status", {"request_id": "0"})
    await page.locator("#counts").get_by_text("203", exact=True).wait_for()

    assert await page.locator("#rows tr").count() == 200


async def test_it_comes_back_after_a_restart(page, http, call):
    async with Sandbox() as first:
        port = int(first.base_url.rpartition(":")[2])
        await call("/v5/card-api/card/issue", {}, to=first)
        await page.goto(first.base_url)
        await row(page, "card/issue").wait_for()
    await page.get_by_text("reconnecting").wait_for()
    async with Sandbox(port=port) as second:
        await page.get_by_text("live", exact=True).wait_for()
        await row(page, "card/issue").wait_for(state="detached")
        await call("/v5/card-api/card/link", {}, to=second)
        await row(page, "card/link").wait_for()
        await page.goto("about:blank")


async def test_how_to_connect(page, issuer):
    await page.goto(issuer.base_url)
    await page.get_by_role("tab", name="Connect").click()
    await page.get_by_text(f"FREEDOMPAY_BASE_URL={issuer.base_url}").wait_for()
    await page.get_by_text(issuer.hashdt_token).wait_for()

    assert issuer.secret_key not in await page.locator("pre").all_text_contents()
