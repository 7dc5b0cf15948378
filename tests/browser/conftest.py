"""A real browser before a real sandbox."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000
CARD = "card-of-another-issuer"


@pytest.fixture
async def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    playwright = pytest.importorskip(
        "playwright.async_api", reason="playwright is not installed (pip install playwright)"
    )
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=ARGS)
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def page(browser):
    """A page that fails its test if a script does, or if the page asks anybody but this machine."""
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE)
    wrong, asked = [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    # What the network did is noted by the browser itself, and is no mistake of the page.
    page.on(
        "console",
        lambda said: (
            wrong.append(said.text)
            if said.type == "error" and not said.text.startswith("Failed to load resource")
            else None
        ),
    )
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert wrong == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:"))] == []
    await page.close()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
def link(issuer, http):
    """A link to a PIN page, as an integrator gets it."""

    async def link(call, card_id=CARD):
        headers = dict.fromkeys(("x-product-id", "x-cardholder-id", "x-wallet-id"), "1") | {
            "x-api-key": issuer.hashdt_api_key,
            "x-card-id": card_id,
            "x-request-id": str(uuid4()),
            "Content-Type": "application/json",
            "Authorization": f"Bearer {issuer.hashdt_token}",
        }
        async with http.get(
            f"{issuer.base_url}/issuing/api/v1/card/{call}", headers=headers
        ) as response:
            return (await response.json())["data"][0]["set_pin_url"]

    return link


@pytest.fixture
async def shop():
    """An integrator's own site on another port; `shop(url)` is a page of it with the URL in a
    frame.
    """
    pages = {}

    async def show(request):
        return web.Response(text=pages[request.path], content_type="text/html")

    app = web.Application()
    app.router.add_get("/{name:.*}", show)
    async with TestServer(app, host="127.0.0.1") as server:

        def page_around(url):
            path = f"/{len(pages)}"
            pages[path] = (
                "<!DOCTYPE html><title>Shop</title><link rel=icon href=data:,><h1>Your card</h1>"
                '<script>var said = []; addEventListener("message", (event) => '
                "said.push(event.data))</script>"
                f'<iframe title="PIN" width="360" height="640" src="{html.escape(url)}"></iframe>'
            )
            return str(server.make_url(path))

        yield page_around


@pytest.fixture
def call(issuer, http):
    """Sends a call, signed; `key` may be a wrong one."""

    async def call(path, fields, *, key="sandbox-secret", to=issuer, **headers):
        body = json.dumps(fields).encode()
        headers = {
            "Content-Type": "application/json",
            "Auth-Id": "10001",
            "Request-Id": fields.get("request_id") or str(uuid4()),
            "Sign": hashlib.sha256(body + key.encode()).hexdigest(),
        } | headers
        async with http.post(to.base_url + path, data=body, headers=headers) as response:
            return await response.json()

    return call
