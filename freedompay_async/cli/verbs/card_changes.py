"""`freedompay cards`: the commands that change something."""
# Without `annotations` of the future: typer reads these when the program runs.

from collections.abc import Coroutine
from typing import Annotated, Any, TypeAlias

import typer

from freedompay_async.cli.verbs.asking import read_secret
from freedompay_async.cli.verbs.flags import CallFlags
from freedompay_async.cli.verbs.verb import verb
from freedompay_async.client import FreedomPay
from freedompay_async.contract import table
from freedompay_async.contract.models.answers import Answer
from freedompay_async.contract.models.results import Completed, IssuedCards
from freedompay_async.operations.operation import Operation

__all__ = ["card_changes"]

card_changes = typer.Typer()
_Completed: TypeAlias = Coroutine[Any, Any, Operation[Completed]]
_Issued: TypeAlias = Coroutine[Any, Any, Operation[IssuedCards]]


@verb(card_changes, table.CARDS_ISSUE)
def _issue(
    fp: FreedomPay,
    product_id: CallFlags.card_product_id,
    client_id: CallFlags.client_of_card = None,
    **call: Any,
) -> _Issued:
    """Issue a card to a client."""
    return fp.cards.issue(client_id=client_id, product_id=product_id, **call)


@verb(card_changes, table.CARDS_BULK_ISSUE)
def _bulk_issue(
    fp: FreedomPay,
    product_id: CallFlags.card_product_id,
    count: Annotated[int, typer.Option("--count", min=1, help="How many cards.")],
    **call: Any,
) -> _Issued:
    """Issue cards without a holder, to link later."""
    return fp.cards.bulk_issue(product_id=product_id, count=count, **call)


@verb(card_changes, table.CARDS_ISSUE_PLASTIC)
def _issue_plastic(
    fp: FreedomPay,
    product_id: CallFlags.card_product_id,
    client_id: CallFlags.client_of_card = None,
    **call: Any,
) -> _Issued:
    """Issue a plastic card to a client."""
    return fp.cards.issue_plastic(client_id=client_id, product_id=product_id, **call)


@verb(card_changes, table.CARDS_LINK)
def _link(
    fp: FreedomPay, card_id: CallFlags.card, client_id: CallFlags.client_id, **call: Any
) -> _Completed:
    """Link a card that has no holder to a client."""
    return fp.cards.link(card_id, client_id=client_id, **call)


@verb(card_changes, table.CARDS_ACTIVATE)
def _activate(fp: FreedomPay, card_id: CallFlags.card, **call: Any) -> _Completed:
    """Activate a card."""
    return fp.cards.activate(card_id, **call)


@verb(card_changes, table.CARDS_BLOCK)
def _block(
    fp: FreedomPay, card_id: CallFlags.card, description: CallFlags.reason, **call: Any
) -> _Completed:
    """Block a card until it is unblocked."""
    return fp.cards.block(card_id, description=description, **call)


@verb(card_changes, table.CARDS_UNBLOCK)
def _unblock(
    fp: FreedomPay, card_id: CallFlags.card, description: CallFlags.reason, **call: Any
) -> _Completed:
    """Lift a temporary block."""
    return fp.cards.unblock(card_id, description=description, **call)


@verb(card_changes, table.CARDS_SET_PIN, repeatable_with="pin_stdin")
def _set_pin(
    fp: FreedomPay,
    card_id: CallFlags.card,
    pin_stdin: Annotated[
        bool,
        typer.Option(
            "--pin-stdin",
            help=(
                "Read the encrypted PIN: without echo on a terminal, else the first line of "
                "standard input."
            ),
        ),
    ] = False,
    **call: Any,
) -> Coroutine[Any, Any, Answer]:
    """Let the issuer make a PIN for a card; with `--pin-stdin`, set the one you give.

    A PIN goes out encrypted, in the form that the vendor gave you: the public page says only "AES
    256". So bare digits are refused here. `AesPin` of the library encrypts a PIN. A PIN is never a
    flag, because other users of the machine can read flags.
    """
    return fp.cards.set_pin(
        card_id, read_secret("the encrypted PIN") if pin_stdin else None, **call
    )


@verb(card_changes, table.CARDS_RESET_PIN_COUNTER)
def _reset_pin_counter(fp: FreedomPay, card_id: CallFlags.card, **call: Any) -> _Completed:
    """Lift the temporary block after wrong PIN entries; the PIN stays."""
    return fp.cards.reset_pin_counter(card_id, **call)


@verb(
    card_changes, table.CARDS_CLOSE, confirm="close card {card_id} for good, which can't be undone"
)
def _close(
    fp: FreedomPay, card_id: CallFlags.card, description: CallFlags.reason, **call: Any
) -> _Completed:
    """Close a card for good; this can't be undone."""
    return fp.cards.close(card_id, description=description, **call)
