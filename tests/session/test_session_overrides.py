"""What goes out of a client whose contract is different, and what is said of a path that is a
guess.
"""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPayError,
    OutcomeUnknown,
    Override,
    RequestFailed,
    Retry,
    Secret,
    Section,
    Sha256Signer,
)
from freedompay_async.models import RequestState
from tests.samples import UNKNOWN_CALL, UNKNOWN_GIFT_PATH, UNKNOWN_PATH

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"


def activate(fp, **options):
    return fp.cards.activate("c-1", request_id=OWN, **options)


def different(*overrides) -> dict:
    return {"contract": overrides}


class TestPath:
    def test_is_used_and_signed(self, ask, say, scheme, signed):
        ask(
            activate,
            scheme=scheme,
            options=different(Override(call="cards.activate", path="/v6/activation")),
            **{"/v6/activation": [say.process]},
        )

        (sent,) = ask.wire.sent
        assert sent.path == "/v6/activation"
        assert signed("/v6/activation", sent.headers, sent.body)

    def test_is_named_by_the_signature(self, ask, say):
        ask(
            activate,
            options=different(Override(call="cards.activate", path="/v6/activation")),
            **{"/v6/activation": [say.process]},
        )

        header = ask.wire.sent[0].headers["X-JWS-Signature"].partition("..")[0]
        assert (
            json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["uri"]
            == "/v6/activation"
        )

    def test_of_the_look_up_is_used_to_settle(self, ask, say, signed):
        ask(
            activate,
            options=different(Override(call="requests.status", path="/v6/status")),
            card__activate=[say.lost],
            **{"/v6/status": [say.success]},
        )

        assert ask.wire.calls == ["card/activate", "/v6/status"]
        assert signed("/v6/status", ask.wire.sent[1].headers, ask.wire.sent[1].body)

    def test_of_another_region_is_not_used(self, ask, say):
        ask(
            activate,
            options=different(Override(call="cards.activate", region="KG", path="/v6/activation")),
            card__activate=[say.process],
        )

        assert ask.wire.calls == ["card/activate"]


class TestHeaders:
    @pytest.mark.parametrize(
        ("scheme", "name", "other"),
        [
            ("KZ", "X-JWS-Signature", "JWS-Signature"),
            ("KG", "Request-Id", "X-Request-Id"),
            ("KG", "Sign", "Signature"),
        ],
    )
    def test_are_renamed(self, ask, say, scheme, name, other):
        ask(activate, scheme=scheme, card__activate=[say.process])
        before = ask.wire.sent[0].headers
        ask(
            activate,
            scheme=scheme,
            options=different(Override(header_names={name: other})),
            card__activate=[say.process],
        )
        after = ask.wire.sent[0].headers

        assert after == {other if each == name else each: value for each, value in before.items()}

    def test_that_are_not_sent_are_not_made_up(self, ask, say):
        ask(
            activate,
            options=different(Override(header_names={"Sign": "Signature"})),
            card__activate=[say.process],
        )

        assert set(ask.wire.sent[0].headers) == {"Content-Type", "X-JWS-Signature"}

    def test_of_a_section_are_those_of_its_calls_only(self, ask, say):
        async def both(fp):
            await fp.cards.balance("c-1")
            await fp.gift_cards.status(5)

        override = Override(
            section=Section.GIFT_CARDS, header_names={"X-JWS-Signature": "JWS-Signature"}
        )
        ask(
            both,
            options=different(override),
            card__balance=[say.ok()],
            card_status=[say.gift(card_status=1)],
        )

        assert ["JWS-Signature" in each.headers for each in ask.wire.sent] == [False, True]

    def test_may_change_places(self, ask, say):
        ask(activate, scheme="KG", card__activate=[say.process])
        before = ask.wire.sent[0].headers
        places = {"Sign": "Auth-Id", "Auth-Id": "Sign"}
        ask(
            activate,
            scheme="KG",
            options=different(Override(header_names=places)),
            card__activate=[say.process],
        )

        assert ask.wire.sent[0].headers == {
            places.get(name, name): value for name, value in before.items()
        }

    @pytest.mark.parametrize("other", ["Auth-Id", "auth-id"])
    def test_that_would_take_the_name_of_another_are_refused(self, ask, other):
        with pytest.raises(ConfigurationError) as caught:
            ask(activate, scheme="KG", options=different(Override(header_names={"Sign": other})))

        assert caught.value.text.lower() == (
            "the contract gives two headers of cards.activate the name auth-id. nothing was sent."
        )
        assert (caught.value.request_id, ask.wire.sent) == (OWN, [])

    @pytest.mark.parametrize("name", ["sign", "SIGN", "Sign", "sIgN"])
    def test_are_found_in_any_case(self, ask, say, name):
        ask(
            activate,
            scheme="KG",
            options=different(Override(header_names={name: "Signature"})),
            card__activate=[say.process],
        )

        assert {each.lower() for each in ask.wire.sent[0].headers} == {
            "auth-id",
            "content-type",
            "request-id",
            "signature",
        }

    @pytest.mark.parametrize(
        ("path", "options", "renamed"),
        [
            (UNKNOWN_PATH, {}, False),
            (UNKNOWN_GIFT_PATH, {"section": Section.GIFT_CARDS}, True),
            (UNKNOWN_GIFT_PATH, {"section": Section.GIFT_CARDS, "retry": Retry.READ}, True),
        ],
    )
    def test_of_a_section_are_those_of_a_custom_call(self, ask, say, path, options, renamed):
        override = Override(
            section=Section.GIFT_CARDS, header_names={"X-JWS-Signature": "JWS-Signature"}
        )
        ask(
            lambda fp: fp.call(path, {}, dict, **options),
            options=different(override),
            **{UNKNOWN_CALL: [say.gift() if path == UNKNOWN_GIFT_PATH else say.ok()]},
        )

        assert set(ask.wire.sent[0].headers) == {
            "Content-Type",
            "JWS-Signature" if renamed else "X-JWS-Signature",
        }

    def test_of_a_look_up_are_renamed_too(self, ask, say):
        override = Override(header_names={"X-JWS-Signature": "JWS-Signature"})
        ask(
            activate,
            options=different(override),
            card__activate=[say.lost],
            request__status=[say.success],
        )

        assert [set(each.headers) for each in ask.wire.sent] == [
            {"Content-Type", "JWS-Signature"}
        ] * 2


class TestFields:
    def test_are_in_every_body_and_signed(self, ask, say, scheme, signed):
        override = Override(call="cards.activate", fields={"branch": "7", "fee": Decimal("0.50")})
        ask(activate, scheme=scheme, options=different(override), card__activate=[say.process])

        (sent,) = ask.wire.sent
        assert (
            sent.body
            == b'{"request_id":"%s","card_id":"c-1","branch":"7","fee":0.50}' % OWN.encode()
        )
        assert signed(sent.path, sent.headers, sent.body)

    def test_do_not_replace_those_of_the_method(self, ask, say):
        override = Override(call="cards.activate", fields={"card_id": "c-2", "a": 1})
        ask(activate, options=different(override), card__activate=[say.process])

        assert ask.wire.sent[0].fields == {"request_id": OWN, "card_id": "c-1", "a": 1}

    def test_of_a_call_win_over_those_of_an_override(self, ask, say):
        override = Override(call="cards.activate", fields={"a": 1, "b": 1})
        ask(
            lambda fp: activate(fp, extra={"b": 2, "c": 2}),
            options=different(override),
            card__activate=[say.process],
        )

        assert ask.wire.sent[0].fields == {
            "request_id": OWN,
            "card_id": "c-1",
            "a": 1,
            "b": 2,
            "c": 2,
        }

    def test_of_a_call_go_out_without_an_override_too(self, ask, say):
        ask(lambda fp: fp.cards.balance("c-1", extra={"a": [1]}), card__balance=[say.ok()])

        assert ask.wire.sent[0].fields == {"card_id": "c-1", "a": [1]}

    def test_of_a_section_are_in_its_look_ups(self, ask, say):
        override = Override(section=Section.PAYMENT_CARDS, fields={"a": 1})
        ask(
            activate,
            options=different(override),
            card__activate=[say.lost],
            request__status=[say.success],
        )

        assert [each.fields.get("a") for each in ask.wire.sent] == [1, 1]

    @pytest.mark.parametrize(
        ("retry", "answer_type", "step"),
        [
            (Retry.READ, dict, "success"),
            (Retry.REPEATABLE, dict, "success"),
            (Retry.UNASKABLE, dict, "success"),
            (Retry.ASKABLE, RequestState, "process"),
        ],
    )
    def test_of_a_section_are_in_a_custom_call(
        self, ask, say, scheme, signed, retry, answer_type, step
    ):
        overrides = (
            Override(section=Section.PAYMENT_CARDS, fields={"a": 1, "b": 1}),
            Override(section=Section.GIFT_CARDS, fields={"c": 1}),
        )
        ask(
            lambda fp: fp.call(UNKNOWN_PATH, {"b": 2}, answer_type, retry=retry),
            scheme=scheme,
            options=different(*overrides),
            **{UNKNOWN_CALL: [getattr(say, step)]},
        )

        (sent,) = ask.wire.sent
        assert {name: value for name, value in sent.fields.items() if name != "request_id"} == {
            "a": 1,
            "b": 2,
        }
        assert signed(sent.path, sent.headers, sent.body)

    def test_of_one_call_are_not_in_a_given_one(self, ask, say):
        override = Override(call="cards.activate", fields={"a": 1})
        ask(
            lambda fp: fp.call("/v5/card-api/card/activate", {}, dict),
            options=different(override),
            card__activate=[say.ok()],
        )

        assert ask.wire.sent[0].fields == {}

    @pytest.mark.parametrize(
        ("call", "name", "own"),
        [
            (lambda fp: activate(fp, extra={"request_id": "other"}), "cards.activate", OWN),
            (
                lambda fp: fp.cards.balance("c-1", extra={"request_id": "other"}),
                "cards.balance",
                None,
            ),
        ],
    )
    def test_hold_no_request_id(self, ask, say, call, name, own):
        with pytest.raises(ConfigurationError) as caught:
            ask(call, card__activate=[say.process], card__balance=[say.ok()])

        assert (caught.value.text, caught.value.call, caught.value.request_id, ask.wire.sent) == (
            "extra can't hold request_id: hand it in as request_id=. Nothing was sent.",
            name,
            own,
            [],
        )

    @pytest.mark.parametrize(
        ("call", "name"),
        [
            (lambda fp: activate(fp, extra={"card_id": "c-2"}), "cards.activate"),
            (lambda fp: fp.cards.balance("c-1", extra={"card_id": "c-2"}), "cards.balance"),
            (lambda fp: fp.cards.set_pin("c-1", extra={"card_id": "c-2"}), "cards.set_pin"),
            (lambda fp: fp.gift_cards.resend(5, extra={"card_id": 6}), "gift_cards.resend"),
        ],
    )
    def test_of_a_call_hold_nothing_that_it_has_already(self, ask, say, scheme, call, name):
        with pytest.raises(ConfigurationError) as caught:
            ask(call, scheme=scheme)

        assert (
            caught.value.text
            == "extra can't hold card_id: the body has it already. Nothing was sent."
        )
        assert (caught.value.call, ask.wire.sent) == (name, [])

    @pytest.mark.parametrize(
        "call", [activate, lambda fp: fp.call("/v5/card-api/card/activate", {}, dict)]
    )
    def test_that_are_secret_are_concealed_where_the_issuer_repeats_them(self, ask, say, call):
        override = Override(section=Section.PAYMENT_CARDS, fields={"key": Secret("hunter2hunter2")})
        with pytest.raises(RequestFailed) as caught:
            ask(
                call,
                options=different(override),
                card__activate=[
                    say.ok(
                        request_status="error",
                        error_description="not hunter2hunter2",
                        what="hunter2hunter2",
                    )
                ],
                request__status=[
                    say.ok(request_status="error", error_description="not hunter2hunter2")
                ],
            )

        assert ask.wire.sent[0].fields["key"] == "hunter2hunter2"
        assert "hunter2" not in str(caught.value) + repr(vars(caught.value))

    def test_that_have_no_form_in_json_are_refused(self, ask, say):
        with pytest.raises(ConfigurationError) as caught:
            ask(lambda fp: activate(fp, extra={"a": object()}), card__activate=[say.process])

        assert (
            caught.value.text
            == "a value can't be written as JSON: it is of type object. Nothing was sent."
        )
        assert (caught.value.call, caught.value.request_id, ask.wire.sent) == (
            "cards.activate",
            OWN,
            [],
        )


def issue(fp, **options):
    return fp.cards.issue(client_id="cl-1", product_id=2000, request_id=OWN, **options)


class TestLeftOut:
    def test_is_not_sent_and_the_rest_is_signed(self, ask, say, scheme, signed):
        override = Override(call="cards.issue", leave_out=["client_id"])
        ask(issue, scheme=scheme, options=different(override), card__issue=[say.process])

        (sent,) = ask.wire.sent
        assert sent.body == b'{"request_id":"%s","product_id":2000}' % OWN.encode()
        assert signed(sent.path, sent.headers, sent.body)

    def test_makes_room_for_what_the_caller_gives_in_its_place(self, ask, say):
        holder = {"first_name": "IVAN", "last_name": "IVANOV", "person_id": "1"}
        op = ask(
            lambda fp: fp.cards.issue(
                product_id=2000, extra={"cardholder": holder}, request_id=OWN
            ),
            options=different(Override(call="cards.issue", leave_out=["client_id"])),
            card__issue=[say.success],
        )

        assert ask.wire.sent[0].fields == {
            "request_id": OWN,
            "product_id": 2000,
            "cardholder": holder,
        }
        assert op.done

    @pytest.mark.parametrize("method", ["issue", "issue_plastic"])
    def test_of_nothing_a_card_needs_its_client(self, ask, method):
        with pytest.raises(ConfigurationError) as caught:
            ask(lambda fp: getattr(fp.cards, method)(product_id=2000))

        assert caught.value.text.startswith(
            "client_id is missing, the client that the card is for."
        )
        assert (caught.value.call, ask.wire.sent) == (f"cards.{method}", [])

    async def test_is_not_held_against_the_answer(self, memory, client_of, say):
        told = say.ok(request_status="success", cards=[{"card_id": "card-1"}], client_id="cl-2")
        fp = client_of(
            memory(card__issue=[told]),
            contract=[Override(call="cards.issue", leave_out=["client_id"])],
        )
        issued = await (await fp.cards.issue(client_id="cl-1", product_id=2000)).result()

        assert (issued.card_ids, issued.differs) == (("card-1",), None)

    def test_is_the_same_when_it_is_sent_again(self, ask, say):
        override = Override(call="cards.issue", leave_out=["client_id"])
        ask(
            issue,
            options=different(override),
            card__issue=[say.lost, say.success],
            request__status=[say.unknown],
        )

        first, second = ask.wire.of("card/issue")
        assert (first.body, first.headers) == (second.body, second.headers)

    def test_is_given_by_no_caller(self, ask):
        with pytest.raises(
            ConfigurationError, match="extra can't hold client_id: the contract leaves it out"
        ):
            ask(
                lambda fp: issue(fp, extra={"client_id": "2"}),
                options=different(Override(call="cards.issue", leave_out=["client_id"])),
            )

        assert ask.wire.sent == []


class TestRenamed:
    def test_goes_out_under_the_other_name_and_signed(self, ask, say, scheme, signed):
        override = Override(call="cards.issue", rename={"client_id": "clientId"})
        ask(issue, scheme=scheme, options=different(override), card__issue=[say.process])

        (sent,) = ask.wire.sent
        assert (
            sent.body == b'{"request_id":"%s","clientId":"cl-1","product_id":2000}' % OWN.encode()
        )
        assert signed(sent.path, sent.headers, sent.body)

    def test_in_a_section_is_renamed_in_the_look_up_too(self, ask, say):
        override = Override(call="requests.status", rename={"request_id": "id"})
        ask(
            activate,
            options=different(override),
            card__activate=[say.lost],
            request__status=[say.success],
        )

        assert [each.fields for each in ask.wire.sent] == [
            {"request_id": OWN, "card_id": "c-1"},
            {"id": OWN},
        ]

    def test_does_not_touch_a_custom_call(self, ask, say):
        override = Override(section=Section.PAYMENT_CARDS, rename={"card_id": "cardId"})
        ask(
            lambda fp: fp.call(UNKNOWN_PATH, {"card_id": "1"}, dict),
            options=different(override),
            **{UNKNOWN_CALL: [say.ok()]},
        )

        assert ask.wire.sent[0].fields == {"card_id": "1"}

    @pytest.mark.parametrize(
        ("override", "call", "path"),
        [
            (
                Override(call="cards.set_pin", rename={"pin": "word"}),
                lambda fp: fp.cards.set_pin("c-1", "hunter2hunter2"),
                "card__set_pin",
            ),
            (
                Override(call="cards.balance", rename={"card_id": "pin"}),
                lambda fp: fp.cards.balance("hunter2hunter2"),
                "card__balance",
            ),
        ],
        ids=["a secret", "what is called one now"],
    )
    def test_is_still_concealed_where_the_issuer_repeats_it(self, ask, say, override, call, path):
        body = {
            "status": "error",
            "error_code": "E1",
            "error_description": "not hunter2hunter2",
            "what": "hunter2hunter2",
        }
        with pytest.raises(RequestFailed) as caught:
            ask(call, options=different(override), **{path: [say.http(200, body)]})

        assert b"hunter2hunter2" in ask.wire.sent[0].body
        assert "hunter2" not in str(caught.value) + repr(vars(caught.value))


class TestRequestId:
    CHANGES = pytest.mark.parametrize(
        "change", [{"leave_out": ["request_id"]}, {"rename": {"request_id": "id"}}]
    )

    @CHANGES
    def test_in_the_body_only_stays_there(self, client_of, memory, change):
        with pytest.raises(
            ConfigurationError, match="nothing would tell a repeat from a second order"
        ) as caught:
            client_of(memory(), contract=[Override(call="cards.activate", **change)])

        assert caught.value.text.startswith(
            "cards.activate: the contract takes request_id out of the body"
        )
        assert caught.value.text.endswith(" Nothing was sent.")

    @CHANGES
    def test_in_a_header_too_may_leave_the_body_and_settles_all_the_same(self, ask, say, change):
        op = ask(
            activate,
            scheme="KG",
            options=different(Override(call="cards.activate", **change)),
            card__activate=[say.lost, say.process],
            request__status=[say.unknown],
        )

        sent = ask.wire.of("card/activate")
        assert [each.headers["Request-Id"] for each in sent] == [OWN, OWN]
        assert [each.fields.get("request_id") for each in sent] == [None, None]
        assert {each.fields["request_id"] for each in ask.wire.of("request/status")} == {OWN}
        assert op.request_id == OWN

    @CHANGES
    def test_of_what_is_said_not_to_be_askable_may_leave_the_body_and_is_sent_once(
        self, ask, say, change
    ):
        override = Override(call="cards.activate", retry=Retry.UNASKABLE, **change)
        with pytest.raises(OutcomeUnknown, match="a person has to look"):
            ask(
                activate,
                options=different(override),
                card__activate=[say.lost],
                request__status=[say.success],
            )

        assert ask.wire.calls == ["card/activate"]

    @CHANGES
    def test_is_looked_for_again_when_the_call_is_made(self, play, client_of, memory, say, change):
        """The signature scheme of a client may have become another one."""
        wire = memory(card__activate=[say.process])
        signer = Sha256Signer(auth_id="10001", secret_key="k")
        fp = client_of(wire, signer=signer, contract=[Override(call="cards.activate", **change)])
        signer.header_id = False

        async def story():
            await activate(fp)

        with pytest.raises(
            ConfigurationError, match="nothing would tell a repeat from a second order"
        ) as caught:
            play(story())

        assert (caught.value.call, caught.value.request_id, wire.sent) == (
            "cards.activate",
            OWN,
            [],
        )

    def test_of_a_read_may_leave_the_body(self, ask, say):
        ask(
            lambda fp: fp.cards.info("c-1"),
            options=different(Override(call="cards.info", leave_out=["request_id"])),
            card__info=[say.ok()],
        )

        assert ask.wire.sent[0].fields == {"card_id": "c-1"}


class TestRetry:
    def test_of_an_effect_that_cannot_be_asked_about_asks_nobody(self, ask, say):
        with pytest.raises(OutcomeUnknown, match="a person has to look"):
            ask(
                activate,
                options=different(Override(call="cards.activate", retry=Retry.UNASKABLE)),
                card__activate=[say.lost],
                request__status=[say.success],
            )

        assert ask.wire.calls == ["card/activate"]

    def test_of_one_that_is_answered_gives_its_operation(self, ask, say):
        op = ask(
            activate,
            options=different(Override(call="cards.activate", retry=Retry.UNASKABLE)),
            card__activate=[say.success],
        )

        assert (op.request_id, op.done) == (OWN, True)

    def test_that_does_not_fit_is_refused_when_the_client_is_made(self, client_of, memory):
        with pytest.raises(ConfigurationError, match="it is no read"):
            client_of(memory(), contract=[Override(call="cards.activate", retry=Retry.READ)])


class TestGuessedPath:
    HINT = 'use FreedomPay(contract=[Override(call="{}", path="…")]).'

    @pytest.mark.parametrize(
        ("call", "name", "path"),
        [
            (lambda fp: fp.cards.activate("c-1"), "cards.activate", "card/activate"),
            (lambda fp: fp.cards.balance("c-1"), "cards.balance", "card/balance"),
            (lambda fp: fp.gift_cards.status(5), "gift_cards.status", "card_status"),
            (lambda fp: fp.gift_cards.resend(5), "gift_cards.resend", "resend"),
        ],
    )
    @pytest.mark.parametrize(
        "body", [b"", b"Not Found", b"<html>", b'{"status":"error"}', b'{"status":-1}']
    )
    def test_that_is_not_there_is_said_to_be_a_guess(self, ask, say, call, name, path, body):
        with pytest.raises(FreedomPayError) as caught:
            ask(call, **{path: [say.http(404, body)], "request__status": [say.unknown]})

        assert caught.value.http_status == 404
        assert f"/{path} is a guess: no public page of the vendor shows it." in str(caught.value)
        assert self.HINT.format(name) in str(caught.value)

    @pytest.mark.parametrize(
        ("call", "path"),
        [
            (lambda fp: fp.cards.close("c-1", description="lost"), "card/close"),
            (lambda fp: fp.cards.issue(client_id="cl-1", product_id=1000), "card/issue"),
            (lambda fp: fp.cards.statement("c-1"), "card/statement"),
            (
                lambda fp: fp.gift_cards.issue(cardholder_name="A", phone=1, product_code=1),
                "issue_card",
            ),
            (lambda fp: fp.call(UNKNOWN_PATH, {}, dict), UNKNOWN_CALL),
        ],
    )
    @pytest.mark.parametrize("body", [b"", b'{"status":"error"}'])
    def test_that_a_page_shows_is_not(self, ask, say, call, path, body):
        with pytest.raises(FreedomPayError) as caught:
            ask(call, **{path: [say.http(404, body)], "request__status": [say.unknown]})

        assert caught.value.http_status == 404
        assert "guess" not in str(caught.value)

    @pytest.mark.parametrize("status", [200, 400, 403])
    def test_that_is_there_is_not(self, ask, say, status):
        with pytest.raises(FreedomPayError) as caught:
            ask(lambda fp: fp.cards.balance("c-1"), card__balance=[say.error(status)])

        assert "guess" not in str(caught.value)

    @pytest.mark.parametrize("body", [b"", b"<html>"])
    def test_that_is_not_there_is_not_sent_again_after_the_grace_time(self, ask, say, scheme, body):
        with pytest.raises(OutcomeUnknown) as caught:
            ask(
                activate,
                scheme=scheme,
                card__activate=[say.http(404, body)],
                request__status=[say.unknown],
            )

        assert ask.wire.calls.count("card/activate") == 1
        assert self.HINT.format("cards.activate") in str(caught.value)

    def test_that_a_page_shows_is_sent_again_after_the_grace_time(self, ask, say):
        op = ask(
            lambda fp: fp.cards.close("c-1", description="lost"),
            card__close=[say.http(404, b""), say.success],
            request__status=[say.unknown],
        )

        assert (op.done, ask.wire.calls.count("card/close")) == (True, 2)

    def test_that_a_contract_gives_is_not_called_a_guess(self, ask, say):
        with pytest.raises(RequestFailed) as caught:
            ask(
                activate,
                options=different(Override(call="cards.activate", path="/v6/activation")),
                **{"/v6/activation": [say.error(404)], "request__status": [say.unknown]},
            )

        assert str(caught.value.text).endswith(
            " The path /v6/activation is what the contract of this client says; the table has "
            "/v5/card-api/card/activate."
        )
        assert "guess" not in caught.value.text

    @pytest.mark.parametrize("call", ["cards.activate", "cards.close"])
    def test_that_a_contract_gives_and_that_is_not_there_is_not_sent_again_after_the_grace_time(
        self, ask, say, call
    ):
        with pytest.raises(OutcomeUnknown, match="what the contract of this client says"):
            ask(
                activate
                if call == "cards.activate"
                else lambda fp: fp.cards.close("c-1", description="lost"),
                options=different(Override(call=call, path="/v6/other")),
                **{"/v6/other": [say.http(404, b"")], "request__status": [say.unknown]},
            )

        assert ask.wire.calls.count("/v6/other") == 1


class TestMenu:
    LACKED = (
        "As far as seen, the vendor's menu for KG has no such call: only the one for KZ has it."
    )

    @pytest.mark.parametrize(("region", "told"), [("KG", True), ("KZ", False)])
    def test_that_lacks_a_call_is_told_where_the_path_is_not_there(self, ask, say, region, told):
        with pytest.raises(FreedomPayError) as caught:
            ask(
                lambda fp: fp.cards.link("c-1", client_id="cl-1"),
                scheme=region,
                card__link=[say.error(404)],
                request__status=[say.unknown],
            )

        assert (self.LACKED in caught.value.text) is told

    def test_that_lacks_a_call_forbids_nothing(self, ask, say):
        op = ask(
            lambda fp: fp.cards.link("c-1", client_id="cl-1"), scheme="KG", card__link=[say.success]
        )

        assert op.done

    def test_that_has_a_call_is_not_spoken_of(self, ask, say):
        with pytest.raises(FreedomPayError) as caught:
            ask(lambda fp: fp.cards.balance("c-1"), scheme="KG", card__balance=[say.error(404)])

        assert "menu" not in caught.value.text
