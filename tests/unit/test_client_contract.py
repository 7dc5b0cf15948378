from __future__ import annotations

from decimal import Decimal

import pytest

from freedompay_async.contract.calls import Retry, Section
from freedompay_async.contract.client_contract import Contract, as_text, differences
from freedompay_async.contract.models import Fields
from freedompay_async.contract.overrides import Override
from freedompay_async.contract.regions import Region
from freedompay_async.crypto.signing import JwsSigner, Sha256Signer
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

JWS, SIGN = (kind(auth_id="1", secret_key="k") for kind in (JwsSigner, Sha256Signer))


def of(**given) -> Contract:
    return Contract([Override(call="cards.issue", **given)], Region.KZ)


class TestSays:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"path": "/a"}, {"path": "/a"}),
            ({"retry": Retry.UNASKABLE}, {"retry": "unaskable"}),
            ({"envelope": ["trace", "dt"]}, {"envelope": "dt, trace"}),
            ({"envelope": []}, {"envelope": "nothing"}),
            ({"leave_out": ["product_id", "client_id"]}, {"leave_out": "client_id, product_id"}),
            ({"rename": {"client_id": "clientId"}}, {"rename.client_id": "clientId"}),
            ({"header_names": {"Sign": "Signature", "A": "A"}}, {"headers.Sign": "Signature"}),
            (
                {
                    "fields": {
                        "a": 1,
                        "fee": Decimal("0.50"),
                        "on": True,
                        "who": "Иван",
                        "o": {"b": [None]},
                    }
                },
                {
                    "fields.a": "1",
                    "fields.fee": "0.50",
                    "fields.on": "true",
                    "fields.who": '"Иван"',
                    "fields.o": '{"b":[null]}',
                },
            ),
        ],
    )
    def test_what_is_different_in_words(self, given, expected):
        assert of(**given).says == {"cards.issue": expected}

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"path": "/v5/card-api/card/issue"},
            {"retry": Retry.ASKABLE},
            {"envelope": ["request_status", "dt", "error_code"]},
            {"rename": {"client_id": "client_id"}},
            {"header_names": {"Sign": "Sign"}},
        ],
    )
    def test_nothing_of_what_is_as_in_the_table(self, given):
        assert (of(**given).says, of(**given).digest) == ({}, Contract().digest)

    @pytest.mark.parametrize(
        "fields",
        [
            {"agent": Secret("hunter2")},
            {"partner_secret": "hunter2"},
            {"pin": {"of": "hunter2"}},
            {"note": "4111111111111111"},
            {"o": [Fields({"k": Secret("hunter2")})]},
        ],
    )
    def test_no_secret(self, fields):
        said = str(of(fields=fields).says)

        assert "***" in said
        assert [text for text in ("hunter2", "4111111111111111") if text in said] == []

    def test_what_is_said_of_a_section_for_each_of_its_calls_and_for_others(self):
        says = Contract([Override(section=Section.GIFT_CARDS, fields={"a": 1})], Region.KZ).says

        assert {call: said for call, said in says.items() if said != {"fields.a": "1"}} == {}
        assert {"gift_cards.issue", "gift_cards"} <= set(says)

    @pytest.mark.parametrize(
        ("region", "expected"),
        [(Region.KZ, {"cards.issue": {"path": "/a"}}), (Region.KG, {}), (None, {})],
    )
    def test_what_is_for_its_region(self, region, expected):
        assert (
            Contract([Override(call="cards.issue", region="KZ", path="/a")], region).says
            == expected
        )


class TestDigest:
    def test_is_the_same_for_what_means_the_same(self):
        one = [
            Override(call="cards.issue", path="/a", leave_out=["client_id"]),
            Override(call="cards.link", fields={"a": 1, "b": 2}),
        ]
        other = [
            Override(call="cards.link", fields={"b": 2}),
            Override(call="cards.link", fields={"a": 1}, region="KZ"),
            Override(call="cards.issue", path="/b"),
            Override(call="cards.issue", leave_out=["client_id"], path="/a"),
        ]

        assert Contract(one, Region.KZ).digest == Contract(other, Region.KZ).digest

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"a": 1}, {"a": "1"}),
            ({"a": 1}, {"a": True, "b": 1}),
            ({"a": Decimal(1)}, {"a": "1"}),
            ({"a": Decimal("1.0")}, {"a": Decimal("1.00")}),
            ({"a": Secret("x")}, {"a": Secret("y")}),
            ({"a": [1, 2]}, {"a": [2, 1]}),
            ({"a": {"b": Fields({"c": 1})}}, {"a": {"b": Fields({"c": 2})}}),
            ({"a": None}, {"a": "None"}),
            ({"a": 0.5}, {"a": Decimal("0.5")}),
        ],
    )
    def test_is_another_one_for_another_value(self, one, other):
        assert of(fields=one).digest != of(fields=other).digest

    @pytest.mark.parametrize(
        "given",
        [
            {"path": "/a"},
            {"leave_out": ["client_id"]},
            {"rename": {"client_id": "a"}},
            {"header_names": {"A": "B"}},
        ],
    )
    def test_is_another_one_for_what_is_different(self, given):
        assert of(**given).digest != Contract(region=Region.KZ).digest

    @pytest.mark.parametrize("region", [None, *Region])
    def test_is_always_the_same_where_nothing_is_different(self, region):
        assert Contract((), region).digest == Contract().digest

    def test_is_refused_for_what_has_no_form_in_json(self):
        endless: list = []
        endless.append(endless)
        with pytest.raises(ConfigurationError, match="JSON can't hold a value of"):
            _ = of(fields={"a": endless}).digest


class TestDifferences:
    @pytest.mark.parametrize(
        ("was", "now", "expected"),
        [
            ({}, {}, []),
            ({"a.b": {"path": "/a"}}, {"a.b": {"path": "/a"}}, []),
            (
                {},
                {
                    "cards.issue": {
                        "path": "/a",
                        "retry": "unaskable",
                        "envelope": "trace",
                        "leave_out": "client_id",
                    }
                },
                [
                    "cards.issue: envelope: was dt, error_code, request_status, is trace",
                    "cards.issue: leave_out: was nothing, is client_id",
                    "cards.issue: path: was /v5/card-api/card/issue, is /a",
                    "cards.issue: retry: was askable, is unaskable",
                ],
            ),
            (
                {"cards.issue": {"path": "/a"}, "cards.link": {"fields.a": "1"}},
                {"cards.issue": {"path": "/b"}},
                ["cards.issue: path: was /a, is /b", "cards.link: fields.a: was 1, is nothing"],
            ),
            ({}, {"gift_cards": {"headers.A": "B"}}, ["gift_cards: headers.A: was nothing, is B"]),
            (
                {},
                {"gone.call": {"path": "/a", "envelope": "dt"}},
                ["gone.call: envelope: was nothing, is dt", "gone.call: path: was nothing, is /a"],
            ),
        ],
    )
    def test_are_a_line_each(self, was, now, expected):
        assert differences(was, now) == expected


TAKEN = [
    {"leave_out": ["request_id"]},
    {"rename": {"request_id": "id"}},
    {"leave_out": ["request_id"], "retry": Retry.UNASKABLE},
    {"leave_out": ["client_id"]},
]


class TestIds:
    @pytest.mark.parametrize("given", TAKEN)
    def test_in_a_header_too_may_be_taken_out_of_the_body(self, given):
        of(**given).check_ids({Section.PAYMENT_CARDS: SIGN})

    @pytest.mark.parametrize(
        ("given", "refused"), list(zip(TAKEN, [True, True, False, False], strict=True))
    )
    def test_in_the_body_only_stay_there_where_they_are_asked_about(self, given, refused):
        said = ""
        try:
            of(**given).check_ids({Section.PAYMENT_CARDS: JWS})
        except ConfigurationError as error:
            said = str(error)

        assert (said != "") is refused
        assert said == "" or said.startswith(
            "cards.issue: the contract takes request_id out of the body or gives it another name"
        )

    def test_of_reads_are_nobodys(self):
        Contract([Override(call="cards.info", leave_out=["request_id"])]).check_ids(
            {Section.PAYMENT_CARDS: JWS}
        )


def test_repr_shows_no_value():
    assert repr(of(fields={"a": "hunter2"})) == "Contract(1 overrides, region=KZ)"
    # Whoever records the locals of a refusal asks for it before it is made.
    assert repr(object.__new__(Contract)) == "Contract(not made)"


@pytest.mark.parametrize("value", ["\ud800", {1: {2: object()}}])
def test_a_value_is_told_whatever_it_is(value):
    assert isinstance(as_text(value), str)


def test_contract_keeps_what_it_was_made_of():
    given = [
        Override(call="cards.issue", region="KG", path="/a"),
        Override(call="cards.link", path="/b"),
    ]
    contract = Contract(iter(given), Region.KZ)

    assert (contract.overrides, contract.region, set(contract.rows)) == (
        tuple(given),
        Region.KZ,
        {"cards.link"},
    )
