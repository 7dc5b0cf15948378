"""Every row of the table has all that a call needs: a method, shapes, a handler in the sandbox, a line in the docs, a verb and a test."""

from __future__ import annotations

import ast
import collections.abc
import datetime as dt
import inspect
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
import pytest
import typer.main

from freedompay_async import FreedomPay, Limit, LimitAmount, NewClient, Operation
from freedompay_async.contract import models, table
from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.contract.request_ids import RequestId
from freedompay_async.contract.table import HASHDT_TABLE, TABLE, Mark
from freedompay_async.hashdt import HashDT, PinPage
from freedompay_async.settings import options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROOT = Path(__file__).parents[2]
ROWS = {row.name: row for row in (*TABLE, *HASHDT_TABLE)}
CONSTANTS = {value.name: name for name, value in vars(table).items() if isinstance(value, table.Call)}
PERSON = NewClient(phone=77017777777, type=1, resident=1, first_name="IVAN", last_name="IVANOV")
PHONE = 79651234567
DAY = {"start_date": dt.date(2020, 1, 1), "end_date": dt.date(2090, 1, 1)}
ON_CARD = {"object_type": "card"}


@pytest.fixture(params=ROWS, ids=ROWS)
def row(request):
    return ROWS[request.param]


def client_of(name: str) -> type:
    return HashDT if name.startswith("pins.") else FreedomPay


@pytest.fixture
def method(row):
    namespace, name = row.name.split(".")
    settings = {"base_url": "https://api.example.com"}
    keys = {"api_key": "k", "product_id": "p", "token": "t"} if row in HASHDT_TABLE else {"auth_id": "1", "secret_key": "k", "region": "KZ"}
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
    assert len({row.path for row in ROWS.values()}) == len(ROWS) == len(TABLE) + len(HASHDT_TABLE) == 36
    assert set(CONSTANTS) == set(ROWS)


# -- the sandbox


class World:
    """A sandbox in which each call can succeed."""

    def __init__(self, fp: FreedomPay, issuer) -> None:
        self.fp = fp
        self.issuer = issuer

    async def client(self) -> str:
        return (await (await self.fp.clients.create(product_id=2000, client=PERSON)).result()).client_id

    async def card(self, *, active: bool = False, holder: bool = True) -> str:
        if holder:
            made = await self.fp.cards.issue(client_id=await self.client(), product_id=2000)
        else:
            made = await self.fp.cards.bulk_issue(product_id=2000, count=1)
        [card_id] = (await made.result()).card_ids
        if active:
            await (await self.fp.cards.activate(card_id)).result()
        return card_id

    async def blocked(self) -> str:
        card_id = await self.card(active=True)
        await (await self.fp.cards.block(card_id, description="lost")).result()
        return card_id

    async def transaction(self, *, cleared: bool = False) -> str:
        card_id = await self.card(active=True)
        made = await (await self.fp.transactions.create(order_id="o-1", card_id=card_id, amount="10.50", currency="KZT")).result()
        if cleared:
            await (await self.fp.transactions.clear(order_id="o-1", transaction_id=made.transaction_id)).result()
        return made.transaction_id

    async def limited(self) -> str:
        card_id = await self.card()
        limit = Limit(transaction_type="pay", period="day", amount=[LimitAmount(type="max", value="100.00", currency="KZT")])
        await (await self.fp.limits.set(**ON_CARD, object_id=card_id, limits=[limit])).result()
        return card_id

    async def gift(self) -> int:
        issued = await self.fp.gift_cards.issue(cardholder_name="IVANOV IVAN", phone=PHONE, product_code=1)
        return issued.card_id

    def sms(self) -> str:
        return self.issuer.sms(PHONE)[-1]


async def _status(world):
    made = await world.fp.clients.create(product_id=2000, client=PERSON)
    return await world.fp.requests.status(made.request_id)


async def _confirm(world):
    card_id = await world.gift()
    return await world.fp.gift_cards.confirm(otp=world.sms(), card_id=card_id)


async def _validate(world):
    await world.client()
    token = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
    return await world.fp.cards.validate_cardholder(user_phone="7017777777", first_name="IVAN", last_name="IVANOV", card_token=token)


async def _set_limits(world):
    limit = Limit(transaction_type="withdrawal", amount=[LimitAmount(type="max", value=5, currency="KZT")])
    return await world.fp.limits.set(**ON_CARD, object_id=await world.card(), limits=[limit])


async def _clear(world):
    return await world.fp.transactions.clear(order_id="o-1", transaction_id=await world.transaction(), amount="10.00")


async def _refund(world):
    return await world.fp.transactions.refund(order_id="o-1", transaction_id=await world.transaction(cleared=True), description="back")


async def _create(world):
    card_id = await world.card(active=True)
    return await world.fp.transactions.create(order_id="o-1", card_id=card_id, amount=5, currency="KZT", description="tea")


SUCCEEDS: dict[str, Callable[[World], Awaitable[Any]]] = {
    "cards.bulk_issue": lambda world: world.fp.cards.bulk_issue(product_id=2000, count=2),
    "cards.issue": lambda world: _after(world.client(), lambda made: world.fp.cards.issue(client_id=made, product_id=2000)),
    "cards.issue_plastic": lambda world: _after(world.client(), lambda made: world.fp.cards.issue_plastic(client_id=made, product_id=3000)),
    "cards.link": lambda world: _after(
        world.card(holder=False), lambda card: _after(world.client(), lambda made: world.fp.cards.link(card, client_id=made))
    ),
    "cards.activate": lambda world: _after(world.card(), world.fp.cards.activate),
    "cards.block": lambda world: _after(world.card(active=True), lambda card: world.fp.cards.block(card, description="lost")),
    "cards.unblock": lambda world: _after(world.blocked(), lambda card: world.fp.cards.unblock(card, description="found")),
    "cards.set_pin": lambda world: _after(world.card(), lambda card: world.fp.cards.set_pin(card, "c2VhbGVkIFBJTg==")),
    "cards.reset_pin_counter": lambda world: _after(world.card(), world.fp.cards.reset_pin_counter),
    "cards.close": lambda world: _after(world.card(), lambda card: world.fp.cards.close(card, description="stolen")),
    "cards.info": lambda world: _after(world.card(), world.fp.cards.info),
    "cards.balance": lambda world: _after(world.card(), world.fp.cards.balance),
    "cards.secret_data": lambda world: _after(world.card(), world.fp.cards.secret_data),
    "cards.secret_data_v2": lambda world: _after(world.card(), world.fp.cards.secret_data_v2),
    "cards.statement": lambda world: _after(world.card(), lambda card: world.fp.cards.statement(card, **DAY)),
    "cards.statement_extended": lambda world: _after(world.card(), lambda card: world.fp.cards.statement_extended(card, **DAY)),
    "cards.validate_cardholder": _validate,
    "clients.create": lambda world: world.fp.clients.create(product_id=2000, client=PERSON, branch_id="b-1"),
    "clients.update": lambda world: _after(world.client(), lambda made: world.fp.clients.update(made, product_id=2000, phone=77017777778)),
    "clients.cards": lambda world: _after(world.client(), world.fp.clients.cards),
    "requests.status": _status,
    "transactions.create": _create,
    "transactions.clear": _clear,
    "transactions.refund": _refund,
    "transactions.info": lambda world: _after(world.transaction(), world.fp.transactions.info),
    "limits.set": _set_limits,
    "limits.list": lambda world: _after(world.limited(), lambda card: world.fp.limits.list(**ON_CARD, object_id=card)),
    "gift_cards.products": lambda world: world.fp.gift_cards.products(),
    "gift_cards.issue": lambda world: world.fp.gift_cards.issue(cardholder_name="IVANOV IVAN", phone=PHONE, product_code=1),
    "gift_cards.confirm": _confirm,
    "gift_cards.resend": lambda world: _after(world.gift(), world.fp.gift_cards.resend),
    "gift_cards.resend_code": lambda world: _after(world.gift(), world.fp.gift_cards.resend_code),
    "gift_cards.status": lambda world: _after(world.gift(), world.fp.gift_cards.status),
}


async def _after(first, then):
    return await then(await first)


def unknown_of(value) -> list[str]:
    """The fields that the library does not know, those of the parts too."""
    if isinstance(value, list | tuple):
        return [name for each in value for name in unknown_of(each)]
    if not isinstance(value, msgspec.Struct):
        return []
    own = list(getattr(value, "extra", ()))
    return own + [name for field in value.__struct_fields__ if field != "extra" for name in unknown_of(getattr(value, field))]


@pytest.mark.parametrize("name", [row.name for row in TABLE])
async def test_sandbox_answers_as_the_contract_says(fp, issuer, name):
    row = ROWS[name]

    told = await SUCCEEDS[name](World(fp, issuer))
    if isinstance(told, Operation):
        result, told = await told.result(), told.answer
        assert type(result) is row.result
        assert unknown_of(result) == []

    assert type(told) is row.answer
    assert unknown_of(told) == []
    assert fp.drift() == []


@pytest.mark.parametrize("name", [row.name for row in HASHDT_TABLE])
async def test_sandbox_answers_as_hashdt(issuer, hasty, name):
    settings = {"api_key": issuer.hashdt_api_key, "product_id": "7", "token": issuer.hashdt_token}
    async with HashDT(base_url=issuer.base_url, policy=hasty, **settings) as hashdt:
        page = await getattr(hashdt.pins, name.split(".")[1])(cardholder_id="h-1", wallet_id="w-1", card_id="c-1")
        drift = hashdt.drift()

    assert type(page) is PinPage
    assert page.url.reveal().startswith(issuer.base_url)
    assert drift == []


def test_every_row_is_tried_on_the_sandbox():
    assert list(SUCCEEDS) == [row.name for row in TABLE]


# -- the docs

CALLS_PAGE = ROOT / "docs" / "calls.md"


def test_docs_have_every_row():
    lines = re.findall(r"^\| `([\w.]+)` \| `(/\S+)` \| (\w+) \|", CALLS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert lines == [(row.name, row.path, row.mark.value) for row in ROWS.values()]


def test_docs_have_what_may_follow_and_the_menu_of_every_row():
    text = CALLS_PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^\| `([\w.]+)` \| `/\S+` \| \w+ \| (\w+) \| (\w+) \| (.+) \|$", text, re.MULTILINE)

    assert lines == [(row.name, row.retry.value, "KZ" if row.kz_only else "all", row.source) for row in ROWS.values()]


# -- the command


def commands() -> dict[str, Any]:
    from freedompay_async.cli.app import app

    groups = typer.main.get_command(app).commands
    return {f"{name} {verb}": each for name, group in groups.items() for verb, each in getattr(group, "commands", {}).items()}


@pytest.mark.parametrize("name", [row.name for row in TABLE])
def test_row_has_a_verb(name, capsys):
    namespace, method = name.split(".")
    verb = f"{namespace} {method}".replace("_", "-")

    with pytest.raises(SystemExit) as ended:
        commands()[verb].main(["--help"], prog_name=verb)

    assert ended.value.code == 0
    assert method.replace("_", "-") in capsys.readouterr().out


# -- a test of its own


def called_in(source: str) -> set[str]:
    """The methods that a text calls, as `cards.issue`: a name in a list, a comment or a message is no call."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    owners = [(getattr(each.value, "attr", None) or getattr(each.value, "id", None), each.attr) for each in calls]
    return {f"{namespace}.{method}" for namespace, method in owners}


def test_every_row_is_called_by_a_test_elsewhere():
    # Not by those that walk the whole table: they call whatever is in it.
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file.parent.name not in ("contract", "secrets")]
    called = set().union(*(called_in(file.read_text(encoding="utf-8")) for file in files))

    assert set(ROWS) - called == set()


@pytest.mark.parametrize(
    ("source", "called"),
    [
        ("await fp.cards.issue(client_id='1')", {"cards.issue"}),
        ("CALLS = {'cards.issue': lambda fp, **own: fp.cards.issue(**own)}", {"cards.issue"}),
        ("pins = client.pins\npins.set_url()", {"pins.set_url"}),
        ("ROWS = ['cards.issue', \"cards.issue\"]", set()),
        ("# fp.cards.issue()\n'fp.cards.issue()'", set()),
        ("from freedompay_async.contract.table import CARD_ISSUE", set()),
        ("method = fp.cards.issue", set()),
        ("fp.cards.issue_plastic()", {"cards.issue_plastic"}),
    ],
)
def test_a_row_that_is_only_named_is_not_called(source, called):
    assert called_in(source) & {"cards.issue", "cards.issue_plastic", "pins.set_url"} == called


def test_method_is_typed_as_the_row_says(row, method):
    hints = get_type_hints(method, vars(inspect.getmodule(method)) | _types())
    result = PinPage if row in HASHDT_TABLE else row.result

    assert hints["return"] == (Operation[result] if row.body_id and not row.retry.harmless else result)


def _types() -> dict[str, Any]:
    """What the annotations of the methods name."""
    ours = {"Operation": Operation, "RequestId": RequestId}
    return {**vars(models), **vars(collections.abc), **vars(options), **ours, "Any": Any, "Decimal": Decimal}
