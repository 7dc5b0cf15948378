from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import (
    Cvv,
    Document,
    Expiry,
    Otp,
    PageUrl,
    Pan,
    Pin,
    Secret,
    SecretKey,
    Token,
)
from tests.person_examples import new_client

KINDS = [Cvv, Document, Expiry, Otp, PageUrl, Pan, Pin, Secret, SecretKey, Token]


@pytest.mark.parametrize(
    "shown", [repr, str, format, "{}".format, "{0!r}".format, lambda secret: f"{[secret]}"]
)
def test_is_not_shown(shown):
    assert "hunter2" not in shown(Secret("hunter2"))


@pytest.mark.parametrize("shown", [repr, str, format])
def test_is_shown_as_a_mask(shown):
    assert shown(Secret("hunter2")) == "***"


def test_is_not_shown_by_a_struct_that_holds_it():
    client = new_client(
        document=Secret("JVBERi0="),
    )

    assert "document=***" in repr(client)


def test_is_not_shown_by_a_traceback_with_its_locals():
    try:
        secret = Secret("hunter" + "2")
        raise ValueError(secret)
    except ValueError as error:
        told = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )

    assert "hunter" + "2" not in told.replace('"hunter" + "2"', "")


def test_is_revealed_by_name():
    assert Secret("hunter2").reveal() == "hunter2"


def test_of_a_secret_is_the_same_secret():
    assert Secret(Secret("hunter2")).reveal() == "hunter2"


@pytest.mark.parametrize(("value", "expected"), [("", False), ("0", True)])
def test_is_true_unless_empty(value, expected):
    assert bool(Secret(value)) == expected


@pytest.mark.parametrize(
    ("other", "expected"), [(Secret("a"), True), (Secret("b"), False), ("a", False)]
)
def test_is_equal_to_the_same_secret_only(other, expected):
    assert (Secret("a") == other) == expected


def test_has_one_place_in_a_set_with_an_equal_one():
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_has_a_hash_other_than_that_of_its_text():
    assert hash(Secret("a")) != hash("a")


@pytest.mark.parametrize("kind", KINDS)
def test_of_every_kind_is_a_string_that_is_a_mask(kind):
    made = kind("hunter2")

    assert (
        isinstance(made, str),
        str(made),
        repr(made),
        f"{made:>5}",
        made + "",
        "a,b".replace("a", made),
        made.encode(),
        len(made),
    ) == (
        True,
        "***",
        "***",
        "  ***",
        "***",
        "***,b",
        b"***",
        3,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_leaves_no_value_in_a_pickle(kind, protocol):
    data = pickle.dumps(kind("hunter2"), protocol)

    assert b"hunter2" not in data


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_out_of_a_pickle_is_of_its_kind_and_cannot_be_revealed(protocol):
    made = pickle.loads(pickle.dumps(Pin("1234"), protocol))

    assert (type(made), str(made), repr(made), bool(made)) == (Pin, "***", "***", True)
    with pytest.raises(ValueError) as caught:
        made.reveal()
    assert (
        str(caught.value)
        == "this secret was pickled, and a pickle holds no secret: take it from where it is kept"
    )


def test_out_of_a_pickle_is_not_equal_to_what_went_in():
    assert pickle.loads(pickle.dumps(Pin("1234"))) != Pin("1234")


def test_out_of_a_pickle_is_not_equal_to_another_one_out_of_a_pickle():
    one, two = (pickle.loads(pickle.dumps(Pin(value))) for value in ("1234", "9876"))

    assert (one == two, one != two, one == pickle.loads(pickle.dumps(one))) == (False, True, False)


def test_of_a_secret_out_of_a_pickle_cannot_be_revealed_either():
    with pytest.raises(ValueError):
        Pin(pickle.loads(pickle.dumps(Pin("1234")))).reveal()


@pytest.mark.parametrize("door", [copy.copy, copy.deepcopy])
def test_is_kept_by_a_copy(door):
    pin = Pin("1234")

    assert (door(pin) is pin, door([pin])[0] is pin) == (True, True)


def test_is_a_mask_in_json():
    assert json.dumps({"pin": Pin("1234")}) == '{"pin": "***"}'


@pytest.mark.parametrize("other", ["***", "hunter2"])
def test_is_not_equal_to_a_string(other):
    secret = Secret("hunter2")

    assert (secret == other, other == secret, secret != other, other != secret) == (
        False,
        False,
        True,
        True,
    )


def test_takes_no_other_attributes():
    with pytest.raises(AttributeError):
        Secret("hunter2").value = "hunter2"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [1234, b"1234", None, ["1234"], True])
def test_of_what_is_no_text_is_refused_without_showing_it(kind, value):
    with pytest.raises(ConfigurationError) as caught:
        kind(value)

    assert (
        caught.value.text
        == f"a {kind.__name__} is text, and not {type(value).__name__}. Nothing was sent."
    )


@pytest.mark.parametrize(
    "door",
    [
        lambda pin: pin.__reduce__(),
        lambda pin: pin.__reduce_ex__(4),
        lambda pin: pin.__getstate__(),
    ],
)
def test_leaves_no_value_at_the_doors_of_a_pickle(door):
    assert "hunter2" not in str(
        [getattr(part, "_value", part) for part in door(Pin("hunter2")) or ()]
    )


def test_has_no_state_to_be_pickled():
    assert Pin("hunter2").__getstate__() is None
