"""Every row of the table has all that a call needs: a method, shapes, and a sandbox that answers it
as the contract says.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import inspect
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
import pytest

from freedompay_async import FreedomPay, Operation
from freedompay_async.contract import models, table
from freedompay_async.contract.calls import Call, Mark
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.contract.request_ids import RequestId
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.hashdt import HashDT, PinPage
from freedompay_async.settings import options
from tests.samples import SAMPLES, calling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROWS = {row.name: row for row in (*TABLE, *HASHDT_TABLE)}
CONSTANTS = {value.name: name for name, value in vars(table).items() if isinstance(value, Call)}


@pytest.fixture(params=ROWS, ids=ROWS)
def row(request):
    return ROWS[request.param]


def client_of(name: str) -> type:
    return HashDT if name.startswith("pins.") else FreedomPay


@pytest.fixture
def method(row):
    namespace, name = row.name.split(".")
    settings = {"base_url": "https://api.example.com"}
    keys = (
        {"api_key": "k", "product_id": "p", "token": "t"}
        if row in HASHDT_TABLE
        else {"auth_id": "1", "secret_key": "k", "region": "KZ"}
    )
    return getattr(getattr(client_of(row.name)(**settings, **keys), namespace), name)


# -- a method and its shapes


def test_row_has_a_method(row, method):
    assert inspect.iscoroutinefunction(method)
    assert method.__name__ == row.name.split(".")[1]


def test_method_tells_that_its_row_is_inferred(row, method):
    assert ("inferred" in method.__doc__.lower()) or row.mark is not Mark.INFERRED


def test_row_has_a_body_and_an_answer(row):
    assert issubclass(row.request, msgspec.Struct)
    assert issubclass(row.answer, OpenStruct)
    assert issubclass(row.result, msgspec.Struct)


def test_names_and_paths_are_given_once():
    assert len({row.path for row in ROWS.values()}) == len(ROWS) == len(TABLE) + len(HASHDT_TABLE)
    assert set(CONSTANTS) == set(ROWS)


# -- the sandbox


class World:
    """A sandbox in which each call can succeed."""

    def __init__(self, fp: FreedomPay, issuer) -> None:
        self.fp = fp
        self.issuer = issuer

    async def make(self, name: str, **found) -> Any:
        """The result of the sample call of a row."""
        return await (await calling(name)(self.fp, **found)).result()

    async def request(self) -> str:
        made = await calling("clients.create")(self.fp)
        return made.request_id

    async def client(self) -> str:
        return (await self.make("clients.create")).client_id

    async def card(self, *, active: bool = False, holder: bool = True) -> str:
        made = await (
            self.make("cards.issue", client_id=await self.client())
            if holder
            else self.make("cards.bulk_issue")
        )
        if active:
            await self.make("cards.activate", card_id=made.card_ids[0])
        return made.card_ids[0]

    async def blocked(self) -> str:
        card_id = await self.card(active=True)
        await self.make("cards.block", card_id=card_id)
        return card_id

    async def transaction(self, *, cleared: bool = False) -> str:
        made = await self.make("transactions.create", card_id=await self.card(active=True))
        if cleared:
            await self.make("transactions.clear", transaction_id=made.transaction_id)
        return made.transaction_id

    async def limited(self) -> str:
        card_id = await self.card()
        await self.make("limits.set", object_id=card_id)
        return card_id

    async def gift(self) -> int:
        return (await calling("gift_cards.issue")(self.fp)).card_id

    def sms(self) -> str:
        return self.issuer.sms(SAMPLES["gift_cards.issue"].arguments["phone"])[-1]


# What a call has to find on the sandbox in place of the arguments of its sample, made by `World`.
# A row that is not here takes a client, an active card, a transaction or a gift card for the
# argument of that name.
FOUND: dict[str, Callable[[World], Awaitable[dict[str, Any]]]] = {
    "cards.link": lambda world: _found(card_id=world.card(holder=False), client_id=world.client()),
    "cards.activate": lambda world: _found(card_id=world.card()),
    "cards.unblock": lambda world: _found(card_id=world.blocked()),
    "cards.validate_cardholder": lambda world: _after(world.client(), lambda _: _found()),
    "requests.status": lambda world: _found(request_id=world.request()),
    "transactions.refund": lambda world: _found(transaction_id=world.transaction(cleared=True)),
    "limits.list": lambda world: _found(object_id=world.limited()),
    "gift_cards.confirm": lambda world: _after(
        world.gift(), lambda card: _found(card_id=card, otp=world.sms())
    ),
}


async def _found(**made) -> dict[str, Any]:
    return {name: await each if inspect.isawaitable(each) else each for name, each in made.items()}


async def _after(first, then):
    return await then(await first)


def usual(world: World, name: str) -> Awaitable[dict[str, Any]]:
    """What is found for the arguments of a sample by their names."""
    makers = {
        "client_id": world.client,
        "card_id": world.gift if SAMPLES[name].gift else partial(world.card, active=True),
    }
    makers |= {"transaction_id": world.transaction, "object_id": world.card}
    return _found(
        **{
            argument: make()
            for argument, make in makers.items()
            if argument in SAMPLES[name].arguments
        }
    )


def unknown_of(value) -> list[str]:
    """The fields that the library does not know, those of the parts too."""
    if isinstance(value, list | tuple):
        return [name for each in value for name in unknown_of(each)]
    if not isinstance(value, msgspec.Struct):
        return []
    own = list(getattr(value, "extra", ()))
    return own + [
        name
        for field in value.__struct_fields__
        if field != "extra"
        for name in unknown_of(getattr(value, field))
    ]


@pytest.mark.parametrize("name", [row.name for row in TABLE if row.name in SAMPLES])
async def test_sandbox_answers_as_the_contract_says(fp, issuer, name):
    row, world = ROWS[name], World(fp, issuer)

    found = await (FOUND[name](world) if name in FOUND else usual(world, name))
    told = await calling(name)(fp, **found)
    if isinstance(told, Operation):
        result, told = await told.result(), told.answer
        assert type(result) is row.result
        assert unknown_of(result) == []

    assert type(told) is row.answer
    assert unknown_of(told) == []
    assert fp.drift() == []


@pytest.mark.parametrize("name", [row.name for row in HASHDT_TABLE if row.name in SAMPLES])
async def test_sandbox_answers_as_hashdt(issuer, hasty, name):
    settings = {"api_key": issuer.hashdt_api_key, "product_id": "7", "token": issuer.hashdt_token}
    async with HashDT(base_url=issuer.base_url, policy=hasty, **settings) as hashdt:
        page = await calling(name)(hashdt)
        drift = hashdt.drift()

    assert type(page) is PinPage
    assert page.url.reveal().startswith(issuer.base_url)
    assert drift == []


def test_method_is_typed_as_the_row_says(row, method):
    hints = get_type_hints(method, vars(inspect.getmodule(method)) | _types())
    result = PinPage if row in HASHDT_TABLE else row.result

    assert hints["return"] == (
        Operation[result] if row.body_id and not row.retry.harmless else result
    )


def _types() -> dict[str, Any]:
    """What the annotations of the methods name."""
    ours = {"Operation": Operation, "RequestId": RequestId}
    return {
        **vars(models),
        **vars(collections.abc),
        **vars(options),
        **ours,
        "Any": Any,
        "Decimal": Decimal,
        "dt": dt,
    }
