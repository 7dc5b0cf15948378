"""How a client reaches its host: directly, or through a proxy. Errors name the proxy."""

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
    """An HTTP proxy. The client asks it for a tunnel (CONNECT) to the host.

    Attributes:
        source: the setting that names it.
        shown: its address without user and password, such as `http://proxy.bank.kz:3128`.
        url: its whole address; a secret, because it may have a password.
    """

    __slots__ = ("shown", "source", "url")

    def __init__(self, url: Secret, shown: str, source: str) -> None:
        self.url: Final = url
        self.shown: Final = shown
        self.source: Final = source

    @classmethod
    def read(cls, text: str, source: str) -> Self:
        """The proxy that a setting names. `host:3128` means `http://host:3128`, as in other
        programs.

        Raises:
            ConfigurationError: it is no address of an http or https proxy. The text does not show
                it.
        """
        secret = Secret(text)
        # So that no traceback of this frame shows it.
        text = ""
        shown = _shown(secret)
        if shown is None:
            raise ConfigurationError(
                f"{source} is no address of a proxy: write it like "
                "http://proxy.example.com:3128. A SOCKS proxy can't be used. In a password, write "
                "/ ? # as %2F %3F %23. Nothing was sent."
            )
        return cls(_with_scheme(secret), shown, source)

    def with_login(self) -> Proxy:
        """This proxy with the user and password from `.netrc`, if its address has none."""
        url = _with_login(self.url)
        return self if url is None else Proxy(url, self.shown, self.source)

    def __repr__(self) -> str:
        return f"Proxy({self.shown!r}, {self.source})"


def proxy_of(argument: Hidden[str | Proxy | None]) -> Proxy | None:
    """The proxy of an argument `proxy`. A `Proxy` that was read from another setting keeps the name
    of that setting.

    Raises:
        ConfigurationError: it is no address of a proxy.
    """
    if argument.value is None or isinstance(argument.value, Proxy):
        return argument.value
    return Proxy.read(sealed("proxy", argument, Secret), "proxy")


def proxy_of_environment(host: str) -> Proxy | None:
    """The proxy that the environment names for https to a host: `HTTPS_PROXY` or `ALL_PROXY`,
    unless `NO_PROXY` has the host. It does not read `.netrc`.

    Raises:
        ConfigurationError: the proxy can't be used.
    """
    # The module imports `http` and `email`, which a program without a client does not need.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    named = {name: Secret(text) for name, text in getproxies().items()}
    for scheme in ("https", "all"):
        if named.get(scheme):
            return None if proxy_bypass(host) else Proxy.read(named[scheme], _variable(scheme))
    return None


class Way:
    """How a client reaches its host.

    Attributes:
        proxy: the proxy to go through; `None`: the client connects directly.
        netrc: the environment is trusted, so `.netrc` is read for the host too.
        unused: the setting of the environment that names a proxy which is not used; or `None`.
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
        # Plain http is for this machine only, and a proxy would read the bodies.
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
                f"; {self.unused} names a proxy, which is not used: set trust_env=True, proxy= or "
                "--proxy to use it"
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
    # On some systems the proxies come from a system setting.
    return next(
        (each for each in (name, name.upper()) if os.environ.get(each)),
        "the system's proxy setting",
    )


def _with_scheme(text: Secret) -> Secret:
    address = text.reveal().strip()
    return Secret(address if "://" in address else f"http://{address}")


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
    """The address without its user and password; `None`: it is no address of a proxy."""
    try:
        url = urlsplit(_with_scheme(text).reveal())
        host, port = url.hostname, url.port
    except ValueError:
        return None
    readable = url.netloc.isprintable() and not set(url.netloc) & set(" \\\"'<>")
    if (
        url.scheme not in _PORTS
        or not host
        or not readable
        or url.path.strip("/")
        or url.query
        or url.fragment
    ):
        return None
    written = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{written}:{port or _PORTS[url.scheme]}"
