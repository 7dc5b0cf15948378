"""The settings: are they complete, and whom do they mean?"""

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
from freedompay_async.settings.schemes import SECTIONS, Scheme, read_schemes, signers_of
from freedompay_async.settings.settings import host_of, region_scheme
from freedompay_async.transport.proxies import Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.cli.settings_flags import Given
    from freedompay_async.redaction.secret import SecretKey

__all__ = ["Target", "check_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom the settings mean, and the way there.

    Attributes:
        scheme: the one that the settings mean for payment cards, `None` if they do not tell.
        chosen: what the setting says, if it names sections.
        contract: the path of a contract file.
        trust_env: the environment names the way.
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
        """What `FREEDOMPAY_SIGNATURE` is for this scheme of payment cards; what it says of gift
        cards stays.
        """
        if not self.chosen:
            return str(scheme)
        named = {**self.chosen, Section.PAYMENT_CARDS: scheme}
        return ",".join(
            f"{section.replace('_', '-')}={named[section]}"
            for section in SECTIONS
            if section in named
        )


def check_settings(given: Given) -> tuple[Check, Target]:
    """Read flags and environment.

    Raises:
        ConfigurationError: they are not complete, or one is wrong.
    """
    settings = given.settings()
    host = host_of(settings.region, test=settings.test, base_url=settings.base_url)
    chosen = {} if settings.scheme is None else read_schemes(settings.scheme)
    # For what is wrong with the contract file, and with the merchant id and the key themselves.
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
        way=Way.of(host.base_url, proxy=settings.proxy, trust_env=given.trust_env),
        trust_env=given.trust_env,
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
            name="settings", verdict=CheckResult.WRONG, detail=detail, advice=advice
        ), target
    detail += f", scheme {target.scheme}"
    odd = leftover_of(settings.secret_key)
    if odd is not None:
        advice = "take that away, unless it belongs to the key"
        return Check(
            name="settings",
            verdict=CheckResult.UNKNOWN,
            detail=f"{detail}; the secret key {odd}",
            advice=advice,
        ), target
    return Check(name="settings", verdict=CheckResult.OK, detail=detail), target
