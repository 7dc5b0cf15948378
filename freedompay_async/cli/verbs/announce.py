"""Prints the id of a request before its first byte leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import typer

from freedompay_async.contract.calls import Retry

if TYPE_CHECKING:
    from freedompay_async.contract.calls import Call
    from freedompay_async.crypto.signing import Signer
    from freedompay_async.redaction.secret import Secret

__all__ = ["Announcing", "next_step"]


class Announcing:
    """A signer that prints the id of the first request that it signs.

    Signing is the last step before sending, and the library has made the id by then. An id made
    here would count as one that may have been used before, so every refusal would be looked up
    through the grace time.

    Attributes:
        row: the call's row in the contract of the client.
    """

    def __init__(self, signer: Signer, row: Call[Any]) -> None:
        self.auth_id: Final = signer.auth_id
        self.header_id: Final = signer.header_id
        self.secrets: Final[tuple[Secret, ...]] = signer.secrets
        self.on_refusal: Final[str] = signer.on_refusal
        self._signer: Final = signer
        self.row = row
        self._announced = False

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        # The command's own signers are not async.
        headers = cast(
            "dict[str, str]", self._signer.headers(path=path, body=body, request_id=request_id)
        )
        if not self._announced:
            self._announced = True
            typer.echo(
                (
                    f"sending {self.row.name} as {request_id}; if this is cut off: "
                    f"{next_step(self.row, request_id)}"
                ),
                err=True,
            )
        return headers


def next_step(row: Call[Any], request_id: str | None) -> str:
    """What to do when the outcome of a request is not known."""
    if row.retry is Retry.ASKABLE:
        return f"freedompay requests status {request_id} --wait 60"
    if row.safe_again:
        return "do it again: that does no harm"
    return "do not repeat it, it can't be asked about; a person has to look"
