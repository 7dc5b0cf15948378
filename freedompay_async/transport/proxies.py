"""The way out: straight, or through a proxy, which is named and never passed by in silence."""

from __future__ import annotations

import os
from netrc import NetrcParseError, netrc
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, urlsplit

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import sealed
from freedompay_async.redaction.secret import Secret

if TYPE_CHECKING:
    from freedompay_async.redaction.secret import Hidden

__all__ = ["Proxy", "Way", "proxy_of", "proxy_of_environment"]

_PORTS: Final = {"http": 80, "https": 443}


class Proxy:
    """An HTTP proxy, which is asked for a tunnel (CONNECT) to the host.

    Attributes:
        source: the setting that names it.
        shown: its address without a user and a password, such as `http://proxy.bank.kz:3128`.
        url: all of it; a secret, because it may have a password.
    """

    __slots__ = ("shown", "source", "url")

    def __init__(self, url: Secret, shown: str, source: str) -> None:
        self.url: Final = url
        self.shown: Final = shown
        self.source: Final = source

    @classmethod
    def read(cls, text: str, source: str) -> Self:
        """The proxy of a setting; `host:3128` is taken for `http://host:3128`, as other programs
        take it.

        Raises:
            ConfigurationError: it is no address of an http or https proxy; what is in it is not
                shown.
        """
        secret = Secret(text)
        # So that no traceback of this frame shows it.
        text = ""
        shown = _shown(secret)
        if shown is None:
            raise ConfigurationError(
                f"{source} is no address of a proxy: write one like "
                "http://proxy.example.com:3128; a SOCKS proxy can't be used, and in a "
                "password / ? # are written %2F %3F %23. Nothing was sent."
            )
        return cls(_with_scheme(secret), shown, source)

    def with_login(self) -> Proxy:
        """The same with the user and password that `.netrc` has for it, if its address has none."""
        url = _with_login(self.url)
        return self if url is None else Proxy(url, self.shown, self.source)

    def __repr__(self) -> str:
        return f"Proxy({self.shown!r}, {self.source})"


def proxy_of(given: Hidden[str | Proxy | None]) -> Proxy | None:
    """The proxy of an argument `proxy`; one that was read from another setting keeps that one's
    name.

    Raises:
        ConfigurationError: it is no address of one.
    """
    if given.value is None or isinstance(given.value, Proxy):
        return given.value
    return Proxy.read(sealed("proxy", given, Secret), "proxy")


def proxy_of_environment(host: str) -> Proxy | None:
    """The proxy that the environment names for https to a host: `HTTPS_PROXY` or `ALL_PROXY`,
    unless `NO_PROXY` has the host.

    `.netrc` is not looked at.

    Raises:
        ConfigurationError: what it names can't be used.
    """
    # It brings HTTP and e-mail of the standard library, which a program that makes no client does
    # not need.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    named = {name: Secret(text) for name, text in getproxies().items()}
    for scheme in ("https", "all"):
        if named.get(scheme):
            return None if proxy_bypass(host) else Proxy.read(named[scheme], _variable(scheme))
    return None


class Way:
    """How a client gets to its host.

    Attributes:
        proxy: the proxy that is gone through; `None`: straight.
        netrc: the environment is trusted, so `.netrc` is read for the host too.
        unused: the proxy that the environment names, and that nobody has said to use.
    """

    __slots__ = ("netrc", "proxy", "unused")

    def __init__(
        self, proxy: Proxy | None = None, *, netrc: bool = False, unused: str | None = None
    ) -> None:
        self.proxy: Final = proxy
        self.netrc: Final = netrc
        self.unused: Final = unused

    @classmethod
    def of(cls, base_url: str, *, proxy: Proxy | None, trust_env: bool) -> Self:
        """The way to a host.

        Raises:
            ConfigurationError: the proxy can't be used.
        """
        url = urlsplit(base_url)
        # Over plain http a proxy would read the bodies; that is for this machine only.
        if url.scheme != "https":
            if proxy is not None:
                raise ConfigurationError(
                    f"{proxy.source} names a proxy, and {base_url} is plain http on this machine: "
                    "leave one out. Nothing was sent."
                )
            return cls()
        if proxy is not None:
            return cls(proxy)
        if trust_env:
            found = proxy_of_environment(url.hostname or "")
            return cls(None if found is None else found.with_login(), netrc=True)
        return cls(unused=_unused(url.hostname or ""))

    def hint(self) -> str:
        """The end of a message about a connection that could not be made: which proxy was used, or
        was not.
        """
        if self.proxy is not None:
            return f", through the proxy {self.proxy.shown} that {self.proxy.source} names"
        return (
            ""
            if self.unused is None
            else (
                f"; {self.unused} names a proxy, and it is not used: trust_env=True, proxy= or "
                "--proxy would"
            )
        )

    def __repr__(self) -> str:
        return f"Way({self.proxy!r})" if self.proxy else "Way()"


def _unused(host: str) -> str | None:
    try:
        proxy = proxy_of_environment(host)
    except ConfigurationError:
        return "the environment"
    return None if proxy is None else proxy.source


def _variable(scheme: str) -> str:
    name = f"{scheme}_proxy"
    # On some systems the proxies come from elsewhere.
    return next(
        (each for each in (name, name.upper()) if os.environ.get(each)),
        "the system's proxy setting",
    )


def _with_scheme(text: Secret) -> Secret:
    plain = text.reveal().strip()
    return Secret(plain if "://" in plain else f"http://{plain}")


def _with_login(url: Secret) -> Secret | None:
    parts = urlsplit(url.reveal())
    if parts.username is not None:
        return None
    try:
        found = netrc(os.environ.get("NETRC")).authenticators(parts.hostname or "")
    except (OSError, UnicodeError, NetrcParseError):
        return None
    if found is None or not found[0]:
        return None
    return Secret(
        f"{parts.scheme}://{quote(found[0], safe='')}:{quote(found[2] or '', safe='')}"
        f"@{parts.netloc}"
    )


def _shown(text: Secret) -> str | None:
    """The address without its user and password; `None`: it is none."""
    try:
        url = urlsplit(_with_scheme(text).reveal())
        host, port = url.hostname, url.port
    except ValueError:
        return None
    plain = url.netloc.isprintable() and not set(url.netloc) & set(" \\\"'<>")
    if (
        url.scheme not in _PORTS
        or not host
        or not plain
        or url.path.strip("/")
        or url.query
        or url.fragment
    ):
        return None
    written = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{written}:{port or _PORTS[url.scheme]}"
