"""`hashdt.pins`: pages on which a cardholder sets a PIN."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Unpack, cast
from uuid import UUID

from freedompay_async.calls.cancelled import note_did_nothing
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import HeaderQuery
from freedompay_async.contract.request_ids import checked_request_id, new_request_id
from freedompay_async.contract.table import PINS_CHANGE_URL, PINS_RESET_URL, PINS_SET_URL
from freedompay_async.errors import AuthenticationError, FreedomPayError, ProtocolError
from freedompay_async.guards.staying import Staying
from freedompay_async.hashdt.access import header
from freedompay_async.hashdt.page import PinPage, is_safe
from freedompay_async.settings.options import ID_OPTIONS, check_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.calls.session import Session
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models.pin_pages import PinPageAnswer
    from freedompay_async.hashdt.access import Access
    from freedompay_async.settings.options import ChangeOptions, IdOptions

__all__ = ["Pins"]


class Pins(Staying):
    """Pages on which a cardholder sets, resets or changes a PIN (docs.hashdt.com, PIN).

    `client_id` goes out as `x-client-id`. The options are `IdOptions`: `request_id` is an
    idempotency key of your own; left out, the library makes one, the same for every attempt.
    `timeout` is seconds, everything included, the token source too. `queue` is as for `fp.cards`.
    Each method raises any of `FreedomPayError` but `StillProcessing`, and what the token source
    raises.
    """

    INSTEAD = "make a client in each process"

    def __init__(self, session: Session, access: Access) -> None:
        self._session: Final = session
        self._access: Final = access

    async def set_url(
        self,
        *,
        cardholder_id: str,
        wallet_id: str,
        card_id: str,
        client_id: str | None = None,
        **options: Unpack[IdOptions],
    ) -> PinPage:
        """A page to set a PIN, in two steps: set up, confirm."""
        return await self._page(
            PINS_SET_URL, lambda: _query(cardholder_id, wallet_id, card_id, client_id), options
        )

    async def reset_url(
        self,
        *,
        cardholder_id: str,
        wallet_id: str,
        card_id: str,
        client_id: str | None = None,
        **options: Unpack[IdOptions],
    ) -> PinPage:
        """A page to reset a PIN, in two steps: reset, confirm."""
        return await self._page(
            PINS_RESET_URL, lambda: _query(cardholder_id, wallet_id, card_id, client_id), options
        )

    async def change_url(
        self,
        *,
        cardholder_id: str,
        wallet_id: str,
        card_id: str,
        client_id: str | None = None,
        **options: Unpack[IdOptions],
    ) -> PinPage:
        """A page to change a PIN, in three steps: current, new, confirm."""
        return await self._page(
            PINS_CHANGE_URL, lambda: _query(cardholder_id, wallet_id, card_id, client_id), options
        )

    async def _page(
        self,
        call: Call[PinPageAnswer],
        headers: Callable[[], HeaderQuery],
        options: IdOptions,
    ) -> PinPage:
        check_options(options, ID_OPTIONS, "Pins", call.name)
        query = headers()
        wanted, timeout = options.get("request_id"), options.get("timeout")
        request_id = new_request_id() if wanted is None else checked_request_id(wanted)
        own = cast("ChangeOptions", {**options, "request_id": request_id})
        access = self._access
        try:
            # Checked first, so that a client that can't be used asks its token source for nothing.
            loop = self._session.shared.check(timeout)
            deadline = loop.time() + (timeout or self._session.timeout)
            if access.token is None:
                await access.renew(None, deadline=deadline)
            used = access.token
            try:
                own["timeout"] = _left(deadline)
                answer = await self._session.read(call, query, own)
            except AuthenticationError as error:
                if error.http_status != 401 or not access.renewable:
                    raise
                refused = error
            else:
                return _page(answer)
            await access.renew(used, deadline=deadline)
            if deadline <= loop.time():
                raise refused
            own["timeout"] = _left(deadline)
            return _page(await self._session.read(call, query, own))
        except FreedomPayError as error:
            error.request_id, error.call = error.request_id or request_id, error.call or call.name
            raise
        except asyncio.CancelledError as error:
            # The token source may have been cancelled too. Asking for a page changes nothing.
            note_did_nothing(error, call.name, request_id)
            raise


def _left(deadline: float) -> float:
    # More than 0, so that a call whose time is up says itself that it was not sent.
    return max(deadline - asyncio.get_running_loop().time(), 1e-3)


def _query(cardholder_id: str, wallet_id: str, card_id: str, client_id: str | None) -> HeaderQuery:
    headers = {
        "x-cardholder-id": _header("cardholder_id", cardholder_id),
        "x-wallet-id": _header("wallet_id", wallet_id),
        "x-card-id": _header("card_id", card_id),
    }
    if client_id is not None:
        headers["x-client-id"] = _header("client_id", client_id)
    return HeaderQuery(headers=Fields(headers))


def _header(name: str, value: object) -> str:
    written = isinstance(value, int | UUID) and not isinstance(value, bool)
    return header(name, str(value) if written else value).reveal()


def _page(answer: PinPageAnswer) -> PinPage:
    url = next(
        (link.set_pin_url for link in answer.data or () if link.set_pin_url is not None), None
    )
    if url is None:
        raise ProtocolError(
            "the answer is a success and has no set_pin_url. Nothing was changed.",
            request_id=answer.request_id,
        )
    if not is_safe(url.reveal()):
        raise ProtocolError(
            (
                "the answer's set_pin_url is not https, so the page is refused: a PIN typed there "
                "could be read on its way."
            ),
            request_id=answer.request_id,
        )
    return PinPage(request_id=answer.request_id, url=url)
