"""What follows when a journal may be older than the truth, because it was restored or copied.

A row that has not ended may have been sent since then, though nothing is written of it. So each of
its steps gets an intent whose bytes are not known, sent at the time of the backup: the issuer is
asked about it first. One that it does not know is sent under the same id while it surely remembers
ids (`Policy.resend_within`); after that the row is unknown, and a person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from freedompay_async.contract.request_ids import derive_request_id
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["DoubtedStep", "doubted_steps"]


class DoubtedStep(NamedTuple):
    """A step that may have been sent."""

    number: int
    step: str
    request_id: str


def doubted_steps(
    rows: Iterable[tuple[int, str]], settings: Mapping[str, str]
) -> Iterator[DoubtedStep]:
    """Every step that rows may have; of each row its number and its key."""
    steps = ["client", "card", *(["activate"] if settings.get("activate") == "yes" else [])]
    for number, key in rows:
        for step in steps:
            try:
                request_id = derive_request_id(settings["merchant"], settings["batch"], key, step)
            except ConfigurationError:
                # The journal of an earlier version has names that can't be sent.
                continue
            yield DoubtedStep(number, step, request_id)
