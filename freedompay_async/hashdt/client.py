"""`HashDT`: settings in, `pins` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.base_client import Pooled
from freedompay_async.contract.calls import Section
from freedompay_async.contract.file.reading import overrides_of
from freedompay_async.contract.overrides import overridden
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text
from freedompay_async.hashdt.access import Access, closed
from freedompay_async.hashdt.page import is_safe
from freedompay_async.hashdt.pins import Pins
from freedompay_async.redaction.secret import Hidden
from freedompay_async.settings.proxies import proxy_of
from freedompay_async.settings.settings import MAX_ANSWER, is_plain

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from os import PathLike

    from freedompay_async.contract.overrides import Override
    from freedompay_async.hashdt.access import TokenSource
    from freedompay_async.settings.policy import Policy
    from freedompay_async.settings.proxies import Proxy

__all__ = ["HashDT"]


class HashDT(Pooled):
    """A client for HashDT's hosted PIN pages, with a pool of connections; one for each event loop.

    Args:
        base_url: HashDT publishes none; it may have a path.
        api_key: goes out as `x-api-key`; shown nowhere.
        product_id: goes out as `x-product-id`.
        token: the bearer token, or an async function that gives one; it is asked again once where the token is refused (HTTP 401).
        max_connections: connections open at once.
        rate: calls a second at most, whoever makes them; left out, there is no limit but the one that the issuer's 429 teaches.
        timeout: seconds a call may take in all.
        policy: the times in between.
        contract: what is different in the contract table: the path of a contract file, or `Override`s.
        ssl_context: your own TLS settings, for a private authority.
        max_answer: bytes; a larger answer is not read, and counts as lost.
        proxy: the address of an HTTP proxy to go through, such as `http://proxy.example.com:3128`; it may have a user and a password.
        trust_env: go through the proxy that `HTTPS_PROXY` (or `ALL_PROXY`) names and `NO_PROXY` does not take out. Left out, neither is
            used, and `NotSent` says that such a proxy is named.

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
        rate: float | None = None,
        timeout: float = 60.0,
        policy: Policy | None = None,
        contract: Iterable[Override] | str | PathLike[str] = (),
        ssl_context: ssl.SSLContext | None = None,
        max_answer: int = MAX_ANSWER,
        proxy: str | Proxy | None = None,
        trust_env: bool = False,
    ) -> None:
        # Bound anew, so that no traceback of this frame shows them.
        api_key, product_id, token = closed(api_key), closed(product_id), closed(token)
        given_proxy = Hidden(proxy)
        del proxy
        check_text("base_url", base_url)
        if not is_safe(base_url) or not is_plain(base_url) or "?" in base_url or "#" in base_url:
            raise ConfigurationError("base_url must be like https://api.example.com, without a query or a user. Nothing was sent.")
        access = Access(api_key=api_key, product_id=product_id, token=token)
        super().__init__(
            base_url=base_url,
            signers={Section.HASHDT: access},
            rows=overridden(overrides_of(contract), None),
            record=None,
            max_connections=max_connections,
            rate=rate,
            timeout=timeout,
            policy=policy,
            ssl_context=ssl_context,
            max_answer=max_answer,
            proxy=proxy_of(given_proxy),
            trust_env=trust_env,
        )
        self.pins: Final = Pins(self._session, access)

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):
            return "HashDT(not made)"  # Whoever records the locals of a refusal asks for it.
        return f"HashDT({self._transport!r})"
