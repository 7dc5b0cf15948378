"""The settings: are they complete, and whom do they mean?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from freedompay_async.cli.doctor.checks import Check, Verdict
from freedompay_async.settings import Region, Settings, base_url_of, signer_of

if TYPE_CHECKING:
    from freedompay_async.secret import SecretKey

__all__ = ["Target", "check_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom the settings mean."""

    base_url: str
    host: str
    port: int
    tls: bool
    auth_id: str
    secret_key: SecretKey
    region: Region | None


def check_settings(flags: dict[str, object]) -> tuple[Check, Target]:
    """Read flags and environment.

    Raises:
        ConfigurationError: they are not complete.
    """
    settings = Settings.from_env(flags)
    base_url = base_url_of(settings.region, test=settings.test, base_url=settings.base_url)
    # For what is wrong with the merchant id and the key themselves.
    signer_of(settings.region or Region.KZ, auth_id=settings.auth_id, secret_key=settings.secret_key)
    url = urlsplit(base_url)
    tls = url.scheme == "https"
    target = Target(
        base_url=base_url,
        host=url.hostname or "",
        port=url.port or (443 if tls else 80),
        tls=tls,
        auth_id=settings.auth_id,
        secret_key=settings.secret_key,
        region=settings.region,
    )
    source = "base_url" if settings.base_url else f"the {'test' if settings.test else 'live'} host of {settings.region}"
    detail = f"{base_url} ({source}), merchant {settings.auth_id}, region {settings.region or 'not set'}"
    if settings.region is None:
        advice = "set FREEDOMPAY_REGION (KZ, KG or UZ): it decides the signature scheme; see below which one this host takes"
        return Check(name="settings", verdict=Verdict.WRONG, detail=detail, advice=advice), target
    key = settings.secret_key.reveal()
    if key != key.strip():
        advice = "take the white space away, unless it belongs to the key"
        detail += "; the secret key begins or ends with white space"
        return Check(name="settings", verdict=Verdict.UNKNOWN, detail=detail, advice=advice), target
    return Check(name="settings", verdict=Verdict.OK, detail=detail), target
