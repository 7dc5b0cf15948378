"""`fp.intend.clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.intend.namespace import IntentNamespace
from freedompay_async.contract import table
from freedompay_async.contract.models.client_requests import (
    ClientCreation,
    ClientUpdate,
    NewPhone,
)

if TYPE_CHECKING:
    from freedompay_async.contract.models.client_requests import IdentificationInfo, NewClient
    from freedompay_async.contract.models.results import Completed, CreatedClient
    from freedompay_async.intents.intent import Intent
    from freedompay_async.settings.options import IntentOptions

__all__ = ["ClientIntents"]


class ClientIntents(IntentNamespace):
    """The calls of `fp.clients` that change something, as values."""

    def create(
        self,
        *,
        product_id: int,
        client: NewClient,
        branch_id: str | None = None,
        identification_info: IdentificationInfo | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[CreatedClient]:
        """See `fp.clients.create`. An intent with a document in it is stored sealed only."""
        return self._intend(
            table.CLIENTS_CREATE,
            lambda: ClientCreation(
                product_id=product_id,
                client=client,
                branch_id=branch_id,
                identification_info=identification_info,
            ),
            options,
        )

    def update(
        self,
        client_id: str,
        *,
        product_id: int,
        phone: int,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.clients.update`."""
        return self._intend(
            table.CLIENTS_UPDATE,
            lambda: ClientUpdate(
                client_id=client_id, product_id=product_id, client=NewPhone(phone=phone)
            ),
            options,
        )
