"""`fp.intend.gift_cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.gift_card_bodies import gift_card_id, gift_confirmation, gift_issue
from freedompay_async.api.intend.namespace import IntentNamespace
from freedompay_async.contract import table
from freedompay_async.redaction.secret import Otp

if TYPE_CHECKING:
    from freedompay_async.contract.models.gift_cards import (
        GiftAnswer,
        GiftCardState,
        IssuedGiftCard,
    )
    from freedompay_async.intents.intent import Intent
    from freedompay_async.settings.options import IntentOptions

__all__ = ["GiftCardIntents"]


class GiftCardIntents(IntentNamespace):
    """The calls of `fp.gift_cards` that change something, as values."""

    def issue(
        self,
        *,
        cardholder_name: str,
        phone: int | str,
        product_code: int | str,
        card_id: int | str | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[IssuedGiftCard]:
        """See `fp.gift_cards.issue`."""
        return self._intend(
            table.GIFT_CARDS_ISSUE,
            lambda: gift_issue(cardholder_name, phone, product_code, card_id),
            options,
        )

    def confirm(
        self,
        *,
        otp: str,
        card_id: int | str | None = None,
        **options: Unpack[IntentOptions],
    ) -> Intent[GiftCardState]:
        """See `fp.gift_cards.confirm`. It has a code in it, so it is stored sealed only."""
        # Bound anew, so that no traceback of this frame shows it.
        otp = Otp(otp)
        return self._intend(
            table.GIFT_CARDS_CONFIRM, lambda: gift_confirmation(otp, card_id), options
        )

    def resend(
        self,
        card_id: int | str,
        **options: Unpack[IntentOptions],
    ) -> Intent[IssuedGiftCard]:
        """See `fp.gift_cards.resend`."""
        return self._intend(
            table.GIFT_CARDS_RESEND,
            lambda: gift_card_id(card_id),
            options,
        )

    def resend_code(
        self,
        card_id: int | str,
        **options: Unpack[IntentOptions],
    ) -> Intent[GiftAnswer]:
        """See `fp.gift_cards.resend_code`."""
        return self._intend(
            table.GIFT_CARDS_RESEND_CODE,
            lambda: gift_card_id(card_id),
            options,
        )
