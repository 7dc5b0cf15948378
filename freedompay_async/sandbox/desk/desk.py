"""Handles one call in this order: the signature, the fault, the id, the work.

There is no HTTP in it, and no waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from freedompay_async.sandbox.answers import Answer, error, gift, ok
from freedompay_async.sandbox.desk.host_contract import HostContract
from freedompay_async.sandbox.desk.signatures import complaint, signed_text
from freedompay_async.sandbox.faults import UNDONE, Fault, Plan, fraction
from freedompay_async.sandbox.issuing import rules
from freedompay_async.sandbox.issuing.gift_cards import GiftError, GiftRefused
from freedompay_async.sandbox.issuing.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.sandbox.desk.signatures import Diagnose
    from freedompay_async.sandbox.issuing.issuer import Issuer

__all__ = ["PREFIX", "Desk", "Taken"]

PREFIX: Final = "/v5/card-api/"

_DUPLICATE: Final = {"error": 200, "400": 400, "409": 409}
# An amount keeps its digits.
_BODY: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A call that was handled."""

    answer: Answer
    verdict: str
    """As in `Received`."""
    fault: Fault = Fault.NONE
    signed: str = ""
    """The text that the signature covers: for `Sign` the body and a placeholder for the key, for
    JWS the header and the payload.
    """
    why: str = ""
    """What is wrong with the signature, in a sentence; empty if nothing is."""


class Desk:
    """Handles the calls to an issuer.

    `processing` is the shortest and the longest time that a request takes, in seconds. `contract`
    has the differences of this host from the vendor's pages. `diagnose` finds out why a signature
    does not fit.
    """

    def __init__(
        self,
        *,
        issuer: Issuer,
        plan: Plan,
        auth_id: str,
        secret_key: str,
        processing: tuple[float, float],
        contract: HostContract | None = None,
        diagnose: Diagnose | None = None,
    ) -> None:
        self._issuer: Final = issuer
        self._plan: Final = plan
        self._auth_id: Final = auth_id
        self._secret_key: Final = secret_key
        self._processing: Final = processing
        self._contract: Final = contract or HostContract()
        self._diagnose: Final = diagnose

    def call_of(self, path: str) -> str | None:
        """The call of a whole path on this host; `None` if there is none."""
        return self._contract.call_of(path)

    def take(self, *, path: str, headers: Mapping[str, str], body: bytes) -> Taken:
        """Do a call's work, unless its fault forbids it, and give the right answer."""
        call = self.call_of(path)
        if call is None:
            return Taken(
                answer=error("not_found", f"no such path: {path}", http=404), verdict="unknown path"
            )
        why = reason = (
            complaint(
                headers=headers,
                path=path,
                body=body,
                auth_id=self._auth_id,
                secret_key=self._secret_key,
                diagnose=self._diagnose,
            )
            or ""
        )
        if not why and (why := self._contract.complaint(call, headers) or ""):
            # A host does not say which schemes it takes.
            reason = "the signature is wrong"
        if why:
            answer, verdict, fault = (
                _error(call, "unauthorized", reason, http=401),
                "bad signature",
                Fault.NONE,
            )
        else:
            try:
                answer, verdict, fault = self._admit(call, headers=headers, body=body)
            finally:
                self._issuer.commit()
        if call == rules.VALIDATE:
            # This answer is the only one whose envelope has no such field.
            answer.body.pop("request_status", None)
        return Taken(
            answer=answer,
            verdict=verdict,
            fault=fault,
            signed=signed_text(headers=headers, body=body),
            why=why,
        )

    def _admit(
        self, call: str, *, headers: Mapping[str, str], body: bytes
    ) -> tuple[Answer, str, Fault]:
        received = _fields(body)
        own = _text(headers.get("Request-Id", "")) if "Sign" in headers else None
        fields = None if received is None else self._contract.as_usual(call, received, own=own)
        named = (
            fields.get("request_id")
            if fields is not None and (call == rules.STATUS or rules.has_own_id(call))
            else None
        )
        # A call that is sent again has the same id, or else the same body. It gets the next draw,
        # not the same one.
        concerned = (
            named if isinstance(named, str) else own or blake2b(body, digest_size=16).hexdigest()
        )
        fault = self._plan.next(call, concerned)
        if fault is Fault.LATE and not rules.is_effect(call):
            fault = Fault.NONE
        if fault in UNDONE:
            return self._undone(call, fault), f"fault:{fault.name}", fault
        ids = {
            each
            for each in (own, None if call == rules.STATUS else named)
            if each and isinstance(each, str)
        }
        if "Sign" in headers and not own:
            answer, verdict = (
                _no(call, "invalid_request", "the header Request-Id is missing"),
                "refused",
            )
        elif not self._issuer.first_use(ids, effect=rules.is_effect(call)):
            answer, verdict = self._duplicate(call), "duplicate"
        elif received is None or fields is None:
            answer, verdict = (
                _no(call, "invalid_json", "the body is not a JSON object", http=400),
                "not json",
            )
        elif missing := self._contract.lacks(call, received):
            answer, verdict = _no(call, "invalid_request", f"{missing} is required"), "refused"
        elif rules.is_gift(call):
            answer, verdict = self._serve_gift(call, fields)
        else:
            answer, verdict = self._work(
                call, fields, concerned=concerned, late=fault is Fault.LATE
            )
        if fault is not Fault.NONE:
            verdict = f"fault:{fault.name}" if verdict == "ok" else f"{verdict}, fault:{fault.name}"
        return answer, verdict, fault

    def _work(
        self, call: str, fields: dict[str, Any], *, concerned: str, late: bool
    ) -> tuple[Answer, str]:
        try:
            if call == rules.STATUS:
                state = self._issuer.look_up(fields)
                return (self._unknown(), "unknown") if state is None else (ok(**state), "ok")
            if not rules.is_effect(call):
                return ok(request_status="success", **self._issuer.answer(call, fields)), "ok"
            shortest, longest = self._processing
            finished = self._issuer.accept(
                call,
                fields,
                takes=shortest
                + (longest - shortest)
                * fraction(self._plan.faults.seed, "processing", call, concerned),
                late_by=self._plan.faults.late_by if late else 0.0,
                to_holder=self._contract.to_holder(call),
            )
        except Refused as refusal:
            return _no(call, refusal.code, refusal.description), "refused"
        return ok(request_status="success" if finished else "process"), "ok"

    def _serve_gift(self, call: str, fields: dict[str, Any]) -> tuple[Answer, str]:
        try:
            return gift(0, **self._issuer.serve_gift(call, fields)), "ok"
        except GiftRefused as refusal:
            return gift(refusal.status), "refused"

    def _undone(self, call: str, fault: Fault) -> Answer:
        code, http = ("too_many_requests", 429) if fault is Fault.LIMITED else ("unavailable", 503)
        return _error(
            call, code, "nothing was done", http=http, retry_after=self._plan.faults.retry_after
        )

    def _duplicate(self, call: str) -> Answer:
        http = _DUPLICATE[self._plan.faults.duplicate]
        return _no(
            call,
            "duplicate_request",
            "this request id was seen before; nothing was processed",
            http=http,
        )

    def _unknown(self) -> Answer:
        shape = self._plan.faults.unknown
        if shape == "bare":
            return ok()
        if shape == "gateway":
            return Answer(body={"message": "no Route matched with those values"}, http=404)
        return _no(
            rules.STATUS,
            "unknown_request",
            "no request has this request_id",
            http=404 if shape == "404" else 200,
        )


def _fields(body: bytes) -> dict[str, Any] | None:
    try:
        return _BODY.decode(body)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return None


def _text(header: str) -> str:
    # aiohttp hands bytes that are not UTF-8 on as surrogates, which no database takes.
    return header.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _no(call: str, code: str, description: str, *, http: int = 200) -> Answer:
    return _error(call, code, description, http=http, request_status="error")


def _error(
    call: str,
    code: str,
    description: str,
    *,
    http: int,
    retry_after: int | None = None,
    **facts: Any,
) -> Answer:
    if rules.is_gift(call):
        # The section's answer has a number only, and no room for a reason.
        return gift(
            GiftError.DENIED if code == "unauthorized" else GiftError.GENERAL,
            http=http,
            retry_after=retry_after,
        )
    return error(code, description, http=http, retry_after=retry_after, **facts)
