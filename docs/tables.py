"""Writes the tables of the errors, the columns, the calls and the public names, so that the pages
agree with the package.

They are made from `freedompay_async.errors.MEANINGS`, `freedompay_async.batch.input.columns.ABOUT`,
the two tables of `freedompay_async.contract.table`, and the first sentence of each docstring.

    python docs/tables.py           # writes them between their comments, into the files of FILES
    python docs/tables.py --check   # changes nothing; ends with 1 where a table is out of date
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.columns import ABOUT
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import MEANINGS, Ending, Of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from freedompay_async.errors import Meaning

__all__ = [
    "FILES",
    "PUBLIC",
    "all_calls",
    "all_columns",
    "all_endings",
    "all_names",
    "main_endings",
    "with_table",
]

ROOT: Final = Path(__file__).parents[1]
BEGIN: Final = "<!-- The table of the {of}; `make tables` writes it. -->"
END: Final = "<!-- The end of the table of the {of}. -->"

HEAD: Final = ("error", "of", "when", "was it done?", "next request id", "what is safe")
DONE: Final = {True: "yes", False: "no", None: "not known"}

# The endings that users of cards meet. The whole table has also those of gift cards, PINs and
# questions; here all questions share a row.
MAIN: Final = (
    Ending.NOT_SENT,
    Ending.LIMITED,
    Ending.DENIED,
    Ending.DENIED_UNSURE,
    Ending.REFUSED,
    Ending.DUPLICATE,
    Ending.FAILED,
    Ending.FAILED_NAMED,
    Ending.UNKNOWN,
    Ending.PROCESSING,
    Ending.NOT_KNOWN_YET,
    Ending.NOT_KNOWN,
    Ending.UNNAMED,
)


def all_endings() -> str:
    """The whole table: a row for each ending, in the order of `MEANINGS`."""
    return _table(_row(meaning) for meaning in MEANINGS.values())


def main_endings() -> str:
    """The table of the README: the endings that users of cards meet, and one row of questions."""
    reads = [meaning for meaning in MEANINGS.values() if meaning.of is Of.READ]
    errors = dict.fromkeys(f"`{meaning.error.__name__}`" for meaning in reads)
    questions = (
        ", ".join(errors),
        Of.READ,
        "any of these",
        DONE[False],
        "any",
        "It changes nothing: it is safe to repeat.",
    )
    return _table([*(_row(MEANINGS[ending]) for ending in MAIN), questions])


def all_columns() -> str:
    """A row for each column of a client file."""
    rows = [
        (f"`{column.name}`", column.needed, column.format, f"`{column.example}`")
        for column in ABOUT
    ]
    return _table(rows, ("column", "needed", "holds", "example"))


def all_calls() -> str:
    """A row for each call of the contract."""
    rows = [
        (
            f"`{row.name}`",
            f"`{row.path}`",
            row.mark,
            row.retry.value,
            "KZ" if row.kz_only else "all",
            row.source,
        )
        for row in (*TABLE, *HASHDT_TABLE)
    ]
    return _table(rows, ("call", "path", "mark", "after a lost answer", "menu", "page"))


PUBLIC: Final = (
    "freedompay_async",
    "freedompay_async.models",
    "freedompay_async.errors",
    "freedompay_async.batch",
    "freedompay_async.hashdt",
    "freedompay_async.contract.file",
    "freedompay_async.events",
    "freedompay_async.testing",
    "freedompay_async.transports",
    "freedompay_async.postgres",
    "freedompay_async.journals",
    "freedompay_async.seals",
)
"""The modules that users import from."""
# A value has no docstring of its own.
_VALUES: Final = {
    "KEEP_TO_THE_ID": "The advice of every text that tells a caller to keep to the request id.",
    "Listener": "A function that gets each event as it happens. It must not wait for anything.",
    "MEANINGS": "What each way in which a call can end means.",
}


def all_names(module: str) -> str:
    """A row for each name of a public module, with the first sentence of its docstring."""
    found = importlib.import_module(module)
    rows = [
        (f"`{name}`", _VALUES.get(name) or _first_sentence(getattr(found, name)))
        for name in found.__all__
    ]
    return _table(rows, ("name", "what it is"))


FILES: Final[tuple[tuple[Path, str, Callable[[], str]], ...]] = (
    (ROOT / "README.md", "errors", main_endings),
    (ROOT / "docs" / "errors.md", "errors", all_endings),
    (ROOT / "docs" / "columns.md", "columns", all_columns),
    (ROOT / "docs" / "calls.md", "calls", all_calls),
    *(
        (ROOT / "docs" / "names.md", f"names of {each}", partial(all_names, each))
        for each in PUBLIC
    ),
)
"""The tables: the file, the subject, and the function that makes it."""


def with_table(text: str, table: str, of: str = "errors") -> str:
    """The text of a file, with the table between its comments.

    Raises:
        ValueError: the file has no place for a table.
    """
    begins, ends = BEGIN.format(of=of), END.format(of=of)
    before, begin, rest = text.partition(begins)
    _, end, after = rest.partition(ends)
    if not begin or not end:
        raise ValueError("there is no place for the table")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def _first_sentence(value: object) -> str:
    paragraph = (inspect.getdoc(value) or "").split("\n\n")[0]
    return re.split(r"(?<=[.:;])\s(?=[A-Z])", " ".join(paragraph.split()))[0].removesuffix(".")


def _row(meaning: Meaning) -> tuple[str, ...]:
    safe = meaning.safe.format(within=3600.0, not_again="its first send is more than 3600 s ago")
    return (
        f"`{meaning.error.__name__}`",
        meaning.of,
        meaning.case,
        DONE[meaning.done],
        meaning.next_id,
        safe,
    )


def _table(rows: Iterable[Iterable[str]], head: tuple[str, ...] = HEAD) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |"
        for line in lines
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing; end with 1 where a table is out of date",
    )
    flags = parser.parse_args()
    old = []
    for path, of, table in FILES:
        text = path.read_text(encoding="utf-8")
        made = with_table(text, table(), of)
        if made != text:
            old.append(f"{path.name} ({of})")
            if not flags.check:
                path.write_text(made, encoding="utf-8")
    if old and flags.check:
        sys.exit(f"make tables: the table is out of date in {', '.join(old)}")


if __name__ == "__main__":
    main()
