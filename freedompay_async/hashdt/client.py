"""`HashDT`: settings in, `pins` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from freedompay_async.contract import Section
from freedompay_async.errors import ConfigurationError
from freedompay_async.hashdt.access import Access
from freedompay_async.hashdt.page import is_safe
from freedompay_async.hashdt.pins import Pins
from freedompay_async.overrides import overridden
from freedompay_async.policy import Policy
from freedompay_async.secret import Token
from freedompay_async.session import Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from types import TracebackType

    from freedompay_async.drift import Drift
    from freedompay_async.hashdt.access import TokenSource
    from freedompay_async.overrides import Override

__all__ = ["HashDT"]


class HashDT:
    """A client for HashDT's hosted PIN pages, with a pool of connections; one for each event loop.

    Args:
        base_url: HashDT publishes none; it may have a path.
        api_key: goes out as `x-api-key`; shown nowhere.
        product_id: goes out as `x-product-id`.
        token: the bearer token, or an async function that gives one; it is asked again once where the token is refused (HTTP 401).
        max_connections: connections open at once.
        timeout: seconds a call may take in all.
        policy: the times in between.
        contract: what is different in the contract table: see `Override`.
        ssl_context: your own TLS settings, for a private authority.

    Raises:
        ConfigurationError: a setting is missing or wrong; nothing was sent.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        product_id: str,
        token: TokenSource,
        max_connections: int = 100,
        timeout: float = 60.0,
        policy: Policy | None = None,
        contract: Iterable[Override] = (),
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        # Bound anew, so that no traceback of this frame shows them.
        api_key, token = Token(api_key), Token(token) if isinstance(token, str) else token
        if not is_safe(base_url) or urlsplit(base_url).query or urlsplit(base_url).fragment:
            raise ConfigurationError("base_url must be like https://api.example.com, without a query or a user. Nothing was sent.")
        if max_connections < 1:
            raise ConfigurationError(f"max_connections={max_connections}: it must be at least 1. Nothing was sent.")
        if not timeout > 0:
            raise ConfigurationError(f"timeout={timeout!r}: seconds, more than 0. Nothing was sent.")
        access = Access(api_key=api_key, product_id=product_id, token=token)
        # aiohttp is slow to import, and a program that only names this class should not pay for it.
        from freedompay_async.transport import Transport  # noqa: PLC0415

        policy = policy or Policy()
        self._transport: Final = Transport(
            base_url, max_connections=max_connections, connect_timeout=policy.connect_timeout, ssl_context=ssl_context
        )
        self._session: Final = Session(
            self._transport, signers={Section.HASHDT: access}, policy=policy, timeout=timeout, rows=overridden(contract, None)
        )
        self.pins: Final = Pins(self._session, access)

    def drift(self) -> list[Drift]:
        """How HashDT's answers have differed from the contract so far: names and counts, never a value."""
        return self._session.drift.list()

    async def __aenter__(self) -> Self:
        self._transport.check()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the pool."""
        await self._transport.close()

    def __repr__(self) -> str:
        return f"HashDT({self._transport!r})"
