"""The example of docs/batches.md, on the sandbox, with a database that is one of asyncpg to it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path

from freedompay_async import FreedomPay
from freedompay_async.batch import Batch, Journal
from freedompay_async.sandbox import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "batches.md").read_text(encoding="utf-8")
(BLOCK,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
PEOPLE = [
    (41, "77017777777", "Ivan", "Ivanov", "1990-01-31", True),
    (42, "77017777778", "Dana", "Omarova", None, True),
    (43, "77017777779", "Olga", "Petrova", None, False),
]


class Connection:
    """As much of a connection as the example uses; its cursor lives in a transaction."""

    def __init__(self, people):
        self.database = sqlite3.connect(":memory:")
        self.database.row_factory = sqlite3.Row
        self.database.execute(
            "CREATE TABLE applications (id, phone, first_name, last_name, birthdate, approved)"
        )
        self.database.executemany("INSERT INTO applications VALUES (?, ?, ?, ?, ?, ?)", people)
        self.in_transaction = False

    @asynccontextmanager
    async def transaction(self):
        self.in_transaction = True
        yield
        self.in_transaction = False

    async def cursor(self, query):
        for row in self.database.execute(query):
            assert self.in_transaction
            yield row


async def run(tmp_path, people):
    names: dict = {"__name__": "docs.batches"}
    exec(compile(BLOCK, "docs/batches.md", "exec"), names)
    connection = Connection(people)
    try:
        async with Sandbox() as issuer:
            fp = FreedomPay(
                auth_id=issuer.auth_id,
                secret_key=issuer.secret_key,
                region="KZ",
                base_url=issuer.base_url,
            )
            async with fp, Journal.open(tmp_path / "run.db") as journal:
                await names["issue"](Batch(fp, journal), connection)
            return issuer.ledger()
    finally:
        connection.database.close()


async def test_the_rows_of_a_database_get_their_cards(tmp_path, capsys):
    cards = await run(tmp_path, PEOPLE)
    said = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())

    assert sorted(card["phone"] for card in cards) == [77017777777, 77017777778]
    assert {key: text.split()[0] for key, text in said.items()} == {"41": "issued", "42": "issued"}
    assert {text.split()[1] for text in said.values()} == {card["card_id"] for card in cards}


async def test_a_wrong_row_of_a_database_says_its_key_and_nothing_is_sent(tmp_path, capsys):
    cards = await run(tmp_path, [*PEOPLE, (7, "8701", "Anna", "Li", None, True)])

    assert cards == []
    assert capsys.readouterr().out.startswith('row 1, key "7", column phone: "8701"')
