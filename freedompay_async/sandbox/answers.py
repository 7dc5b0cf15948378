"""What the issuer says, before it meets the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

__all__ = ["Answer", "error", "ok", "timestamp"]

_ZONE: Final = timezone(timedelta(hours=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer's fields, its HTTP status, and how many seconds it asks the client to wait."""

    body: dict[str, Any]
    http: int = 200
    retry_after: int | None = None


def timestamp() -> str:
    """Now, RFC 3339 with offset, whole seconds."""
    return datetime.now(_ZONE).isoformat(timespec="seconds")


def ok(**facts: Any) -> Answer:
    """An answer to a call that was taken."""
    return Answer(body={"status": "ok", "dt": timestamp(), **facts})


def error(code: str, description: str, *, http: int = 200, retry_after: int | None = None, **facts: Any) -> Answer:
    """An answer to a call that was not taken."""
    body = {"status": "error", "dt": timestamp(), "error_code": code, "error_description": description, **facts}
    return Answer(body=body, http=http, retry_after=retry_after)
