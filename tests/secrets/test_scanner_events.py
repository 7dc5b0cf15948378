"""No event shows a secret, whatever comes of the calls."""

from __future__ import annotations

import msgspec
import pytest

from freedompay_async.events import AttemptEnded, CallEnded
from tests.secrets.issuer_of_trouble import A_FEW
from tests.secrets.marked import CALLS, MARKS, PIN_CALLS, PLAIN_CALLS, client, pin_client


@pytest.mark.parametrize("trouble", [*A_FEW, "good", "lost", "not sent", "final"])
async def test_no_event_of_any_call_shows_a_secret(search, scanner, in_memory, trouble):
    told = []
    fp = client(transport=in_memory(trouble), events=told.append)
    hashdt = pin_client(transport=in_memory(trouble), events=told.append)
    await search.calls(fp, CALLS | PLAIN_CALLS)
    await search.calls(hashdt, PIN_CALLS)
    # Thousands: as text, and of each kind one as a program may open it.
    one_of_each = {type(event): event for event in told}.values()

    assert [leak for event in told for leak in scanner.text(repr(event), "an event")] == []
    assert scanner.text(msgspec.json.encode(told), "JSON") == []
    assert [leak for event in one_of_each for leak in scanner.answer(event, "an event")] == []
    assert {each.call for each in told if isinstance(each, CallEnded)} >= {*CALLS, *PIN_CALLS}
    assert any(isinstance(each, AttemptEnded) for each in told)


async def test_a_listener_that_fails_with_a_secret_leaves_none_in_the_log(search, in_memory):
    def broken(event):
        raise ValueError(MARKS["secret_key"])

    fp = client(transport=in_memory("lost"), events=broken)
    await search.calls(fp, CALLS)
    said = [record.getMessage() for record in search.records]

    assert search.found == []
    assert ["raised ValueError" in text for text in said if "a listener" in text] == [True]
