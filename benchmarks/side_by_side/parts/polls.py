"""The results of `benchmarks/polls.py` as a table."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from side_by_side.machine import versions
from side_by_side.results import Section, table

if TYPE_CHECKING:
    from side_by_side.options import Options

LIMIT = FULL_LIMIT = 900


def run(options: Options) -> Section:
    section = Section("waiting for pending requests", versions("freedompay-async"))
    try:
        module: Any = importlib.import_module("polls")
    except ModuleNotFoundError as error:
        if error.name != "polls":
            raise
        section.add("This version has no `benchmarks/polls.py`.")
        return section
    if module.__doc__:
        section.add(module.__doc__.strip().splitlines()[0])
    less = (
        {"quick": True}
        if options.quick and "quick" in inspect.signature(module.rows).parameters
        else {}
    )
    rows: list[dict[str, Any]] = module.rows(**less)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    section.add(table(columns, [[_shown(row.get(name, "")) for name in columns] for row in rows]))
    return section


def _shown(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
