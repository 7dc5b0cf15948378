from __future__ import annotations

import dataclasses

import pytest

from freedompay_async.contract import ENVELOPES, HASHDT_TABLE, TABLE, Call, Retry, Section
from freedompay_async.errors import ConfigurationError
from freedompay_async.overrides import Override, overridden
from freedompay_async.settings import Region

ROWS: dict[str, Call] = {row.name: row for row in (*TABLE, *HASHDT_TABLE)}


def rows(*overrides: Override, region: Region | None = Region.KZ) -> dict[str, Call]:
    return overridden(overrides, region)


def changes(row: Call) -> dict:
    """What is different in a row."""
    return {
        field.name: getattr(row, field.name)
        for field in dataclasses.fields(row)
        if getattr(row, field.name) != getattr(ROWS[row.name], field.name)
    }


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"call": "cards.rename"}, "Override(call='cards.rename'): no such call; `freedompay contract` lists them."),
            ({"path": "/a"}, "Override(path=…) and Override(retry=…) are for one call: name it with call=."),
            (
                {"section": Section.GIFT_CARDS, "retry": Retry.UNASKABLE},
                "Override(path=…) and Override(retry=…) are for one call: name it with call=.",
            ),
            ({"call": "cards.issue", "path": "v5/a"}, "the path 'v5/a' is not like /v5/card-api/card/info."),
            ({"call": "cards.issue", "path": ""}, "the path '' is not like /v5/card-api/card/info."),
            ({"call": "cards.issue", "path": "/a?b=1"}, "the path '/a?b=1' is not like /v5/card-api/card/info."),
            ({"call": "cards.issue", "path": "/a#b"}, "the path '/a#b' is not like /v5/card-api/card/info."),
            ({"call": "cards.issue", "path": "/a b"}, "the path '/a b' is not like /v5/card-api/card/info."),
            ({"call": "cards.issue", "path": "/a\r\nX: 1"}, "the path '/a\\r\\nX: 1' is not like /v5/card-api/card/info."),
            (
                {"call": "cards.issue", "path": "https://a.example"},
                "the path 'https://a.example' is not like /v5/card-api/card/info.",
            ),
            ({"fields": {"request_id": "r"}}, "Override(fields=…) can't hold request_id: each call has its own."),
            ({"header_names": {"": "A"}}, "Override(header_names={'': 'A'}): not names of headers."),
            ({"header_names": {"A": ""}}, "Override(header_names={'A': ''}): not names of headers."),
            ({"header_names": {"A": "B C"}}, "Override(header_names={'A': 'B C'}): not names of headers."),
            ({"header_names": {"A": "B\r\nC"}}, "Override(header_names={'A': 'B\\r\\nC'}): not names of headers."),
            ({"header_names": {"A": "Ё"}}, "Override(header_names={'A': 'Ё'}): not names of headers."),
            ({"header_names": {"A": "B:"}}, "Override(header_names={'A': 'B:'}): not names of headers."),
            ({"envelope": "dt"}, "Override(envelope='dt'): give a list of field names."),
            ({"envelope": ["status"]}, "Override(envelope=…): give a list of field names beside `status`."),
            ({"envelope": ["dt", ""]}, "Override(envelope=…): give a list of field names beside `status`."),
            ({"envelope": ["d t"]}, "Override(envelope=…): give a list of field names beside `status`."),
            ({"envelope": ["ё"]}, "Override(envelope=…): give a list of field names beside `status`."),
        ],
    )
    def test_of_an_override_by_itself(self, given, expected):
        with pytest.raises(ConfigurationError) as caught:
            Override(**given)

        assert caught.value.message == f"{expected} Nothing was sent."

    @pytest.mark.parametrize(
        ("call", "retry", "expected"),
        [
            ("cards.issue", Retry.READ, "Override(call='cards.issue', retry=…): it changes something, so it is no read."),
            ("cards.issue", Retry.REPEATABLE, "Override(call='cards.issue', retry=…): it changes something, so it is no read."),
            ("cards.set_pin", Retry.REPEATABLE, "Override(call='cards.set_pin', retry=…): it changes something, so it is no read."),
            ("gift_cards.issue", Retry.READ, "Override(call='gift_cards.issue', retry=…): it changes something, so it is no read."),
            (
                "gift_cards.issue",
                Retry.ASKABLE,
                "Override(call='gift_cards.issue', retry=ASKABLE): its body has no request id to ask about.",
            ),
            ("cards.set_pin", Retry.ASKABLE, "Override(call='cards.set_pin', retry=ASKABLE): its body has no request id to ask about."),
            ("cards.balance", Retry.ASKABLE, "Override(call='cards.balance', retry=ASKABLE): its body has no request id to ask about."),
            ("cards.info", Retry.ASKABLE, "Override(call='cards.info', retry=…): it is a read."),
            ("cards.balance", Retry.UNASKABLE, "Override(call='cards.balance', retry=…): it is a read."),
        ],
    )
    def test_of_a_retry_that_does_not_fit_its_call(self, call, retry, expected):
        with pytest.raises(ConfigurationError) as caught:
            rows(Override(call=call, retry=retry))

        assert caught.value.message == f"{expected} Nothing was sent."

    @pytest.mark.parametrize("region", ["XX", "", "KZT", 5])
    def test_of_a_region_that_there_is_not(self, region):
        with pytest.raises(ConfigurationError):
            Override(call="cards.issue", region=region, path="/a")

    def test_speak_of_no_value(self):
        with pytest.raises(ConfigurationError) as caught:
            Override(fields={"request_id": "hunter2"})

        assert "hunter2" not in str(caught.value)


class TestRows:
    def test_of_nothing_are_those_of_the_table(self):
        assert rows() == {}

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"path": "/v5/card-api/card/activation"}, {"path": "/v5/card-api/card/activation"}),
            ({"retry": Retry.UNASKABLE}, {"retry": Retry.UNASKABLE}),
            ({"retry": Retry.ASKABLE}, {}),
            ({"fields": {"branch": 7}}, {"fields": {"branch": 7}}),
            ({"header_names": {"X-JWS-Signature": "JWS-Signature"}}, {"header_names": {"X-JWS-Signature": "JWS-Signature"}}),
            ({"header_names": {"Request-Id": "request_id"}}, {"header_names": {"Request-Id": "request_id"}}),
            ({"envelope": ["trace", "trace"]}, {"given_envelope": {"trace"}, "envelope": {"trace"}}),
            ({"envelope": []}, {"given_envelope": frozenset(), "envelope": frozenset()}),
            ({"envelope": ("request_status", "dt", "error_code")}, {"given_envelope": ENVELOPES[Section.PAYMENT_CARDS]}),
            ({}, {}),
        ],
    )
    def test_of_one_call_are_changed_where_it_says_so(self, given, expected):
        made = rows(Override(call="cards.activate", **given))

        assert {name: changes(row) for name, row in made.items()} == {"cards.activate": expected}

    def test_leave_the_table_as_it_is(self):
        rows(Override(call="cards.activate", path="/other", fields={"a": 1}))

        assert (ROWS["cards.activate"].path, ROWS["cards.activate"].fields) == ("/v5/card-api/card/activate", {})

    @pytest.mark.parametrize("section", [Section.PAYMENT_CARDS, Section.GIFT_CARDS])
    def test_of_a_section_are_all_of_its_calls(self, section):
        made = rows(Override(section=section, fields={"a": 1}))

        assert {name: changes(row) for name, row in made.items() if name != section} == {
            row.name: {"fields": {"a": 1}} for row in TABLE if row.section is section
        }

    def test_of_a_section_are_those_of_calls_that_no_row_has_too(self):
        made = rows(Override(section=Section.GIFT_CARDS, fields={"a": 1}, header_names={"Sign": "Signature"}))

        assert (made[Section.GIFT_CARDS].fields, made[Section.GIFT_CARDS].header_names) == ({"a": 1}, {"Sign": "Signature"})
        assert set(Section) & set(made) == {Section.GIFT_CARDS}

    @pytest.mark.parametrize("section", Section)
    def test_of_a_section_have_its_envelope(self, section):
        made = rows(Override(section=section, envelope=["trace"]))

        assert {name: (row.envelope, row.given_envelope) for name, row in made.items() if row.section is section} == dict.fromkeys(
            [*(row.name for row in ROWS.values() if row.section is section), section], (frozenset({"trace"}), frozenset({"trace"}))
        )

    def test_of_no_section_are_all(self):
        made = rows(Override(header_names={"A": "B"}))

        assert set(made) == {*ROWS, *Section}

    @pytest.mark.parametrize(
        ("of", "region", "expected"),
        [
            (Region.KZ, Region.KZ, True),
            ("KZ", Region.KZ, True),
            ("kz", Region.KZ, True),
            ("kz", Region.KG, False),
            (Region.KG, Region.KZ, False),
            (Region.KZ, None, False),
            (None, None, True),
            (None, Region.UZ, True),
        ],
    )
    def test_of_a_region_are_for_its_clients_only(self, of, region, expected):
        assert ("cards.issue" in rows(Override(call="cards.issue", region=of, path="/a"), region=region)) == expected


class TestSeveral:
    def test_the_later_one_wins_in_what_both_speak_of(self):
        made = rows(
            Override(call="cards.activate", path="/a", fields={"a": 1, "b": 1}, header_names={"A": "B", "C": "D"}),
            Override(call="cards.activate", path="/b", fields={"b": 2, "c": 2}, header_names={"C": "E"}),
        )

        assert changes(made["cards.activate"]) == {
            "path": "/b",
            "fields": {"a": 1, "b": 2, "c": 2},
            "header_names": {"A": "B", "C": "E"},
        }

    def test_what_only_the_earlier_one_says_stays(self):
        made = rows(
            Override(call="cards.activate", path="/a", retry=Retry.UNASKABLE), Override(section=Section.PAYMENT_CARDS, fields={"a": 1})
        )

        assert changes(made["cards.activate"]) == {"path": "/a", "retry": Retry.UNASKABLE, "fields": {"a": 1}}

    def test_one_call_differs_from_its_section(self):
        made = rows(Override(section=Section.GIFT_CARDS, fields={"a": 1}), Override(call="gift_cards.status", fields={"a": 2}))

        assert {name: row.fields["a"] for name, row in made.items()} == {
            **{row.name: 2 if row.name == "gift_cards.status" else 1 for row in TABLE if row.section is Section.GIFT_CARDS},
            Section.GIFT_CARDS: 1,
        }

    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [
            (["a"], ["b"], {"b"}),
            (["a"], [], set()),
            ([], ["b"], {"b"}),
            (["a"], None, {"a"}),
            ([], None, set()),
        ],
    )
    def test_the_later_envelope_replaces_the_earlier_one_and_an_absent_one_leaves_it(self, first, second, expected):
        made = rows(Override(section=Section.PAYMENT_CARDS, envelope=first), Override(call="cards.issue", envelope=second, fields={"a": 1}))

        assert made["cards.issue"].envelope == expected

    def test_a_retry_may_be_taken_back(self):
        made = rows(Override(call="cards.activate", retry=Retry.UNASKABLE), Override(call="cards.activate", retry=Retry.ASKABLE))

        assert changes(made["cards.activate"]) == {}


def test_repr_shows_the_names_of_fields_only():
    assert "hunter2" not in repr(Override(call="cards.issue", fields={"agent": "hunter2"}))
    assert "Fields(agent)" in repr(Override(call="cards.issue", fields={"agent": "hunter2"}))


def test_fields_are_a_copy():
    given = {"a": 1}
    override = Override(call="cards.issue", fields=given)
    given["request_id"] = "r"

    assert dict(override.fields) == {"a": 1}


def test_names_of_headers_are_merged_without_regard_to_case():
    made = rows(
        Override(section=Section.PAYMENT_CARDS, header_names={"Request-Id": "A", "Sign": "S"}),
        Override(call="cards.activate", header_names={"request-ID": "B"}),
    )

    assert dict(made["cards.activate"].header_names) == {"Sign": "S", "request-ID": "B"}
