"""A sandbox that differs from the vendor's pages, as a host may."""

from __future__ import annotations

from uuid import uuid4

import pytest

from freedompay_async import FreedomPay, JwsSigner, Override
from freedompay_async.errors import AuthenticationError, RequestFailed
from freedompay_async.sandbox import Fault, Sandbox
from freedompay_async.sandbox.desk.host_contract import HostContract
from freedompay_async.sandbox.issuing import rules
from freedompay_async.sandbox.issuing.refused import Refused
from tests.person_examples import new_client
from tests.samples import UNKNOWN_CALL
from tests.sandbox.requests import says


class TestPath:
    def test_of_a_call_is_another_one(self, desk_of):
        counter = desk_of({"card/bulk_issue": {"path": "/v6/cards"}})
        body = {"request_id": str(uuid4()), "product_id": 7, "count": 1}
        usual, other = (
            counter.take(path, body) for path in ("/v5/card-api/card/bulk_issue", "/v6/cards")
        )

        assert (usual.verdict, usual.answer.http) == ("unknown path", 404)
        assert (other.verdict, says(other)["request_status"]) == ("ok", "success")

    def test_is_signed_as_it_is(self, desk_of):
        counter = desk_of({"card/bulk_issue": {"path": "/v6/cards"}})
        body = {"request_id": str(uuid4()), "product_id": 7, "count": 1}

        assert counter.take("/v6/cards", body, scheme="HS512").verdict == "ok"

    @pytest.mark.parametrize("path", ["/v5/card-api/card/link", "/v5/cards/resend"])
    def test_of_other_calls_stays(self, path):
        assert HostContract({"card/issue": {"path": "/a"}}).call_of(path) == rules.call_of(path)

    def test_may_be_that_of_a_call_that_has_moved(self):
        contract = HostContract(
            {"card/issue": {"path": "/v5/card-api/card/link"}, "card/link": {"path": "/a"}}
        )

        assert (contract.call_of("/v5/card-api/card/link"), contract.call_of("/a")) == (
            "card/issue",
            "card/link",
        )
        assert contract.call_of("/v5/card-api/card/issue") is None

    async def test_keeps_scripts_and_gates_of_its_call(self, talk):
        async with (
            Sandbox(contract={"card/bulk_issue": {"path": "/v5/card-api/bulk"}}) as issuer,
            talk(issuer) as api,
        ):
            issuer.script("card/bulk_issue", Fault.UNAVAILABLE)
            body = {"request_id": str(uuid4()), "product_id": 7, "count": 1}

            assert [(await api.send("bulk", body))[0] for _ in range(2)] == [503, 200]
            assert len(issuer.ledger()) == 1


class TestAlgorithms:
    @pytest.mark.parametrize(
        ("contract", "scheme", "taken"),
        [
            ({"*": {"algorithms": ["sign"]}}, "sign", True),
            ({"*": {"algorithms": ["sign"]}}, "HS512", False),
            ({"*": {"algorithms": ["jws-hs512"]}}, "HS512", True),
            ({"*": {"algorithms": ["HS256"]}}, "HS512", False),
            ({"*": {"algorithms": ["JWS-HS256", "sign"]}}, "sign", True),
            (
                {"payment_cards": {"algorithms": ["sign"]}, "*": {"algorithms": ["jws-hs512"]}},
                "HS512",
                False,
            ),
            ({"gift_cards": {"algorithms": ["sign"]}}, "HS512", True),
            (
                {"cards.bulk_issue": {"algorithms": ["jws-hs512"]}, "*": {"algorithms": ["sign"]}},
                "HS512",
                True,
            ),
        ],
    )
    def test_are_those_that_the_host_takes(self, desk_of, contract, scheme, taken):
        body = {"request_id": str(uuid4()), "product_id": 1, "count": 1}
        facts = desk_of(contract).take("/v5/card-api/card/bulk_issue", body, scheme=scheme)

        assert (facts.verdict == "ok", facts.answer.http) == (taken, 200 if taken else 401)

    def test_are_shown_to_the_developer_and_not_to_the_client(self, desk_of):
        body = {"request_id": str(uuid4()), "product_id": 1, "count": 1}
        facts = desk_of({"*": {"algorithms": ["jws-hs256", "sign"]}}).take(
            "/v5/card-api/card/bulk_issue", body, scheme="HS512"
        )

        assert facts.why == "this host takes jws-hs256 or sign, and not jws-hs512"
        assert says(facts)["error_description"] == "the signature is wrong"

    def test_that_are_not_taken_use_up_no_id(self, desk_of):
        counter = desk_of({"*": {"algorithms": ["sign"]}})
        body = {"request_id": str(uuid4()), "product_id": 1, "count": 1}
        verdicts = [
            counter.take("/v5/card-api/card/bulk_issue", body, scheme=scheme).verdict
            for scheme in ("HS512", "sign")
        ]

        assert verdicts == ["bad signature", "ok"]


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        ({UNKNOWN_CALL: {}}, f"{UNKNOWN_CALL!r} is not a call: "),
        ({"pins.set_url": {"path": "/a"}}, "'pins.set_url' is not a call: "),
        ({"cards": {"isue": {"path": "/a"}}}, "'cards.isue' is not a call: "),
        ({"card/issue": 5}, "card/issue is not a mapping of path, required, names, algorithms"),
        (
            {"card/issue": {"pth": "/a"}},
            "card/issue has 'pth': the settings are path, required, names, algorithms",
        ),
        (
            {"card/issue": {"path": "a b"}},
            "the path of card/issue is 'a b': use the form /v5/card-api/card/issue",
        ),
        (
            {"card/issue": {"path": 5}},
            "the path of card/issue is 5: use the form /v5/card-api/card/issue",
        ),
        (
            {"card/issue": {"path": "/v5/card-api/card/link"}},
            "the path /v5/card-api/card/link belongs to card/link already",
        ),
        (
            {"card/issue": {"path": "/a"}, "card/link": {"path": "/a"}},
            "the path /a belongs to card/issue already",
        ),
        ({"*": {"path": "/a"}}, "* can set algorithms only: the other settings are for one call"),
        (
            {"gift_cards": {"required": ["a"]}},
            "gift_cards can set algorithms only: the other settings are for one call",
        ),
        (
            {"card/issue": {"required": "client_id"}},
            "required of card/issue is not a list of names",
        ),
        ({"card/issue": {"required": [5]}}, "required of card/issue is not a list of names"),
        ({"card/issue": {"required": 5}}, "required of card/issue is not a list of names"),
        (
            {"card/issue": {"names": ["a"]}},
            "names of card/issue is not a mapping from names to names",
        ),
        ({"card/issue": {"names": {"a": 1}}}, "names of card/issue is not a list of names"),
        (
            {"card/issue": {"algorithms": []}},
            "algorithms of card/issue has none: the algorithms are jws-hs512, jws-hs256, sign",
        ),
        (
            {"card/issue": {"algorithms": ["rs256"]}},
            "algorithms of card/issue has 'rs256': the algorithms are jws-hs512, jws-hs256, sign",
        ),
    ],
)
def test_a_contract_that_can_not_be_is_refused(contract, expected):
    with pytest.raises(ValueError) as caught:
        Sandbox(contract=contract)

    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    "contract",
    [
        {"card/issue": {"path": "/a"}},
        {"/v5/card-api/card/issue": {"path": "/a"}},
        {"cards.issue": {"path": "/a"}},
        {"cards": {"issue": {"path": "/a"}, "link": {}}},
    ],
)
def test_a_call_may_be_named_in_several_ways(contract):
    assert HostContract(contract).call_of("/a") == "card/issue"


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("cards.reset_pin_counter", "card/reset_counter_pin"),
        ("cards.validate_cardholder", "external/cardholder_validate"),
        ("clients.create", "client/add"),
        ("clients.cards", "client/cards"),
        ("requests.status", "request/status"),
        ("transactions.clear", "transaction/clearing"),
        ("limits.set", "limits/set"),
        ("gift_cards.products", "cards/product_list"),
        ("gift_cards.issue", "cards/issue_card"),
        ("gift_cards.confirm", "cards/activate_card"),
        ("gift_cards.resend_code", "cards/resend_code"),
        ("gift_cards.status", "cards/card_status"),
    ],
)
def test_a_method_of_the_client_is_its_call(method, call):
    assert HostContract({method: {"path": "/a"}}).call_of("/a") == call


async def test_each_difference_is_mended_by_a_setting():
    """A wrong algorithm, a wrong path and a wrong field on the way to the first card."""
    contract = {
        "*": {"algorithms": ["jws-hs256"]},
        "clients.create": {
            "path": "/v6/clients",
            "required": ["product_id", "client.first_name", "branch_id"],
        },
        "cards.issue": {"names": {"client_id": "clientId"}, "required": ["product_id", "clientId"]},
    }
    person = new_client()
    mended = [
        Override(call="clients.create", path="/v6/clients", fields={"branch_id": "b-7"}),
        Override(call="cards.issue", rename={"client_id": "clientId"}),
    ]
    async with Sandbox(contract=contract) as issuer:

        async def first_card(alg, overrides):
            signer = JwsSigner(auth_id=issuer.auth_id, secret_key=issuer.secret_key, alg=alg)
            async with FreedomPay(
                signer=signer, region="KZ", base_url=issuer.base_url, contract=overrides
            ) as fp:
                client = await (await fp.clients.create(product_id=2000, client=person)).result()
                issued = await (
                    await fp.cards.issue(client_id=client.client_id, product_id=17)
                ).result()
            return issued.card_ids

        with pytest.raises(AuthenticationError, match="the signature is wrong"):
            await first_card("HS512", mended)
        with pytest.raises(RequestFailed, match="no such path"):
            await first_card("HS256", mended[1:])
        with pytest.raises(RequestFailed, match="branch_id is required"):
            await first_card(
                "HS256", [Override(call="clients.create", path="/v6/clients"), mended[1]]
            )
        with pytest.raises(RequestFailed, match="clientId is required"):
            await first_card("HS256", mended[:1])
        card_ids = await first_card("HS256", mended)

        assert [card["card_id"] for card in issuer.ledger()] == list(card_ids)


def test_an_issuer_takes_no_card_without_a_client_by_itself(counters):
    issuer = counters().issuer
    with pytest.raises(Refused):
        issuer.accept(
            "card/issue", {"request_id": str(uuid4()), "product_id": 2000, "cardholder": {}}
        )
