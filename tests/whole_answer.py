"""The bytes of an answer with its length, for hosts that say exactly what a test says."""

from __future__ import annotations


def whole_answer(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    lines = [
        b"HTTP/1.1 " + status,
        b"Content-Length: %d" % len(body),
        b"Content-Type: application/json",
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
