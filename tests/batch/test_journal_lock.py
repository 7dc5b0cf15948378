"""A journal stays locked for other processes whatever else this process reads of its file."""

from __future__ import annotations

import asyncio
import csv
import subprocess
import sys
from contextlib import suppress

import pytest

from freedompay_async.batch import Journal, read_file
from freedompay_async.batch.input.documents import document_digest
from freedompay_async.cli.accept_found import keys_to_accept
from freedompay_async.errors import ConfigurationError
from freedompay_async.sandbox.issuing.issuer import Issuer

LOOK = (
    "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM "
    "meta').fetchall()"
)


def client_file(path):
    list(read_file(path, product_id=2000, documents=False))


def client_file_with_it_as_a_document(path):
    clients = path.with_name("clients.csv")
    with clients.open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [
                ["key", "phone", "first_name", "last_name", "document"],
                ["k1", "77017777777", "Aidar", "Omarov", path.name],
            ]
        )
    list(read_file(clients, product_id=2000))


def books_of_a_sandbox(path):
    Issuer(database=path, merchant="10001")


def keys(path):
    keys_to_accept(str(path))


@pytest.mark.skipif(sys.platform == "win32", reason="locks are a descriptor's there")
@pytest.mark.parametrize(
    "read",
    [client_file, client_file_with_it_as_a_document, document_digest, keys, books_of_a_sandbox],
)
@pytest.mark.parametrize("linked", [True, False], ids=["linked", "plain"])
async def test_a_journal_that_is_named_as_another_file_of_the_batch_stays_locked(
    tmp_path, read, linked
):
    path = tmp_path / "run.db"
    async with Journal.open(path):
        named = path
        if linked:
            named = tmp_path / "other"
            named.symlink_to(path)
        with suppress(ConfigurationError, ValueError):
            read(named)
        other = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", LOOK, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )

    assert other.stderr.splitlines()[-1:] == ["sqlite3.OperationalError: database is locked"]
