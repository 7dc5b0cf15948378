"""What an issuer, or what stands before it, may answer; whatever it says, it says the request back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from tests.secrets.marked import MARKS, PATHS, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Asked(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> str:
        """The request as text. A HashDT call says all in its headers."""
        if self.body:
            return self.body.decode("utf-8", "replace")
        return json.dumps(
            {
                name: value
                for name, value in self.headers.items()
                if name.lower().startswith(("x-", "auth"))
            }
        )

    @property
    def fields(self) -> dict[str, Any]:
        return json.loads(self.said)

    @property
    def neutral(self) -> dict[str, Any]:
        """The values under names that tell nothing."""
        return {f"field_{number}": value for number, value in enumerate(_values(self.fields))}

    @property
    def good(self) -> dict[str, Any]:
        return answer(self.path)

    def no(self, said: object) -> dict[str, Any]:
        """A refusal in the form of the path's section."""
        name = PATHS.get(self.path, "")
        if name.startswith("gift_cards."):
            return {"datetime": "2026-01-15 07:00:00", "status": -8, "error_description": said}
        if name.startswith("pins."):
            return {
                "code": 400,
                "message": said if isinstance(said, str) else json.dumps(said),
                "status": "error",
                "errors": said,
            }
        return {
            "status": "error",
            "dt": "2026-01-15T12:00:00+05:00",
            "error_code": "wrong",
            "error_description": said,
        }


class Told(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str] = {}


def _json(status: int, body: object, **headers: str) -> Told:
    return Told(
        status,
        json.dumps(body, ensure_ascii=False).encode(),
        {name.replace("_", "-"): value for name, value in headers.items()},
    )


def _values(fields: dict[str, Any]) -> Iterator[Any]:
    for value in fields.values():
        if isinstance(value, dict):
            yield from _values(value)
        else:
            yield value


def _refusal(write: Callable[[Asked], object], status: int = 200) -> Callable[[Asked], Told]:
    return lambda asked: _json(status, asked.no(write(asked)))


def _page(status: int) -> Callable[[Asked], Told]:
    return lambda asked: Told(status, f"<html><pre>{asked.said}</pre></html>".encode())


def _sentence(asked: Asked) -> str:
    return "; ".join(f"{name} {value} is wrong" for name, value in asked.fields.items())


def _of_rows(write: Callable[[Asked], object]) -> Callable[[Asked], Told]:
    """Good answers to what the table has; what the caller reads into a type of its own is there for
    the caller.
    """
    return lambda asked: _json(200, write(asked) if asked.path in PATHS else asked.good)


TELLS: dict[str, Callable[[Asked], Told]] = {
    "good": lambda asked: _json(200, asked.good),
    "refusal with the body as text": _refusal(lambda asked: asked.said),
    "refusal with the body inside": _refusal(lambda asked: asked.fields),
    "refusal with the body in Python": _refusal(lambda asked: repr(asked.fields)),
    "refusal with the body as a form": _refusal(lambda asked: urlencode(asked.fields)),
    "refusal with the body in words": _refusal(_sentence),
    "refusal with the body behind 2,000 other letters": _refusal(
        lambda asked: "no " * 660 + asked.said
    ),
    "refusal by 400": _refusal(lambda asked: asked.said, 400),
    "refusal by 404": _refusal(lambda asked: asked.said, 404),
    "refusal by 409": _refusal(lambda asked: asked.said, 409),
    "refusal by 422": _refusal(lambda asked: asked.fields, 422),
    "refusal with a code of the body": lambda asked: _json(
        200, asked.no("no") | {"error_code": asked.said, "code": asked.said}
    ),
    "401": _refusal(lambda asked: asked.said, 401),
    "403": _refusal(lambda asked: asked.fields, 403),
    "403 of a page": _page(403),
    "404 of a page": _page(404),
    "429": lambda asked: _json(429, asked.no(asked.said), Retry_After="0"),
    "500": _refusal(lambda asked: asked.fields, 500),
    "502 of a page": _page(502),
    "503": lambda asked: _json(503, asked.no(asked.said), Retry_After="0"),
    "redirect": lambda asked: Told(307, asked.body, {"Location": "https://elsewhere.example.com/"}),
    "page": _page(200),
    "body said back": lambda asked: Told(200, asked.said.encode()),
    "other shape": lambda asked: _json(200, {"result": asked.fields, "good": asked.good}),
    "other status": lambda asked: _json(200, asked.good | asked.fields | {"status": "fine"}),
    "status of the body": lambda asked: _json(200, {"status": asked.said}),
    "list": lambda asked: _json(200, [asked.good, asked.fields]),
    "text": lambda asked: _json(200, asked.said),
    "number": lambda asked: Told(200, MARKS["pan"].encode()),
    "null": lambda asked: Told(200, b"null"),
    "empty": lambda asked: Told(200, b""),
    "half of the JSON": lambda asked: Told(200, _json(200, asked.fields | asked.good).body[:-2]),
    "wrong types": lambda asked: _json(
        200,
        asked.good | {"request_status": asked.fields, "data": asked.good, "card_id": asked.good},
    ),
    "wrong types that decide nothing": lambda asked: _json(
        200,
        asked.good | {"message": [asked.fields], "card_mask": asked.good, "datetime": asked.fields},
    ),
    "objects where words should be": _of_rows(
        lambda asked: (
            asked.good
            | {
                "dt": asked.fields,
                "error_code": asked.fields,
                "error_description": [asked.fields],
                "card_mask": MARKS["pan"],
            }
        )
    ),
    "refusal with objects where words should be": lambda asked: _json(
        200,
        asked.no(asked.fields)
        | {"dt": asked.fields, "error_code": asked.fields, "datetime": asked.fields},
    ),
    "a card number for a name": _of_rows(
        lambda asked: (
            asked.good
            | {
                MARKS["pan"]: 1,
                "cards": {MARKS["pan"]: 1},
                "echo": [{MARKS["pan"]: {MARKS["pan"]: True}}],
            }
        )
    ),
    "refusal with a card number for a name": lambda asked: _json(
        200, asked.no({MARKS["pan"]: 1}) | {MARKS["pan"]: "no"}
    ),
    "good, with the values under other names": _of_rows(
        lambda asked: asked.good | asked.neutral | {"more": [asked.neutral]}
    ),
    "good, with the values for names": _of_rows(
        lambda asked: asked.good | {str(value): 1 for value in asked.neutral.values()}
    ),
    "good, with the body as text": _of_rows(
        lambda asked: asked.good | {"note": asked.said, "error_description": _sentence(asked)}
    ),
    "more than the contract has": lambda asked: _json(
        200, asked.fields | asked.good | {"echo": asked.fields, "raw": {"body": asked.fields}}
    ),
    "not UTF-8": lambda asked: Told(200, asked.said.encode() + b"\xff\xfe"),
    "deep": lambda asked: Told(200, b'{"status":' * 300 + asked.said.encode() + b"}" * 300),
    # A 5xx proves nothing against an ok, so this is a good answer like the ones above.
    "accepted, with an error": lambda asked: _json(500, asked.good | asked.fields),
    "accepted, and not found": lambda asked: _json(404, asked.good | asked.fields),
    "accepted, and refused": lambda asked: _json(403, asked.good | asked.fields),
    "an error that names things": lambda asked: _json(200, asked.good | asked.no(asked.fields)),
    "a gateway's JSON": lambda asked: _json(
        200, {"status": "ok", "path": asked.path, "detail": asked.fields}
    ),
    "a gateway's 403": lambda asked: _json(403, {"message": asked.said, "request_id": "gateway-1"}),
    "a gateway's 404": lambda asked: Told(404, asked.said.encode()),
}

# A few forms are tried each time, and the rest with the proofs.
A_FEW = [*TELLS][::6]
THE_REST = [name for name in TELLS if name not in A_FEW]
