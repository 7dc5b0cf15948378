"""What a worker tells, printed for a person or for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from freedompay_async.cli.display import as_json, written
from freedompay_async.cli.output import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from freedompay_async.postgres.workers.news import News

__all__ = ["WorkerNews"]

_PROBLEMS: Final = ("refused", "unknown", "found", "doubtful")


class WorkerNews:
    """Prints what a worker tells, a line each.

    Args:
        json: JSON Lines, for programs.

    Attributes:
        problems: rows have ended without a card, or with one that is not what was ordered.
        stop: called once nobody reads any more; `None`: nobody has begun.
    """

    def __init__(self, *, json: bool) -> None:
        self._json: Final = json
        self.problems = False
        self.stop: Callable[[], object] | None = None

    def tell(self, news: News) -> None:
        """Print it."""
        self.problems |= any(news.counts.get(state) for state in _PROBLEMS)
        if not written(self._line(news)) and self.stop is not None:
            self.stop()

    def _line(self, news: News) -> str:
        if not self._json:
            return printable(news.text)
        return as_json(
            {
                "event": "worker",
                "change": news.change.name.lower(),
                "batch": news.batch,
                "text": news.text,
                "counts": news.counts,
                "again_in": news.again_in,
            }
        )
