"""How a call begins, and what its attempts show, made by hand."""

from __future__ import annotations

from freedompay_async.calls.states import State
from freedompay_async.codec.messages import Evidence, Reply, Verdict


def shown(
    evidence: Evidence,
    *,
    retry_after: float = 0.0,
    http_status: int | None = None,
    final: bool = False,
) -> Verdict:
    reply = None if http_status is None else Reply(http_status, {}, b"")
    return Verdict(evidence, reply=reply, retry_after=retry_after, final=final)


# How a call may begin.
NEW_ID = {}
CALLERS_ID = {"callers_id": True}
SENT_EARLIER = {"state": State.LOST, "first_sent": 0.0, "last_sent": 0.0}
BEGINNINGS = [NEW_ID, CALLERS_ID, SENT_EARLIER]
