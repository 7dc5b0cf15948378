"""What many processes share, kept in PostgreSQL: a batch, tracked requests, and a rate."""

from __future__ import annotations

from freedompay_async import errors as _errors

try:
    import asyncpg as _asyncpg
    import pgqueuer as _pgqueuer
except ImportError as _error:
    raise _errors.ConfigurationError(
        "PostgreSQL needs more packages: pip install 'freedompay-async[postgres]'. Nothing was "
        "sent."
    ) from _error

from freedompay_async.postgres.journal.journal import PostgresJournal
from freedompay_async.postgres.rate.shared_rate import SharedRate
from freedompay_async.postgres.schema.install import install
from freedompay_async.postgres.tracker.tracked import Tracked, TrackerReport, TrackState
from freedompay_async.postgres.tracker.tracker import Tracker
from freedompay_async.postgres.workers.news import Change, News
from freedompay_async.postgres.workers.worker import Worker

del _asyncpg, _errors, _pgqueuer

__all__ = [
    "Change",
    "News",
    "PostgresJournal",
    "SharedRate",
    "TrackState",
    "Tracked",
    "Tracker",
    "TrackerReport",
    "Worker",
    "install",
]
