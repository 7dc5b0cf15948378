"""The bearer token: as text, and from a source that may be asked once more."""

from __future__ import annotations

import asyncio

import pytest

from freedompay_async import (
    AuthenticationError,
    ConfigurationError,
    NotSent,
    OutcomeUnknown,
    RequestFailed,
)
from freedompay_async.redaction.secret import Token

ERROR = {"status": "error", "code": 0, "message": "no"}


def bearers(issuer) -> list[str]:
    return [each["Authorization"] for each in issuer.arrived]


@pytest.mark.parametrize("token", ["token-b", Token("token-b")])
async def test_text_goes_out_as_it_is(connect, issuer, people, token):
    await connect(token=token).pins.set_url(**people)

    assert bearers(issuer) == ["Bearer token-b"]


async def test_text_is_not_tried_again_where_it_is_refused(connect, issuer, people):
    issuer.say((401, ERROR))

    with pytest.raises(AuthenticationError):
        await connect().pins.set_url(**people)

    assert bearers(issuer) == ["Bearer token-a"]


async def test_source_is_asked_at_the_first_call_and_not_again(connect, issuer, people, source):
    tokens = source("one", "two")
    pins = connect(token=tokens).pins
    before = tokens.asked
    for _ in range(3):
        await pins.set_url(**people)

    assert (before, tokens.asked) == (0, 1)
    assert bearers(issuer) == ["Bearer one"] * 3


async def test_source_may_give_a_secret(connect, issuer, people, source):
    await connect(token=source(Token("sealed"))).pins.set_url(**people)

    assert bearers(issuer) == ["Bearer sealed"]


async def test_source_is_asked_again_once_after_a_401(connect, issuer, people, source, page_url):
    tokens = source("old", "new")
    issuer.tokens = {"new"}
    page = await connect(token=tokens).pins.set_url(**people)

    assert page.url.reveal() == page_url
    assert tokens.asked == 2
    assert bearers(issuer) == ["Bearer old", "Bearer new"]
    assert [each["x-request-id"] for each in issuer.arrived] == [page.request_id] * 2


async def test_two_refusals_are_the_end(connect, issuer, people, source):
    tokens = source("old", "new", "newer")
    issuer.tokens = set()

    with pytest.raises(AuthenticationError) as caught:
        await connect(token=tokens).pins.set_url(**people, request_id="my-id")

    assert caught.value.request_id == "my-id"
    assert caught.value.http_status == 401
    assert tokens.asked == 2
    assert bearers(issuer) == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("status", [400, 403, 404, 500])
async def test_source_is_not_asked_again_after_another_error(
    connect, issuer, people, source, status
):
    tokens = source("old", "new")
    issuer.say((status, ERROR))

    with pytest.raises(Exception, match=str(status)):
        await connect(token=tokens).pins.set_url(**people)

    assert tokens.asked == 1
    assert set(bearers(issuer)) == {"Bearer old"}


async def test_a_later_call_may_ask_again_too(connect, issuer, people, source):
    tokens = source("one", "two", "three")
    pins = connect(token=tokens).pins
    issuer.tokens = {"two"}
    await pins.set_url(**people)
    issuer.tokens = {"three"}
    await pins.set_url(**people)

    assert tokens.asked == 3
    assert bearers(issuer) == ["Bearer one", "Bearer two", "Bearer two", "Bearer three"]


async def test_many_calls_with_an_expired_token_renew_it_once(
    connect, issuer, people, source, page_url
):
    tokens = source("old", "new", "too many")
    issuer.tokens = {"new"}
    pins = connect(token=tokens).pins

    pages = await asyncio.gather(*(pins.set_url(**people) for _ in range(50)))

    assert {page.url.reveal() for page in pages} == {page_url}
    assert len({page.request_id for page in pages}) == 50
    assert tokens.asked == 2


async def test_source_that_raises_raises_for_the_caller(connect, issuer, people, source):
    failure = LookupError("the vault is shut")
    tokens = source(failure, "good")
    pins = connect(token=tokens).pins

    with pytest.raises(LookupError) as caught:
        await pins.set_url(**people)
    await pins.set_url(**people)

    assert caught.value is failure
    assert tokens.asked == 2
    assert bearers(issuer) == ["Bearer good"]


async def test_source_that_raises_after_a_401_raises_for_the_caller(
    connect, issuer, people, source
):
    failure = LookupError("the vault is shut")
    issuer.tokens = set()

    with pytest.raises(LookupError) as caught:
        await connect(token=source("old", failure)).pins.set_url(**people)

    assert caught.value is failure
    assert bearers(issuer) == ["Bearer old"]


@pytest.mark.parametrize("garbage", ["", "s3cret\r\nx-evil: 1", "s3cret\u00e9", " s3cret"])
async def test_source_that_gives_garbage_is_refused_and_its_garbage_not_shown(
    connect, issuer, people, source, garbage
):
    with pytest.raises(ConfigurationError, match=r"token (is|has|begins) ") as caught:
        await connect(token=source(garbage)).pins.set_url(**people, request_id="my-id")

    assert caught.value.request_id == "my-id"
    assert caught.value.call == "pins.set_url"
    assert "s3cret" not in f"{caught.value!s}{caught.value!r}"
    assert issuer.arrived == []


@pytest.mark.parametrize(
    "garbage", [None, b"s3cret", ["s3cret"], {"token": "s3cret"}, True, 5.5, "", "s3cret\n"]
)
async def test_source_that_gives_no_text_is_refused_and_nothing_of_it_shown(
    connect, issuer, people, source, garbage
):
    tokens = source(garbage, "good")
    pins = connect(token=tokens).pins

    with pytest.raises(ConfigurationError, match=r"token (is|has|begins) ") as caught:
        await pins.set_url(**people, request_id="my-id")
    sent = list(issuer.arrived)
    await pins.set_url(**people)

    assert (caught.value.request_id, caught.value.call, sent) == ("my-id", "pins.set_url", [])
    assert (
        "s3cret"
        not in f"{caught.value!s}{caught.value!r}{vars(caught.value)}{caught.value.__cause__!r}{caught.value.__context__!r}"
    )
    assert bearers(issuer) == ["Bearer good"]


async def test_source_that_is_not_async_is_refused_and_its_token_not_shown(connect, issuer, people):
    with pytest.raises(
        ConfigurationError, match="token is a function that is not async: write it as async def"
    ) as caught:
        await connect(token=lambda: "s3cret").pins.set_url(**people)

    assert "s3cret" not in f"{caught.value!s}{caught.value!r}"
    assert issuer.arrived == []


async def test_source_whose_own_time_is_over_raises_its_own_error(connect, issuer, people, source):
    failure = TimeoutError("the vault is slow")
    pins = connect(token=source(failure, "good")).pins

    with pytest.raises(TimeoutError) as caught:
        await pins.set_url(**people)
    sent = list(issuer.arrived)
    await pins.set_url(**people)

    assert (caught.value is failure, sent) == (True, [])


def test_source_that_hangs_ends_with_the_deadline(play, slow, people, told):
    async def story():
        wire, pins = slow(asyncio.Event().wait, (0, 200, told()))
        with pytest.raises(NotSent, match="the token source gave no token in time") as caught:
            await pins.set_url(**people, request_id="my-id", timeout=7.0)
        return (
            wire.sent,
            caught.value.request_id,
            caught.value.call,
            asyncio.get_running_loop().time(),
        )

    assert play(story()) == ([], "my-id", "pins.set_url", 7.0)


def test_source_that_hangs_after_a_401_ends_with_the_same_deadline(play, slow, people):
    async def story():
        tokens = iter(["old"])

        async def source():
            return next(tokens, None) or await asyncio.Event().wait()

        wire, pins = slow(source, (3, 401, ERROR))
        with pytest.raises(NotSent, match="the token source gave no token in time") as caught:
            await pins.set_url(**people, timeout=7.0)
        return wire.sent, bool(caught.value.request_id), asyncio.get_running_loop().time()

    assert play(story()) == (["Bearer old"], True, 7.0)


def test_deadline_covers_both_attempts(play, slow, people, told):
    async def story():
        tokens = iter(["old", "new"])

        async def source():
            await asyncio.sleep(1)
            return next(tokens)

        wire, pins = slow(source, (2, 401, ERROR), (100, 200, told()))
        with pytest.raises(OutcomeUnknown):
            await pins.set_url(**people, timeout=7.0)
        return wire.sent, asyncio.get_running_loop().time()

    assert play(story()) == (["Bearer old", "Bearer new"], 7.0)


@pytest.mark.parametrize("seconds", [0, 4, 6.5])
def test_deadline_covers_the_source_and_the_first_call(play, slow, people, told, seconds):
    async def story():
        async def source():
            await asyncio.sleep(seconds)
            return "token"

        wire, pins = slow(source, (1000, 200, told()))
        with pytest.raises(OutcomeUnknown) as caught:
            await pins.set_url(**people, request_id="my-id", timeout=7.0)
        return wire.sent, caught.value.request_id, asyncio.get_running_loop().time()

    assert play(story()) == (["Bearer token"], "my-id", 7.0)


def test_deadline_of_the_client_covers_the_source_too(play, slow, people, told):
    async def story():
        async def source():
            await asyncio.sleep(4)
            return "token"

        wire, pins = slow(source, (1000, 200, told()), timeout=7.0)
        with pytest.raises(OutcomeUnknown):
            await pins.set_url(**people)
        return wire.sent, asyncio.get_running_loop().time()

    assert play(story()) == (["Bearer token"], 7.0)


def test_call_that_waits_for_the_renewal_of_another_keeps_its_own_deadline(
    play, slow, people, told
):
    async def story():
        async def source():
            await asyncio.sleep(5)
            return "token"

        wire, pins = slow(source, (0, 200, told()))
        patient = asyncio.create_task(pins.set_url(**people))
        await asyncio.sleep(0)
        with pytest.raises(NotSent):
            await pins.set_url(**people, timeout=2.0)
        at = asyncio.get_running_loop().time()
        await patient
        return wire.sent, at

    assert play(story()) == (["Bearer token"], 2.0)


def test_call_that_is_cancelled_in_the_source_leaves_the_next_one_able(play, slow, people, told):
    async def story():
        asked = []

        async def source():
            asked.append(1)
            await asyncio.sleep(5 if len(asked) == 1 else 0)
            return "token"

        wire, pins = slow(source, (0, 200, told()))
        task = asyncio.create_task(pins.set_url(**people))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await pins.set_url(**people)
        return wire.sent, len(asked)

    assert play(story()) == (["Bearer token"], 2)


@pytest.mark.parametrize("status", [401, 403])
async def test_refusal_of_the_keys_advises_to_check_these_keys(connect, issuer, people, status):
    issuer.say((status, ERROR))

    with pytest.raises(AuthenticationError) as caught:
        await connect().pins.set_url(**people)
    text = str(caught.value)

    assert [word for word in ("api_key", "product_id", "token") if word not in text] == []
    assert [
        word
        for word in ("auth_id", "secret_key", "region", "signature", "merchant")
        if word in text
    ] == []


async def test_refused_request_is_no_refused_key(connect, issuer, people):
    issuer.say((400, ERROR))

    with pytest.raises(RequestFailed):
        await connect().pins.set_url(**people)
