"""The message of each attempt: its bytes, its id and its signature."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import MappingProxyType

import pytest

from freedompay_async.calls.compose import Composer, look_up_message
from freedompay_async.contract.calls import Mark, Retry
from freedompay_async.contract.models import (
    CardActivation,
    CardId,
    HeaderQuery,
    StatusQuery,
)
from freedompay_async.contract.models.open import Fields
from freedompay_async.contract.table import (
    CARDS_ACTIVATE,
    CARDS_BALANCE,
    PINS_SET_URL,
    REQUESTS_STATUS,
)
from freedompay_async.errors import ConfigurationError
from freedompay_async.redaction.secret import Secret

OWN = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11"
CALLS = {
    "an effect": (CARDS_ACTIVATE, CardActivation(card_id="1")),
    "a read": (CARDS_BALANCE, CardId(card_id="1")),
    "a question": (REQUESTS_STATUS, StatusQuery(request_id=OWN)),
    "headers": (PINS_SET_URL, HeaderQuery(headers=Fields({"x-card-id": "1"}))),
}


class Signer:
    """Signs by telling what it was given."""

    def __init__(self, name="a", *, header_id=False):
        self.name = name
        self.header_id = header_id

    def headers(self, *, path, body, request_id):
        return {"X-Signature": f"{self.name} {path} {len(body)}", "Request-Id": request_id}


class LateSigner(Signer):
    async def headers(self, **message):
        await asyncio.sleep(0)
        return super().headers(**message)


class Broken(Signer):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def headers(self, **message):
        return self.answer


def composer(kind, *, extra=None, request_id=None, **changes):
    call, request = CALLS[kind]
    made = Composer(replace(call, **changes), type(request)(**_fields(request)), extra)
    made.admit(request_id)
    return made


def _fields(request):
    return {name: getattr(request, name) for name in request.__struct_fields__}


def id_in_header(message):
    return message.headers["Request-Id"]


def test_the_id_of_an_effect_stands_in_its_body_and_in_the_header():
    made = composer("an effect")
    message = made.compose(Signer())

    assert json.loads(message.body) == {"request_id": made.id, "card_id": "1"}
    assert id_in_header(message) == made.id


@pytest.mark.parametrize("kind", CALLS)
def test_the_message_goes_to_the_path_of_the_call_and_is_signed_for_it(kind):
    call, message = CALLS[kind][0], composer(kind).compose(Signer())

    assert (message.method, message.path) == (call.method, call.path)
    assert message.headers["X-Signature"] == f"a {call.path} {len(message.body)}"


@pytest.mark.parametrize("kind", CALLS)
def test_the_message_has_the_name_of_its_call_unless_the_path_is_the_callers_own(kind):
    made = composer(kind, path="/v6/other")
    own = composer(kind, name="/v6/other", mark=Mark.CUSTOM)

    assert {made.compose(Signer(name)).call for name in ("a", "b")} == {CALLS[kind][0].name}
    assert {own.compose(Signer(name)).call for name in ("a", "b")} == {None}


def test_the_callers_id_is_that_of_the_effect():
    assert json.loads(composer("an effect", request_id=OWN).compose(Signer()).body) == {
        "request_id": OWN,
        "card_id": "1",
    }


def test_a_question_names_another_request_and_has_a_fresh_id_of_its_own():
    made = composer("a question")
    first, second = made.compose(Signer()), made.compose(Signer())

    assert {json.loads(each.body)["request_id"] for each in (first, second)} == {OWN}
    assert made.id == OWN
    assert len({OWN, id_in_header(first), id_in_header(second)}) == 3


def test_each_attempt_of_a_read_has_a_fresh_id():
    made = composer("a read")
    first, first_id = made.compose(Signer()), made.id
    second = made.compose(Signer())

    assert [id_in_header(first), id_in_header(second)] == [first_id, made.id]
    assert first_id != made.id
    assert b"request_id" not in second.body


def test_headers_go_out_without_a_body():
    message = composer("headers").compose(Signer())

    assert (message.method, message.body) == ("GET", b"")
    assert message.headers["x-card-id"] == "1"


@pytest.mark.parametrize("kind", ["an effect", "headers"])
def test_a_call_with_one_id_is_composed_once(kind):
    made, signer = composer(kind), Signer()

    assert made.compose(signer) is made.compose(signer)


@pytest.mark.parametrize("kind", ["an effect", "headers"])
def test_another_signer_signs_the_same_bytes_under_the_same_id(kind):
    made = composer(kind)
    first = made.compose(Signer())
    kept = dict(first.headers)
    second = made.compose(Signer("b"))

    assert (second.method, second.path, second.body, id_in_header(second)) == (
        first.method,
        first.path,
        first.body,
        id_in_header(first),
    )
    assert second.headers == kept | {"X-Signature": f"b{kept['X-Signature'][1:]}"}
    assert first.headers == kept


async def test_an_async_signer_makes_the_message_later():
    made, signer = composer("an effect"), LateSigner()
    message = await made.compose(signer)

    assert (id_in_header(message), made.compose(signer)) == (made.id, message)


async def test_a_signature_that_did_not_come_is_made_again():
    made, signer = composer("an effect"), LateSigner()
    signing = asyncio.ensure_future(made.compose(signer))
    await asyncio.sleep(0)
    signing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing

    assert id_in_header(await made.compose(signer)) == made.id


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "^what the signer gave is None: give headers, as a dict of texts"),
        (["X-Signature"], "^what the signer gave is of type list: give headers, as a dict"),
        ({"X-Signature": 1}, "^the signer's header X-Signature is of type int: give text\\."),
        ({"X-Signature": b"1"}, "^the signer's header X-Signature is of type bytes: give text"),
        ({"X-Signature": None}, "^the signer's header X-Signature is None: give text\\."),
    ],
)
def test_what_is_no_header_is_refused(answer, why):
    with pytest.raises(ConfigurationError, match=why):
        composer("an effect").compose(Broken(answer))


def test_headers_of_any_mapping_are_sent():
    """Such as those that a library for HTTP hands out."""
    row, body = CALLS["a read"]
    signer = Broken(MappingProxyType({"X-Signature": "a"}))
    composer = Composer(row, body, None)
    composer.admit(None)

    assert composer.compose(signer).headers["X-Signature"] == "a"


def test_the_contract_names_the_headers():
    made = composer("an effect", header_names={"x-signature": "Sign"})

    assert set(made.compose(Signer()).headers) == {"Sign", "Request-Id"}


def test_the_contract_changes_the_body():
    made = composer(
        "a read", fields={"lang": "ru"}, rename={"card_id": "card"}, extra={"more": Secret("x")}
    )

    assert json.loads(made.compose(Signer()).body) == {"lang": "ru", "card": "1", "more": "x"}


@pytest.mark.parametrize(("header_id", "refused"), [(True, False), (False, True)])
def test_an_id_that_no_header_and_no_body_carries_is_refused(header_id, refused):
    made = composer("an effect", leave_out=frozenset({"request_id"}))

    if refused:
        with pytest.raises(ConfigurationError, match="Nothing was sent"):
            made.compose(Signer(header_id=header_id))
    else:
        message = made.compose(Signer(header_id=header_id))
        assert (json.loads(message.body), id_in_header(message)) == ({"card_id": "1"}, made.id)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"request_id": "\n"}, "request_id"),
        ({"extra": {"request_id": OWN}}, "^extra can't hold request_id"),
        ({"extra": ["a"]}, "^extra is of type list: give a dict of fields"),
    ],
)
def test_what_can_not_be_sent_is_refused(options, why):
    with pytest.raises(ConfigurationError, match=why):
        composer("an effect", **options)


def test_a_question_about_no_id_is_refused():
    made = Composer(REQUESTS_STATUS, StatusQuery(request_id="\n"), None)

    with pytest.raises(ConfigurationError):
        made.admit(OWN)
    assert (made.request_id, made.secrets) == (None, ())


def test_all_that_must_not_be_shown_is_known():
    made = composer("an effect", extra={"more": Secret("x")}, rename={"card_id": "pin"})

    assert [each.reveal() for each in made.secrets] == ["x", "1"]


def test_a_secret_of_the_body_is_known():
    made = Composer(PINS_SET_URL, HeaderQuery(headers=Fields({"pin": "1234"})), None)
    made.admit(None)

    assert [each.reveal() for each in made.secrets] == ["1234"]


def test_a_look_up_names_the_request_and_has_an_id_of_its_own():
    first, second = (look_up_message(REQUESTS_STATUS, OWN, Signer()) for _ in range(2))

    assert [json.loads(each.body) for each in (first, second)] == [{"request_id": OWN}] * 2
    assert len({OWN, id_in_header(first), id_in_header(second)}) == 3
    assert (first.method, first.path) == (REQUESTS_STATUS.method, REQUESTS_STATUS.path)
    assert first.call == REQUESTS_STATUS.name


async def test_a_look_up_of_an_async_signer_comes_later():
    message = await look_up_message(REQUESTS_STATUS, OWN, LateSigner())

    assert json.loads(message.body) == {"request_id": OWN}


def test_a_repeatable_call_has_a_fresh_id_each_time():
    made = composer("an effect", retry=Retry.REPEATABLE)
    first, second = (json.loads(made.compose(Signer()).body)["request_id"] for _ in range(2))

    assert first != second
