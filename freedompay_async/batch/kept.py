"""A row as a journal has it.

What an earlier version planned is sent as it was planned, whatever the rules are now.
"""

from __future__ import annotations

from freedompay_async.batch.input.rows import Row
from freedompay_async.batch.plan import PlannedRow
from freedompay_async.contract.models.client_requests import Address, NewClient

__all__ = ["KeptRow"]


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
