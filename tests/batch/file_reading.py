"""What `read_file` makes of a client file, as the tests look at it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from freedompay_async.batch.input.reading import read_file
from freedompay_async.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from freedompay_async.batch.input.problem import Problem
    from freedompay_async.batch.input.rows import Row

TODAY = date(2025, 6, 15)


def read(path: Path, **settings) -> list[Row | list[Problem]]:
    return list(
        read_file(path, **{"product_id": 2000, "today": TODAY, "documents": False} | settings)
    )


def problems(path: Path, **settings) -> list[str]:
    return [
        str(problem) for row in read(path, **settings) if isinstance(row, list) for problem in row
    ]


def refusal(path: Path, **settings) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read(path, **settings)
    text = str(raised.value)
    assert text.startswith(f"{path}: ")
    assert text.endswith(" Nothing was sent.")
    return text.removeprefix(f"{path}: ").removesuffix(" Nothing was sent.")
