"""What happens to one call, in order: the signature, the fault, the id, the work. No HTTP in it, and no waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.sandbox import rules
from freedompay_async.sandbox.answers import Answer, error, ok
from freedompay_async.sandbox.faults import UNDONE, Fault, Plan, fraction
from freedompay_async.sandbox.rules import Refused
from freedompay_async.sandbox.signatures import complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.sandbox.issuer import Issuer

__all__ = ["PREFIX", "Desk", "Taken"]

PREFIX: Final = "/v5/card-api/"

_DUPLICATE: Final = {"error": 200, "400": 400, "409": 409}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A call that was dealt with."""

    answer: Answer
    verdict: str
    """`ok`, or what was wrong with the call, or the fault that it got, as in `fault:CLOSED`; both, if both: `duplicate, fault:CLOSED`."""
    fault: Fault = Fault.NONE


class Desk:
    """Takes calls in for an issuer; `processing` is the shortest and the longest time that a request takes, in seconds."""

    def __init__(self, *, issuer: Issuer, plan: Plan, auth_id: str, secret_key: str, processing: tuple[float, float]) -> None:
        self._issuer: Final = issuer
        self._plan: Final = plan
        self._auth_id: Final = auth_id
        self._secret_key: Final = secret_key
        self._processing: Final = processing

    def take(self, *, path: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """Does a call's work, unless its fault forbids it, and gives the right answer to it."""
        call = path.removeprefix(PREFIX)
        wrong = complaint(headers=headers, path=path, body=body, auth_id=self._auth_id, secret_key=self._secret_key)
        if wrong is not None:
            return Taken(answer=error("unauthorized", wrong, http=401), verdict="bad signature")
        fields = _fields(body)
        own = headers.get("Request-Id") if "Sign" in headers else None
        named = fields.get("request_id") if fields is not None else None
        # A call that is sent again concerns the same id: it gets the next draw, not the same one.
        concerned = named if isinstance(named, str) else own or ""
        fault = self._plan.next(call, concerned)
        if fault is Fault.LATE and call == rules.STATUS:
            fault = Fault.NONE
        if fault in UNDONE:
            return Taken(answer=self._undone(fault), verdict=f"fault:{fault.name}", fault=fault)
        ids = {each for each in (own, None if call == rules.STATUS else named) if each and isinstance(each, str)}
        if "Sign" in headers and not own:
            answer, verdict = _no(Refused("invalid_request", "the header Request-Id is missing")), "refused"
        elif not self._issuer.first_use(ids):
            answer, verdict = self._duplicate(), "duplicate"
        elif fields is None:
            answer, verdict = error("invalid_json", "the body is not a JSON object", http=400, request_status="error"), "not json"
        else:
            answer, verdict = self._work(call, fields, concerned=concerned, late=fault is Fault.LATE)
        if fault is not Fault.NONE:
            verdict = f"fault:{fault.name}" if verdict == "ok" else f"{verdict}, fault:{fault.name}"
        return Taken(answer=answer, verdict=verdict, fault=fault)

    def _work(self, call: str, fields: dict[str, Any], *, concerned: str, late: bool) -> tuple[Answer, str]:
        try:
            if call == rules.STATUS:
                state = self._issuer.look_up(fields)
                return (self._unknown(), "unknown") if state is None else (ok(**state), "ok")
            shortest, longest = self._processing
            finished = self._issuer.accept(
                call,
                fields,
                takes=shortest + (longest - shortest) * fraction(self._plan.faults.seed, "processing", call, concerned),
                late_by=self._plan.faults.late_by if late else 0.0,
            )
        except Refused as refusal:
            return _no(refusal), "refused"
        return ok(request_status="success" if finished else "process"), "ok"

    def _undone(self, fault: Fault) -> Answer:
        code, http = ("too_many_requests", 429) if fault is Fault.LIMITED else ("unavailable", 503)
        return error(code, "nothing was done", http=http, retry_after=self._plan.faults.retry_after)

    def _duplicate(self) -> Answer:
        http = _DUPLICATE[self._plan.faults.duplicate]
        return error("duplicate_request", "this request id was seen before; nothing was processed", http=http, request_status="error")

    def _unknown(self) -> Answer:
        shape = self._plan.faults.unknown
        if shape == "bare":
            return ok()
        http = 404 if shape == "404" else 200
        return error("unknown_request", "no request has this request_id", http=http, request_status="error")


def _fields(body: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError):
        return None


def _no(refusal: Refused) -> Answer:
    return error(refusal.code, refusal.description, request_status="error")
