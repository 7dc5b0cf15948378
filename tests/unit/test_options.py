"""Options are declared once: their names, their defaults, and how a wrong one is refused."""

from __future__ import annotations

import inspect
import ssl

import pytest

from freedompay_async import FreedomPay, JwsSigner, Policy
from freedompay_async.api import Cards, Clients, GiftCards, Requests, SpendingLimits, Transactions
from freedompay_async.client_options import (
    CLIENT_OPTIONS,
    FREEDOMPAY_OPTIONS,
    Chosen,
    choose,
    close_options,
)
from freedompay_async.errors import ConfigurationError
from freedompay_async.hashdt import HashDT
from freedompay_async.hashdt.pins import Pins
from freedompay_async.settings.options import (
    CALL_OPTIONS,
    CHANGE_OPTIONS,
    ID_OPTIONS,
    INTENT_OPTIONS,
    NO_OPTIONS,
    READ_OPTIONS,
    SEND_OPTIONS,
    check_options,
)
from tests.declared_options import options_of
from tests.transports import Carrier

SIGNER = JwsSigner(auth_id="1", secret_key="k")
CONTEXT = ssl.create_default_context()
# One that is right for each, and is not the default.
RIGHT = {
    "max_connections": 7,
    "rate": 2.5,
    "timeout": 3.0,
    "policy": Policy(grace=9.0),
    "contract": "contract.toml",
    "ssl_context": CONTEXT,
    "max_answer": 1000,
    "trust_env": True,
    "transport": Carrier(),
    "events": print,
    "signer": SIGNER,
    "record": "record.jsonl",
}


def chosen(options, known=FREEDOMPAY_OPTIONS):
    return choose(options, known, "somebody")


# -- what there is


def test_options_of_a_call():
    assert {"timeout", "queue"} == CALL_OPTIONS
    assert {"timeout", "queue", "request_id"} == ID_OPTIONS
    assert {"timeout", "queue", "extra"} == READ_OPTIONS
    assert {"timeout", "queue", "request_id", "first_sent"} == SEND_OPTIONS
    assert {"timeout", "queue", "extra", "request_id", "first_sent"} == CHANGE_OPTIONS
    assert {"key", "request_id", "extra"} == INTENT_OPTIONS
    assert NO_OPTIONS == {}


def test_options_of_a_client():
    assert {*RIGHT, "proxy", "transport"} == FREEDOMPAY_OPTIONS
    assert {"signer", "record"} == FREEDOMPAY_OPTIONS - CLIENT_OPTIONS
    assert set(Chosen.__slots__) == FREEDOMPAY_OPTIONS


# What each public method takes. Those that are not here have no options, or name them themselves.
BY_METHOD = {
    READ_OPTIONS: [
        *(Cards.info, Cards.balance, Cards.secret_data, Cards.secret_data_v2, Cards.statement),
        *(Cards.statement_extended, Cards.validate_cardholder, Clients.cards, SpendingLimits.list),
        *(Transactions.info, GiftCards.products, GiftCards.status),
        # What has no id of its own.
        *(Cards.set_pin, GiftCards.confirm, GiftCards.resend, GiftCards.resend_code),
    ],
    CHANGE_OPTIONS: [
        *(Cards.issue, Cards.bulk_issue, Cards.issue_plastic, Cards.link, Cards.activate),
        *(Cards.block, Cards.unblock, Cards.reset_pin_counter, Cards.close),
        *(Clients.create, Clients.update, SpendingLimits.set, GiftCards.issue),
        GiftCards.order,
        *(Transactions.create, Transactions.clear, Transactions.refund),
    ],
    CALL_OPTIONS: [Requests.status, FreedomPay.send],
    SEND_OPTIONS: [FreedomPay.call],
    ID_OPTIONS: [Pins.set_url, Pins.reset_url, Pins.change_url],
    CLIENT_OPTIONS: [HashDT],
    FREEDOMPAY_OPTIONS: [FreedomPay, FreedomPay.from_env, FreedomPay.from_settings],
}
EVERY = [(each, names) for names, functions in BY_METHOD.items() for each in functions]


@pytest.mark.parametrize(
    ("function", "names"), EVERY, ids=lambda each: getattr(each, "__qualname__", "")
)
def test_each_takes_these(function, names):
    assert options_of(function) == names


def test_no_other_method_takes_any():
    public = [
        each
        for kind in (Cards, Clients, GiftCards, SpendingLimits, Requests, Transactions, Pins)
        for name, each in vars(kind).items()
        if inspect.isfunction(each) and not name.startswith("_")
    ]

    taken = {each.__qualname__ for each in public if options_of(each)}

    assert taken - {each.__qualname__ for each, _ in EVERY} == set(), (
        "add them to BY_METHOD of tests/unit/test_options.py"
    )


# -- the defaults


def test_defaults():
    found = chosen({})

    assert found == Chosen(policy=Policy())
    assert (found.max_connections, found.rate, found.timeout) == (100, None, 60.0)
    assert (found.contract, found.ssl_context, found.max_answer) == ((), None, 8 * 2**20)
    assert (found.proxy, found.signer, found.record) == (None, None, None)


def test_the_environment_is_not_trusted_unless_somebody_says_so():
    assert chosen({}).trust_env is False


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_given_is_taken(name):
    found = chosen({name: RIGHT[name]})

    assert {each: getattr(found, each) for each in RIGHT} == {
        **{each: getattr(chosen({}), each) for each in RIGHT},
        name: RIGHT[name],
    }


@pytest.mark.parametrize(
    "name", ["rate", "policy", "ssl_context", "proxy", "transport", "signer", "record"]
)
def test_none_is_as_good_as_nothing_where_the_type_says_so(name):
    assert chosen({name: None}) == chosen({})


# -- what is wrong


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_connections": 0}, "max_connections=0: it must be at least 1 (connections)."),
        (
            {"max_connections": None},
            "max_connections is None: give a whole number of connections (int).",
        ),
        ({"rate": 0}, "rate=0: it must be more than 0 (calls a second)."),
        ({"rate": "4"}, "rate is of type str: give a number of calls a second."),
        ({"timeout": 0}, "timeout=0: it must be more than 0 (seconds)."),
        ({"max_answer": 0}, "max_answer=0: it must be at least 1 (bytes)."),
        ({"policy": 5}, "policy is of type int: give a Policy."),
        ({"ssl_context": True}, "ssl_context is of type bool: give an ssl.SSLContext."),
        ({"trust_env": "0"}, "trust_env is of type str: give True or False."),
        (
            {"transport": 5},
            "transport is of type int: give an object with the methods of Transport.",
        ),
    ],
)
def test_each_is_checked(options, told):
    with pytest.raises(ConfigurationError) as caught:
        chosen(options)

    assert str(caught.value) == f"{told} Nothing was sent."


def test_a_call_may_take_without_end():
    assert chosen({"timeout": float("inf")}).timeout == float("inf")


def test_unknown_option_is_told_as_python_tells_it():
    def somebody(*, one=None):
        return one

    with pytest.raises(TypeError) as python:
        somebody(one=1, two=2, three=3)
    with pytest.raises(TypeError) as caught:
        choose({"timeout": 1.0, "two": 2, "three": 3}, CLIENT_OPTIONS, "somebody")

    assert str(caught.value) == str(python.value).removeprefix(
        "test_unknown_option_is_told_as_python_tells_it.<locals>."
    )


def test_what_is_given_with_an_unknown_option_is_let_go():
    options = {"timeout": 1.0, "tmeout": 2.0}
    with pytest.raises(TypeError) as caught:
        check_options(options, CALL_OPTIONS, "Cards.info")

    assert str(caught.value) == "Cards.info() got an unexpected keyword argument 'tmeout'"
    assert options == {}


def test_a_proxy_gives_way_to_one_that_shows_no_password():
    options = {"proxy": "http://somebody:secret@proxy.example.com"}
    close_options(options, CLIENT_OPTIONS, "somebody")

    assert repr(options) == "{'proxy': Proxy('http://proxy.example.com:80', proxy)}"
    before = options["proxy"]
    close_options(options, CLIENT_OPTIONS, "somebody else")
    assert options["proxy"] is before


@pytest.mark.parametrize(
    "options", [{"proxy": "ftp://somebody:secret@proxy.example.com"}, {"proxy": 5}]
)
def test_what_is_no_proxy_is_let_go(options):
    with pytest.raises(ConfigurationError):
        close_options(options, CLIENT_OPTIONS, "somebody")

    assert options == {}


def test_an_unknown_option_of_a_method_names_the_method():
    options = {"tiemout": 3}
    with pytest.raises(
        TypeError, match=r"^Cards\.block\(\) got an unexpected keyword argument 'tiemout'$"
    ):
        check_options(options, CHANGE_OPTIONS, "Cards", "cards.block")

    assert options == {}
