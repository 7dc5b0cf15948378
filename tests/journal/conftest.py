"""The journals that the tests of this folder run on, each with what only it knows of itself."""

from __future__ import annotations

import pytest

from freedompay_async.batch import Journal, Row
from freedompay_async.batch.plan import make_plan
from freedompay_async.contract.models import NewClient

SETTINGS = {
    "merchant": "10001",
    "base_url": "http://127.0.0.1:9",
    "batch": "default",
    "activate": "no",
}


class SQLiteJournals:
    """Journals of one batch, in one file."""

    # How another process opens the journal of its first argument.
    OPEN = "Journal.open(sys.argv[1])"

    def __init__(self, folder):
        self.address = str(folder / "run.db")

    def open(self):
        return Journal.open(self.address)


# Another implementation is one more entry.
KINDS = {"sqlite": SQLiteJournals}


def person(number, **changes):
    client = NewClient(
        phone=77010000000 + number, type=1, resident=1, first_name="Ivan", last_name="Ivanov"
    )
    values = {
        "line": number + 1,
        "key": f"k{number}",
        "product_id": 2000,
        "client": client,
        "document": None,
        "branch_id": None,
        "identification_info": None,
    }
    return Row(**values | changes)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def journals(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture
def planned():
    """Plans so many rows in an open journal."""

    async def plan(journal, rows=5, **settings):
        people = [person(number) for number in range(1, rows + 1)]
        return await make_plan(journal, people, settings=SETTINGS | settings)

    return plan
