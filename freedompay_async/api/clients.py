"""`fp.clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract import table
from freedompay_async.contract.models.client_requests import (
    ClientCreation,
    ClientId,
    ClientUpdate,
    NewPhone,
)

if TYPE_CHECKING:
    from freedompay_async.contract.models.client_requests import IdentificationInfo, NewClient
    from freedompay_async.contract.models.reads import ClientCards
    from freedompay_async.contract.models.results import Completed, CreatedClient
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import ChangeOptions, ReadOptions

__all__ = ["Clients"]


class Clients(Namespace):
    """The people and companies that cards are issued to. Options and errors as in `Cards`."""

    async def create(
        self,
        *,
        product_id: int,
        client: NewClient,
        branch_id: str | None = None,
        identification_info: IdentificationInfo | None = None,
        **options: Unpack[ChangeOptions],
    ) -> Operation[CreatedClient]:
        """Create a client (docs.freedompay.kz, api-12074751).

        Args:
            product_id: 1000, 2000 or 3000 (`Product`).
            client: the person or company.
            branch_id: the id of a branch.
            identification_info: when and by whom the client was identified.
            **options: see `ChangeOptions`.
        """
        return await self._start(
            table.CLIENTS_CREATE,
            lambda: ClientCreation(
                product_id=product_id,
                client=client,
                branch_id=branch_id,
                identification_info=identification_info,
            ),
            options,
        )

    async def update(
        self,
        client_id: str,
        *,
        product_id: int,
        phone: int,
        **options: Unpack[ChangeOptions],
    ) -> Operation[Completed]:
        """Change the phone number of a client (docs.freedompay.kz, api-12074967).

        The vendor lets nothing else be changed.

        Args:
            client_id: the client.
            product_id: the product of the client's card.
            phone: the whole number with the country code, digits only: `77017777777`.
            **options: see `ChangeOptions`.
        """
        return await self._start(
            table.CLIENTS_UPDATE,
            lambda: ClientUpdate(
                client_id=client_id, product_id=product_id, client=NewPhone(phone=phone)
            ),
            options,
        )

    async def cards(self, client_id: str, **options: Unpack[ReadOptions]) -> ClientCards:
        """The cards of a client.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._read(table.CLIENTS_CARDS, lambda: ClientId(client_id=client_id), options)
