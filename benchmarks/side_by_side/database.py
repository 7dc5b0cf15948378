"""A server of PostgreSQL of a benchmark's own: that of the demos and the tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

_EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "postgres_cluster.py"


def own_cluster() -> Any:
    """The server; the examples are not an installed package."""
    spec = importlib.util.spec_from_file_location("postgres_cluster", _EXAMPLE)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{_EXAMPLE} is not there")
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Cluster()
