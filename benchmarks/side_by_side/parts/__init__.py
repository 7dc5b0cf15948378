"""The parts of the benchmark, in the order of `RESULTS.md`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from side_by_side.options import Options
    from side_by_side.results import Section

__all__ = ["PARTS", "Part", "part_of"]

PARTS: Final = (
    "calls",
    "cliff",
    "batch",
    "check_first",
    "journal",
    "memory",
    "plan",
    "import",
    "warm",
    "lanes",
    "polls",
    "hostile",
)


class Part(Protocol):
    LIMIT: int
    """Seconds after which it is ended, whatever it has found; far more than it takes; for five
    rounds, and as much longer for more.
    """
    FULL_LIMIT: int
    """The same with `--full`."""

    def run(self, options: Options) -> Section: ...


def part_of(name: str) -> Part:
    # `import` is no name that a module can be imported by.
    return cast(
        "Part",
        importlib.import_module(f"side_by_side.parts.{'imports' if name == 'import' else name}"),
    )
