"""One place knows what went out, and hides it in whatever comes in; what it does not know it tells
by its shape.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import pickle
import re
from decimal import Decimal
from html import escape
from urllib.parse import quote

import msgspec
import pytest

from freedompay_async.contract.models.client_requests import ClientCreation
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.models.requests import CardIssue, CustomBody
from freedompay_async.redaction.opening import Closed
from freedompay_async.redaction.redaction import BY_SHAPE, Outgoing, Redaction
from freedompay_async.redaction.secret import Document, Pin, Secret, SecretKey
from freedompay_async.redaction.sent import secrets_sent
from tests.person_examples import new_client
from tests.transports import parts_of

DOCUMENT = base64.b64encode(bytes(range(256)) * 12).decode()
KEY = "SEKRET-KEY-0123456789"


class Signs:
    """A signer, as far as it is asked here."""

    def __init__(self, *secrets: Secret) -> None:
        self.secrets = secrets


def kept(redaction: Redaction, value: str) -> str:
    """What is left of an issuer's text that repeats the value."""
    return redaction.text(f"no good: {value} it is")


class TestByShape:
    @pytest.mark.parametrize(
        "written",
        [
            str,
            lambda text: text.replace("/", "\\/"),
            lambda text: json.dumps(json.dumps(text.replace("/", "\\/"))[1:-1])[1:-1],
            lambda text: text.replace("+", "\\u002b"),
            lambda text: quote(text, safe=""),
            lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
            lambda text: "\r\n".join(re.findall(".{1,76}", text)),
            lambda text: "\\n".join(re.findall(".{1,64}", text)),
        ],
    )
    @pytest.mark.parametrize("begin", [0, 7])
    @pytest.mark.parametrize("length", [64, 200, 1_000])
    def test_a_piece_of_a_document_is_hidden(self, written, begin, length):
        piece = DOCUMENT[begin : begin + length]

        assert kept(BY_SHAPE, written(piece)) == "no good: *** it is"

    def test_the_padding_goes_with_it(self):
        assert kept(BY_SHAPE, base64.b64encode(b"a" * 61).decode()) == "no good: *** it is"

    @pytest.mark.parametrize(
        "digits",
        ["4111111111111112", "4" * 13, "4" * 19, "4111 1111 1111 1112", "4111-1111-1111-1112-123"],
    )
    def test_13_to_19_digits_are_hidden(self, digits):
        assert kept(BY_SHAPE, digits) == "no good: *** it is"

    @pytest.mark.parametrize(
        "text",
        [
            "4" * 12,
            "4" * 20,
            "2026-05-01T10:11:12.123456+05:00",
            "2026-05-01 10:11:12",
            "123456******1234",
            "828cf71d-a447-4a67-a149-c1df8bc197ca",
            "/v5/card-api/request/status",
            "4821",
        ],
    )
    def test_other_texts_are_left(self, text):
        assert kept(BY_SHAPE, text) == f"no good: {text} it is"
        assert BY_SHAPE.text(text) == text

    def test_of_a_text_2000_characters_are_looked_at(self):
        text = BY_SHAPE.text("ab " * 700)

        assert text == ("ab " * 700)[:1_997]

    @pytest.mark.parametrize("length", [20, 63, 300])
    def test_the_word_that_was_cut_is_not_shown(self, length):
        text = "ab " * 660 + "x" * 15 + " " + "Q" * length

        assert "Q" not in BY_SHAPE.text(text)


class TestCodes:
    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("PIN 4821 is too simple", "PIN *** is too simple"),
            ("code:123", "code:***"),
            ("12345678", "***"),
            ("123456789 and 12", "123456789 and 12"),
            ("4 8 2 1", "***"),
            ("48-21", "***"),
            ("card 1 of 2", "card 1 of 2"),
            (
                "2026-05-01T10:11:12+05:00 and 2026-05-01",
                "2026-05-01T10:11:12+05:00 and 2026-05-01",
            ),
            ("id 828cf71d-a447-4a67-a149-c1df8bc19700", "id 828cf71d-a447-4a67-a149-c1df8bc19700"),
            ("\u0664\u0668\u0662\u0661", "***"),
            ("1234********5678", "1234********5678"),
            ("123456xxxxxx5678", "123456xxxxxx5678"),
            ("**** **** **** 5678", "**** **** **** 5678"),
            ("1234567****5678", "1234567****5678".replace("1234567", "***").replace("5678", "***")),
            ("pin **** 5678", "pin **** ***"),
        ],
    )
    def test_any_3_to_8_digits_are_taken_for_one(self, said, shown):
        assert Redaction(codes=True).text(said) == shown

    def test_the_bare_code_of_a_refusal_is_shown(self):
        assert Redaction(codes=True).code("1002") == "1002"
        assert Redaction(codes=True).code("wrong 1002") == "wrong ***"
        assert BY_SHAPE.code("4111111111111112") == "***"

    def test_a_code_that_is_known_to_be_a_secret_is_hidden(self):
        assert Redaction([Pin("1002")], codes=True).code("1002") == "***"

    def test_are_none_in_a_field_that_is_no_sentence(self):
        assert Redaction([Pin("1002")], codes=True).word("1002 4821") == "*** 4821"

    def test_are_hidden_in_the_body_too(self):
        body = json.dumps({"said": "4821", "dt": "2026-05-01"}).encode()

        assert Redaction(codes=True).body(body) == '{"said": "***", "dt": "2026-05-01"}'


class TestForms:
    @pytest.mark.parametrize(
        ("secret", "text", "shown"),
        [
            ("2026-05-01", "2026-05-01", "***"),
            ("2026", "2026-05-01", "2026-05-01"),
            ("20260501", "2026-05-01", "2026-05-01"),
            ("5678", "**** **** **** 5678", "***"),
            ("12345678", "1234-****-****-5678", "***"),
            ("5678", "1234-****-****-5678", "1234-****-****-5678"),
            ("1234 **** **** 5678", "1234 **** **** 5678", "***"),
        ],
    )
    def test_of_a_time_or_a_card_are_hidden_only_if_they_are_the_secret(self, secret, text, shown):
        redaction = Redaction([Secret(secret)], codes=True)

        assert redaction.text(text) == shown
        assert str(redaction.sealed(text, numbers=True)) == shown


class TestCardMask:
    @pytest.mark.parametrize("mask", ["1234********5678", "VISA ****5678", "*5678", "1234567890"])
    def test_of_which_little_is_told_stays_in_a_call_with_codes_too(self, mask):
        assert Redaction([Pin("5678")], codes=True).card_mask(mask) == mask

    @pytest.mark.parametrize(
        ("mask", "shown"), [("4111111111111112", "***"), ("card 4111 1111 1111 1111", "card ***")]
    )
    def test_that_is_a_whole_number_is_hidden(self, mask, shown):
        assert BY_SHAPE.card_mask(mask) == shown


class TestSees:
    @pytest.mark.parametrize("secret", [KEY, "a/b", "4821", "пароль", "Ab+/=Cd" * 50])
    @pytest.mark.parametrize(
        "written",
        [
            str,
            lambda text: json.dumps(text)[1:-1],
            lambda text: text.replace("/", "\\/"),
            lambda text: quote(text, safe=""),
            escape,
        ],
    )
    def test_whatever_it_would_hide(self, secret, written):
        redaction = Redaction([Secret(secret)])
        said = f'{{"said":"it is {written(secret)}."}}'

        assert redaction.within(said.encode()).text(said) == '{"said":"it is ***."}'
        assert redaction.text(said) == '{"said":"it is ***."}'

    @pytest.mark.parametrize(
        "said",
        [
            DOCUMENT[:64],
            "4111 1111 1111 1111",
            "4111111111111112",
            '{\\"pin\\":\\"1\\"}',
            "4111\u00a01111\u00a01111\u00a01111",
        ],
    )
    def test_what_has_a_shape(self, said):
        assert BY_SHAPE.within(f'{{"said":"{said}"}}'.encode()) is not None

    def test_nothing_in_a_usual_answer(self):
        body = b'{"status":"ok","request_status":"success","dt":"2026-05-01T00:00:00+05:00","cards":[{"card_id":"c-1"}]}'

        assert Redaction([SecretKey(KEY)]).within(body) is None

    def test_what_is_in_an_answer_beside_what_is_not(self):
        redaction = Redaction([Secret("hunter2"), SecretKey(KEY)], codes=True).within(
            b"hunter2 and 4821"
        )

        assert redaction.text("hunter2 and 4821") == "*** and ***"

    @pytest.mark.parametrize(("times", "expected"), [(8_192, None), (8_193, BY_SHAPE)])
    def test_a_long_answer_is_always_looked_through(self, times, expected):
        assert BY_SHAPE.within(b"a " * times) is expected


class TestOutgoing:
    def test_knows_the_keys_of_all_signers(self):
        outgoing = Outgoing([Signs(SecretKey(KEY)), Signs(SecretKey("OTHER-KEY")), Signs()])

        assert outgoing.about(None).text(f"{KEY} OTHER-KEY") == "*** ***"

    def test_knows_a_token_that_was_renewed(self):
        signer = Signs(Secret("FIRST-TOKEN"))
        outgoing = Outgoing([signer])
        before = outgoing.about(None)
        signer.secrets = (Secret("SECOND-TOKEN"), Secret("FIRST-TOKEN"))

        assert before.text("FIRST-TOKEN SECOND-TOKEN") == "*** SECOND-TOKEN"
        assert outgoing.about(None).text("FIRST-TOKEN SECOND-TOKEN") == "*** ***"

    def test_knows_the_keys_of_signers_that_took_the_place_of_others(self):
        first = Signs(SecretKey(KEY))
        outgoing = Outgoing([first])
        outgoing.sign_with([first, Signs(SecretKey("OTHER-KEY"))])

        assert outgoing.about(None).text(f"{KEY} OTHER-KEY") == "*** ***"

    def test_knows_what_overrides_add(self):
        outgoing = Outgoing(
            [], [Fields({"partner": Secret("PARTNER-1"), "pin": "998877", "note": "plain"})]
        )

        assert outgoing.about(None).text("PARTNER-1 998877 plain") == "*** *** plain"

    def test_remembers_what_went_out_under_an_id(self):
        outgoing = Outgoing([Signs(SecretKey(KEY))])
        outgoing.note("r-1", [Secret("hunter2")])

        assert outgoing.about("r-1").text(f"hunter2 {KEY}") == "*** ***"
        assert outgoing.about("r-2").text(f"hunter2 {KEY}") == "hunter2 ***"

    def test_takes_a_short_number_that_was_sealed_for_a_code(self):
        outgoing = Outgoing([])
        outgoing.note("r-1", [Secret("4821")])

        assert outgoing.about("r-1").text("not 4821 but 4822") == "not *** but ***"

    @pytest.mark.parametrize(
        ("secret", "shown"),
        [
            ("123", "***"),
            ("12345678", "***"),
            ("12", "4822"),
            ("123456789", "4822"),
            ("hunter", "4822"),
            ("hunter-2-blue", "4822"),
        ],
    )
    def test_takes_only_3_to_8_digits_for_a_code(self, secret, shown):
        outgoing = Outgoing([])
        outgoing.note("r-1", [Secret(secret)])

        assert outgoing.about("r-1").text("is 4822") == f"is {shown}"

    def test_hides_codes_where_they_go_over_the_call_though_it_knows_none(self):
        assert Outgoing([]).about(None, codes=True).text("is 4822") == "is ***"

    def test_forgets_the_oldest_where_there_are_too_many(self):
        outgoing = Outgoing([])
        for number in range(10_001):
            outgoing.note(f"r-{number}", [Secret(f"hunter{number}")])

        assert outgoing.about("r-0").text("hunter0") == "hunter0"
        assert outgoing.about("r-1").text("hunter1") == "***"

    def test_forgets_the_oldest_where_they_are_too_long(self):
        outgoing = Outgoing([])
        # Of 4 MiB just so many have a place.
        for number in range(256):
            outgoing.note(
                f"r-{number}", [Secret(f"{number:04} of hunter's words".ljust(16_384, "."))]
            )
        said = [f"{number:04} of hunter's words." for number in range(3)]

        assert [outgoing.about(f"r-{number}").text(said[number]) for number in range(3)] == [
            "***",
            "***",
            "***",
        ]

        outgoing.note("r-256", [Secret("x")])

        assert [outgoing.about(f"r-{number}").text(said[number]) for number in range(3)] == [
            said[0],
            "***",
            "***",
        ]

        for number in range(300):
            outgoing.note(f"more-{number}", [Secret("x" * 16_384)])

        assert [outgoing.about(f"r-{number}").text(said[number]) for number in range(3)] == said

    def test_forgets_nothing_where_one_id_is_noted_again_and_again(self):
        outgoing = Outgoing([])
        outgoing.note("r-0", [Secret("hunter2")])
        for number in range(20_000):
            outgoing.note("r-1", [Secret(f"{number:05} of hunter's words".ljust(1_000, "."))])

        assert outgoing.about("r-0").text("hunter2") == "***"
        assert outgoing.about("r-1").text("19999 of hunter's words.") == "***"
        assert outgoing.about("r-1").text("19998 of hunter's words.") == "19998 of hunter's words."

    def test_a_document_that_is_kept_in_part_is_hidden_whole(self):
        outgoing = Outgoing([])
        long = DOCUMENT * 20
        outgoing.note("r-1", [Document(long)])

        assert (
            outgoing.about("r-1")
            .body(json.dumps({"said": long}).encode())
            .startswith('{"said": "***')
        )
        assert DOCUMENT[100:160] not in outgoing.about("r-1").body(
            json.dumps({"said": long}).encode()
        )


class TestSealed:
    KNOWN = Redaction([Secret("hunter2"), Secret("4821")])

    def test_is_each_text_that_repeats_what_is_known_and_nothing_else(self):
        value = {
            "a": "it is hunter2",
            "b": ["hunter2", "4111111111111111"],
            "hunter2": None,
            "c": {"d": "plain", "e": True},
        }
        sealed = self.KNOWN.sealed(value, numbers=True)

        assert sealed["a"].reveal() == "it is hunter2"
        assert sealed["b"][0].reveal() == "hunter2"
        assert (sealed["b"][1:], sealed["***"], sealed["c"]) == (
            ["4111111111111111"],
            None,
            {"d": "plain", "e": True},
        )

    def test_is_a_number_that_is_one_only_if_numbers_are_sealed(self):
        value = {"a": 4821, "b": Decimal(4821), "c": 48210, "d": [4821]}

        assert self.KNOWN.sealed(value, numbers=False) == value
        sealed = self.KNOWN.sealed(value, numbers=True)
        assert [sealed[name].reveal() for name in "ab"] == ["4821", "4821"]
        assert (sealed["c"], [each.reveal() for each in sealed["d"]]) == (48210, ["4821"])

    @pytest.mark.parametrize(
        "value",
        [
            {"card_id": "4821", "id": "hunter2", "orderId": "4821"},
            {"dt": "4821-05-01T00:00:00+05:00", "amount": "148210.00", "mask": "4821********4821"},
            {"uuid": "0b5e4821-7c1c-4e6f-9f57-5b4c3f1f0a11"},
        ],
    )
    def test_is_no_id_and_no_time_and_no_part_of_a_number(self, value):
        assert self.KNOWN.sealed(value, numbers=True) == value

    def test_names_that_look_alike_without_it_stay_two(self):
        assert self.KNOWN.sealed({"hunter2": 1, "***": 2}, numbers=True) == {"***": 1, "*** (1)": 2}


class TestRedaction:
    def test_shows_no_secret_itself(self):
        redaction = Redaction([Secret("hunter2")], codes=True)
        parts = list(parts_of(redaction))

        assert len(parts) > 1
        assert "hunter2" not in repr(parts)
        assert pickle.loads(pickle.dumps(redaction)).text("hunter2") == "hunter2"
        assert b"hunter2" not in pickle.dumps(redaction)

    def test_hides_what_is_known_in_the_body(self):
        assert Redaction([Secret("hunter2")]).body(b'{"said":"hunter2"}') == '{"said":"***"}'

    def test_of_a_value_of_two_letters_is_not_searched(self):
        assert Redaction([Secret("ok"), Secret("")]).text("ok, it is ok") == "ok, it is ok"

    def test_of_a_value_that_came_out_of_a_pickle_hides_nothing(self):
        assert (
            Redaction([pickle.loads(pickle.dumps(Pin("1234")))]).text("None of 1234")
            == "None of 1234"
        )


class Own(msgspec.Struct):
    pin: str
    note: str
    amount: Decimal = Decimal(1)


class Renamed(msgspec.Struct, rename={"code": "pin"}):
    code: str


class Inside(msgspec.Struct):
    note: str
    pin: str | None = None


class Around(msgspec.Struct):
    inside: msgspec.Struct
    note: str = "plain"


@dataclasses.dataclass
class Person:
    memo: str
    pin: str


class Holder(msgspec.Struct):
    who: Person
    more: set[str]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Pin("1"), ["1"]),
        ("text", []),
        (None, []),
        ([Pin("1"), "2", (Pin("3"), [Pin("4")])], ["1", "3", "4"]),
        ({"a": Pin("1"), "b": {"c": [Pin("2")]}, 3: Pin("3")}, ["1", "2", "3"]),
        (
            {
                "pin": "1234",
                "otp": 5678,
                "cvv": [Decimal(1), "2"],
                "note": "plain",
                "document_id": "d-1",
            },
            ["1234", "5678", "1", "2"],
        ),
        ({"pin": True, "otp": None, "cvv": b"1", "pan": 1.5}, ["MQ==", "1.5"]),
        (Fields({"a": Pin("1"), "password": "p"}), ["1", "p"]),
        (CustomBody(fields=Fields({"a": [Pin("1")], "b": 2})), ["1"]),
        (Own(pin="1234", note="plain"), ["1234"]),
        (Renamed(code="1234"), ["1234"]),
        (Holder(who=Person(memo=Secret("x"), pin="1"), more={Secret("y")}), ["x", "y", "1"]),
        (CardIssue(client_id="pin", product_id=1), []),
        (
            ClientCreation(
                product_id=1,
                client=new_client(
                    document=Document("JVBERi0="),
                ),
            ),
            ["JVBERi0="],
        ),
        (ClientCreation(product_id=1, client=new_client(), branch_id=Secret("b")), ["b"]),
        (Around(inside=Own(pin="1234", note="plain"), note="plain"), ["1234"]),
        (Around(inside=Renamed(code="5"), note=Secret("n")), ["n", "5"]),
        (Around(inside=Inside(note=Secret("n"))), ["n"]),
        (Around(inside=Inside(note="plain", pin=None)), []),
    ],
    ids=repr,
)
def test_what_is_sealed_or_has_the_name_of_a_secret_is_one(value, expected):
    assert [each.reveal() for each in secrets_sent(value)] == expected


def test_of_a_document_its_beginning_is_kept():
    long = DOCUMENT * 20

    assert [each.reveal() for each in secrets_sent([Document(long), Document(long[:16_384])])] == [
        long[:16_384]
    ] * 2


@pytest.mark.parametrize(
    "raised", [AttributeError, TypeError, ValueError, OverflowError, RecursionError]
)
def test_what_has_no_form_in_json_has_no_secrets(raised):
    class Odd(Closed):
        def items(self):
            raise raised("no")

    assert secrets_sent({"a": 1, "b": Odd()}) == []
