"""Sends through a session of aiohttp that the library makes itself."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from io import BytesIO
from netrc import NetrcParseError, netrc
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
import anyio

from freedompay_async.redaction.secret import Hidden
from freedompay_async.transport.base import CLOSED, TransportError
from freedompay_async.transport.over_aiohttp.connector import Connector, GatheredError
from freedompay_async.transport.over_aiohttp.failures import failure_of
from freedompay_async.transport.over_aiohttp.sender import Sender, abort_response
from freedompay_async.transport.over_aiohttp.sending import SENDINGS, Gathering, Sending
from freedompay_async.transport.request_heads import HEADERS
from freedompay_async.transport.sockets import Sockets

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from yarl import URL

    from freedompay_async.codec.messages import Message
    from freedompay_async.transport.base import Attempt, Destination

__all__ = ["OwnSender"]

# aiohttp warns that a larger body blocks the loop.
_STREAMED: Final = 2**20


class OwnSender(Sender):
    """Sends through a session of the library's own."""

    def __init__(self, base: URL, destination: Destination) -> None:
        way = destination.way
        self._sockets: Final = Sockets()
        self._connector: Final = Connector(
            destination.notify,
            limit=0,
            ttl_dns_cache=60,
            ssl=destination.ssl_context or True,
            socket_factory=self._sockets.make,
        )
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=destination.connect_timeout)
        session = aiohttp.ClientSession(
            connector=self._connector,
            timeout=timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers=HEADERS,
        )
        super().__init__(
            base,
            destination,
            session,
            connections=self._connector.connections,
            proxied=way.proxy is not None,
        )
        # Not left to aiohttp's trust_env: that reads the file anew for each call, and some versions
        # put its user in the place of a call's own.
        self._login: Final = Hidden(_login(base.host or "") if way.netrc else None)
        self._options.value["timeout"] = timeout

    def _request(self, message: Message, sending: Sending) -> Awaitable[aiohttp.ClientResponse]:
        return self._session.request(
            message.method,
            self._url(message.path),
            data=_payload_of(message.body),
            headers=message.headers if self._login.value is None else self._with_login(message),
            **self._options.value,
        )

    def _with_login(self, message: Message) -> dict[str, str]:
        if any(name.lower() == "authorization" for name in message.headers):
            reason = "the .netrc of the environment can't be used: the call has its own user"
            raise TransportError(reason, final=True)
        return message.headers | {"Authorization": f"Basic {self._login.value}"}

    async def warm_up(self, count: int, attempt: Attempt) -> None:
        gathering, opened = Gathering(count), 0

        async def open_one() -> None:
            nonlocal opened
            failure: BaseException | None = None
            task = cast("asyncio.Task[Any]", asyncio.current_task())
            sending = Sending(
                attempt, task, self._loop, self._deadlines, gathering, notify=self._notify
            )
            SENDINGS[task] = sending
            self._on_the_way.add(sending)
            try:
                # Only a test double answers it.
                response = await self._session.request("HEAD", self._base, **self._options.value)
                abort_response(response)
            except GatheredError:
                pass
            except BaseException as error:  # noqa: BLE001 - it is raised below
                failure = self._not_opened(error, sending)
            finally:
                sending.stop()
                self._on_the_way.discard(sending)
                del SENDINGS[task]
            if failure is not None:
                raise failure
            opened += 1

        try:
            async with anyio.create_task_group() as tasks:
                for _ in range(count):
                    tasks.start_soon(open_one)
        except BaseExceptionGroup as group:
            failure = group.exceptions[0].with_traceback(None)
        else:
            if opened == count and not self._closed:
                return
            # A closed connector cancels those that wait for a name, and the task group takes that
            # for its own cancellation.
            failure = TransportError(CLOSED, final=True)
        raise failure

    def _not_opened(self, error: BaseException, sending: Sending) -> BaseException:
        late = sending.stop() and isinstance(error, asyncio.CancelledError)
        # Nothing is sent in a warm-up.
        sending.waiting = True
        reason = TimeoutError() if late else error
        return failure_of(reason, sending, self._way, closed=self._closed_by(), proxied=False)

    async def close(self) -> None:
        await super().close()
        if self._loop.is_closed():
            await self._session.close()
            self._sockets.close()
            return
        self._connections.close_idle()
        await self._session.close()
        # The calls on the way end in the next turn.
        await asyncio.sleep(0)

    def disown(self) -> None:
        self._sockets.disown()
        self._connector.disowned = True
        self._session.detach()


def _payload_of(body: bytes) -> bytes | BytesIO | None:
    if not body:
        return None
    return body if len(body) < _STREAMED else BytesIO(body)


def _login(host: str) -> str | None:
    """The user and the password of a host in the `.netrc`, as a header has them."""
    try:
        found = netrc(os.environ.get("NETRC")).authenticators(host)
    except (OSError, UnicodeError, NetrcParseError):
        return None
    if found is None:
        return None
    user, account, password = found
    return b64encode(f"{user or account}:{password or ''}".encode()).decode()
