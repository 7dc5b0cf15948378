"""A call to bytes, and an answer to what it shows: pure.

The encoder of the body is here and nowhere else: what the vendor's server re-encodes, if anything, is not public.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from freedompay_async.errors import ConfigurationError
from freedompay_async.masking import mask_text
from freedompay_async.models import Answer, RequestState
from freedompay_async.policy import Seen
from freedompay_async.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Reply", "Verdict", "encode", "read_answer", "read_look_up"]


class Reply(NamedTuple):
    """What came back, as plain values."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Verdict(NamedTuple):
    """What an attempt has shown, and why."""

    seen: Seen
    reason: str = ""
    answer: Any = None
    reply: Reply | None = None
    retry_after: float = 0.0
    """Seconds that the issuer asked to wait."""


def encode(request: msgspec.Struct) -> bytes:
    """One line of JSON in UTF-8: these bytes are signed, and these bytes are sent.

    Raises:
        ConfigurationError: a value has no form in it; nothing was sent.
    """
    try:
        return _ENCODER.encode(request)
    except UnicodeEncodeError:
        # Without its cause, which holds the whole value.
        raise ConfigurationError("a value has characters that UTF-8 can't write (half of a surrogate pair). Nothing was sent.") from None
    except TypeError as error:
        raise ConfigurationError(f"a value has no form in JSON: {error}. Nothing was sent.") from error


def read_answer(reply: Reply, answer_type: type[Answer], *, effect: bool, now: float) -> Verdict:
    """Decide by the body first, then by the HTTP status; only a 5xx and a 429 never prove anything.

    Args:
        reply: what came back.
        answer_type: the struct of a good answer.
        effect: `request_status: error` is an error of this call; of a read it is what was asked for.
        now: seconds since the epoch, for a `Retry-After` that is a date.
    """
    wait = _retry_after(reply, now)
    if reply.status == 429:
        return Verdict(Seen.LIMITED, "HTTP 429", None, reply, wait)
    if reply.status >= 500:
        return Verdict(Seen.NO_ANSWER, f"HTTP {reply.status}{_kind(reply.body)}", None, reply, wait)
    answer, reason = _decode(reply.body, answer_type)
    reason = f"HTTP {reply.status}{reason}"
    if answer is not None and answer.status == "ok" and not 200 <= reply.status < 300:
        return Verdict(Seen.UNCLEAR, f"{reason} with status 'ok'", answer, reply, wait)
    # A proxy that filters answers says 403 in HTML of work that was done; a 401 is said before any work.
    if reply.status == 401 or (reply.status == 403 and not reply.body.lstrip().startswith(b"<")):
        return Verdict(Seen.DENIED, reason, answer, reply, wait)
    if answer is None:
        return Verdict(Seen.UNCLEAR, reason, None, reply, wait)
    if answer.status == "error":
        return Verdict(Seen.ERROR, reason, answer, reply, wait)
    if answer.status != "ok":
        return Verdict(Seen.UNCLEAR, f"{reason} with status {mask_text(answer.status)[:40]!r}", None, reply, wait)
    if effect and answer.request_status == "error":
        return Verdict(Seen.ERROR, reason, answer, reply, wait)
    return Verdict(Seen.OK, reason, answer, reply)


def read_look_up(reply: Reply, *, now: float) -> Verdict:
    """What `request/status` shows of an intent.

    `status: error` means that the look-up failed, an unknown id included; only `status: ok` with `request_status: error`
    proves that the request failed. What an unknown id gets is not public: a 404, an error, or an ok that says nothing.
    """
    verdict = read_answer(reply, RequestState, effect=False, now=now)
    if verdict.seen is Seen.OK:
        state: RequestState = verdict.answer
        seen = Seen.FAILED if state.failed else Seen.NOT_KNOWN if state.request_status is None else Seen.KNOWN
    elif verdict.seen is Seen.ERROR or (reply.status == 404 and verdict.answer is None and not reply.body.lstrip().startswith(b"<")):
        seen = Seen.NOT_KNOWN
    else:
        return verdict
    return verdict._replace(seen=seen)


def _reveal(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"it is of type {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_reveal)


@cache
def _decoder(answer_type: type[Answer]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(answer_type)


def _decode(body: bytes, answer_type: type[Answer]) -> tuple[Any, str]:
    try:
        return _decoder(answer_type).decode(body), ""
    except msgspec.ValidationError as error:
        return None, f", JSON of another shape ({error})"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, _kind(body) or ", not JSON"


def _kind(body: bytes) -> str:
    start = body.lstrip()[:1]
    if not start:
        return ", an empty body"
    return ", an HTML page" if start == b"<" else ""


def _retry_after(reply: Reply, now: float) -> float:
    value = reply.headers.get("Retry-After")
    if value is None:
        return 0.0
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
