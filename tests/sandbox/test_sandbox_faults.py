from __future__ import annotations

import json
from collections import Counter
from uuid import uuid4

import aiohttp
import pytest

from freedompay_async.sandbox import Fault, Faults, Sandbox
from freedompay_async.sandbox.faults import Plan, fraction


def bulk(**changes):
    return {"request_id": str(uuid4()), "product_id": 2000, "count": 1} | changes


@pytest.fixture
async def quick(talk):
    """A sandbox whose slow faults take no time."""
    async with (
        Sandbox(faults=Faults(stall=0, drip_over=0, late_by=3600, retry_after=7)) as issuer,
        talk(issuer) as api,
    ):
        yield api


@pytest.mark.parametrize("fault", [Fault.CLOSED, Fault.STALLED])
async def test_closed_and_stalled(quick, fault):
    quick.issuer.script("card/bulk_issue", fault)
    body = bulk()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await quick("card/bulk_issue", **body)
    await was_done(quick, body, f"fault:{fault.name}")


async def test_reset(quick):
    quick.issuer.script("card/bulk_issue", Fault.RESET)
    body = bulk()
    with pytest.raises(aiohttp.ClientOSError) as caught:
        await quick("card/bulk_issue", **body)
    assert isinstance(caught.value, ConnectionResetError) or caught.value.errno is not None
    await was_done(quick, body, "fault:RESET")


async def test_cut(quick):
    quick.issuer.script("card/bulk_issue", Fault.CUT)
    body = bulk()
    async with quick.raw("card/bulk_issue", body) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    await was_done(quick, body, "fault:CUT")


async def test_error_500(quick):
    quick.issuer.script("card/bulk_issue", Fault.ERROR_500)
    body = bulk()
    status, answer = await quick.send("card/bulk_issue", body)
    assert (status, answer["status"]) == (500, "error")
    await was_done(quick, body, "fault:ERROR_500")


@pytest.mark.parametrize(("fault", "http"), [(Fault.HTML_502, 502), (Fault.HTML_200, 200)])
async def test_a_web_page(quick, fault, http):
    quick.issuer.script("card/bulk_issue", fault)
    body = bulk()
    async with quick.raw("card/bulk_issue", body) as response:
        assert (response.status, response.content_type) == (http, "text/html")
        assert "<html>" in await response.text()
    await was_done(quick, body, f"fault:{fault.name}")


async def test_cut_json(quick):
    quick.issuer.script("card/bulk_issue", Fault.CUT_JSON)
    body = bulk()
    async with quick.raw("card/bulk_issue", body) as response:
        assert (response.status, response.content_type) == (200, "application/json")
        with pytest.raises(ValueError):
            json.loads(await response.read())
    await was_done(quick, body, "fault:CUT_JSON")


async def test_other_shape(quick):
    quick.issuer.script("card/bulk_issue", Fault.OTHER_SHAPE)
    body = bulk()
    status, answer = await quick.send("card/bulk_issue", body)
    assert status == 200
    assert "status" not in answer
    await was_done(quick, body, "fault:OTHER_SHAPE")


async def test_huge(quick):
    quick.issuer.script("card/bulk_issue", Fault.HUGE)
    body = bulk()
    async with quick.raw("card/bulk_issue", body) as response:
        text = await response.read()
        assert len(text) > 10_000_000
        assert json.loads(text)["status"] == "ok"
    await was_done(quick, body, "fault:HUGE")


async def test_odd_status(quick):
    quick.issuer.script("card/bulk_issue", Fault.ODD_STATUS)
    body = bulk()
    assert (await quick("card/bulk_issue", **body))["request_status"] == "queued"
    await was_done(quick, body, "fault:ODD_STATUS")


async def test_drip(quick):
    quick.issuer.script("card/bulk_issue", Fault.DRIP)
    body = bulk()
    answer = await quick("card/bulk_issue", **body)
    assert (answer["status"], answer["request_status"]) == ("ok", "success")
    await was_done(quick, body, "fault:DRIP")


async def test_late(quick):
    quick.issuer.script("card/bulk_issue", Fault.LATE)
    body = bulk()
    assert (await quick("card/bulk_issue", **body))["status"] == "ok"
    assert (await quick.ask(body["request_id"]))["error_code"] == "unknown_request"
    assert (await quick("card/bulk_issue", **body))["error_code"] == "duplicate_request"
    quick.issuer.finish(body["request_id"])
    assert (await quick.ask(body["request_id"]))["request_status"] == "success"


async def test_late_means_nothing_to_a_look_up(quick):
    body = bulk()
    await quick("card/bulk_issue", **body)
    quick.issuer.script("request/status", Fault.LATE)
    assert (await quick.ask(body["request_id"]))["request_status"] == "success"
    assert quick.issuer.received[-1].verdict == "ok"


@pytest.mark.parametrize(("fault", "http"), [(Fault.UNAVAILABLE, 503), (Fault.LIMITED, 429)])
async def test_told_to_wait(quick, fault, http):
    quick.issuer.script("card/bulk_issue", fault)
    body = bulk()
    async with quick.raw("card/bulk_issue", body) as response:
        assert (response.status, response.headers["Retry-After"]) == (http, "7")
        assert (await response.json())["status"] == "error"
    await was_not_done(quick, body, f"fault:{fault.name}")


async def test_dropped(quick):
    quick.issuer.script("card/bulk_issue", Fault.DROPPED)
    body = bulk()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await quick("card/bulk_issue", **body)
    await was_not_done(quick, body, "fault:DROPPED")


async def test_a_lost_answer_to_a_duplicate_is_both(quick):
    body = bulk()
    await quick("card/bulk_issue", **body)
    quick.issuer.script("card/bulk_issue", Fault.CLOSED)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await quick("card/bulk_issue", **body)
    assert quick.issuer.received[-1].verdict == "duplicate, fault:CLOSED"


async def test_scripts_come_in_order_and_before_the_seed(talk):
    async with Sandbox(faults=Faults(error_500=1.0)) as issuer, talk(issuer) as api:
        issuer.script("/v5/card-api/card/bulk_issue", Fault.LIMITED, Fault.NONE)
        issuer.script("card/bulk_issue", Fault.HTML_200)
        statuses = []
        for _ in range(4):
            async with api.raw("card/bulk_issue", bulk()) as response:
                statuses.append((response.status, response.content_type))
        assert statuses == [
            (429, "application/json"),
            (200, "application/json"),
            (200, "text/html"),
            (500, "application/json"),
        ]


def test_only_calls_can_be_scripted():
    with pytest.raises(ValueError, match="card/issue"):
        Sandbox().script("card/isue", Fault.CLOSED)


MIXED = Faults(
    seed=4,
    lost=0.3,
    dropped=0.05,
    reset=0.05,
    error_500=0.05,
    html_502=0.05,
    unavailable=0.05,
    limited=0.05,
    late=0.05,
    drip=0.05,
)


def test_a_seeded_fault_depends_on_the_call_and_not_on_the_order():
    calls = [
        (call, f"id-{number}") for number in range(200) for call in ("card/issue", "request/status")
    ]
    forth, back = Plan(MIXED), Plan(MIXED)
    there = [(each, forth.next(*each), forth.next(*each)) for each in calls]
    again = [(each, back.next(*each), back.next(*each)) for each in reversed(calls)]
    assert there == again[::-1]
    other = Plan(Faults(seed=5, lost=0.3))
    assert [other.next(*each) for each in calls] != [first for _, first, _ in there]


def test_faults_come_as_often_as_asked():
    plan = Plan(MIXED)
    drawn = Counter(plan.next("card/issue", f"id-{number}") for number in range(20_000))
    for fault, chance in MIXED.chances:
        assert abs(drawn[fault] / 20_000 - chance) < 0.01
    assert abs(drawn[Fault.NONE] / 20_000 - 0.3) < 0.02


def test_sure_things():
    assert {Plan(Faults(lost=1.0)).next("card/issue", f"id-{number}") for number in range(200)} == {
        Fault.CLOSED,
        Fault.CUT,
        Fault.STALLED,
    }
    assert Plan(Faults()).next("card/issue", "id") is Fault.NONE


def test_a_fraction_is_the_same_everywhere():
    assert fraction(0, "card/issue", "id", 1) == fraction(0, "card/issue", "id", 1)
    assert fraction(1, "a", "b") == pytest.approx(0.08507063154)
    assert fraction("ab", "c") != fraction("a", "bc")


@pytest.mark.parametrize(
    "wrong", [{"lost": -0.1}, {"lost": 0.6, "reset": 0.5}, {"stall": -1.0}, {"retry_after": -1}]
)
def test_impossible_faults(wrong):
    with pytest.raises(ValueError):
        Faults(**wrong)


def test_ten_tenths_are_one():
    assert Faults(
        lost=0.2,
        dropped=0.1,
        reset=0.1,
        error_500=0.1,
        html_502=0.1,
        unavailable=0.1,
        limited=0.1,
        late=0.1,
        drip=0.1,
    )


async def test_two_runs_of_one_seed_are_alike(talk):
    bodies = [
        {"request_id": f"00000000-0000-4000-8000-{number:012d}", "product_id": 2000, "count": 1}
        for number in range(40)
    ]
    faults = Faults(seed=9, error_500=0.3, limited=0.3)

    async def run(order):
        async with Sandbox(faults=faults, processing=(0, 3600)) as issuer, talk(issuer) as api:
            for body in order:
                async with api.raw("card/bulk_issue", body):
                    pass
            verdicts = {
                json.loads(each.body)["request_id"]: each.verdict for each in issuer.received
            }
            return verdicts, {card["card_id"] for card in issuer.ledger()}

    first = await run(bodies)
    assert first == await run(bodies[::-1])
    assert set(first[0].values()) == {"ok", "fault:ERROR_500", "fault:LIMITED"}


async def was_done(api, body, verdict):
    assert api.issuer.received[-1].verdict == verdict
    assert [card["request_id"] for card in api.issuer.ledger()] == [body["request_id"]]
    assert (await api.ask(body["request_id"]))["request_status"] == "success"
    assert (await api("card/bulk_issue", **body))["error_code"] == "duplicate_request"


async def was_not_done(api, body, verdict):
    assert api.issuer.received[-1].verdict == verdict
    assert api.issuer.ledger() == []
    assert (await api.ask(body["request_id"]))["error_code"] == "unknown_request"
    assert (await api("card/bulk_issue", **body))["request_status"] == "success"
