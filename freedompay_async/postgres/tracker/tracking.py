"""Writes an intent down in the application's own transaction, with the wake-up of a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from freedompay_async.contract.calls import Retry
from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import check_text
from freedompay_async.intents.sending import call_of, checked_fields
from freedompay_async.postgres.journal.texts import kept_text
from freedompay_async.postgres.tracker.callers import in_transaction
from freedompay_async.postgres.tracker.statements import FIND, TRACK
from freedompay_async.postgres.tracker.tracked import Tracked, TrackState, tracked
from freedompay_async.postgres.workers.wake import requests_entrypoint

if TYPE_CHECKING:
    from freedompay_async.calls.session import Session
    from freedompay_async.intents.intent import Intent
    from freedompay_async.intents.sealing import Seal
    from freedompay_async.postgres.tracker.caller_protocol import Caller

__all__ = ["no_tables", "track"]

# SQLSTATE: no such function, no such table, and no such schema.
_NO_TABLES: Final = ("42883", "42P01", "3F000")


async def track(
    db: object,
    intent: Intent[Any],
    *,
    session: Session,
    base_url: str,
    ours: tuple[str, str],
    tag: str | None,
    seal: Seal | None,
) -> Tracked:
    """Track an intent; arguments and errors as in `Tracker.track`."""
    call = call_of(intent)
    checked_fields(session, intent, base_url=base_url)
    if session.shared.row(call).retry is not Retry.ASKABLE:
        raise ConfigurationError(
            "request/status can't be asked about this call, so nobody could find out what became "
            "of it: make it with its own method. Nothing was written, and nothing was sent.",
            call=call.name,
            request_id=intent.request_id,
        )
    text, body = intent.to_json(seal=seal), intent.signed_bytes
    fingerprint = session.shared.fingerprint(call, body)
    tag = None if tag is None else _checked_tag(tag)
    caller = await in_transaction(db)
    try:
        row = (intent.request_id, call.name, tag, text, fingerprint)
        rows = await caller.fetch(TRACK, *ours, *row, requests_entrypoint(*ours))
        if rows:
            return Tracked(
                request_id=intent.request_id,
                call=call.name,
                tag=tag,
                state=TrackState.INTENDED,
                tracked_at=rows[0]["tracked_at"],
            )
        return await _found(caller, intent, ours, fingerprint)
    except ConfigurationError:
        raise
    # Each library has errors of its own, which have this attribute.
    except Exception as error:
        if no_tables(error):
            raise _missing() from error
        raise


async def _found(
    caller: Caller, intent: Intent[Any], ours: tuple[str, str], fingerprint: bytes
) -> Tracked:
    """The row that has this id already."""
    (row,) = await caller.fetch(FIND, *ours, intent.request_id)
    if row["call"] != intent.call or bytes(row["body_sha256"]) != fingerprint:
        raise ConfigurationError(
            f"a request of this id is tracked already, with another body ({row['call']}, tag "
            f"{row['tag']!r}): one key is for one request. Nothing was written, and nothing was "
            "sent for this one.",
            call=intent.call,
            request_id=intent.request_id,
        )
    return tracked(row)


def no_tables(error: BaseException) -> bool:
    """Whether an error of the database says that the schema is not there."""
    origin = getattr(error, "orig", None) or error
    states = (getattr(origin, "sqlstate", None), getattr(origin.__cause__, "sqlstate", None))
    return any(state in _NO_TABLES for state in states)


def _missing() -> ConfigurationError:
    return ConfigurationError(
        "the database has no tables of this program, or older ones: make them with freedompay "
        "journal install. The transaction has failed and can only be rolled back; nothing was sent."
    )


def _checked_tag(tag: object) -> str:
    """A tag that PostgreSQL keeps as it is.

    Raises:
        ConfigurationError: it is no text, or has a character that no database keeps.
    """
    text = check_text("tag", tag)
    if kept_text(text) != text:
        raise ConfigurationError(
            f"tag={text!r} has a NUL or half of a character, which PostgreSQL does not keep. "
            "Nothing was written, and nothing was sent."
        )
    return text
