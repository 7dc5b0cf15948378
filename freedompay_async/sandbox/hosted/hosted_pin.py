"""The hosted PIN page over HTTP: the page of a link, and the entries on it.

A PIN comes in a body, never in a URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from freedompay_async.sandbox.hosted.pin_links import PageEnd, PinLinks
from freedompay_async.sandbox.webpage import PRIVATE, Page

if TYPE_CHECKING:
    from freedompay_async.sandbox.inspector.history import History
    from freedompay_async.sandbox.loopback import Handler

__all__ = ["HostedPin"]

_LONGEST: Final = 256
_STATUS: Final = {
    PageEnd.UNKNOWN: 404,
    PageEnd.USED: 410,
    PageEnd.EXPIRED: 410,
    PageEnd.INVALID: 400,
}


class _Current(msgspec.Struct, forbid_unknown_fields=True, tag_field="step", tag="current"):
    pin: str


class _Chosen(msgspec.Struct, forbid_unknown_fields=True, tag_field="step", tag="choose"):
    pin: str
    again: str


class HostedPin:
    """Handlers of `/pin/{token}`."""

    def __init__(self, *, links: PinLinks, history: History) -> None:
        self._links: Final = links
        self._history: Final = history
        self._page: Final = Page("pin", frames=True)

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """Methods and paths, each with its handler."""
        return ("GET", "/pin/{token}", self.show), ("POST", "/pin/{token}", self.enter)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page; it says so itself if the link is no longer good."""
        token = request.match_info["token"]
        state = self._links.state(token)
        return self._page.response(
            status=_STATUS.get(state, 200), state=state, purpose=self._links.purpose(token) or ""
        )

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Handle an entry that the page sends, and answer with its outcome."""
        token = request.match_info["token"]
        outcome = PageEnd.INVALID
        # A page of another origin can't send this content type without a preflight.
        if (
            request.content_type == "application/json"
            and 0 < (request.content_length or 0) <= _LONGEST
        ):
            try:
                entry = msgspec.json.decode(await request.read(), type=_Current | _Chosen)
            except (ConnectionError, web.RequestPayloadError, msgspec.MsgspecError, ValueError):
                # There is no entry; the browser may have left.
                pass
            else:
                outcome = self._carry_out(token, entry)
        self._history.touch()
        return web.json_response(
            {"outcome": outcome}, status=_STATUS.get(outcome, 200), headers=PRIVATE
        )

    def _carry_out(self, token: str, entry: _Current | _Chosen) -> PageEnd:
        if isinstance(entry, _Current):
            return self._links.prove(token, entry.pin)
        return self._links.choose(token, entry.pin, entry.again)
