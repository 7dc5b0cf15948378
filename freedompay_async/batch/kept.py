"""A row as a journal keeps it.

A row that an earlier version planned is sent as it was planned, whatever the rules are now.
"""

from __future__ import annotations

import msgspec

from freedompay_async.batch.input.rows import Row
from freedompay_async.contract.models.client_requests import Address, NewClient

__all__ = ["KeptRow", "PlannedRow"]


class PlannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the bodies of a row are made of. A document is kept by its path and its hash."""

    row: Row
    document_sha256: str | None = None


class _Address(Address, kw_only=True, frozen=True):
    def __post_init__(self) -> None:
        """Nothing is refused."""


class _Client(NewClient, kw_only=True, frozen=True):
    address1: _Address | None = None
    address2: _Address | None = None

    def __post_init__(self) -> None:
        self._seal()


class _Row(Row, kw_only=True, frozen=True):
    client: _Client


class KeptRow(PlannedRow, kw_only=True, frozen=True):
    """A planned row, read from a journal."""

    row: _Row
