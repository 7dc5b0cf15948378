from __future__ import annotations

from uuid import uuid4

import pytest

CARD = "card-of-another-issuer"


class Pad:
    """The PIN page as a cardholder uses it; `where` is a page or a frame of one."""

    def __init__(self, where) -> None:
        self.where = where

    async def type(self, pin, title):
        """Enters a PIN on the keyboard at the step of this title."""
        field = self.where.get_by_role("textbox", name=title, exact=True)
        await field.wait_for()
        await field.press_sequentially(pin)
        await field.press("Enter")

    async def press(self, pin, title):
        """Enters a PIN on the keypad."""
        await self.where.get_by_role("heading", name=title, exact=True).wait_for()
        for digit in pin:
            await self.where.get_by_role("button", name=digit, exact=True).click()
        await self.where.locator("button[type=submit]").click()

    async def says(self, text):
        await self.where.get_by_role("alert").get_by_text(text).wait_for()

    async def ends(self, text):
        await self.where.get_by_role("heading", name=text, exact=True).wait_for()
        await self.where.locator("form").wait_for(state="hidden")


@pytest.mark.parametrize("entry", ["type", "press"])
async def test_a_pin_is_set_in_a_frame_of_another_page(page, issuer, shop, link, entry):
    await page.goto(shop(await link("setpin")))
    pad = Pad(page.frame_locator("iframe"))
    enter = getattr(pad, entry)
    await enter("4071", "Choose a PIN")
    await enter("4071", "Enter the PIN again")
    await pad.ends("Your PIN is set")

    assert issuer.enter_pin(CARD, "4071")
    assert await page.evaluate("said") == []
    assert await page.locator("h1").text_content() == "Your card"


async def test_the_pin_goes_nowhere_but_to_the_sandbox(page, issuer, shop, link):
    posts, urls = [], []
    page.on(
        "request",
        lambda request: (
            urls.append(request.url),
            posts.append((request.url, request.post_data)) if request.method == "POST" else 0,
        ),
    )
    url = await link("setpin")
    await page.goto(shop(url))
    pad = Pad(page.frame_locator("iframe"))
    await pad.type("4071", "Choose a PIN")
    await pad.type("4071", "Enter the PIN again")
    await pad.ends("Your PIN is set")

    assert posts == [(url, '{"step":"choose","pin":"4071","again":"4071"}')]
    assert not any(
        "4071" in each.removeprefix(issuer.base_url).partition("/pin/")[0] for each in urls
    )
    assert await pad.where.locator("#pin").input_value() == ""
    assert "4071" not in await pad.where.locator("body").inner_html()


async def test_the_card_of_this_issuer_has_the_pin(page, issuer, call, link):
    await call(
        "/v5/card-api/card/bulk_issue", {"request_id": str(uuid4()), "product_id": 2000, "count": 1}
    )
    card_id = issuer.ledger()[0]["card_id"]
    await page.goto(await link("setpin", card_id))
    pad = Pad(page)
    await pad.type("4071", "Choose a PIN")
    await pad.type("4071", "Enter the PIN again")
    await pad.ends("Your PIN is set")

    assert issuer.card(card_id)["pin_set"]
    assert issuer.enter_pin(card_id, "4071")


async def test_two_entries_that_differ(page, issuer, link):
    await page.goto(await link("setpin"))
    pad = Pad(page)
    await pad.type("4071", "Choose a PIN")
    await pad.type("4017", "Enter the PIN again")
    await pad.says("The two entries differ. Choose the PIN once more.")
    await page.get_by_text("Step 1 of 2").wait_for()
    await pad.type("1111", "Choose a PIN")
    await pad.type("1111", "Enter the PIN again")
    await pad.ends("Your PIN is set")

    assert issuer.enter_pin(CARD, "1111")


@pytest.fixture
async def set_pin(page, link):
    async def set_pin(pin):
        await page.goto(await link("setpin"))
        await Pad(page).type(pin, "Choose a PIN")
        await Pad(page).type(pin, "Enter the PIN again")
        await Pad(page).ends("Your PIN is set")

    return set_pin


async def test_a_pin_is_changed(page, issuer, link, shop, set_pin):
    await set_pin("1234")
    await page.goto(shop(await link("changepin")))
    pad = Pad(page.frame_locator("iframe"))
    await pad.type("4321", "Enter the current PIN")
    await pad.says("That is not the current PIN. Try again.")
    await pad.type("1234", "Enter the current PIN")
    await pad.type("4071", "Choose a new PIN")
    await pad.type("4070", "Enter the new PIN again")
    await pad.says("The two entries differ.")
    await pad.where.get_by_text("Step 2 of 3").wait_for()
    await pad.type("4071", "Choose a new PIN")
    await pad.type("4071", "Enter the new PIN again")
    await pad.ends("Your PIN is changed")

    assert issuer.enter_pin(CARD, "4071")


async def test_three_wrong_entries_block_the_card(page, issuer, link, set_pin):
    await set_pin("1234")
    await page.goto(await link("changepin"))
    pad = Pad(page)
    for _ in range(2):
        await pad.type("4321", "Enter the current PIN")
        await pad.says("That is not the current PIN. Try again.")
    await pad.type("4321", "Enter the current PIN")
    await pad.ends("The card is blocked")

    assert not issuer.enter_pin(CARD, "1234")


async def test_a_pin_is_reset(page, issuer, link, set_pin):
    await set_pin("1234")
    await page.goto(await link("resetpin"))
    pad = Pad(page)
    await pad.press("4071", "Choose a new PIN")
    await pad.press("4071", "Enter the new PIN again")
    await pad.ends("Your PIN is reset")

    assert issuer.enter_pin(CARD, "4071")


async def test_a_link_that_was_used(page, set_pin):
    await set_pin("1234")
    await page.reload()
    await Pad(page).ends("This link was used")


async def test_a_link_that_was_used_elsewhere_meanwhile(page, browser, link):
    url = await link("setpin")
    await page.goto(url)
    pad = Pad(page)
    await pad.type("4071", "Choose a PIN")
    other = await browser.new_page()
    await other.goto(url)
    await Pad(other).type("1111", "Choose a PIN")
    await Pad(other).type("1111", "Enter the PIN again")
    await Pad(other).ends("Your PIN is set")
    await pad.type("4071", "Enter the PIN again")
    await pad.ends("This link was used")


async def test_a_link_that_is_not_known(page, issuer):
    await page.goto(f"{issuer.base_url}/pin/made-up")
    await Pad(page).ends("This link is not known")


async def test_only_four_digits_are_taken(page, issuer, link):
    await page.goto(await link("setpin"))
    pad = Pad(page)
    await pad.type("12a", "Choose a PIN")
    await pad.says("Four digits are needed.")
    assert await page.locator("#pin").input_value() == "12"
    await page.get_by_role("button", name="Delete the last digit").click()
    assert await page.locator("#pin").input_value() == "1"
    await page.get_by_role("button", name="Clear").click()
    await pad.type("98765", "Choose a PIN")
    await pad.type("9876", "Enter the PIN again")
    await pad.ends("Your PIN is set")
    assert issuer.enter_pin(CARD, "9876")


async def test_what_is_entered_is_masked_and_has_a_name(page, link):
    await page.goto(await link("setpin"))
    field = page.get_by_role("textbox", name="Choose a PIN")
    await field.press_sequentially("40")

    assert await field.get_attribute("type") == "password"
    assert await page.evaluate("document.activeElement.id") == "pin"
    assert await page.locator(".box.full").count() == 2
    assert "40" not in await page.locator("main").inner_text()


async def test_a_frame_leaves_the_focus_where_it_is(page, shop, link):
    await page.goto(shop(await link("setpin")))
    await page.frame_locator("iframe").get_by_role("heading", name="Choose a PIN").wait_for()

    assert await page.evaluate("document.activeElement.tagName") == "BODY"


async def test_it_fits_a_narrow_screen(page, link):
    await page.set_viewport_size({"width": 320, "height": 560})
    await page.goto(await link("changepin"))
    await page.get_by_role("heading", name="Enter the current PIN").wait_for()

    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_a_sandbox_that_is_away(page, issuer, link):
    await page.goto(await link("setpin"))
    pad = Pad(page)
    await page.route("**/pin/*", lambda route: route.abort())
    await pad.type("4071", "Choose a PIN")
    await pad.type("4071", "Enter the PIN again")
    await pad.says("The connection failed. Nothing was changed; try again.")
    await page.unroute_all()
    await pad.type("4071", "Choose a PIN")
    await pad.type("4071", "Enter the PIN again")
    await pad.ends("Your PIN is set")
