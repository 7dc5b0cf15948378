"""Whichever way a secret comes back: by a question, by a failure told later, to another process, in
a frame that waits.
"""

from __future__ import annotations

import asyncio
import base64
import json

import aiohttp
import pytest

from freedompay_async import Secret
from freedompay_async.codec.messages import Reply
from freedompay_async.contract.calls import Retry
from freedompay_async.hashdt import HashDT
from freedompay_async.transport.over_aiohttp.aiohttp_transport import AiohttpTransport
from freedompay_async.transport.over_aiohttp.trace import freedompay_trace
from tests.secrets.issuer_of_trouble import TELLS, Asked
from tests.secrets.marked import (
    CALLS,
    EXTRA,
    HASTY,
    MARKS,
    MORE_CALLS,
    PIN_CALLS,
    TABLE,
    client,
    person,
    pin_client,
)
from tests.secrets.scanner import OWN_CODE, Scanner

STATUS = "/v5/card-api/request/status"
OK = {"status": "ok", "request_status": "process", "dt": "2026-01-15T12:00:00+05:00"}
EFFECTS = {
    call.name: CALLS[call.name]
    for call in TABLE
    if call.name in CALLS and call.retry is Retry.ASKABLE
}


class Remembers:
    """Accepts every effect; asked about it, says in its own way what it was sent."""

    def __init__(self, tell) -> None:
        self.tell = tell
        self.bodies: dict[str, bytes] = {}

    def __call__(self, asked: Asked):
        request_id = json.loads(asked.body).get("request_id")
        if asked.path != STATUS:
            self.bodies[request_id] = asked.body
            return Reply(200, {}, json.dumps(OK).encode())
        return self.tell(Asked(STATUS, asked.headers, self.bodies.get(request_id, asked.body)))


ASKS = {
    "result": lambda fp, operation: operation.result(timeout=0.05),
    "refresh": lambda fp, operation: operation.refresh(timeout=0.05),
    "status": lambda fp, operation: fp.requests.status(operation.request_id, timeout=0.05),
    "attached": lambda fp, operation: fp.requests.attach(operation.request_id).result(timeout=0.05),
}
LATER = [
    *(
        "refusal with the body as text",
        "refusal with the body inside",
        "refusal with the body in Python",
        "refusal with the body as a form",
    ),
    *(
        "refusal with the body in words",
        "refusal with a code of the body",
        "refusal with the body behind 2,000 other letters",
    ),
    *(
        "good, with the values under other names",
        "good, with the values for names",
        "good, with the body as text",
        "more than the contract has",
    ),
    *(
        "wrong types",
        "wrong types that decide nothing",
        "objects where words should be",
        "an error that names things",
        "body said back",
    ),
    *(
        "other status",
        "status of the body",
        "401",
        "404 of a page",
        "500",
        "not UTF-8",
        "half of the JSON",
    ),
]


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("told", LATER)
async def test_question_about_an_effect_shows_nothing_that_was_sent_with_it(
    search, in_memory, told, ask
):
    issuer = Remembers(TELLS[told])
    fp = client(transport=in_memory(issuer))
    operations = {name: await make(fp, extra=EXTRA) for name, make in EFFECTS.items()}

    for name, operation in operations.items():
        await search.call(name, ASKS[ask](fp, operation))
        search.leaks += search.scanner.answer(operation, name)
        search.leaks += search.scanner.answer(operation.answer, f"{name}, its answer")

    assert search.found == []
    assert len(issuer.bodies) == len(EFFECTS)
    assert all(MARKS["extra_secret"].encode() in body for body in issuer.bodies.values())


async def test_failure_that_is_told_later_shows_nothing_that_was_sent(search, in_memory):
    def tell(asked):
        failed = OK | {
            "request_status": "error",
            "error_code": "17",
            "error_description": f"no good: {asked.said}",
            "note": asked.said,
        }
        return Reply(200, {}, json.dumps(failed).encode())

    fp = client(transport=in_memory(Remembers(tell)))
    for name, make in EFFECTS.items():
        await search.call(name, (await make(fp, extra=EXTRA)).result(timeout=0.5))

    assert search.found == []
    assert search.errors == {"RequestFailed"}


# -- what this process does not know


UNKNOWN = {
    "document": base64.b64encode(b"MARK of a passport " * 40).decode(),
    "escaped": base64.b64encode(bytes(range(255, 0, -1)) * 3).decode(),
    "card": "4000 1234 5678 9017",
    "number": "4000123456789017",
}
SAYS = [
    lambda value: OK | {"request_status": "error", "error_description": f"no good: {value} it is"},
    lambda value: (
        OK
        | {
            "request_status": "success",
            "card_id": "c-1",
            "cards": [{"card_id": "c-1", "note": value}],
            "other": [value],
        }
    ),
    lambda value: OK | {"status": "error", "error_code": f"said {value}"},
    lambda value: {"status": f"ok {value}", "dt": value},
    lambda value: {"message": value},
]


@pytest.mark.parametrize("slashes", ["/", "\\/", "\\\\/"])
@pytest.mark.parametrize("say", SAYS, ids=range(len(SAYS)))
@pytest.mark.parametrize("kind", UNKNOWN)
async def test_process_that_sent_nothing_shows_no_secret_of_a_shape(
    captured, in_memory, kind, say, slashes
):
    value = UNKNOWN[kind].replace("/", slashes)
    scanner = Scanner(
        {
            f"{kind} {at}".replace(" ", "_"): value[at : at + 20]
            for at in (0, 20, 45)
            if len(value[at:]) > 18 or not at
        }
    )
    fp = client(transport=in_memory(lambda asked: Reply(200, {}, json.dumps(say(value)).encode())))

    leaks = []
    for ask in (
        lambda: fp.requests.status(OTHER_ID),
        lambda: fp.requests.attach(OTHER_ID).result(timeout=0.05),
        lambda: fp.cards.info("c-1"),
    ):
        try:
            leaks += scanner.answer(await ask(), "answer")
        except Exception as error:
            leaks += scanner.error(error, "error")

    assert [*leaks, *scanner.records(captured)] == []


OTHER_ID = "0b5e3a52-7c1c-4e6f-9f57-5b4c3f1f0a12"
WITH_CODES = {
    "cards.set_pin": lambda fp: fp.cards.set_pin("c-1"),
    "cards.secret_data": lambda fp: fp.cards.secret_data("c-1"),
    "gift_cards.issue": lambda fp: fp.gift_cards.issue(
        cardholder_name="A B", phone=77010000001, product_code=1
    ),
    "gift_cards.confirm": lambda fp: fp.gift_cards.confirm(otp="901827", card_id=5),
    "gift_cards.resend": lambda fp: fp.gift_cards.resend(5),
    "gift_cards.resend_code": lambda fp: fp.gift_cards.resend_code(5),
    "a call of the caller's": lambda fp: fp.call(
        "/v5/card-api/card/unlock", {"code": Secret("90182")}, dict
    ),
}
CODES = {"four": "4821", "six": "482193", "eight": "48219375"}


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("call", WITH_CODES)
async def test_code_that_was_not_sent_is_not_shown_by_a_call_with_codes(
    captured, in_memory, call, code, good
):
    gift = call.startswith("gift")
    said = {
        "status": (0 if gift else "ok") if good else (-8 if gift else "error"),
        "datetime": "2026-01-15 07:00:00",
        "dt": OK["dt"],
    }
    if not good or call != "a call of the caller's":
        # What the caller reads into a type of its own is there for the caller.
        said |= {
            "error_description": f"the code {CODES[code]} is right",
            "other": CODES[code],
            "more": [{"x": int(CODES[code])}],
        }
    scanner = Scanner({"code": CODES[code]})
    fp = client(
        region="KG", transport=in_memory(lambda asked: Reply(200, {}, json.dumps(said).encode()))
    )

    try:
        leaks = scanner.answer(await WITH_CODES[call](fp), "answer")
    except Exception as error:
        leaks = scanner.error(error, "error")

    assert [*leaks, *scanner.records(captured)] == []


async def test_token_that_was_renewed_is_not_shown(search, in_memory):
    tokens = iter(["MARKFIRSTe8b1c7d05f92634a", MARKS["token"]])

    async def source():
        return next(tokens)

    def issuer(asked):
        if "MARKFIRST" in asked.headers["Authorization"]:
            return Reply(401, {}, b'{"code":401,"message":"old","status":"error"}')
        said = {
            "code": 400,
            "message": f"before it was MARKFIRSTe8b1c7d05f92634a, now {asked.headers['Authorization']}",
            "status": "error",
        }
        return Reply(200, {}, json.dumps(said).encode())

    hashdt = HashDT(
        base_url="https://api.example.com",
        api_key=MARKS["api_key"],
        product_id="p",
        token=source,
        policy=HASTY,
        transport=in_memory(issuer),
    )
    scanner = Scanner({**MARKS, "first": "MARKFIRSTe8b1c7d05f92634a"})
    search.scanner = scanner
    await search.call("page", PIN_CALLS["pins.set_url"](hashdt))

    assert search.found == []
    assert search.errors == {"RequestFailed"}


# -- a frame that waits


def frames(work):
    """Our frames of what a task waits in, from the outside in."""
    while getattr(work, "cr_frame", None) is not None:
        if OWN_CODE[0] in work.cr_code.co_filename:
            yield work.cr_frame
        work = work.cr_await


async def variables(scanner, works, *, moments):
    """The leaks in the variables of all frames of ours, at some moments while they wait."""
    tasks = {name: asyncio.create_task(work) for name, work in works.items()}
    leaks, seen = [], set()
    for _ in range(moments):
        await asyncio.sleep(0)
        for name, task in tasks.items():
            for frame in frames(task.get_coro()):
                seen.add(frame.f_code.co_name)
                for variable, value in list(frame.f_locals.items()):
                    leaks += scanner.value(value, f"{name}: {variable} of {frame.f_code.co_name}")
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    return leaks, seen


@pytest.mark.parametrize("region", ["KZ", "KG"])
@pytest.mark.parametrize("given", [False, True], ids=["its own session", "a session of the user's"])
async def test_frame_that_waits_for_an_answer_holds_no_secret(
    scanner, serving, tmp_path, region, given
):
    async with (
        aiohttp.ClientSession(trace_configs=[freedompay_trace()]) as session,
        serving("stalled") as url,
        client(
            url,
            region=region,
            record=tmp_path / "r.jsonl",
            transport=AiohttpTransport(session) if given else None,
        ) as fp,
        pin_client(url) as hashdt,
    ):
        async with asyncio.timeout(30):
            if not given:
                await fp.warm_up(1)
            await hashdt.warm_up(1)
            works = {name: make(fp, extra=EXTRA) for name, make in (CALLS | MORE_CALLS).items()}
            works |= {name: make(hashdt) for name, make in PIN_CALLS.items()}
            leaks, seen = await variables(scanner, works, moments=300)

    assert leaks == []
    assert seen >= {"drive", "send", "_try"}


async def test_frame_that_waits_to_ask_again_holds_no_secret(scanner, serving):
    async with serving("closed") as url, client(url, timeout=20) as fp:
        leaks, seen = await variables(
            scanner,
            {"create": fp.clients.create(product_id=2000, client=person(), extra=EXTRA)},
            moments=300,
        )

    assert leaks == []
    assert "drive" in seen
