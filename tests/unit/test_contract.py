from __future__ import annotations

import pytest

from freedompay_async import contract
from freedompay_async.contract import TABLE, Call, Mark, Retry, Section
from freedompay_async.models import (
    Answer,
    BulkIssue,
    CardActivation,
    CardIssue,
    CardLink,
    CardRef,
    ClientCreation,
    Completed,
    CreatedClient,
    Intent,
    IssuedCards,
    RequestState,
    StatusQuery,
)

ROWS = {row.name: row for row in TABLE}


@pytest.mark.parametrize(
    ("name", "path", "request_type", "result", "mark", "retry"),
    [
        ("clients.create", "/v5/card-api/client/add", ClientCreation, CreatedClient, Mark.DOCUMENTED, Retry.ASKABLE),
        ("cards.issue", "/v5/card-api/card/issue", CardIssue, IssuedCards, Mark.PARTIAL, Retry.ASKABLE),
        ("cards.bulk_issue", "/v5/card-api/card/bulk_issue", BulkIssue, IssuedCards, Mark.INFERRED, Retry.ASKABLE),
        ("cards.link", "/v5/card-api/card/link", CardLink, Completed, Mark.DOCUMENTED, Retry.ASKABLE),
        ("cards.activate", "/v5/card-api/card/activate", CardActivation, Completed, Mark.INFERRED, Retry.ASKABLE),
        ("requests.status", "/v5/card-api/request/status", StatusQuery, RequestState, Mark.DOCUMENTED, Retry.READ),
    ],
)
def test_a_row_is_what_the_vendor_says(name, path, request_type, result, mark, retry):
    row = ROWS[name]

    assert (row.path, row.request, row.result, row.mark, row.retry) == (path, request_type, result, mark, retry)


def test_names_are_unique():
    assert len(ROWS) == len(TABLE)


def test_paths_are_unique():
    assert len({row.path for row in TABLE}) == len(TABLE)


def test_the_inferred_rows_are_known_as_such():
    assert {row.name for row in TABLE if row.mark is Mark.INFERRED} == {"cards.bulk_issue", "cards.activate"}


def test_every_row_of_the_module_is_in_the_table():
    assert {value.name for value in vars(contract).values() if isinstance(value, Call)} == set(ROWS)


def test_a_row_cannot_be_changed():
    with pytest.raises(AttributeError):
        TABLE[0].path = "/other"


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_names_its_source(row):
    assert row.source.split(" ")[0] in {"docs.freedompay.kz", "docs.freedompay.kg"}


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_what_can_be_asked_about_has_the_request_id_in_its_body(row):
    assert row.body_id == (row.retry is Retry.ASKABLE)


@pytest.mark.parametrize(("request_type", "expected"), [(Intent, True), (CardIssue, True), (StatusQuery, False)])
def test_a_body_has_the_id_of_its_own_call_where_it_is_an_intent(request_type, expected):
    assert Call("a.b", "/a", request_type, Answer, Mark.INFERRED, Retry.READ, "").body_id == expected


@pytest.mark.parametrize("row", [row for row in TABLE if row.retry is not Retry.READ], ids=lambda row: row.name)
def test_what_an_effect_gives_is_made_of_the_state_of_its_request(row):
    state = RequestState(status="ok", request_status="success", client_id="77", cards=[CardRef(card_id="5")], request_id="r-1")

    assert type(row.result.of(state)) is row.result


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_belongs_to_the_payment_cards(row):
    assert row.section is Section.PAYMENT_CARDS


def test_the_marks_are_words():
    assert [str(mark) for mark in Mark] == ["documented", "partial", "inferred"]


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_is_the_method_of_its_name(row):
    from freedompay_async.resources import Cards, Clients, Requests

    namespace, _, method = row.name.partition(".")

    assert callable(getattr({"cards": Cards, "clients": Clients, "requests": Requests}[namespace], method))
