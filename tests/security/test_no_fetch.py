"""What an answer says is read, and nowhere gone to: only the host of the settings is ever called."""

from __future__ import annotations

import json

import pytest

from freedompay_async import FreedomPayError

HEADERS = (
    "Location",
    "Refresh",
    "Link",
    "Content-Location",
    "Alt-Svc",
    "Retry-After",
    "X-Redirect",
    "NEL",
    "Report-To",
)


def full_of(url: str) -> dict:
    """An answer in which everything that can be a link is one."""
    return {
        **dict.fromkeys(
            (
                "error_code",
                "error_description",
                "redirect_url",
                "callback_url",
                "url",
                "$ref",
                "document",
                "card_id",
            ),
            url,
        ),
        "cards": [{"card_id": url, "url": url}],
        "data": [{"set_pin_url": url, "url": url}],
        "extra": {"@id": url, "schema": url},
    }


@pytest.mark.parametrize(
    "status",
    [
        b"200 OK",
        b"201 Created",
        b"300 Multiple Choices",
        b"305 Use Proxy",
        b"401 Unauthorized",
        b"404 Not Found",
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        {"status": "ok", "request_status": "success"},
        {"status": "error", "error_code": "no"},
        {"status": "Success", "code": 200},
    ],
)
async def test_link_in_an_answer_is_not_followed(serving, ask, whole, kind, status, said):
    async with serving(b"") as other, serving(b"") as host:
        url = f"http://127.0.0.1:{other.port}/steal"
        headers = [f"{name}: {url}; rel=preload".encode() for name in HEADERS]
        host.answers[0] = whole(json.dumps(full_of(url) | said).encode(), status, *headers)
        try:
            told = await ask(kind, host.port, timeout=0.5)
        except FreedomPayError as error:
            told = error

        assert other.connections == 0
        assert len(host.came) >= 1
        assert told is not None


async def test_page_for_a_pin_is_handed_on_and_not_opened(serving, ask, whole):
    async with serving(b"") as other:
        url = f"http://127.0.0.1:{other.port}/pin"
        answer = whole(
            json.dumps({"status": "Success", "code": 200, "data": [{"set_pin_url": url}]}).encode()
        )
        async with serving(answer) as host:
            page = await ask("page", host.port)
            html = page.iframe()

    assert page.url.reveal() == url
    assert url in html
    assert other.connections == 0


async def test_page_about_an_error_is_not_opened(serving, ask, whole, kind):
    async with serving(b"") as other:
        url = f"http://127.0.0.1:{other.port}"
        html = f'<html><meta http-equiv="refresh" content="0;url={url}"><img src="{url}"><script src="{url}"></script></html>'.encode()
        async with serving(whole(html)) as host:
            with pytest.raises(FreedomPayError):
                await ask(kind, host.port, timeout=0.3)

    assert other.connections == 0
