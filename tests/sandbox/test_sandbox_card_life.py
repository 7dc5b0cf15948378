from __future__ import annotations

import pytest

from freedompay_async.sandbox.issuing.issuer import Issuer
from freedompay_async.sandbox.issuing.numbers import printed
from tests.sandbox.requests import DONE, own


def status(counter, card_id):
    shown = counter("card/info", **own(), card_id=card_id)["card_status"]
    assert counter.issuer.card(card_id)["status"] == shown
    assert (
        next(row for page in counter.issuer.pages() for row in page if row["card_id"] == card_id)[
            "status"
        ]
        == shown
    )
    return shown


def test_a_card_lives_from_issue_to_close(counter):
    card_id = counter.card(counter.client())
    seen = [status(counter, card_id)]
    for call in ("activate", "block", "unblock", "close"):
        reason = {} if call == "activate" else {"description": "lost"}
        assert counter.do(f"card/{call}", card_id=card_id, **reason) == DONE
        seen.append(status(counter, card_id))

    assert seen == ["issued", "active", "blocked", "active", "closed"]


def test_a_block_gives_back_what_was_under_it(counter):
    card_id = counter.card()
    counter.do("card/block", card_id=card_id, description="lost")
    assert counter.no("card/activate", card_id=card_id) == "card_blocked"
    counter.do("card/unblock", card_id=card_id, description="found")

    assert status(counter, card_id) == "issued"


def test_a_step_is_taken_once(counter):
    card_id = counter.card(active=True)
    assert counter.no("card/activate", card_id=card_id) == "card_active"
    assert counter.no("card/unblock", card_id=card_id, description="found") == "card_not_blocked"
    counter.do("card/block", card_id=card_id, description="lost")
    assert counter.no("card/block", card_id=card_id, description="lost") == "card_blocked"


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("card/activate", {}),
        ("card/block", {"description": "lost"}),
        ("card/unblock", {"description": "found"}),
        ("card/close", {"description": "again"}),
        ("card/reset_counter_pin", {}),
        ("card/set_pin", {}),
        ("card/set_pin", {"pin": "b3BhcXVl"}),
        ("transaction/create", {"order_id": "1", "amount": 1, "currency": "KZT"}),
    ],
)
def test_closed_is_final(counter, call, fields):
    card_id = counter.card(active=True)
    counter.do("card/close", card_id=card_id, description="lost")

    assert counter.no(call, card_id=card_id, **fields) == "card_closed"
    assert status(counter, card_id) == "closed"


def test_a_closed_card_is_linked_to_nobody_and_limited_no_more(counter):
    client_id, card_id = counter.client(), counter.card()
    counter.do("card/close", card_id=card_id, description="lost")
    limit = {
        "transaction_type": "pay",
        "amount": [{"type": "sum", "value": "1", "currency": "KZT"}],
    }

    assert counter.no("card/link", client_id=client_id, card_id=card_id) == "card_closed"
    assert (
        counter.no("limits/set", object={"type": "card", "value": card_id}, limits=[limit])
        == "card_closed"
    )


def test_a_closed_card_is_still_read(counter):
    card_id = counter.card(counter.client())
    counter.do("card/close", card_id=card_id, description="lost")

    assert counter("card/balance", card_id=card_id)["status"] == "ok"
    assert counter("card/statement", card_id=card_id) == DONE | {"operations": []}


def test_a_plastic_card_is_a_card(counter):
    client_id = counter.client()
    [card] = counter.do("card/issue_plastic", client_id=client_id, product_id=3000)["cards"]

    assert counter("client/cards", client_id=client_id)["cards"][0]["product_id"] == 3000
    assert status(counter, card["card_id"]) == "issued"


def test_what_the_issuer_knows_of_a_card(counter):
    client_id = counter.client()
    card_id = counter.card(client_id)
    assert counter.issuer.card("nothing") is None
    assert counter.issuer.card(card_id) == {
        "card_id": card_id,
        "status": "issued",
        "client_id": client_id,
        "product_id": 2000,
        "card_mask": printed(card_id, made_at="2026-01-15").mask,
        "blocked": False,
        "blocked_by_pin": False,
        "wrong_pins": 0,
        "pin_set": False,
    }


def test_a_file_of_another_layout_is_refused(tmp_path):
    import sqlite3
    from contextlib import closing

    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute("CREATE TABLE seen (id TEXT)")
    with pytest.raises(ValueError, match=r"old\.db is not a file of this version"):
        Issuer(database=path, merchant="10001")
    path.unlink()
    Issuer(database=path, merchant="10001").close()
    Issuer(database=path, merchant="10001").close()
