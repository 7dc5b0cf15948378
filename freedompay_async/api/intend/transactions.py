"""`fp.intend.transactions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.intend.namespace import IntentNamespace
from freedompay_async.contract import table
from freedompay_async.contract.models.requests import (
    Clearing,
    Refund,
    TransactionCreation,
    money,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from freedompay_async.contract.models.results import Completed, CreatedTransaction
    from freedompay_async.intents.intent import Intent
    from freedompay_async.settings.options import IntentOptions

__all__ = ["TransactionIntents"]


class TransactionIntents(IntentNamespace):
    """The calls of `fp.transactions` that change something, as values."""

    def create(
        self,
        *,
        order_id: str,
        card_id: str,
        amount: Decimal | int | str,
        currency: str,
        description: str | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[CreatedTransaction]:
        """See `fp.transactions.create`."""
        return self._intend(
            table.TRANSACTIONS_CREATE,
            lambda: TransactionCreation(
                order_id=order_id,
                card_id=card_id,
                amount=money(amount),
                currency=currency,
                description=description,
            ),
            options,
        )

    def clear(
        self,
        *,
        order_id: str,
        transaction_id: str,
        amount: Decimal | int | str | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.transactions.clear`."""
        return self._intend(
            table.TRANSACTIONS_CLEAR,
            lambda: Clearing(
                order_id=order_id,
                transaction_id=transaction_id,
                amount=None if amount is None else money(amount),
            ),
            options,
        )

    def refund(
        self,
        *,
        order_id: str,
        transaction_id: str,
        amount: Decimal | int | str | None = None,
        description: str | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.transactions.refund`."""
        return self._intend(
            table.TRANSACTIONS_REFUND,
            lambda: Refund(
                order_id=order_id,
                transaction_id=transaction_id,
                description=description,
                amount=None if amount is None else money(amount),
            ),
            options,
        )
