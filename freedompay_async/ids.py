"""Request ids: one for each intent, made before the first byte is sent."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID, uuid4, uuid5

__all__ = ["derive_request_id", "new_request_id"]

_NAMESPACE: Final = UUID("6d1f2f0c-4a57-5c4e-9d0b-2f5f8f0f6b5a")


def new_request_id() -> str:
    """A fresh random id (UUID version 4)."""
    return str(uuid4())


def derive_request_id(merchant: str, batch: str, row: str, step: str) -> str:
    """The same id for the same merchant, batch, row and step, on every machine and at any time (UUID version 5).

    A row that is sent again under this id can't issue a second card: the issuer refuses an id that it has seen
    (docs.freedompay.kg, doc-833009).
    """
    # JSON, because a plain separator could make two different quadruples read alike.
    return str(uuid5(_NAMESPACE, json.dumps([merchant, batch, row, step], ensure_ascii=False)))
