"""Where a merchant is registered, and the hosts that the vendor has there."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from freedompay_async.errors import ConfigurationError

__all__ = ["LIVE_HOSTS", "TEST_HOSTS", "Region"]


class Region(StrEnum):
    """Where the merchant is registered; it decides the host and the signature scheme."""

    KZ = "KZ"
    """Kazakhstan: `X-JWS-Signature`."""
    KG = "KG"
    """Kyrgyzstan: `Sign`.

    Its test host is named on the vendor's gateway pages only, so it is inferred for the Card API.
    """
    UZ = "UZ"
    """Uzbekistan: `Sign`. No test host is published."""

    @classmethod
    def _missing_(cls, value: object) -> Region:
        named = cls.__members__.get(value.strip().upper()) if isinstance(value, str) else None
        if named is None:
            raise ConfigurationError(
                f"region is {value!r}: use one of {', '.join(cls)}. Nothing was sent."
            )
        return named


LIVE_HOSTS: Final = {region: f"https://api.freedompay.{region.lower()}" for region in Region}
TEST_HOSTS: Final = {
    region: f"https://test-api.freedompay.{region.lower()}" for region in (Region.KZ, Region.KG)
}
