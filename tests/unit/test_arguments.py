"""What is said of an argument of another type: its name, its type, what to give; and never its
value.
"""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest

from freedompay_async.errors import ConfigurationError
from freedompay_async.guards.arguments import (
    check_flag,
    check_number,
    check_text,
    check_type,
    check_wait,
    check_whole,
    path_of,
    sealed,
)
from freedompay_async.redaction.secret import Hidden, Secret, SecretKey


class SecretStr:
    """As a library of settings has it."""

    def get_secret_value(self) -> str:
        return "hunter2"


def told(check, *args, **options) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check(*args, **options)
    return caught.value.text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "it is None: give text. Nothing was sent."),
        (7, "it is of type int: give text. Nothing was sent."),
        (b"hunter2", "it is of type bytes: give text: decode it first. Nothing was sent."),
        (
            bytearray(b"hunter2"),
            "it is of type bytearray: give text: decode it first. Nothing was sent.",
        ),
        (
            SecretStr(),
            (
                "it is of type SecretStr: give text: its get_secret_value() gives the text. "
                "Nothing was sent."
            ),
        ),
        (
            Secret("hunter2"),
            "it is a Secret, but logs show it: give a text that is no secret. Nothing was sent.",
        ),
    ],
)
def test_text(value, expected):
    assert told(check_text, "it", value) == expected
    assert check_text("it", "text") == "text"


def test_a_text_that_must_not_be_shown_is_sealed():
    made = sealed("it", Hidden("hunter2"), SecretKey)

    assert (type(made), made.reveal()) == (SecretKey, "hunter2")
    assert told(sealed, "it", Hidden(None), SecretKey) == "it is None: give text. Nothing was sent."
    assert (
        told(sealed, "it", Hidden(b"hunter2"), SecretKey)
        == "it is of type bytes: give text: decode it first. Nothing was sent."
    )


def test_a_path():
    assert (path_of("it", "a.db"), path_of("it", Path("a.db"))) == ("a.db", "a.db")
    assert (
        told(path_of, "it", 7)
        == "it is of type int: give the path of a file, as text or as a Path. Nothing was sent."
    )
    assert (
        told(path_of, "it", None)
        == "it is None: give the path of a file, as text or as a Path. Nothing was sent."
    )
    assert (
        told(path_of, "it", "a\0b") == r"it='a\x00b': no file can have this name. Nothing was sent."
    )
    assert told(path_of, "it", Secret("a.db")).startswith(
        "it is of type Secret: give the path of a file"
    )


@pytest.mark.parametrize("value", ["0", "false", 0, 1, None])
def test_a_flag_is_made_of_nothing_else(value):
    assert told(check_flag, "it", value).endswith(": give True or False. Nothing was sent.")
    assert (check_flag("it", True), check_flag("it", False)) == (True, False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("64", "it is of type str: give a whole number of calls (int). Nothing was sent."),
        (64.0, "it is of type float: give a whole number of calls (int). Nothing was sent."),
        (True, "it is of type bool: give a whole number of calls (int). Nothing was sent."),
        (0, "it=0: it must be at least 1 (calls). Nothing was sent."),
        (-1, "it=-1: it must be at least 1 (calls). Nothing was sent."),
    ],
)
def test_a_whole_number(value, expected):
    assert told(check_whole, "it", value, unit="calls") == expected
    assert check_whole("it", 1, unit="calls") == 1


def test_a_whole_number_without_a_unit():
    assert (
        told(check_whole, "it", "1")
        == "it is of type str: give a whole number (int). Nothing was sent."
    )
    assert told(check_whole, "it", 0) == "it=0: it must be at least 1. Nothing was sent."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", "it is of type str: give a number of seconds. Nothing was sent."),
        (None, "it is None: give a number of seconds. Nothing was sent."),
        (True, "it is of type bool: give a number of seconds. Nothing was sent."),
        (0, "it=0: it must be more than 0 (seconds). Nothing was sent."),
        (nan, "it=nan: it must be more than 0 (seconds). Nothing was sent."),
        (inf, "it=inf: it must be more than 0 (seconds). Nothing was sent."),
        (10**400, f"it={10**400}: it must be more than 0 (seconds). Nothing was sent."),
    ],
)
def test_a_number(value, expected):
    assert told(check_number, "it", value, unit="seconds") == expected
    assert check_number("it", 0.5, unit="seconds") == 0.5


def test_a_number_may_have_no_end():
    assert check_number("it", inf, endless=True) == inf
    assert (
        told(check_number, "it", nan, endless=True)
        == "it=nan: it must be more than 0. Nothing was sent."
    )
    assert told(check_number, "it", "1") == "it is of type str: give a number. Nothing was sent."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", "it is of type str: give True, False or seconds. Nothing was sent."),
        (None, "it is None: give True, False or seconds. Nothing was sent."),
        (nan, "it=nan: it must be 0 or more (seconds). Nothing was sent."),
        (-0.5, "it=-0.5: it must be 0 or more (seconds). Nothing was sent."),
        (10**400, f"it={10**400}: it must be 0 or more (seconds). Nothing was sent."),
    ],
)
def test_a_wait(value, expected):
    assert told(check_wait, "it", value) == expected


@pytest.mark.parametrize(
    ("value", "seconds"), [(True, inf), (inf, inf), (False, 0.0), (0, 0.0), (3, 3.0), (0.2, 0.2)]
)
def test_a_wait_is_seconds(value, seconds):
    assert check_wait("it", value) == seconds
    assert type(check_wait("it", value)) is float


def test_a_type():
    check_type("it", "text", str, "text")

    assert (
        told(check_type, "it", 7, str, "a name")
        == "it is of type int: give a name. Nothing was sent."
    )
