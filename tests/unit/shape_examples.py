"""Shapes and answers for the tests of reading them."""

from __future__ import annotations

from typing import ClassVar

from freedompay_async.codec.shapes import Difference
from freedompay_async.contract.models import CardRef  # noqa: TC001 - msgspec reads the annotations when the program runs
from freedompay_async.contract.models.open import OpenStruct, OpenText

UNKNOWN, VALUE, MISSING, OTHER = (
    Difference.UNKNOWN_FIELD,
    Difference.UNKNOWN_VALUE,
    Difference.MISSING_FIELD,
    Difference.OTHER_TYPE,
)
GOOD = {"status": "ok", "request_status": "success", "dt": "2026-05-14T10:00:00+05:00"}
GIFT = {"status": 0, "datetime": "2026-05-14 10:00:00"}


class Kind(OpenText):
    ONE = "one"


class Loose(OpenStruct, kw_only=True, frozen=True):
    """Everything that a part may be."""

    EXPECTED: ClassVar = frozenset({"kind"})

    kind: Kind | None = None
    one: CardRef | None = None
    maybe: list[CardRef] | str | None = None
