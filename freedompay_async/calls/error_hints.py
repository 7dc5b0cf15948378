"""What an error says beside its meaning, as a hint for people. Pure."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from freedompay_async.contract.calls import Mark, Section
from freedompay_async.contract.request_ids import is_uuid
from freedompay_async.contract.table import REQUESTS_STATUS

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call

__all__ = ["asked_to_wait", "hint_of", "hint_of_path", "way_to_ask", "with_way_to_ask"]

# Codes of the vendor's E-Money section, whose envelope is the same. No page says that they mean the
# same here.
_HINTS: Final = {
    "1002": (
        " In the vendor's E-Money section the code 1002 stands for a request id that is not "
        "unique. Here that is a hint, and proves nothing."
    ),
    "1006": (
        " In the vendor's E-Money section the code 1006 stands for a request id that is not "
        "known. Here that is a hint, and proves nothing."
    ),
}
_ATTACH: Final = "requests.attach"
_STATUS: Final = "requests.status"
_PATH_OF_CONTRACT: Final = (
    " The path {path} is what the contract of this client says; the table has {table_path}."
)
_NOT_IN_MENU: Final = (
    " As far as seen, the vendor's menu for {region} has no such call: only the one for KZ has it."
)
_GUESS: Final = (
    " The path {path} is a guess: no public page of the vendor shows it. If the vendor gave you "
    'another, say so in a contract file ([{call}] path = "…"), or use '
    'FreedomPay(contract=[Override(call="{call}", path="…")]).'
)
_PERHAPS_ANOTHER: Final = (
    " If this host has another path for it than {path}, say so in a contract file "
    '([{call}] path = "…").'
)


def hint_of(code: str | None, http_status: int | None) -> str:
    """What a code may mean; nothing is concluded from it. Empty: it is known nowhere else."""
    return _HINTS.get(code or "", "") if http_status == 200 else ""


def hint_of_path(call: Call[Any]) -> str:
    """After an HTTP 404: whether the path may be wrong, and where another is said."""
    if call.table_path is not None:
        return _PATH_OF_CONTRACT.format(path=call.path, table_path=call.table_path)
    menu = "" if call.not_in_menu is None else _NOT_IN_MENU.format(region=call.not_in_menu)
    if call.mark is Mark.INFERRED:
        return menu + _GUESS.format(path=call.path, call=call.name)
    # An HTTP 404 to a look-up may be how the host says that it does not know an id.
    settled = call.mark is Mark.CUSTOM or call.section is Section.HASHDT
    if settled or call.name == REQUESTS_STATUS.name:
        return menu
    return menu + _PERHAPS_ANOTHER.format(path=call.path, call=call.name)


def way_to_ask(request_id: str | None) -> str:
    """The method that asks about a request later. `attach` takes UUIDs only."""
    return _ATTACH if request_id is None or is_uuid(request_id) else _STATUS


def with_way_to_ask(advice: str, request_id: str | None) -> str:
    """An advice of the table `MEANINGS` that fits the id."""
    return advice.replace(_ATTACH, way_to_ask(request_id))


def asked_to_wait(seconds: float, *, too_long: bool) -> str:
    """How long the issuer asked to wait, and whether that was more time than there was."""
    if too_long:
        return f"The issuer asked to wait {ceil(seconds)} s, and there was no time left for that."
    return f"The issuer asked to wait {ceil(seconds)} s."
