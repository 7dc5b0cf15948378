"""A search that can't find proves nothing: a mark in each kind of place is found."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections import UserDict, deque

import msgspec
import pytest

from freedompay_async.contract.models import CardInfo
from freedompay_async.errors import ProtocolError
from tests.secrets.marked import MARKS
from tests.secrets.scanner import Leak, Scanner

PIN = MARKS["plain_pin"]


def marks(leaks) -> set[str]:
    return {leak.mark for leak in leaks}


def run_as(file: str, source: str):
    """Runs a function `fail` as if it stood in that file, and gives its error."""
    names = {"pin": PIN, "UserDict": UserDict}
    exec(compile(source, file, "exec"), names)
    try:
        names["fail"]()
    except BaseException as error:
        return error


OURS = "/somewhere/freedompay_async/calls/session.py"
FRAMES = {
    "a local": "def fail():\n    here = pin\n    raise ValueError",
    "bytes in a local": "def fail():\n    here = pin.encode()\n    raise ValueError",
    "a dict in a local": "def fail():\n    here = {'a': [{'b': pin}]}\n    raise ValueError",
    "a tuple in a local": "def fail():\n    here = ((1, (pin,)),)\n    raise ValueError",
    "a key in a local": "def fail():\n    here = {pin: 1}\n    raise ValueError",
    "a tuple whose repr is shut": (
        "class Shut(tuple):\n    __repr__ = lambda self: 'shut'\ndef fail():\n    here = "
        "Shut([pin])\n    raise ValueError"
    ),
    "a mapping whose repr is shut": (
        "class Shut(UserDict):\n    __repr__ = lambda self: 'shut'\ndef fail():\n    here = "
        "Shut(a=pin)\n    raise ValueError"
    ),
    "a repr in a local": (
        "class A:\n    __repr__ = lambda self: pin\ndef fail():\n    here = A()\n    raise "
        "ValueError"
    ),
    "an argument": "def fail(here=pin):\n    raise ValueError",
    "a cause": (
        "def below():\n    here = pin\n    raise ValueError\ndef fail():\n    try:\n        "
        "below()\n    except ValueError as error:\n        raise KeyError from error"
    ),
    "a context": (
        "def below():\n    here = pin\n    raise ValueError\ndef fail():\n    try:\n        "
        "below()\n    finally:\n        raise KeyError"
    ),
    "a suppressed context": (
        "def below():\n    here = pin\n    raise ValueError\ndef fail():\n    try:\n        "
        "below()\n    except ValueError:\n        raise KeyError from None"
    ),
    "a member of a group": (
        "def below():\n    here = pin\n    raise ValueError\ndef fail():\n    try:\n        "
        "below()\n    except ValueError as error:\n"
        "        group = BaseExceptionGroup('two', [error])\n    raise group"
    ),
    "an error's text": "def fail():\n    raise ValueError(pin)",
    "an error's attribute": "def fail():\n    error = ValueError()\n    error.body = pin\n    raise error",
    "a note": "def fail():\n    error = ValueError()\n    error.add_note(pin)\n    raise error",
}


@pytest.mark.parametrize("source", FRAMES.values(), ids=FRAMES)
def test_mark_in_an_error_is_found(scanner, source):
    assert marks(scanner.error(run_as(OURS, source), "here")) == {"plain_pin"}


@pytest.mark.parametrize("package", ["aiohttp", "asyncio", "anyio", "freedompay_async"])
def test_variables_of_these_packages_count(scanner, package):
    assert scanner.error(run_as(f"/lib/{package}/a.py", FRAMES["a local"]), "here")


def test_variables_of_a_test_do_not_count(scanner):
    assert scanner.error(run_as("/somewhere/tests/secrets/a.py", FRAMES["a local"]), "here") == []


def test_place_is_named(scanner):
    (leak, *_) = scanner.error(run_as(OURS, FRAMES["a local"]), "here")

    assert leak == Leak("plain_pin", "variable here of fail (freedompay_async/calls/session.py:3)")


class Open(msgspec.Struct):
    name: str


class Shut(msgspec.Struct):
    """Hides itself from every view but its pickle."""

    name: object

    def __repr__(self) -> str:
        return "Shut"


@pytest.mark.parametrize(
    "value",
    [
        PIN,
        PIN.encode(),
        int(PIN),
        [PIN],
        {"a": {"b": deque([PIN])}},
        {PIN},
        Open(PIN),
        CardInfo(status="ok", card_mask=PIN),
    ],
    ids=["text", "bytes", "number", "list", "dict", "set", "struct", "answer"],
)
def test_mark_in_a_value_is_found(scanner, value):
    assert marks(scanner.answer(value, "here")) == {"plain_pin"}


@pytest.mark.parametrize("name", [PIN, int(PIN)])
def test_mark_in_a_pickle_is_found(scanner, name):
    places = {leak.place for leak in scanner.answer(Shut(name), "here")}

    assert {
        f"here as pickle {protocol}" for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    } <= places


@pytest.mark.parametrize(
    ("way", "value"),
    [
        ("as json by str", {"a": PIN}),
        ("as json by vars", ProtocolError("said", body=PIN)),
        ("as msgspec json", Shut(PIN)),
        ("as builtins", Shut(PIN)),
        ("as fields", Shut(PIN)),
        ("as str", ProtocolError(PIN)),
    ],
)
def test_mark_in_a_written_value_is_found(scanner, way, value):
    assert f"here {way}" in {leak.place for leak in scanner.answer(value, "here")}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("around", ["{}", "a {} b", "<{}>", '"{}"', "({},)", "\\{}\\", "x={}&"])
def test_each_mark_is_found(scanner, mark, around):
    assert marks(scanner.text(around.format(MARKS[mark]), "here")) == {mark}


def test_mark_that_a_tool_has_cut_is_found(scanner):
    assert marks(scanner.text(MARKS["secret_key"][:12] + "...", "here")) == {"secret_key"}
    assert marks(scanner.text("..." + MARKS["secret_key"][-12:], "here")) == {"secret_key"}


def test_card_number_in_groups_is_found(scanner):
    assert marks(scanner.text("4111 1172 0861 5393", "here")) == {"pan"}


def test_mark_in_a_request_id_is_none():
    scanner = Scanner({"cvv": "9731"})

    assert scanner.text("0b5e3a52-9731-4e6f-9f57-5b4c3f1f0a11", "here") == []


LOGS = {
    "the message": lambda log: log.debug(PIN),
    "an argument": lambda log: log.debug("said %s", PIN),
    "a number": lambda log: log.debug("said %d", int(PIN)),
    "extra": lambda log: log.debug("said", extra={"body": {"pin": PIN}}),
    "an error": lambda log: log.debug("said", exc_info=run_as(OURS, FRAMES["a dict in a local"])),
    "another logger": lambda log: logging.getLogger("aiohttp.client").debug(PIN),
}


@pytest.mark.parametrize("write", LOGS.values(), ids=LOGS)
def test_mark_in_a_log_is_found(scanner, captured, write):
    write(logging.getLogger("freedompay_async"))

    assert marks(scanner.records(captured)) == {"plain_pin"}


async def test_mark_in_what_the_loop_tells_is_found(scanner, loud):
    asyncio.get_running_loop().call_soon(str, PIN)
    await asyncio.sleep(0)

    assert "plain_pin" in marks(scanner.records(loud))


def test_nothing_is_found_where_nothing_is(scanner):
    error = run_as(OURS, "def fail():\n    here = 'nothing'\n    raise ValueError('said')")

    assert scanner.error(error, "here") == []
