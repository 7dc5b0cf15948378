"""Files of `--out` that tests write and read."""

from __future__ import annotations

import csv
import io

COLUMNS = [
    "line",
    "key",
    "state",
    "client_id",
    "card_id",
    "client_request_id",
    "card_request_id",
    "found",
    "proved",
    "reason",
    "next",
]


def read(shell, name="issued.csv"):
    return list(csv.DictReader(io.StringIO(shell.text(name))))


MARK = b"\xef\xbb\xbf"
HEAD = ("key", "phone", "first_name", "last_name")


def file_of(shell, *, delimiter=";", mark=b"", key="Ж-1", name="clients.csv"):
    rows = (HEAD, (key, "77010000001", "Ivan", "Ivanov"))
    (shell.folder / name).write_bytes(
        mark + "".join(delimiter.join(row) + "\n" for row in rows).encode()
    )


def issued(shell, *args, out="issued.csv", name="clients.csv"):
    result = shell(
        "batch", "issue", name, "--journal", "run.db", "--product", 2000, "--out", out, *args
    )
    assert result.exit_code == 0, result.stderr
    return (shell.folder / out).read_bytes()
