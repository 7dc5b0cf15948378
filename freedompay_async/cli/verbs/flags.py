"""The flags and arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["CallFlags", "CommonFlags"]


class CallFlags:
    """Flags and arguments of the call itself."""

    card = Annotated[str, typer.Argument(metavar="CARD", help="The id of the card.")]
    gift_card = Annotated[
        str, typer.Argument(metavar="CARD", help="The id of the gift card: digits.")
    ]
    client = Annotated[str, typer.Argument(metavar="CLIENT", help="The id of the client.")]
    transaction = Annotated[
        str, typer.Argument(metavar="TRANSACTION", help="The id of the transaction.")
    ]
    client_id = Annotated[
        str, typer.Option("--client-id", metavar="CLIENT", help="The id of the client.")
    ]
    client_of_card = Annotated[
        str | None,
        typer.Option(
            "--client-id",
            metavar="CLIENT",
            help=(
                "The id of the client. Left out only where a contract file leaves it out of the "
                "call."
            ),
        ),
    ]
    transaction_id = Annotated[
        str,
        typer.Option("--transaction-id", metavar="TRANSACTION", help="The id of the transaction."),
    ]
    product_id = Annotated[
        int,
        typer.Option(
            "--product-id",
            "--product",
            help="The client's product: 1000 Freedom Wallet, 2000 Instant, 3000 Electron.",
        ),
    ]
    card_product_id = Annotated[
        int,
        typer.Option(
            "--product-id",
            "--product",
            help=(
                "The card's product: not of the list of clients' products; no public page has it."
            ),
        ),
    ]
    reason = Annotated[str, typer.Option("--description", help="The reason; the issuer keeps it.")]
    order_id = Annotated[str, typer.Option("--order-id", help="The id of the order on your side.")]
    phone = Annotated[
        int,
        typer.Option(
            "--phone",
            min=1,
            help="The whole number with the country code, digits only: 77017777777.",
        ),
    ]
    amount = Annotated[
        str, typer.Option("--amount", help="In whole units of the currency, such as 12.10.")
    ]
    part = Annotated[
        str | None,
        typer.Option("--amount", help="In whole units of the currency; left out, all of it."),
    ]
    currency = Annotated[str, typer.Option("--currency", help="ISO 4217, such as KZT.")]


_PANEL = "This call"


class CommonFlags:
    """Flags that say how a call is made."""

    request_id = Annotated[
        str | None,
        typer.Option(
            "--request-id",
            metavar="UUID",
            help="An id of your own; left out, one is made.",
            rich_help_panel=_PANEL,
        ),
    ]
    wait = Annotated[
        float,
        typer.Option(
            "--wait",
            min=0,
            metavar="SECONDS",
            help="Wait this long for the result; 0 does not wait.",
            rich_help_panel=_PANEL,
        ),
    ]
    yes = Annotated[
        bool, typer.Option("--yes", help="Do not ask whether you are sure.", rich_help_panel=_PANEL)
    ]
    record = Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="FILE",
            help=(
                "Write the call into this file before it is sent, and its outcome afterwards: JSON "
                "Lines, secrets masked. Recommended."
            ),
            rich_help_panel=_PANEL,
        ),
    ]
    reveal = Annotated[
        bool,
        typer.Option(
            "--reveal", help="Show the secrets, which are *** otherwise.", rich_help_panel=_PANEL
        ),
    ]
    extra = Annotated[
        str | None,
        typer.Option(
            "--extra",
            metavar="JSON",
            help="More fields of the body: an object, with the names of the wire.",
            rich_help_panel=_PANEL,
        ),
    ]
    json = Annotated[bool, typer.Option("--json", help="One JSON object.", rich_help_panel=_PANEL)]
