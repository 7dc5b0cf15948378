"""The order of a row's steps: its client, its card and, if wanted, the activation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from freedompay_async.batch.documents import creation
from freedompay_async.batch.ending import Ended, failed, not_what_was_ordered
from freedompay_async.batch.outcome import State
from freedompay_async.batch.results import result_of
from freedompay_async.batch.row_steps import UNKNOWN
from freedompay_async.batch.used_before import used_before
from freedompay_async.contract.models import CardActivation, CardIssue
from freedompay_async.contract.table import CARDS_ACTIVATE, CARDS_ISSUE, CLIENTS_CREATE
from freedompay_async.errors import RequestFailed
from freedompay_async.operations.operation import Operation

if TYPE_CHECKING:
    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.outcome import Outcome
    from freedompay_async.batch.row_steps import RowSteps
    from freedompay_async.batch.run_resources import RunResources
    from freedompay_async.contract.models import BodyWithId

__all__ = ["RowFlow"]


class RowFlow:
    """Takes a row from where it stands to its end.

    Args:
        shared: resources of the run.
        steps: carries out each step.
    """

    def __init__(self, shared: RunResources, steps: RowSteps) -> None:
        self._shared: Final = shared
        self._steps: Final = steps

    async def issue(self, row: Entry) -> Outcome:
        """The outcome of a row.

        Raises:
            Stopped: the run stops; the row is left as the journal has it.
            FreedomPayError: the run has to end.
        """
        try:
            ended = await self._made(row)
        except Ended as early:
            ended = early
        row.card_ids = ended.card_ids
        shared, state, reason = self._shared, ended.state, ended.reason
        shares = await shared.journal.end(row, state, reason, proved=ended.proved)
        if shares is not None:
            # Another row has its card too.
            state, reason = State.DOUBTFUL, shares
        return row.outcome(state, reason, shared.settings, proved=ended.proved)

    async def _made(self, row: Entry) -> Ended:
        shared = self._shared
        if row.found and not row.accepted_found:
            # An earlier run found it, and ended before it could say so.
            step = "client" if row.client_id is None else "card"
            raise await used_before(shared, row, step, None)
        if row.client_id is None:
            made = await self._steps.step(
                row, "client", CLIENTS_CREATE, partial(creation, row.planned, shared.documents)
            )
            row.client_id = made.client_id
        elif row.found and row.card_id is None:
            # A card is ordered for this client only after its own request is known as done.
            row.client_id = await self._client_of_earlier_use(row)
        if row.card_id is None:
            order = CardIssue(
                client_id=row.client_id, product_id=row.card_product_id(shared.settings)
            )
            issued = await self._steps.step(row, "card", CARDS_ISSUE, partial(_ready, order))
            row.card_id = issued.card_ids[0]
            # This process or an earlier one ordered one card for this client.
            issued = msgspec.structs.replace(issued, ordered=1, ordered_for=row.client_id)
            if issued.differs:
                raise not_what_was_ordered(
                    issued.differs, issued.card_ids, request_id=issued.request_id
                )
        if shared.settings["activate"] != "yes":
            return Ended(State.ISSUED, None)
        activation = row.sent.get("activate")
        surely_sent = activation is not None and activation.body_sha256
        if not surely_sent and await shared.journal.claim_card(row):
            # Another row has this card too: the row ends as doubtful, and the card stays inactive.
            return Ended(State.ISSUED, None)
        order_active = CardActivation(card_id=row.card_id)
        try:
            await self._steps.step(row, "activate", CARDS_ACTIVATE, partial(_ready, order_active))
        except Ended as ended:
            if ended.state in (State.FOUND, State.DOUBTFUL):
                return ended
            return Ended(State.ISSUED, ended.reason)
        return Ended(State.ISSUED, None)

    async def _client_of_earlier_use(self, row: Entry) -> str:
        shared = self._shared
        request_id = row.request_id("client", shared.settings)
        try:
            # The issuer knew its id when the row was found.
            earlier = Operation(shared.session, CLIENTS_CREATE, request_id, surely_accepted=True)
            made = await result_of(shared, earlier)
        except (RequestFailed, *UNKNOWN) as error:
            raise failed(row, error) from error
        return made.client_id


async def _ready(intent: BodyWithId) -> BodyWithId:
    return intent
