"""`fp.transactions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract import table
from freedompay_async.contract.models.requests import (
    Clearing,
    Refund,
    TransactionCreation,
    TransactionId,
    money,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from freedompay_async.contract.models.reads import TransactionInfo
    from freedompay_async.contract.models.results import Completed, CreatedTransaction
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import ChangeOptions, ReadOptions

__all__ = ["Transactions"]


class Transactions(Namespace):
    """Payments from a card. Options and errors as in `Cards`.

    Amounts are in whole units of the currency: `Decimal`, `int`, or text such as `"12.10"`; never a
    float. These calls were seen in the KZ menu only.
    """

    async def create(
        self,
        *,
        order_id: str,
        card_id: str,
        amount: Decimal | int | str,
        currency: str,
        description: str | None = None,
        **options: Unpack[ChangeOptions],
    ) -> Operation[CreatedTransaction]:
        """Charge a card with an amount.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._start(
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

    async def clear(
        self,
        *,
        order_id: str,
        transaction_id: str,
        amount: Decimal | int | str | None = None,
        **options: Unpack[ChangeOptions],
    ) -> Operation[Completed]:
        """Clear a transaction; without `amount`, all of it (docs.freedompay.kz, api-14318358).

        The fields are published in part.
        """
        return await self._start(
            table.TRANSACTIONS_CLEAR,
            lambda: Clearing(
                order_id=order_id,
                transaction_id=transaction_id,
                amount=None if amount is None else money(amount),
            ),
            options,
        )

    async def refund(
        self,
        *,
        order_id: str,
        transaction_id: str,
        amount: Decimal | int | str | None = None,
        description: str | None = None,
        **options: Unpack[ChangeOptions],
    ) -> Operation[Completed]:
        """Refund an amount of a transaction (docs.freedompay.kz, api-14318477)."""
        return await self._start(
            table.TRANSACTIONS_REFUND,
            lambda: Refund(
                order_id=order_id,
                transaction_id=transaction_id,
                description=description,
                amount=None if amount is None else money(amount),
            ),
            options,
        )

    async def info(self, transaction_id: str, **options: Unpack[ReadOptions]) -> TransactionInfo:
        """The state and the data of a transaction.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._read(
            table.TRANSACTIONS_INFO, lambda: TransactionId(transaction_id=transaction_id), options
        )
