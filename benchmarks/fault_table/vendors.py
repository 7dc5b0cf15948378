"""How each vendor's server treats a repeated request; `faults.py` names the sources."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "AUTH_ID",
    "SECRET_KEY",
    "VENDORS",
    "FreedomPayIssuer",
    "Issuer",
    "LithicIssuer",
    "Reply",
    "Request",
    "StripeIssuer",
]

AUTH_ID: Final = "10001"
SECRET_KEY: Final = "key-of-the-benchmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Issuer:
    """One vendor's server for one run; `make` does the work and returns the id of the new card."""

    creates: str
    looks_at: str | None = None

    def __init__(self, make: Callable[[str | None], str], wrong: list[str]) -> None:
        self.make = make
        self.wrong = wrong

    def name(self, request: Request) -> str | None:
        """The request id or idempotency key; `None` if there is none."""
        raise NotImplementedError

    def repeated(self, name: str | None, request: Request) -> Reply | None:
        """The answer to a request whose id or key is known; `None` for a new one."""
        raise NotImplementedError

    def work(self, name: str | None, request: Request, *, broken: bool) -> Reply:
        """Make a card, and answer; `broken` makes it a 500 after the work."""
        raise NotImplementedError

    def refusal(self, status: int, request: Request) -> Reply:
        """429 or 503, before any work."""
        raise NotImplementedError

    def look(self, request: Request) -> Reply:
        raise NotImplementedError


class FreedomPayIssuer(Issuer):
    """A request id that was seen before is an error with HTTP 200; `request/status` tells what
    became of it.
    """

    creates = "/v5/card-api/card/issue"
    looks_at = "/v5/card-api/request/status"

    def __init__(self, make: Callable[[str | None], str], wrong: list[str]) -> None:
        super().__init__(make, wrong)
        self.used_ids: set[str] = set()
        self.cards: dict[str, str] = {}

    def name(self, request: Request) -> str | None:
        self._check(request)
        name = str(json.loads(request.body)["request_id"])
        if request.headers.get("request-id") != name:
            self.wrong.append("the id of the header is not the id of the body")
        return name

    def repeated(self, name: str | None, request: Request) -> Reply | None:
        if name in self.used_ids:
            return self._no("duplicate_request", "this request id was seen before")
        self.used_ids.add(str(name))
        return None

    def work(self, name: str | None, request: Request, *, broken: bool) -> Reply:
        card = self.cards[str(name)] = self.make(name)
        if broken:
            return _json(500, {"status": "error", "error_code": "internal_error"})
        return self._made(card)

    def refusal(self, status: int, request: Request) -> Reply:
        return _json(status, {"status": "error", "error_code": "later"}, {"Retry-After": "1"})

    def look(self, request: Request) -> Reply:
        self._check(request)
        # A question has an id of its own, and that may be used once, too.
        if self.repeated(request.headers.get("request-id"), request):
            self.wrong.append("a question with a used id")
        card = self.cards.get(json.loads(request.body)["request_id"])
        return self._made(card) if card else self._no("unknown_request", "no request has this id")

    def _made(self, card: str) -> Reply:
        return _json(
            200,
            {
                "status": "ok",
                "request_status": "success",
                "cards": [{"card_id": card}],
                "dt": "2026-01-01T00:00:00+05:00",
            },
        )

    def _no(self, code: str, text: str) -> Reply:
        return _json(
            200,
            {
                "status": "error",
                "request_status": "error",
                "error_code": code,
                "error_description": text,
            },
        )

    def _check(self, request: Request) -> None:
        if (
            request.headers.get("sign")
            != hashlib.sha256(request.body + SECRET_KEY.encode()).hexdigest()
        ):
            self.wrong.append("a wrong signature")


class _Replaying(Issuer):
    """The first answer to a key is saved, a 500 of the issuer's own too, and is given again to the
    same key.
    """

    def __init__(self, make: Callable[[str | None], str], wrong: list[str]) -> None:
        super().__init__(make, wrong)
        self.saved: dict[str, tuple[bytes, Reply]] = {}

    def name(self, request: Request) -> str | None:
        return request.headers.get("idempotency-key")

    def repeated(self, name: str | None, request: Request) -> Reply | None:
        if name is None or name not in self.saved:
            return None
        body, reply = self.saved[name]
        if body != request.body:
            self.wrong.append("a used key with other parameters")
        return replace(reply, headers=reply.headers | {"Idempotent-Replayed": "true"})

    def work(self, name: str | None, request: Request, *, broken: bool) -> Reply:
        card = self.made(self.make(name))
        status, content = (
            (500, self.trouble("api_error", "something went wrong")) if broken else (200, card)
        )
        # Each answer, an error too, has the key, which is in the client's favour.
        reply = _json(status, content, {} if name is None else {"Idempotency-Key": name})
        if name is not None:
            self.saved[name] = (request.body, reply)
        return reply

    def refusal(self, status: int, request: Request) -> Reply:
        name = self.name(request)
        headers = {"Retry-After": "1"} | ({} if name is None else {"Idempotency-Key": name})
        return _json(
            status, self.trouble("rate_limit" if status == 429 else "api_error", "later"), headers
        )

    def made(self, card: str) -> dict[str, Any]:
        raise NotImplementedError

    def trouble(self, code: str, text: str) -> dict[str, Any]:
        raise NotImplementedError


class StripeIssuer(_Replaying):
    creates = "/v1/issuing/cards"

    def made(self, card: str) -> dict[str, Any]:
        return {
            "id": card,
            "object": "issuing.card",
            "currency": "usd",
            "type": "virtual",
            "status": "inactive",
            "livemode": False,
        }

    def trouble(self, code: str, text: str) -> dict[str, Any]:
        return {
            "error": {
                "type": "api_error" if code == "api_error" else "invalid_request_error",
                "code": code,
                "message": text,
            }
        }


class LithicIssuer(_Replaying):
    creates = "/v1/cards"

    def name(self, request: Request) -> str | None:
        name = super().name(request)
        if name is not None:
            try:
                UUID(name)
            except ValueError:
                self.wrong.append("the key is no UUID")
        return name

    def made(self, card: str) -> dict[str, Any]:
        return {"token": card, "type": "VIRTUAL", "state": "OPEN", "last_four": "0000"}

    def trouble(self, code: str, text: str) -> dict[str, Any]:
        return {"message": f"{code}: {text}"}


VENDORS: Final[dict[str, type[Issuer]]] = {
    "freedompay": FreedomPayIssuer,
    "stripe": StripeIssuer,
    "lithic": LithicIssuer,
}


def _json(status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Reply:
    return Reply(
        status=status,
        body=json.dumps(content).encode(),
        headers={"Content-Type": "application/json"} | (headers or {}),
    )
