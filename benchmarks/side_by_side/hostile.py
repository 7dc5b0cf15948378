"""Answers of nearly 8 MiB that are hard to read, and a server that gives them. The card's id in the
question selects the answer.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANSWERS", "SMALL"]

_SIZE: Final = 8 * 2**20 - 400
_OK: Final = b'{"status":"ok","request_status":"success","dt":"2026-05-01T00:00:00+05:00",'
_NO: Final = b'{"status":"error","request_status":"error","dt":"2026-05-01T00:00:00+05:00",'
_MOVED: Final = (
    b'{"type":"pay","amount":12.50,"currency":"KZT","mcc":5411,"datetime":"2026-05-01T00:00:00+05:00","rrn":"123456789012",'
    b'"merchant":{"name":"SHOP","city":"ALMATY"}}'
)
SMALL: Final = "a usual answer"


def _list(unit: bytes, most: int = _SIZE, name: bytes = b"x") -> bytes:
    return (
        _OK + b'"' + name + b'":[' + b",".join([unit] * min(most, _SIZE // (len(unit) + 1))) + b"]}"
    )


ANSWERS: Final[dict[str, Callable[[], bytes]]] = {
    SMALL: lambda: _OK + b'"card_id":"c"}',
    "numbers, all that fit": lambda: _list(b"0"),
    "numbers, all that are read": lambda: _list(b"0", 249_000),
    "fractions, all that are read": lambda: _list(b"1.5", 249_000),
    "empty lists, all that are read": lambda: _list(b"[]", 124_000),
    "objects, all that are read": lambda: _list(b'{"a":1}', 80_000),
    "names, all that are read": lambda: (
        _OK + b'"x":{' + b",".join(b'"n%d":1' % number for number in range(240_000)) + b"}}"
    ),
    "texts that look like card numbers": lambda: _list(b'"4111 1111 1111 1112 333"'),
    "texts that nearly are Base64": lambda: _list(b'"' + b"aB3/" * 15 + b'"', 120_000),
    "a text of digits": lambda: (
        _NO + b'"error_description":"' + b"4111 1111 " * (_SIZE // 10) + b'"}'
    ),
    "a text of escapes": lambda: _NO + b'"error_description":"' + b"\\u0041" * (_SIZE // 6) + b'"}',
    "a number of digits": lambda: _OK + b'"x":' + b"7" * _SIZE + b"}",
    "brackets": lambda: b"[" * _SIZE,
    "no UTF-8": lambda: b"\xff\xfe" * (_SIZE // 2),
    "a page": lambda: b"<html>" + b"4111 1111 " * (_SIZE // 10),
    "a statement, all that is read": lambda: _list(_MOVED, 24_000, b"operations"),
    "cards, all that are read": lambda: (
        _OK
        + b'"cards":['
        + b",".join(b'{"card_id":"%032x"}' % number for number in range(120_000))
        + b"]}"
    ),
}


async def _serve() -> None:
    made = {name: make() for name, make in ANSWERS.items()}
    asked: dict[str, bytes] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
                length = next(
                    int(line.split(b":")[1]) for line in head if line.startswith(b"content-length:")
                )
                fields = json.loads(await reader.readexactly(length))
                name, request_id = fields.get("card_id"), fields.get("request_id", "")
                if name:
                    asked[request_id] = made[name]
                body = asked[request_id]
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body) + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
