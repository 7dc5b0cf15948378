"""An HTTP server whose handlers end with it, even if their client has left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

if TYPE_CHECKING:
    from freedompay_async.sandbox.loopback import Handler

__all__ = ["Serving"]

# Calls are cancelled before the server shuts down, so there is nothing to wait for.
_SHUTDOWN_SECONDS: Final = 0.05


class Serving:
    """Runs from `open` to `close`; `handling` has the tasks of the handlers at work."""

    def __init__(self, *, body_limit: int) -> None:
        self.handling: Final[set[asyncio.Task[Any]]] = set()
        self._app: Final = web.Application(client_max_size=body_limit)
        self._runner: Final = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
        )

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Let a handler answer a path; the first match wins. Not after `open`."""
        tracked = self._tracked(handler)
        if method == "GET":
            # This adds HEAD too.
            self._app.router.add_get(path, tracked)
        else:
            self._app.router.add_route(method, path, tracked)

    async def open(self, host: str, port: int) -> int:
        """Start listening, and return the port."""
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, host, port, backlog=1024).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop, and cancel the calls that are under way."""
        for site in self._runner.sites:
            await site.stop()
        # Calls whose bytes are here already start now, so that they are cancelled too.
        await asyncio.sleep(0)
        while self.handling:
            for task in self.handling:
                task.cancel()
            await asyncio.wait(self.handling)
        await self._runner.cleanup()

    def _tracked(self, handler: Handler) -> Handler:
        # aiohttp forgets a handler whose client has left. A stalled one would outlive the sandbox.
        async def tracked(request: web.Request) -> web.StreamResponse:
            task = cast("asyncio.Task[Any]", asyncio.current_task())
            self.handling.add(task)
            try:
                return await handler(request)
            finally:
                self.handling.discard(task)

        return tracked
