from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from freedompay_async.contract import table
from freedompay_async.contract.calls import Call, Mark, Retry, Section, check_path
from freedompay_async.contract.models import (
    Answer,
    CardRef,
    GiftAnswer,
    GiftCardState,
    IssuedGiftCard,
    RequestState,
)
from freedompay_async.contract.table import CARDS_ISSUE, HASHDT_TABLE, TABLE
from tests.samples import NAMESPACES, SAMPLES, UNKNOWN_GIFT_PATH, UNKNOWN_NAME, UNKNOWN_PATH

ROWS = {row.name: row for row in TABLE}
EFFECTS = [row for row in TABLE if row.retry is not Retry.READ]
SECTIONS = {"/v5/card-api": "payment_cards", "/v5/cards": "gift_cards", "/issuing/api": "hashdt"}


@pytest.mark.parametrize("row", [*TABLE, *HASHDT_TABLE], ids=lambda row: row.name)
def test_a_row_asks_for_the_envelope_of_its_section(row):
    expected = {
        Section.PAYMENT_CARDS: {"request_status", "dt", "error_code"},
        Section.GIFT_CARDS: {"datetime"},
        Section.HASHDT: {"code"},
    }

    assert row.envelope == expected[row.section]


def test_the_calls_of_the_kz_menu_only_are_marked():
    assert [row.name for row in (*TABLE, *HASHDT_TABLE) if row.kz_only] == [
        name for name, sample in SAMPLES.items() if sample.kz_only
    ]


@pytest.mark.parametrize("row", [row for row in TABLE if row.kz_only], ids=lambda row: row.name)
def test_the_method_of_a_call_of_the_kz_menu_says_so(row):
    namespace, _, method = row.name.partition(".")
    owner = NAMESPACES[namespace]

    assert "KZ menu" in " ".join(
        f"{owner.__doc__ if namespace != 'cards' else ''} {getattr(owner, method).__doc__}".split()
    )


@pytest.mark.parametrize("row", [*TABLE, *HASHDT_TABLE], ids=lambda row: row.name)
def test_a_row_is_as_the_table_has_it(row):
    assert (row.table_path, row.not_in_menu, row.leave_out, row.rename, row.needs_header_id) == (
        None,
        None,
        frozenset(),
        {},
        False,
    )


def test_only_the_issue_of_a_gift_card_pays_when_it_is_accepted():
    assert [row.name for row in (*TABLE, *HASHDT_TABLE) if row.pays] == ["gift_cards.issue"]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_table_is_the_vendors(name):
    row, sample = {row.name: row for row in (*TABLE, *HASHDT_TABLE)}[name], SAMPLES[name]
    section = SECTIONS["/".join(row.path.split("/")[:3])]

    assert (row.path, row.mark.value, row.retry.value, row.section.value) == (
        sample.path,
        sample.mark,
        sample.retry,
        section,
    )


def test_each_row_has_a_name_and_a_path_of_its_own():
    rows = [*TABLE, *HASHDT_TABLE]

    assert (
        len({row.name for row in rows})
        == len({row.path for row in rows})
        == len(rows)
        == len(SAMPLES)
    )


@pytest.mark.parametrize("path", [UNKNOWN_PATH, UNKNOWN_GIFT_PATH])
def test_the_unknown_call_of_the_tests_is_in_no_table(path):
    assert path not in {row.path for row in (*TABLE, *HASHDT_TABLE)}
    assert UNKNOWN_NAME not in {row.name for row in (*TABLE, *HASHDT_TABLE)}


def test_every_row_of_the_module_is_in_the_table():
    rows = {
        value.name
        for value in vars(table).values()
        if isinstance(value, Call) and value.section is not Section.HASHDT
    }

    assert rows == set(ROWS)


@pytest.mark.parametrize("row", [*TABLE, *table.HASHDT_TABLE], ids=lambda row: row.name)
def test_the_path_of_a_row_is_one(row):
    assert check_path(row.path) is None


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_names_its_source(row):
    assert row.source.split(" ")[0] in {
        "docs.freedompay.kz",
        "docs.freedompay.kg",
        "freedompay.money/docs-en/cards-api",
    }


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_posts_under_a_fresh_id_and_changes_nothing_by_itself(row):
    assert (row.method, row.fixed_id, row.fields, row.header_names) == ("POST", False, {}, {})


@pytest.mark.parametrize("name", [name for name in SAMPLES if name in ROWS])
def test_what_can_be_asked_about_has_the_request_id_in_its_body(name):
    assert ROWS[name].body_id == SAMPLES[name].has_own_id
    assert ROWS[name].body_id or ROWS[name].retry is not Retry.ASKABLE


@pytest.mark.parametrize(
    "row", [row for row in EFFECTS if row.retry is Retry.ASKABLE], ids=lambda row: row.name
)
def test_what_an_askable_effect_gives_is_made_of_the_state_of_its_request(row):
    state = RequestState(
        status="ok",
        request_status="success",
        client_id="77",
        cards=[CardRef(card_id="5")],
        transaction_id=9,
        request_id="r-1",
    )

    assert type(row.result.of(state)) is row.result


def test_what_cannot_be_asked_about_gives_its_answer():
    assert {row.name: row.answer for row in EFFECTS if row.retry is Retry.UNASKABLE} == {
        "cards.set_pin": Answer,
        "gift_cards.issue": IssuedGiftCard,
        "gift_cards.confirm": GiftCardState,
        "gift_cards.resend": IssuedGiftCard,
        "gift_cards.resend_code": GiftAnswer,
    }


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.name != "requests.status"], ids=lambda row: row.name
)
def test_a_row_gives_an_answer_of_its_section(row):
    assert issubclass(row.answer, GiftAnswer if row.section is Section.GIFT_CARDS else Answer)


def test_only_a_caller_gives_a_row():
    assert [row.name for row in TABLE if row.mark is Mark.CUSTOM] == []


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_is_the_method_of_its_name(row):
    namespace, _, method = row.name.partition(".")

    assert inspect.iscoroutinefunction(getattr(NAMESPACES[namespace], method))


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.mark is Mark.INFERRED], ids=lambda row: row.name
)
def test_the_method_of_an_inferred_row_says_so(row):
    namespace, _, method = row.name.partition(".")

    assert "Inferred" in getattr(NAMESPACES[namespace], method).__doc__


def test_only_the_confirmation_of_a_gift_card_is_safe_to_do_again():
    assert [row.name for row in (*TABLE, *HASHDT_TABLE) if row.safe_again] == ["gift_cards.confirm"]


def test_the_rows_that_always_order_as_many_cards_say_how_many():
    assert {row.name: row.cards for row in (*TABLE, *HASHDT_TABLE) if row.cards is not None} == {
        "cards.issue": 1,
        "cards.issue_plastic": 1,
    }


def test_the_rows_whose_results_are_secrets_say_so():
    assert {row.name for row in (*TABLE, *HASHDT_TABLE) if row.made_of_secrets} == {
        "cards.secret_data",
        "cards.secret_data_v2",
        *(row.name for row in HASHDT_TABLE),
    }


@pytest.mark.parametrize("given", [dict, dict[str, int], int | None, str])
def test_a_result_of_the_callers_own_is_not_taken_for_one_of_secrets(given):
    assert not replace(CARDS_ISSUE, result=given).made_of_secrets
