"""The sockets of a transport, for what their owner can't do: after its loop is closed, and in a
fork.
"""

from __future__ import annotations

import os
import socket
from typing import Any, Final
from weakref import WeakSet

__all__ = ["Sockets"]


class Sockets:
    """Makes the sockets of a transport, and knows those that still exist."""

    def __init__(self) -> None:
        self._made: Final[WeakSet[socket.socket]] = WeakSet()

    def make(self, address: Any) -> socket.socket:
        """A `socket_factory`, as aiohttp's connector and aiohappyeyeballs call it."""
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        self._made.add(made)
        return made

    def close(self) -> None:
        """Close what would be left to a loop that is closed already."""
        for left in list(self._made):
            left.close()

    def disown(self) -> None:
        """In a forked child: let all copies lead nowhere.

        A copy that is closed or collected in the child would take the parent's socket out of the
        epoll that the two processes share, and the parent would get no answer any more. TLS would
        also close the session with the issuer in the parent's name.
        """
        with socket.socket() as nowhere:
            for copy in list(self._made):
                if copy.fileno() >= 0:
                    os.dup2(nowhere.fileno(), copy.fileno(), inheritable=False)
