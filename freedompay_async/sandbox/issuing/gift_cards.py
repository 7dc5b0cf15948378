"""The six calls of the gift-card section: integers, codes by SMS, and an account that pays when a
card is issued.

docs.freedompay.kz, doc-761007 and api-12075782. Gift cards and payment cards are separate.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.sandbox.issuing.gift_ledger import make
from freedompay_async.sandbox.issuing.gift_products import PRODUCTS, GiftStatus
from freedompay_async.sandbox.issuing.numbers import digits, mask, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.sandbox.issuing.books import Books

__all__ = ["CALLS", "GiftCards", "GiftError", "GiftRefused"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z .'\-]{1,98}")
_PHONE: Final = re.compile(r"[0-9]{10,15}")
_TRIES: Final = 100


class GiftError(IntEnum):
    """The section's `status` of a failure."""

    GENERAL = -1
    HOLDER = -2
    PHONE = -3
    PRODUCT = -4
    NOT_ISSUED = -5
    NO_MONEY = -6
    CARD = -7
    OTP = -8
    NOT_ACTIVATED = -9
    ACTIVATED_BEFORE = -10
    DENIED = -11


class GiftRefused(Exception):
    """The section refuses a call, with a number."""

    def __init__(self, status: GiftError) -> None:
        super().__init__(status.name)
        self.status: Final = status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gift:
    card_id: int
    product: int | None
    phone: str
    card_status: int
    code: str
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCards:
    """The section of one merchant; the codes depend on `seed`."""

    books: Books
    seed: int

    def answer(self, call: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Do a call's work, and give the answer beyond `datetime` and `status`; raises
        `GiftRefused`.
        """
        with self.books.db:
            return _WORK[call](self, fields)

    def _list(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"product_list": [asdict(product) for product in PRODUCTS.values()]}

    def _issue(self, fields: dict[str, Any]) -> dict[str, Any]:
        holder = fields.get("cardholder_name")
        if not isinstance(holder, str) or not _NAME.fullmatch(holder):
            raise GiftRefused(GiftError.HOLDER)
        phone = _digits(fields.get("phone"))
        if not _PHONE.fullmatch(phone):
            raise GiftRefused(GiftError.PHONE)
        code = _digits(fields.get("product_code"))
        product = next((each for each in PRODUCTS.values() if str(each.code) == code), None)
        if product is None:
            raise GiftRefused(GiftError.PRODUCT)
        named = None if fields.get("card_id") is None else self._find(fields)
        if named is not None and named.product is not None:
            raise GiftRefused(GiftError.CARD)
        if "DECLINED" in holder.upper().split():
            raise GiftRefused(GiftError.NOT_ISSUED)
        paid = self.books.run(
            (
                "UPDATE gift_funds SET amount = amount - :price WHERE merchant = :m AND currency "
                "= :currency AND amount >= :price"
            ),
            price=product.balance,
            currency=product.currency,
        )
        if not paid.rowcount:
            raise GiftRefused(GiftError.NO_MONEY)
        card_id = make(self.books) if named is None else named.card_id
        self.books.run(
            "UPDATE gift_cards SET product = :product, cardholder_name = :holder, phone = :phone, "
            "card_status = :status"
            " WHERE merchant = :m AND card_id = :id",
            product=product.code,
            holder=holder,
            phone=phone,
            status=GiftStatus.ISSUED,
            id=card_id,
        )
        self._send(phone, self._new_code(card_id, 0))
        return {"card_id": card_id}

    def _activate(self, fields: dict[str, Any]) -> dict[str, Any]:
        otp = fields.get("otp")
        named = None if fields.get("card_id") is None else self._issued(fields)
        if named is not None and named.card_status == GiftStatus.ACTIVATED:
            raise GiftRefused(GiftError.ACTIVATED_BEFORE)
        if not isinstance(otp, str) or (named is not None and otp != named.code):
            raise GiftRefused(GiftError.OTP)
        card = named or self._of_code(otp)
        if card.card_status != GiftStatus.ISSUED:
            raise GiftRefused(GiftError.NOT_ACTIVATED)
        self.books.run(
            "UPDATE gift_cards SET card_status = :to WHERE merchant = :m AND card_id = :id",
            to=GiftStatus.ACTIVATED,
            id=card.card_id,
        )
        # The vendor's example of a success still says 1.
        return self._facts(card)

    def _resend(self, fields: dict[str, Any]) -> dict[str, Any]:
        card = self._waiting(fields)
        self._send(card.phone, card.code)
        return {"card_id": card.card_id}

    def _resend_code(self, fields: dict[str, Any]) -> dict[str, Any]:
        card = self._waiting(fields)
        self._send(card.phone, self._new_code(card.card_id, card.codes))
        return {}

    def _status(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._facts(self._issued(fields))

    def _facts(self, card: _Gift) -> dict[str, Any]:
        product = PRODUCTS[card.product or 0]
        return {
            "card_status": card.card_status,
            "card_currency": product.currency,
            "card_balance": product.balance,
            "card_mask": mask(number("gift", self.books.merchant, card.card_id)),
        }

    def _find(self, fields: dict[str, Any]) -> _Gift:
        card_id = fields.get("card_id")
        # True is an int too, so `type` is compared. SQLite bounds its integers.
        if type(card_id) is not int or not 0 < card_id < 2**63:
            raise GiftRefused(GiftError.CARD)
        found = self._select("card_id = :card_id", card_id=card_id)
        if not found:
            raise GiftRefused(GiftError.CARD)
        return found[0]

    def _issued(self, fields: dict[str, Any]) -> _Gift:
        card = self._find(fields)
        if card.product is None:
            raise GiftRefused(GiftError.CARD)
        return card

    def _waiting(self, fields: dict[str, Any]) -> _Gift:
        card = self._issued(fields)
        if card.card_status == GiftStatus.ACTIVATED:
            raise GiftRefused(GiftError.ACTIVATED_BEFORE)
        if card.card_status != GiftStatus.ISSUED:
            raise GiftRefused(GiftError.CARD)
        return card

    def _of_code(self, code: str) -> _Gift:
        found = self._select("code = :code", code=code)
        waiting = [card for card in found if card.card_status == GiftStatus.ISSUED]
        # With more than one, a guess could give somebody's money to somebody else.
        if len(waiting) > 1 or not found:
            raise GiftRefused(GiftError.OTP)
        if not waiting and any(card.card_status == GiftStatus.ACTIVATED for card in found):
            raise GiftRefused(GiftError.ACTIVATED_BEFORE)
        return (waiting or found)[0]

    def _select(self, where: str, **values: object) -> list[_Gift]:
        rows = self.books.dicts(
            "SELECT card_id, product, coalesce(phone, '') AS phone, card_status, coalesce(code, "  # noqa: S608
            "'') AS code, codes"
            f" FROM gift_cards WHERE merchant = :m AND {where}",
            **values,
        )
        return [_Gift(**row) for row in rows]

    def _new_code(self, card_id: int, codes: int) -> str:
        code = digits(4, "code", self.seed, self.books.merchant, card_id, codes)
        # Activation may name no card, so a code should belong to one waiting card only. When too
        # many cards wait, it can't.
        for nth in range(codes + 1, codes + _TRIES):
            if not self._select(
                "code = :code AND card_status = :issued", code=code, issued=GiftStatus.ISSUED
            ):
                break
            code, codes = digits(4, "code", self.seed, self.books.merchant, card_id, nth), nth
        self.books.run(
            (
                "UPDATE gift_cards SET code = :code, codes = :codes WHERE merchant = :m AND "
                "card_id = :id"
            ),
            code=code,
            codes=codes + 1,
            id=card_id,
        )
        return code

    def _send(self, phone: str, code: str) -> None:
        self.books.run(
            "INSERT INTO messages (merchant, phone, code) VALUES (:m, :phone, :code)",
            phone=phone,
            code=code,
        )


_WORK: Final[dict[str, Callable[[GiftCards, dict[str, Any]], dict[str, Any]]]] = {
    "cards/product_list": GiftCards._list,
    "cards/issue_card": GiftCards._issue,
    "cards/activate_card": GiftCards._activate,
    "cards/resend": GiftCards._resend,
    "cards/resend_code": GiftCards._resend_code,
    "cards/card_status": GiftCards._status,
}


CALLS: Final = frozenset(_WORK)
"""The calls of the section."""


def _digits(value: object) -> str:
    """The text of a field that may be an integer or a string; empty for anything else."""
    if isinstance(value, str):
        return value
    # Python makes no text of a number with thousands of digits.
    return str(value) if type(value) is int and 0 < value < 10**18 else ""
