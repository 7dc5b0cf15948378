"""The record where something is odd: a disk that is full, a call that is cancelled, a value that
JSON has no form for, an answer of the caller's own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import os
import threading
from dataclasses import dataclass
from decimal import Decimal

import anyio
import msgspec
import pytest

from freedompay_async.calls.record import Record
from freedompay_async.contract.models import CustomBody, GiftIssue, IssuedGiftCard
from freedompay_async.contract.models.open import Extra, Fields
from freedompay_async.contract.table import CARDS_SET_PIN, GIFT_CARDS_ISSUE
from freedompay_async.errors import ConfigurationError, NotSent, OutcomeUnknown
from freedompay_async.redaction.secret import Secret

PAN = "4111111111111111"
ISSUE = GiftIssue(cardholder_name="A", phone=7, product_code=1)
FIELDS = {"cardholder_name": "A", "phone": 7, "product_code": 1}
ENTRY = {"call": "gift_cards.issue", "request_id": "r-1", "request": FIELDS}
ISSUED = IssuedGiftCard(status=0, card_id=5, request_id="r-1")
LOST_LINE = "its end could not be written to the record {} ({})"


class Mine(msgspec.Struct):
    name: str
    cvv: str
    note: str


@dataclass
class MineToo:
    name: str
    cvv: str
    note: str


@pytest.fixture
def keep(path):
    """Keeps a call whose work gives this, or fails with it."""

    async def run(end=ISSUED, *, call=GIFT_CARDS_ISSUE, request=ISSUE, extra=None):
        async def work():
            if isinstance(end, BaseException):
                raise end
            return end() if callable(end) else end

        return await Record(path).keep(call, "r-1", request, extra or {}, work)

    return run


@pytest.fixture
def full(monkeypatch):
    """A disk that takes these many lines whole, and of each that follows one byte less."""

    def build(whole: int) -> None:
        write, taken = os.write, []

        def short(file, line):
            taken.append(line)
            return write(file, line if len(taken) <= whole else line[:-1])

        monkeypatch.setattr(os, "write", short)

    return build


class TestAnswer:
    @pytest.mark.parametrize(
        "answer",
        [
            Mine("new", "987", f"card {PAN}"),
            MineToo("new", "987", f"card {PAN}"),
            {"name": "new", "cvv": "987", "note": f"card {PAN}"},
            {"name": "new", "cvv": Secret("987"), "note": Secret("hunter2")},
        ],
        ids=lambda answer: type(answer).__name__,
    )
    async def test_of_the_callers_own_type_is_sealed(self, keep, path, lines, answer):
        assert await keep(answer) is answer

        assert lines()[1] == {
            "state": "done",
            **ENTRY,
            "answer": {"name": "new", "cvv": "***", "note": "***"},
        }
        assert [text for text in ("987", PAN, "hunter2") if text in path.read_text()] == []

    @pytest.mark.parametrize(
        "answer",
        [None, [], [PAN], PAN, 5, object(), {"a": float("nan"), "b": {5}}, {"a": 10**400}],
        ids=lambda answer: type(answer).__name__,
    )
    async def test_of_no_fields_or_no_form_leaves_its_line(self, keep, path, lines, answer):
        assert await keep(answer) is answer

        assert [line["state"] for line in lines()] == ["sending", "done"]
        assert PAN not in path.read_text()

    async def test_deeper_than_the_stack_leaves_its_line(self, keep, lines):
        answer = {"a": 1}
        for _ in range(5000):
            answer = {"a": answer}
        await keep(answer)

        assert [line["state"] for line in lines()] == ["sending", "done"]

    async def test_of_the_library_has_its_unknown_fields_sealed(self, keep, lines):
        await keep(msgspec.structs.replace(ISSUED, extra=Extra({"cvv": "987", "colour": "red"})))

        assert lines()[1]["answer"]["extra"] == {"cvv": "***", "colour": "red"}


class TestFields:
    async def test_of_the_caller_are_sealed(self, keep, path, lines):
        fields = {
            "card_id": "c-1",
            "pin": "9876",
            "note": f"card {PAN}",
            "fee": Decimal("0.10"),
            "more": [{"cvv": 987}],
            "word": Secret("x"),
        }
        await keep({}, call=CARDS_SET_PIN, request=CustomBody(fields=Fields(fields)))

        shown = {
            "card_id": "c-1",
            "pin": "***",
            "note": "***",
            "fee": "0.10",
            "more": [{"cvv": "***"}],
            "word": "***",
        }
        assert [line["request"] for line in lines()] == [{"fields": shown}] * 2
        assert [text for text in ("9876", PAN, "987") if text in path.read_text()] == []

    async def test_that_an_override_and_a_call_add_are_there_and_sealed(self, keep, lines):
        call = dataclasses.replace(
            GIFT_CARDS_ISSUE, fields={"branch": 7, "agent": "a", "pin": "9876"}
        )
        await keep(call=call, extra={"agent": "b", "cvv": "987"})

        added = {"branch": 7, "agent": "b", "pin": "***", "cvv": "***"}
        assert [line["extra"] for line in lines()] == [added, added]

    @pytest.mark.parametrize(
        ("fields", "extra", "expected"),
        [({}, {}, []), ({"a": 1}, {}, [{"a": 1}] * 2), ({}, {"a": 2}, [{"a": 2}] * 2)],
    )
    async def test_that_are_added_are_there_only_where_some_are(
        self, keep, lines, fields, extra, expected
    ):
        await keep(call=dataclasses.replace(GIFT_CARDS_ISSUE, fields=fields), extra=extra)

        assert [line["extra"] for line in lines() if "extra" in line] == expected

    async def test_without_a_form_in_json_leave_the_rest_of_the_line(self, keep, lines):
        error = ConfigurationError("no form")

        with pytest.raises(ConfigurationError):
            await keep(error, request=GiftIssue(cardholder_name="\ud800", phone=7, product_code=1))

        assert lines() == [
            {"state": "sending", "call": "gift_cards.issue", "request_id": "r-1"},
            {
                "state": "not sent",
                "call": "gift_cards.issue",
                "request_id": "r-1",
                "error": "no form",
            },
        ]

    async def test_that_an_error_quotes_may_have_no_form_either(self, keep, lines):
        with pytest.raises(OutcomeUnknown):
            await keep(OutcomeUnknown("lost \ud800"))

        assert [(line["state"], line.get("error")) for line in lines()] == [
            ("sending", None),
            ("unknown", "lost ?"),
        ]


class TestCancelled:
    @pytest.fixture
    def held(self, monkeypatch, path):
        """The first line waits for `held.go`; `held.fails` is what becomes of it."""

        class Held:
            go = threading.Event()
            begun = threading.Event()
            fails: OSError | None = None

        opened = os.open

        def slow(name, *args, **options):
            if name == str(path) and not Held.begun.is_set():
                Held.begun.set()
                assert Held.go.wait(20)
                if Held.fails is not None:
                    raise Held.fails
            return opened(name, *args, **options)

        monkeypatch.setattr(os, "open", slow)
        yield Held
        Held.go.set()

    @pytest.fixture
    def cancel(self, keep, held):
        """Cancels a call while its first line is being written; gives its error, and whether it
        went on to its work.
        """

        async def run():
            worked = []
            task = asyncio.create_task(keep(lambda: worked.append(1)))
            await asyncio.to_thread(held.begun.wait, 20)
            task.cancel()
            await asyncio.sleep(0)
            held.go.set()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return caught.value, worked

        return run

    async def test_in_its_first_line_it_was_not_sent(self, cancel, lines):
        error, worked = await cancel()

        assert (error.request_id, error.outcome_unknown, worked) == ("r-1", False, [])
        assert lines() == [
            {"state": "sending", **ENTRY},
            {"state": "not sent", **ENTRY, "error": "cancelled"},
        ]

    @pytest.mark.parametrize("again", ["by its scope", "by its task"])
    async def test_again_and_again_in_its_first_line_it_was_not_sent(
        self, keep, held, lines, again
    ):
        worked, caught = [], []

        async def call():
            try:
                await keep(lambda: worked.append(1))
            except asyncio.CancelledError as error:
                caught.append(error)
                raise

        with anyio.CancelScope() as scope:
            task = asyncio.create_task(call()) if again == "by its task" else asyncio.current_task()

            def stop():
                scope.cancel() if again == "by its scope" else task.cancel()

            async def stop_often():
                await asyncio.to_thread(held.begun.wait, 20)
                for _ in range(3):
                    stop()
                    await asyncio.sleep(0)
                held.go.set()

            stopping = asyncio.create_task(stop_often())
            await (call() if again == "by its scope" else asyncio.wait([task]))
        await stopping

        assert [(each.request_id, each.outcome_unknown) for each in caught] == [("r-1", False)]
        assert worked == []
        assert [line["state"] for line in lines()] == ["sending", "not sent"]

    async def test_in_a_first_line_that_fails_it_leaves_none(self, cancel, held, path):
        held.fails = OSError(errno.ENOSPC, "full")
        error, worked = await cancel()

        assert (error.request_id, error.outcome_unknown, worked) == ("r-1", False, [])
        assert not path.exists()


class TestDisk:
    async def test_that_takes_a_part_of_the_first_line_stops_the_call(self, keep, full, path):
        full(0)
        worked = []

        with pytest.raises(NotSent) as caught:
            await keep(lambda: worked.append(1))

        assert (caught.value.text, caught.value.request_id, caught.value.call, worked) == (
            (
                f"the record {path} can't be written ({os.strerror(errno.ENOSPC)}). Nothing was sent. "
                "It is safe to repeat when the file can be written."
            ),
            "r-1",
            "gift_cards.issue",
            [],
        )

    async def test_that_takes_a_part_of_the_last_line_keeps_the_answer(
        self, keep, full, path, caplog
    ):
        full(1)

        assert await keep() is ISSUED
        assert [
            (each.levelname, each.getMessage(), each.request_id, each.call)
            for each in caplog.records
        ] == [
            (
                "ERROR",
                f"gift_cards.issue: done, {LOST_LINE.format(path, os.strerror(errno.ENOSPC))}",
                "r-1",
                "gift_cards.issue",
            )
        ]

    async def test_that_takes_a_part_of_the_last_line_keeps_the_error(
        self, keep, full, path, caplog
    ):
        full(1)
        error = OutcomeUnknown("lost")

        with pytest.raises(OutcomeUnknown) as caught:
            await keep(error)

        note = LOST_LINE.format(path, os.strerror(errno.ENOSPC))
        assert (caught.value, error.__notes__) == (error, [note])
        assert [each.getMessage() for each in caplog.records] == [
            f"gift_cards.issue: unknown, {note}"
        ]

    @pytest.mark.skipif(os.name == "nt", reason="a file that is a folder is another error there")
    async def test_that_is_gone_at_the_end_keeps_the_answer(self, keep, path, caplog):
        def work():
            path.unlink()
            path.mkdir()
            return ISSUED

        assert await keep(work) is ISSUED
        assert [each.getMessage() for each in caplog.records] == [
            f"gift_cards.issue: done, {LOST_LINE.format(path, os.strerror(errno.EISDIR))}"
        ]


async def test_name_is_that_of_the_folder_in_which_the_client_was_made(keep, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = Record("here.jsonl")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    async def work():
        return ISSUED

    await record.keep(GIFT_CARDS_ISSUE, "r-1", ISSUE, {}, work)

    assert len((tmp_path / "here.jsonl").read_text().splitlines()) == 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_name_that_no_file_can_have_is_refused():
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        Record("a\0b")
