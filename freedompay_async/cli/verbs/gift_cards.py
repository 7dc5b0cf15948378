"""`freedompay gift-cards`."""
# Without `annotations` of the future: typer reads these when the program runs.

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from freedompay_async.cli.verbs.asking import read_secret
from freedompay_async.cli.verbs.flags import CallFlags, CommonFlags
from freedompay_async.cli.verbs.verb import verb
from freedompay_async.client import FreedomPay
from freedompay_async.contract import table
from freedompay_async.contract.models.gift_cards import (
    GiftAnswer,
    GiftCardState,
    GiftProducts,
    IssuedGiftCard,
)

__all__ = ["gift_cards"]

gift_cards = typer.Typer(
    no_args_is_help=True,
    help=(
        "Gift cards: issue one, which the merchant's account pays, then confirm it with the code "
        "from the SMS."
    ),
)


@verb(gift_cards, table.GIFT_CARDS_PRODUCTS)
def _products(fp: FreedomPay, **call: Any) -> Coroutine[Any, Any, GiftProducts]:
    """Show the gift cards that can be issued."""
    return fp.gift_cards.products(**call)


@verb(
    gift_cards,
    table.GIFT_CARDS_ISSUE,
    confirm=(
        "issue a gift card of product {product_code} to {phone}, which the merchant's account "
        "pays at once"
    ),
)
def _issue(
    fp: FreedomPay,
    cardholder_name: Annotated[
        str, typer.Option("--cardholder-name", help="The name as it is on the card.")
    ],
    phone: CallFlags.phone,
    product_code: Annotated[
        int, typer.Option("--product-code", help="One of `freedompay gift-cards products`.")
    ],
    card_id: Annotated[
        int | None, typer.Option("--card-id", help="The id of a card that was made in bulk.")
    ] = None,
    request_id: CommonFlags.request_id = None,
    **call: Any,
) -> Coroutine[Any, Any, IssuedGiftCard]:
    """Issue a gift card: the merchant's account pays now, and a code goes to the phone.

    The issuer can't be asked about this call later. With `--record FILE` it is on the disk before
    it is sent: use it whenever the money is real. If the answer is lost, do not repeat the call; a
    person has to look.
    """
    return fp.gift_cards.issue(
        cardholder_name=cardholder_name,
        phone=phone,
        product_code=product_code,
        card_id=card_id,
        request_id=request_id,
        **call,
    )


@verb(gift_cards, table.GIFT_CARDS_CONFIRM)
def _confirm(
    fp: FreedomPay,
    card_id: Annotated[
        int | None,
        typer.Option(
            "--card-id", help="The id of the card; left out, the code alone identifies it."
        ),
    ] = None,
    **call: Any,
) -> Coroutine[Any, Any, GiftCardState]:
    """Confirm a gift card with the code from the SMS.

    On a terminal the command asks for the code, without echo; elsewhere it reads the first line of
    standard input. The code is never a flag, because other users of the machine can read flags.
    """
    return fp.gift_cards.confirm(otp=read_secret("the code from the SMS"), card_id=card_id, **call)


@verb(gift_cards, table.GIFT_CARDS_RESEND)
def _resend(
    fp: FreedomPay, card_id: CallFlags.gift_card, **call: Any
) -> Coroutine[Any, Any, IssuedGiftCard]:
    """Send a gift card again."""
    return fp.gift_cards.resend(card_id, **call)


@verb(gift_cards, table.GIFT_CARDS_RESEND_CODE)
def _resend_code(
    fp: FreedomPay, card_id: CallFlags.gift_card, **call: Any
) -> Coroutine[Any, Any, GiftAnswer]:
    """Send another code to the phone."""
    return fp.gift_cards.resend_code(card_id, **call)


@verb(gift_cards, table.GIFT_CARDS_STATUS)
def _status(
    fp: FreedomPay, card_id: CallFlags.gift_card, **call: Any
) -> Coroutine[Any, Any, GiftCardState]:
    """Show the state of a gift card."""
    return fp.gift_cards.status(card_id, **call)
