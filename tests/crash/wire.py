"""A wire to a server that can be cut: what is on it then arrives late, or never."""

from __future__ import annotations

import asyncio
import contextlib
import threading


class Wire:
    """Carries connections to a port of this machine, on a port of its own."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._loop = asyncio.new_event_loop()
        self._links: set[asyncio.Task] = set()
        self._whole = asyncio.Event()
        self._whole.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """From now on nothing goes through, and nobody is told."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self, *, late: bool) -> None:
        """Let it carry again.

        `late`: what was sent meanwhile arrives now, as TCP does it; else those connections are
        gone, as after a router that has forgotten them.
        """
        self._call(self._mend(late=late))

    def close(self) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self):
        return await asyncio.start_server(self._link, "127.0.0.1", 0)

    async def _mend(self, *, late: bool) -> None:
        if not late:
            await self._end_links()
        self._whole.set()

    async def _close(self) -> None:
        self._server.close()
        await self._end_links()

    async def _end_links(self) -> None:
        links = list(self._links)
        for each in links:
            each.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _link(self, reader, writer) -> None:
        link = asyncio.current_task()
        self._links.add(link)
        link.add_done_callback(self._links.discard)
        ends = [writer]
        try:
            await self._whole.wait()
            with contextlib.suppress(OSError):
                back, forth = await asyncio.open_connection("127.0.0.1", self._server_port)
                ends.append(forth)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._carry(reader, forth))
                    group.create_task(self._carry(back, writer))
        except asyncio.CancelledError:
            pass
        finally:
            for end in ends:
                # An end that is gone already says so when it is waited for.
                end.transport.abort()

    async def _carry(self, source, target) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                await self._whole.wait()
                target.write(data)
                await target.drain()
            await self._whole.wait()
            target.write_eof()
