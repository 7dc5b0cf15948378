"""Sample arguments of every call, and a second writing of its row.

One entry a row of `contract/table.py`, in the order of that table. It says what the vendor's page
says of the call: its path, how sure that is, what may follow a lost answer. And it gives arguments
of the method, the body that goes out of them, and what comes of it.

The tests that walk the whole contract read it, so a new row needs an entry here and no other line
in the tests:

* `tests/unit/test_table.py` holds the row to its path, mark, retry and menu.
* `tests/session/test_session_methods.py` calls its method under each signature scheme, and holds
  path, body and result to what is written here.
* `tests/contract` calls it on the sandbox, `tests/secrets` with marked secrets, `tests/cli` as a
  command.

What is special to one reader stands with that reader, by the name of the row: a marked secret in
place of a plain value, a card that has to be blocked first.

A new call is a model (`contract/models`), a row (`contract/table.py`), a method (`api`), a line of
the sandbox (`sandbox/issuing/rules.py`, with the body that it takes and what does it), a command
(`cli/verbs`), an entry here, a line of the changelog, and `make tables` for the docs.
`tests/contract/test_every_list.py` names a row that one of these lists lacks, and the file.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from freedompay_async.api import Cards, Clients, GiftCards, Requests, SpendingLimits, Transactions
from freedompay_async.contract import models
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.hashdt import PinPage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

__all__ = [
    "NAMESPACES",
    "OWN",
    "SAMPLES",
    "UNKNOWN_CALL",
    "UNKNOWN_GIFT_PATH",
    "UNKNOWN_NAME",
    "UNKNOWN_PATH",
    "Sample",
    "calling",
    "left_out",
]

UNKNOWN_CALL = "not-in-the-table/call"
"""A call that the vendor can't have: it stays unknown, whatever row is added to the table."""
UNKNOWN_PATH = f"/v5/card-api/{UNKNOWN_CALL}"
UNKNOWN_GIFT_PATH = f"/v5/cards/{UNKNOWN_CALL}"
UNKNOWN_NAME = "cards.not_in_the_table"
"""The method of no call."""

NAMESPACES = {
    "cards": Cards,
    "clients": Clients,
    "gift_cards": GiftCards,
    "limits": SpendingLimits,
    "requests": Requests,
    "transactions": Transactions,
}
"""Of what class the namespaces of a client are."""
OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
"""A request id of the caller's own. In the body of a sample it stands for the id of the call."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A row, and one call of it."""

    path: str
    mark: str
    retry: str
    result: type
    """What a finished call gives."""
    arguments: Mapping[str, Any]
    """All that its method has to be given, and what else is worth a test, each by its name."""
    body: Mapping[str, Any]
    """The JSON that these arguments become."""
    kz_only: bool = False
    """Only the vendor's menu for KZ has it."""

    @property
    def call(self) -> str:
        """Its name on the sandbox, such as `card/issue` and `cards/issue_card`."""
        return self.path.removeprefix("/v5/card-api/").removeprefix("/v5/")

    @property
    def gift(self) -> bool:
        """Whether it is of the gift-card section."""
        return self.path.startswith("/v5/cards/")

    @property
    def has_own_id(self) -> bool:
        """Whether its body carries the id of the call itself."""
        return "request_id" in self.body and "request_id" not in self.arguments


_CARD = {"card_id": "c-1"}
_GIFT_CARD = {"card_id": 555}
_ID = {"request_id": OWN}
_CLIENT_CARD = {"client_id": "cl-1", "product_id": 2000}
_PERSON = {
    "phone": 77017777777,
    "type": 1,
    "resident": 1,
    "first_name": "IVAN",
    "last_name": "IVANOV",
}
_HOLDER = {
    "user_phone": "7017777777",
    "first_name": "IVAN",
    "last_name": "IVANOV",
    "card_token": "5b4c3f1f-7c1c-4e6f-9f57-0b5e3a520a11",
}
_GIFT = {"cardholder_name": "IVANOV IVAN", "phone": 79651234567, "product_code": 1}
_PAID = {"order_id": "order-1", "transaction_id": "t-1"}
_TARGET = {"object_type": "card", "object_id": "c-1"}
_TARGET_BODY = {"object": {"type": "card", "value": "c-1"}}
_DAYS = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
_LIMIT = models.Limit(
    transaction_type="pay",
    period="day",
    region="KZ",
    amount=(models.LimitAmount(type="max", value=Decimal(500), currency="KZT"),),
)
_LIMIT_BODY = {
    "transaction_type": "pay",
    "period": "day",
    "region": "KZ",
    "amount": [{"type": "max", "value": "500", "currency": "KZT"}],
}
_PIN_OWNER = {"cardholder_id": "holder-1", "wallet_id": "wallet-1", "card_id": "c-1"}


def _why(word: str) -> dict[str, str]:
    return {**_CARD, "description": word}


def _card(
    path: str,
    mark: str,
    retry: str,
    result: type,
    arguments: Mapping[str, Any],
    body: Mapping[str, Any] | None = None,
    *,
    kz_only: bool = False,
) -> Sample:
    """A row of the payment cards.

    Its body, unless given, is the arguments and the id of an effect.
    """
    own = _ID if retry == "askable" else {}
    return Sample(
        f"/v5/card-api/{path}",
        mark,
        retry,
        result,
        arguments,
        own | (arguments if body is None else body),
        kz_only,
    )


def _gift(path: str, mark: str, retry: str, result: type, arguments: Mapping[str, Any]) -> Sample:
    return Sample(f"/v5/cards/{path}", mark, retry, result, arguments, arguments)


def _pin(path: str) -> Sample:
    return Sample(f"/issuing/api/v1/card/{path}", "documented", "read", PinPage, _PIN_OWNER, {})


SAMPLES: dict[str, Sample] = {
    "cards.bulk_issue": _card(
        "card/bulk_issue",
        "inferred",
        "askable",
        models.IssuedCards,
        {"product_id": 2000, "count": 2},
    ),
    "cards.issue": _card("card/issue", "partial", "askable", models.IssuedCards, _CLIENT_CARD),
    "cards.issue_plastic": _card(
        "card/issue_plastic", "inferred", "askable", models.IssuedCards, _CLIENT_CARD
    ),
    "cards.link": _card(
        "card/link",
        "documented",
        "askable",
        models.Completed,
        {**_CARD, "client_id": "cl-1"},
        kz_only=True,
    ),
    "cards.activate": _card("card/activate", "inferred", "askable", models.Completed, _CARD),
    "cards.block": _card("card/block", "inferred", "askable", models.Completed, _why("lost")),
    "cards.unblock": _card(
        "card/unblock", "documented", "askable", models.Completed, _why("found")
    ),
    "cards.set_pin": _card(
        "card/set_pin",
        "documented",
        "unaskable",
        models.Answer,
        {**_CARD, "pin": "c2VhbGVkIFBJTg=="},
    ),
    "cards.reset_pin_counter": _card(
        "card/reset_counter_pin", "documented", "askable", models.Completed, _CARD
    ),
    "cards.close": _card("card/close", "documented", "askable", models.Completed, _why("stolen")),
    "cards.info": _card("card/info", "partial", "read", models.CardInfo, _CARD, _ID | _CARD),
    "cards.balance": _card("card/balance", "inferred", "read", models.CardBalance, _CARD),
    "cards.secret_data": _card("card/secret_data", "inferred", "read", models.CardSecrets, _CARD),
    "cards.secret_data_v2": _card(
        "card/secret_data_v2", "inferred", "read", models.CardSecrets, _CARD, kz_only=True
    ),
    "cards.statement": _card(
        "card/statement",
        "documented",
        "read",
        models.Statement,
        {**_CARD, "start_date": dt.date(2026, 1, 1), "end_date": dt.date(2026, 1, 31)},
        _CARD | _DAYS,
    ),
    "cards.statement_extended": _card(
        "card/statement_extended",
        "partial",
        "read",
        models.StatementExtended,
        _CARD | _DAYS,
        kz_only=True,
    ),
    "cards.validate_cardholder": _card(
        "external/cardholder_validate",
        "documented",
        "read",
        models.CardValidation,
        _HOLDER,
        _ID | _HOLDER,
        kz_only=True,
    ),
    "clients.create": _card(
        "client/add",
        "documented",
        "askable",
        models.CreatedClient,
        {"product_id": 2000, "client": models.NewClient(**_PERSON), "branch_id": "b-1"},
        {"product_id": 2000, "client": _PERSON, "branch_id": "b-1"},
    ),
    "clients.update": _card(
        "client/update",
        "documented",
        "askable",
        models.Completed,
        {**_CLIENT_CARD, "phone": 77017777778},
        {**_CLIENT_CARD, "client": {"phone": 77017777778}},
    ),
    "clients.cards": _card(
        "client/cards", "inferred", "read", models.ClientCards, {"client_id": "cl-1"}
    ),
    "requests.status": _card("request/status", "documented", "read", models.RequestState, _ID),
    "transactions.create": _card(
        "transaction/create",
        "inferred",
        "askable",
        models.CreatedTransaction,
        {
            "order_id": "order-1",
            **_CARD,
            "amount": "12.10",
            "currency": "KZT",
            "description": "tea",
        },
        {"order_id": "order-1", **_CARD, "amount": 12.1, "currency": "KZT", "description": "tea"},
        kz_only=True,
    ),
    "transactions.clear": _card(
        "transaction/clearing",
        "partial",
        "askable",
        models.Completed,
        {**_PAID, "amount": 5},
        kz_only=True,
    ),
    "transactions.refund": _card(
        "transaction/refund",
        "documented",
        "askable",
        models.Completed,
        {**_PAID, "amount": Decimal("0.50"), "description": "back"},
        {**_PAID, "amount": 0.5, "description": "back"},
        kz_only=True,
    ),
    "transactions.info": _card(
        "transaction/info",
        "inferred",
        "read",
        models.TransactionInfo,
        {"transaction_id": "t-1"},
        kz_only=True,
    ),
    "limits.set": _card(
        "limits/set",
        "partial",
        "askable",
        models.Completed,
        {**_TARGET, "limits": (_LIMIT,)},
        {**_TARGET_BODY, "limits": [_LIMIT_BODY]},
        kz_only=True,
    ),
    "limits.list": _card(
        "limits/list",
        "partial",
        "read",
        models.LimitList,
        _TARGET,
        _ID | _TARGET_BODY,
        kz_only=True,
    ),
    "gift_cards.products": _gift("product_list", "partial", "read", models.GiftProducts, {}),
    "gift_cards.issue": _gift("issue_card", "partial", "unaskable", models.IssuedGiftCard, _GIFT),
    "gift_cards.confirm": _gift(
        "activate_card",
        "documented",
        "unaskable",
        models.GiftCardState,
        {"otp": "0012", **_GIFT_CARD},
    ),
    "gift_cards.resend": _gift(
        "resend", "inferred", "unaskable", models.IssuedGiftCard, _GIFT_CARD
    ),
    "gift_cards.resend_code": _gift(
        "resend_code", "inferred", "unaskable", models.GiftAnswer, _GIFT_CARD
    ),
    "gift_cards.status": _gift("card_status", "inferred", "read", models.GiftCardState, _GIFT_CARD),
    "pins.set_url": _pin("setpin"),
    "pins.reset_url": _pin("resetpin"),
    "pins.change_url": _pin("changepin"),
}


def calling(name: str, **special: Any) -> Callable[..., Awaitable[Any]]:
    """The sample call of a row, for whatever client it is given.

    `special`, and what the call is given later, stand in place of the sample's own arguments.
    """
    namespace, _, method = name.partition(".")
    arguments = {**SAMPLES[name].arguments, **special}

    def call(client: Any, **more: Any) -> Awaitable[Any]:
        return getattr(getattr(client, namespace), method)(**{**arguments, **more})

    return call


def left_out(names: Iterable[str], file: str, rows: Iterable[str] | None = None) -> list[str]:
    """A sentence for each call that a list lacks, and for each in it that is none.

    `file` is where the list stands, with `{namespace}` for the part of a name before its dot.
    `rows` are all calls, unless it is given.
    """
    told, wanted = (
        list(names),
        [row.name for row in (*TABLE, *HASHDT_TABLE)] if rows is None else list(rows),
    )

    def say(name: str, sentence: str) -> str:
        return sentence.format(name=name, file=file.format(namespace=name.partition(".")[0]))

    lacks = [
        say(name, "{name} is in contract/table.py and not in {file}")
        for name in wanted
        if name not in told
    ]
    return lacks + [
        say(name, "{name} is in {file} and not in contract/table.py")
        for name in told
        if name not in wanted
    ]
