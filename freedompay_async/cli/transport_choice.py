"""Which transport carries the calls of a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freedompay_async.errors import ConfigurationError
from freedompay_async.transport.direct.direct_transport import DirectTransport
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport

if TYPE_CHECKING:
    from freedompay_async.settings.proxies import Way
    from freedompay_async.transport.base import Transport

__all__ = ["TransportChoice", "choose_transport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportChoice:
    """A new transport for one client, and why it is this one.

    Attributes:
        because: why it is not the faster one; empty: it is.
        advice: what to do to have the faster one; empty: nothing.
    """

    transport: Transport
    because: str = ""
    advice: str = ""

    def __str__(self) -> str:
        name = type(self.transport).__name__
        return f"{name}, because {self.because}" if self.because else name


def choose_transport(way: Way) -> TransportChoice:
    """`DirectTransport` where it can go this way, as it is the faster one."""
    if way.proxy is not None:
        because = f"the calls go through the proxy {way.proxy.shown}"
        return TransportChoice(transport=AiohttpTransport(), because=because)
    if way.netrc:
        return TransportChoice(transport=AiohttpTransport(), because="--trust-env reads .netrc")
    try:
        return TransportChoice(transport=DirectTransport())
    except ConfigurationError:
        return TransportChoice(
            transport=AiohttpTransport(),
            because="httptools is not installed",
            advice="faster: pip install 'freedompay-async[speed]'",
        )
