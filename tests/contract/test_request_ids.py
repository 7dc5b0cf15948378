"""An id of the caller's own that could not go out, or would write headers of its own, is refused
before anything is sent.
"""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from freedompay_async import ConfigurationError, RequestFailed, Retry
from freedompay_async.contract.models import RequestState
from tests.samples import SAMPLES, UNKNOWN_PATH, calling

BAD = {
    "two lines": "s3cret\r\nx-evil: 1",
    "a line end": "s3cret\n",
    "a carriage return": "s3cret\r",
    "a zero": "s3cret\x00",
    "a space": "s3cret s3cret",
    "a space in front": " s3cret",
    "a space behind": "s3cret ",
    "a tab": "s3cret\t",
    "half a pair": "s3cret\ud800",
    "another alphabet": "s3cret\u043a",
    "digits of another alphabet": "\u0661\u0662",
    "empty": "",
    "129 characters": "s3cret" + "a" * 123,
    "a number": 5,
    "bytes": b"s3cret",
    "a list": ["s3cret"],
    "a truth": True,
}
# Of the calls that can't be asked about only this one takes an id.
ROWS = [name for name, sample in SAMPLES.items() if sample.retry == "askable"] + [
    "gift_cards.issue"
]
CALLS = {name: lambda fp, own, name=name: calling(name)(fp, request_id=own) for name in ROWS} | {
    "gift_cards.order": lambda fp, own: fp.gift_cards.order(
        **SAMPLES["gift_cards.issue"].arguments, request_id=own
    ),
    "call": lambda fp, own: fp.call(UNKNOWN_PATH, {"card_id": "c-1"}, dict, request_id=own),
    "call, askable": lambda fp, own: fp.call(
        UNKNOWN_PATH, {"card_id": "c-1"}, RequestState, retry=Retry.ASKABLE, request_id=own
    ),
}
NAMES = {
    "gift_cards.order": "gift_cards.issue",
    "call": UNKNOWN_PATH,
    "call, askable": UNKNOWN_PATH,
}


@pytest.mark.parametrize("name", CALLS)
async def test_id_that_can_not_go_out_is_refused_and_not_shown(fp, issuer, name):
    errors = []
    for bad in BAD.values():
        with pytest.raises(ConfigurationError, match="request_id is ") as caught:
            await CALLS[name](fp, bad)
        errors.append(caught.value)

    assert list(issuer.received) == []
    assert [error.request_id for error in errors] == [None] * len(BAD)
    assert {error.call for error in errors} == {NAMES.get(name, name)}
    assert "s3cret" not in " ".join(
        f"{error!s} {error!r} {vars(error)} {error.__cause__!r}" for error in errors
    )


@pytest.mark.parametrize(
    "own", ["a", "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a11", "!~{}\"'\\/<>&%", "a" * 128]
)
async def test_id_of_visible_ascii_goes_out_as_it_is(fp, issuer, own):
    # The sandbox takes nothing but a UUID.
    with suppress(RequestFailed):
        await fp.cards.bulk_issue(product_id=2000, count=1, request_id=own)

    assert json.loads(issuer.received[0].body)["request_id"] == own
