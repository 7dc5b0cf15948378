"""`fp.cards`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from freedompay_async.api.namespace import Namespace
from freedompay_async.api.pin_setting import pin_to_send
from freedompay_async.api.statement_windows import day_of, movements
from freedompay_async.contract import table
from freedompay_async.contract.models import requests as asked
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Hidden, Pin
from freedompay_async.settings.options import READ_OPTIONS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncGenerator, Callable

    from freedompay_async.contract.calls import Call
    from freedompay_async.contract.models import reads
    from freedompay_async.contract.models.answers import Answer
    from freedompay_async.contract.models.results import Completed, IssuedCards
    from freedompay_async.operations.operation import Operation
    from freedompay_async.settings.options import ChangeOptions, ReadOptions

__all__ = ["Cards"]


class Cards(Namespace):
    """Payment cards.

    A method that changes something sends one intent and returns when the issuer has accepted it;
    `await operation.result()` waits for the end.

    The options of a method that changes something are `ChangeOptions`, of one that reads
    `ReadOptions`; the methods of the other namespaces take the same:

    * `request_id`: a UUID of your own; left out, the library makes one.
    * `extra`: more fields of the body, by their name on the wire; wrap what is secret in `Secret`.
    * `timeout`: seconds, everything included.
    * `queue`: with False a call whose turn has not come, because as many are on the way as may be,
      raises `Busy` at once, and a 429 of the issuer `RateLimited`: for a web handler that answers
      429 itself.

    Inferred is what the vendor's menu has, and no public page shows the path or the fields of.
    Each raises any of `FreedomPayError` but `StillProcessing`, with the request id on it.
    """

    async def issue(
        self, *, client_id: str | None = None, product_id: int, **options: Unpack[ChangeOptions]
    ) -> Operation[IssuedCards]:
        """Issue a card to a client.

        The path is documented, the fields are not (docs.freedompay.kz, "Issue card"). A draft page
        has a `cardholder` object in place of `client_id`: `Override(call="cards.issue",
        leave_out=["client_id"])` and `extra={"cardholder": {…}}` send that.

        Args:
            client_id: may be left out only where the contract of this client leaves it out of the
                body.
            product_id: of the card. Card products are another list than those of clients, and no
                public page shows it.
            **options: see `ChangeOptions`.
        """
        return await self._start(
            table.CARDS_ISSUE,
            lambda: self._order(table.CARDS_ISSUE, client_id, product_id),
            options,
        )

    async def bulk_issue(
        self, *, product_id: int, count: int, **options: Unpack[ChangeOptions]
    ) -> Operation[IssuedCards]:
        """Issue `count` cards without a holder, to be linked later.

        `product_id` is a card product, as for `issue`. Inferred.
        """
        return await self._start(
            table.CARDS_BULK_ISSUE,
            lambda: asked.BulkIssue(product_id=product_id, count=count),
            options,
        )

    async def issue_plastic(
        self, *, client_id: str | None = None, product_id: int, **options: Unpack[ChangeOptions]
    ) -> Operation[IssuedCards]:
        """Issue a plastic card to a client, as `issue`.

        The menus of KG and UZ call it "Physical". Inferred.
        """
        return await self._start(
            table.CARDS_ISSUE_PLASTIC,
            lambda: self._order(table.CARDS_ISSUE_PLASTIC, client_id, product_id),
            options,
        )

    async def link(
        self, card_id: str, *, client_id: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Link a card that has no holder to a client (docs.freedompay.kz, api-12074684).

        In the KZ menu only, as far as seen.
        """
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
        """Set the PIN of a card (docs.freedompay.kz, api-12075062). The body has no request id, so
        it can't be asked about.

        The vendor says "AES 256" and nothing more, so nothing is encrypted here by default.

        Args:
            card_id: the card.
            pin: left out, the issuer makes one, and a lost answer is `OutcomeUnknown`. Given, it is
                the encrypted PIN, or the plain one together with `encrypt`; setting the same PIN
                again is harmless, so a lost answer is tried again.
            encrypt: from the plain PIN to what goes out: an `AesPin`, or a function of yours.
            **options: see `ReadOptions`.
        """
        # Bound anew, so that no traceback of this frame shows them: a function may hold its key.
        pin, hidden = None if pin is None else Pin(pin), Hidden(encrypt)
        encrypt = None
        # Before a function of the caller's is called.
        self._check(table.CARDS_SET_PIN, options, READ_OPTIONS)
        body = asked.PinSetting(card_id=card_id, pin=pin_to_send(pin, hidden))
        send = self._change if pin is None else self._repeat
        return await send(table.CARDS_SET_PIN, lambda: body, options)

    async def reset_pin_counter(
        self, card_id: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Lift the temporary block after wrong PIN entries; the PIN stays (docs.freedompay.kz,
        api-12075070).
        """
        return await self._start(
            table.CARDS_RESET_PIN_COUNTER, lambda: asked.CardActivation(card_id=card_id), options
        )

    async def close(
        self, card_id: str, *, description: str, **options: Unpack[ChangeOptions]
    ) -> Operation[Completed]:
        """Close a card for good: it can't be undone (docs.freedompay.kz, api-12075208)."""
        return await self._start(
            table.CARDS_CLOSE,
            lambda: asked.CardIntent(card_id=card_id, description=description),
            options,
        )

    async def info(self, card_id: str, **options: Unpack[ReadOptions]) -> reads.CardInfo:
        """What the issuer tells of a card.

        Path and request are documented, the answer's fields are inferred (docs.freedompay.kz, "Card
        info").
        """
        return await self._read(table.CARDS_INFO, lambda: asked.CardQuery(card_id=card_id), options)

    async def balance(self, card_id: str, **options: Unpack[ReadOptions]) -> reads.CardBalance:
        """What is on a card. Inferred."""
        return await self._read(table.CARDS_BALANCE, lambda: asked.CardId(card_id=card_id), options)

    async def secret_data(self, card_id: str, **options: Unpack[ReadOptions]) -> reads.CardSecrets:
        """Number, expiry and CVV; each shows itself only when it is asked to `.reveal()`.

        Inferred; whether they come encrypted is not public either.
        """
        return await self._read(
            table.CARDS_SECRET_DATA, lambda: asked.CardId(card_id=card_id), options
        )

    async def secret_data_v2(
        self, card_id: str, **options: Unpack[ReadOptions]
    ) -> reads.CardSecrets:
        """The same by the second version of the call.

        Inferred, as the first; in the KZ menu only, as far as seen.
        """
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

        A date goes out as `YYYY-MM-DD`, a text as it is: the form is on no public page.
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
        """The movements from one day to another, both included, in as many statements as that
        takes.

        Whether the issuer counts `end_date` in, and in which time zone its days begin, is not
        public. So each statement is asked for with two days more on either side, and a movement is
        yielded in the window that its own date belongs to: none is lost, none comes twice.

        Args:
            card_id: the card.
            start: the first day.
            end: the last day.
            window: days a statement.
            timeout: seconds a statement may take.

        Raises:
            ProtocolError: the date of a movement can't be read, so that nothing tells which window
                it belongs to.
            FreedomPayError: as `statement`.
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

        In the KZ menu only, as far as seen.
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
        """How well a person fits a card (docs.freedompay.kz, api-17842385).

        The page's own example prints the path `/v5/partner/external/cardholder_validate`. In the KZ
        menu only, as far as seen: the "Identification" of KG and UZ is another call.

        Args:
            user_phone: 10 digits.
            first_name: the person's.
            last_name: the person's.
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

    def _order(
        self, call: Call[IssuedCards], client_id: str | None, product_id: int
    ) -> asked.CardIssue:
        """The body of an order; a client that is not sent is not held against the answer either."""
        left_out = "client_id" in self._session.shared.row(call).leave_out
        if client_id is None and not left_out:
            raise ConfigurationError(
                "it needs client_id, the client that the card is for. Where the issuer wants "
                "something else, such as a "
                "cardholder, a contract that leaves client_id out says so. Nothing was sent.",
                call=call.name,
            )
        return asked.CardIssue(client_id=None if left_out else client_id, product_id=product_id)
