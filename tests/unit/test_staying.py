"""What belongs to its process says so, in plain words, where it is pickled or copied."""

from __future__ import annotations

import copy
import pickle

import pytest

from freedompay_async import AiohttpTransport, DirectTransport, FreedomPay, Policy
from freedompay_async.batch import Batch, Journal
from freedompay_async.calls.session import Session
from freedompay_async.calls.shared_resources import SharedResources
from freedompay_async.hashdt import HashDT
from freedompay_async.sandbox import Sandbox
from tests.transports import owned

ID = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
DOORS = {
    **{
        f"pickle {each}": lambda value, protocol=each: pickle.dumps(value, protocol)
        for each in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "copy of what holds it": lambda value: copy.deepcopy({"a": [value]}),
}
BELONGS = "is not pickled or copied, because it belongs to its process"
CLIENT = "make a client in each process"
MADE = {
    "Operation": f"keep its request_id, and go on with requests.attach('{ID}') in any process",
    "FreedomPay": CLIENT,
    "HashDT": CLIENT,
    "Cards": CLIENT,
    "Requests": CLIENT,
    "Pins": CLIENT,
    "Session": "make one where it is needed",
    "GiftCardOrder": "keep its card_id, and go on with gift_cards.attach(card_id) in any process",
    "Journal": "open it by its path, in one process at a time",
    "AiohttpTransport": "make one for each client",
    "DirectTransport": "make one for each client",
    "Batch": "make it of a client and a journal where it is needed",
}


@pytest.fixture
def made(tmp_path):
    fp = FreedomPay(auth_id="1", secret_key="hunter2", region="KZ", base_url="http://127.0.0.1:9")
    hashdt = HashDT(
        base_url="https://pins.example.com", api_key="hunter2", product_id="p", token="hunter2"
    )
    journal = Journal.open(tmp_path / "run.db")
    objects = [
        fp,
        fp.cards,
        fp.requests,
        Session(SharedResources.of(owned(None), signers={}, policy=Policy(), timeout=1.0)),
        fp.requests.attach(ID),
        fp.gift_cards.attach(5),
        hashdt,
        hashdt.pins,
        journal,
        AiohttpTransport(),
        DirectTransport(),
    ]
    return {type(each).__name__: each for each in (*objects, Batch(fp, journal))}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", MADE)
def test_says_so(made, name, door):
    with pytest.raises(TypeError) as caught:
        DOORS[door](made[name])

    assert str(caught.value) == f"{name} {BELONGS}: {MADE[name]}"


@pytest.mark.parametrize("door", DOORS)
def test_a_method_says_it_too(made, door):
    """As a pool of processes pickles what it is to call."""
    if "copy" in door:
        return
    with pytest.raises(TypeError, match="Cards is not pickled"):
        DOORS[door](made["FreedomPay"].cards.issue)


@pytest.mark.parametrize("door", DOORS)
def test_a_sandbox_says_it_too(door):
    with pytest.raises(TypeError) as caught:
        DOORS[door](Sandbox())

    assert str(caught.value) == (
        "a sandbox is not pickled or copied, because it belongs to its process: make one "
        "where it is needed"
    )
