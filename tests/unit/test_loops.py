"""Without an event loop of asyncio: an error that says so, before a byte is sent."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from types import SimpleNamespace

import pytest

from freedompay_async import ConfigurationError, FreedomPay
from freedompay_async.batch import Batch, Journal
from freedompay_async.guards.loops import running_loop
from freedompay_async.hashdt import HashDT
from freedompay_async.sandbox import Sandbox
from tests.person_examples import new_client
from tests.samples import UNKNOWN_PATH

ID = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
NO_LOOP = (
    "this library is for asyncio, and no event loop of asyncio is running here. Nothing was "
    "sent. Call it inside asyncio.run(...)."
)
TRIO = (
    "this library is for asyncio, and trio is running here. Nothing was sent. Run it on asyncio "
    '(with anyio: backend="asyncio").'
)
PERSON = new_client()
DAY = dt.date(2026, 1, 15)
OWNER = {"cardholder_id": "h", "wallet_id": "w", "card_id": "c"}
CALLS = {
    "an effect": lambda fp, path: fp.cards.bulk_issue(product_id=2000, count=1),
    "an effect with an id": lambda fp, path: fp.clients.create(
        product_id=2000, client=PERSON, request_id=ID
    ),
    "a read": lambda fp, path: fp.cards.balance("c"),
    "what can't be asked about": lambda fp, path: fp.cards.set_pin("c"),
    "what gives the same again": lambda fp, path: fp.cards.set_pin(
        "c", "1234", encrypt=lambda pin: "sealed"
    ),
    "a gift card": lambda fp, path: fp.gift_cards.issue(
        cardholder_name="A", phone=77017777777, product_code=1
    ),
    "a call of the caller's": lambda fp, path: fp.call(UNKNOWN_PATH, {}, dict),
    "a status": lambda fp, path: fp.requests.status(ID),
    "a refresh": lambda fp, path: fp.requests.attach(ID).refresh(),
    "a result": lambda fp, path: fp.requests.attach(ID).result(),
    "many results": lambda fp, path: fp.requests.as_completed([fp.requests.attach(ID)]).__anext__(),
    "movements": lambda fp, path: fp.cards.movements("c", start=DAY, end=DAY).__anext__(),
    "warming up": lambda fp, path: fp.warm_up(1),
    "entering a client": lambda fp, path: fp.__aenter__(),
    "a page for a PIN": lambda fp, path: hashdt().pins.set_url(**OWNER),
    "entering a client of HashDT": lambda fp, path: hashdt().__aenter__(),
    "opening a journal": lambda fp, path: Journal.open(path).__aenter__(),
    "running a batch": lambda fp, path: Batch(fp, Journal.open(path)).run().__anext__(),
}


def hashdt() -> HashDT:
    return HashDT(base_url="https://pins.example.com", api_key="k", product_id="p", token="t")


def stepped(work) -> BaseException | None:
    """What a coroutine raises when it is stepped as another library steps it."""
    step = work.__await__()
    try:
        step.send(None)
    except BaseException as error:
        return error
    finally:
        work.close()
    return None


@pytest.fixture
def fp():
    # Nobody is there.
    return FreedomPay(auth_id="1", secret_key="k", region="KZ", base_url="http://127.0.0.1:9")


@pytest.fixture
def trio(monkeypatch):
    """As if it were there, and running or not."""

    def there(lowlevel):
        monkeypatch.setitem(sys.modules, "trio", SimpleNamespace(lowlevel=lowlevel))

    return there


@pytest.mark.parametrize("name", CALLS)
def test_each_call_says_that_there_is_no_loop(fp, tmp_path, name):
    error = stepped(CALLS[name](fp, tmp_path / "run.db"))

    assert (type(error), error.text) == (ConfigurationError, NO_LOOP)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", CALLS)
def test_each_call_says_that_trio_runs_it(fp, tmp_path, trio, name):
    trio(SimpleNamespace(in_trio_run=lambda: True))

    assert stepped(CALLS[name](fp, tmp_path / "run.db")).text == TRIO


@pytest.mark.parametrize(
    "lowlevel", [SimpleNamespace(in_trio_run=lambda: False), SimpleNamespace(), None]
)
def test_trio_is_not_named_where_it_does_not_run_this(trio, lowlevel):
    trio(lowlevel)

    with pytest.raises(ConfigurationError) as caught:
        running_loop()
    assert caught.value.text == NO_LOOP
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_call_that_is_refused_so_names_its_id(fp):
    error = stepped(CALLS["an effect with an id"](fp, None))

    assert (error.request_id, error.call, error.done) == (ID, "clients.create", False)


async def test_the_loop_that_runs_is_given(trio):
    trio(SimpleNamespace(in_trio_run=lambda: True))

    assert running_loop() is asyncio.get_running_loop()


def test_a_sandbox_says_it_too():
    error = stepped(Sandbox().__aenter__())

    assert type(error) is RuntimeError
    assert str(error) == (
        "the sandbox is for asyncio, and no event loop of asyncio is running here: use it inside "
        "asyncio.run(...)"
    )
