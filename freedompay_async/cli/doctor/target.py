"""Checks the settings, and finds the host and the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from freedompay_async.cli.doctor.checks import Check, CheckResult
from freedompay_async.contract.calls import Section
from freedompay_async.contract.client_contract import Contract
from freedompay_async.contract.file.reading import overrides_of
from freedompay_async.contract.regions import Region
from freedompay_async.guards.leftovers import leftover_of
from freedompay_async.settings.proxies import Way
from freedompay_async.settings.schemes import SECTIONS, Scheme, read_schemes, signers_of
from freedompay_async.settings.settings import endpoint_of, region_scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.cli.settings_flags import SettingsFlags
    from freedompay_async.redaction.secret import SecretKey

__all__ = ["Target", "check_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The host, the merchant and the way to the host, from the settings.

    Attributes:
        scheme: the scheme of payment cards; `None` if the settings have none.
        chosen: the scheme of each section, if the setting names sections.
        contract: the path of a contract file.
        trust_env: whether proxies of the environment are used.
    """

    base_url: str
    host: str
    port: int
    tls: bool
    auth_id: str
    secret_key: SecretKey
    region: Region | None
    scheme: Scheme | None
    chosen: Mapping[Section, Scheme]
    contract: str | None
    way: Way
    trust_env: bool

    def setting(self, scheme: Scheme) -> str:
        """`FREEDOMPAY_SIGNATURE` with this scheme for payment cards; that of gift cards stays."""
        if not self.chosen:
            return str(scheme)
        named = {**self.chosen, Section.PAYMENT_CARDS: scheme}
        return ",".join(
            f"{section.replace('_', '-')}={named[section]}"
            for section in SECTIONS
            if section in named
        )


def check_settings(settings_flags: SettingsFlags) -> tuple[Check, Target]:
    """Read and check the flags and the environment.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    settings = settings_flags.settings()
    host = endpoint_of(settings.region, test=settings.test, base_url=settings.base_url)
    chosen = {} if settings.scheme is None else read_schemes(settings.scheme)
    # These raise what is wrong with the contract file, the merchant id or the key.
    Contract(overrides_of(settings.contract or ()), settings.region)
    signers_of(
        region_scheme(settings.region or Region.KZ),
        chosen,
        auth_id=settings.auth_id,
        secret_key=settings.secret_key,
    )
    url = urlsplit(host.base_url)
    tls = url.scheme == "https"
    target = Target(
        base_url=host.base_url,
        host=url.hostname or "",
        port=url.port or (443 if tls else 80),
        tls=tls,
        auth_id=settings.auth_id,
        secret_key=settings.secret_key,
        region=settings.region,
        scheme=chosen.get(Section.PAYMENT_CARDS, region_scheme(settings.region)),
        chosen=chosen if "=" in (settings.scheme or "") else {},
        contract=settings.contract,
        way=Way.of(host.base_url, proxy=settings.proxy, trust_env=settings_flags.trust_env),
        trust_env=settings_flags.trust_env,
    )
    source = "base_url" if settings.base_url else f"the host of {settings.region}"
    kind = "live: cards are real" if host.live else "not live"
    detail = (
        f"{host.base_url} ({source}; {kind}), merchant {settings.auth_id}, region "
        f"{settings.region or 'not set'}"
    )
    if settings.region is None and len(chosen) < len(SECTIONS):
        advice = (
            "set FREEDOMPAY_REGION (KZ, KG or UZ) or FREEDOMPAY_SIGNATURE; see below which scheme "
            "this host takes"
        )
        return Check(
            name="settings", result=CheckResult.WRONG, detail=detail, advice=advice
        ), target
    detail += f", scheme {target.scheme}"
    odd = leftover_of(settings.secret_key)
    if odd is not None:
        advice = "remove that, unless it belongs to the key"
        return Check(
            name="settings",
            result=CheckResult.UNKNOWN,
            detail=f"{detail}; the secret key {odd}",
            advice=advice,
        ), target
    return Check(name="settings", result=CheckResult.OK, detail=detail), target
