"""Which fault a call gets: first the scripted ones, then by seed. The order in which calls arrive
makes no difference to seeded faults.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum, auto
from hashlib import blake2b
from itertools import accumulate
from typing import Final, Literal

__all__ = ["UNDONE", "Fault", "Faults", "Plan", "fraction"]


class Fault(StrEnum):
    """A fault of one call; the call's work is done unless the fault says otherwise."""

    NONE = auto()
    DROPPED = auto()
    """The connection is closed before an answer; nothing is done and the id is not consumed."""
    CLOSED = auto()
    """The connection is closed before an answer."""
    RESET = auto()
    """The connection is reset (TCP RST) before an answer."""
    CUT = auto()
    """The headers and half the body come, then the connection is closed."""
    STALLED = auto()
    """Nothing comes for a long time, then the connection is closed."""
    ERROR_500 = auto()
    """HTTP 500 with a JSON body that says `status: error`, or -1 for a gift card."""
    HTML_502 = auto()
    """A proxy's page with HTTP 502."""
    UNAVAILABLE = auto()
    """HTTP 503 with `Retry-After`; nothing is done and the id is not consumed."""
    LIMITED = auto()
    """HTTP 429 with `Retry-After`; nothing is done and the id is not consumed."""
    LATE = auto()
    """Accepted, and `request/status` does not know the request for a while.

    It has no effect on calls that make no request.
    """
    DRIP = auto()
    """The right answer, a few bytes at a time."""
    HTML_200 = auto()
    """A web page with HTTP 200."""
    CUT_JSON = auto()
    """A whole HTTP answer, its JSON text cut in the middle."""
    OTHER_SHAPE = auto()
    """JSON of another API, HTTP 200."""
    HUGE = auto()
    """The right answer padded to 10 MB."""
    ODD_STATUS = auto()
    """The right answer, but with a value of no dictionary: `request_status` is `queued`, or the
    `status` of a gift card's answer is 99.
    """


UNDONE: Final = frozenset({Fault.DROPPED, Fault.UNAVAILABLE, Fault.LIMITED})


@dataclass(frozen=True, kw_only=True)
class Faults:
    """How often a call goes wrong (probabilities, 0 to 1, together at most 1), and the form of
    answers that the vendor has not documented.

    Attributes:
        seed: the same seed gives the same call the same fault.
        lost: an answer that never comes whole; spread evenly over `CLOSED`, `CUT` and `STALLED`.
        dropped, reset, error_500, html_502, unavailable, limited, late, drip: the faults of these
            names.
        stall: seconds that `STALLED` takes.
        late_by: seconds that a `LATE` request stays unknown.
        drip_over: seconds that a `DRIP` answer takes.
        retry_after: the value of `Retry-After`, seconds.
        duplicate: the answer to an id seen before: `status: error` with HTTP 200, 400 or 409.
        unknown: the answer about an id that is not known: `status: error` with HTTP 200 or 404, or
            `status: ok` without `request_status`; `gateway` is a 404 that is not the contract's
            JSON, as from a gateway before the issuer.
    """

    seed: int = 0
    lost: float = 0.0
    dropped: float = 0.0
    reset: float = 0.0
    error_500: float = 0.0
    html_502: float = 0.0
    unavailable: float = 0.0
    limited: float = 0.0
    late: float = 0.0
    drip: float = 0.0
    stall: float = 20.0
    late_by: float = 1.0
    drip_over: float = 1.0
    retry_after: int = 1
    duplicate: Literal["error", "400", "409"] = "error"
    unknown: Literal["error", "404", "bare", "gateway"] = "error"

    def __post_init__(self) -> None:
        chances = [chance for _, chance in self.chances]
        # Ten tenths add up to slightly more than one.
        if min(chances) < 0 or sum(chances) > 1 + 1e-9:
            raise ValueError("the probabilities are each 0 to 1 and together at most 1")
        if min(self.stall, self.late_by, self.drip_over, self.retry_after) < 0:
            raise ValueError("stall, late_by, drip_over and retry_after are seconds, 0 or more")

    @property
    def chances(self) -> tuple[tuple[Fault, float], ...]:
        """Each seeded fault with its probability."""
        return (
            (Fault.CLOSED, self.lost / 3),
            (Fault.CUT, self.lost / 3),
            (Fault.STALLED, self.lost / 3),
            (Fault.DROPPED, self.dropped),
            (Fault.RESET, self.reset),
            (Fault.ERROR_500, self.error_500),
            (Fault.HTML_502, self.html_502),
            (Fault.UNAVAILABLE, self.unavailable),
            (Fault.LIMITED, self.limited),
            (Fault.LATE, self.late),
            (Fault.DRIP, self.drip),
        )


def fraction(*parts: object) -> float:
    """A number in 0 <= x < 1 that depends only on the parts: the same on every machine and in every
    run.
    """
    digest = blake2b(repr(parts).encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


class Plan:
    """The faults of the calls to come."""

    def __init__(self, faults: Faults) -> None:
        self.faults: Final = faults
        self._scripts: Final[dict[str, deque[Fault]]] = {}
        self._times: Final[Counter[tuple[str, str]]] = Counter()
        kinds, chances = zip(*faults.chances, strict=True)
        self._edges: Final[list[tuple[float, Fault]]] = (
            list(zip(accumulate(chances), kinds, strict=True)) if any(chances) else []
        )

    def script(self, call: str, *faults: Fault) -> None:
        """The next calls of this kind get these faults, in this order, before any seeded one.
        Without faults, those that are left of earlier ones are dropped.
        """
        if faults:
            self._scripts.setdefault(call, deque()).extend(faults)
        else:
            self._scripts.pop(call, None)

    def next(self, call: str, request_id: str) -> Fault:
        """The fault of one call; `request_id` is the id in it, `""` if it has none."""
        if script := self._scripts.get(call):
            return script.popleft()
        if not self._edges:
            return Fault.NONE
        self._times[call, request_id] += 1
        point = fraction(self.faults.seed, call, request_id, self._times[call, request_id])
        return next((fault for edge, fault in self._edges if point < edge), Fault.NONE)
