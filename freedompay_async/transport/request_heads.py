"""The head of a request, written once for each path and set of header names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yarl import URL

    from freedompay_async.codec.messages import Message

__all__ = ["RequestHeads"]

_MOST: Final = 1_000
# The names that RFC 9110 allows; and the headers that say where a request ends or how it is
# carried, which a signer must not set.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_RESERVED: Final = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "expect",
        "upgrade",
        "te",
        "trailer",
    }
)


class RequestHeads:
    """The heads of the requests to one host.

    Args:
        base: the host.
        usual: headers of every request that has no own ones of these names.
    """

    def __init__(self, base: URL, usual: Mapping[str, str]) -> None:
        self._base: Final = base
        self._usual: Final = usual
        self._started: Final[dict[tuple[str, ...], tuple[str, int]]] = {}

    def url(self, path: str) -> URL:
        return self._base.with_path(self._base.path.rstrip("/") + path)

    def of(self, message: Message) -> bytes:
        """The head of a request. What is the same for all calls of a path is made once.

        Raises:
            ConfigurationError: a signer gave a header that can't be sent. Nothing was sent.
        """
        key = (message.method, message.path, *message.headers)
        start, breaks = self._started.get(key) or self._begin(key)
        lines = [start, *map(": ".join, message.headers.items())]
        if message.body:
            lines.append(f"Content-Length: {len(message.body)}")
        head = "\r\n".join(lines)
        # A line break in a value would begin another header or another request.
        breaks += len(lines) - 1
        if head.count("\n") == breaks and head.count("\r") == breaks and "\0" not in head:
            try:
                return f"{head}\r\n\r\n".encode()
            except UnicodeEncodeError:
                pass
        raise ConfigurationError("a header has characters that can't be sent. Nothing was sent.")

    def _begin(self, key: tuple[str, ...]) -> tuple[str, int]:
        """The lines of a head that do not change, and how many line breaks they have."""
        method, path, *names = key
        lower = {name.lower() for name in names}
        wrong = [name for name in names if name.lower() in _RESERVED or not _NAME.fullmatch(name)]
        if wrong or len(lower) < len(names):
            raise ConfigurationError(
                f"a header of the name {(wrong or names)[0][:40]!r} can't be sent, or not twice. "
                "Nothing was sent."
            )
        host = self._base.host_port_subcomponent
        lines = [f"{method} {self.url(path).raw_path_qs} HTTP/1.1", f"Host: {host}"]
        lines += [
            f"{name}: {value}" for name, value in self._usual.items() if name.lower() not in lower
        ]
        if len(self._started) >= _MOST:
            self._started.clear()
        self._started[key] = "\r\n".join(lines), len(lines) - 1
        return self._started[key]
