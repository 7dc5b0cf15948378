from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from freedompay_async.calls.cancelled import Lost, LostOutcome, mark_cancelled
from freedompay_async.calls.record import Record
from freedompay_async.contract.models import (
    CustomBody,
    GiftCardState,
    GiftConfirmation,
    GiftIssue,
    IssuedGiftCard,
    PinSetting,
)
from freedompay_async.contract.models.open import Extra, Fields
from freedompay_async.contract.table import CARDS_SET_PIN, GIFT_CARDS_CONFIRM, GIFT_CARDS_ISSUE
from freedompay_async.errors import (
    AuthenticationError,
    ConfigurationError,
    GiftCardError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ResultUnknown,
)
from freedompay_async.redaction.secret import Otp, Pin, Secret

ISSUE = GiftIssue(cardholder_name="ИВАН", phone=77017777777, product_code=1)
FIELDS = {"cardholder_name": "ИВАН", "phone": 77017777777, "product_code": 1}
ISSUED = IssuedGiftCard(status=0, card_id=5, request_id="r-1")


def gives(answer):
    async def work():
        return answer

    return work


def fails(error):
    async def work():
        raise error

    return work


def cancelled(outcome: LostOutcome | None = None) -> asyncio.CancelledError:
    error = asyncio.CancelledError()
    if outcome is not None:
        mark_cancelled(error, Lost("r-1", "gift_cards.issue", outcome), "a note")
    return error


async def test_a_call_is_between_two_lines(path, lines):
    answer = await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, gives(ISSUED))

    entry = {"call": "gift_cards.issue", "request_id": "r-1", "request": FIELDS}
    assert answer is ISSUED
    assert lines() == [
        {"state": "sending", **entry},
        {
            "state": "done",
            **entry,
            "answer": {
                "extra": {},
                "status": 0,
                "datetime": None,
                "request_id": "r-1",
                "card_id": 5,
            },
        },
    ]


async def test_the_first_line_is_there_while_the_call_is_made(path, lines):
    seen = []

    async def work():
        seen.extend(lines())
        return ISSUED

    await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, work)

    assert [line["state"] for line in seen] == ["sending"]


async def test_each_line_has_its_time_and_is_one_line(path):
    before = datetime.now(UTC) - timedelta(seconds=1)
    await Record(path).keep(GIFT_CARDS_ISSUE, "r\n1", ISSUE, {}, gives(ISSUED))

    found = path.read_bytes().splitlines(keepends=True)
    times = [datetime.fromisoformat(json.loads(line)["at"]) for line in found]
    assert [line.endswith(b"\n") for line in found] == [True, True]
    assert before < times[0] <= times[1] <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotSent("no connection"), "not sent"),
        (ConfigurationError("closed"), "not sent"),
        (GiftCardError("no", error_code="-6", done=False), "refused"),
        (GiftCardError("no", error_code="-10"), "unknown"),
        (AuthenticationError("no"), "refused"),
        (AuthenticationError("who says so?", done=None), "unknown"),
        (RateLimited("later"), "unknown"),
        (OutcomeUnknown("lost"), "unknown"),
        (ResultUnknown("odd"), "done"),
        (cancelled(), "unknown"),
        (cancelled(LostOutcome.UNKNOWN), "unknown"),
        (cancelled(LostOutcome.NOT_DONE), "not sent"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value,
)
async def test_an_end_is_written_down_and_raised(path, lines, error, state):
    with pytest.raises(type(error)) as caught:
        await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, fails(error))

    entry = {"call": "gift_cards.issue", "request_id": "r-1", "request": FIELDS}
    assert caught.value is error
    assert lines() == [
        {"state": "sending", **entry},
        {"state": state, **entry, "error": str(error)},
    ]


async def test_what_is_no_end_of_a_call_leaves_the_first_line_alone(path, lines):
    with pytest.raises(ZeroDivisionError):
        await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, fails(ZeroDivisionError()))

    assert [line["state"] for line in lines()] == ["sending"]


@pytest.mark.parametrize(
    ("call", "request_body", "expected"),
    [
        (
            GIFT_CARDS_CONFIRM,
            GiftConfirmation(otp=Otp("9876"), card_id=5),
            {"otp": "***", "card_id": 5},
        ),
        (CARDS_SET_PIN, PinSetting(card_id="c", pin=Pin("9876")), {"card_id": "c", "pin": "***"}),
        (
            CARDS_SET_PIN,
            CustomBody(fields=Fields({"a": 1, "pin": Secret("9876")})),
            {"fields": {"a": 1, "pin": "***"}},
        ),
    ],
    ids=["otp", "pin", "given"],
)
async def test_secrets_are_masked(path, lines, call, request_body, expected):
    await Record(path).keep(
        call, "r-1", request_body, {}, gives(GiftCardState(status=0, extra=Extra({"cvv": "9876"})))
    )

    assert [line["request"] for line in lines()] == [expected, expected]
    assert lines()[1]["answer"]["extra"] == {"cvv": "***"}
    assert "9876" not in path.read_text()


async def test_amounts_are_written_digit_by_digit(path, lines):
    await Record(path).keep(
        GIFT_CARDS_CONFIRM,
        "r-1",
        ISSUE,
        {},
        gives(GiftCardState(status=0, card_balance=Decimal("0.10"))),
    )

    assert lines()[1]["answer"]["card_balance"] == "0.10"


async def test_calls_are_added_to_what_is_there(path, lines):
    for number in range(3):
        await Record(str(path)).keep(GIFT_CARDS_ISSUE, f"r-{number}", ISSUE, {}, gives(ISSUED))

    assert [(line["state"], line["request_id"]) for line in lines()] == [
        (state, f"r-{number}") for number in range(3) for state in ("sending", "done")
    ]


async def test_calls_at_once_write_whole_lines(path, lines):
    record = Record(path)
    await asyncio.gather(
        *(
            record.keep(GIFT_CARDS_ISSUE, f"r-{number}", ISSUE, {}, gives(ISSUED))
            for number in range(40)
        )
    )

    expected = sorted(
        (f"r-{number}", state) for number in range(40) for state in ("sending", "done")
    )
    assert sorted((line["request_id"], line["state"]) for line in lines()) == expected


@pytest.mark.skipif(os.name == "nt", reason="the rights of files are others there")
async def test_the_file_is_its_owners_only(path):
    await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, gives(ISSUED))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        (
            ".",
            ConfigurationError,
            (
                "{path} can't be used as a record (Is a directory). Name another file, or a new one. "
                "Nothing was sent."
            ),
        ),
        (
            "no/such/folder.jsonl",
            NotSent,
            (
                "the record {path} can't be written (No such file or directory). Nothing was sent. It "
                "is safe to repeat when the file can be written."
            ),
        ),
    ],
)
async def test_a_file_that_cannot_be_written_stops_the_call(tmp_path, name, kind, text):
    made, path = [], tmp_path / name

    async def work():
        made.append("sent")

    with pytest.raises(kind) as caught:
        await Record(path).keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, work)

    error = caught.value
    assert made == []
    assert (type(error), error.text, error.request_id, error.call, error.done) == (
        kind,
        text.format(path=path),
        "r-1",
        "gift_cards.issue",
        False,
    )


PROCESS = """
import asyncio, sys
from freedompay_async.contract.table import GIFT_CARDS_ISSUE
from freedompay_async.contract.models import GiftIssue, IssuedGiftCard
from freedompay_async.calls.cancelled import Lost, LostOutcome, mark_cancelled
from freedompay_async.calls.record import Record

async def main():
    record = Record(sys.argv[1])
    body = GiftIssue(cardholder_name="A" * 3000, phone=1, product_code=1)

    async def work():
        return IssuedGiftCard(status=0)

    for number in range(30):
        await record.keep(GIFT_CARDS_ISSUE, f"{sys.argv[2]}-{number}", body, {}, work)

asyncio.run(main())
"""


def test_two_processes_write_whole_lines(path, lines):
    # The package that is tested, wherever it is.
    env = os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(path), name], env=env) for name in "ab"
    ]

    ends = [process.wait(30) for process in processes]

    assert ends == [0, 0]
    assert sorted((line["request_id"], line["state"]) for line in lines()) == sorted(
        (f"{name}-{number}", state)
        for name in "ab"
        for number in range(30)
        for state in ("sending", "done")
    )
