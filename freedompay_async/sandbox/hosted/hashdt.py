"""HashDT's part of the sandbox, as docs.hashdt.com describes it: the check of the credentials, and
the link in the answer. There is no HTTP in it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from freedompay_async.sandbox.answers import Answer
from freedompay_async.sandbox.desk.desk import Taken
from freedompay_async.sandbox.desk.signatures import is_same
from freedompay_async.sandbox.faults import UNDONE, Fault, Plan
from freedompay_async.sandbox.hosted.pin_links import LINKS_KEPT, Purpose
from freedompay_async.sandbox.inspector.readable import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from freedompay_async.sandbox.hosted.pin_links import PinLinks

__all__ = ["Credentials", "HashDT", "call_of", "calls", "has", "refusal"]

_PREFIX: Final = "/issuing/api/v1/"
_PURPOSES: Final = {
    "card/setpin": Purpose.SET,
    "card/resetpin": Purpose.RESET,
    "card/changepin": Purpose.CHANGE,
}
_REQUIRED: Final = (
    "x-api-key",
    "x-product-id",
    "x-cardholder-id",
    "x-wallet-id",
    "x-card-id",
    "x-request-id",
    "Content-Type",
)


def calls() -> frozenset[str]:
    """The calls, named by the end of their path, such as `card/setpin`."""
    return frozenset(_PURPOSES)


def has(path: str) -> bool:
    """Whether a path is of this API; it may be of no call."""
    return path.startswith(_PREFIX)


def call_of(path: str) -> str | None:
    """The call of a whole path; `None` if there is none."""
    call = path.removeprefix(_PREFIX)
    return call if call in _PURPOSES and call != path else None


class Credentials:
    """The valid API key and access token, and the expired tokens."""

    def __init__(self) -> None:
        self.api_key: Final = "sandbox-api-key"
        self.token = "sandbox-token"  # noqa: S105 - it opens nothing but this sandbox
        self._expired: Final[set[str]] = set()

    def rotate(self) -> str:
        """Make a new token; the one before expires."""
        self._expired.add(self.token)
        self.token = f"sandbox-token-{token_hex(8)}"
        return self.token

    def complaint(self, authorization: str | None) -> str | None:
        """What is wrong with an `Authorization` header; `None` if nothing is."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "no access token: Authorization is not Bearer <token>"
        if token in self._expired:
            return "the access token has expired"
        return None if is_same(token, self.token) else "the access token is wrong"

    def knows(self, api_key: str) -> bool:
        """Whether an API key is the right one."""
        return is_same(api_key, self.api_key)


@dataclass(frozen=True, slots=True)
class _Request:
    call: str
    card_id: str
    url: str


class HashDT:
    """Handles the calls; `base_url` gives the address of the pages."""

    def __init__(
        self, *, links: PinLinks, plan: Plan, credentials: Credentials, base_url: Callable[[], str]
    ) -> None:
        self._links: Final = links
        self._plan: Final = plan
        self._credentials: Final = credentials
        self._base_url: Final = base_url
        self._requests: Final[OrderedDict[str, _Request]] = OrderedDict()

    def take(self, call: str, headers: Mapping[str, str]) -> Taken:
        """Make the link, unless the call is wrong or gets a fault."""
        if wrong := self._credentials.complaint(headers.get("Authorization")):
            return Taken(answer=refusal(401, wrong), verdict="unauthorized", why=wrong)
        if missing := next((name for name in _REQUIRED if not headers.get(name)), None):
            return Taken(answer=refusal(400, f"the header {missing} is missing"), verdict="refused")
        if not self._credentials.knows(headers["x-api-key"]):
            return Taken(
                answer=refusal(403, "the API key is wrong"),
                verdict="unauthorized",
                why="the API key is wrong",
            )
        if headers["Content-Type"].partition(";")[0].strip().lower() != "application/json":
            return Taken(
                answer=refusal(400, "the header Content-Type is not application/json"),
                verdict="refused",
            )
        request_id, card_id = readable(headers["x-request-id"]), readable(headers["x-card-id"])
        fault = self._plan.next(call, request_id)
        if fault in UNDONE:
            return Taken(answer=self._undone(fault), verdict=f"fault:{fault.name}", fault=fault)
        answer, verdict = self._link(call, card_id=card_id, request_id=request_id)
        if fault is Fault.NONE:
            return Taken(answer=answer, verdict=verdict)
        verdict = f"fault:{fault.name}" if verdict == "ok" else f"{verdict}, fault:{fault.name}"
        if fault is Fault.ERROR_500:
            # In this API's own form, which the delivery does not know.
            return Taken(answer=refusal(500, "the work of this call may be done"), verdict=verdict)
        return Taken(answer=answer, verdict=verdict, fault=fault)

    def _link(self, call: str, *, card_id: str, request_id: str) -> tuple[Answer, str]:
        earlier = self._requests.get(request_id)
        if earlier is not None and (earlier.call, earlier.card_id) != (call, card_id):
            return refusal(400, "x-request-id was used for another request"), "duplicate"
        verdict = "ok" if earlier is None else "repeated"
        if earlier is None:
            earlier = _Request(
                call,
                card_id,
                f"{self._base_url()}/pin/{self._links.make(_PURPOSES[call], card_id)}",
            )
            self._requests[request_id] = earlier
            if len(self._requests) > LINKS_KEPT:
                self._requests.popitem(last=False)
        message = f"{_PURPOSES[call].capitalize()} PIN URL fetched successfully."
        return Answer(
            body={
                "status": "Success",
                "message": message,
                "code": 200,
                "data": [{"set_pin_url": earlier.url}],
            }
        ), verdict

    def _undone(self, fault: Fault) -> Answer:
        return refusal(
            429 if fault is Fault.LIMITED else 503,
            "nothing was done",
            retry_after=self._plan.faults.retry_after,
        )


def refusal(code: int, message: str, *, retry_after: int | None = None) -> Answer:
    """A refusal in this API's form."""
    return Answer(
        body={"code": code, "message": message, "status": "error"},
        http=code,
        retry_after=retry_after,
    )
