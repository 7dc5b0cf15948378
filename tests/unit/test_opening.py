from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

import msgspec
import pytest

from freedompay_async.contract.models import CustomBody, Extra, PinSetting
from freedompay_async.contract.models.open import Fields
from freedompay_async.redaction.opening import Closed, opened
from freedompay_async.redaction.secret import Document, Pin, Secret
from tests.person_examples import new_client


def revealed(value):
    return opened(value, Secret.reveal)


class Holder(msgspec.Struct, frozen=True):
    a: Any
    b: Any = None


@dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    b: Any = field(default=1)
    LATER: ClassVar[str]


class Attrs:
    """As the attrs library marks its classes."""

    class Name:
        name = "a"

    __attrs_attrs__ = (Name,)

    def __init__(self, a):
        self.a = a


class Pair(NamedTuple):
    a: Any
    b: Any


@pytest.mark.parametrize(
    "value",
    [
        "a",
        1,
        True,
        1.5,
        None,
        b"a",
        Decimal("1.50"),
        object(),
        Holder("a"),
        Frozen("a"),
        Attrs("a"),
        Holder,
    ],
)
def test_what_holds_no_secret_is_itself(value):
    assert revealed(value) is value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Pin("1"), "1"),
        ({"a": Pin("1"), "b": 2}, {"a": "1", "b": 2}),
        ([Pin("1"), [Pin("2")]], ["1", ["2"]]),
        ((Pin("1"), 2), ["1", 2]),
        (Pair(Pin("1"), 2), ["1", 2]),
        ({Pin("1")}, ["1"]),
        (frozenset({Pin("1")}), ["1"]),
        (Fields({"a": Pin("1"), "b": Fields({"c": Pin("2")})}), {"a": "1", "b": {"c": "2"}}),
        (Extra({"pin": 1, "n": Decimal("1.50")}), {"pin": "1", "n": Decimal("1.50")}),
        (Holder(Pin("1"), Decimal("1.50")), Holder("1", Decimal("1.50"))),
        (Holder(Holder(Pin("1"))), Holder(Holder("1"))),
        (Frozen(Pin("1")), Frozen("1")),
        (Frozen({"x": Pin("1")}, Pin("2")), Frozen({"x": "1"}, "2")),
        (CustomBody(fields=Fields({"a": 1})), CustomBody(fields={"a": 1})),
    ],
)
def test_what_holds_some_has_their_values(value, expected):
    assert revealed(value) == expected


def test_what_holds_some_is_a_copy():
    value = PinSetting(card_id="1", pin=Pin("1"))
    client = new_client(
        document=Document("JVBERi0="),
    )

    assert (revealed(value).pin, revealed(client).document) == ("1", "JVBERi0=")
    assert (repr(value), str(client.document)) == ("PinSetting(card_id='1', pin=***)", "***")


def test_what_the_attrs_library_made_is_copied_too():
    value = Attrs(Pin("1"))

    assert (revealed(value).a, value.a.reveal(), type(value.a)) == ("1", "1", Pin)


def test_each_secret_is_shown_once_in_its_order():
    seen = []
    made = opened({"a": [Pin("1")], "b": Holder(Pin("2"), Fields({"c": Pin("3")}))}, seen.append)

    assert ([each.reveal() for each in seen], made) == (
        ["1", "2", "3"],
        {"a": [None], "b": Holder(None, {"c": None})},
    )


def test_a_secret_out_of_a_pickle_is_not_revealed():
    import pickle

    with pytest.raises(ValueError, match="this secret was pickled"):
        revealed([pickle.loads(pickle.dumps(Pin("1")))])


def test_closed_fields_have_to_say_what_they_hold():
    with pytest.raises(NotImplementedError):
        Closed().items()
