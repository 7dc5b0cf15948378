"""Holds an answer back, so that a test can look while a call is under way."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["Gate"]


class Gate:
    """Holds the answers of one kind of call back, after the work is done."""

    def __init__(self) -> None:
        self._reached: Final = asyncio.Event()
        self._opened: Final = asyncio.Event()

    def open(self) -> None:
        """Let the waiting calls go, and all later ones."""
        self._opened.set()

    async def reached(self) -> None:
        """Wait until a call has come to the gate; its work is done by then."""
        await self._reached.wait()

    async def passed(self) -> None:
        """Wait, as a call, until the gate is open."""
        self._reached.set()
        await self._opened.wait()
