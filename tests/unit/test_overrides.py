from __future__ import annotations

import dataclasses
import pickle

import pytest

from freedompay_async.contract.calls import ENVELOPES, Call, Retry, Section
from freedompay_async.contract.overrides import Override, overridden
from freedompay_async.contract.regions import Region
from freedompay_async.contract.table import HASHDT_TABLE, TABLE
from freedompay_async.errors import ConfigurationError
from tests.samples import UNKNOWN_NAME

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


def refusal(make) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make()
    return caught.value.text


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {"call": UNKNOWN_NAME},
                f"Override(call={UNKNOWN_NAME!r}): no such call. `freedompay contract` lists all.",
            ),
            (
                {"path": "/a"},
                "Override(path=…) and Override(retry=…) are for one call: name it with call=.",
            ),
            (
                {"section": Section.GIFT_CARDS, "retry": Retry.UNASKABLE},
                "Override(path=…) and Override(retry=…) are for one call: name it with call=.",
            ),
            *(
                (
                    {"call": "cards.issue", "path": path},
                    f"the path {path!r} is not like /v5/card-api/card/info.",
                )
                for path in (
                    "v5/a",
                    "",
                    "/a?b=1",
                    "/a#b",
                    "/a b",
                    "/a\r\nX: 1",
                    "https://a.example",
                )
            ),
            (
                {"fields": {"request_id": "r"}},
                "Override(fields=…) can't hold request_id: each call has its own.",
            ),
            *(
                (
                    {"header_names": names},
                    f"Override(header_names={names}): these are no names of headers.",
                )
                for names in (
                    {"": "A"},
                    *({"A": name} for name in ("", "B C", "B\r\nC", "Ё", "B:")),
                )
            ),
            ({"envelope": "dt"}, "Override(envelope='dt'): give a list of field names."),
            *(
                (
                    {"envelope": fields},
                    "Override(envelope=…): give a list of field names beside `status`.",
                )
                for fields in (["status"], ["dt", ""], ["d t"], ["ё"])
            ),
            ({"envelope": 5}, "Override(envelope=…): give a list of field names."),
            (
                {"section": "cards"},
                "Override(section='cards'): 'cards' is not one of payment_cards, gift_cards, hashdt.",
            ),
            (
                {"call": "cards.issue", "retry": "never"},
                "Override(retry='never'): 'never' is not one of read, repeatable, askable, unaskable.",
            ),
            (
                {"header_names": {"A": 5}},
                "Override(header_names=…): give a mapping from names to names.",
            ),
            (
                {"leave_out": "client_id"},
                "Override(leave_out='client_id'): give a list of field names.",
            ),
            ({"leave_out": [5]}, "Override(leave_out=…): give a list of field names."),
            ({"rename": ["client_id"]}, "Override(rename=…): give a mapping from names to names."),
            (
                {"rename": {"client_id": None}},
                "Override(rename=…): give a mapping from names to names.",
            ),
            ({"call": 7}, "Override(call=…) is of type int: give text."),
            ({"path": b"/a"}, "Override(path=…) is of type bytes: give text."),
            ({"fields": "a=1"}, "Override(fields=…): give a mapping from names to values."),
            ({"fields": []}, "Override(fields=…): give a mapping from names to values."),
        ],
    )
    def test_of_an_override_by_itself(self, given, expected):
        assert refusal(lambda: Override(**given)) == f"{expected} Nothing was sent."

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {"leave_out": ["clientid"]},
                "leave_out=…): cards.issue has no field 'clientid' (did you mean client_id?).",
            ),
            (
                {"leave_out": ["x"]},
                (
                    "leave_out=…): cards.issue has no field 'x'; it has client_id, product_id, "
                    "request_id."
                ),
            ),
            (
                {"rename": {"clientid": "a"}},
                "rename=…): cards.issue has no field 'clientid' (did you mean client_id?).",
            ),
            (
                {"rename": {"client_id": "product_id"}},
                "rename=…): client_id can't be renamed to product_id: product_id has that name.",
            ),
            (
                {"rename": {"client_id": "a", "product_id": "a"}},
                "rename=…): product_id can't be renamed to a: client_id has that name.",
            ),
            (
                {"rename": {"client_id": "request_id"}},
                "rename=…): client_id can't be renamed to request_id: each call has its own.",
            ),
            (
                {"rename": {"client_id": "client.id"}},
                (
                    "rename=…): client_id can't be renamed to 'client.id': use letters, digits, - "
                    "and _, without a dot."
                ),
            ),
            (
                {"rename": {"client_id": ""}},
                (
                    "rename=…): client_id can't be renamed to '': use letters, digits, - and _, "
                    "without a dot."
                ),
            ),
            (
                {"leave_out": ["client_id"], "rename": {"client_id": "a"}},
                "rename=…): client_id is both left out and renamed.",
            ),
            (
                {"leave_out": ["client_id"], "fields": {"client_id": 1}},
                "fields=…): client_id is both added and left out.",
            ),
            (
                {"rename": {"client_id": "a"}, "fields": {"client_id": 1}},
                "fields=…): client_id is both added and renamed to a.",
            ),
            (
                {"rename": {"client_id": "a"}, "fields": {"a": 1}},
                "fields=…): a is added, and another field is renamed to that.",
            ),
        ],
    )
    def test_of_fields_that_contradict_each_other(self, given, expected):
        with pytest.raises(ConfigurationError) as caught:
            Override(call="cards.issue", **given)

        assert caught.value.text == f"Override(call='cards.issue', {expected} Nothing was sent."

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {
                    "call": "clients.create",
                    "leave_out": ["client"],
                    "rename": {"client.phone": "tel"},
                },
                (
                    "Override(call='clients.create', rename=…): client.phone is inside client, "
                    "which is left out."
                ),
            ),
            (
                {"call": "clients.create", "leave_out": ["client", "client.phone"]},
                (
                    "Override(call='clients.create', leave_out=…): client.phone is inside "
                    "client, which is left out."
                ),
            ),
            (
                {"call": "clients.create", "rename": {"client.first_name": "last_name"}},
                (
                    "Override(call='clients.create', rename=…): client.first_name can't be "
                    "renamed to last_name: client.last_name has that name."
                ),
            ),
            (
                {"section": Section.GIFT_CARDS, "leave_out": ["card_idd"]},
                (
                    "Override(section='gift_cards', leave_out=…): no call of gift_cards has a "
                    "field 'card_idd' (did you mean card_id?)."
                ),
            ),
            (
                {"leave_out": ["nothing_at_all"]},
                "Override(leave_out=…): no call of the table has a field 'nothing_at_all'.",
            ),
            (
                {"call": "gift_cards.products", "leave_out": ["a"]},
                (
                    "Override(call='gift_cards.products', leave_out=…): gift_cards.products has "
                    "no field 'a'; it has none."
                ),
            ),
            (
                {"call": "requests.status", "leave_out": ["request_id"]},
                (
                    "Override(call='requests.status', leave_out=…): requests.status asks about a "
                    "request_id, so it needs one."
                ),
            ),
            *(
                (
                    {"call": "pins.set_url", argument: value},
                    (
                        f"Override(call='pins.set_url', {argument}=…): the calls of HashDT have "
                        "no body, only headers."
                    ),
                )
                for argument, value in {
                    "fields": {"a": 1},
                    "leave_out": ["a"],
                    "rename": {"a": "b"},
                }.items()
            ),
            (
                {"section": Section.HASHDT, "fields": {"a": 1}},
                (
                    "Override(section='hashdt', fields=…): the calls of HashDT have no body, only "
                    "headers."
                ),
            ),
        ],
    )
    def test_of_fields_that_are_not_there(self, given, expected):
        assert refusal(lambda: Override(**given)) == f"{expected} Nothing was sent."

    @pytest.mark.parametrize(
        ("overrides", "expected"),
        [
            (
                [Override(section=Section.PAYMENT_CARDS, leave_out=["request_id"])],
                (
                    "Override(call='requests.status', leave_out=…): requests.status asks about a "
                    "request_id, so it needs one."
                ),
            ),
            (
                [
                    Override(fields={"client_id": 1}),
                    Override(call="cards.issue", leave_out=["client_id"]),
                ],
                "Override(call='cards.issue', fields=…): client_id is both added and left out.",
            ),
            (
                [
                    Override(call="cards.issue", rename={"client_id": "a"}),
                    Override(call="cards.issue", rename={"product_id": "a"}),
                ],
                (
                    "Override(call='cards.issue', rename=…): product_id can't be renamed to a: "
                    "client_id has that name."
                ),
            ),
        ],
    )
    def test_of_overrides_that_contradict_each_other(self, overrides, expected):
        with pytest.raises(ConfigurationError) as caught:
            rows(*overrides)

        assert (caught.value.text, caught.value.position) == (
            f"{expected} Nothing was sent.",
            len(overrides) - 1,
        )

    def test_travel_as_what_they_are(self):
        with pytest.raises(ConfigurationError) as caught:
            rows(Override(call="cards.issue", retry=Retry.READ, fields={"a": "hunter2"}))
        text = pickle.dumps(caught.value)

        assert pickle.loads(text).text == caught.value.text
        assert b"hunter2" not in text

    @pytest.mark.parametrize(
        ("call", "retry", "expected"),
        [
            (
                "cards.issue",
                Retry.READ,
                (
                    "Override(call='cards.issue', retry=…): the call changes something, so it is no "
                    "read."
                ),
            ),
            (
                "cards.issue",
                Retry.REPEATABLE,
                (
                    "Override(call='cards.issue', retry=…): the call changes something, so it is no "
                    "read."
                ),
            ),
            (
                "cards.set_pin",
                Retry.REPEATABLE,
                (
                    "Override(call='cards.set_pin', retry=…): the call changes something, so it is "
                    "no read."
                ),
            ),
            (
                "gift_cards.issue",
                Retry.READ,
                (
                    "Override(call='gift_cards.issue', retry=…): the call changes something, so "
                    "it is no read."
                ),
            ),
            (
                "gift_cards.issue",
                Retry.ASKABLE,
                (
                    "Override(call='gift_cards.issue', retry=ASKABLE): its body has no request id "
                    "to ask about."
                ),
            ),
            (
                "cards.set_pin",
                Retry.ASKABLE,
                (
                    "Override(call='cards.set_pin', retry=ASKABLE): its body has no request id to "
                    "ask about."
                ),
            ),
            (
                "cards.balance",
                Retry.ASKABLE,
                (
                    "Override(call='cards.balance', retry=ASKABLE): its body has no request id to "
                    "ask about."
                ),
            ),
            (
                "cards.info",
                Retry.ASKABLE,
                ("Override(call='cards.info', retry=…): the call is a read."),
            ),
            (
                "cards.balance",
                Retry.UNASKABLE,
                "Override(call='cards.balance', retry=…): the call is a read.",
            ),
        ],
    )
    def test_of_a_retry_that_does_not_fit_its_call(self, call, retry, expected):
        with pytest.raises(ConfigurationError) as caught:
            rows(Override(call=call, retry=retry))

        assert caught.value.text == f"{expected} Nothing was sent."

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
            (
                {"path": "/v5/card-api/card/activation"},
                {
                    "path": "/v5/card-api/card/activation",
                    "table_path": "/v5/card-api/card/activate",
                },
            ),
            ({"retry": Retry.UNASKABLE}, {"retry": Retry.UNASKABLE}),
            ({"retry": Retry.ASKABLE}, {}),
            ({"fields": {"branch": 7}}, {"fields": {"branch": 7}}),
            (
                {"header_names": {"X-JWS-Signature": "JWS-Signature"}},
                {"header_names": {"X-JWS-Signature": "JWS-Signature"}},
            ),
            (
                {"header_names": {"Request-Id": "request_id"}},
                {"header_names": {"Request-Id": "request_id"}},
            ),
            (
                {"envelope": ["trace", "trace"]},
                {"own_envelope": {"trace"}, "envelope": {"trace"}},
            ),
            ({"envelope": []}, {"own_envelope": frozenset(), "envelope": frozenset()}),
            (
                {"envelope": ("request_status", "dt", "error_code")},
                {"own_envelope": ENVELOPES[Section.PAYMENT_CARDS]},
            ),
            ({}, {}),
            ({"leave_out": ["card_id"]}, {"leave_out": {"card_id"}}),
            ({"leave_out": iter(["card_id", "card_id"])}, {"leave_out": {"card_id"}}),
            ({"rename": {"card_id": "cardId"}}, {"rename": {"card_id": "cardId"}}),
            ({"rename": {"card_id": "card_id"}}, {}),
            ({"leave_out": [], "rename": {}, "fields": {}}, {}),
            ({"path": "/v5/card-api/card/activate"}, {}),
            ({"retry": "unaskable"}, {"retry": Retry.UNASKABLE}),
            (
                {"retry": "unaskable", "leave_out": ["request_id"]},
                {"retry": Retry.UNASKABLE, "leave_out": {"request_id"}, "body_id": False},
            ),
            (
                {"leave_out": ["request_id"]},
                {"leave_out": {"request_id"}, "body_id": False, "needs_header_id": True},
            ),
            (
                {"rename": {"request_id": "id"}},
                {"rename": {"request_id": "id"}, "needs_header_id": True},
            ),
        ],
    )
    def test_of_one_call_are_changed_where_it_says_so(self, given, expected):
        made = rows(Override(call="cards.activate", **given))

        assert {name: changes(row) for name, row in made.items()} == {"cards.activate": expected}

    def test_leave_the_table_as_it_is(self):
        rows(Override(call="cards.activate", path="/other", fields={"a": 1}))

        assert (ROWS["cards.activate"].path, ROWS["cards.activate"].fields) == (
            "/v5/card-api/card/activate",
            {},
        )

    @pytest.mark.parametrize(
        "given", [{"leave_out": ["card_id"]}, {"rename": {"card_id": "cardId"}}]
    )
    def test_of_a_section_are_those_of_its_calls_that_have_the_field(self, given):
        made = rows(Override(section=Section.GIFT_CARDS, **given))

        assert {name for name, row in made.items() if row.leave_out or row.rename} == {
            *(
                "gift_cards.issue",
                "gift_cards.confirm",
                "gift_cards.resend",
                "gift_cards.resend_code",
                "gift_cards.status",
            )
        }

    def test_of_hashdt_have_no_fields_of_what_is_said_of_all(self):
        made = rows(Override(fields={"a": 1}, header_names={"A": "B"}))

        assert {
            name: (dict(made[name].fields), made[name].header_names)
            for name in ("pins.set_url", "cards.issue")
        } == {
            "pins.set_url": ({}, {"A": "B"}),
            "cards.issue": ({"a": 1}, {"A": "B"}),
        }

    @pytest.mark.parametrize("region", [Region.KG, Region.UZ])
    def test_that_the_menu_of_a_region_lacks_say_so(self, region):
        made = rows(Override(call="cards.link", fields={"a": 1}), region=region)

        assert {name: row.not_in_menu for name, row in made.items()} == dict.fromkeys(
            [row.name for row in TABLE if row.kz_only], region.value
        )
        assert dict(made["cards.link"].fields) == {"a": 1}

    @pytest.mark.parametrize("region", [Region.KZ, None])
    def test_that_the_menu_of_kz_has_say_nothing(self, region):
        assert rows(region=region) == {}

    @pytest.mark.parametrize("section", [Section.PAYMENT_CARDS, Section.GIFT_CARDS])
    def test_of_a_section_are_all_of_its_calls(self, section):
        made = rows(Override(section=section, fields={"a": 1}))

        assert {name: changes(row) for name, row in made.items() if name != section} == {
            row.name: {"fields": {"a": 1}} for row in TABLE if row.section is section
        }

    def test_of_a_section_are_those_of_calls_that_no_row_has_too(self):
        made = rows(
            Override(
                section=Section.GIFT_CARDS, fields={"a": 1}, header_names={"Sign": "Signature"}
            )
        )

        assert (made[Section.GIFT_CARDS].fields, made[Section.GIFT_CARDS].header_names) == (
            {"a": 1},
            {"Sign": "Signature"},
        )
        assert set(Section) & set(made) == {Section.GIFT_CARDS}

    @pytest.mark.parametrize("section", Section)
    def test_of_a_section_have_its_envelope(self, section):
        made = rows(Override(section=section, envelope=["trace"]))

        assert {
            name: (row.envelope, row.own_envelope)
            for name, row in made.items()
            if row.section is section
        } == dict.fromkeys(
            [*(row.name for row in ROWS.values() if row.section is section), section],
            (frozenset({"trace"}), frozenset({"trace"})),
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
        assert (
            "cards.issue" in rows(Override(call="cards.issue", region=of, path="/a"), region=region)
        ) == expected


class TestSeveral:
    def test_the_later_one_wins_in_what_both_speak_of(self):
        made = rows(
            Override(
                call="cards.activate",
                path="/a",
                fields={"a": 1, "b": 1},
                header_names={"A": "B", "C": "D"},
            ),
            Override(
                call="cards.activate", path="/b", fields={"b": 2, "c": 2}, header_names={"C": "E"}
            ),
        )

        assert changes(made["cards.activate"]) == {
            "path": "/b",
            "table_path": "/v5/card-api/card/activate",
            "fields": {"a": 1, "b": 2, "c": 2},
            "header_names": {"A": "B", "C": "E"},
        }

    def test_what_only_the_earlier_one_says_stays(self):
        made = rows(
            Override(call="cards.activate", path="/a", retry=Retry.UNASKABLE),
            Override(section=Section.PAYMENT_CARDS, fields={"a": 1}),
        )

        assert changes(made["cards.activate"]) == {
            "path": "/a",
            "table_path": "/v5/card-api/card/activate",
            "retry": Retry.UNASKABLE,
            "fields": {"a": 1},
        }

    def test_one_call_differs_from_its_section(self):
        made = rows(
            Override(section=Section.GIFT_CARDS, fields={"a": 1}),
            Override(call="gift_cards.status", fields={"a": 2}),
        )

        assert {name: row.fields["a"] for name, row in made.items()} == {
            **{
                row.name: 2 if row.name == "gift_cards.status" else 1
                for row in TABLE
                if row.section is Section.GIFT_CARDS
            },
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
    def test_the_later_envelope_replaces_the_earlier_one_and_an_absent_one_leaves_it(
        self, first, second, expected
    ):
        made = rows(
            Override(section=Section.PAYMENT_CARDS, envelope=first),
            Override(call="cards.issue", envelope=second, fields={"a": 1}),
        )

        assert made["cards.issue"].envelope == expected

    @pytest.mark.parametrize(
        ("first", "second", "leave_out", "rename"),
        [
            (
                {"leave_out": ["client_id"]},
                {"rename": {"client_id": "a"}},
                set(),
                {"client_id": "a"},
            ),
            ({"rename": {"client_id": "a"}}, {"leave_out": ["client_id"]}, {"client_id"}, {}),
            (
                {"rename": {"client_id": "a"}},
                {"rename": {"client_id": "b"}},
                set(),
                {"client_id": "b"},
            ),
            ({"leave_out": ["client_id"]}, {"rename": {"client_id": "client_id"}}, set(), {}),
            (
                {"leave_out": ["client_id"]},
                {"leave_out": ["product_id"]},
                {"client_id", "product_id"},
                {},
            ),
        ],
    )
    def test_the_later_one_wins_in_what_becomes_of_a_field(self, first, second, leave_out, rename):
        made = rows(Override(call="cards.issue", **first), Override(call="cards.issue", **second))[
            "cards.issue"
        ]

        assert (made.leave_out, made.rename) == (leave_out, rename)

    def test_a_path_may_be_taken_back(self):
        made = rows(
            Override(call="cards.activate", path="/a"),
            Override(call="cards.activate", path="/v5/card-api/card/activate"),
        )

        assert changes(made["cards.activate"]) == {}

    def test_a_retry_may_be_taken_back(self):
        made = rows(
            Override(call="cards.activate", retry=Retry.UNASKABLE),
            Override(call="cards.activate", retry=Retry.ASKABLE),
        )

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
