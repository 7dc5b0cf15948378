"""Answers as they come over the wire, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freedompay_async.codec.decode import read_answer, read_look_up
from freedompay_async.codec.messages import Evidence, Reply
from freedompay_async.contract.models import RequestState
from freedompay_async.contract.table import CARDS_ISSUE, REQUESTS_STATUS

if TYPE_CHECKING:
    from freedompay_async.codec.messages import Verdict

NOW = 1_700_000_000.0
OK = b'{"status":"ok","request_status":"process"}'
ERROR = b'{"status":"error","error_code":17}'
HTML = b"\r\n <!DOCTYPE html><html><body>502</body></html>"
DEEP = b'{"status":"ok","request_status":"success","more":' + b"[" * 200_000 + b"]" * 200_000 + b"}"

# What says something of an effect or of an id.
SAYS = {
    Evidence.OK,
    Evidence.TAKEN,
    Evidence.ERROR,
    Evidence.DENIED,
    Evidence.KNOWN,
    Evidence.FAILED,
    Evidence.NOT_KNOWN,
}


def reply(status: int, body: bytes, retry_after: str | None = None) -> Reply:
    return Reply(status, {} if retry_after is None else {"Retry-After": retry_after}, body)


def answer_to(
    status: int, body: bytes, *, effect: bool = True, retry_after: str | None = None
) -> Verdict:
    return read_answer(
        reply(status, body, retry_after),
        RequestState,
        effect=effect,
        now=NOW,
        asked=CARDS_ISSUE.envelope,
    )


def look_up(status: int, body: bytes, *, retry_after: str | None = None) -> Verdict:
    return read_look_up(reply(status, body, retry_after), now=NOW, asked=REQUESTS_STATUS.envelope)
