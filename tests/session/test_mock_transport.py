"""`MockTransport`: a function answers in the issuer's place."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from unittest.mock import AsyncMock, Mock

import pytest

from freedompay_async import (
    ConfigurationError,
    FreedomPay,
    JwsSigner,
    MockTransport,
    NotSent,
    OutcomeUnknown,
    Override,
    Policy,
    ProtocolError,
    RateLimited,
    RequestFailed,
    Retry,
)
from freedompay_async.batch import Batch, Journal, read_file
from freedompay_async.hashdt import HashDT
from freedompay_async.transports import (
    LostAnswer,
    MockReply,
    MockRequest,
    NoConnection,
    Transport,
    TransportError,
)
from tests.programs import output_of
from tests.samples import OWN, SAMPLES, UNKNOWN_PATH, calling

FAST = Policy(
    attempt_timeout=0.05, pause=0.001, max_pause=0.002, grace=0.01, poll_first=0.001, poll_most=0.01
)
KEYS = {"auth_id": "1", "secret_key": "hunter2-of-the-merchant"}
ISSUED = {"status": "ok", "request_status": "success", "cards": [{"card_id": "card-1"}]}
ACCEPTED = {"status": "ok", "request_status": "process"}
BALANCE = {"status": "ok", "dt": "2026-05-14T16:00:00+06:00", "amount": "5", "currency": "KZT"}
UNKNOWN_ID = {"status": "error", "error_code": "no_such_request"}
PAGE = {"status": "Success", "code": 200, "data": [{"set_pin_url": "https://pins.example.com/1"}]}
GIFT = {"status": 0, "datetime": "2026-05-14 10:00:00", "card_id": 555}


def pay(handler, *, region="KZ", **options):
    mock = MockTransport(handler) if callable(handler) else handler
    return FreedomPay(
        region=region,
        test=True,
        transport=mock,
        **KEYS,
        **{"policy": FAST, "timeout": 2, **options},
    )


def pins(mock, **options):
    return HashDT(
        base_url="https://pins.example.com",
        api_key="hunter2-of-the-api",
        product_id="p",
        token="hunter2-of-the-bearer",
        transport=mock,
        policy=FAST,
        **options,
    )


def answers(table, otherwise=UNKNOWN_ID):
    """A handler with an answer, or an error to raise, for each call."""

    def handler(request):
        answer = table.get(request.call, otherwise)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return handler


# -- what the handler is given


@pytest.mark.parametrize("region", ["KZ", "KG"])
@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith("pins.")])
async def test_a_request_has_the_name_of_its_call_and_its_body(name, region):
    mock, sample = MockTransport(lambda request: MockReply(404)), SAMPLES[name]
    async with pay(mock, region=region) as fp:
        with pytest.raises(Exception, match="404"):
            await calling(name)(fp)
    first = mock.requests[0]

    assert (first.call, first.method, first.path) == (name, "POST", sample.path)
    own = {"request_id": first.request_id} if sample.has_own_id else {}
    assert json.loads(json.dumps(first.body, default=float)) == {**sample.body, **own}


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("pins.")])
async def test_a_request_of_the_pin_pages_has_headers_and_no_body(name):
    mock = MockTransport(lambda request: PAGE)
    async with pins(mock) as hashdt:
        page = await calling(name)(hashdt)
    (only,) = mock.requests

    assert (only.call, only.method, only.path, only.body) == (
        name,
        "GET",
        SAMPLES[name].path,
        None,
    )
    assert only.headers["X-CARDHOLDER-ID"] == "holder-1"
    assert only.request_id == only.headers["x-request-id"] == page.request_id


async def test_a_path_of_an_override_leads_to_its_call():
    mock = MockTransport(answers({"cards.issue": ACCEPTED, "cards.issue_plastic": ISSUED}))
    same = [
        Override(call=each, path="/v6/cards") for each in ("cards.issue", "cards.issue_plastic")
    ]
    async with pay(mock, contract=same) as fp:
        await fp.cards.issue(client_id="1", product_id=2000)
        await fp.cards.issue_plastic(client_id="1", product_id=2000)

    assert [(each.call, each.path) for each in mock.requests] == [
        ("cards.issue", "/v6/cards"),
        ("cards.issue_plastic", "/v6/cards"),
    ]


@pytest.mark.parametrize("path", [UNKNOWN_PATH, "/v5/card-api/card/balance"])
async def test_a_path_of_the_callers_own_has_no_name(path):
    mock = MockTransport(lambda request: BALANCE)
    async with pay(mock) as fp:
        await fp.call(path, {"a": 1}, dict, retry=Retry.READ)
    (only,) = mock.requests

    assert (only.call, only.path, only.body, only.request_id) == (None, path, {"a": 1}, None)


async def test_the_id_of_a_read_is_in_a_header_if_anywhere():
    jws, sign = (MockTransport(lambda request: BALANCE) for _ in range(2))
    async with pay(jws) as kz, pay(sign, region="KG") as kg:
        await kz.cards.balance("c-1")
        answer = await kg.cards.balance("c-1")

    assert jws.requests[0].request_id is None
    assert sign.requests[0].request_id == answer.request_id


async def test_a_look_up_has_the_id_that_it_asks_about():
    mock = MockTransport(answers({"cards.issue": ACCEPTED, "requests.status": ISSUED}))
    async with pay(mock, region="KG") as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)
        await operation.result()

    assert [(each.call, each.request_id) for each in mock.requests] == [
        ("cards.issue", operation.request_id),
        ("requests.status", operation.request_id),
    ]
    assert mock.requests[1].headers["Request-Id"] != operation.request_id


async def test_amounts_are_exact():
    mock = MockTransport(lambda request: ACCEPTED)
    async with pay(mock) as fp:
        await calling("transactions.refund")(fp, amount="0.10")

    assert repr(mock.requests[0].body["amount"]) == repr(Decimal("0.10"))


async def test_headers_are_found_in_upper_and_lower_case():
    mock = MockTransport(lambda request: BALANCE)
    async with pay(mock) as fp:
        await fp.cards.balance("c-1")
    headers = mock.requests[0].headers

    assert headers["x-jws-signature"] == headers["X-JWS-SIGNATURE"] == dict(headers).popitem()[1]
    assert "CONTENT-TYPE" in headers
    assert len(headers) == 2
    assert "content-length" not in headers
    assert 5 not in headers
    with pytest.raises(KeyError):
        headers["content-length"]


async def test_a_call_that_is_signed_again_keeps_its_name():
    def first_lost(request):
        if request.call == "requests.status":
            return UNKNOWN_ID
        if len(mock.requests) > 1:
            return ACCEPTED
        fp.replace_signer(JwsSigner(auth_id="1", secret_key="the next key"))
        raise LostAnswer

    mock = MockTransport(first_lost)
    async with pay(mock) as fp:
        await fp.cards.issue(client_id="1", product_id=2000)
    first, *_, last = mock.requests

    assert (first.call, first.body) == (last.call, last.body)
    assert first.headers["X-JWS-Signature"] != last.headers["X-JWS-Signature"]


# -- what it gives back


@pytest.mark.parametrize("kind", [Mock, AsyncMock])
async def test_a_mock_with_answers_in_their_order_is_a_handler(kind):
    handler = kind(side_effect=[LostAnswer(), ISSUED, MockReply(400, UNKNOWN_ID)])
    async with pay(handler) as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)
        with pytest.raises(RequestFailed, match="400"):
            await fp.cards.balance("c-1")

    assert (await operation.result()).card_ids == ("card-1",)


@pytest.mark.parametrize("name", ["cards.balance", "cards.issue"])
async def test_a_mock_without_an_answer_left_is_refused(name):
    mock = MockTransport(Mock(side_effect=[]))
    async with pay(mock) as fp:
        with pytest.raises(ConfigurationError, match="it has no answer left") as caught:
            await calling(name)(fp)

    assert caught.value.call == name
    assert len(mock.requests) == 1


async def test_a_dict_is_an_answer():
    async with pay(lambda request: ISSUED) as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)
        issued = await operation.result()

    assert issued.card_ids == ("card-1",)


@pytest.mark.parametrize(
    "handler",
    [
        AsyncMock(return_value=BALANCE),
        Mock(return_value=BALANCE),
        Mock(return_value=MockReply(200, BALANCE)),
        lambda request: MockReply(200, json.dumps(BALANCE)),
        lambda request: MockReply(200, json.dumps(BALANCE).encode()),
        lambda request: asyncio.sleep(0, BALANCE),
    ],
    ids=["async", "a function", "a MockReply", "a text", "bytes", "an awaitable"],
)
async def test_an_answer_may_have_any_of_these_forms(handler):
    async with pay(handler) as fp:
        balance = await fp.cards.balance("c-1")

    assert (balance.amount, balance.currency) == (5, "KZT")


async def test_amounts_of_an_answer_are_exact():
    async with pay(lambda request: {**BALANCE, "amount": Decimal("1234567890.10")}) as fp:
        balance = await fp.cards.balance("c-1")

    assert balance.amount == Decimal("1234567890.10")


async def test_a_status_and_headers_are_the_issuers():
    def busy(request):
        return MockReply(429, headers={"retry-after": "30"})

    async with pay(busy) as fp:
        with pytest.raises(RateLimited) as caught:
            await fp.cards.issue(client_id="1", product_id=2000)

    assert (caught.value.retry_after, caught.value.wait_too_long) == (30.0, True)


async def test_a_wait_that_the_issuer_asks_for_is_kept():
    def once_busy(request):
        return MockReply(429, headers={"Retry-After": "0"}) if len(mock.requests) < 2 else ISSUED

    mock = MockTransport(once_busy)
    async with pay(mock) as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)

    assert [each.request_id for each in mock.requests] == [operation.request_id] * 2


async def test_a_refusal_is_the_issuers():
    refused = MockReply(400, {"status": "error", "error_code": "no_product"})
    async with pay(answers({"cards.issue": refused})) as fp:
        with pytest.raises(RequestFailed, match="no_product") as caught:
            await fp.cards.issue(client_id="1", product_id=2000)

    assert (caught.value.refused, caught.value.http_status) == (True, 400)


@pytest.mark.parametrize("body", ["<html>", b"\xff", [1], None, {"status": "maybe"}])
async def test_what_is_not_the_contracts_is_found_out(body):
    async with pay(lambda request: MockReply(200, body)) as fp:
        with pytest.raises(ProtocolError):
            await fp.cards.balance("c-1")


async def test_an_answer_that_is_too_large_is_not_read():
    async with pay(lambda request: MockReply(200, "x" * 101), max_answer=100) as fp:
        with pytest.raises(OutcomeUnknown, match="larger than 100 bytes"):
            await fp.cards.balance("c-1")
    async with pay(lambda request: BALANCE, max_answer=100) as fp:
        assert (await fp.cards.balance("c-1")).amount == 5


# -- what gets lost


async def test_a_lost_answer_is_found_by_the_look_up():
    made = {}

    def issuer(request):
        if request.call == "requests.status":
            return made[request.request_id]
        made[request.request_id] = ISSUED
        raise LostAnswer

    mock = MockTransport(issuer)
    async with pay(mock) as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)
        issued = await operation.result()

    assert issued.card_ids == ("card-1",)
    assert [each.call for each in mock.requests] == ["cards.issue", "requests.status"]


async def test_a_lost_answer_whose_id_stays_unknown_is_sent_again_once_as_it_was():
    lost = [LostAnswer("the connection was reset"), None]

    def issuer(request):
        if request.call == "requests.status":
            return UNKNOWN_ID
        if error := lost.pop(0):
            raise error
        return ISSUED

    mock = MockTransport(issuer)
    async with pay(mock) as fp:
        await fp.cards.issue(client_id="1", product_id=2000)
    sent = [each for each in mock.requests if each.call == "cards.issue"]

    assert len(sent) == 2
    assert sent[0].body == sent[1].body


async def test_an_answer_that_stays_lost_leaves_the_outcome_unknown():
    async with pay(answers({}, LostAnswer("it was cut off")), timeout=0.1) as fp:
        with pytest.raises(OutcomeUnknown, match="it was cut off") as caught:
            await fp.cards.issue(client_id="1", product_id=2000)

    assert caught.value.done is None


async def test_no_connection_means_that_nothing_was_sent():
    mock = MockTransport(answers({}, NoConnection("the name was not resolved")))
    async with pay(mock) as fp:
        with pytest.raises(NotSent, match="the name was not resolved") as caught:
            await fp.cards.issue(client_id="1", product_id=2000)

    assert caught.value.done is False
    assert [each.call for each in mock.requests] == ["cards.issue"] * FAST.attempts


async def test_no_connection_for_good_is_not_tried_again():
    mock = MockTransport(answers({}, NoConnection("the certificate is not trusted", final=True)))
    async with pay(mock) as fp:
        with pytest.raises(NotSent, match="not trusted"):
            await fp.cards.issue(client_id="1", product_id=2000)

    assert len(mock.requests) == 1


async def test_no_connection_to_ask_takes_nothing_away_from_what_was_sent():
    def issuer(request):
        raise NoConnection if request.call == "requests.status" else LostAnswer

    async with pay(issuer, timeout=0.1) as fp:
        with pytest.raises(OutcomeUnknown):
            await fp.cards.issue(client_id="1", product_id=2000)


async def test_an_error_of_any_transport_counts_as_sent():
    async with pay(answers({}, TransportError("gone")), timeout=0.1) as fp:
        with pytest.raises(OutcomeUnknown, match="gone"):
            await fp.cards.issue(client_id="1", product_id=2000)


@pytest.mark.parametrize("limits", [{}, {"policy": Policy(), "timeout": 0.05}])
async def test_a_handler_that_never_answers_is_ended_by_the_clock(limits):
    ended = []

    async def silent(request):
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(request.call)

    async with pay(silent, **{"timeout": 0.2, **limits}) as fp:
        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            await fp.cards.issue(client_id="1", product_id=2000)

    assert ended[0] == "cards.issue"


async def test_a_late_answer_is_found_by_the_look_up():
    async def slow(request):
        if request.call == "cards.issue":
            await asyncio.Event().wait()
        return ISSUED

    async with pay(slow) as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)

    assert (await operation.result()).card_ids == ("card-1",)


async def test_a_caller_that_leaves_cancels_the_handler():
    began = asyncio.Event()

    async def silent(request):
        began.set()
        await asyncio.Event().wait()

    async with pay(silent) as fp:
        call = asyncio.create_task(fp.cards.issue(client_id="1", product_id=2000))
        await began.wait()
        during = repr(fp)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        after = repr(fp)

    assert "1 requests, 1 active)" in during
    assert "1 requests, 0 active)" in after


async def test_closing_the_client_ends_what_is_on_the_way():
    began = asyncio.Event()

    async def silent(request):
        began.set()
        await asyncio.Event().wait()

    fp = pay(silent, policy=Policy(), timeout=60)
    call = asyncio.create_task(fp.cards.issue(client_id="1", product_id=2000))
    await began.wait()
    await fp.aclose()
    with pytest.raises(OutcomeUnknown, match="the client was closed"):
        await call

    assert "closed)" in repr(fp)


# -- an error of the handler's own


class Odd(Exception):
    def __setattr__(self, name, value):
        raise AttributeError(name)


OWN_ERRORS = {
    "a failed assertion": AssertionError("5 != 6"),
    "KeyError": KeyError("product_id"),
    "TimeoutError": TimeoutError("a clock of the handler's own"),
    "OSError": OSError("a file of the test's"),
    "ConfigurationError": ConfigurationError("a client of the handler's own"),
    "one that takes no attribute": Odd("5 != 6"),
    "one that no `except Exception` catches": pytest.fail.Exception("5 != 6"),
}


@pytest.fixture(params=OWN_ERRORS.values(), ids=OWN_ERRORS.keys())
def own_error(request):
    return request.param


@pytest.mark.parametrize("name", ["cards.balance", "cards.issue", "cards.set_pin"])
async def test_an_error_of_the_handlers_own_comes_out_as_it_is(name, own_error):
    mock = MockTransport(answers({}, own_error))
    async with pay(mock) as fp:
        with pytest.raises(type(own_error)) as caught:
            await calling(name)(fp)

    assert caught.value is own_error
    # Nothing asked what became of the call, and nothing was sent again.
    assert [each.call for each in mock.requests] == [name]
    assert caught.traceback[-1].name == "handler"


async def test_so_does_one_of_a_mock_inside_another_transport(own_error):
    class Counting(Transport):
        def __init__(self):
            self.inner = MockTransport(answers({}, own_error))

        def send(self, message, attempt):
            return self.inner.send(message, attempt)

    counting = Counting()
    async with pay(counting) as fp:
        with pytest.raises(type(own_error)) as caught:
            await fp.cards.issue(client_id="1", product_id=2000)

    assert caught.value is own_error
    assert len(counting.inner.requests) == 1


async def test_so_does_one_of_a_look_up_that_settles_the_call(own_error):
    mock = MockTransport(answers({"cards.issue": LostAnswer(), "requests.status": own_error}))
    async with pay(mock) as fp:
        with pytest.raises(type(own_error)) as caught:
            await fp.cards.issue(client_id="1", product_id=2000)

    assert caught.value is own_error
    assert [each.call for each in mock.requests] == ["cards.issue", "requests.status"]


@pytest.mark.parametrize("door", ["result", "refresh", "as_completed"])
async def test_so_does_one_of_a_look_up_for_the_result(door, own_error):
    mock = MockTransport(answers({"cards.issue": ACCEPTED, "requests.status": own_error}))
    async with pay(mock) as fp:
        operation = await fp.cards.issue(client_id="1", product_id=2000)
        doors = {
            "result": operation.result,
            "refresh": operation.refresh,
            "as_completed": lambda: anext(fp.requests.as_completed([operation])),
        }
        with pytest.raises(type(own_error)) as caught:
            await doors[door]()

    assert caught.value is own_error
    assert [each.call for each in mock.requests] == ["cards.issue", "requests.status"]


async def test_so_does_one_of_the_question_about_a_gift_card(own_error):
    mock = MockTransport(
        answers(
            {
                "gift_cards.issue": GIFT,
                "gift_cards.confirm": LostAnswer(),
                "gift_cards.status": own_error,
            }
        )
    )
    async with pay(mock) as fp:
        order = await fp.gift_cards.order(cardholder_name="IVAN", phone=77017777777, product_code=1)
        with pytest.raises(type(own_error)) as caught:
            await order.confirm(otp="1234")

    assert caught.value is own_error


async def test_so_does_one_of_the_pin_pages(own_error):
    async with pins(MockTransport(answers({}, own_error))) as hashdt:
        with pytest.raises(type(own_error)) as caught:
            await calling("pins.set_url")(hashdt)

    assert caught.value is own_error


async def test_so_does_one_of_a_batch(tmp_path):
    (tmp_path / "people.csv").write_text(
        "key,phone,type,resident,first_name,last_name\nk1,77017777777,1,1,IVAN,IVANOV\n", "utf-8"
    )
    wrong = AssertionError("5 != 6")
    mock = MockTransport(answers({"clients.create": wrong}))
    async with pay(mock) as fp, Journal.open(tmp_path / "run.db") as journal:
        batch = Batch(fp, journal)
        await batch.plan(read_file(tmp_path / "people.csv", product_id=2000))
        with pytest.raises(AssertionError) as caught:
            async for _ in batch.run():
                pass

    assert caught.value is wrong


async def test_a_call_that_is_cancelled_by_its_handler_is_cancelled():
    async with pay(answers({}, asyncio.CancelledError())) as fp:
        with pytest.raises(asyncio.CancelledError):
            await fp.cards.balance("c-1")


@pytest.mark.parametrize("name", ["cards.balance", "cards.issue"])
@pytest.mark.parametrize("error", [NotSent, RateLimited, OutcomeUnknown, RequestFailed])
async def test_an_error_that_only_a_client_raises_is_refused(name, error):
    mock = MockTransport(answers({}, error("hunter2")))
    async with pay(mock) as fp:
        with pytest.raises(ConfigurationError) as caught:
            await calling(name)(fp)

    assert caught.value.text == (
        f"the handler of MockTransport raised {error.__name__}, which only a client raises: "
        "return a dict or a MockReply, or raise LostAnswer or NoConnection. Nothing was sent."
    )
    assert caught.value.call == name
    assert isinstance(caught.value.__cause__, error)
    assert len(mock.requests) == 1


async def test_it_is_logged_without_its_text(caplog):
    async with pay(answers({}, AssertionError("hunter2"))) as fp:
        with pytest.raises(AssertionError):
            await fp.cards.balance("c-1")
        with pytest.raises(AssertionError):
            await fp.call(UNKNOWN_PATH, {}, dict)

    assert caplog.messages == [
        "the handler of cards.balance failed: AssertionError",
        f"the handler of {UNKNOWN_PATH} failed: AssertionError",
    ]


# -- a handler that is none


@pytest.mark.parametrize("name", ["cards.balance", "cards.issue"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (None, "None"),
        ("{}", "str"),
        (b"{}", "bytes"),
        (200, "int"),
        ((200, {}), "tuple"),
        (dict, "type"),
        (LostAnswer, "type"),
        (LostAnswer(), "LostAnswer"),
    ],
    ids=repr,
)
async def test_what_is_no_answer_is_refused(name, answer, kind, caplog):
    mock = MockTransport(lambda request: answer)
    async with pay(mock) as fp:
        with pytest.raises(ConfigurationError) as caught:
            await calling(name)(fp)

    assert caught.value.text == (
        f"the handler of MockTransport returned {kind}: return a dict or a MockReply, or raise "
        "LostAnswer or NoConnection. Nothing was sent."
    )
    assert caught.value.call == name
    assert caplog.messages == [f"the handler of {name} failed: {caught.value.text}"]
    assert len(mock.requests) == 1


async def test_what_json_can_not_hold_is_refused():
    async with pay(lambda request: {"a": object()}) as fp:
        with pytest.raises(ConfigurationError, match="JSON can't hold the body"):
            await fp.cards.issue(client_id="1", product_id=2000)


@pytest.mark.parametrize(
    ("handler", "kind"),
    [(None, "None"), ({}, "of type dict"), ("issue", "of type str"), (dict, "of type type")],
)
def test_what_is_no_function_is_refused(handler, kind):
    with pytest.raises(
        ConfigurationError, match=rf"^handler is {kind}: give a function that takes a MockRequest"
    ):
        MockTransport(handler)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("200",), r"status is of type str: give an HTTP status \(int\)"),
        ((True,), r"status is of type bool: give an HTTP status \(int\)"),
        ((100,), "status=100: an answer has an HTTP status from 200 to 599"),
        ((600,), "status=600"),
        ((200, 5), "body is of type int: give a dict, a list, a text or bytes"),
        ((200, {"pan": object()}), "JSON can't hold the body of this MockReply"),
        ((200, None, "Retry-After: 1"), "headers is of type str: give a dict of texts"),
        ((200, None, {"Retry-After": 1}), "headers is of type dict: give a dict of texts"),
    ],
)
def test_a_reply_of_other_parts_is_refused(arguments, why):
    with pytest.raises(ConfigurationError, match=rf"^{why}.*Nothing was sent\.$"):
        MockReply(*arguments)


# -- what it shows


async def test_what_was_sent_shows_names_and_no_value():
    mock = MockTransport(answers({"cards.issue": ACCEPTED}, MockReply(404)))
    async with pay(mock) as fp, pins(MockTransport(lambda request: PAGE)) as hashdt:
        await fp.cards.issue(client_id="1", product_id=2000, request_id=OWN)
        with pytest.raises(Exception, match="404"):
            await fp.cards.set_pin("c-1", pin="86420975", encrypt=lambda pin: f"sealed-{pin}")
        with pytest.raises(Exception, match="404"):
            await fp.call(UNKNOWN_PATH, {"memo": "hunter2", "4111117208615393": 1}, dict)
        await calling("pins.set_url")(hashdt)
        shown = repr(mock.requests) + repr([each.headers for each in mock.requests]) + repr(hashdt)

    assert repr(mock.requests[0]) == (
        "<cards.issue: POST /v5/card-api/card/issue, "
        f"request_id {OWN}, with request_id, client_id, product_id>"
    )
    assert "memo" in shown
    assert "X-JWS-Signature" in shown
    for secret in ("hunter2", "86420975", "4111117208615393", "eyJ"):
        assert secret not in shown


def test_a_reply_shows_no_value():
    reply = MockReply(200, {"pan": "4111117208615393"}, {"x-token": "hunter2"})

    assert repr(reply) == "<MockReply 200, 26 bytes>"
    assert repr(reply.headers) == "Headers(x-token)"


async def test_it_says_what_it_has_answered():
    mock = MockTransport(lambda request: BALANCE)
    before = repr(mock)
    async with pay(mock) as fp:
        await fp.cards.balance("c-1")
        during = repr(fp)

    assert before == "MockTransport(0 requests, 0 active)"
    assert "MockTransport('https://test-api.freedompay.kz', 1 requests, 0 active)" in during
    assert repr(mock) == "MockTransport('https://test-api.freedompay.kz', 1 requests, closed)"
    assert all(isinstance(each, MockRequest) for each in mock.requests)


# -- whose it is, and where


def test_it_belongs_to_one_client():
    mock = MockTransport(lambda request: BALANCE)
    fp = pay(mock)
    with pytest.raises(ConfigurationError, match="belongs to another client"):
        pay(mock)

    assert "MockTransport" in repr(fp)


async def test_it_can_be_warmed_up():
    mock = MockTransport(lambda request: BALANCE)
    async with pay(mock) as fp:
        await fp.warm_up(5)

    assert mock.requests == []


def test_it_runs_on_any_loop():
    async def use():
        async with pay(lambda request: asyncio.sleep(0.001, BALANCE)) as fp:
            return (await fp.cards.balance("c-1")).amount

    uvloop = pytest.importorskip("uvloop")
    assert asyncio.run(use()) == 5
    assert uvloop.run(use()) == 5


def test_nothing_of_http_is_imported():
    code = (
        "import asyncio, sys\n"
        "from freedompay_async import FreedomPay, MockTransport\n"
        "mock = MockTransport(lambda request: {'status': 'ok', 'dt': '2026', 'amount': '5'})\n"
        "async def use():\n"
        "    options = {'auth_id': '1', 'secret_key': 'k', 'region': 'KZ', 'test': True}\n"
        "    async with FreedomPay(transport=mock, **options) as fp:\n"
        "        return (await fp.cards.balance('c-1')).amount\n"
        "print(asyncio.run(use()), sorted({'aiohttp', 'httptools', 'yarl'} & sys.modules.keys()))"
    )

    assert output_of(code) == ("5 []", "")
