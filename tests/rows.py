"""Rows of client files, and outcomes of rows."""

from typing import Any

from freedompay_async.batch import Outcome, Row, State
from tests.person_examples import new_client


def outcome(state: State = State.ISSUED, **changes) -> Outcome:
    fields = {
        "number": 1,
        "line": 2,
        "key": "k1",
        "client_id": None,
        "card_id": None,
        "client_request_id": "a",
        "card_request_id": "b",
    }
    return Outcome(state=state, **fields | changes)


def row_of_file(number: int, **changes: object) -> dict[str, Any]:
    """A row of a client file."""
    return {
        "key": f"k{number}",
        "phone": 77010000000 + number,
        "first_name": "Ivan",
        "last_name": "Ivanov",
    } | changes


def row_of_code(number: int) -> Row:
    """A row that was made in code, without a line."""
    return Row(key=f"k{number}", product_id=2000, client=new_client(phone=77010000000 + number))
