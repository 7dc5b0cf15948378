from __future__ import annotations

import inspect

import pytest

from freedompay_async.api import Cards, Clients, GiftCards, Limits, Requests, Transactions
from freedompay_async.contract import table
from freedompay_async.contract.calls import Call, Mark, Retry, Section, check_path
from freedompay_async.contract.models import Answer, CardRef, GiftAnswer, GiftCardState, IssuedGiftCard, RequestState
from freedompay_async.contract.table import HASHDT_TABLE, TABLE

ROWS = {row.name: row for row in TABLE}
EFFECTS = [row for row in TABLE if row.retry is not Retry.READ]
NAMESPACES = {
    "cards": Cards,
    "clients": Clients,
    "gift_cards": GiftCards,
    "limits": Limits,
    "requests": Requests,
    "transactions": Transactions,
}

# As the vendor's pages have it: the method, its path, how sure the row is, and what may follow a lost answer.
PAYMENT_CARDS = [
    ("cards.bulk_issue", "/v5/card-api/card/bulk_issue", "inferred", "askable"),
    ("cards.issue", "/v5/card-api/card/issue", "partial", "askable"),
    ("cards.issue_plastic", "/v5/card-api/card/issue_plastic", "inferred", "askable"),
    ("cards.link", "/v5/card-api/card/link", "documented", "askable"),
    ("cards.activate", "/v5/card-api/card/activate", "inferred", "askable"),
    ("cards.block", "/v5/card-api/card/block", "inferred", "askable"),
    ("cards.unblock", "/v5/card-api/card/unblock", "documented", "askable"),
    ("cards.set_pin", "/v5/card-api/card/set_pin", "documented", "unaskable"),
    ("cards.reset_pin_counter", "/v5/card-api/card/reset_counter_pin", "documented", "askable"),
    ("cards.close", "/v5/card-api/card/close", "documented", "askable"),
    ("cards.info", "/v5/card-api/card/info", "partial", "read"),
    ("cards.balance", "/v5/card-api/card/balance", "inferred", "read"),
    ("cards.secret_data", "/v5/card-api/card/secret_data", "inferred", "read"),
    ("cards.secret_data_v2", "/v5/card-api/card/secret_data_v2", "inferred", "read"),
    ("cards.statement", "/v5/card-api/card/statement", "documented", "read"),
    ("cards.statement_extended", "/v5/card-api/card/statement_extended", "partial", "read"),
    ("cards.validate_cardholder", "/v5/card-api/external/cardholder_validate", "documented", "read"),
    ("clients.create", "/v5/card-api/client/add", "documented", "askable"),
    ("clients.update", "/v5/card-api/client/update", "documented", "askable"),
    ("clients.cards", "/v5/card-api/client/cards", "inferred", "read"),
    ("requests.status", "/v5/card-api/request/status", "documented", "read"),
    ("transactions.create", "/v5/card-api/transaction/create", "inferred", "askable"),
    ("transactions.clear", "/v5/card-api/transaction/clearing", "partial", "askable"),
    ("transactions.refund", "/v5/card-api/transaction/refund", "documented", "askable"),
    ("transactions.info", "/v5/card-api/transaction/info", "inferred", "read"),
    ("limits.set", "/v5/card-api/limits/set", "partial", "askable"),
    ("limits.list", "/v5/card-api/limits/list", "partial", "read"),
]
GIFT_CARDS = [
    ("gift_cards.products", "/v5/cards/product_list", "partial", "read"),
    ("gift_cards.issue", "/v5/cards/issue_card", "partial", "unaskable"),
    ("gift_cards.confirm", "/v5/cards/activate_card", "documented", "unaskable"),
    ("gift_cards.resend", "/v5/cards/resend", "inferred", "unaskable"),
    ("gift_cards.resend_code", "/v5/cards/resend_code", "inferred", "unaskable"),
    ("gift_cards.status", "/v5/cards/card_status", "inferred", "read"),
]
# The calls whose body names its own request, besides those that can be asked about.
READS_WITH_AN_ID = {"cards.info", "cards.validate_cardholder", "limits.list"}


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
        "cards.link",
        "cards.secret_data_v2",
        "cards.statement_extended",
        "cards.validate_cardholder",
        "transactions.create",
        "transactions.clear",
        "transactions.refund",
        "transactions.info",
        "limits.set",
        "limits.list",
    ]


@pytest.mark.parametrize("row", [row for row in TABLE if row.kz_only], ids=lambda row: row.name)
def test_the_method_of_a_call_of_the_kz_menu_says_so(row):
    namespace, _, method = row.name.partition(".")
    owner = NAMESPACES[namespace]

    assert "KZ menu" in " ".join(f"{owner.__doc__ if namespace != 'cards' else ''} {getattr(owner, method).__doc__}".split())


@pytest.mark.parametrize("row", [*TABLE, *HASHDT_TABLE], ids=lambda row: row.name)
def test_a_row_is_as_the_table_has_it(row):
    assert (row.table_path, row.not_in_menu, row.leave_out, row.rename, row.needs_header_id) == (None, None, frozenset(), {}, False)


def test_only_the_issue_of_a_gift_card_pays_when_it_is_accepted():
    assert [row.name for row in (*TABLE, *HASHDT_TABLE) if row.pays] == ["gift_cards.issue"]


def test_the_table_is_the_vendors():
    expected = [(*row, "payment_cards") for row in PAYMENT_CARDS] + [(*row, "gift_cards") for row in GIFT_CARDS]

    assert [(row.name, row.path, row.mark.value, row.retry.value, row.section.value) for row in TABLE] == expected


def test_the_table_has_33_rows_each_with_a_name_and_a_path_of_its_own():
    assert (len(TABLE), len(ROWS), len({row.path for row in TABLE})) == (33, 33, 33)


def test_every_row_of_the_module_is_in_the_table():
    rows = {value.name for value in vars(table).values() if isinstance(value, Call) and value.section is not Section.HASHDT}

    assert rows == set(ROWS)


@pytest.mark.parametrize("row", [*TABLE, *table.HASHDT_TABLE], ids=lambda row: row.name)
def test_the_path_of_a_row_is_one(row):
    assert check_path(row.path) is None


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_names_its_source(row):
    assert row.source.split(" ")[0] in {"docs.freedompay.kz", "docs.freedompay.kg", "freedompay.money/docs-en/cards-api"}


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_posts_under_a_fresh_id_and_changes_nothing_by_itself(row):
    assert (row.method, row.fixed_id, row.fields, row.header_names) == ("POST", False, {}, {})


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_what_can_be_asked_about_has_the_request_id_in_its_body(row):
    assert row.body_id == (row.retry is Retry.ASKABLE or row.name in READS_WITH_AN_ID)


@pytest.mark.parametrize("row", [row for row in EFFECTS if row.retry is Retry.ASKABLE], ids=lambda row: row.name)
def test_what_an_askable_effect_gives_is_made_of_the_state_of_its_request(row):
    state = RequestState(
        status="ok", request_status="success", client_id="77", cards=[CardRef(card_id="5")], transaction_id=9, request_id="r-1"
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


@pytest.mark.parametrize("row", [row for row in TABLE if row.name != "requests.status"], ids=lambda row: row.name)
def test_a_row_gives_an_answer_of_its_section(row):
    assert issubclass(row.answer, GiftAnswer if row.section is Section.GIFT_CARDS else Answer)


def test_only_a_caller_gives_a_row():
    assert [row.name for row in TABLE if row.mark is Mark.GIVEN] == []


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_is_the_method_of_its_name(row):
    namespace, _, method = row.name.partition(".")

    assert inspect.iscoroutinefunction(getattr(NAMESPACES[namespace], method))


@pytest.mark.parametrize("row", [row for row in TABLE if row.mark is Mark.INFERRED], ids=lambda row: row.name)
def test_the_method_of_an_inferred_row_says_so(row):
    namespace, _, method = row.name.partition(".")

    assert "Inferred" in getattr(NAMESPACES[namespace], method).__doc__


def test_only_the_confirmation_of_a_gift_card_is_safe_to_do_again():
    assert [row.name for row in (*TABLE, *HASHDT_TABLE) if row.safe_again] == ["gift_cards.confirm"]
