"""The issuer's answers, before they go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import msgspec

__all__ = ["Answer", "encode", "error", "failed", "gift", "moment", "ok", "timestamp"]

_ZONE: Final = timezone(timedelta(hours=5))
# An amount is a number on the wire, with all its digits.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer's fields, its HTTP status, and how many seconds it asks the client to wait."""

    body: dict[str, Any]
    http: int = 200
    retry_after: int | None = None

    @property
    def of_gift_cards(self) -> bool:
        """Whether it has the gift-card section's form."""
        return isinstance(self.body.get("status"), int)


def encode(body: object) -> bytes:
    """The JSON text of a body."""
    return _ENCODER.encode(body)


def moment(seconds: float) -> datetime:
    """A time in the issuer's zone, in whole seconds, from seconds since the epoch."""
    return datetime.fromtimestamp(int(seconds), _ZONE)


def timestamp() -> str:
    """The time now: RFC 3339 with offset, in whole seconds."""
    return datetime.now(_ZONE).isoformat(timespec="seconds")


def ok(**facts: Any) -> Answer:
    """An answer to a call that was accepted."""
    return Answer(body={"status": "ok", "dt": timestamp(), **facts})


def error(
    code: str, description: str, *, http: int = 200, retry_after: int | None = None, **facts: Any
) -> Answer:
    """An answer to a call that was refused."""
    body = {
        "status": "error",
        "dt": timestamp(),
        "error_code": code,
        "error_description": description,
        **facts,
    }
    return Answer(body=body, http=http, retry_after=retry_after)


def gift(status: int, *, http: int = 200, retry_after: int | None = None, **facts: Any) -> Answer:
    """An answer of the gift-card section; with a negative status it has no facts."""
    body = {
        "datetime": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "status": int(status),
        **facts,
    }
    return Answer(body=body, http=http, retry_after=retry_after)


def failed(answer: Answer) -> Answer:
    """The HTTP 500 that takes the place of an answer, in the form of its section."""
    if answer.of_gift_cards:
        return gift(-1, http=500)
    return error("internal_error", "the work of this call may be done", http=500)
