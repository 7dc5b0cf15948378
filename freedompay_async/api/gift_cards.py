"""`fp.gift_cards`."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Final, Unpack, cast

from freedompay_async.api.gift_card_bodies import (
    digits,
    gift_card_id,
    gift_confirmation,
    gift_issue,
)
from freedompay_async.api.namespace import Namespace
from freedompay_async.calls.cancelled import Lost, LostOutcome, mark_cancelled, warn_of_unknown
from freedompay_async.contract import table
from freedompay_async.contract.models.dictionaries import GiftCardStatus, GiftStatus
from freedompay_async.contract.models.gift_cards import GiftProductQuery
from freedompay_async.errors import (
    AuthenticationError,
    FreedomPayError,
    GiftCardError,
    OutcomeUnknown,
    RateLimited,
)
from freedompay_async.guards.staying import Staying
from freedompay_async.operations.gift_card import check_issued, unnamed
from freedompay_async.redaction.masking import mask_text
from freedompay_async.redaction.secret import Otp
from freedompay_async.settings.options import CHANGE_OPTIONS
from freedompay_async.transport.handler_errors import is_handler_error

if TYPE_CHECKING:
    from freedompay_async.contract.models.gift_cards import (
        GiftAnswer,
        GiftCardState,
        GiftProducts,
        IssuedGiftCard,
    )
    from freedompay_async.settings.options import ChangeOptions, ReadOptions

__all__ = ["GiftCardOrder", "GiftCards"]

log: Final = logging.getLogger("freedompay_async")
# The issuer may answer so where an earlier confirmation has activated the card. A wrong code is
# answered with its own status in any case.
_LEFT_OPEN: Final = frozenset(
    (
        GiftStatus.GENERAL_ERROR,
        GiftStatus.ISSUE_FAILED,
        GiftStatus.ACTIVATION_FAILED,
        GiftStatus.ALREADY_ACTIVATED,
    )
)
_CARD_ID: Final = re.compile(r"[0-9]{1,20}")


class GiftCards(Namespace):
    """Gift cards: issue one, then confirm it with the code from the SMS.

    No body of this section has a request id, and `request/status` does not know its calls. So a
    lost answer is `OutcomeUnknown`, and a person has to look. Under the `Sign` scheme each call has
    an id in a header, so it is sent once more under the same id after the grace time; `issue`,
    which pays, only with `Policy(resend_payments=True)`. A client with a `record` writes each call
    down before it is sent. A negative status raises `GiftCardError`.

    `card_id`, `phone` and `product_code` are integers, or text of digits. Options as in `Cards`.
    """

    async def products(self, **options: Unpack[ReadOptions]) -> GiftProducts:
        """The gift cards that can be ordered (freedompay.money/docs-en/cards-api)."""
        return await self._read(table.GIFT_CARDS_PRODUCTS, GiftProductQuery, options)

    async def issue(
        self,
        *,
        cardholder_name: str,
        phone: int | str,
        product_code: int | str,
        card_id: int | str | None = None,
        **options: Unpack[ChangeOptions],
    ) -> IssuedGiftCard:
        """Issue a card (freedompay.money/docs-en/cards-api).

        The merchant's account pays at once, and a code goes to the phone.

        Args:
            cardholder_name: the name on the card.
            phone: the whole number with the country code, digits only.
            product_code: a code of `products()`.
            card_id: the id of a card that was made in bulk.
            **options: see `ChangeOptions`. The `request_id` is sent under `Sign` only; elsewhere
                it names the call in errors, logs and the record.

        Raises:
            OutcomeUnknown: sent, and no answer came. The card may have been issued and paid for: do
                not repeat the call before that is clear.
            GiftCardError: refused. Under `Sign` with a `request_id` of yours, a refusal is
                `OutcomeUnknown`, because the id may have been used before.
            FreedomPayError: any other but `StillProcessing`.
        """
        call = table.GIFT_CARDS_ISSUE
        self._check(call, options, CHANGE_OPTIONS)
        body = gift_issue(cardholder_name, phone, product_code, card_id)
        issued = await self._change(call, lambda: body, options, CHANGE_OPTIONS)
        check_issued(issued, ordered=body.card_id)
        return issued

    async def confirm(
        self,
        *,
        otp: str,
        card_id: int | str | None = None,
        **options: Unpack[ReadOptions],
    ) -> GiftCardState:
        """Confirm a card with the code from the SMS (docs.freedompay.kz, api-12075782).

        The vendor's example shows the card status 1, issued, after a success: do not wait for 2.
        """
        # Bound anew, so that no traceback of this frame shows it.
        otp = Otp(otp)
        return await self._change(
            table.GIFT_CARDS_CONFIRM,
            lambda: gift_confirmation(otp, card_id),
            options,
        )

    async def resend(self, card_id: int | str, **options: Unpack[ReadOptions]) -> IssuedGiftCard:
        """Send the card again.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._change(
            table.GIFT_CARDS_RESEND,
            lambda: gift_card_id(card_id),
            options,
        )

    async def resend_code(self, card_id: int | str, **options: Unpack[ReadOptions]) -> GiftAnswer:
        """Send another code to the phone.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._change(
            table.GIFT_CARDS_RESEND_CODE,
            lambda: gift_card_id(card_id),
            options,
        )

    async def status(self, card_id: int | str, **options: Unpack[ReadOptions]) -> GiftCardState:
        """The state of a card.

        Inferred: the call is in the vendor's menu, and no public page shows its path or fields.
        """
        return await self._read(
            table.GIFT_CARDS_STATUS,
            lambda: gift_card_id(card_id),
            options,
        )

    async def order(
        self,
        *,
        cardholder_name: str,
        phone: int | str,
        product_code: int | str,
        **options: Unpack[ChangeOptions],
    ) -> GiftCardOrder:
        """Issue a card, as `issue`, the first of two steps. The second is `order.confirm(otp)`."""
        issued = await self.issue(
            cardholder_name=cardholder_name,
            phone=phone,
            product_code=product_code,
            **options,
        )
        if not _CARD_ID.fullmatch(str(issued.card_id)):
            raise unnamed(
                f"names it {mask_text(str(issued.card_id))[:60]!r}, which is no card id", issued
            )
        return GiftCardOrder(self, digits("card_id", cast("int | str", issued.card_id)))

    def attach(self, card_id: int | str) -> GiftCardOrder:
        """The order of a card that another process issued."""
        return GiftCardOrder(self, digits("card_id", card_id))


class GiftCardOrder(Staying):
    """A card that was issued and paid for, and waits for the code from the SMS.

    Attributes:
        card_id: `gift_cards.attach(card_id)` goes on with the order, in any process.
    """

    INSTEAD = "keep its card_id, and go on with gift_cards.attach(card_id) in any process"

    def __init__(self, cards: GiftCards, card_id: int) -> None:
        self.card_id: Final = card_id
        self._cards: Final = cards

    async def confirm(self, otp: str, *, timeout: float | None = None) -> GiftCardState:
        """Confirm the card with the code from the SMS.

        Where the answer is lost, or says "activated already" (-10), the method asks for the state
        of the card. So it is safe to call it again, in another process too. A success then says
        that the card is active; an earlier attempt whose answer was lost may have activated it, and
        this code may be wrong.

        Raises:
            GiftCardError: refused. `code` -8 is a wrong code, or one that an earlier attempt has
                used up. Another attempt is safe, and `status()` shows the state.
            OutcomeUnknown: the card may have been confirmed, and its state does not show it.
                Another attempt is safe, because a card is confirmed once.
        """
        otp = Otp(otp)
        try:
            return await self._cards.confirm(otp=otp, card_id=self.card_id, timeout=timeout)
        except (OutcomeUnknown, AuthenticationError, GiftCardError, RateLimited) as error:
            known = error.done is False or (
                isinstance(error, GiftCardError) and error.code not in _LEFT_OPEN
            )
            if known:
                raise
            return await self._by_its_status(error, timeout)

    async def _by_its_status(self, unsure: FreedomPayError, timeout: float | None) -> GiftCardState:
        """The card, if it is activated; otherwise `unsure` is raised."""
        try:
            state = await self.status(timeout=timeout)
        # A signer may raise anything, and the caller has to learn of the confirmation.
        except Exception as error:
            if is_handler_error(error):
                raise
            why = str(error) if isinstance(error, FreedomPayError) else type(error).__name__
            unsure.add_note(f"the question about the card's state failed too: {why}")
            raise unsure from (None if isinstance(error, FreedomPayError) else error)
        except asyncio.CancelledError as error:
            # The caller has to learn of the confirmation, not of the question.
            lost = Lost(unsure.request_id, unsure.call, LostOutcome.UNKNOWN)
            mark_cancelled(error, lost, str(unsure))
            warn_of_unknown(unsure.call, unsure.request_id)
            raise
        if state.card_status == GiftCardStatus.ACTIVATED:
            return state
        if state.card_status is not None:
            unsure.add_note(
                f"the issuer says of the card's state since: {state.card_status.sentence}"
            )
        raise unsure

    async def resend_code(self, *, timeout: float | None = None) -> GiftAnswer:
        """Send another code to the phone."""
        return await self._cards.resend_code(self.card_id, timeout=timeout)

    async def status(self, *, timeout: float | None = None) -> GiftCardState:
        """The state of the card."""
        return await self._cards.status(self.card_id, timeout=timeout)

    def __repr__(self) -> str:
        return f"GiftCardOrder(card_id={self.card_id})"
