"""What each ending means, in one table: the texts of the errors are made from it."""

from __future__ import annotations

from typing import Final

from freedompay_async.errors.effects import EFFECTS
from freedompay_async.errors.endings import Ending, Meaning
from freedompay_async.errors.questions import QUESTIONS
from freedompay_async.errors.results import RESULTS

__all__ = ["KEEP_TO_THE_ID", "MEANINGS"]

_ALL = EFFECTS | RESULTS | QUESTIONS
MEANINGS: Final[dict[Ending, Meaning]] = {ending: _ALL[ending] for ending in Ending}
"""In the order of the table in the documentation."""

KEEP_TO_THE_ID: Final = (
    " You gave its request_id: keep to that one, because an earlier use of it may have been done."
)
"""For an end that says only of this call that it did nothing."""
