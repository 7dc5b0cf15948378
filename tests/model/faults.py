"""What may happen to one message, in words and in seconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import formatdate

from freedompay_async.wire import Reply
from tests.model.clocks import EPOCH

LATENCY = 0.05
PAGE = b"<html><body>Welcome</body></html>"
ERROR = b'{"status":"error","error_code":"E1","error_description":"no"}'


@dataclass(frozen=True, slots=True)
class Fault:
    """From the wish for a connection to the last byte of the answer; the defaults are of a message that nothing happens to."""

    name: str
    connects: bool = True
    trusted: bool = True
    pool: float = 0.0
    """Seconds until a connection is in hand."""
    arrives: float | None = 0.0
    """Seconds from the first byte until the issuer has it; `None`: never."""
    door: Reply | None = None
    """Answered without any work."""
    files: bool = False
    """The door has written the id down all the same."""
    loses: str | None = None
    """What the client sees instead of an answer, at once."""
    back: float | None = LATENCY
    """Seconds from the issuer to the client; `None`: the answer never comes."""
    instead: Reply | None = None
    """What the client gets in place of the answer, the work being done."""
    garbles: bool = False
    """The answer comes, and its fields are not what they should be."""
    dated: float = 0.0
    """Seconds ahead of the issuer's clock that a `Retry-After` names as a date."""

    def reply(self, given: Reply, now: float) -> Reply:
        reply = self.instead or given
        if self.garbles and reply.body:
            return Reply(reply.status, {}, json.dumps({**json.loads(reply.body), "cards": 7, "card_id": []}).encode())
        return Reply(reply.status, {"Retry-After": formatdate(EPOCH + now + self.dated, usegmt=True)}, reply.body) if self.dated else reply


def _http(status: int, body: bytes = ERROR, wait: str | None = None) -> Reply:
    return Reply(status, {} if wait is None else {"Retry-After": wait}, body)


CLOSED, RESET, CUT = "the server closed the connection without an answer", "the connection broke (reset)", "the answer was cut off"
NONE = Fault("no fault")
FAULTS = (
    NONE,
    Fault("waits 8 s for the pool", pool=8.0),
    Fault("waits 40 s for the pool", pool=40.0),
    Fault("waits 70 s for the pool", pool=70.0),
    Fault("no connection", connects=False),
    Fault("no connection, after 10 s", connects=False, pool=10.0),
    Fault("a certificate that is not trusted", connects=False, trusted=False),
    Fault("lost on the way, reset", arrives=None, loses=RESET),
    Fault("lost on the way, silence", arrives=None, back=None),
    Fault("done, closed", loses=CLOSED),
    Fault("done, reset", loses=RESET),
    Fault("done, cut", loses=CUT),
    Fault("done, silence", back=None),
    Fault("waits 40 s for the pool, done, closed", pool=40.0, loses=CLOSED),
    Fault("500 before the work", door=_http(500)),
    Fault("502 page before the work", door=_http(502, PAGE)),
    Fault("503 before the work", door=_http(503, wait="3")),
    Fault("503 before the work, Retry-After 70", door=_http(503, wait="70")),
    Fault("500 after the work", instead=_http(500)),
    Fault("502 page after the work", instead=_http(502, PAGE)),
    Fault("503 after the work", instead=_http(503, wait="3")),
    Fault("503 after the work, Retry-After 57", instead=_http(503, wait="57")),
    Fault("503 after the work, Retry-After as a date", instead=_http(503), dated=50.0),
    Fault("429", door=_http(429)),
    Fault("429, Retry-After 4", door=_http(429, wait="4")),
    Fault("429, Retry-After 70", door=_http(429, wait="70")),
    Fault("429, Retry-After as a date", door=_http(429), dated=6.0),
    Fault("429, the id is filed", door=_http(429), files=True),
    Fault("401", door=_http(401)),
    Fault("403 page after the work", instead=_http(403, PAGE)),
    Fault("page instead of the answer", instead=_http(200, PAGE)),
    Fault("an answer of another shape", garbles=True),
    Fault("the answer takes 7 s", back=7.0),
    Fault("the answer takes 14 s", back=14.0),
    Fault("arrives after 7 s", arrives=7.0),
    Fault("arrives after 3 s, reset at once", arrives=3.0, loses=RESET),
    Fault("arrives after 20 s", arrives=20.0),
    Fault("arrives after 20 s, reset at once", arrives=20.0, loses=RESET),
    Fault("arrives after 200 s", arrives=200.0, loses=CLOSED),
)
OFTEN = ("lost on the way, reset", "done, closed", "done, silence", "401", "arrives after 20 s, reset at once", "arrives after 200 s")
"""What two of must meet in one call, before it gets hard."""
_MORE = tuple(fault for fault in FAULTS if fault.name in OFTEN)
DRAWN = ((NONE,) * (64 - len(FAULTS) - len(_MORE))) + FAULTS + _MORE
"""Every one as often as it is to happen."""
