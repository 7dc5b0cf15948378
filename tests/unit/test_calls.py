"""What a row says of itself, and which paths it may have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freedompay_async.contract.calls import Call, IdField, Mark, Retry, check_path
from freedompay_async.contract.models import (
    Answer,
    BodyWithId,
    CardId,
    CardIssue,
    HeaderQuery,
    RequestState,
    StatusQuery,
)
from freedompay_async.contract.table import CARDS_ISSUE, TABLE
from freedompay_async.errors import ConfigurationError


@pytest.mark.parametrize(
    ("mark", "table_path", "expected"),
    [
        (Mark.INFERRED, None, True),
        (Mark.DOCUMENTED, None, False),
        (Mark.PARTIAL, None, False),
        (Mark.CUSTOM, None, False),
        (Mark.DOCUMENTED, "/a", True),
    ],
)
def test_a_path_is_unsure_where_no_page_shows_it(mark, table_path, expected):
    assert (
        Call(
            "a.b", "/b", CardIssue, Answer, mark, Retry.READ, "", table_path=table_path
        ).path_unsure
        is expected
    )


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
def test_an_id_that_the_body_does_not_carry_has_to_be_in_a_header(
    request_type, retry, leave_out, rename, body_id, needs_header_id
):
    row = Call(
        "a.b",
        "/a",
        request_type,
        Answer,
        Mark.INFERRED,
        retry,
        "",
        leave_out=frozenset(leave_out),
        rename=rename,
    )

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


@pytest.mark.parametrize(
    "names", [{"Sign": "Auth-Id"}, {"Sign": "A", "Auth-Id": "A"}, {"Auth-Id": "SIGN"}]
)
def test_two_headers_have_no_name_in_common(names):
    with pytest.raises(
        ConfigurationError, match=r"the contract gives two headers of cards\.issue the name"
    ):
        replace(CARDS_ISSUE, header_names=names).named({"Auth-Id": "1", "Sign": "s"})


@pytest.mark.parametrize(
    "path", ["/a", "/v5/card-api/card/info", "/v5.1/a_b~c/D-9", "/_a/-b/~c", "/a.", "/a..b"]
)
def test_a_path_of_plain_segments_is_one(path):
    assert check_path(path) is None


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
        *(
            "/ё",
            "/a\n",
            "/a\r\nX: 1",
            "/a\tb",
            "/a;b",
            "/a:b",
            "/a@b",
            "/a\\b",
            "/{a}",
            "https://a.example",
            "/a\x00",
        ),
    ],
)
def test_a_path_that_a_url_may_write_in_another_way_is_refused(path):
    with pytest.raises(ConfigurationError) as caught:
        check_path(path)

    assert (
        caught.value.text
        == f"the path {path!r} is not like /v5/card-api/card/info. Nothing was sent."
    )


def test_a_row_cannot_be_changed():
    with pytest.raises(AttributeError):
        TABLE[0].path = "/other"


def test_a_row_can_be_a_key():
    assert len({*TABLE, *TABLE}) == 33


@pytest.mark.parametrize(
    ("request_type", "expected"), [(BodyWithId, True), (CardIssue, True), (StatusQuery, False)]
)
def test_a_body_has_the_id_of_its_own_call_where_it_is_an_intent(request_type, expected):
    assert (
        Call("a.b", "/a", request_type, Answer, Mark.INFERRED, Retry.READ, "").body_id == expected
    )


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


def test_the_marks_are_words():
    assert [str(mark) for mark in Mark] == ["documented", "partial", "inferred", "custom"]


@pytest.mark.parametrize(
    ("retry", "expected"),
    [("read", True), ("repeatable", True), ("askable", False), ("unaskable", False)],
)
def test_harmless_is_what_may_be_sent_any_number_of_times(retry, expected):
    assert Retry(retry).harmless is expected


@pytest.mark.parametrize(
    ("request_type", "id_field", "headers_only"),
    [
        (CardIssue, IdField.OWN, False),
        (StatusQuery, IdField.ASKED_ABOUT, False),
        (CardId, IdField.NONE, False),
        (HeaderQuery, IdField.NONE, True),
    ],
)
def test_a_row_says_where_the_id_goes(request_type, id_field, headers_only):
    row = Call("a.b", "/a", request_type, Answer, Mark.INFERRED, Retry.READ, "")

    assert (row.id_field, row.headers_only) == (id_field, headers_only)


@pytest.mark.parametrize(
    ("retry", "fixed_id", "changes", "one_id"),
    [
        (Retry.READ, False, False, False),
        (Retry.READ, True, False, True),
        (Retry.REPEATABLE, False, True, False),
        (Retry.ASKABLE, False, True, True),
        (Retry.UNASKABLE, False, True, True),
    ],
)
def test_a_call_that_must_not_be_done_twice_has_one_id(retry, fixed_id, changes, one_id):
    row = Call("a.b", "/a", CardIssue, Answer, Mark.INFERRED, retry, "", fixed_id=fixed_id)

    assert (row.changes, row.one_id) == (changes, one_id)
