"""The issuer's books, and its clock."""

from __future__ import annotations

import pytest

from freedompay_async.sandbox import Sandbox
from freedompay_async.sandbox.issuing.issuer import Issuer
from tests.sandbox.requests import ask, bulk


@pytest.fixture
def books(tmp_path):
    """An issuer without HTTP, and a clock that a test moves."""
    now = [1_000.0]
    issuer = Issuer(database=tmp_path / "books.db", merchant="10001", clock=lambda: now[0])
    yield issuer, now
    issuer.close()


def test_time_ends_the_processing(books):
    issuer, now = books
    body = bulk()
    assert issuer.accept("card/bulk_issue", body, takes=5) is False
    now[0] += 4.9
    assert issuer.look_up(ask(body["request_id"])) == {"request_status": "process"}
    now[0] += 0.2
    assert issuer.look_up(ask(body["request_id"]))["request_status"] == "success"


def test_a_late_request_becomes_known(books):
    issuer, now = books
    body = bulk()
    assert issuer.accept("card/bulk_issue", body, late_by=5) is True
    assert issuer.look_up(ask(body["request_id"])) is None
    now[0] += 5
    assert issuer.look_up(ask(body["request_id"]))["request_status"] == "success"


def test_hold_leaves_the_finished_alone(books):
    issuer, now = books
    done, going = bulk(), bulk()
    issuer.accept("card/bulk_issue", done)
    issuer.accept("card/bulk_issue", going, takes=5)
    issuer.hold = True
    now[0] += 100
    assert issuer.hold
    assert issuer.look_up(ask(done["request_id"]))["request_status"] == "success"
    assert issuer.look_up(ask(going["request_id"])) == {"request_status": "process"}


def test_a_status_request_is_no_effect(books):
    issuer, _ = books
    with pytest.raises(TypeError):
        issuer.accept("request/status", ask("x"))


def test_counts_and_pages(books):
    issuer, _ = books
    body = bulk(count=2_500)
    issuer.accept("card/bulk_issue", body)
    assert issuer.counts() == {"cards": 2_500, "clients": 0, "requests": 1}
    assert [len(page) for page in issuer.pages()] == [1_000, 1_000, 500]
    ids = [card["card_id"] for page in issuer.pages() for card in page]
    assert ids == [card["card_id"] for card in issuer.look_up(ask(body["request_id"]))["cards"]]
    assert len(set(ids)) == 2_500


def test_merchants_of_one_file_do_not_meet(books, tmp_path):
    mine, _ = books
    body = bulk()
    assert mine.first_use({body["request_id"]})
    mine.accept("card/bulk_issue", body)
    other = Issuer(database=tmp_path / "books.db", merchant="10002")
    try:
        assert other.first_use({body["request_id"]})
        assert other.look_up(ask(body["request_id"])) is None
        assert list(other.pages()) == []
        assert other.counts() == {"cards": 0, "clients": 0, "requests": 0}
    finally:
        other.close()


async def test_a_file_is_continued(talk, tmp_path):
    database = tmp_path / "issuer.db"
    body = bulk()
    async with Sandbox(database=database) as issuer, talk(issuer) as api:
        client_id = await api.client()
        await api("card/bulk_issue", **body)
        before = issuer.ledger()
    async with Sandbox(database=str(database)) as issuer, talk(issuer) as api:
        assert issuer.ledger() == before
        assert (await api("card/bulk_issue", **body))["error_code"] == "duplicate_request"
        cards = (await api.ask(body["request_id"]))["cards"]
        assert (await api("card/link", client_id=client_id, card_id=cards[0]["card_id"]))[
            "status"
        ] == "ok"


async def test_an_id_that_was_seen_has_its_request_whenever_the_issuer_is_killed(
    tmp_path, monkeypatch
):
    """Killed between the two, it would refuse the id as used, and not know its request: nobody
    could find out what became of it.
    """
    from freedompay_async.sandbox.issuing import requests
    from freedompay_async.sandbox.issuing.issuer import Issuer

    def killed(*_, **__):
        raise KeyboardInterrupt

    path = tmp_path / "bank.db"
    issuer = Issuer(database=path, merchant="10001", clock=lambda: 0.0)
    monkeypatch.setattr(requests, "write_down", killed)
    own = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
    issuer.first_use({own}, effect=True)
    with pytest.raises(KeyboardInterrupt):
        issuer.accept("card/bulk_issue", {"request_id": own, "product_id": 2000, "count": 1})
    issuer.close()
    again = Issuer(database=path, merchant="10001", clock=lambda: 0.0)

    assert again.first_use({own})
    again.close()
