"""The bodies that the server answers, for the clients that send nothing."""

from __future__ import annotations

from typing import Final

from side_by_side.answers import ANSWERS

__all__ = ["body_of"]

_BODIES: Final = {
    path.decode(): answer.partition(b"\r\n\r\n")[2] for path, answer in ANSWERS["process"].items()
}


def body_of(path: str) -> bytes:
    return _BODIES[path]
