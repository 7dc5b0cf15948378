"""What a client of a sandbox has to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freedompay_async.sandbox import Sandbox


def settings_of(issuer: Sandbox, *, region: str = "KZ") -> dict[str, Any]:
    return {
        "auth_id": issuer.auth_id,
        "secret_key": issuer.secret_key,
        "region": region,
        "base_url": issuer.base_url,
    }
