"""What the command says of a call: how sure its shape is, and what may follow a lost answer."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.contract.calls import Mark, Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.contract.calls import Call

__all__ = ["MARK_TEXTS", "RETRY_TEXTS", "help_of"]

MARK_TEXTS: Final = {
    Mark.DOCUMENTED: "the vendor's page shows the path and the fields",
    Mark.PARTIAL: "the vendor's page shows the path or the shape, not all of it",
    Mark.INFERRED: (
        "in the vendor's menu only: path and fields are a best guess from their siblings"
    ),
}
RETRY_TEXTS: Final = {
    Retry.READ: "changes nothing: asked again when an answer is lost",
    Retry.ASKABLE: (
        "changes something: after a lost answer request/status is asked before anything is sent "
        "again"
    ),
    Retry.UNASKABLE: (
        "changes something, and can't be asked about: after a lost answer a person has to look"
    ),
}


def help_of(row: Call[Any], verb: Callable[..., object]) -> str:
    """The help of a command: its docstring, and how sure its row of the contract is."""
    text = inspect.cleandoc(verb.__doc__ or "")
    menu = " In the KZ menu only, as far as seen." if row.kz_only else ""
    mark = f"**{row.mark}**: {MARK_TEXTS[row.mark]}."
    return f"{text}\n\n{mark} {row.source}; `POST {row.path}`.{menu}"
