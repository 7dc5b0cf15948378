"""The settings of a client: which host to call, and what the environment says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from freedompay_async.contract.regions import LIVE_HOSTS, TEST_HOSTS, Region
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_flag, check_text
from freedompay_async.redaction.secret import Secret, SecretKey
from freedompay_async.settings.proxies import Proxy
from freedompay_async.settings.schemes import Scheme, read_schemes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_ANSWER", "Endpoint", "Settings", "endpoint_of", "is_unambiguous", "region_scheme"]

MAX_ANSWER: Final = 8 * 2**20
"""Bytes of an answer that are read at most, unless `max_answer` says otherwise."""

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")


class Endpoint(NamedTuple):
    """The host to call."""

    base_url: str
    live: bool
    """Cards are real there. It is false for a test host and for this machine."""


def endpoint_of(region: Region | None, *, test: bool | None, base_url: str | None) -> Endpoint:
    """The host to call. `base_url` wins over the region; `test=True` then says that it is a test
    host.

    Raises:
        ConfigurationError: no host is named, `base_url` is wrong, or `test` is needed to choose.
    """
    if test is not None:
        check_flag("test", test)
    if base_url is not None:
        base_url = _checked_url(check_text("base_url", base_url))
        host = (urlsplit(base_url).hostname or "").rstrip(".")
        if test and f"https://{host}" in LIVE_HOSTS.values():
            raise ConfigurationError(
                f"base_url is {base_url}, a live host of the vendor, where cards are real, and "
                "test (FREEDOMPAY_TEST, --test) says that it is a test host: leave one of them "
                "out. Nothing was sent."
            )
        here = host in _LOOPBACK
        return Endpoint(base_url, live=not (here or test or base_url in TEST_HOSTS.values()))
    if region is None:
        raise ConfigurationError(
            "no region and no base_url: set region (KZ, KG or UZ), or base_url. Nothing was sent."
        )
    if region in TEST_HOSTS and test is None:
        raise ConfigurationError(
            f"region {region} has a test host and a live one, and neither is chosen. The test host "
            f"is {TEST_HOSTS[region]}: test=True, FREEDOMPAY_TEST=1 or --test. The live one, where "
            f"cards are real, is {LIVE_HOSTS[region]}: test=False, FREEDOMPAY_TEST=0 or --live. "
            "Nothing was sent."
        )
    if not test:
        return Endpoint(LIVE_HOSTS[region], live=True)
    if region not in TEST_HOSTS:
        raise ConfigurationError(
            f"region {region} has no published test host: set base_url to the one that the vendor "
            "gave you. Nothing was sent."
        )
    return Endpoint(TEST_HOSTS[region], live=False)


def _checked_url(base_url: str) -> str:
    try:
        url = urlsplit(base_url)
        host, _ = url.hostname, url.port
    except ValueError as error:
        # Without the cause, which may quote a password.
        raise ConfigurationError(
            f"base_url is {_shown(base_url)}: {_without_secret(error, base_url)}. Nothing was sent."
        ) from None
    if (
        url.scheme not in ("https", "http")
        or not host
        or not is_unambiguous(base_url)
        or url.path.strip("/")
        or url.query
        or url.fragment
        or url.username is not None
    ):
        raise ConfigurationError(
            f"base_url is {_shown(base_url)}: write it like https://api.example.com, without a "
            "path. Nothing was sent."
        )
    if url.scheme == "http" and host not in _LOOPBACK:
        raise ConfigurationError(
            f"base_url is {base_url!r}: plain http is for this machine only; use https. Nothing "
            "was sent."
        )
    return f"{url.scheme}://{url.netloc}"


def is_unambiguous(url: str) -> bool:
    """Whether every parser finds the same host in a URL that `urlsplit` can read."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    written = f"[{host}]" if ":" in host else host
    ends = (written, f"{written}:{parts.port}")
    return (
        url.isprintable()
        and " " not in url
        and "\\" not in url
        and parts.netloc.rpartition("@")[2].lower() in ends
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The `FREEDOMPAY_…` variables of the environment.

    Attributes:
        auth_id: `FREEDOMPAY_AUTH_ID`.
        secret_key: `FREEDOMPAY_SECRET_KEY`; `FREEDOMPAY_SECRET_KEY_EXACT=1` keeps it exactly as it
            is written, see `SecretKey`.
        region: `FREEDOMPAY_REGION`.
        test: `FREEDOMPAY_TEST`: 1 the test host, 0 the live one.
        base_url: `FREEDOMPAY_BASE_URL`.
        scheme: `FREEDOMPAY_SIGNATURE`.
        contract: `FREEDOMPAY_CONTRACT`, the path of a contract file.
        proxy: `FREEDOMPAY_PROXY`.
    """

    auth_id: str
    secret_key: SecretKey
    region: Region | None
    test: bool | None
    base_url: str | None
    scheme: str | None
    contract: str | None
    proxy: Proxy | None

    @classmethod
    def from_env(
        cls,
        overrides: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        *,
        signed: bool = False,
    ) -> Settings:
        """Read the environment. An override that is not `None` wins over its variable.

        Args:
            overrides: values by the name of the attribute.
            env: variables to read in place of those of this process.
            signed: the caller has a signer, so merchant id and key may be missing.

        Raises:
            ConfigurationError: a variable is missing or wrong; the text names each missing one.
        """
        overriding = {
            name: _text(name, value)
            for name, value in (overrides or {}).items()
            if value is not None
        }
        settings = _variables(env) | overriding
        # So that no traceback of this frame shows them.
        overrides = env = None
        needed = () if signed else ("auth_id", "secret_key")
        missing = [_VARIABLES[name] for name in needed if not settings.get(name)]
        if not settings.get("region") and not settings.get("base_url"):
            missing.append("FREEDOMPAY_REGION (KZ, KG or UZ)")
        if missing:
            raise ConfigurationError(
                f"set {', '.join(missing)} in the environment. Nothing was sent."
            )
        region = None
        if "region" in settings:
            source = "region" if "region" in overriding else "FREEDOMPAY_REGION"
            region = Region.read(settings["region"], source)
        if "scheme" in settings:
            source = "--scheme" if "scheme" in overriding else "FREEDOMPAY_SIGNATURE"
            read_schemes(settings["scheme"], source)
        proxy = settings.get("proxy")
        return cls(
            auth_id=settings.get("auth_id", ""),
            secret_key=SecretKey(
                settings.get("secret_key", ""), exact=bool(_switch(settings, "secret_key_exact"))
            ),
            region=region,
            test=_switch(settings, "test"),
            base_url=settings.get("base_url"),
            scheme=settings.get("scheme"),
            contract=settings.get("contract"),
            proxy=None
            if proxy is None
            else Proxy.read(proxy, "--proxy" if "proxy" in overriding else "FREEDOMPAY_PROXY"),
        )


_VARIABLES: Final = {
    "auth_id": "FREEDOMPAY_AUTH_ID",
    "secret_key": "FREEDOMPAY_SECRET_KEY",
    "secret_key_exact": "FREEDOMPAY_SECRET_KEY_EXACT",
    "region": "FREEDOMPAY_REGION",
    "test": "FREEDOMPAY_TEST",
    "base_url": "FREEDOMPAY_BASE_URL",
    "scheme": "FREEDOMPAY_SIGNATURE",
    "contract": "FREEDOMPAY_CONTRACT",
    "proxy": "FREEDOMPAY_PROXY",
}


def region_scheme(region: Region | None) -> Scheme | None:
    """The signature scheme that the vendor's pages name for a region."""
    return None if region is None else Scheme.JWS_HS512 if region is Region.KZ else Scheme.SIGN


def _switch(settings: Mapping[str, str], name: str) -> bool | None:
    text = settings.get(name, "")
    word = text.strip().lower()
    if not word:
        return None
    if word not in _TRUE + _FALSE:
        raise ConfigurationError(f"{_VARIABLES[name]} is {text!r}: use 1 or 0. Nothing was sent.")
    return word in _TRUE


def _shown(url: str) -> str:
    return "not shown, because it has a user or a password in it" if "@" in url else repr(url)


def _without_secret(error: ValueError, url: str) -> str:
    return "it can't be read as a URL" if "@" in url else str(error)


def _variables(env: Mapping[str, str] | None) -> dict[str, str]:
    """The variables that are set.

    Its locals hold the key, so it is a frame of its own, which ends before anything can fail.
    """
    environment = os.environ if env is None else env
    return {
        name: _text(name, text)
        for name, variable in _VARIABLES.items()
        if (text := environment.get(variable))
    }


def _text(name: str, value: object) -> str:
    if name == "secret_key" or isinstance(value, Secret):
        return SecretKey(str(value) if not isinstance(value, str) else value)
    # The address of a proxy may have a password in it.
    return Secret(str(value)) if name == "proxy" else str(value)
