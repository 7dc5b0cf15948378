"""What a folder holds, to be compared before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def picture(folder: Path) -> dict[str, tuple]:
    """All that can be told of what is in a folder, but for when it was read."""
    found = {}
    for path in sorted(folder.rglob("*")):
        there = path.lstat()
        holds = (
            path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        )
        found[str(path.relative_to(folder))] = (
            there.st_mode,
            there.st_uid,
            there.st_nlink,
            there.st_ino,
            there.st_mtime_ns,
            there.st_ctime_ns,
            holds,
        )
    return found
