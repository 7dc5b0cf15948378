"""Every call of the table with secrets that can't be mistaken for anything else, and what is answered to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from freedompay_async import FreedomPay, NewClient, Policy, Secret
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models import RequestState
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.hashdt import HashDT
from freedompay_async.models import Address, Limit, LimitAmount

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
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
DAY = dt.date(2026, 1, 15)
EXTRA = {"memo": Secret(MARKS["extra_secret"])}
ADDRESS = Address(country="KAZ", postal_code="050000", address_line1="Almaty", address_line2="Abai", address_line3="1")
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
    fields: dict[str, Any] = {
        "phone": 77017777777,
        "type": 1,
        "resident": 1,
        "first_name": "IVAN",
        "last_name": "IVANOV",
        "document": MARKS["document"],
        "address1": ADDRESS,
    }
    return NewClient(**fields | changes)


def sealed(pin: str) -> str:
    """An encryptor of the caller's own."""
    assert pin == MARKS["plain_pin"]
    return MARKS["sealed_pin"]


LIMITS = (Limit(transaction_type="pay", period="day", amount=(LimitAmount(type="max", value="100", currency="KZT"),)),)
PERSON = {"user_phone": "7017777777", "first_name": "IVAN", "last_name": "IVANOV", "card_token": OWN}
GIFT = {"cardholder_name": "IVANOV IVAN", "phone": 79651234567, "product_code": 1}
MONEY = {"order_id": "order-1", "amount": Decimal("12.10")}
PIN_OWNER = {"cardholder_id": "holder-1", "wallet_id": "wallet-1", "card_id": "c-1"}

CALLS: dict[str, Callable[..., Awaitable[Any]]] = {
    "cards.bulk_issue": lambda fp, **more: fp.cards.bulk_issue(product_id=2000, count=2, **more),
    "cards.issue": lambda fp, **more: fp.cards.issue(client_id="cl-1", product_id=2000, **more),
    "cards.issue_plastic": lambda fp, **more: fp.cards.issue_plastic(client_id="cl-1", product_id=2000, **more),
    "cards.link": lambda fp, **more: fp.cards.link("c-1", client_id="cl-1", **more),
    "cards.activate": lambda fp, **more: fp.cards.activate("c-1", **more),
    "cards.block": lambda fp, **more: fp.cards.block("c-1", description="lost", **more),
    "cards.unblock": lambda fp, **more: fp.cards.unblock("c-1", description="found", **more),
    "cards.set_pin": lambda fp, **more: fp.cards.set_pin("c-1", MARKS["plain_pin"], **{"encrypt": sealed} | more),
    "cards.reset_pin_counter": lambda fp, **more: fp.cards.reset_pin_counter("c-1", **more),
    "cards.close": lambda fp, **more: fp.cards.close("c-1", description="stolen", **more),
    "cards.info": lambda fp, **more: fp.cards.info("c-1", **more),
    "cards.balance": lambda fp, **more: fp.cards.balance("c-1", **more),
    "cards.secret_data": lambda fp, **more: fp.cards.secret_data("c-1", **more),
    "cards.secret_data_v2": lambda fp, **more: fp.cards.secret_data_v2("c-1", **more),
    "cards.statement": lambda fp, **more: fp.cards.statement("c-1", start_date=DAY, end_date=DAY, **more),
    "cards.statement_extended": lambda fp, **more: fp.cards.statement_extended("c-1", start_date=DAY, end_date=DAY, **more),
    "cards.validate_cardholder": lambda fp, **more: fp.cards.validate_cardholder(**PERSON, **more),
    "clients.create": lambda fp, **more: fp.clients.create(product_id=2000, client=person(), **more),
    "clients.update": lambda fp, **more: fp.clients.update("cl-1", product_id=2000, phone=77017777778, **more),
    "clients.cards": lambda fp, **more: fp.clients.cards("cl-1", **more),
    # The one call without `extra`.
    "requests.status": lambda fp, extra=None, **more: fp.requests.status(OWN, **more),
    "transactions.create": lambda fp, **more: fp.transactions.create(card_id="c-1", currency="KZT", **MONEY, **more),
    "transactions.clear": lambda fp, **more: fp.transactions.clear(transaction_id="t-1", **MONEY, **more),
    "transactions.refund": lambda fp, **more: fp.transactions.refund(transaction_id="t-1", **MONEY, **more),
    "transactions.info": lambda fp, **more: fp.transactions.info("t-1", **more),
    "limits.set": lambda fp, **more: fp.limits.set(object_type="card", object_id="c-1", limits=LIMITS, **more),
    "limits.list": lambda fp, **more: fp.limits.list(object_type="card", object_id="c-1", **more),
    "gift_cards.products": lambda fp, **more: fp.gift_cards.products(**more),
    "gift_cards.issue": lambda fp, **more: fp.gift_cards.issue(**GIFT, **more),
    "gift_cards.confirm": lambda fp, **more: fp.gift_cards.confirm(otp=MARKS["otp"], card_id=555, **more),
    "gift_cards.resend": lambda fp, **more: fp.gift_cards.resend(555, **more),
    "gift_cards.resend_code": lambda fp, **more: fp.gift_cards.resend_code(555, **more),
    "gift_cards.status": lambda fp, **more: fp.gift_cards.status(555, **more),
}
PIN_CALLS: dict[str, Callable[..., Awaitable[Any]]] = {
    "pins.set_url": lambda hashdt, **more: hashdt.pins.set_url(**PIN_OWNER, **more),
    "pins.reset_url": lambda hashdt, **more: hashdt.pins.reset_url(**PIN_OWNER, **more),
    "pins.change_url": lambda hashdt, **more: hashdt.pins.change_url(**PIN_OWNER, **more),
}
# What goes out beside the rows: other doors to the same calls, and calls that the table does not have.
MORE_CALLS: dict[str, Callable[..., Awaitable[Any]]] = {
    "pin sent as it is": lambda fp, **more: fp.cards.set_pin("c-1", MARKS["sealed_pin"], **more),
    "order": lambda fp, extra=None, **more: fp.gift_cards.order(**GIFT, **more),
    "confirm of an order": lambda fp, extra=None, **more: fp.gift_cards.attach(555).confirm(MARKS["otp"], **more),
    "movements": lambda fp, extra=None, **more: anext(fp.cards.movements("c-1", start=DAY, end=DAY, **more)),
    "result": lambda fp, extra=None, timeout=0.05: fp.requests.attach(OWN).result(timeout=timeout),
    "given": lambda fp, extra=EXTRA, **more: fp.call("/v5/card-api/card/rename", {"card_id": "c-1", **extra}, dict, **more),
}
# What is not sealed by the caller: no variable shows it, and its name alone tells an answer's reader that it is secret.
PLAIN_CALLS: dict[str, Callable[..., Awaitable[Any]]] = {
    f"plain, {retry}": lambda fp, retry=retry, kind=kind, **more: fp.call(
        "/v5/card-api/card/rename", {"pin": MARKS["plain_pin"], "codes": [{"otp": MARKS["otp"]}]}, kind, retry=retry, **more
    )
    for retry, kind in ((Retry.UNASKABLE, dict), (Retry.READ, dict), (Retry.ASKABLE, RequestState))
}
PATHS = {call.path: call.name for call in (*TABLE, *HASHDT_TABLE)}


def client(base_url: str = "https://api.example.com", *, region: str = "KZ", **options: Any) -> FreedomPay:
    settings: dict[str, Any] = {"region": region, "timeout": 1.0, "policy": HASTY}
    return FreedomPay(auth_id="10001", secret_key=MARKS["secret_key"], base_url=base_url, **settings | options)


def pin_client(base_url: str = "https://api.example.com", **options: Any) -> HashDT:
    settings: dict[str, Any] = {"token": MARKS["token"], "timeout": 1.0, "policy": HASTY}
    return HashDT(base_url=base_url, api_key=MARKS["api_key"], product_id="product-1", **settings | options)


_FACE = {"pan": MARKS["pan"], "expiry": MARKS["expiry"], "cvv": MARKS["cvv"]}
_DONE = {"status": "ok", "request_status": "success", "dt": "2026-01-15T12:00:00+05:00"}
_GIFT = {"datetime": "2026-01-15 07:00:00", "status": 0}
_GIFT_CARD = {**_GIFT, "card_status": 1, "card_currency": "USD", "card_balance": 100, "card_mask": "4111********5393"}
_MOVED = {"type": "pay", "amount": 12.10, "currency": "KZT", "datetime": "2026-01-15T12:00:00+05:00", "merchant": {"name": "SHOP"}}
# Of no published shape; a card's number may be a name, and stand where its mask should.
_LOOSE = {"card_number": MARKS["pan"], "cvv": MARKS["cvv"], "note": f"card {MARKS['pan']}", MARKS["pan"]: {"pin": MARKS["plain_pin"]}}
_PAGE = {"status": "Success", "message": "fetched", "code": 200, "data": [{"set_pin_url": MARKS["page_url"]}]}
ANSWERS: dict[str, dict[str, Any]] = {
    "cards.secret_data": _DONE | _FACE,
    # Everything under names that no page shows.
    "cards.secret_data_v2": _DONE | {"card": _FACE, "exp_month": MARKS["expiry"], "number": MARKS["pan"], "code3": MARKS["cvv"]},
    "cards.info": _DONE
    | {"card_id": "c-1", "card_mask": MARKS["pan"], "card_number": MARKS["pan"], "cvc": MARKS["cvv"], "exp_date": MARKS["expiry"]},
    "cards.statement": _DONE | {"operations": [_MOVED | {"card_number": MARKS["pan"]}, _MOVED | {"merchant": _LOOSE}]},
    "cards.statement_extended": _DONE
    | {
        "operations": [_MOVED],
        "accounts": [{"iban": "KZ00", "pin": MARKS["plain_pin"]}],
        "authorizations": [_MOVED | {"merchant": _LOOSE, "additional_parameters": [_LOOSE, [_LOOSE], MARKS["pan"]]}],
        "balances": {"one": _LOOSE, "more": [_LOOSE], MARKS["pan"]: MARKS["pan"]},
        "card": {"card_mask": MARKS["pan"]},
    },
    "clients.cards": _DONE | {"cards": [{"card_id": "c-1", "card_mask": MARKS["pan"], "pan": MARKS["pan"], "cvv2": MARKS["cvv"]}]},
    "clients.create": _DONE | {"client_id": "cl-1", "document": MARKS["document"]},
    "requests.status": _DONE | {"cards": [{"card_id": "c-1"}], "client_id": "cl-1", "transaction_id": "t-1"},
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
