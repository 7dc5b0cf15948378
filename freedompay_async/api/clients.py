"""`fp.clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freedompay_async.api.namespace import Namespace
from freedompay_async.contract import table
from freedompay_async.contract.models.requests import ClientCreation, ClientId, ClientUpdate, NewPhone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freedompay_async.contract.models.answers import Completed, CreatedClient
    from freedompay_async.contract.models.reads import ClientCards
    from freedompay_async.contract.models.requests import IdentificationInfo, NewClient
    from freedompay_async.contract.request_ids import RequestId
    from freedompay_async.operations.operation import Operation

__all__ = ["Clients"]


class Clients(Namespace):
    """The people and companies that cards are issued to; `request_id`, `extra`, `timeout`, `queue` and errors as for `Cards`."""

    async def create(
        self,
        *,
        product_id: int,
        client: NewClient,
        branch_id: str | None = None,
        identification_info: IdentificationInfo | None = None,
        request_id: RequestId | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        queue: bool = True,
    ) -> Operation[CreatedClient]:
        """Create a client (docs.freedompay.kz, api-12074751)."""
        body = ClientCreation(product_id=product_id, client=client, branch_id=branch_id, identification_info=identification_info)
        return await self._start(table.CLIENTS_CREATE, body, request_id, extra, timeout, queue)

    async def update(
        self,
        client_id: str,
        *,
        product_id: int,
        phone: int,
        request_id: RequestId | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        queue: bool = True,
    ) -> Operation[Completed]:
        """Give a client another phone number, the one thing that can be changed (docs.freedompay.kz, api-12074967).

        Args:
            client_id: the client.
            product_id: of the client's card.
            phone: the whole number with the country code, digits only: `77017777777`.
            request_id: a UUID of your own.
            extra: more fields of the body.
            timeout: seconds.
            queue: as for `Cards`.
        """
        body = ClientUpdate(client_id=client_id, product_id=product_id, client=NewPhone(phone=phone))
        return await self._start(table.CLIENTS_UPDATE, body, request_id, extra, timeout, queue)

    async def cards(
        self, client_id: str, *, extra: Mapping[str, Any] | None = None, timeout: float | None = None, queue: bool = True
    ) -> ClientCards:
        """The cards of a client.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._session.read(table.CLIENTS_CARDS, ClientId(client_id=client_id), extra=extra, timeout=timeout, queue=queue)
