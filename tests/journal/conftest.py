"""The journals that the tests of this folder run on, and a plan for them."""

from __future__ import annotations

import pytest

from freedompay_async.batch import Row
from freedompay_async.batch.plan import make_plan
from freedompay_async.contract.models import NewClient
from tests.journal.kinds import journals_at

SETTINGS = {
    "merchant": "10001",
    "base_url": "http://127.0.0.1:9",
    "batch": "default",
    "activate": "no",
}


# Another implementation is one more entry.
KINDS = ("sqlite", "postgres")


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


@pytest.fixture(params=KINDS)
def address(request, tmp_path):
    """Where a journal may be: a file, or a database with the schema."""
    if request.param == "sqlite":
        return str(tmp_path / "run.db")
    return request.getfixturevalue("postgres_database")


@pytest.fixture
async def journals(address):
    async with journals_at(address) as journals:
        yield journals


@pytest.fixture
def only(request):
    """Skips a test that is of one kind alone."""

    def only(kind, reason):
        if request.getfixturevalue("journals").shared is not (kind == "postgres"):
            pytest.skip(reason)

    return only


@pytest.fixture
def planned():
    """Plans so many rows in an open journal."""

    async def plan(journal, rows=5, **settings):
        people = [person(number) for number in range(1, rows + 1)]
        return await make_plan(journal, people, settings=SETTINGS | settings)

    return plan
