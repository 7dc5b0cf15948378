"""What the issuer has said of a request so far, and what follows from it. It asks nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from freedompay_async.contract.models.results import IssuedCards
from freedompay_async.operations.held import result_of
from freedompay_async.operations.status import OperationStatus

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import RequestState

__all__ = ["Told"]

R = TypeVar("R")
log: Final = logging.getLogger("freedompay_async")


class Told(Generic[R]):
    """What the issuer has said of one request.

    Args:
        call: its row.
        request_id: its id.
        answer: what the issuer has said of it before; `None`: nothing.
        cards: how many were ordered; left out, what the row says of a call that always orders as
            many.
        holder: the client that they were ordered for.
        result: what came of a call that can't be asked about.
        success: what was said before that, as the attribute.
        asked: that answer came from a look-up.
        grace: seconds after which an id that the issuer does not know has ended; `None`: it never
            has, because the issuer was seen to accept it.

    Attributes:
        answer: the last thing the issuer said of it.
        asked: the answer came from a look-up.
        success: the last answer before this one that said success or named something.
        result: what came of it.
        unknown: the last look-up that was answered did not know the id.
        unknown_at: how old it was when the last look-up was asked that did not know it.
    """

    __slots__ = (
        *("_call", "_grace", "_holder", "_request_id", "answer", "cards", "result"),
        *("asked", "success", "unknown", "unknown_at"),
    )

    def __init__(
        self,
        call: Call[R],
        request_id: str,
        answer: RequestState | None,
        *,
        cards: int | None,
        holder: str | None,
        grace: float | None,
        result: R | None = None,
        success: RequestState | None = None,
        asked: bool = False,
    ) -> None:
        self._call = call
        self._request_id = request_id
        self.cards = call.cards if cards is None else cards
        self._holder = holder
        self._grace = grace
        self.answer = answer
        self.asked = asked
        self.success = success
        self.unknown = False
        self.unknown_at: float | None = None
        self.result: R | None = result if answer is None else self._read(answer)

    @property
    def ended(self) -> bool:
        """Whether the issuer has told the end of the request, and all that it made."""
        return self.result is not None or (self.answer is not None and self.answer.failed)

    @property
    def not_known(self) -> bool:
        """Whether it has ended because the issuer does not know the id after the grace time."""
        grace, unknown_at = self.grace, self.unknown_at
        return grace is not None and unknown_at is not None and unknown_at >= grace

    @property
    def grace(self) -> float | None:
        """Seconds after which an id that is not known has ended; `None`: it never has."""
        return None if self.answer is not None else self._grace

    @property
    def done(self) -> bool | None:
        """Whether the request was done, for an error; `None`: that is not known.

        In the error of a look-up, `done` would speak of the look-up.
        """
        return True if self.answer is not None and self.answer.succeeded else None

    @property
    def status(self) -> OperationStatus:
        if self.answer is None:
            if self.result is not None:
                return OperationStatus.SUCCEEDED
            if self.unknown_at is None:
                return OperationStatus.NOT_ASKED
            return OperationStatus.NOT_KNOWN if self.not_known else OperationStatus.NOT_KNOWN_YET
        if self.answer.failed:
            return OperationStatus.FAILED
        return OperationStatus.SUCCEEDED if self.answer.succeeded else OperationStatus.IN_PROCESS

    def keep_unknown(self, at: float) -> None:
        """Keep that a look-up did not know the id, which was asked at this age."""
        self.unknown, self.unknown_at = True, max(self.unknown_at or 0.0, at)

    def keep(self, state: RequestState) -> None:
        """Keep an answer. One that tells of a success or names something is not lost to a later one
        that says less, or the opposite.

        A success without a name in the first answer does not count: on the vendor's pages it may
        say no more than that the call was taken.
        """
        last, asked = self.answer, self.asked
        self.asked, self.unknown = True, False
        succeeded = last is not None and last.succeeded and (asked or last.named)
        if last is not None and (succeeded or last.named):
            self.success = last
        if not succeeded or state.final:
            self.answer, self.result = state, self._read(state)

    def _read(self, state: RequestState) -> R | None:
        result = result_of(self._call, state, cards=self.cards, client_id=self._holder)
        if isinstance(result, IssuedCards) and result.differs:
            log.error(
                "%s: %s: %s. Ask the issuer whose they are.",
                self._call.name,
                result.differs,
                state.names,
                extra={"request_id": self._request_id, "call": self._call.name},
            )
        return result
