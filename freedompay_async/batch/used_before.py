"""The end of a row whose request id was used before this journal used it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.batch import ending
from freedompay_async.batch.run_resources import SAYS_NOTHING
from freedompay_async.batch.stopping import Stopped, Wait

if TYPE_CHECKING:
    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.models import RequestState

__all__ = ["used_before"]

_WHAT: Final = {"client": "client", "card": "card", "activate": "activation"}


async def used_before(
    shared: RunResources, row: Entry, step: str, state: RequestState | None
) -> ending.Ended:
    """The end of such a row, with the ids that the issuer names. Nothing is made for it.

    `state`: what the issuer says of this step; `None`: it was not asked.
    """
    if state is not None and state.client_id:
        row.client_id = row.client_id or str(state.client_id)
    card = state if step != "client" else None
    # The request whose answer names the cards.
    card_request = row.request_id("card" if step == "client" else step, shared.settings)
    if row.card_id is None and card is None:
        try:
            with Wait(shared.stopping):
                card = await shared.session.look_up(card_request)
        except (*SAYS_NOTHING, Stopped):
            # The row ends without the card's id.
            pass
    card_ids = [] if card is None else [each for each in card.card_ids if each]
    if row.card_id is None and card_ids:
        row.card_id = card_ids[0]
    if len(card_ids) > 1:
        differs = f"ordered 1, and {len(card_ids)} cards were made"
        return ending.not_what_was_ordered(differs, card_ids, request_id=card_request)
    if card_ids and card_ids[0] != row.card_id:
        differs = (
            f"the card of this row is {row.card_id}, and its activation, used before this "
            "journal, names another"
        )
        return ending.not_what_was_ordered(differs, card_ids, request_id=card_request)
    return ending.used_before(row, _WHAT[step], row.request_id(step, shared.settings))
