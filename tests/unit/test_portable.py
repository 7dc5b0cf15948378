"""An answer as other programs write it: msgspec's encoders without a hook, pydantic's models,
`dict()`.
"""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from decimal import Decimal

import msgspec
import pydantic
import pytest

from freedompay_async import Drift, NewClient, Secret
from freedompay_async.batch import Outcome, Plan, Report, State
from freedompay_async.contract.models import CustomBody
from freedompay_async.contract.models.open import Fields
from freedompay_async.hashdt import PinPage
from freedompay_async.models import (
    CardBalance,
    CardInfo,
    CardSecrets,
    Completed,
    CreatedClient,
    CreatedTransaction,
    Cvv,
    Extra,
    GiftCardState,
    GiftCardStatus,
    GiftStatus,
    IssuedCards,
    Movement,
    Pan,
    Pin,
    RequestState,
    Statement,
)
from freedompay_async.redaction.portable import Encoded
from freedompay_async.redaction.secret import PageUrl

PAN = "4000001234567899"
STATE = RequestState(
    status="ok",
    request_status="success",
    request_id="r",
    client_id="7",
    extra=Extra({"note": "a", "pan": PAN}),
)
SECRETS = CardSecrets(
    status="ok",
    pan=Pan(PAN),
    cvv=Cvv("123"),
    extra=Extra({"holder": "A B", "more": [{"pin": 1234}]}, secret=False),
)
LINE = Movement(
    amount=Decimal("12.10"),
    merchant={"name": "A", "card": Secret(PAN)},
    extra=Extra({"fee": Decimal("0.50")}),
)
OUTCOME = Outcome(
    number=1,
    line=2,
    key="k",
    state=State.ISSUED,
    client_id="7",
    card_id="9",
    client_request_id="a",
    card_request_id="b",
)
COUNTS = dict.fromkeys(
    (
        "refused",
        "unknown",
        "found",
        "doubtful",
        "started",
        "planned",
        "inactive",
        "accepted",
        "unproved",
    ),
    0,
)
ANSWERS = {
    "secrets": SECRETS,
    "balance": CardBalance(status="ok", amount=Decimal("0.10")),
    "info": CardInfo(status="ok", expiry="11/29", extra=Extra({"rate": Decimal("1.5")})),
    "statement": Statement(status="ok", operations=[LINE]),
    "gift card": GiftCardState(status=0, card_status=1, card_balance=Decimal(500)),
    "of no dictionary": GiftCardState(status=GiftStatus(0), card_status=GiftCardStatus(77)),
    "state": STATE,
    "completed": Completed(request_id="r", answer=STATE),
    "client": CreatedClient(request_id="r", client_id="7", answer=STATE),
    "cards": IssuedCards(request_id="r", card_ids=("9",), answer=STATE, ordered=1),
    "transaction": CreatedTransaction(
        request_id="r", transaction_id="5", fin_document_id=None, answer=STATE
    ),
    "page": PinPage(request_id="r", url=PageUrl("https://pins.example.com/a")),
    "outcome": OUTCOME,
    "report": Report(
        has_plan=True, batch="b", merchant="m", rows=1, issued=1, **COUNTS, problems=(OUTCOME,)
    ),
    "plan": Plan(rows=1, problems=(), settings={"batch": "b"}),
    "drift": Drift(call="cards.info", difference="unknown field", field="a", count=1),
}
HIDDEN = [PAN, "123", "1234", "https://pins.example.com/a"]
WAYS = {
    "msgspec": msgspec.json.encode,
    "msgspec, plain": lambda answer: json.dumps(msgspec.to_builtins(answer)).encode(),
    "msgpack": lambda answer: json.dumps(
        msgspec.msgpack.decode(msgspec.msgpack.encode(answer))
    ).encode(),
    "dict": lambda answer: json.dumps(dict(answer)).encode(),
    "pydantic, plain": lambda answer: json.dumps(
        pydantic.TypeAdapter(type(answer)).dump_python(answer)
    ).encode(),
    "pydantic, plain JSON": lambda answer: json.dumps(
        pydantic.TypeAdapter(type(answer)).dump_python(answer, mode="json")
    ).encode(),
    "pydantic": lambda answer: pydantic.TypeAdapter(type(answer)).dump_json(answer),
    "pydantic, of any type": lambda answer: pydantic.TypeAdapter(list[type(answer)]).dump_json(
        [answer]
    )[1:-1],
}


def texts(value) -> list[str]:
    """The leaves of JSON, as text."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    return (
        [text for part in value for text in texts(part)]
        if isinstance(value, list)
        else [str(value)]
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ANSWERS)
class TestAnswer:
    def test_is_written_by(self, name, way):
        written = json.loads(WAYS[way](ANSWERS[name]))

        assert written.keys() == set(ANSWERS[name].__struct_fields__)
        assert written == json.loads(WAYS["msgspec"](ANSWERS[name]))

    def test_hides_its_secrets_from(self, name, way):
        assert set(texts(json.loads(WAYS[way](ANSWERS[name])))) & set(HIDDEN) == set()


def test_secrets_are_written_as_a_mask():
    assert json.loads(msgspec.json.encode(SECRETS)) == {
        "extra": {"holder": "A B", "more": [{"pin": "***"}]},
        "status": "ok",
        "request_status": None,
        "dt": None,
        "error_code": None,
        "error_description": None,
        "request_id": "",
        "pan": "***",
        "expiry": None,
        "cvv": "***",
    }


def test_amounts_are_text_and_no_floats_wherever_they_stand():
    (line,) = json.loads(msgspec.json.encode(ANSWERS["statement"]))["operations"]

    assert (line["amount"], line["merchant"], line["extra"]) == (
        "12.10",
        {"name": "A", "card": "***"},
        {"fee": "0.50"},
    )


def test_what_is_made_of_an_answer_is_plain():
    made = msgspec.to_builtins(SECRETS)

    assert (type(made["pan"]), type(made["extra"]), type(made["extra"]["more"][0]["pin"])) == (
        str,
        dict,
        str,
    )


@pytest.mark.parametrize("form", ["string", "number"])
def test_an_encoder_of_any_decimal_format_writes_it(form):
    assert b'"0.50"' in msgspec.json.Encoder(decimal_format=form).encode(LINE)


def test_fields_of_a_caller_are_written_by_no_encoder():
    """They may hold anything, unsealed."""
    with pytest.raises(TypeError):
        msgspec.json.encode(CustomBody(fields=Fields({"pin": "1234"})))


class TestPydantic:
    def test_model_that_holds_answers_and_secrets_is_written(self):
        class Shown(pydantic.BaseModel):
            card: CardSecrets
            cards: list[IssuedCards]
            pan: Pan
            none: Pin | None = None

        shown = Shown(card=SECRETS, cards=[ANSWERS["cards"]], pan=Pan(PAN))
        written = json.loads(shown.model_dump_json())

        assert (
            written["pan"],
            written["none"],
            written["card"]["pan"],
            written["cards"][0]["card_ids"],
        ) == ("***", None, "***", ["9"])
        assert (
            PAN not in repr(shown) + str(shown) + str(shown.model_dump()) + shown.model_dump_json()
        )
        assert shown.pan.reveal() == PAN

    def test_model_seals_the_text_that_it_is_given(self):
        class Asked(pydantic.BaseModel):
            pin: Pin

        asked = [
            Asked.model_validate_json('{"pin":"1234"}'),
            Asked(pin="1234"),
            Asked(pin=Secret("1234")),
            Asked(pin=Pin("1234")),
        ]

        assert [(type(each.pin), each.pin.reveal()) for each in asked] == [(Pin, "1234")] * 4

    @pytest.mark.parametrize("value", [1234, None, ["1234"], {}])
    def test_model_refuses_what_is_no_text(self, value):
        with pytest.raises(pydantic.ValidationError, match="a Pin is text"):
            pydantic.TypeAdapter(Pin).validate_python(value)

    @pytest.mark.parametrize("value", [{"status": "ok"}, None, STATE])
    def test_model_takes_no_other_thing_for_an_answer(self, value):
        with pytest.raises(pydantic.ValidationError):
            pydantic.TypeAdapter(CardInfo).validate_python(value)

    @pytest.mark.parametrize("mode", ["validation", "serialization"])
    def test_schema_names_what_it_is(self, mode):
        class Shown(pydantic.BaseModel):
            card: CardSecrets
            pan: Pan

        fields = Shown.model_json_schema(mode=mode)["properties"]

        assert fields["card"].items() >= {"type": "object"}.items()
        assert (
            fields["pan"].items()
            >= {"type": "string", "format": "password", "writeOnly": True}.items()
        )
        assert pydantic.TypeAdapter(CardSecrets).json_schema(mode=mode) == {
            "title": "CardSecrets",
            "type": "object",
        }


class Own(msgspec.Struct):
    pan: Pan
    more: list[Secret] = []
    rest: Extra | None = None


def sealed(kind, value):
    return value if isinstance(value, kind) else kind(value)


class TestReading:
    """Of a type that msgspec writes by itself a hook is asked all the same, as of any other."""

    @pytest.mark.parametrize("value", ["1", Secret("1"), Pan("1")])
    def test_asks_the_hook(self, value):
        own = msgspec.convert({"pan": value, "more": ["2"], "rest": {"a": 3}}, Own, dec_hook=sealed)

        assert (type(own.pan), own.pan.reveal(), own.more[0].reveal(), own.rest) == (
            Pan,
            "1",
            "2",
            Extra({"a": 3}),
        )

    def test_without_a_hook_takes_what_is_sealed_and_nothing_else(self):
        pan = Pan("1")

        assert msgspec.convert({"pan": pan}, Own).pan is pan
        with pytest.raises(msgspec.ValidationError, match="Expected `Pan`, got `str`"):
            msgspec.convert({"pan": "1"}, Own)

    def test_of_json_asks_the_hook(self):
        assert msgspec.json.decode(b'{"pan":"***"}', type=Own, dec_hook=sealed).pan == Pan("***")

    def test_tells_the_hook_what_a_class_is(self):
        asked = []

        def hook(kind, value):
            asked.append(
                (
                    kind.__name__,
                    issubclass(kind, Secret),
                    issubclass(kind, Fields),
                    issubclass(kind, Secret | Fields),
                )
            )
            return kind(value)

        msgspec.convert({"pan": "1", "rest": {}}, Own, dec_hook=hook)

        assert sorted(asked) == [("Extra", False, True, True), ("Pan", True, False, True)]


@pytest.mark.parametrize("kind", [Secret, Pan, Extra])
class TestClass:
    """It is an ordinary class, whatever msgspec takes it for."""

    def test_has_no_members(self, kind):
        assert (
            len(kind),
            list(kind),
            list(reversed(kind)),
            "a" in kind,
            dict(kind.__members__),
            bool(kind),
        ) == (
            0,
            [],
            [],
            False,
            {},
            True,
        )
        with pytest.raises(KeyError):
            kind["a"]

    def test_has_no_attribute_that_it_does_not_name(self, kind):
        with pytest.raises(
            AttributeError, match=f"type object '{kind.__name__}' has no attribute 'other'"
        ):
            _ = kind.other

    def test_is_shown_and_told_as_a_class(self, kind):
        assert (repr(kind), inspect.isclass(kind), "reveal" in dir(Pan)) == (
            f"<class '{kind.__module__}.{kind.__name__}'>",
            True,
            True,
        )
        assert inspect.signature(kind).parameters

    def test_travels_by_its_name(self, kind):
        assert (pickle.loads(pickle.dumps(kind)) is kind, copy.deepcopy(kind) is kind) == (
            True,
            True,
        )

    def test_may_be_changed_and_inherited_from(self, kind):
        class Mine(kind):
            __slots__ = ()

        Mine.note = "a"
        assert (
            Mine.note,
            issubclass(Mine, kind),
            issubclass(kind, Mine),
            type(Mine) is Encoded,
        ) == ("a", True, False, True)
        del Mine.note
        assert not hasattr(Mine, "note")

    def test_is_not_a_base_of_others(self, kind):
        assert (issubclass(str, kind), issubclass(NewClient, kind), isinstance("a", kind)) == (
            False,
            False,
            False,
        )
