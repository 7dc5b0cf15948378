"""The running event loop of asyncio, or an error that says why there is none."""

from __future__ import annotations

import asyncio
import sys

from freedompay_async.errors import ConfigurationError

__all__ = ["running_loop"]


def running_loop() -> asyncio.AbstractEventLoop:
    """The running event loop of asyncio.

    Raises:
        ConfigurationError: no loop of asyncio is running; nothing was sent.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        other = _other()
    # Raised here, so that it does not keep that error alive.
    if other is not None:
        raise ConfigurationError(
            f"this library is for asyncio, and {other} is running here. Nothing was sent. Run it "
            'on asyncio (with anyio: backend="asyncio").'
        )
    raise ConfigurationError(
        "this library is for asyncio, and no event loop of asyncio is running here. Nothing was "
        "sent. Call it inside asyncio.run(...)."
    )


def _other() -> str | None:
    """The name of another library that runs this code, if it is known without an import."""
    trio = sys.modules.get("trio")
    in_trio = getattr(getattr(trio, "lowlevel", None), "in_trio_run", None)
    return "trio" if in_trio is not None and in_trio() else None
