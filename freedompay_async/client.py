"""`FreedomPay`: settings in, namespaces out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Self

from freedompay_async.contract import Section
from freedompay_async.errors import ConfigurationError
from freedompay_async.policy import Policy
from freedompay_async.resources import Cards, Clients, Requests
from freedompay_async.session import Session
from freedompay_async.settings import Region, Settings, base_url_of, signer_of

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from freedompay_async.secret import Secret
    from freedompay_async.signing import Signer

__all__ = ["FreedomPay"]


class FreedomPay:
    """A client for one merchant, with a pool of connections; one for each event loop.

    Args:
        auth_id: the merchant's id.
        secret_key: the merchant's secret key; shown nowhere.
        region: decides the host and the signature scheme.
        test: the region's test host.
        base_url: wins over the region's host, such as `https://api.example.com`.
        signer: wins over the region's scheme; one for all sections, or a mapping from `Section`.
        max_connections: connections open at once, and so calls on the way at once.
        timeout: seconds a call may take in all: the wait for the pool, attempts, pauses and settling.
        policy: the times in between.
        ssl_context: your own TLS settings, for a private authority.

    Raises:
        ConfigurationError: a setting is missing or wrong; nothing was sent.
    """

    def __init__(
        self,
        *,
        auth_id: str | int | None = None,
        secret_key: str | Secret | None = None,
        region: Region | str | None = None,
        test: bool = False,
        base_url: str | None = None,
        signer: Signer | Mapping[Section, Signer] | None = None,
        max_connections: int = 100,
        timeout: float = 60.0,
        policy: Policy | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        named = None if region is None else Region(region)
        base_url = base_url_of(named, test=test, base_url=base_url)
        if max_connections < 1:
            raise ConfigurationError(f"max_connections={max_connections}: it must be at least 1. Nothing was sent.")
        if not timeout > 0:
            raise ConfigurationError(f"timeout={timeout!r}: seconds, more than 0. Nothing was sent.")
        if isinstance(signer, Mapping):
            signers = dict(signer)
            absent = [section for section in Section if section not in signers]
            if absent:
                raise ConfigurationError(f"signer has none for {', '.join(absent)}. Nothing was sent.")
        else:
            if signer is None:
                if auth_id is None or secret_key is None:
                    raise ConfigurationError("auth_id and secret_key are needed, or a signer. Nothing was sent.")
                signer = signer_of(named, auth_id=auth_id, secret_key=secret_key)
            signers = dict.fromkeys(Section, signer)
        # aiohttp is slow to import, and a program that only names this class should not pay for it.
        from freedompay_async.transport import Transport  # noqa: PLC0415

        policy = policy or Policy()
        self.base_url: Final = base_url
        self.merchant: Final = signers[Section.PAYMENT_CARDS].auth_id
        self._transport: Final = Transport(
            base_url, max_connections=max_connections, connect_timeout=policy.connect_timeout, ssl_context=ssl_context
        )
        self._session: Final = Session(self._transport, signers=signers, policy=policy, timeout=timeout)
        self.cards: Final = Cards(self._session)
        self.clients: Final = Clients(self._session)
        self.requests: Final = Requests(self._session)

    @classmethod
    def from_env(
        cls, *, max_connections: int = 100, timeout: float = 60.0, policy: Policy | None = None, ssl_context: ssl.SSLContext | None = None
    ) -> Self:
        """A client with the settings of `FREEDOMPAY_AUTH_ID`, `_SECRET_KEY`, `_REGION`, `_TEST` and `_BASE_URL`.

        Raises:
            ConfigurationError: names each variable that is missing or wrong.
        """
        return cls.from_settings(
            Settings.from_env(), max_connections=max_connections, timeout=timeout, policy=policy, ssl_context=ssl_context
        )

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        max_connections: int = 100,
        timeout: float = 60.0,
        policy: Policy | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        return cls(
            auth_id=settings.auth_id,
            secret_key=settings.secret_key,
            region=settings.region,
            test=settings.test,
            base_url=settings.base_url,
            max_connections=max_connections,
            timeout=timeout,
            policy=policy,
            ssl_context=ssl_context,
        )

    async def __aenter__(self) -> Self:
        self._transport.check()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the pool. A call that is still on the way loses its answer; its error says so."""
        await self._transport.close()

    def __repr__(self) -> str:
        return f"FreedomPay({self.base_url!r}, merchant={self.merchant!r}, {self._transport!r})"
