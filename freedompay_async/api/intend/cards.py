"""`fp.intend.cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.card_order import card_order
from freedompay_async.api.intend.namespace import IntentNamespace
from freedompay_async.api.pin_setting import pin_to_send
from freedompay_async.contract import table
from freedompay_async.contract.models import requests as asked
from freedompay_async.redaction.secret import Hidden, Pin

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.contract.models.answers import Answer
    from freedompay_async.contract.models.results import Completed, IssuedCards
    from freedompay_async.intents.intent import Intent
    from freedompay_async.settings.options import IntentOptions

__all__ = ["CardIntents"]


class CardIntents(IntentNamespace):
    """The calls of `fp.cards` that change something, as values."""

    def issue(
        self,
        *,
        client_id: str | None = None,
        product_id: int,
        **options: Unpack[IntentOptions],
    ) -> Intent[IssuedCards]:
        """See `fp.cards.issue`."""
        return self._intend(
            table.CARDS_ISSUE,
            lambda: card_order(self._session, table.CARDS_ISSUE, client_id, product_id),
            options,
        )

    def bulk_issue(
        self,
        *,
        product_id: int,
        count: int,
        **options: Unpack[IntentOptions],
    ) -> Intent[IssuedCards]:
        """See `fp.cards.bulk_issue`."""
        return self._intend(
            table.CARDS_BULK_ISSUE,
            lambda: asked.BulkIssue(product_id=product_id, count=count),
            options,
        )

    def issue_plastic(
        self,
        *,
        client_id: str | None = None,
        product_id: int,
        **options: Unpack[IntentOptions],
    ) -> Intent[IssuedCards]:
        """See `fp.cards.issue_plastic`."""
        return self._intend(
            table.CARDS_ISSUE_PLASTIC,
            lambda: card_order(self._session, table.CARDS_ISSUE_PLASTIC, client_id, product_id),
            options,
        )

    def link(
        self,
        card_id: str,
        *,
        client_id: str,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.cards.link`."""
        return self._intend(
            table.CARDS_LINK,
            lambda: asked.CardLink(client_id=client_id, card_id=card_id),
            options,
        )

    def activate(
        self,
        card_id: str,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.cards.activate`."""
        return self._intend(
            table.CARDS_ACTIVATE,
            lambda: asked.CardActivation(card_id=card_id),
            options,
        )

    def block(
        self,
        card_id: str,
        *,
        description: str,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.cards.block`."""
        return self._intend(
            table.CARDS_BLOCK,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )

    def unblock(
        self,
        card_id: str,
        *,
        description: str,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.cards.unblock`."""
        return self._intend(
            table.CARDS_UNBLOCK,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )

    def set_pin(
        self,
        card_id: str,
        pin: str | None = None,
        *,
        encrypt: Callable[[str], str] | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[Answer]:
        """See `fp.cards.set_pin`. An intent with a PIN in it is stored sealed only."""
        # Bound anew, so that no traceback of this frame shows them. A function may hold its key.
        pin, hidden = None if pin is None else Pin(pin), Hidden(encrypt)
        encrypt = None
        return self._intend(
            table.CARDS_SET_PIN,
            lambda: asked.PinSetting(card_id=card_id, pin=pin_to_send(pin, hidden)),
            options,
        )

    def reset_pin_counter(
        self,
        card_id: str,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.cards.reset_pin_counter`."""
        return self._intend(
            table.CARDS_RESET_PIN_COUNTER,
            lambda: asked.CardActivation(card_id=card_id),
            options,
        )

    def close(
        self,
        card_id: str,
        *,
        description: str,
        **options: Unpack[IntentOptions],
    ) -> Intent[Completed]:
        """See `fp.cards.close`."""
        return self._intend(
            table.CARDS_CLOSE,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )
