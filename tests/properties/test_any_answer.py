"""Whatever an issuer answers, a call ends: with its struct, or with an error of the library that
has the id.
"""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freedompay_async.codec.to_json import to_json
from freedompay_async.contract.calls import Retry
from freedompay_async.contract.models import Extra, RequestState
from freedompay_async.contract.table import HASHDT_TABLE, REQUESTS_STATUS, TABLE
from freedompay_async.errors import FreedomPayError
from freedompay_async.hashdt import PinPage, Pins
from freedompay_async.operations.operation import Operation
from freedompay_async.operations.start import start

SCHEMES = st.sampled_from(["KZ", "KG"])
every_row = pytest.mark.parametrize("row", [*TABLE, *HASHDT_TABLE], ids=lambda row: row.name)
askable = pytest.mark.parametrize(
    "row", [row for row in TABLE if row.retry is Retry.ASKABLE], ids=lambda row: row.name
)


def refuse(name):
    raise AssertionError(f"{name} is no JSON")


def properties(value) -> list[str]:
    return [name for name in dir(type(value)) if isinstance(getattr(type(value), name), property)]


def check_readable(value) -> None:
    """All that a program does with an answer, it can do."""
    repr(value), str(value), hash(type(value))
    copy.copy(value)
    copy.deepcopy(value)
    assert repr(pickle.loads(pickle.dumps(value))) == repr(value)
    json.loads(to_json(value), parse_int=str, parse_float=str, parse_constant=refuse)
    if isinstance(value, msgspec.Struct):
        json.loads(
            msgspec.json.encode(value), parse_int=str, parse_float=refuse, parse_constant=refuse
        )
        assert dict(value).keys() == set(value.__struct_fields__)
    check_parts(value)


def check_parts(value) -> None:
    if isinstance(value, msgspec.Struct):
        for name in properties(value):
            getattr(value, name)
        for part in msgspec.structs.asdict(value).values():
            check_parts(part)
    elif isinstance(value, Extra):
        assert list(value) == [*dict(value)]
    elif isinstance(value, list | tuple):
        for part in value:
            check_parts(part)


def check_error(error: FreedomPayError, wire, row, request_id: str | None = None) -> None:
    """It names the call and an id that went out, and it travels."""
    went = [
        json.loads(message.body).get("request_id") if message.body else None
        for message in wire.sent
    ]
    went += [
        message.headers.get(name)
        for message in wire.sent
        for name in ("Request-Id", "x-request-id")
    ]

    assert error.call == row.name
    assert request_id in (None, error.request_id)
    # The JWS scheme has no header for it, and some bodies have no field.
    assert error.request_id in went or (error.request_id and not any(went))
    assert (str(pickle.loads(pickle.dumps(error))), repr(copy.copy(error))) == (
        str(error),
        repr(error),
    )
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__
    for name in properties(error):
        getattr(error, name)


async def called(session, row, request):
    """The call as its resource makes it."""
    if row.retry is Retry.ASKABLE:
        return await start(session, row, request)
    if row.retry is Retry.UNASKABLE:
        return await session.change(row, request)
    return await session.read(row, request)


@every_row
@given(data=st.data())
def test_call_ends_with_its_struct_or_with_an_error_that_has_the_id(
    row, data, make, over, wire, play
):
    kinds = [row.answer] * 3 + [RequestState] * (row.retry is Retry.ASKABLE)
    script = data.draw(
        st.lists(st.none() | st.one_of(*map(make.replies, kinds)), min_size=1, max_size=4)
    )
    session = over(wires := wire(script), data.draw(SCHEMES))
    try:
        answer, seconds = play(called(session, row, data.draw(make.requests(row.request))))
    except FreedomPayError as error:
        check_error(error, wires, row)
    else:
        operation = answer if isinstance(answer, Operation) else None
        answer = operation.answer if operation else answer

        assert isinstance(answer, row.answer)
        assert answer.request_id
        assert operation is None or (
            operation.request_id == answer.request_id
            and operation.done in (True, False)
            and repr(operation)
        )
        assert seconds <= 61
        check_readable(answer)
    assert 1 <= len(wires.sent) <= 200
    assert isinstance(to_json(session.shared.drift.list()), str)


@every_row
@given(data=st.data())
def test_repeated_call_ends_too(row, data, make, over, wire, play):
    script = data.draw(st.lists(st.none() | make.replies(row.answer), min_size=1, max_size=4))
    session = over(wires := wire(script), data.draw(SCHEMES))
    try:
        answer, _ = play(session.repeat(row, data.draw(make.requests(row.request))))
    except FreedomPayError as error:
        check_error(error, wires, row)
    else:
        assert isinstance(answer, row.answer)
    assert 1 <= len(wires.sent) <= 4


@askable
@given(data=st.data())
def test_operation_ends_with_its_result_or_with_an_error_that_has_the_id(
    row, data, make, over, wire, play
):
    script = data.draw(st.lists(st.none() | make.replies(RequestState), min_size=1, max_size=4))
    session = over(wires := wire(script))
    operation = Operation(session, row, "my-id")
    try:
        result, seconds = play(operation.result(timeout=600))
    except FreedomPayError as error:
        check_error(error, wires, row if error.call == row.name else REQUESTS_STATUS, "my-id")
    else:
        assert isinstance(result, row.result)
        assert operation.done
        assert result.request_id == "my-id"
        assert seconds <= 600
        check_readable(result)
    assert 1 <= len(wires.sent) <= 2000
    assert repr(operation)


@pytest.mark.parametrize("row", HASHDT_TABLE, ids=lambda row: row.name)
@given(data=st.data())
def test_page_is_a_safe_one_or_an_error_that_has_the_id(row, data, make, over, wire, play):
    script = data.draw(st.lists(make.replies(row.answer), min_size=1, max_size=4))
    session = over(wires := wire(script))
    call = getattr(Pins(session, session.shared.signers["hashdt"]), row.name.removeprefix("pins."))
    try:
        page, _ = play(call(cardholder_id="a", wallet_id="b", card_id="c"))
    except FreedomPayError as error:
        check_error(error, wires, row)
    else:
        assert isinstance(page, PinPage)
        assert page.url.reveal() == "https://pins.example.com/p"
        check_readable(page)
