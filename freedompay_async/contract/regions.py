"""The regions of the vendor, and its hosts there."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from freedompay_async.errors import ConfigurationError

__all__ = ["LIVE_HOSTS", "TEST_HOSTS", "Region"]


class Region(StrEnum):
    """Where the merchant is registered. It decides the host and the signature scheme."""

    KZ = "KZ"
    """Kazakhstan: `X-JWS-Signature`."""
    KG = "KG"
    """Kyrgyzstan: `Sign`.

    Only the vendor's gateway pages name its test host, so it is inferred for the Card API.
    """
    UZ = "UZ"
    """Uzbekistan: `Sign`. No test host is published."""

    @classmethod
    def read(cls, value: object, setting: str) -> Region:
        """The region that a setting names.

        Raises:
            ConfigurationError: there is no such region; the text names the setting.
        """
        named = cls.__members__.get(value.strip().upper()) if isinstance(value, str) else None
        if named is None:
            raise ConfigurationError(
                f"{setting} is {value!r}: use one of {', '.join(cls)}. Nothing was sent."
            )
        return named

    @classmethod
    def _missing_(cls, value: object) -> Region:
        return cls.read(value, "region")


LIVE_HOSTS: Final = {region: f"https://api.freedompay.{region.lower()}" for region in Region}
TEST_HOSTS: Final = {
    region: f"https://test-api.freedompay.{region.lower()}" for region in (Region.KZ, Region.KG)
}
