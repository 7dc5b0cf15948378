"""Reads an answer, and decides what it proves. Pure."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from freedompay_async.codec.answer_form import NOT_JSON, bare, form_of, kind_of
from freedompay_async.codec.answer_size import too_much
from freedompay_async.codec.messages import Evidence, Reply, Verdict
from freedompay_async.codec.retry_after import retry_after
from freedompay_async.codec.shapes import Difference, Note, read_shape
from freedompay_async.contract.models.answers import Answer, RequestState
from freedompay_async.contract.models.dictionaries import GiftStatus
from freedompay_async.contract.models.gift_cards import GiftAnswer
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.redaction.redaction import BY_SHAPE, Redaction

if TYPE_CHECKING:
    from freedompay_async.contract.models.answers import AnyAnswer

__all__ = ["read_answer", "read_look_up"]

_WORD: Final = re.compile(r"-?\w{1,20}", re.ASCII)
# A longer answer is a list, and to read it twice would block the event loop for too long.
_MOST_SEARCHED: Final = 65_536


def read_answer(
    reply: Reply,
    kind: type[Any],
    *,
    effect: bool,
    now: float,
    envelope: type[Any] = Answer,
    asked: frozenset[str] = frozenset(),
    redaction: Redaction = BY_SHAPE,
) -> Verdict:
    """What an answer proves, by its body first and then by its HTTP status.

    Only the contract's own JSON proves anything about an effect or an id: an object with a `status`
    of the contract and at least one of the fields `asked`. With HTTP 429 and 5xx it can prove that
    something was done, and never that it was not. A contradiction in it leaves it unclear.

    Args:
        reply: the answer.
        kind: the struct of a good answer.
        effect: `request_status: error` is an error of this call. For a read it is the content.
        now: seconds since the epoch, for a `Retry-After` that is a date.
        envelope: the struct of every answer of the section, if `kind` is a type of the caller.
        asked: fields of which every answer of the contract has at least one; empty: `status` is
            enough.
        redaction: what the texts of the answer must not show.
    """
    body = bare(reply.body)
    answer, value, notes, reason = _decode(body, kind, envelope, asked, redaction)
    good = 200 <= reply.status < 300
    failed = isinstance(answer, Answer) and answer.request_status == "error"
    contradiction = None if answer is None else answer.contradiction or _says_twice(body)
    accepted = None if answer is None or contradiction else answer.accepted
    if accepted and good and not (effect and failed):
        # Nothing speaks against it.
        return Verdict(Evidence.OK, f"HTTP {reply.status}", answer, reply, notes=notes, value=value)
    if reason == NOT_JSON:
        reason = redaction.text(form_of(reply.headers, body))
    reason, wait = f"HTTP {reply.status}{reason}", retry_after(reply.headers, now)
    troubled = reply.status == 429 or reply.status >= 500
    # An answer about a failed request may name something. For the call itself it is then no clear
    # failure.
    if (
        effect
        and failed
        and contradiction is None
        and isinstance(answer, RequestState)
        and answer.named
    ):
        contradiction, accepted = "request_status error, and it names something", None
    # An ok without a request_status would mean "not known", which 429 and 5xx can't prove.
    says_nothing = not effect and isinstance(answer, RequestState) and answer.request_status is None
    if accepted and troubled and not failed and not says_nothing:
        return Verdict(
            Evidence.TAKEN if effect else Evidence.OK,
            f"{reason} with a body that says ok",
            answer,
            reply,
            wait,
            notes,
            value,
        )
    if troubled:
        evidence = Evidence.LIMITED if reply.status == 429 else Evidence.NO_ANSWER
        # No body is expected here, so what is wrong with it does not matter.
        return Verdict(evidence, f"HTTP {reply.status}{kind_of(body)}", None, reply, wait)
    if accepted and not good:
        return Verdict(
            Evidence.UNCLEAR, f"{reason} with a body that says ok", answer, reply, wait, notes
        )
    if contradiction:
        return Verdict(
            Evidence.UNCLEAR,
            f"{reason}, which contradicts itself: {contradiction}",
            answer,
            reply,
            wait,
            notes,
        )
    # A gift-card status other than "access denied" says what is wrong, whatever the HTTP status.
    other = isinstance(answer, GiftAnswer) and answer.status not in (
        GiftStatus.ACCESS_DENIED,
        GiftStatus.GENERAL_ERROR,
    )
    if reply.status in (401, 403) and not (accepted is False and other):
        return Verdict(
            Evidence.DENIED if accepted is False else Evidence.BLOCKED,
            reason,
            answer,
            reply,
            wait,
            notes,
        )
    if answer is None:
        taken = good and _accepted(body, envelope, asked, redaction)
        return Verdict(
            Evidence.TAKEN if taken else Evidence.UNCLEAR, reason, None, reply, wait, notes
        )
    if accepted is None:
        status = str(answer.status)
        # A text that is no word may hold anything, even half a secret, which can't be recognised.
        shown = repr(redaction.text(status)) if _WORD.fullmatch(status) else "that is no word"
        return Verdict(Evidence.UNCLEAR, f"{reason} with status {shown}", None, reply, wait, notes)
    return Verdict(Evidence.ERROR, reason, answer, reply, wait, notes)


def read_look_up(
    reply: Reply,
    *,
    now: float,
    asked: frozenset[str] = frozenset(),
    redaction: Redaction = BY_SHAPE,
) -> Verdict:
    """What an answer of `request/status` proves about a request.

    `status: error` means that the look-up failed, for instance because the id is unknown. Only
    `status: ok` with `request_status: error` proves that the request failed. The answer to an
    unknown id is not public: an error, an ok without a `request_status`, or a 404. A 404 that is
    not the contract's own JSON may come from a gateway, so it says nothing about the id.
    """
    verdict = read_answer(
        reply, RequestState, effect=False, now=now, asked=asked, redaction=redaction
    )
    if verdict.evidence is Evidence.OK:
        state: RequestState = verdict.answer
        evidence = (
            Evidence.FAILED
            if state.failed
            else Evidence.NOT_KNOWN
            if state.request_status is None
            else Evidence.KNOWN
        )
        if evidence is Evidence.NOT_KNOWN and state.named:
            return replace(
                verdict,
                evidence=Evidence.UNCLEAR,
                reason=f"{verdict.reason}, which names something and no request_status",
            )
    elif verdict.evidence is Evidence.ERROR:
        evidence = Evidence.NOT_KNOWN
    elif reply.status == 404 and verdict.answer is None:
        evidence = Evidence.UNINFORMATIVE
    else:
        return verdict
    return replace(verdict, evidence=evidence)


_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def _decode(
    body: bytes, kind: Any, envelope: type[Any], asked: frozenset[str], redaction: Redaction
) -> tuple[AnyAnswer | None, Any, tuple[Note, ...], str]:
    """The answer, its value in the caller's own type, its differences from the contract, and what
    is wrong with it.
    """
    notes: list[Note] = []
    answer: AnyAnswer
    if much := too_much(body):
        return None, None, (), f", not read: {much}"
    hidden = redaction.within(body)
    try:
        fields = _DECODER.decode(body)
        if asked and not _has_one(fields, asked):
            lacking = sorted(asked)
            missing = tuple(Note(Difference.MISSING_FIELD, name) for name in lacking)
            return (
                None,
                None,
                missing,
                f", JSON that is not the contract's (it has no {' or '.join(lacking)})",
            )
        if isinstance(kind, type) and issubclass(kind, OpenStruct):
            answer, value = (
                cast("AnyAnswer", read_shape(fields, kind, notes=notes, hidden=hidden)),
                None,
            )
        else:
            # `read_shape` changes its fields.
            answer, value = read_shape(dict(fields), envelope, notes=[], hidden=hidden), None
            if answer.accepted:
                value = _as_callers_type(fields, kind, hidden)
    except msgspec.ValidationError as error:
        return (
            None,
            None,
            tuple(notes),
            f", JSON of another shape ({redaction.text(str(error))[:200]})",
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, InvalidOperation):
        return None, None, (), kind_of(body) or NOT_JSON
    if notes and not answer.accepted:
        # Fields that an error lacks are no drift.
        notes = [note for note in notes if note.difference is not Difference.MISSING_FIELD]
    return answer, value, tuple(notes), ""


def _as_callers_type(fields: dict[str, Any], kind: Any, hidden: Redaction | None) -> Any:
    """The answer in the caller's own type, whose code may raise anything.

    Any error of it only means that the answer can't be read, because the answer has come.
    """
    # First with all secrets hidden, then without hidden numbers, then as it came: the type may
    # accept no `Secret` in their place.
    if hidden is not None:
        for numbers in (True, False):
            form = hidden.sealed(fields, numbers=numbers)
            with suppress(Exception):
                return read_shape(form, kind, notes=[])
    try:
        return read_shape(fields, kind, notes=[])
    except msgspec.ValidationError:
        raise
    except Exception as error:  # noqa: BLE001 - see the docstring
        raised = type(error).__name__
    raise msgspec.ValidationError(f"the answer's own type raises {raised}")


def _has_one(fields: dict[str, Any], asked: frozenset[str]) -> bool:
    """Whether one of these fields is there and not empty."""
    for name in asked:
        value = fields.get(name)
        # 0 and false are values.
        if value or value == 0:
            return True
    return False


def _says_twice(body: bytes) -> str | None:
    """The end of a reason if a deciding field is there twice: a JSON reader takes the last one."""
    if len(body) > _MOST_SEARCHED or (
        body.count(b'"status"') < 2 and body.count(b'"request_status"') < 2
    ):
        return None
    try:
        names = [name for name, _ in json.loads(body, object_pairs_hook=list)]
    except RecursionError:
        # It is too deep for this reader, and it has the name twice somewhere.
        return "status may be there twice"
    return next(
        (
            f"{name} is there twice"
            for name in ("status", "request_status")
            if names.count(name) > 1
        ),
        None,
    )


def _accepted(
    body: bytes, envelope: type[Any], asked: frozenset[str], redaction: Redaction
) -> bool:
    """Whether an answer that can't be read still says that the call was done."""
    answer, *_ = _decode(body, envelope, envelope, asked, redaction)
    failed = isinstance(answer, Answer) and answer.request_status == "error"
    return (
        answer is not None
        and answer.accepted is True
        and not failed
        and not answer.contradiction
        and not _says_twice(body)
    )
