"""Every call of the table with secrets that can't be mistaken for anything else, and what is
answered to it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from freedompay_async import FreedomPay, NewClient, Policy, Secret
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models import RequestState
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.hashdt import HashDT
from freedompay_async.models import Address
from tests.person_examples import ADDRESS, new_client
from tests.samples import OWN, SAMPLES, UNKNOWN_PATH, calling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MARKS = {
    "secret_key": "MARKKEYa7c1e0b7d9a5f4432",
    "plain_pin": "864209753186",
    "sealed_pin": "MARKPINb41f70c55d8e6aa90",
    "otp": "531800862497",
    "document": "TUFSS0RPQzkwZjdjMTE4YjZk",
    "extra_secret": "MARKEXTRAc09d6f21e8b34775",
    "api_key": "MARKAPId5e2907fb6c8134a2",
    "token": "MARKTOKENe8b1c7d05f92634a",
    "pan": "4111117208615393",
    "cvv": "9731",
    "expiry": "11/39",
    "page_url": "https://pins.example.com/MARKURLf3a8d60b51c97e24",
}
DAY = dt.date(2026, 1, 15)
EXTRA = {"memo": Secret(MARKS["extra_secret"])}
HASTY = Policy(
    attempt_timeout=0.2,
    connect_timeout=0.5,
    attempts=2,
    pause=0.002,
    max_pause=0.005,
    grace=0.02,
    poll_first=0.002,
    poll_most=0.02,
    retries_per_second=10_000,
)


def person(**changes: Any) -> NewClient:
    fields: dict[str, Any] = {"document": MARKS["document"], "address1": Address(**ADDRESS)}
    return new_client(**fields | changes)


def sealed(pin: str) -> str:
    """An encryptor of the caller's own."""
    assert pin == MARKS["plain_pin"]
    return MARKS["sealed_pin"]


# In place of what is plain in a sample.
SECRET: dict[str, dict[str, Any]] = {
    "cards.set_pin": {"pin": MARKS["plain_pin"], "encrypt": sealed},
    "clients.create": {"client": person()},
    "gift_cards.confirm": {"otp": MARKS["otp"]},
}


def secret_call(name: str) -> Callable[..., Awaitable[Any]]:
    """The sample call of a row, with marks in place of its secrets."""
    call = calling(name, **SECRET.get(name, {}))
    if name == "requests.status":
        # The one call without `extra`.
        return lambda fp, extra=None, **more: call(fp, **more)
    return call


CALLS = {call.name: secret_call(call.name) for call in TABLE if call.name in SAMPLES}
PIN_CALLS = {call.name: secret_call(call.name) for call in HASHDT_TABLE if call.name in SAMPLES}
# What goes out beside the rows: other doors to the same calls, and calls that the table does not
# have.
MORE_CALLS: dict[str, Callable[..., Awaitable[Any]]] = {
    "pin sent as it is": lambda fp, **more: fp.cards.set_pin("c-1", MARKS["sealed_pin"], **more),
    "order": lambda fp, extra=None, **more: fp.gift_cards.order(
        **SAMPLES["gift_cards.issue"].arguments, **more
    ),
    "confirm of an order": lambda fp, extra=None, **more: fp.gift_cards.attach(555).confirm(
        MARKS["otp"], **more
    ),
    "movements": lambda fp, extra=None, **more: anext(
        fp.cards.movements("c-1", start=DAY, end=DAY, **more)
    ),
    "result": lambda fp, extra=None, timeout=0.05: fp.requests.attach(OWN).result(timeout=timeout),
    "given": lambda fp, extra=EXTRA, **more: fp.call(
        UNKNOWN_PATH, {"card_id": "c-1", **extra}, dict, **more
    ),
}
# What is not sealed by the caller: no variable shows it, and its name alone tells an answer's
# reader that it is secret.
PLAIN_CALLS: dict[str, Callable[..., Awaitable[Any]]] = {
    f"plain, {retry}": lambda fp, retry=retry, kind=kind, **more: fp.call(
        UNKNOWN_PATH,
        {"pin": MARKS["plain_pin"], "codes": [{"otp": MARKS["otp"]}]},
        kind,
        retry=retry,
        **more,
    )
    for retry, kind in ((Retry.UNASKABLE, dict), (Retry.READ, dict), (Retry.ASKABLE, RequestState))
}
PATHS = {call.path: call.name for call in (*TABLE, *HASHDT_TABLE)}


def client(
    base_url: str = "https://api.example.com", *, region: str = "KZ", **options: Any
) -> FreedomPay:
    settings: dict[str, Any] = {"region": region, "timeout": 1.0, "policy": HASTY}
    return FreedomPay(
        auth_id="10001", secret_key=MARKS["secret_key"], base_url=base_url, **settings | options
    )


def pin_client(base_url: str = "https://api.example.com", **options: Any) -> HashDT:
    settings: dict[str, Any] = {"token": MARKS["token"], "timeout": 1.0, "policy": HASTY}
    return HashDT(
        base_url=base_url, api_key=MARKS["api_key"], product_id="product-1", **settings | options
    )


_FACE = {"pan": MARKS["pan"], "expiry": MARKS["expiry"], "cvv": MARKS["cvv"]}
_DONE = {"status": "ok", "request_status": "success", "dt": "2026-01-15T12:00:00+05:00"}
_GIFT = {"datetime": "2026-01-15 07:00:00", "status": 0}
_GIFT_CARD = {
    **_GIFT,
    "card_status": 1,
    "card_currency": "USD",
    "card_balance": 100,
    "card_mask": "4111********5393",
}
_MOVED = {
    "type": "pay",
    "amount": 12.10,
    "currency": "KZT",
    "datetime": "2026-01-15T12:00:00+05:00",
    "merchant": {"name": "SHOP"},
}
# Of no published shape; a card's number may be a name, and stand where its mask should.
_LOOSE = {
    "card_number": MARKS["pan"],
    "cvv": MARKS["cvv"],
    "note": f"card {MARKS['pan']}",
    MARKS["pan"]: {"pin": MARKS["plain_pin"]},
}
_PAGE = {
    "status": "Success",
    "message": "fetched",
    "code": 200,
    "data": [{"set_pin_url": MARKS["page_url"]}],
}
ANSWERS: dict[str, dict[str, Any]] = {
    "cards.secret_data": _DONE | _FACE,
    # Everything under names that no page shows.
    "cards.secret_data_v2": _DONE
    | {"card": _FACE, "exp_month": MARKS["expiry"], "number": MARKS["pan"], "code3": MARKS["cvv"]},
    "cards.info": _DONE
    | {
        "card_id": "c-1",
        "card_mask": MARKS["pan"],
        "card_number": MARKS["pan"],
        "cvc": MARKS["cvv"],
        "exp_date": MARKS["expiry"],
    },
    "cards.statement": _DONE
    | {"operations": [_MOVED | {"card_number": MARKS["pan"]}, _MOVED | {"merchant": _LOOSE}]},
    "cards.statement_extended": _DONE
    | {
        "operations": [_MOVED],
        "accounts": [{"iban": "KZ00", "pin": MARKS["plain_pin"]}],
        "authorizations": [
            _MOVED | {"merchant": _LOOSE, "additional_parameters": [_LOOSE, [_LOOSE], MARKS["pan"]]}
        ],
        "balances": {"one": _LOOSE, "more": [_LOOSE], MARKS["pan"]: MARKS["pan"]},
        "card": {"card_mask": MARKS["pan"]},
    },
    "clients.cards": _DONE
    | {
        "cards": [
            {"card_id": "c-1", "card_mask": MARKS["pan"], "pan": MARKS["pan"], "cvv2": MARKS["cvv"]}
        ]
    },
    "clients.create": _DONE | {"client_id": "cl-1", "document": MARKS["document"]},
    "requests.status": _DONE
    | {"cards": [{"card_id": "c-1"}], "client_id": "cl-1", "transaction_id": "t-1"},
    "gift_cards.products": _GIFT | {"product_list": [{"code": 1, "balance": 100}]},
    "gift_cards.issue": _GIFT | {"card_id": 555, "otp": MARKS["otp"]},
    "gift_cards.confirm": _GIFT_CARD,
    "gift_cards.resend": _GIFT | {"card_id": 555},
    "gift_cards.resend_code": _GIFT,
    "gift_cards.status": _GIFT_CARD | {"card_mask": MARKS["pan"], "card_number": MARKS["pan"]},
    **dict.fromkeys(PIN_CALLS, _PAGE),
}


def answer(path: str) -> dict[str, Any]:
    """The good answer to a path, with secrets in it."""
    return ANSWERS.get(PATHS.get(path, ""), _DONE)
