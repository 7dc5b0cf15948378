"""The options of clients, each declared once, with their defaults and their checks."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping  # noqa: TC003 - these types are public
from dataclasses import dataclass
from os import PathLike  # noqa: TC003
from typing import Any, Final, TypedDict, cast

from freedompay_async.contract.calls import Section  # noqa: TC001
from freedompay_async.contract.overrides import Override  # noqa: TC001
from freedompay_async.crypto.signing import Signer  # noqa: TC001
from freedompay_async.events.hub import Listener, check_listener
from freedompay_async.guards.arguments import check_flag, check_number, check_type, check_whole
from freedompay_async.redaction.secret import Hidden
from freedompay_async.settings.options import check_options
from freedompay_async.settings.policy import Policy
from freedompay_async.settings.proxies import Proxy, proxy_of
from freedompay_async.settings.settings import MAX_ANSWER
from freedompay_async.traffic.rate import Rate
from freedompay_async.transport.base import Transport  # noqa: TC001
from freedompay_async.transport.owner import check_transport

__all__ = [
    "CLIENT_OPTIONS",
    "FREEDOMPAY_OPTIONS",
    "Chosen",
    "ClientOptions",
    "FreedomPayOptions",
    "choose",
    "close_options",
]


class ClientOptions(TypedDict, total=False):
    """Options of a client, `FreedomPay` or `HashDT`.

    Attributes:
        max_connections: the concurrency: connections, and so calls, at once; 100.
        rate: calls a second at most, of all callers together. After a pause the calls of 0.2 s may
            leave at once. A `freedompay_async.postgres.SharedRate` in its place holds over all
            processes that have one of its name. Left out, only the issuer's 429 sets a limit.
        timeout: seconds that a call may take in all: the wait in the queue, attempts, pauses and
            settling; 60.
        policy: how long to wait in between and how often to try; see `Policy`.
        contract: how the issuer's contract differs from the table: the path of a contract file, or
            `Override`s.
        ssl_context: your own TLS settings, such as for a private authority.
        max_answer: bytes of an answer that are read at most. A larger answer counts as lost; 8 MiB.
        proxy: the address of an HTTP proxy to go through, such as
            `http://proxy.example.com:3128`. It may have a user and a password.
        trust_env: True: use the proxy that `HTTPS_PROXY` (or `ALL_PROXY`) names, unless `NO_PROXY`
            has the host; `.netrc` may have its user and password. False (the default): use
            neither; `NotSent` then mentions such a proxy.
        transport: carries the bytes in place of the default, `AiohttpTransport()`: that one with
            a session of your own, a `DirectTransport()`, a `MockTransport(…)`, or an object with
            the methods of `freedompay_async.transports.Transport`. It belongs to one client, which
            closes it. It gets the host, `max_answer`, `ssl_context` and the proxy.
        events: a listener: a function that gets each event of the client as it happens; see
            `freedompay_async.events`. It is short for `on_event` of the client.
    """

    max_connections: int
    rate: float | Rate | None
    timeout: float
    policy: Policy | None
    contract: Iterable[Override] | str | PathLike[str]
    ssl_context: ssl.SSLContext | None
    max_answer: int
    proxy: str | Proxy | None
    trust_env: bool
    transport: Transport | None
    events: Listener | None


class FreedomPayOptions(ClientOptions, total=False):
    """Options of `FreedomPay`: those of `ClientOptions`, `signer` and `record`.

    Attributes:
        signer: signs in place of merchant id, key and scheme. One for all sections, or a mapping
            from `Section`.
        record: the path of a file. Every call that can't be asked about (such as a gift card's
            issue) is written there before it is sent and when it has ended; see `Record`.
    """

    signer: Signer | Mapping[Section, Signer] | None
    record: str | PathLike[str] | None


CLIENT_OPTIONS: Final = ClientOptions.__optional_keys__
FREEDOMPAY_OPTIONS: Final = FreedomPayOptions.__optional_keys__


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The options of a client, checked, with the defaults of those that were left out."""

    max_connections: int = 100
    rate: float | Rate | None = None
    timeout: float = 60.0
    policy: Policy
    contract: Iterable[Override] | str | PathLike[str] = ()
    ssl_context: ssl.SSLContext | None = None
    max_answer: int = MAX_ANSWER
    proxy: Proxy | None = None
    trust_env: bool = False
    transport: Transport | None = None
    events: Listener | None = None
    signer: Signer | Mapping[Section, Signer] | None = None
    record: str | PathLike[str] | None = None


def close_options(options: ClientOptions, known: frozenset[str], function: str) -> None:
    """Check the names of the options, and hide the password of the proxy.

    A function does this first: the dict is one of its locals, which a traceback shows. A `Proxy`,
    which shows no password, takes the place of the address in it.

    Raises:
        TypeError: the function does not have an option of this name.
        ConfigurationError: `proxy` is no address of a proxy.
    """
    proxy = Hidden(options.pop("proxy", None))
    check_options(options, known, function)
    options["proxy"] = proxy_of(proxy)


def choose(options: ClientOptions, known: frozenset[str], function: str) -> Chosen:
    """The options of a client, checked and with the defaults.

    Raises:
        TypeError: the function does not have an option of this name.
        ConfigurationError: one of them is wrong.
    """
    close_options(options, known, function)
    values = dict(cast("dict[str, Any]", options))
    if values.get("policy") is None:
        values["policy"] = Policy()
    chosen = Chosen(**values)
    check_whole("max_connections", chosen.max_connections, unit="connections")
    # A class has the methods of its objects.
    if chosen.rate is not None and (
        isinstance(chosen.rate, type) or not isinstance(chosen.rate, Rate)
    ):
        check_number("rate", chosen.rate, unit="calls a second")
    check_number("timeout", chosen.timeout, unit="seconds", endless=True)
    check_whole("max_answer", chosen.max_answer, unit="bytes")
    check_type("policy", chosen.policy, Policy, "a Policy")
    if chosen.ssl_context is not None:
        check_type("ssl_context", chosen.ssl_context, ssl.SSLContext, "an ssl.SSLContext")
    check_flag("trust_env", chosen.trust_env)
    if chosen.transport is not None:
        check_transport(chosen.transport)
    if chosen.events is not None:
        check_listener("events", chosen.events)
    return chosen
