"""`HashDT`, the client of the hosted PIN pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from freedompay_async.base_client import BaseClient
from freedompay_async.client_options import CLIENT_OPTIONS, choose
from freedompay_async.contract.calls import Section
from freedompay_async.contract.file.reading import overrides_of
from freedompay_async.contract.overrides import overridden
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text
from freedompay_async.hashdt.access import Access, closed
from freedompay_async.hashdt.page import is_safe
from freedompay_async.hashdt.pins import Pins
from freedompay_async.settings.settings import is_unambiguous

if TYPE_CHECKING:
    from freedompay_async.client_options import ClientOptions
    from freedompay_async.hashdt.access import TokenSource

__all__ = ["HashDT"]


class HashDT(BaseClient):
    """A client for HashDT's hosted PIN pages, with a pool of connections; one for each event loop.

    Args:
        base_url: HashDT publishes none; it may have a path.
        api_key: goes out as `x-api-key`; shown nowhere.
        product_id: goes out as `x-product-id`.
        token: the bearer token, or an async function that gives one; it is asked again once where
            the token is refused (HTTP 401).
        **options: see `ClientOptions`, which describes each with its unit. In a few words:
            `max_connections` (100), `rate` in calls a second, `timeout` in seconds (60), `policy`:
            the times in between, `contract`: what is different in the contract table,
            `ssl_context`, `max_answer` in bytes, `proxy`, `trust_env`: the proxy of the
            environment, `transport`: in place of a session of aiohttp, `events`: a function that
            is told what happens.

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
        **options: Unpack[ClientOptions],
    ) -> None:
        # Bound anew, so that no traceback of this frame shows them.
        api_key, product_id, token = closed(api_key), closed(product_id), closed(token)
        chosen = choose(options, CLIENT_OPTIONS, "HashDT.__init__")
        check_text("base_url", base_url)
        if (
            not is_safe(base_url)
            or not is_unambiguous(base_url)
            or "?" in base_url
            or "#" in base_url
        ):
            raise ConfigurationError(
                "base_url must be like https://api.example.com, without a query or a user. "
                "Nothing was sent."
            )
        access = Access(api_key=api_key, product_id=product_id, token=token)
        super().__init__(
            chosen,
            base_url=base_url,
            signers={Section.HASHDT: access},
            rows=overridden(overrides_of(chosen.contract), None),
        )
        self.pins: Final = Pins(self._session, access)

    def __repr__(self) -> str:
        if not hasattr(self, "_session"):
            return "HashDT(not made)"  # A tool that records locals asks for it in mid-refusal.
        return f"HashDT({self._in_use()})"
