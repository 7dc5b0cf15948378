"""Client files of fictional people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["people", "write_full", "write_short"]

_MAKER: Final = Path(__file__).parents[2] / "examples" / "make_clients.py"


def people(rows: int) -> Iterator[dict[str, str]]:
    """What product 2000 needs, and nothing else."""
    for number in range(1, rows + 1):
        yield {"key": f"app-{number:07}", "phone": f"7701{number:07}", "first_name": "AIGERIM", "last_name": "SERIKOVA"}


def write_short(path: Path, rows: int) -> None:
    """A CSV file of `people`."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("key,phone,first_name,last_name\n")
        stream.writelines(",".join(each.values()) + "\n" for each in people(rows))


def write_full(path: Path, rows: int) -> None:
    """As the example writes it: every column that product 1000 needs, two addresses and a document for each row."""
    subprocess.run([sys.executable, _MAKER, "--rows", str(rows), "--out", path], check=True, stdout=subprocess.DEVNULL)
