"""The answers of HashDT."""

from __future__ import annotations

from typing import ClassVar

from freedompay_async.contract.models.open import OpenStruct
from freedompay_async.redaction.secret import PageUrl

__all__ = ["PinLink", "PinPageAnswer"]


class PinLink(OpenStruct, kw_only=True, frozen=True):
    """The link of the page where the cardholder sets the PIN. All three calls name it so."""

    SECRET: ClassVar = True

    set_pin_url: PageUrl | None = None


class PinPageAnswer(OpenStruct, kw_only=True, frozen=True):
    """The envelope of every HashDT answer (docs.hashdt.com, PIN)."""

    EXPECTED: ClassVar = frozenset({"status", "message", "code", "data"})
    DECIDING: ClassVar = frozenset({"status", "data"})
    SECRET: ClassVar = True

    status: str
    """`Success` or `error`, in upper or lower case."""
    message: str | None = None
    code: int | str | None = None
    data: list[PinLink] | None = None
    request_id: str = ""
    """The client fills it in."""

    @property
    def accepted(self) -> bool | None:
        """Whether the issuer accepted the call; `None`: the answer says neither."""
        return {"success": True, "error": False}.get(self.status.lower())

    @property
    def contradiction(self) -> str | None:
        """An error that has the link of a page."""
        return (
            "an error, and it has a page"
            if self.accepted is False and any(link.set_pin_url for link in self.data or ())
            else None
        )

    @property
    def refusal_code(self) -> str | None:
        """`code` as text."""
        return None if self.code is None else str(self.code)

    @property
    def refusal_text(self) -> str | None:
        """`message`."""
        return self.message
