"""Before a row is sent for the first time: whether the issuer knows its request id already, from another machine or a lost journal.

An issuer that refuses a used id would tell it anyway; one that answers it in another way would not, and then a card is made for somebody
else's client. So rows spread over the file are asked about before anything is sent, and if one of them is known, each row is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal

from freedompay_async.batch.outage import Unsure
from freedompay_async.batch.stopping import Stopped
from freedompay_async.errors import NotSent, OutcomeUnknown, ProtocolError, RateLimited
from freedompay_async.ids import derive_request_id

if TYPE_CHECKING:
    import sqlite3

    from freedompay_async.batch.entries import Entry
    from freedompay_async.batch.shared import Shared
    from freedompay_async.models import RequestState
    from freedompay_async.session import Session

__all__ = ["CHECKS", "Check", "FirstCheck", "spread"]

Check = Literal["sample", "all", "none"]
CHECKS: Final = ("sample", "all", "none")
_SAMPLE: Final = 50


def spread(rows: int, most: int = _SAMPLE) -> list[int]:
    """Numbers of rows, from 1, spread evenly over a file; its first row and its last are among them."""
    if rows <= most:
        return list(range(1, rows + 1))
    return [1 + number * (rows - 1) // (most - 1) for number in range(most)]


class FirstCheck:
    """Which rows are asked about before their first send.

    Args:
        shared: of the run.
        check: `sample`: a few rows, and each row if one of those is known; `all`: each row; `none`.
        remembered: an earlier run of this journal has asked about each row.
    """

    def __init__(self, shared: Shared, check: Check, *, remembered: bool) -> None:
        self._shared: Final = shared
        self._check: Final = check
        self._all = remembered

    async def begin(self, *, rows: int, begun: bool) -> None:
        """Decide it; `begun`: something of this journal may have been sent, so that a sample would find that.

        Raises:
            Stopped: the run stops.
            FreedomPayError: the issuer refuses this merchant.
        """
        if self._all or self._check == "none" or (self._check == "sample" and begun):
            return
        if self._check == "all" or await self._known_sample(rows):
            await self._shared.journal.call(_remember)
            self._all = True

    def asks(self, row: Entry, step: str) -> bool:
        """Whether a step is asked about before it is sent: the first one of a row that this journal has never sent anything of.

        Of a row that was used before, each step is: what that use has made is taken, and not ordered anew.
        """
        return row.found or (self._all and step == "client" and not row.sent)

    async def state(self, request_id: str) -> RequestState | None:
        """What the issuer says of a step that is not sent before this is known; `None`: it does not know it.

        Raises:
            Stopped: the run stops, or nothing was said for too long: the row is left.
        """
        return await self._shared.ask_patiently(request_id)

    async def _known_sample(self, rows: int) -> bool:
        shared, settings, numbers = self._shared, self._shared.settings, spread(rows)

        def read(connection: sqlite3.Connection) -> list[str]:
            return [connection.execute("SELECT key FROM rows WHERE number = ?", (number,)).fetchone()[0] for number in numbers]

        keys = await shared.journal.call(read)
        # An issuer that answers with a 503 about an id that it does not know is there all the same.
        session = shared.session.in_lane(Unsure(shared.lane), timeout=shared.session.timeout, policy=shared.session.policy)
        ids = [derive_request_id(settings["merchant"], settings["batch"], key, "client") for key in keys]
        # All of them come to an end before an error is told, so that none is left behind.
        told = await asyncio.gather(*(self._known(each, session) for each in ids), return_exceptions=True)
        for error in told:
            if isinstance(error, BaseException):
                raise error
        return any(told)

    async def _known(self, request_id: str, session: Session) -> bool:
        try:
            return await self._shared.ask(request_id, again_after=(NotSent, RateLimited), session=session) is not None
        except (OutcomeUnknown, ProtocolError):
            # It says nothing of the id. Others of the sample may, and no row is held up for it.
            return False
        except Stopped:
            self._shared.stopping.check()
            return False


def _remember(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('check_first', 'all')")
