"""The flags of `freedompay batch`."""
# Without `annotations` of the future: typer reads these when the program runs.

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AcceptFound",
    "Activate",
    "BatchName",
    "CardProduct",
    "Check",
    "CheckFirst",
    "ClientFile",
    "Columns",
    "Concurrency",
    "ContractChanged",
    "Detach",
    "Documents",
    "JournalArgument",
    "JournalFlag",
    "Json",
    "MaxCards",
    "NewJournal",
    "OneBatch",
    "Out",
    "Product",
    "Rate",
    "Sheet",
    "Strict",
    "Yes",
]


class Check(StrEnum):
    """The rows whose request ids the issuer is asked about before their first send."""

    SAMPLE = "sample"
    ALL = "all"
    NONE = "none"


ClientFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="CSV (UTF-8), .xlsx, .ods or JSON Lines; one row a card."),
]
# Read by `journal_address`, which shows no password.
JournalArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="JOURNAL",
        show_default=False,
        help="The journal: a file such as run.db, or a database such as "
        "postgresql://user@host/database. [FREEDOMPAY_JOURNAL]",
    ),
]
JournalFlag = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="JOURNAL",
        help="The journal: a file such as run.db, or a database such as "
        "postgresql://user@host/database. [FREEDOMPAY_JOURNAL]",
    ),
]
NewJournal = Annotated[
    str | None,
    typer.Option(
        "--journal",
        metavar="JOURNAL",
        help="The file that keeps the batch, made if it is missing; or a database for many "
        "machines, such as postgresql://user@host/database. Needed to resume. "
        "[FREEDOMPAY_JOURNAL]",
    ),
]
OneBatch = Annotated[
    str | None,
    typer.Option("--batch", help="The name of the batch; needed where a database has several."),
]
Detach = Annotated[
    bool,
    typer.Option(
        "--detach",
        help="Leave the work to `freedompay worker` on other machines, and end at once. The "
        "journal is a database.",
    ),
]
Documents = Annotated[
    Path | None,
    typer.Option(
        "--documents",
        metavar="ROOT",
        help="The folder that all documents are in; needed with --detach. A worker finds them "
        "under the folder that it names itself.",
    ),
]
BatchName = Annotated[
    str,
    typer.Option(
        "--batch",
        help=(
            "Request ids are made from merchant, batch and key: a key gets one card under each "
            "batch name."
        ),
    ),
]
Activate = Annotated[
    bool,
    typer.Option(
        "--activate", help="Activate each card too (the vendor's path for it is inferred)."
    ),
]
Product = Annotated[
    int,
    typer.Option(
        "--product",
        help="1000 Freedom Wallet, 2000 Instant, 3000 Electron; a column `product_id` wins.",
    ),
]
CardProduct = Annotated[
    int | None,
    typer.Option(
        "--card-product",
        min=1,
        max=10**18 - 1,
        help=(
            "The cards' product, which is of another list; left out, each row's own product. A "
            "column `card_product_id` wins."
        ),
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Treat warnings as problems: while there is one, nothing is sent."
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        "--sheet", help="The sheet of a workbook; needed where several have something in them."
    ),
]
Columns = Annotated[
    Path | None,
    typer.Option(
        "--columns",
        metavar="MAP.toml",
        help="The file's own names for columns. For unknown names, a map is suggested.",
    ),
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, max=10_000, help="Calls on the way at once.")
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0.01, help="Calls a second at most, status questions included."),
]
MaxCards = Annotated[
    int | None,
    typer.Option(
        "--max-cards", min=1, help="Refuse to issue more cards than this, earlier runs included."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help=(
            "Write every row there: CSV for the spreadsheet that FILE came from, or JSON Lines "
            "for a name ending in .jsonl. Must be new."
        ),
    ),
]
CheckFirst = Annotated[
    Check,
    typer.Option(
        "--check-first",
        help="Before the first send, ask whether the issuer knows the request ids already: of 50 "
        "rows spread over the file, and of all if it knows one; of all; or of none.",
    ),
]
AcceptFound = Annotated[
    str | None,
    typer.Option(
        "--accept-found",
        metavar="KEYS.txt|all",
        help="Found rows of an earlier run that are for the same people: a key a line (UTF-8), or "
        "all of them. They end with the card of the earlier use. Rows that are found later are "
        "not accepted, so with a new journal none is: run it, look, then resume with this flag.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        help=(
            "Do not ask whether cards on a live host are meant. The journal keeps the yes, so a "
            "resume does not ask again."
        ),
    ),
]
ContractChanged = Annotated[
    bool,
    typer.Option(
        "--contract-changed",
        help="Go on with another contract than the batch was planned with. Rows that were not "
        "sent take the new one. Rows that were sent are asked about first, and sent again only "
        "if their bytes stay the same.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON Lines on standard output, for machines.")]
