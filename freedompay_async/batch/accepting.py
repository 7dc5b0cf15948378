"""Accepts rows that were used before, because somebody says that they are the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.input.quoting import shown
from freedompay_async.contract.request_ids import checked_name
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from freedompay_async.batch.journal.base import BatchJournal

__all__ = ["EVERY_ROW", "Accepted", "accept", "accepted_keys", "some"]

EVERY_ROW: Final = "all"
# An error names so many keys.
_SHOWN: Final = 5


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What was accepted.

    Attributes:
        rows: the number of rows that were not accepted before.
        not_found: keys of rows that are not found to be used before. They are not accepted: nobody
            has seen yet what a later run may find.
    """

    rows: int = 0
    not_found: tuple[str, ...] = ()


def some(keys: Sequence[str]) -> str:
    """A few keys, and how many more there are."""
    more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
    return ", ".join(map(shown, keys[:_SHOWN])) + more


def accepted_keys(chosen: str | Iterable[str] | None) -> str | tuple[str, ...]:
    """The keys, each once; or `EVERY_ROW`. Empty ones are left out.

    Raises:
        ConfigurationError: it is one text and not `EVERY_ROW`, or something is no key.
    """
    if chosen is None:
        return ()
    if chosen == EVERY_ROW:
        return EVERY_ROW
    try:
        keys: list[object] | None = None if isinstance(chosen, str | bytes) else list(chosen)
    except TypeError:
        keys = None
    if keys is None:
        raise ConfigurationError(
            f"accept_found={chosen!r}: give the keys as a list, or 'all'. Nothing was sent."
        )
    return tuple(
        dict.fromkeys(
            checked_name("key", key) for key in keys if not isinstance(key, str) or key.strip()
        )
    )


async def accept(journal: BatchJournal, keys: str | tuple[str, ...]) -> Accepted:
    """Accept these rows, as far as they are found to be used before now.

    Raises:
        ConfigurationError: the journal does not have a key, or has it twice; nothing is accepted.
    """
    if not keys:
        return Accepted()
    found = await journal.accept_found(None if isinstance(keys, str) else keys)
    nothing = "nothing was accepted, and nothing was sent."
    if found.strange:
        raise ConfigurationError(
            f"{journal.name} has no row with the key {some(found.strange)}: {nothing}"
        )
    if found.ambiguous:
        raise ConfigurationError(
            f"{journal.name} has several rows whose keys read as {some(found.ambiguous)}, so one "
            f"of them can't be named: {nothing}"
        )
    return Accepted(rows=found.accepted, not_found=found.not_found)
