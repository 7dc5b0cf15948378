"""Tells whether a socket has input that the event loop has not read yet."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["SocketInput"]


class SocketInput:
    """The input of a connection's socket.

    Args:
        transport: of the connection.
    """

    __slots__ = ("_look",)

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        sock = transport.get_extra_info("socket")
        self._look = _Look(-1 if sock is None else sock.fileno())

    def waits(self) -> bool:
        """Whether bytes, an end or an error wait to be read. The connection must not be closed."""
        return bool(self._look())


if sys.platform == "win32":  # Windows has no poll; elsewhere select takes small numbers only.

    class _Look:
        def __init__(self, fd: int) -> None:
            self._fd = fd

        def __call__(self) -> list[int]:
            return select.select([self._fd], [], [], 0)[0] if self._fd >= 0 else []

else:

    class _Look:
        def __init__(self, fd: int) -> None:
            self._poll = select.poll()
            if fd >= 0:
                self._poll.register(fd, select.POLLIN)

        def __call__(self) -> list[tuple[int, int]]:
            return self._poll.poll(0)
