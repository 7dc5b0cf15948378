"""The server's answers to each path. For Freedom Pay's calls the request id names the card, and a
question about an id that was never sent gets an error.

The answers of Lithic's and Stripe's servers are as short as Freedom Pay's, so that no client has
more to read.
"""

from __future__ import annotations

import json
from typing import Final

__all__ = ["ANSWERS", "EFFECTS", "NO_SUCH_ID", "PLACE", "QUESTION"]

PLACE: Final = "00000000-0000-4000-8000-000000000000"
"""Stands in an answer where the request id goes."""

_DT: Final = "2026-01-01T00:00:00+05:00"
_DONE: Final = {
    "status": "ok",
    "request_status": "success",
    "client_id": "client-1",
    "cards": [{"card_id": PLACE}],
    "dt": _DT,
}
_PROCESS: Final = {"status": "ok", "request_status": "process", "dt": _DT}
_CARD: Final = {
    "card_id": "card-1",
    "client_id": "client-1",
    "product_id": 2000,
    "card_status": "active",
    "expiry": "2030-01",
}
_LITHIC: Final = {"token": "card-1", "type": "VIRTUAL", "state": "OPEN", "last_four": "0000"}
_STRIPE: Final = {
    "id": "ic_1",
    "object": "issuing.card",
    "currency": "usd",
    "type": "virtual",
    "status": "inactive",
    "livemode": False,
}


def _reply(content: object) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


QUESTION: Final = b"/v5/card-api/request/status"
NO_SUCH_ID: Final = _reply({"status": "error", "error_code": "1006", "dt": _DT})
_SHARED: Final = {
    b"/v5/card-api/card/info": _reply({"status": "ok", "dt": _DT} | _CARD),
    QUESTION: _reply(_DONE),
    b"/v1/cards": _reply(_LITHIC),
    b"/v1/cards/card-1": _reply(_LITHIC),
    b"/v1/issuing/cards": _reply(_STRIPE),
    b"/v1/issuing/cards/ic_1": _reply(_STRIPE),
}
EFFECTS: Final = (
    b"/v5/card-api/client/add",
    b"/v5/card-api/card/issue",
    b"/v5/card-api/card/block",
)
ANSWERS: Final = {
    "done": _SHARED | dict.fromkeys(EFFECTS, _reply(_DONE)),
    "process": _SHARED | dict.fromkeys(EFFECTS, _reply(_PROCESS)),
}
"""By name and path.

`done`: an effect ends in its own answer; `process`: only `request/status` tells the end, and at the
first look.
"""
