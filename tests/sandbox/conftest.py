"""A client of the tests' own: it signs by hand and knows nothing of the library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import re
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Faults, Sandbox
from freedompay_async.sandbox.answers import encode as wire
from freedompay_async.sandbox.desk.desk import Desk, Taken
from freedompay_async.sandbox.desk.host_contract import HostContract
from freedompay_async.sandbox.faults import Plan
from freedompay_async.sandbox.issuing.issuer import Issuer
from tests.sandbox.requests import DONE

PREFIX = "/v5/card-api/"
KEY = "sandbox-secret"


def encode(fields) -> bytes:
    return (
        fields
        if isinstance(fields, bytes)
        else json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    )


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Api:
    """Signs and sends; `scheme` is `sign`, `HS512` or `HS256`."""

    def __init__(
        self, issuer: Sandbox, session: aiohttp.ClientSession, *, scheme: str = "sign"
    ) -> None:
        self.issuer = issuer
        self.session = session
        self.scheme = scheme

    def headers(
        self,
        call: str,
        body: bytes,
        *,
        own: str | None = None,
        scheme: str | None = None,
        **changes,
    ) -> dict[str, str]:
        if (scheme or self.scheme) == "sign":
            digest = hashlib.sha256(body + self.issuer.secret_key.encode()).hexdigest()
            return {
                "Auth-Id": self.issuer.auth_id,
                "Request-Id": own or str(uuid4()),
                "Sign": digest,
            } | changes
        protected = {
            "uri": PREFIX + call,
            "auth_id": self.issuer.auth_id,
            "method": "POST",
            "params": "",
            "alg": scheme or self.scheme,
        }
        return {"X-JWS-Signature": self.jws(protected | changes, body)}

    def jws(self, protected: dict[str, str], body: bytes) -> str:
        digest = hashlib.sha256 if protected["alg"] == "HS256" else hashlib.sha512
        header = b64(json.dumps(protected).encode())
        return f"{header}..{b64(hmac.new(self.issuer.secret_key.encode(), f'{header}.{b64(body)}'.encode(), digest).digest())}"

    @asynccontextmanager
    async def raw(
        self, call: str, fields, *, own: str | None = None, headers: dict[str, str] | None = None
    ):
        body = encode(fields)
        named = (
            fields.get("request_id")
            if isinstance(fields, dict) and call != "request/status"
            else None
        )
        if headers is None:
            headers = self.headers(
                call, body, own=own or (named if isinstance(named, str) else None)
            )
        # aiohttp wants a large body as a file.
        async with self.session.post(
            self.issuer.base_url + PREFIX + call,
            data=io.BytesIO(body),
            headers={"Content-Type": "application/json"} | headers,
        ) as response:
            yield response

    async def send(self, call: str, fields, **options) -> tuple[int, dict]:
        async with self.raw(call, fields, **options) as response:
            return response.status, await response.json()

    async def __call__(self, call: str, **fields) -> dict:
        """The answer to an effect under a fresh id, unless it names one; HTTP 200 is taken for
        granted.
        """
        status, answer = await self.send(call, {"request_id": str(uuid4())} | fields)
        assert status == 200, answer
        return answer

    async def ask(self, request_id: str) -> dict:
        status, answer = await self.send("request/status", {"request_id": request_id})
        assert status == 200, answer
        return answer

    async def bulk(self, count: int = 1) -> list[str]:
        request_id = str(uuid4())
        await self("card/bulk_issue", request_id=request_id, product_id=2000, count=count)
        return [card["card_id"] for card in (await self.ask(request_id))["cards"]]

    async def client(self, **changes) -> str:
        request_id = str(uuid4())
        await self("client/add", request_id=request_id, product_id=2000, client=person(**changes))
        return (await self.ask(request_id))["client_id"]


def person(**changes) -> dict:
    fields = {
        "phone": 77017777777,
        "type": 1,
        "resident": 1,
        "first_name": "Ivan",
        "last_name": "Ivanov",
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


@asynccontextmanager
async def talk(issuer: Sandbox, *, scheme: str = "sign"):
    async with aiohttp.ClientSession() as session:
        yield Api(issuer, session, scheme=scheme)


@pytest.fixture(name="talk")
def _talk():
    return talk


@pytest.fixture(name="person")
def _person():
    return person


@pytest.fixture
async def api(issuer):
    async with talk(issuer) as api:
        yield api


class Counter:
    """A desk and its issuer without HTTP, under a clock that a test moves; a call gives the whole
    answer but its time.
    """

    def __init__(
        self, *, faults: Faults | None = None, processing=(0.0, 0.0), database=":memory:", **options
    ) -> None:
        # 2026-01-15 12:00 in the issuer's zone.
        self.now = 1_768_460_400.0
        self.issuer = Issuer(database=database, merchant="10001", clock=lambda: self.now, **options)
        self.plan = Plan(faults or Faults())
        self.desk = Desk(
            issuer=self.issuer,
            plan=self.plan,
            auth_id="10001",
            secret_key=KEY,
            processing=processing,
        )

    def take(self, path: str, fields, *, scheme: str = "sign", own: str | None = None) -> Taken:
        # By msgspec, because json has no way to write a Decimal.
        body = fields if isinstance(fields, bytes) else wire(fields)
        if scheme == "sign":
            named = (
                fields.get("request_id")
                if isinstance(fields, dict) and not path.endswith("request/status")
                else None
            )
            digest = hashlib.sha256(body + KEY.encode()).hexdigest()
            headers = {
                "Auth-Id": "10001",
                "Request-Id": own or named or str(uuid4()),
                "Sign": digest,
            }
        else:
            protected = b64(
                encode(
                    {
                        "uri": path,
                        "auth_id": "10001",
                        "method": "POST",
                        "params": "",
                        "alg": "HS512",
                    }
                )
            )
            digest = hmac.digest(KEY.encode(), f"{protected}.{b64(body)}".encode(), "sha512")
            headers = {"X-JWS-Signature": f"{protected}..{b64(digest)}"}
        return self.desk.take(path=path, headers=headers, body=body)

    def __call__(self, call: str, **fields) -> dict:
        """The answer's JSON, its numbers exact."""
        path = f"/v5/{call}" if call.startswith("cards/") else PREFIX + call
        answer = json.loads(wire(self.take(path, fields).answer.body), parse_float=Decimal)
        if call.startswith("cards/"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", answer.pop("datetime"))
        else:
            assert datetime.fromisoformat(answer.pop("dt")).tzinfo is not None
        return answer

    def do(self, call: str, **fields) -> dict:
        """An effect, and what `request/status` says of it then."""
        request_id = str(uuid4())
        assert self(call, request_id=request_id, **fields) == DONE
        return self("request/status", request_id=request_id)

    def no(self, call: str, **fields) -> str:
        """An effect that is refused; gives the code."""
        answer = self(call, **{"request_id": str(uuid4())} | fields)
        assert answer.keys() == {"status", "request_status", "error_code", "error_description"}
        assert (answer["status"], answer["request_status"]) == ("error", "error")
        return answer["error_code"]

    def client(self, **changes) -> str:
        return self.do("client/add", product_id=2000, client=person(**changes))["client_id"]

    def card(self, client_id: str | None = None, *, active: bool = False) -> str:
        made = (
            self.do("card/bulk_issue", product_id=2000, count=1)
            if client_id is None
            else self.do("card/issue", client_id=client_id, product_id=2000)
        )
        [card] = made["cards"]
        if active:
            self.do("card/activate", card_id=card["card_id"])
        return card["card_id"]


@pytest.fixture
def counters():
    """Makes counters, and closes their books when the test is over."""
    made = []

    def make(**options) -> Counter:
        made.append(Counter(**options))
        return made[-1]

    yield make
    for each in made:
        each.issuer.close()


@pytest.fixture
def counter(counters):
    return counters()


@pytest.fixture
def desk_of(counters):
    """A counter of a host with this contract."""

    def make(contract):
        counter = counters()
        counter.desk = Desk(
            issuer=counter.issuer,
            plan=Plan(Faults()),
            auth_id="10001",
            secret_key="sandbox-secret",
            processing=(0.0, 0.0),
            contract=HostContract(contract),
        )
        return counter

    return make
