"""The head of a request, written once for each path and set of header names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from yarl import URL

    from freedompay_async.codec.messages import Message

__all__ = ["HEADERS", "RESERVED", "RequestHeads"]

HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "freedompay-async",
}
"""Of every request that has no own ones of these names."""
RESERVED: Final = frozenset(
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
"""They say where a request ends or how it is carried, so nobody else may set them."""

_MOST: Final = 1_000
# The names that RFC 9110 allows.
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class RequestHeads:
    """The heads of the requests to one host.

    Args:
        base: the host.
    """

    def __init__(self, base: URL) -> None:
        self._base: Final = base
        self._forms: Final[dict[tuple[object, ...], tuple[str, int]]] = {}

    def url(self, path: str) -> URL:
        return self._base.with_path(self._base.path.rstrip("/") + path)

    def of(self, message: Message) -> bytes:
        """The head of a request. What is the same for all calls of a path is made once.

        Raises:
            ConfigurationError: a signer gave a header that can't be sent. Nothing was sent.
        """
        headers, size = message.headers, len(message.body)
        key = (message.method, message.path, size > 0, *headers)
        form, breaks = self._forms.get(key) or self._begin(key)
        head = form % (*headers.values(), size) if size else form % (*headers.values(),)
        # A line break in a value would begin another header or another request.
        if head.count("\n") == breaks and head.count("\r") == breaks and "\0" not in head:
            try:
                return head.encode()
            except UnicodeEncodeError:
                pass
        raise ConfigurationError("a header has characters that can't be sent. Nothing was sent.")

    def _begin(self, key: tuple[Any, ...]) -> tuple[str, int]:
        """A head without the values of its headers, and how many line breaks it has."""
        method, path, has_body, *names = key
        lower = {name.lower() for name in names}
        wrong = [name for name in names if name.lower() in RESERVED or not _NAME.fullmatch(name)]
        if wrong or len(lower) < len(names):
            raise ConfigurationError(
                f"a header of the name {(wrong or names)[0][:40]!r} can't be sent, or not twice. "
                "Nothing was sent."
            )
        host = self._base.host_port_subcomponent
        lines = [f"{method} {self.url(path).raw_path_qs} HTTP/1.1", f"Host: {host}"]
        lines += [
            f"{name}: {value}" for name, value in HEADERS.items() if name.lower() not in lower
        ]
        # What is written so far has no place for a value.
        lines = [line.replace("%", "%%") for line in lines]
        lines += [f"{name.replace('%', '%%')}: %s" for name in names]
        lines += ["Content-Length: %d"] if has_body else []
        lines += ["", ""]
        if len(self._forms) >= _MOST:
            self._forms.clear()
        self._forms[key] = "\r\n".join(lines), len(lines) - 1
        return self._forms[key]
