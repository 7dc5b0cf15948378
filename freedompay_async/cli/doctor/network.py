"""Checks from the name to the first answer, with bare sockets: they check the network and not the
library.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from freedompay_async.cli.doctor.checks import Check, CheckResult
from freedompay_async.cli.doctor.tunnel import NoWay, open_tunnel
from freedompay_async.cli.transport_choice import choose_transport

if TYPE_CHECKING:
    from freedompay_async.cli.doctor.target import Target

__all__ = [
    "Line",
    "check_clock",
    "check_connection",
    "check_name",
    "check_transport",
    "check_way",
    "judge_clock",
]

_SECONDS: Final = 10.0
_CLOCK_SECONDS: Final = 60.0
_LARGEST: Final = 2**16
_CHECK_HOST: Final = (
    "check base_url and region; try from another network; a firewall may let only known addresses "
    "through"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An open connection to the host."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def aclose(self) -> None:
        self.writer.close()
        try:
            async with asyncio.timeout(1):
                await self.writer.wait_closed()
        except (OSError, TimeoutError):
            # Nobody uses it any more, so an error does not matter.
            return


def check_way(target: Target) -> Check:
    """The way to the host: straight, or through a proxy."""
    proxy, unused = target.way.proxy, target.way.unused
    if proxy is not None:
        return Check(
            name="way",
            result=CheckResult.OK,
            detail=f"through the proxy {proxy.shown}, which {proxy.source} names",
        )
    if unused is None:
        return Check(
            name="way", result=CheckResult.OK, detail="straight to the host, without a proxy"
        )
    detail = f"straight to the host; {unused} names a proxy, and it is not used"
    return Check(
        name="way",
        result=CheckResult.OK,
        detail=detail,
        advice="to go through it: --trust-env, or FREEDOMPAY_PROXY",
    )


def check_transport(target: Target) -> Check:
    """What carries the calls, those of the checks below too."""
    choice = choose_transport(target.way)
    return Check(name="transport", result=CheckResult.OK, detail=str(choice), advice=choice.advice)


async def check_name(target: Target) -> Check:
    """Whether the name resolves: that of the host, or of the proxy, which resolves the host's."""
    host, port = _first(target)
    try:
        async with asyncio.timeout(_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
    except (OSError, UnicodeError, TimeoutError) as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else _reason(error)
        detail = f"the name {host} was not resolved ({why})"
        advice = (
            "check base_url and region, and the DNS of this machine"
            if target.way.proxy is None
            else "check the proxy's address"
        )
        return Check(name="name", result=CheckResult.WRONG, detail=detail, advice=advice)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    return Check(name="name", result=CheckResult.OK, detail=f"{host} is {', '.join(addresses[:4])}")


def _first(target: Target) -> tuple[str, int]:
    """The host and port of the first connection."""
    if target.way.proxy is None:
        return target.host, target.port
    url = urlsplit(target.way.proxy.shown)
    return url.hostname or "", url.port or 0


def _no_connection(detail: str, advice: str) -> tuple[Check, None]:
    return Check(name="connection", result=CheckResult.WRONG, detail=detail, advice=advice), None


async def check_connection(target: Target) -> tuple[Check, Line | None]:
    """Whether TCP and TLS work."""
    start = time.perf_counter()
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await _connect(target)
    except NoWay as error:
        advice = (
            "ask whoever runs the proxy: it must let this machine through to the host, and may "
            "want a user and a password"
        )
        return _no_connection(str(error), advice)
    except ssl.SSLCertVerificationError as error:
        detail = f"the certificate of {target.host} is not trusted ({error.verify_message})"
        advice = (
            "check base_url; a proxy that reads TLS needs its authority in ssl_context=; check "
            "the clock of this machine"
        )
        return _no_connection(detail, advice)
    except ssl.SSLError as error:
        detail = f"no TLS with {target.host}:{target.port} ({error.reason or type(error).__name__})"
        return _no_connection(detail, "check base_url: is there https on this port?")
    except (OSError, TimeoutError) as error:
        why = (
            f"no answer in {_SECONDS:.0f} s"
            if isinstance(error, TimeoutError) and not error.errno
            else _reason(error)
        )
        detail = f"no connection to {':'.join(map(str, _first(target)))} ({why})"
        return _no_connection(detail, _CHECK_HOST)
    took = f"{(time.perf_counter() - start) * 1000:.3g} ms"
    line = Line(reader=reader, writer=writer)
    tls = cast("ssl.SSLObject | None", writer.get_extra_info("ssl_object"))
    if tls is None:
        detail = f"plain http to this machine in {took}: no TLS, which is for tests only"
        return Check(name="connection", result=CheckResult.OK, detail=detail), line
    detail = (
        f"{tls.version()} in {took}, {_expiry(cast('dict[str, Any]', tls.getpeercert() or {}))}"
    )
    return Check(name="connection", result=CheckResult.OK, detail=detail), line


async def _connect(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context() if target.tls else None
    if target.way.proxy is None:
        return await asyncio.open_connection(target.host, target.port, ssl=context, limit=_LARGEST)
    reader, writer = await open_tunnel(target.way.proxy, target.host, target.port, limit=_LARGEST)
    try:
        await writer.start_tls(ssl.create_default_context(), server_hostname=target.host)
    except BaseException:
        writer.transport.abort()
        raise
    return reader, writer


async def check_clock(target: Target, line: Line) -> tuple[Check, bool]:
    """This machine's clock against the host's, and whether the host keeps the connection open."""
    try:
        date = await _ask_date(target, line)
        ours = time.time()
    except (OSError, EOFError, ValueError, TimeoutError):
        detail, advice = (
            "the host did not answer a plain HEAD in HTTP/1.1",
            "see the lines below: they ask as the library does",
        )
        return Check(name="clock", result=CheckResult.UNKNOWN, detail=detail, advice=advice), False
    try:
        await _ask_date(target, line)
        kept = True
    except (OSError, EOFError, ValueError, TimeoutError):
        kept = False
    if date is None:
        return Check(
            name="clock",
            result=CheckResult.UNKNOWN,
            detail="the host's answer has no Date",
            advice="check it against an NTP server",
        ), kept
    return judge_clock(ours - date), kept


def judge_clock(ahead: float) -> Check:
    """The check of a clock that is ahead of the host's by so many seconds."""
    # The host's Date has whole seconds.
    if abs(ahead) < 2:
        return Check(name="clock", result=CheckResult.OK, detail="as the host's")
    detail = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the host's"
    if abs(ahead) <= _CLOCK_SECONDS:
        return Check(name="clock", result=CheckResult.OK, detail=detail)
    return Check(
        name="clock",
        result=CheckResult.WRONG,
        detail=detail,
        advice="set the clock of this machine (NTP)",
    )


async def _ask_date(target: Target, line: Line) -> float | None:
    """The Date of the answer to a HEAD, which changes nothing and needs no signature; `None` if the
    answer has none.
    """
    host = f"[{target.host}]" if ":" in target.host else target.host
    line.writer.write(
        (
            f"HEAD / HTTP/1.1\r\nHost: {host}:{target.port}\r\n"
            "User-Agent: freedompay-async doctor\r\nAccept: */*\r\n\r\n"
        ).encode()
    )
    async with asyncio.timeout(_SECONDS):
        await line.writer.drain()
        head = await line.reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/"):
        raise ValueError("not HTTP")
    for each in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = each.partition(":")
        if name.strip().lower() == "date":
            return parsedate_to_datetime(value.strip()).timestamp()
    return None


def _expiry(certificate: dict[str, Any]) -> str:
    text = certificate.get("notAfter")
    if not isinstance(text, str):
        return "a certificate without an end"
    ends = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(text), dt.UTC)
    return (
        f"the certificate ends on {ends:%Y-%m-%d}, in {(ends - dt.datetime.now(dt.UTC)).days} days"
    )


def _reason(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
