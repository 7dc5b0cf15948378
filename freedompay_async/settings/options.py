"""Options, each declared once: of a call, and of a client."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping  # noqa: TC003 - for whoever reads the types of the options
from dataclasses import dataclass
from os import PathLike  # noqa: TC003
from typing import Any, Final, TypedDict, cast

from freedompay_async.contract.calls import Section  # noqa: TC001
from freedompay_async.contract.overrides import Override  # noqa: TC001
from freedompay_async.contract.request_ids import RequestId  # noqa: TC001
from freedompay_async.crypto.signing import Signer  # noqa: TC001
from freedompay_async.guards.arguments import check_flag, check_number, check_type, check_whole
from freedompay_async.redaction.secret import Hidden
from freedompay_async.settings.policy import Policy
from freedompay_async.transport.base import MAX_ANSWER, Transport
from freedompay_async.transport.owner import check_transport
from freedompay_async.transport.proxies import Proxy, proxy_of

__all__ = [
    "CALL_OPTIONS",
    "CHANGE_OPTIONS",
    "CLIENT_OPTIONS",
    "FREEDOMPAY_OPTIONS",
    "ID_OPTIONS",
    "NO_OPTIONS",
    "READ_OPTIONS",
    "CallOptions",
    "ChangeOptions",
    "Chosen",
    "ClientOptions",
    "FreedomPayOptions",
    "IdOptions",
    "ReadOptions",
    "choose",
    "close_options",
    "unknown_option",
]


class CallOptions(TypedDict, total=False):
    """Options of any call.

    Attributes:
        timeout: seconds the call may take in all; left out, as long as the client says.
        queue: True, the usual: wait for a turn, where as many calls are on the way as may be.
            False: `Busy` at once instead, and a 429 of the issuer is `RateLimited` at once.
    """

    timeout: float | None
    queue: bool


class IdOptions(CallOptions, total=False):
    """Options of a call with an id of its own: those of `CallOptions`, and `request_id`.

    Attributes:
        request_id: a UUID of your own; left out, the library makes one. It is the same for every
            attempt.
    """

    request_id: RequestId | None


class ReadOptions(CallOptions, total=False):
    """Options of a call that has a body: `timeout`, `queue` and `extra`.

    Attributes:
        extra: more fields of the body, by their name on the wire; wrap what is secret in `Secret`.
    """

    extra: Mapping[str, Any] | None


class ChangeOptions(ReadOptions, IdOptions, total=False):
    """Options of a call that changes something: `timeout`, `queue`, `extra` and `request_id`."""


class ClientOptions(TypedDict, total=False):
    """Options of a client, of `FreedomPay` and of `HashDT`. Their defaults stand in `Chosen`.

    Attributes:
        max_connections: connections open at once, and so calls on the way at once; 100.
        rate: calls a second at most, whoever makes them; left out, there is no limit but the one
            that the issuer's 429 teaches.
        timeout: seconds a call may take in all: the wait for the pool, attempts, pauses and
            settling; 60.
        policy: the times in between.
        contract: what is different in the contract table: the path of a contract file, or
            `Override`s.
        ssl_context: your own TLS settings, for a private authority.
        max_answer: bytes; a larger answer is not read, and counts as lost; 8 MiB.
        proxy: the address of an HTTP proxy to go through, such as
            `http://proxy.example.com:3128`; it may have a user and a password.
        trust_env: go through the proxy that `HTTPS_PROXY` (or `ALL_PROXY`) names and `NO_PROXY`
            does not take out; the user and password for it may be in `.netrc`. Left out, neither
            is used, and `NotSent` says that such a proxy is named.
        transport: carries the bytes in place of aiohttp: an object with the methods of
            `freedompay_async.transport.base.Transport`. It belongs to one client, which closes it.
            It gets the host, `max_answer`, `ssl_context` and the proxy.
    """

    max_connections: int
    rate: float | None
    timeout: float
    policy: Policy | None
    contract: Iterable[Override] | str | PathLike[str]
    ssl_context: ssl.SSLContext | None
    max_answer: int
    proxy: str | Proxy | None
    trust_env: bool
    transport: Transport | None


class FreedomPayOptions(ClientOptions, total=False):
    """Options of `FreedomPay`: those of `ClientOptions`, `signer` and `record`.

    Attributes:
        signer: signs in place of the merchant id, the key and the scheme; one for all sections, or
            a mapping from `Section`.
        record: a file in which every call that can't be asked about (a gift card's issue, a PIN of
            the issuer's making) is written down before it is sent and when it has ended: see
            `Record`.
    """

    signer: Signer | Mapping[Section, Signer] | None
    record: str | PathLike[str] | None


CALL_OPTIONS: Final = CallOptions.__optional_keys__
ID_OPTIONS: Final = IdOptions.__optional_keys__
READ_OPTIONS: Final = ReadOptions.__optional_keys__
CHANGE_OPTIONS: Final = ChangeOptions.__optional_keys__
CLIENT_OPTIONS: Final = ClientOptions.__optional_keys__
FREEDOMPAY_OPTIONS: Final = FreedomPayOptions.__optional_keys__
NO_OPTIONS: Final = ChangeOptions()
"""Of a call without any; nobody writes into it."""


def unknown_option(
    options: CallOptions | ClientOptions, known: frozenset[str], function: str
) -> TypeError:
    """The error for an option that a function does not have, in Python's own words.

    The options are emptied: under a name with a slip in it there may be a secret, and a traceback
    shows the locals of the frames that have them.
    """
    given = cast("dict[str, object]", options)
    name = next(each for each in given if each not in known)
    given.clear()
    return TypeError(f"{function}() got an unexpected keyword argument {name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The options of a client, checked: as they were given, and otherwise the defaults."""

    max_connections: int = 100
    rate: float | None = None
    timeout: float = 60.0
    policy: Policy
    contract: Iterable[Override] | str | PathLike[str] = ()
    ssl_context: ssl.SSLContext | None = None
    max_answer: int = MAX_ANSWER
    proxy: Proxy | None = None
    trust_env: bool = False
    transport: Transport | None = None
    signer: Signer | Mapping[Section, Signer] | None = None
    record: str | PathLike[str] | None = None


def close_options(options: ClientOptions, known: frozenset[str], function: str) -> None:
    """What a function does with the options it was given before anything else.

    The dict is a local of that function, which a traceback shows. So the proxy in it, which may
    have a password, gives way to one that shows none.

    Raises:
        TypeError: the function does not have an option of this name.
        ConfigurationError: the proxy is none.
    """
    proxy = Hidden(options.pop("proxy", None))
    if not options.keys() <= known:
        raise unknown_option(options, known, function)
    options["proxy"] = proxy_of(proxy)


def choose(options: ClientOptions, known: frozenset[str], function: str) -> Chosen:
    """The options of a client, checked and with the defaults.

    Raises:
        TypeError: the function does not have an option of this name.
        ConfigurationError: one of them is wrong.
    """
    close_options(options, known, function)
    given = dict(cast("dict[str, Any]", options))
    if given.get("policy") is None:
        given["policy"] = Policy()
    chosen = Chosen(**given)
    check_whole("max_connections", chosen.max_connections, unit="connections")
    if chosen.rate is not None:
        check_number("rate", chosen.rate, unit="calls a second")
    check_number("timeout", chosen.timeout, unit="seconds", endless=True)
    check_whole("max_answer", chosen.max_answer, unit="bytes")
    check_type("policy", chosen.policy, Policy, "a Policy")
    if chosen.ssl_context is not None:
        check_type("ssl_context", chosen.ssl_context, ssl.SSLContext, "an ssl.SSLContext")
    check_flag("trust_env", chosen.trust_env)
    if chosen.transport is not None:
        check_transport(chosen.transport)
    return chosen
