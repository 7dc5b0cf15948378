"""The event loop that a call runs on: asyncio's, or a plain word for why there is none."""

from __future__ import annotations

import asyncio
import sys

from freedompay_async.errors import ConfigurationError

__all__ = ["running_loop"]


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop of asyncio that is running.

    Raises:
        ConfigurationError: none is; nothing was sent.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        other = _other()
    # Raised here, so that it does not hold on to that error.
    if other is not None:
        raise ConfigurationError(
            f"this library is for asyncio, and here runs {other}. Nothing was sent; run it on "
            'asyncio (with anyio: backend="asyncio").'
        )
    raise ConfigurationError(
        "this library is for asyncio, and no event loop of asyncio is running here. Nothing was "
        "sent; call it inside asyncio.run(...)."
    )


def _other() -> str | None:
    """Another library that runs this code, as far as that can be told without importing it."""
    trio = sys.modules.get("trio")
    in_trio = getattr(getattr(trio, "lowlevel", None), "in_trio_run", None)
    return "trio" if in_trio is not None and in_trio() else None
