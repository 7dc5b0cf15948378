"""The sandbox: a server on the loopback address, and handles to control it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from freedompay_async.sandbox.book_handles import BookHandles, OpenSandbox
from freedompay_async.sandbox.desk.desk import Desk
from freedompay_async.sandbox.desk.host_contract import HostContract
from freedompay_async.sandbox.faults import Fault, Faults, Plan
from freedompay_async.sandbox.gate import Gate
from freedompay_async.sandbox.hosted.hashdt import Credentials, HashDT
from freedompay_async.sandbox.hosted.hosted_pin import HostedPin
from freedompay_async.sandbox.hosted.pin_keeper import PinKeeper
from freedompay_async.sandbox.hosted.pin_links import PinLinks
from freedompay_async.sandbox.inspector.history import History
from freedompay_async.sandbox.inspector.inspector import Inspector
from freedompay_async.sandbox.issuing.issuer import Issuer
from freedompay_async.sandbox.loopback import loopback_only
from freedompay_async.sandbox.reception import BODY_LIMIT, Received, Reception, named
from freedompay_async.sandbox.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from types import TracebackType

    from freedompay_async.sandbox.desk.signatures import Diagnose

__all__ = ["Sandbox"]

_HOSTS: Final = ("127.0.0.1", "localhost", "::1")


class Sandbox(BookHandles):
    """A card issuer on `http://127.0.0.1`, for tests and demos; use it with `async with`.

    `database` is a file, which a later sandbox can continue, or `:memory:`. `processing` is the
    shortest and the longest time that an accepted request takes, in seconds. Port 0 takes a free
    port. `keep` is the number of requests that `received` keeps, bodies included. With new books,
    the merchant has money for `gift_funds` gift cards of each product. `pin_page_life` is the life
    of a link to a PIN page, in seconds.

    `contract` makes it a host that differs from the vendor's pages, as `{"card/issue": {"path":
    "/v6/cards/issue", "required": ["product_id", "cardholder"], "names": {"product_id":
    "productId"}, "algorithms": ["jws-hs256"]}}`. With `required`, no other field is required. The
    name of a call may also be the client's method, `cards.issue`; `*` sets `algorithms` for every
    call.

    `diagnose` finds out why a signature does not fit, as `freedompay_async.testing.why_wrong`
    does; the answer and the page show the reason. Without it they say only that the signature does
    not fit, and name the command that finds out.
    """

    def __init__(
        self,
        *,
        auth_id: str = "10001",
        secret_key: str = "sandbox-secret",  # noqa: S107 - it opens nothing but this sandbox
        database: str | PathLike[str] = ":memory:",
        processing: tuple[float, float] = (0.0, 0.0),
        faults: Faults | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keep: int = 10_000,
        gift_funds: int = 1_000_000,
        pin_page_life: float = 600.0,
        contract: Mapping[str, Any] | None = None,
        diagnose: Diagnose | None = None,
    ) -> None:
        if host not in _HOSTS:
            raise ValueError(
                f"host is {host!r}: the sandbox listens on this machine only: {', '.join(_HOSTS)}"
            )
        if not 0 <= processing[0] <= processing[1]:
            raise ValueError("processing is the shortest and the longest time, in seconds")
        self.auth_id: Final = auth_id
        self.secret_key: Final = secret_key
        self.received: Final[deque[Received]] = deque(maxlen=keep)
        self._database: Final = database
        self._processing: Final = processing
        # A name may have two addresses, and a free port would then be two different ones.
        self._host: Final = "127.0.0.1" if host == "localhost" else host
        self._port: Final = port
        self.base_url = self._url(port)
        self._faults: Final = faults or Faults()
        self._plan: Final = Plan(self._faults)
        self._gift_funds: Final = gift_funds
        self._pin_page_life: Final = pin_page_life
        self._contract: Final = HostContract(contract)
        self._diagnose: Final = diagnose
        self._credentials: Final = Credentials()
        self._history = History()
        self._gates: Final[dict[str, Gate]] = {}
        self._hold = False
        self._open: OpenSandbox | None = None

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise RuntimeError("the sandbox is open already")
        _check_loop()
        issuer = Issuer(
            database=self._database,
            merchant=self.auth_id,
            hold=self._hold,
            gift_funds=self._gift_funds,
            seed=self._faults.seed,
        )
        pins = PinKeeper(issuer)
        try:
            serving = self._serving(issuer, pins)
            port = await serving.open(self._host, self._port)
        except BaseException:
            issuer.close()
            raise
        self._open = OpenSandbox(issuer=issuer, pins=pins, serving=serving)
        self.base_url = self._url(port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened = self._opened()
        try:
            await opened.serving.close()
        finally:
            self._open = None
            opened.issuer.close()

    async def serve(self) -> None:
        """Run until cancelled; enter and leave the sandbox too, unless it is entered already."""
        async with AsyncExitStack() as stack:
            if self._open is None:
                await stack.enter_async_context(self)
            await asyncio.Event().wait()

    def script(self, path: str, *faults: Fault) -> None:
        """Give the next calls to a path (`card/issue`, or a whole path) these faults in this
        order, before any seeded one.
        """
        self._plan.script(named(path), *faults)

    def gate(self, path: str) -> Gate:
        """Hold back the answers of a path, such as `card/issue` or a whole path, after the work,
        until the gate is opened.
        """
        gate = self._gates[named(path)] = Gate()
        return gate

    @property
    def hold(self) -> bool:
        """While true, requests stay in `process` until `finish`; false lets them end in their own
        time again.
        """
        return self._hold

    @hold.setter
    def hold(self, on: bool) -> None:
        self._hold = on
        if self._open is not None:
            self._open.issuer.hold = on
        self._history.touch()

    @property
    def hashdt_api_key(self) -> str:
        """The `x-api-key` that HashDT's part accepts."""
        return self._credentials.api_key

    @property
    def hashdt_token(self) -> str:
        """The access token that HashDT's part accepts now."""
        return self._credentials.token

    def rotate_hashdt_token(self) -> str:
        """Make a new access token; the one before expires."""
        return self._credentials.rotate()

    def __repr__(self) -> str:
        busy = 0 if self._open is None else len(self._open.serving.handling)
        return f"Sandbox(base_url={self.base_url!r}, auth_id={self.auth_id!r}, {busy} active)"

    def _opened(self) -> OpenSandbox:
        if self._open is None:
            raise RuntimeError("the sandbox is not open: use it inside `async with`")
        return self._open

    def _url(self, port: int) -> str:
        return (
            f"http://[{self._host}]:{port}" if ":" in self._host else f"http://{self._host}:{port}"
        )

    def _serving(self, issuer: Issuer, pins: PinKeeper) -> Serving:
        links = PinLinks(pins=pins, life=self._pin_page_life, clock=time.monotonic)
        reception = Reception(
            desk=Desk(
                issuer=issuer,
                plan=self._plan,
                auth_id=self.auth_id,
                secret_key=self.secret_key,
                processing=self._processing,
                contract=self._contract,
                diagnose=self._diagnose,
            ),
            hashdt=HashDT(
                links=links,
                plan=self._plan,
                credentials=self._credentials,
                base_url=lambda: self.base_url,
            ),
            faults=self._faults,
            gates=self._gates,
            received=self.received,
            history=self._history,
        )
        inspector = Inspector(issuer=issuer, history=self._history, about=self._about)
        serving = Serving(body_limit=BODY_LIMIT)
        for method, path, handler in (
            *inspector.routes(),
            *HostedPin(links=links, history=self._history).routes(),
        ):
            serving.add(method, path, loopback_only(handler))
        serving.add("*", "/{path:.*}", reception.answer)
        return serving

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "a sandbox is not pickled or copied, because it belongs to its process: make one "
            "where it is needed"
        )

    def _about(self) -> dict[str, Any]:
        return {
            "base_url": self.base_url,
            "auth_id": self.auth_id,
            "hashdt_api_key": self.hashdt_api_key,
            "hashdt_token": self.hashdt_token,
            "hold": self._hold,
        }


def _check_loop() -> None:
    """Raises `RuntimeError` where no server can run, as under trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "the sandbox is for asyncio, and no event loop of asyncio is running here: use it "
            "inside asyncio.run(...)"
        ) from None
