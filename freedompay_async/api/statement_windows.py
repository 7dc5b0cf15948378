"""A long statement, asked for in windows of some days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Protocol

from freedompay_async.errors import ConfigurationError, ProtocolError
from freedompay_async.redaction.masking import mask_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from freedompay_async.contract.models.reads import Movement, Statement

__all__ = ["day_of", "movements"]

_DAY: Final = dt.timedelta(days=1)
# One day for an issuer that excludes the last day, and one for days of another time zone than the
# movement's own.
_MARGIN: Final = 2 * _DAY


def day_of(day: dt.date | str | None) -> str | None:
    """The text to send for a date, `YYYY-MM-DD`; a text is sent as it is."""
    # A datetime is a date too, and its time of day is not sent.
    if isinstance(day, dt.datetime):
        return day.date().isoformat()
    return day.isoformat() if isinstance(day, dt.date) else day


class _Ask(Protocol):
    async def __call__(
        self, card_id: str, *, start_date: dt.date, end_date: dt.date, timeout: float | None
    ) -> Statement: ...


async def movements(
    ask: _Ask, card_id: str, *, start: dt.date, end: dt.date, window: int, timeout: float | None
) -> AsyncGenerator[Movement]:
    """The movements; arguments and errors as in `Cards.movements`."""
    start, end = _date(start), _date(end)
    if end < start:
        raise ConfigurationError(
            f"movements from {start} to {end}: the end is before the start. Nothing was sent."
        )
    if window < 1:
        raise ConfigurationError(
            f"window is {window!r}: it needs at least 1 day. Nothing was sent."
        )
    if start - dt.date.min < _MARGIN or dt.date.max - end < _MARGIN + _DAY:
        raise ConfigurationError(
            f"movements from {start} to {end}: the calendar has no two days around them, which "
            "are asked for too. Nothing was sent."
        )
    first = start
    while first <= end:
        last = min(end, first + min(window - 1, (end - first).days) * _DAY)
        statement = await ask(
            card_id, start_date=first - _MARGIN, end_date=last + _MARGIN, timeout=timeout
        )
        for movement in statement.operations or ():
            day = _day_of(movement)
            if day is None:
                raise ProtocolError(
                    "the date of a movement can't be read "
                    f"({mask_text(str(movement.datetime))[:40]!r}), so its window is not known. "
                    "Use `statement` instead, one at a time.",
                    request_id=statement.request_id,
                    call="cards.statement",
                )
            if first <= day <= last:
                yield movement
        first = last + _DAY


def _day_of(movement: Movement) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(movement.datetime or "").date()
    except ValueError:
        return None


def _date(day: dt.date) -> dt.date:
    return day.date() if isinstance(day, dt.datetime) else day
