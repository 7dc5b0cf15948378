from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from freedompay_async.api import Cards, Clients, GiftCards, Limits, Requests, Transactions
from freedompay_async.contract import table
from freedompay_async.contract.models import (
    Answer,
    CardIssue,
    CardRef,
    GiftAnswer,
    GiftCardState,
    Intent,
    IssuedGiftCard,
    RequestState,
    StatusQuery,
)
from freedompay_async.contract.table import CARDS_ISSUE, HASHDT_TABLE, TABLE, Call, Mark, Retry, Section
from freedompay_async.errors import ConfigurationError

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


@pytest.mark.parametrize(
    ("mark", "table_path", "expected"),
    [
        (Mark.INFERRED, None, True),
        (Mark.DOCUMENTED, None, False),
        (Mark.PARTIAL, None, False),
        (Mark.GIVEN, None, False),
        (Mark.DOCUMENTED, "/a", True),
    ],
)
def test_a_path_is_unsure_where_no_page_shows_it(mark, table_path, expected):
    assert Call("a.b", "/b", CardIssue, Answer, mark, Retry.READ, "", table_path=table_path).path_unsure is expected


@pytest.mark.parametrize(
    ("request_type", "retry", "leave_out", "rename", "body_id", "needs_header_id"),
    [
        (CardIssue, Retry.ASKABLE, (), {}, True, False),
        (CardIssue, Retry.ASKABLE, ("client_id",), {"product_id": "a"}, True, False),
        (CardIssue, Retry.ASKABLE, ("request_id",), {}, False, True),
        (CardIssue, Retry.ASKABLE, (), {"request_id": "id"}, True, True),
        (CardIssue, Retry.UNASKABLE, ("request_id",), {}, False, False),
        (CardIssue, Retry.READ, ("request_id",), {}, False, False),
        (StatusQuery, Retry.ASKABLE, ("request_id",), {}, False, False),
    ],
)
def test_an_id_that_the_body_does_not_carry_has_to_be_in_a_header(request_type, retry, leave_out, rename, body_id, needs_header_id):
    row = Call("a.b", "/a", request_type, Answer, Mark.INFERRED, retry, "", leave_out=frozenset(leave_out), rename=rename)

    assert (row.body_id, row.needs_header_id) == (body_id, needs_header_id)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, {"Auth-Id": "1", "Sign": "s"}),
        ({"Request-Id": "Id"}, {"Auth-Id": "1", "Sign": "s"}),
        ({"sign": "Signature"}, {"Auth-Id": "1", "Signature": "s"}),
        ({"Sign": "Sign"}, {"Auth-Id": "1", "Sign": "s"}),
        ({"Sign": "Auth-Id", "Auth-Id": "Sign"}, {"Sign": "1", "Auth-Id": "s"}),
        ({"Auth-Id": "Sign", "Sign": "Signature"}, {"Sign": "1", "Signature": "s"}),
    ],
)
def test_headers_have_the_names_that_a_contract_gives_them(names, expected):
    assert replace(CARDS_ISSUE, header_names=names).named({"Auth-Id": "1", "Sign": "s"}) == expected


@pytest.mark.parametrize("names", [{"Sign": "Auth-Id"}, {"Sign": "A", "Auth-Id": "A"}, {"Auth-Id": "SIGN"}])
def test_two_headers_have_no_name_in_common(names):
    with pytest.raises(ConfigurationError, match=r"the contract gives two headers of cards\.issue the name"):
        replace(CARDS_ISSUE, header_names=names).named({"Auth-Id": "1", "Sign": "s"})


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


@pytest.mark.parametrize("path", ["/a", "/v5/card-api/card/info", "/v5.1/a_b~c/D-9", "/_a/-b/~c", "/a.", "/a..b"])
def test_a_path_of_plain_segments_is_one(path):
    assert table.check_path(path) is None


@pytest.mark.parametrize("row", [*TABLE, *table.HASHDT_TABLE], ids=lambda row: row.name)
def test_the_path_of_a_row_is_one(row):
    assert table.check_path(row.path) is None


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "a",
            "a/b",
            "//a",
            "/a//b",
            "/a/",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/.a",
            "/a?b",
            "/a#b",
            "/a b",
            "/a%20b",
            "/a%2e%2e",
        ),
        *("/ё", "/a\n", "/a\r\nX: 1", "/a\tb", "/a;b", "/a:b", "/a@b", "/a\\b", "/{a}", "https://a.example", "/a\x00"),
    ],
)
def test_a_path_that_a_url_may_write_in_another_way_is_refused(path):
    with pytest.raises(ConfigurationError) as caught:
        table.check_path(path)

    assert caught.value.message == f"the path {path!r} is not like /v5/card-api/card/info. Nothing was sent."


def test_a_row_cannot_be_changed():
    with pytest.raises(AttributeError):
        TABLE[0].path = "/other"


def test_a_row_can_be_a_key():
    assert len({*TABLE, *TABLE}) == 33


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_names_its_source(row):
    assert row.source.split(" ")[0] in {"docs.freedompay.kz", "docs.freedompay.kg", "freedompay.money/docs-en/cards-api"}


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_a_row_posts_under_a_fresh_id_and_changes_nothing_by_itself(row):
    assert (row.method, row.fixed_id, row.fields, row.header_names) == ("POST", False, {}, {})


@pytest.mark.parametrize("row", TABLE, ids=ROWS)
def test_what_can_be_asked_about_has_the_request_id_in_its_body(row):
    assert row.body_id == (row.retry is Retry.ASKABLE or row.name in READS_WITH_AN_ID)


@pytest.mark.parametrize(("request_type", "expected"), [(Intent, True), (CardIssue, True), (StatusQuery, False)])
def test_a_body_has_the_id_of_its_own_call_where_it_is_an_intent(request_type, expected):
    assert Call("a.b", "/a", request_type, Answer, Mark.INFERRED, Retry.READ, "").body_id == expected


@pytest.mark.parametrize(
    ("request_type", "retry", "expected"),
    [
        (CardIssue, Retry.ASKABLE, RequestState),
        (CardIssue, Retry.UNASKABLE, RequestState),
        (CardIssue, Retry.READ, Answer),
        (CardIssue, Retry.REPEATABLE, Answer),
        (StatusQuery, Retry.UNASKABLE, Answer),
        (StatusQuery, Retry.READ, Answer),
    ],
)
def test_an_accepted_request_is_told_of_as_its_status_is(request_type, retry, expected):
    assert Call("a.b", "/a", request_type, Answer, Mark.INFERRED, retry, "").answer is expected


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


def test_the_marks_are_words():
    assert [str(mark) for mark in Mark] == ["documented", "partial", "inferred", "given"]


def test_only_a_caller_gives_a_row():
    assert [row.name for row in TABLE if row.mark is Mark.GIVEN] == []


@pytest.mark.parametrize(("retry", "expected"), [("read", True), ("repeatable", True), ("askable", False), ("unaskable", False)])
def test_harmless_is_what_may_be_sent_any_number_of_times(retry, expected):
    assert Retry(retry).harmless is expected


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


def test_the_rows_that_always_order_as_many_cards_say_how_many():
    assert {row.name: row.cards for row in (*TABLE, *HASHDT_TABLE) if row.cards is not None} == {"cards.issue": 1, "cards.issue_plastic": 1}


def test_the_rows_whose_results_are_secrets_say_so():
    assert {row.name for row in (*TABLE, *HASHDT_TABLE) if row.made_of_secrets} == {
        "cards.secret_data",
        "cards.secret_data_v2",
        *(row.name for row in HASHDT_TABLE),
    }


@pytest.mark.parametrize("given", [dict, dict[str, int], int | None, str])
def test_a_result_of_the_callers_own_is_not_taken_for_one_of_secrets(given):
    assert not replace(CARDS_ISSUE, result=given).made_of_secrets
