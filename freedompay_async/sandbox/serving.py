"""An HTTP server whose handlers end with it, also those whose client has left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

if TYPE_CHECKING:
    from freedompay_async.sandbox.loopback import Handler

__all__ = ["Serving"]

# Calls are cancelled before the server is shut down, so there is nobody left to wait for.
_SHUTDOWN_SECONDS: Final = 0.05


class Serving:
    """Runs from `open` to `close`; `handling` are the handlers at work."""

    def __init__(self, *, body_limit: int) -> None:
        self.handling: Final[set[asyncio.Task[Any]]] = set()
        self._app: Final = web.Application(client_max_size=body_limit)
        self._runner: Final = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
        )

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Lets a handler answer a path; what was added first goes first. Not after `open`."""
        tracked = self._tracked(handler)
        if method == "GET":
            # With HEAD.
            self._app.router.add_get(path, tracked)
        else:
            self._app.router.add_route(method, path, tracked)

    async def open(self, host: str, port: int) -> int:
        """Begins, and gives the port."""
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, host, port, backlog=1024).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Ends, whatever is under way."""
        for site in self._runner.sites:
            await site.stop()
        # The calls whose bytes are here already get to start, so that they are cancelled too.
        await asyncio.sleep(0)
        while self.handling:
            for task in self.handling:
                task.cancel()
            await asyncio.wait(self.handling)
        await self._runner.cleanup()

    def _tracked(self, handler: Handler) -> Handler:
        # aiohttp forgets a handler whose client has left; a stalled one would outlive the sandbox.
        async def tracked(request: web.Request) -> web.StreamResponse:
            task = cast("asyncio.Task[Any]", asyncio.current_task())
            self.handling.add(task)
            try:
                return await handler(request)
            finally:
                self.handling.discard(task)

        return tracked
