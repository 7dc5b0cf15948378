"""The signature scheme of each section: that of the region, or what a setting names.

The vendor publishes one scheme for each region, and two algorithms for KZ. Only a call shows which
one a merchant's host takes, so the scheme is a setting wherever a client is made.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from freedompay_async.contract.calls import Section
from freedompay_async.crypto.signing import JwsSigner, Sha256Signer
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.crypto.signing import Signer
    from freedompay_async.redaction.secret import SecretKey

__all__ = ["SECTIONS", "Scheme", "read_schemes", "signers_of"]

SECTIONS: Final[tuple[Section, ...]] = (Section.PAYMENT_CARDS, Section.GIFT_CARDS)
"""The sections of `FreedomPay`."""


class Scheme(StrEnum):
    """A signature scheme, by its name in settings."""

    JWS_HS512 = "jws-hs512"
    """`X-JWS-Signature` with HS512; the default for KZ, because the vendor's example uses it."""
    JWS_HS256 = "jws-hs256"
    """`X-JWS-Signature` with HS256, which another text on the vendor's page names."""
    SIGN = "sign"
    """`Sign`; KG and UZ."""

    def signer(self, *, auth_id: str | int, secret_key: SecretKey) -> JwsSigner | Sha256Signer:
        if self is Scheme.SIGN:
            return Sha256Signer(auth_id=auth_id, secret_key=secret_key)
        return JwsSigner(
            auth_id=auth_id,
            secret_key=secret_key,
            alg="HS512" if self is Scheme.JWS_HS512 else "HS256",
        )


def read_schemes(text: str, name: str = "scheme") -> dict[Section, Scheme]:
    """The schemes of a setting such as `jws-hs256`, or `payment-cards=jws-hs256,gift-cards=sign`.

    Args:
        text: one scheme for all sections, or one for each of some; the others keep the region's.
        name: the name of the setting, for an error.

    Raises:
        ConfigurationError: the text names no scheme, no section, or two schemes for one section.
    """
    found: dict[Section, Scheme] = {}
    for part in text.split(","):
        section, separator, scheme = part.rpartition("=")
        named = _scheme(scheme, text, name)
        for each in _sections(section, text, name) if separator else SECTIONS:
            if found.setdefault(each, named) is not named:
                raise _wrong(name, text, f"it names two schemes for {each}")
    return found


def signers_of(
    region_scheme: Scheme | None,
    chosen: Mapping[Section, Scheme],
    *,
    auth_id: str | int,
    secret_key: SecretKey,
) -> dict[Section, Signer]:
    """A signer for each section.

    Args:
        region_scheme: the scheme of the region; `None` without a region.
        chosen: the schemes that a setting names in its place.
        auth_id: the merchant's id.
        secret_key: the merchant's key.

    Raises:
        ConfigurationError: a section has no scheme.
    """
    made: dict[Scheme, Signer] = {}
    signers: dict[Section, Signer] = {}
    for section in SECTIONS:
        scheme = chosen.get(section, region_scheme)
        if scheme is None:
            raise ConfigurationError(
                "no signature scheme, because no region is set. Set region (FREEDOMPAY_REGION, "
                "--region), or scheme (FREEDOMPAY_SIGNATURE, --scheme), or pass "
                "signer=JwsSigner(…) or Sha256Signer(…). Nothing was sent."
            )
        if scheme not in made:
            made[scheme] = scheme.signer(auth_id=auth_id, secret_key=secret_key)
        signers[section] = made[scheme]
    return signers


def _scheme(word: str, text: str, name: str) -> Scheme:
    try:
        return Scheme(word.strip().lower())
    except ValueError:
        raise _wrong(name, text, f"{word.strip()!r} is no scheme") from None


def _sections(word: str, text: str, name: str) -> tuple[Section, ...]:
    section = word.strip().lower().replace("-", "_")
    if section not in SECTIONS:
        raise _wrong(
            name, text, f"{word.strip()!r} is no section (they are payment-cards and gift-cards)"
        )
    return (Section(section),)


def _wrong(name: str, text: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} is {text!r}: {why}. Use one of {', '.join(Scheme)}; or one for each section, "
        "such as payment-cards=jws-hs256,gift-cards=sign. Nothing was sent."
    )
