"""`fp.cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.card_order import card_order
from freedompay_async.api.namespace import Namespace
from freedompay_async.api.pin_setting import pin_to_send
from freedompay_async.api.statement_windows import day_of, movements
from freedompay_async.contract import table
from freedompay_async.contract.models import requests as asked
from freedompay_async.redaction.secret import Hidden, Pin
from freedompay_async.settings.options import READ_OPTIONS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncGenerator, Callable

    from freedompay_async.contract.models import reads
    from freedompay_async.contract.models.answers import Answer
    from freedompay_async.contract.models.results import Completed, IssuedCards
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import ChangeOptions, ReadOptions

__all__ = ["Cards"]


class Cards(Namespace):
    """Payment cards.

    A method that changes something sends one request and returns when the issuer has accepted it;
    `await operation.result()` waits for the end. It takes `ChangeOptions`. A method that reads
    takes `ReadOptions`. With `queue=0.2`, a web handler can answer 429 itself: the call waits for
    0.2 s at most, and then `Busy` or `RateLimited` comes. With `queue=False` it does not wait.

    "Inferred" means: the vendor's menu has the call, and no public page shows its path or fields.

    Each method raises any `FreedomPayError` but `StillProcessing`; it has the request id.
    """

    async def issue(
        self, *, client_id: str | None = None, product_id: int, **options: Unpack[ChangeOptions]
    ) -> Operation[IssuedCards]:
        """Issue a card to a client.

        The path is documented, the fields are not (docs.freedompay.kz, "Issue card"). A draft page
        has a `cardholder` object in place of `client_id`. To send that, use
        `Override(call="cards.issue", leave_out=["client_id"])` and `extra={"cardholder": {…}}`.

        Args:
            client_id: the client; needed unless the contract of this client leaves it out.
            product_id: the product of the card. The list of card products, which differs from that
                of client products, is not public.
            **options: see `ChangeOptions`.
        """
        return await self._start(
            table.CARDS_ISSUE,
            lambda: card_order(self._session, table.CARDS_ISSUE, client_id, product_id),
            options,
        )

    async def bulk_issue(
        self, *, product_id: int, count: int, **options: Unpack[ChangeOptions]
    ) -> Operation[IssuedCards]:
        """Issue `count` cards without a holder; `link` gives them one. Inferred.

        `product_id` is a card product, as in `issue`.
        """
        return await self._start(
            table.CARDS_BULK_ISSUE,
            lambda: asked.BulkIssue(product_id=product_id, count=count),
            options,
        )

    async def issue_plastic(
        self, *, client_id: str | None = None, product_id: int, **options: Unpack[ChangeOptions]
    ) -> Operation[IssuedCards]:
        """Issue a plastic card to a client; arguments as in `issue`. Inferred.

        The menus of KG and UZ call it "Physical".
        """
        return await self._start(
            table.CARDS_ISSUE_PLASTIC,
            lambda: card_order(self._session, table.CARDS_ISSUE_PLASTIC, client_id, product_id),
            options,
        )

    async def link(
        self, card_id: str, *, client_id: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Link a card without a holder to a client (KZ menu; docs.freedompay.kz, api-12074684)."""
        return await self._start(
            table.CARDS_LINK, lambda: asked.CardLink(client_id=client_id, card_id=card_id), options
        )

    async def activate(
        self, card_id: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Activate a card. Inferred."""
        return await self._start(
            table.CARDS_ACTIVATE, lambda: asked.CardActivation(card_id=card_id), options
        )

    async def block(
        self, card_id: str, *, description: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Block a card until it is unblocked. Inferred."""
        return await self._start(
            table.CARDS_BLOCK,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )

    async def unblock(
        self, card_id: str, *, description: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Lift a temporary block (docs.freedompay.kz, api-12074991)."""
        return await self._start(
            table.CARDS_UNBLOCK,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )

    async def set_pin(
        self,
        card_id: str,
        pin: str | None = None,
        *,
        encrypt: Callable[[str], str] | None = None,
        **options: Unpack[ReadOptions],
    ) -> Answer:
        """Set the PIN of a card (docs.freedompay.kz, api-12075062).

        The body has no request id, so `request/status` can't be asked about the call. The vendor
        says "AES 256" and no more, so the library encrypts nothing by default.

        Args:
            card_id: the card.
            pin: the encrypted PIN, or the plain PIN together with `encrypt`. After a lost answer it
                is sent again, because that sets the same PIN. Left out, the issuer makes a PIN, and
                a lost answer is `OutcomeUnknown`.
            encrypt: encrypts the plain PIN: an `AesPin`, or a function of yours.
            **options: see `ReadOptions`.
        """
        # Bound anew, so that no traceback of this frame shows them. A function may hold its key.
        pin, hidden = None if pin is None else Pin(pin), Hidden(encrypt)
        encrypt = None
        # Before the caller's function is called.
        self._check(table.CARDS_SET_PIN, options, READ_OPTIONS)
        body = asked.PinSetting(card_id=card_id, pin=pin_to_send(pin, hidden))
        send = self._change if pin is None else self._repeat
        return await send(table.CARDS_SET_PIN, lambda: body, options)

    async def reset_pin_counter(
        self, card_id: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Lift the temporary block after wrong PIN entries (docs.freedompay.kz, api-12075070).

        The PIN stays the same.
        """
        return await self._start(
            table.CARDS_RESET_PIN_COUNTER, lambda: asked.CardActivation(card_id=card_id), options
        )

    async def close(
        self, card_id: str, *, description: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Close a card for good (docs.freedompay.kz, api-12075208). It can't be undone."""
        return await self._start(
            table.CARDS_CLOSE,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )

    async def info(self, card_id: str, **options: Unpack[ReadOptions]) -> reads.CardInfo:
        """The state and the data of a card (docs.freedompay.kz, "Card info").

        Path and request are documented; the fields of the answer are inferred.
        """
        return await self._read(table.CARDS_INFO, lambda: asked.CardQuery(card_id=card_id), options)

    async def balance(self, card_id: str, **options: Unpack[ReadOptions]) -> reads.CardBalance:
        """The balance of a card. Inferred."""
        return await self._read(table.CARDS_BALANCE, lambda: asked.CardId(card_id=card_id), options)

    async def secret_data(self, card_id: str, **options: Unpack[ReadOptions]) -> reads.CardSecrets:
        """The number, expiry and CVV of a card. Each is a secret: `.reveal()` gives its text.

        Inferred. Whether the issuer encrypts them is not public.
        """
        return await self._read(
            table.CARDS_SECRET_DATA, lambda: asked.CardId(card_id=card_id), options
        )

    async def secret_data_v2(
        self, card_id: str, **options: Unpack[ReadOptions]
    ) -> reads.CardSecrets:
        """The same by the second version of the call. Inferred; seen in the KZ menu only."""
        return await self._read(
            table.CARDS_SECRET_DATA_V2, lambda: asked.CardId(card_id=card_id), options
        )

    async def statement(
        self,
        card_id: str,
        *,
        start_date: dt.date | str | None = None,
        end_date: dt.date | str | None = None,
        **options: Unpack[ReadOptions],
    ) -> reads.Statement:
        """The movements of a card in one call (docs.freedompay.kz, api-12075219).

        A date is sent as `YYYY-MM-DD`, and a text as it is: no public page shows the format.
        """
        return await self._read(
            table.CARDS_STATEMENT,
            lambda: asked.StatementQuery(
                card_id=card_id, start_date=day_of(start_date), end_date=day_of(end_date)
            ),
            options,
        )

    def movements(
        self,
        card_id: str,
        *,
        start: dt.date,
        end: dt.date,
        window: int = 30,
        timeout: float | None = None,
    ) -> AsyncGenerator[reads.Movement]:
        """Yield the movements of a card from one day to another, in as many statements as needed.

        No movement is lost, and none comes twice. Whether the issuer includes `end_date`, and in
        which time zone its days begin, is not public. So each statement is asked for with two more
        days on either side, and a movement is yielded in the window of its own date.

        Args:
            card_id: the card.
            start: the first day, included.
            end: the last day, included.
            window: days of one statement.
            timeout: seconds that one statement may take.

        Raises:
            ProtocolError: the date of a movement can't be read, so its window is not known.
            FreedomPayError: as for `statement`.
        """
        return movements(
            self.statement, card_id, start=start, end=end, window=window, timeout=timeout
        )

    async def statement_extended(
        self,
        card_id: str,
        *,
        start_date: dt.date | str,
        end_date: dt.date | str,
        **options: Unpack[ReadOptions],
    ) -> reads.StatementExtended:
        """The movements with accounts and authorisations (docs.freedompay.kz, api-14425115).

        Seen in the KZ menu only.
        """
        return await self._read(
            table.CARDS_STATEMENT_EXTENDED,
            lambda: asked.StatementQuery(
                card_id=card_id, start_date=day_of(start_date), end_date=day_of(end_date)
            ),
            options,
        )

    async def validate_cardholder(
        self,
        *,
        user_phone: str,
        first_name: str,
        last_name: str,
        card_token: str,
        **options: Unpack[ReadOptions],
    ) -> reads.CardValidation:
        """How well a person's name and phone fit a card (docs.freedompay.kz, api-17842385).

        The example on that page has the path `/v5/partner/external/cardholder_validate`. Seen in
        the KZ menu only: the "Identification" of KG and UZ is another call.

        Args:
            user_phone: 10 digits.
            first_name: the first name of the person.
            last_name: the last name of the person.
            card_token: a UUID.
            **options: see `ReadOptions`.
        """
        return await self._read(
            table.CARDS_VALIDATE_CARDHOLDER,
            lambda: asked.CardholderQuery(
                user_phone=user_phone,
                first_name=first_name,
                last_name=last_name,
                card_token=card_token,
            ),
            options,
        )
