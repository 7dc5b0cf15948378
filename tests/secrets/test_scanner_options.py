"""A name with a slip in it is refused as Python refuses one, and nothing given with it is shown."""

from __future__ import annotations

import pytest

from freedompay_async import FreedomPay
from freedompay_async.errors import ConfigurationError
from freedompay_async.hashdt import HashDT
from freedompay_async.settings.settings import Settings
from tests.samples import UNKNOWN_PATH
from tests.secrets.marked import CALLS, MARKS, PIN_CALLS, PLAIN_CALLS, client, pin_client

KEY = MARKS["secret_key"]
PROXY = f"http://somebody:{KEY}@proxy.example.com"
ENV = {
    "FREEDOMPAY_AUTH_ID": "10001",
    "FREEDOMPAY_SECRET_KEY": KEY,
    "FREEDOMPAY_REGION": "KZ",
    "FREEDOMPAY_TEST": "1",
}
HASHDT = {
    "base_url": "https://hashdt.example.com",
    "api_key": MARKS["api_key"],
    "product_id": "product-1",
    "token": MARKS["token"],
}

DOORS = {
    "FreedomPay.__init__": lambda **options: FreedomPay(
        auth_id="10001", secret_key=KEY, region="KZ", test=True, **options
    ),
    "FreedomPay.from_env": FreedomPay.from_env,
    "FreedomPay.from_settings": lambda **options: FreedomPay.from_settings(
        Settings.from_env(env=ENV), **options
    ),
    "HashDT.__init__": lambda **options: HashDT(**HASHDT, **options),
}
NAMESPACES = {
    "cards": "Cards",
    "clients": "Clients",
    "gift_cards": "GiftCards",
    "limits": "SpendingLimits",
    "requests": "Requests",
    "transactions": "Transactions",
    "pins": "Pins",
}


@pytest.fixture
def environment(monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "options",
    [
        {"max_connection": 10, "proxy": PROXY},
        {"proxy": PROXY, "max_connection": 10, "trust_env": False},
        {"max_connection": KEY},
        {"max_connection": PROXY, "timeout": 5.0},
    ],
    ids=["before a proxy", "after a proxy", "with a key", "with a proxy"],
)
def test_unknown_option_of_a_client_shows_no_secret(scanner, captured, door, options):
    with pytest.raises(TypeError) as caught:
        DOORS[door](**options)

    assert str(caught.value) == f"{door}() got an unexpected keyword argument 'max_connection'"
    assert [*scanner.error(caught.value, door), *scanner.records(captured)] == []


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "options",
    [
        {"proxy": PROXY, "max_connections": 0},
        {"proxy": PROXY, "contract": 5},
        {"proxy": PROXY.replace("http:", "socks5:")},
        {"proxy": PROXY.encode()},
    ],
    ids=["of a number", "of a contract", "of the proxy", "of the proxy's type"],
)
def test_wrong_option_of_a_client_shows_no_secret(scanner, captured, door, options):
    with pytest.raises(ConfigurationError) as caught:
        DOORS[door](**options)

    assert [*scanner.error(caught.value, door), *scanner.records(captured)] == []


def test_an_environment_without_a_key_shows_no_proxy(scanner, monkeypatch):
    monkeypatch.delenv("FREEDOMPAY_SECRET_KEY", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        FreedomPay.from_env(proxy=PROXY)

    assert scanner.error(caught.value, "from_env") == []


@pytest.mark.parametrize("name", [*CALLS, *PIN_CALLS, *PLAIN_CALLS])
async def test_unknown_option_of_a_call_shows_no_secret_and_sends_nothing(
    scanner, captured, in_memory, name
):
    sent = []
    transport = in_memory(sent.append)
    made = (pin_client if name in PIN_CALLS else client)(transport=transport)
    space, _, method = name.partition(".")
    function = "FreedomPay.call" if name in PLAIN_CALLS else f"{NAMESPACES[space]}.{method}"
    with pytest.raises(TypeError) as caught:
        await {**CALLS, **PIN_CALLS, **PLAIN_CALLS}[name](made, time_out=MARKS["sealed_pin"])
    await made.aclose()

    assert str(caught.value) == f"{function}() got an unexpected keyword argument 'time_out'"
    assert [*scanner.error(caught.value, name), *scanner.records(captured)] == []
    assert sent == []


async def test_unknown_option_is_refused_before_a_function_of_the_caller_is_called():
    pins = []
    async with client() as fp:
        with pytest.raises(TypeError, match="time_out"):
            await fp.cards.set_pin("c-1", "1234", encrypt=pins.append, time_out=5)

    assert pins == []


# Another argument that is wrong, too: what is refused first has the options in its frame.
TWICE_WRONG = {
    "cards.issue": lambda fp, **wrong: fp.cards.issue(product_id=1, **wrong),
    "transactions.create": lambda fp, **wrong: fp.transactions.create(
        order_id="o", card_id="c", amount="much", currency="KZT", description="d", **wrong
    ),
    "transactions.clear": lambda fp, **wrong: fp.transactions.clear(
        order_id="o", transaction_id="t", amount="much", **wrong
    ),
    "transactions.refund": lambda fp, **wrong: fp.transactions.refund(
        order_id="o", transaction_id="t", amount="much", **wrong
    ),
    "gift_cards.issue": lambda fp, **wrong: fp.gift_cards.issue(
        cardholder_name="A", phone="+7 9", product_code=1, **wrong
    ),
    "gift_cards.confirm": lambda fp, **wrong: fp.gift_cards.confirm(
        otp=MARKS["otp"], card_id="one", **wrong
    ),
    "gift_cards.resend": lambda fp, **wrong: fp.gift_cards.resend("one", **wrong),
    "clients.create": lambda fp, **wrong: fp.clients.create(product_id="one", client=5, **wrong),
    "call": lambda fp, **wrong: fp.call(UNKNOWN_PATH, 3, dict, **wrong),
    "pins.set_url": lambda hashdt, **wrong: hashdt.pins.set_url(
        cardholder_id="", wallet_id="w", card_id="c", **wrong
    ),
}


@pytest.mark.parametrize("name", TWICE_WRONG)
async def test_unknown_option_is_told_before_another_wrong_argument(scanner, captured, name):
    made = pin_client() if name in PIN_CALLS else client()
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'time_out'") as caught:
        await TWICE_WRONG[name](made, time_out=MARKS["sealed_pin"])
    await made.aclose()

    assert [*scanner.error(caught.value, name), *scanner.records(captured)] == []
