"""`fp.clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freedompay_async.contract import CLIENTS_CREATE
from freedompay_async.models import ClientCreation, CreatedClient, IdentificationInfo, NewClient
from freedompay_async.operations import Operation, start

if TYPE_CHECKING:
    from freedompay_async.session import Session

__all__ = ["Clients"]


class Clients:
    """The people and companies that cards are issued to; `request_id`, `timeout` and errors as for `Cards`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def create(
        self,
        *,
        product_id: int,
        client: NewClient,
        branch_id: str | None = None,
        identification_info: IdentificationInfo | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Operation[CreatedClient]:
        """Create a client (docs.freedompay.kz, api-12074751)."""
        body = ClientCreation(product_id=product_id, client=client, branch_id=branch_id, identification_info=identification_info)
        return await start(self._session, CLIENTS_CREATE, body, request_id=request_id, timeout=timeout)
