"""What the issuer has said about one call so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freedompay_async.codec.messages import Evidence
from freedompay_async.contract.models.answers import RequestState

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Verdict

__all__ = ["CallAnswers"]


@dataclass(slots=True)
class CallAnswers:
    """What an error or a result is made of, when the call ends.

    Attributes:
        verdict: the last one about the call itself.
        look_up: the last one of a look-up; `None`: there was none.
        success: the last answer that said success or named something. A later answer that says
            the opposite does not take it away.
        retry_after: seconds that the last answer asked to wait.
        wait_too_long: that was more time than the call had left.
    """

    verdict: Verdict
    look_up: Verdict | None = None
    success: RequestState | None = None
    retry_after: float = 0.0
    wait_too_long: bool = False

    def after_send(self, verdict: Verdict) -> None:
        self.verdict = verdict
        # In a first answer the word `success` alone may say no more than that the call was taken.
        self._keep(verdict, alone=verdict.evidence is Evidence.TAKEN)

    def after_ask(self, verdict: Verdict) -> None:
        self.look_up = verdict
        self._keep(verdict, alone=True)
        if (
            verdict.evidence in (Evidence.KNOWN, Evidence.FAILED)
            or self.verdict.evidence is Evidence.NOT_SENT
        ):
            self.verdict = verdict

    def _keep(self, verdict: Verdict, *, alone: bool) -> None:
        self.retry_after = verdict.retry_after
        answer = verdict.answer
        if (
            isinstance(answer, RequestState)
            and verdict.evidence is not Evidence.FAILED
            and (answer.named or (alone and answer.succeeded))
        ):
            self.success = answer
