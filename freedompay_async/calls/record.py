"""A file for calls that can't be asked about: a line before each is sent, and one at its end."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from freedompay_async.calls.cancelled import mark_of, note_did_nothing
from freedompay_async.contract.calls import Mark
from freedompay_async.contract.models.open import Extra, Fields, OpenStruct
from freedompay_async.contract.models.requests import CustomBody
from freedompay_async.errors import (
    ApiError,
    ConfigurationError,
    FreedomPayError,
    NotSent,
    ResultUnknown,
)
from freedompay_async.guards.arguments import path_of
from freedompay_async.guards.files import NotOurs, identity, make, open_ours, reading
from freedompay_async.guards.waiting import end_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from os import PathLike

    from freedompay_async.contract.calls import Call

__all__ = ["Record"]

R = TypeVar("R")
log: Final = logging.getLogger("freedompay_async")
# The beginning of each line.
_BEGINNING: Final = re.compile(rb'\{"at":"[0-9T:.+-]{29}","state":"')
_FIRST: Final = b'{"at":"'
_LENGTH: Final = len(_FIRST) + 29 + len(b'","state":"')


class Record:
    """JSON Lines, synced to the disk. Only its owner can read a file that is made here.

    A file that exists is continued if it is empty or a record. It has to be a plain file of this
    user with one name. Anything else is refused, and stays as it is.

    A line has `at`, `state`, `call`, `request_id` and `request`, and at the end `answer` or
    `error`. The state is `sending`, then `done`, `refused`, `not sent` or `unknown`. If nothing
    follows a `sending`, the process died: the outcome is unknown too. Secrets are `***`. `left_out`
    and `renamed` are what a contract changes in the fields of the request.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        name = path_of("record", path)
        if "\0" in name:
            raise ConfigurationError("record= is no name that a file can have. Nothing was sent.")
        # Made absolute now, because the program may change its folder between the two lines.
        self._path: Final = os.path.abspath(name)  # noqa: PTH100

    async def keep(
        self,
        call: Call[Any],
        request_id: str,
        request: msgspec.Struct,
        extra: Mapping[str, Any],
        work: Callable[[], Coroutine[Any, Any, R]],
    ) -> R:
        """Do the work between two lines.

        Raises:
            ConfigurationError: the file is no record of this user; nothing was sent.
            NotSent: the first line can't be written, for instance because the disk is full.
        """
        # A body that is the caller's own struct may hold anything.
        own = call.mark is Mark.CUSTOM and not isinstance(request, CustomBody)
        entry: dict[str, Any] = {
            "call": call.name,
            "request_id": request_id,
            "request": _sealed(request) if own else request,
        }
        if extra or call.fields:
            entry["extra"] = Fields({**call.fields, **extra})
        # The line has the request by the names of the table.
        if call.leave_out:
            entry["left_out"] = sorted(call.leave_out)
        if call.rename:
            entry["renamed"] = dict(call.rename)
        await self._begin(entry)
        try:
            answer = await work()
        except (FreedomPayError, asyncio.CancelledError) as error:
            self._end({"state": _state(error), **entry, "error": str(error)}, error)
            raise
        self._end({"state": "done", **entry, "answer": _sealed(answer)}, None)
        return answer

    async def _begin(self, entry: dict[str, Any]) -> None:
        writing = asyncio.ensure_future(
            asyncio.to_thread(self._write, {"state": "sending", **entry})
        )
        try:
            await asyncio.shield(writing)
        except (NotOurs, IsADirectoryError) as error:
            raise ConfigurationError(
                f"{self._path} can't be used as a record ({error.strerror}). Name another file, or "
                "a new one. Nothing was sent.",
                request_id=entry["request_id"],
                call=entry["call"],
            ) from error
        except OSError as error:
            raise NotSent(
                f"the record {self._path} can't be written ({error.strerror}). Nothing was sent. "
                "It is safe to repeat when the file can be written.",
                request_id=entry["request_id"],
                call=entry["call"],
            ) from error
        except asyncio.CancelledError as error:
            note_did_nothing(error, entry["call"], entry["request_id"])
            # The thread can't be stopped, and its line must not be the last one.
            try:
                await end_of(writing)
            except asyncio.CancelledError as again:
                note_did_nothing(again, entry["call"], entry["request_id"])
                raise
            finally:
                if not writing.cancelled() and writing.exception() is None:
                    self._end({"state": "not sent", **entry, "error": "cancelled"}, error)
            raise

    def _end(self, entry: dict[str, Any], error: BaseException | None) -> None:
        # Not in a thread: nothing may come between the end of a call and its line, not even a
        # second cancellation.
        try:
            self._write(entry)
        except OSError as failure:
            note = f"its end could not be written to the record {self._path} ({failure.strerror})"
        else:
            return
        if error is not None:
            error.add_note(note)
        # The answer is worth more than its line, so the caller gets it all the same.
        log.error(
            "%s: %s, %s",
            entry["call"],
            entry["state"],
            note,
            extra={"request_id": entry["request_id"], "call": entry["call"]},
        )

    def _write(self, entry: dict[str, Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = _line({"at": at, **entry})
        file, cut = _opened(self._path)
        if cut:
            line = b"\n" + line
        try:
            # One write, so that the lines of two processes do not mix. A disk that is nearly full
            # writes only a part.
            if os.write(file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)
        finally:
            os.close(file)


def _opened(path: str) -> tuple[int, bool]:
    """Open a new file, or one that is known to be a record, to add a line to it.

    Returns:
        The file, and whether it holds nothing but a line that was cut off.

    Raises:
        NotOurs: the path is that of something else.
        OSError: it can't be opened.
    """
    try:
        return make(path, os.O_WRONLY | os.O_APPEND), False
    except FileExistsError:
        pass
    with reading(path) as there:
        head = os.read(there, 256)
        if not _is_record(head):
            raise NotOurs("it is there, and its first line is not that of a record")
        file = open_ours(path, os.O_WRONLY | os.O_APPEND)
        if identity(os.fstat(file)) != identity(os.fstat(there)):
            os.close(file)
            raise NotOurs("another file has taken its place")
    # A longer file is known by its first line. Its last line may not be finished yet, where two
    # processes write.
    return file, 0 < len(head) < _LENGTH


def _is_record(head: bytes) -> bool:
    """Whether a file with this beginning is empty or a record. A full disk may have cut off its
    first lines.
    """
    for line in head.split(b"\n"):
        if len(line) >= _LENGTH:
            return _BEGINNING.match(line) is not None
        if not line or not _FIRST.startswith(line[: len(_FIRST)]):
            return not head
    return True


def _line(entry: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(entry, enc_hook=_shown) + b"\n"
    except (TypeError, ValueError, OverflowError, RecursionError):
        # A value without a form in JSON is refused before it is sent, or came from the issuer. The
        # rest is written all the same.
        rest = {name: value for name, value in entry.items() if isinstance(value, str)}
        return (
            msgspec.json.encode(
                {name: value.encode("utf-8", "replace").decode() for name, value in rest.items()}
            )
            + b"\n"
        )


def _state(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        mark = mark_of(error)
        return "unknown" if mark is None or mark.outcome_unknown else "not sent"
    if isinstance(error, NotSent | ConfigurationError):
        return "not sent"
    if isinstance(error, ResultUnknown):
        return "done"
    # A refusal may leave open whether something was done.
    return "refused" if isinstance(error, ApiError) and not error.outcome_unknown else "unknown"


def _shown(value: Any) -> Any:
    """The caller's fields, with `***` for those whose names read like a secret."""
    return dict(Extra(value)) if isinstance(value, Fields) else str(value)


def _sealed(answer: object) -> object:
    """An answer that is safe to write. The caller's own type may hold anything."""
    if isinstance(answer, OpenStruct):
        return answer
    try:
        fields = msgspec.to_builtins(answer, enc_hook=_shown)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    return Extra(fields) if isinstance(fields, dict) else None
