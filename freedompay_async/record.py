"""A file for calls that can't be asked about: each is written down before it is sent, and again when it has ended."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio.to_thread
import msgspec

from freedompay_async.errors import (
    ApiError,
    ConfigurationError,
    FreedomPayError,
    JournalError,
    NotSent,
)
from freedompay_async.models.open import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from os import PathLike

    from freedompay_async.contract import Call

__all__ = ["Record"]

R = TypeVar("R")


class Record:
    """JSON Lines, synced to the disk, readable by their owner only.

    A line is `at`, `state`, `call`, `request_id` and `request`, and at the end `answer` or `error`. The states are `sending`, then `done`,
    `refused`, `not sent` or `unknown`. A `sending` that nothing follows is of a process that died: unknown too. Secrets are `***`.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path: Final = os.fspath(path)

    async def keep(self, call: Call[Any], request_id: str, request: msgspec.Struct, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Do the work between two lines.

        Raises:
            JournalError: the first line can't be written; nothing was sent.
        """
        entry = {"call": call.name, "request_id": request_id, "request": request}
        try:
            await anyio.to_thread.run_sync(self._write, {"state": "sending", **entry})
        except OSError as error:
            raise JournalError(
                f"the record {self._path} can't be written ({error.strerror}). Nothing was sent.", request_id=request_id, call=call.name
            ) from error
        try:
            answer = await work()
        except (FreedomPayError, asyncio.CancelledError) as error:
            self._end({"state": _state(error), **entry, "error": str(error)}, error)
            raise
        self._end({"state": "done", **entry, "answer": answer}, None)
        return answer

    def _end(self, entry: dict[str, Any], error: BaseException | None) -> None:
        # Not in a thread: nothing may come between the end of a call and its line, a second cancellation neither.
        try:
            self._write(entry)
        except OSError as failure:
            note = f"its end could not be written to the record {self._path} ({failure.strerror})"
            if error is None:
                raise JournalError(
                    f"the call was done, and {note}. Do not repeat it.", request_id=entry["request_id"], call=entry["call"]
                ) from failure
            error.add_note(note)

    def _write(self, entry: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = msgspec.json.encode({"at": at, **entry}, enc_hook=_shown) + b"\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write, so that the lines of two processes do not mix.
            os.write(file, line)
            os.fsync(file)
        finally:
            os.close(file)


def _state(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "unknown" if getattr(error, "outcome_unknown", True) else "not sent"
    if isinstance(error, NotSent | ConfigurationError):
        return "not sent"
    return "refused" if isinstance(error, ApiError) else "unknown"


def _shown(value: Any) -> Any:
    """A secret shows itself as `***`."""
    return dict(value) if isinstance(value, Fields) else str(value)
