"""The headers that HashDT wants on every call, and the token that may have to be renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from freedompay_async.errors import ConfigurationError, NotSent
from freedompay_async.guards.arguments import refusal
from freedompay_async.guards.leftovers import leftover_of
from freedompay_async.redaction.secret import Hidden, Token

__all__ = ["Access", "TokenSource", "closed", "header"]

# So many old tokens are kept, to hide them in case an answer repeats one.
_EARLIER: Final = 4
TokenSource = str | Callable[[], Awaitable[str]]


class Access:
    """Makes the headers of every call. The session takes it for a `Signer`; it signs nothing."""

    header_id: bool = True
    on_refusal: str = ""

    def __init__(self, *, api_key: str, product_id: str, token: TokenSource) -> None:
        api_key, product_id, token = closed(api_key), closed(product_id), closed(token)
        self._api_key: Final = header("api_key", api_key)
        self._product_id: Final = header("product_id", product_id)
        self._source: Final = token if callable(token) else None
        self._token = None if callable(token) else header("token", token)
        self._earlier: tuple[Token, ...] = ()
        self._renewal: Final = asyncio.Lock()

    @property
    def auth_id(self) -> str:
        return self._product_id.reveal()

    @property
    def token(self) -> Token | None:
        return self._token

    @property
    def secrets(self) -> tuple[Token, ...]:
        """What goes out in headers, and must not be shown where an answer repeats it."""
        token = () if self._token is None else (self._token,)
        return (self._api_key, *token, *self._earlier)

    @property
    def renewable(self) -> bool:
        """Whether there is a source of tokens."""
        return self._source is not None

    async def renew(self, refused: Token | None, *, deadline: float) -> None:
        """Ask the source for a token, unless another call has done so since `refused` was used.

        Raises:
            NotSent: the source gave no token before the deadline.
            ConfigurationError: the source gave something else.
        """
        if self._source is None:
            return
        late = False
        clock = asyncio.timeout_at(deadline)
        try:
            async with clock, self._renewal:
                if self._token is refused:
                    asked: Hidden[object] = Hidden(self._source())
                    if not isinstance(asked.value, Awaitable):
                        raise ConfigurationError(
                            "token is a function that is not async: write it as async def. "
                            "Nothing was sent."
                        )
                    renewed = header("token", closed(await asked.value))
                    if self._token is not None:
                        # Calls that were sent with the old token may still be answered.
                        self._earlier = (self._token, *self._earlier)[:_EARLIER]
                    self._token = renewed
        except TimeoutError:
            if not clock.expired():
                raise  # The source itself timed out.
            late = True
        if late:
            raise NotSent("not sent: the token source gave no token in time. It is safe to repeat.")

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        token = "" if self._token is None else self._token.reveal()
        return {
            "Content-Type": "application/json",
            "x-api-key": self._api_key.reveal(),
            "x-product-id": self._product_id.reveal(),
            "x-request-id": request_id,
            "Authorization": f"Bearer {token}",
        }


def closed(value: Any) -> Any:
    """The value in a form that no traceback shows. A function stays as it is."""
    return Token(value) if isinstance(value, str) else value if callable(value) else Hidden(value)


def header(name: str, value: object) -> Token:
    """The value of a header.

    Raises:
        ConfigurationError: it can't go into a header; the value is not shown.
    """
    if not isinstance(value, str):
        raise refusal(name, value.value if isinstance(value, Hidden) else value, "text")
    value = Token(value)
    odd = leftover_of(value)
    if odd is not None:
        raise ConfigurationError(f"{name} {odd}. Nothing was sent.")
    if not _fits(value):
        raise ConfigurationError(
            f"{name} is empty, or has characters that a header can't have. Nothing was sent."
        )
    return value


def _fits(value: Token) -> bool:
    """Whether a header can have this value: a line break in it would begin another header.

    It is a function of its own so that no frame of a traceback has the text.
    """
    text = value.reveal()
    return bool(text) and text.isascii() and text.isprintable() and text == text.strip()
