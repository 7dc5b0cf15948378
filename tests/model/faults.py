"""What may happen to one message, in words and in seconds."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from freedompay_async.codec.messages import Reply
from tests.model.clocks import EPOCH
from tests.model.issuer import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

LATENCY = 0.05
PAGE = b"<html><body>Welcome</body></html>"
ERROR = b'{"status":"error","error_code":"E1","error_description":"no"}'
OTHER, ANOTHER = "card-of-another", "card-of-yet-another"
"""Cards that nobody has ordered here."""


@dataclass(frozen=True, slots=True)
class Fault:
    """From the wish for a connection to the last byte of the answer; the defaults are of a message
    that nothing happens to.
    """

    name: str
    connects: bool = True
    trusted: bool = True
    pool: float = 0.0
    """Seconds until a connection is in hand."""
    arrives: float | None = 0.0
    """Seconds from the first byte until the issuer has it; `None`: never."""
    door: Reply | None = None
    """Answered without any work."""
    says: str | None = None
    """What that says in the contract's own JSON."""
    files: bool = False
    """The door has written the id down all the same."""
    loses: str | None = None
    """What the client sees instead of an answer, at once."""
    back: float | None = LATENCY
    """Seconds from the issuer to the client; `None`: the answer never comes."""
    instead: Reply | None = None
    """What the client gets in place of the answer, the work being done."""
    turns: Callable[[Answer], Answer] | None = None
    """What becomes of the answer on its way back."""
    dated: float = 0.0
    """Seconds ahead of the issuer's clock that a `Retry-After` names as a date."""
    again: float | None = None
    """A proxy sends it once more, so many seconds after the first arrival."""
    second: bool = False
    """The client gets the answer to that, and not the first."""
    odd: bool = False
    """Something on the way speaks for itself, repeats, or makes another answer of it."""

    def show(self, given: Answer, now: float) -> Answer:
        """What comes back of what the issuer has said."""
        if self.turns is not None:
            return self.turns(given)
        if self.instead is None:
            return given
        reply = self.instead
        if self.dated:
            reply = Reply(
                reply.status,
                {"Retry-After": formatdate(EPOCH + now + self.dated, usegmt=True)},
                reply.body,
            )
        return Answer(reply)

    def at_the_door(self, now: float, *, question: bool, gift: bool) -> Answer:
        """In the contract's own JSON an error to a question is what an id that is not known gets."""
        if gift and self.says == "denied":
            return Answer(Reply(self.door.status, {}, GIFT_DENIED), "denied")
        reply = self.door
        if self.dated:
            reply = Reply(
                reply.status,
                {"Retry-After": formatdate(EPOCH + now + self.dated, usegmt=True)},
                reply.body,
            )
        return Answer(reply, "not known" if question and self.says == "no" else self.says)


GIFT_DENIED = b'{"status":-11,"datetime":"2023-11-14 22:13:20"}'


def _http(status: int, body: bytes = ERROR, wait: str | None = None) -> Reply:
    return Reply(status, {} if wait is None else {"Retry-After": wait}, body)


def _fields(given: Answer) -> dict:
    return json.loads(given.reply.body) if given.reply.body else {}


def _told(given: Answer, says: str | None, http: int | None = None, **fields) -> Answer:
    """The same with other fields."""
    body = json.dumps({**_fields(given), **fields}).encode()
    return Answer(Reply(given.reply.status if http is None else http, {}, body), says)


def _is_gift(given: Answer) -> bool:
    return "datetime" in _fields(given)


def _is_read(given: Answer) -> bool:
    """What is about a card decides nothing about a request."""
    return "card_id" in _fields(given) and not _is_gift(given)


def _of_another_shape(given: Answer) -> Answer:
    return (
        _told(given, given.says if _is_read(given) else None, cards=7, card_id=[])
        if given.reply.body
        else given
    )


def _under(http: int) -> Callable[[Answer], Answer]:
    """The issuer's own answer under another HTTP status: at 429 and 5xx it can prove that something
    was done, and never that it was not.
    """

    def turn(given: Answer) -> Answer:
        if http == 429 or http >= 500:
            says = given.says if given.says in ("process", "success") else None
        else:
            error = _fields(given).get("status", "ok") not in ("ok", 0)
            says = (
                (given.says and "denied" if http in (401, 403) else given.says) if error else None
            )
        return Answer(Reply(http, {}, given.reply.body), says)

    return turn


def _with_ids(*card_ids: object) -> Callable[[Answer], Answer]:
    """Where it names cards; a gift card's answer has one id."""

    def turn(given: Answer) -> Answer:
        fields = _fields(given)
        if "cards" in fields:
            return _told(given, given.says, cards=[{"card_id": each} for each in card_ids])
        return (
            _told(given, given.says, card_id=card_ids[0])
            if "card_id" in fields and card_ids and given.says != "no"
            else given
        )

    return turn


def _one_less(given: Answer) -> Answer:
    fields = _fields(given)
    return _told(given, given.says, cards=fields["cards"][:-1]) if "cards" in fields else given


def _one_unnamed(given: Answer) -> Answer:
    fields = _fields(given)
    return (
        _told(given, given.says, cards=[*fields["cards"][:-1], {"card_id": ""}])
        if "cards" in fields
        else given
    )


def _two_more(given: Answer) -> Answer:
    fields = _fields(given)
    return (
        _told(given, given.says, cards=[*fields["cards"], {"card_id": OTHER}, {"card_id": ANOTHER}])
        if "cards" in fields
        else given
    )


def _error_of_what_goes_on(given: Answer) -> Answer:
    return (
        _told(given, None, status=-4, card_id=OTHER)
        if _is_gift(given)
        else _told(given, None, status="error", request_status="process")
    )


def _error_that_names(given: Answer) -> Answer:
    if _is_read(given):
        return given
    return (
        _told(given, None, status=-4, card_id=OTHER)
        if _is_gift(given)
        else _told(given, None, status="error", cards=[{"card_id": OTHER}])
    )


def _failure_that_names(given: Answer) -> Answer:
    """Of a request that was asked about it is a failure, and what it names may exist."""
    if _is_gift(given) or _is_read(given):
        return given
    card_ids = _fields(given).get("cards") or [{"card_id": OTHER}]
    return _told(
        given, "failed, and names a card", status="ok", request_status="error", cards=card_ids
    )


def _twice(given: Answer) -> Answer:
    """Of a field that is there twice a reader takes the first or the last."""
    if not given.reply.body or _is_gift(given):
        return given
    other = b"error" if _fields(given).get("status") == "ok" else b"ok"
    return Answer(
        Reply(
            given.reply.status, {}, b'{"status":"' + other + b'",' + given.reply.body.lstrip()[1:]
        )
    )


def _behind_a_bom(given: Answer) -> Answer:
    return Answer(
        Reply(given.reply.status, given.reply.headers, b"\xef\xbb\xbf\r\n" + given.reply.body),
        given.says,
    )


def _spring(status: int, body: bytes) -> bytes:
    page = {
        "timestamp": "2023-11-14T22:13:20.000+00:00",
        "status": status,
        "error": "Not Found",
        "path": "/v5/card-api/request/status",
    }
    return json.dumps(page).encode()


FORMS: dict[str, Callable[[int, bytes], bytes]] = {
    "text": lambda status, body: b"no healthy upstream",
    "foreign JSON": lambda status, body: b'{"message":"no Route matched with those values"}',
    "an ok of its own": lambda status, body: b'{"status":"ok"}',
    "an error of its own": lambda status, body: b'{"status":"error","message":"blocked"}',
    "a Spring page": _spring,
    "a page": lambda status, body: PAGE,
    "gzip": lambda status, body: gzip.compress(body, mtime=0),
    "half a BOM": lambda status, body: b"\xef\xbb" + body,
    "a list": lambda status, body: b"[" + body + b"]",
    "half of it": lambda status, body: body[: len(body) // 2],
    "nothing": lambda status, body: b"",
}
"""What a gateway says, or makes of what was said: none of it is the contract's own JSON."""
STATUSES = (200, 401, 403, 404, 422, 429, 500, 503)


def _gateway(status: int, form: str) -> Callable[[Answer], Answer]:
    def turn(given: Answer) -> Answer:
        return Answer(Reply(status, {}, FORMS[form](status, given.reply.body)))

    return turn


CLOSED, RESET, CUT = (
    "the server closed the connection without an answer",
    "the connection broke (reset)",
    "the answer was cut off",
)
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
    Fault("401", door=_http(401), says="denied"),
    Fault("403", door=_http(403), says="denied"),
    Fault("403 page after the work", instead=_http(403, PAGE)),
    Fault("page instead of the answer", instead=_http(200, PAGE)),
    Fault("an answer of another shape", turns=_of_another_shape),
    Fault("the answer takes 7 s", back=7.0),
    Fault("the answer takes 14 s", back=14.0),
    Fault("arrives after 7 s", arrives=7.0),
    Fault("arrives after 3 s, reset at once", arrives=3.0, loses=RESET),
    Fault("arrives after 20 s", arrives=20.0),
    Fault("arrives after 20 s, reset at once", arrives=20.0, loses=RESET),
    Fault("arrives after 200 s", arrives=200.0, loses=CLOSED),
)
GATEWAYS = (
    *(
        Fault(
            f"{status} {form}, before the work",
            door=_http(status, FORMS[form](status, ERROR)),
            odd=True,
        )
        for status in STATUSES
        for form in FORMS
    ),
    *(
        Fault(f"{status} {form}, after the work", turns=_gateway(status, form), odd=True)
        for status in STATUSES
        for form in FORMS
    ),
)
"""What has no connection to the issuer, or loses its answer, answers for itself."""
PROXIES = (
    Fault("sent twice by a proxy", again=0.0, second=True, odd=True),
    Fault("sent twice by a proxy, after 4 s", again=4.0, second=True, odd=True),
    Fault("sent twice by a proxy, after 20 s", again=20.0, second=True, odd=True),
    Fault("sent twice by a proxy, the first answer", again=3.0, odd=True),
    Fault("sent twice by a proxy, the first answer, after 20 s", again=20.0, odd=True),
    Fault("sent twice by a proxy, reset", again=0.1, loses=RESET, odd=True),
    Fault("sent twice by a proxy, after 20 s, reset", again=20.0, loses=RESET, odd=True),
)
"""What sends a request again where its answer was lost, or where it was slow."""
LIMITS = (
    Fault("429 page after the work", instead=_http(429, PAGE), odd=True),
    Fault("429 page after the work, Retry-After 20", instead=_http(429, PAGE, wait="20"), odd=True),
)
"""What counts the answers, and not the questions."""
ODD = (
    *PROXIES,
    *LIMITS,
    Fault("an error before the work", door=_http(400), says="no", odd=True),
    Fault("an error before the work, at 502", door=_http(502), odd=True),
    *(
        Fault(f"its own answer at {status}", turns=_under(status), odd=True)
        for status in (302, 401, 403, 404, 422, 429, 500, 503)
    ),
    Fault("its own answer behind a BOM", turns=_behind_a_bom, odd=True),
    Fault("an error of what goes on", turns=_error_of_what_goes_on, odd=True),
    Fault("an error that names a card", turns=_error_that_names, odd=True),
    Fault("a failure that names a card", turns=_failure_that_names, odd=True),
    Fault("its status twice", turns=_twice, odd=True),
    *(
        Fault(f"the id is {empty!r}", turns=_with_ids(empty), odd=True)
        for empty in ("", "  ", 0, "0", None)
    ),
    Fault("no card is named", turns=_with_ids(), odd=True),
    Fault("a card less", turns=_one_less, odd=True),
    Fault("a card is not named", turns=_one_unnamed, odd=True),
    Fault("two cards more", turns=_two_more, odd=True),
)
"""What repeats a request, contradicts itself, or tells less than all."""
OFTEN = (
    "lost on the way, reset",
    "done, closed",
    "done, silence",
    "401",
    "arrives after 20 s, reset at once",
    "arrives after 200 s",
)
"""What two of must meet in one call, before it gets hard."""
_MORE = tuple(fault for fault in FAULTS if fault.name in OFTEN)
DRAWN = ((NONE,) * (64 - len(FAULTS) - len(_MORE))) + FAULTS + _MORE
"""Every one as often as it is to happen."""
DRAWN_ODD = DRAWN + GATEWAYS + ODD * 3 + (PROXIES + LIMITS) * 6
"""The same where something stands between the client and the issuer."""
