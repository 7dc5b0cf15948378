"""Settings in: regions and their hosts, environment variables, and what is wrong with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from freedompay_async.errors import ConfigurationError
from freedompay_async.secret import Secret, SecretKey
from freedompay_async.signing import JwsSigner, Sha256Signer, Signer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MAX_ANSWER", "Region", "Settings", "base_url_of", "is_plain", "signer_of"]

MAX_ANSWER: Final = 8 * 2**20
"""Bytes of an answer that are read, unless a client is told otherwise."""


class Region(StrEnum):
    """Where the merchant is registered; it decides the host and the signature scheme."""

    KZ = "KZ"
    """Kazakhstan: `X-JWS-Signature`."""
    KG = "KG"
    """Kyrgyzstan: `Sign`. Its test host is named on the vendor's gateway pages only, so it is inferred for the Card API."""
    UZ = "UZ"
    """Uzbekistan: `Sign`. No test host is published."""

    @classmethod
    def _missing_(cls, value: object) -> Region:
        named = cls.__members__.get(value.strip().upper()) if isinstance(value, str) else None
        if named is None:
            raise ConfigurationError(f"region is {value!r}: use one of {', '.join(cls)}. Nothing was sent.")
        return named


_LIVE: Final = {region: f"https://api.freedompay.{region.lower()}" for region in Region}
_TEST: Final = {region: f"https://test-api.freedompay.{region.lower()}" for region in (Region.KZ, Region.KG)}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("", "0", "false", "no", "off")


def base_url_of(region: Region | None, *, test: bool, base_url: str | None) -> str:
    """The host to call; `base_url` wins over the region.

    Raises:
        ConfigurationError: there is none, or it is not one.
    """
    if base_url is None:
        if region is None:
            raise ConfigurationError("no region and no base_url: set region (KZ, KG or UZ), or base_url. Nothing was sent.")
        if not test:
            return _LIVE[region]
        if region not in _TEST:
            raise ConfigurationError(
                f"region {region} has no published test host: set base_url to the one that the vendor gave you. Nothing was sent."
            )
        return _TEST[region]
    try:
        url = urlsplit(base_url)
        host, _ = url.hostname, url.port
    except ValueError as error:
        # Without its cause, which may quote a password.
        raise ConfigurationError(f"base_url is {_shown(base_url)}: {_without_secret(error, base_url)}. Nothing was sent.") from None
    if (
        url.scheme not in ("https", "http")
        or not host
        or not is_plain(base_url)
        or url.path.strip("/")
        or url.query
        or url.fragment
        or url.username is not None
    ):
        raise ConfigurationError(
            f"base_url is {_shown(base_url)}: it must be like https://api.example.com, without a path. Nothing was sent."
        )
    if url.scheme == "http" and host not in _LOOPBACK:
        raise ConfigurationError(f"base_url is {base_url!r}: plain http is for this machine only; use https. Nothing was sent.")
    return f"{url.scheme}://{url.netloc}"


def is_plain(url: str) -> bool:
    """Whether a URL that `urlsplit` can read has a host that every reader of URLs finds the same: nothing before, after or inside it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    written = f"[{host}]" if ":" in host else host
    ends = (written, f"{written}:{parts.port}")
    return url.isprintable() and " " not in url and "\\" not in url and parts.netloc.rpartition("@")[2].lower() in ends


def signer_of(region: Region | None, *, auth_id: str | int, secret_key: str) -> Signer:
    """The scheme of the region.

    Raises:
        ConfigurationError: without a region the scheme is not known.
    """
    secret_key = SecretKey(secret_key)
    if region is None:
        raise ConfigurationError(
            "no region: it decides the signature scheme. Set region, or hand in signer=JwsSigner(…) or Sha256Signer(…). Nothing was sent."
        )
    if region is Region.KZ:
        return JwsSigner(auth_id=auth_id, secret_key=secret_key)
    return Sha256Signer(auth_id=auth_id, secret_key=secret_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `FREEDOMPAY_…` variables say."""

    auth_id: str
    secret_key: SecretKey
    region: Region | None
    test: bool
    base_url: str | None

    @classmethod
    def from_env(cls, overrides: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment; an override that is not `None` wins over its variable.

        Raises:
            ConfigurationError: names every variable that is missing or wrong.
        """
        given = {name: _text(name, value) for name, value in (overrides or {}).items() if value is not None}
        settings = _variables(cls.__slots__, env) | given
        # So that no traceback of this frame shows them.
        overrides = env = None
        missing = [f"FREEDOMPAY_{name.upper()}" for name in ("auth_id", "secret_key") if not settings.get(name)]
        if not settings.get("region") and not settings.get("base_url"):
            missing.append("FREEDOMPAY_REGION (KZ, KG or UZ)")
        if missing:
            raise ConfigurationError(f"set {', '.join(missing)} in the environment. Nothing was sent.")
        test = settings.get("test", "").strip().lower()
        if test not in _TRUE + _FALSE:
            raise ConfigurationError(f"FREEDOMPAY_TEST is {test!r}: use 1 or 0. Nothing was sent.")
        try:
            region = Region(settings["region"]) if "region" in settings else None
        except ConfigurationError as error:
            source = "region" if "region" in given else "FREEDOMPAY_REGION"
            raise ConfigurationError(error.message.replace("region", source, 1)) from None
        return cls(
            auth_id=settings["auth_id"],
            secret_key=SecretKey(settings["secret_key"]),
            region=region,
            test=test in _TRUE,
            base_url=settings.get("base_url"),
        )


def _shown(url: str) -> str:
    return "not shown, because it has a user or a password in it" if "@" in url else repr(url)


def _without_secret(error: ValueError, url: str) -> str:
    return "it can't be read as a URL" if "@" in url else str(error)


def _variables(names: Iterable[str], env: Mapping[str, str] | None) -> dict[str, str]:
    """Those that are set. In a frame of its own, which has ended before anything can go wrong: its locals hold the key."""
    environment = os.environ if env is None else env
    return {name: _text(name, text) for name in names if (text := environment.get(f"FREEDOMPAY_{name.upper()}"))}


def _text(name: str, value: object) -> str:
    if name == "secret_key" or isinstance(value, Secret):
        return SecretKey(str(value) if not isinstance(value, str) else value)
    return str(value)
