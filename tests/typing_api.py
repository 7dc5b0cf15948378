"""Never run: what a type checker must make of the names that users see."""

# mypy and pyright both take `type: ignore` for an error that they find, and both say where it
# silences none. pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Any, Unpack, assert_type
from uuid import UUID  # noqa: TC003 - as users import it

import aiohttp

from freedompay_async import (
    AiohttpTransport,
    Busy,
    DirectTransport,
    FreedomPay,
    GiftCardOrder,
    Intent,
    Lost,
    LostOutcome,
    MockTransport,
    NewClient,
    NotKnown,
    Operation,
    OutcomeUnknown,
    Retry,
    Seal,
    Secret,
    Signer,
    WaitReason,
    freedompay_trace,
    lost_in,
)
from freedompay_async.batch import (
    Batch,
    Journal,
    Outcome,
    Plan,
    Problem,
    Progress,
    Report,
    Row,
    read_file,
    read_row,
)
from freedompay_async.events import (
    AttemptBegan,
    AttemptEnded,
    CallEnded,
    ConnectionClosed,
    ConnectionOpened,
    Event,
    LimitKind,
    LimitLearnt,
    LimitLifted,
    Listener,
    OutageBegan,
    OutageEnded,
    RateSource,
    RequestEnded,
    RowEnded,
    Stats,
    Waiting,
)
from freedompay_async.hashdt import HashDT
from freedompay_async.models import (
    Answer,
    CardBalance,
    Completed,
    CreatedClient,
    CreatedTransaction,
    GiftCardState,
    IntentOptions,
    IssuedCards,
    IssuedGiftCard,
    LimitList,
    Movement,
    OperationStatus,
    Pan,
    RequestState,
    Statement,
)
from freedompay_async.seals import AesGcmSeal, FernetSeal
from freedompay_async.settings.settings import Settings  # noqa: TC001 - as users import it
from freedompay_async.transports import (
    Attempt,
    CountsIdle,
    LostAnswer,
    Message,
    MockReply,
    MockRequest,
    NoConnection,
    Reply,
    Transport,
)


async def calls(fp: FreedomPay, person: NewClient) -> None:
    created = await fp.clients.create(product_id=1000, client=person)
    assert_type(created, Operation[CreatedClient])
    client = await created.result()
    assert_type(client.client_id, str)
    issued = await (await fp.cards.issue(client_id=client.client_id, product_id=1000)).result(
        timeout=60
    )
    assert_type(issued, IssuedCards)
    assert_type(issued.card_ids, tuple[str, ...])
    assert_type(await (await fp.cards.bulk_issue(product_id=1000, count=3)).result(), IssuedCards)
    assert_type(await (await fp.cards.link("card", client_id="client")).result(), Completed)
    assert_type(await (await fp.cards.activate("card")).result(), Completed)
    attached = fp.requests.attach("id")
    assert_type(attached, Operation[RequestState])
    assert_type(await attached.refresh(), RequestState | None)
    assert_type(attached.call, str | None)
    assert_type(attached.status, OperationStatus)
    assert_type(attached.answer, RequestState | None)
    async for operation in fp.requests.as_completed([created]):
        assert_type(operation, Operation[CreatedClient])
    cards = await fp.cards.issue(client_id=client.client_id, product_id=1000)
    both: list[Operation[CreatedClient | IssuedCards]] = [created, cards]
    async for each in fp.requests.as_completed(both):
        assert_type(each, Operation[CreatedClient | IssuedCards])
        assert_type(await each.result(), CreatedClient | IssuedCards)
    async for one in fp.requests.as_completed([created, cards]):
        assert_type(one.request_id, str)
    async for fed in fp.requests.as_completed(feed(fp)):
        assert_type(fed, Operation[IssuedCards])
        assert_type(await fed.result(), IssuedCards)
    wider: Operation[object] = created
    assert_type(wider.request_id, str)


async def feed(fp: FreedomPay) -> AsyncIterator[Operation[IssuedCards]]:
    yield fp.requests.attach("id", call="cards.issue")


def attached_by_call(fp: FreedomPay, own: UUID, when: dt.datetime, name: str) -> None:
    attach = fp.requests.attach
    assert_type(attach(own), Operation[RequestState])
    assert_type(attach(own, call=None), Operation[RequestState])
    assert_type(attach("id", call="cards.issue"), Operation[IssuedCards])
    assert_type(attach("id", call="cards.issue_plastic", accepted=when), Operation[IssuedCards])
    assert_type(
        attach("id", call="cards.bulk_issue", accepted=when, ordered=5), Operation[IssuedCards]
    )
    assert_type(attach("id", call="clients.create", accepted=when), Operation[CreatedClient])
    assert_type(attach("id", call="transactions.create"), Operation[CreatedTransaction])
    assert_type(attach("id", call="cards.block", accepted=when), Operation[Completed])
    assert_type(attach("id", call="limits.set"), Operation[Completed])
    assert_type(
        attach("id", call=name, accepted=None),
        Operation[IssuedCards | CreatedClient | CreatedTransaction | Completed],
    )
    attach("id", accepted=when)  # type: ignore[call-overload]
    attach("id", call="cards.issue", ordered="5")  # type: ignore[call-overload]
    lost: OutcomeUnknown = NotKnown("no")
    assert_type(lost.done, bool | None)


def lost(error: BaseException, busy: Busy) -> None:
    found = lost_in(error)
    assert_type(found, Lost | None)
    if found is not None:
        assert_type(found.request_id, str | None)
        assert_type(found.call, str | None)
        assert_type(found.outcome, LostOutcome)
        assert_type(found.outcome_unknown, bool)
    assert_type(busy.reason, WaitReason)
    assert_type(busy.retry_after, float)


async def reads(fp: FreedomPay) -> None:
    assert_type(await fp.cards.balance("card"), CardBalance)
    assert_type((await fp.cards.secret_data("card")).pan, Pan | None)
    assert_type(await fp.cards.statement("card"), Statement)
    async for movement in fp.cards.movements(
        "card", start=dt.date(2026, 1, 1), end=dt.date(2026, 2, 1)
    ):
        assert_type(movement, Movement)
    assert_type(await fp.limits.list(object_type="card", object_id="card"), LimitList)


async def money(fp: FreedomPay) -> None:
    payment = await fp.transactions.create(
        order_id="order", card_id="card", amount="12.10", currency="KZT"
    )
    assert_type(await payment.result(), CreatedTransaction)
    assert_type(
        await (await fp.transactions.refund(order_id="order", transaction_id="id")).result(),
        Completed,
    )
    assert_type(
        await fp.gift_cards.issue(cardholder_name="IVAN", phone="77017777777", product_code=1),
        IssuedGiftCard,
    )
    order = await fp.gift_cards.order(cardholder_name="IVAN", phone=77017777777, product_code="1")
    assert_type(order, GiftCardOrder)
    assert_type(await order.confirm("1234"), GiftCardState)


async def given(fp: FreedomPay) -> None:
    assert_type(
        await fp.call(
            "/v5/card-api/not-in-the-table/call", {"card_id": "card"}, CardBalance, retry=Retry.READ
        ),
        CardBalance,
    )
    assert_type(
        await fp.call("/v5/card-api/not-in-the-table/call", {"card_id": "card"}, dict[str, Any]),
        dict[str, Any],
    )
    assert_type(
        await fp.call("/v5/card-api/not-in-the-table/call", {}, RequestState, retry=Retry.ASKABLE),
        RequestState,
    )


def listener(event: Event) -> None:
    assert_type(dict(event), dict[str, Any])
    if isinstance(event, CallEnded):
        assert_type(event.request_id, str | None)
        assert_type(event.http_status, int | None)
        assert_type(event.seconds, float)
    match event:
        case AttemptEnded(outcome=outcome, sent=sent):
            assert_type(outcome, str)
            assert_type(sent, bool)
        case Waiting(reason=reason):
            assert_type(reason, WaitReason)
        case LimitLearnt(limit=limit, value=value):
            assert_type(limit, LimitKind)
            assert_type(value, float)
        case RowEnded(card_id=card_id):
            assert_type(card_id, str | None)
        case AttemptBegan(queued=queued, look_up=look_up):
            assert_type(queued, float)
            assert_type(look_up, bool)
        case RequestEnded(outcome=ended, look_ups=look_ups):
            assert_type(ended, str)
            assert_type(look_ups, int)
        case LimitLifted(limit=lifted):
            assert_type(lifted, LimitKind)
        case OutageBegan(seconds=silent) | OutageEnded(seconds=silent):
            assert_type(silent, float)
        case ConnectionOpened() | ConnectionClosed():
            pass
        case _:
            pass


def listening(fp: FreedomPay, hashdt: HashDT, wrong: Callable[[int], None]) -> None:
    assert_type(fp.on_event(listener), Callable[[], None])
    assert_type(hashdt.on_event(listener), Callable[[], None])
    told: list[Event] = []
    own: Listener = told.append
    FreedomPay(auth_id="1", secret_key="k", events=own)
    FreedomPay.from_env(events=listener)
    fp.on_event(wrong)  # type: ignore[arg-type]
    stats = fp.stats()
    assert_type(stats, Stats)
    assert_type(hashdt.stats(), Stats)
    assert_type(stats.rate, float | None)
    assert_type(stats.rate_source, RateSource)
    assert_type(stats.idle, int | None)


async def batches(fp: FreedomPay) -> None:
    async with Journal.open("run.db") as journal:
        batch = Batch(fp, journal, events=listener)
        assert_type(batch.on_event(listener), Callable[[], None])
        assert_type(await batch.plan(read_file("clients.csv", product_id=1000)), Plan)
        async for outcome in batch.run():
            assert_type(outcome, Outcome)
        report = await batch.report()
        assert_type(report, Report)
        assert_type(report.has_plan, bool)
        assert_type(batch.progress, Progress)
        assert_type(batch.progress.rate, float)
        assert_type(batch.progress.time_left, float | None)
        batch.progress = Progress()  # type: ignore[misc]


async def later() -> AsyncIterator[Row | list[Problem]]:
    yield read_row({"key": "a", "phone": 77017777777}, product_id=2000)


async def rows_of_code(batch: Batch, person: NewClient) -> None:
    made = read_row({"key": "a"}, product_id=2000, line=7, today=dt.date(2026, 1, 1))
    assert_type(made, Row | list[Problem])
    row = Row(key="a", product_id=2000, client=person)
    assert_type(row.document, str | None)
    assert_type(row.line, int)
    assert_type(await batch.plan([row, made]), Plan)
    assert_type(await batch.plan([row]), Plan)
    assert_type(await batch.plan([[Problem(1, None, "wrong")]]), Plan)
    assert_type(await batch.plan(row for _ in range(1)), Plan)
    assert_type(await batch.plan(later()), Plan)
    assert_type(await batch.plan(row async for row in later()), Plan)
    await batch.plan([{"key": "a"}])  # type: ignore[list-item]
    await batch.plan([person])  # type: ignore[list-item]
    await batch.plan(later)  # type: ignore[arg-type]
    read_row(7, {"key": "a"}, product_id=2000)  # type: ignore[misc, arg-type]


class VaultSigner(Signer):
    @property
    def auth_id(self) -> str:
        return "123456"

    @property
    def header_id(self) -> bool:
        return False

    async def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        return {}


class PlainSigner:
    auth_id = "123456"
    header_id = False
    secrets: tuple[Secret, ...] = ()
    on_refusal = ""

    def headers(self, *, path: str, body: bytes, request_id: str) -> dict[str, str]:
        return {}


def signers() -> None:
    FreedomPay(signer=VaultSigner(), region="KZ")
    FreedomPay(signer=PlainSigner(), region="KZ")
    assert_type(VaultSigner().secrets, tuple[Secret, ...])
    assert_type(VaultSigner().on_refusal, str)


class OwnTransport(Transport):
    async def send(self, message: Message, attempt: Attempt) -> Reply:
        attempt.connected()
        return Reply(200, {}, message.body)


def answers(request: MockRequest) -> dict[str, str] | MockReply:
    if request.call is None:
        raise LostAnswer
    if request.request_id is None:
        raise NoConnection("no route", final=True)
    return {"client": request.body["client_id"]} if request.body else MockReply(404, "none", {})


async def answers_later(request: MockRequest) -> dict[str, object]:
    return {"path": request.path, "type": request.headers["Content-Type"]}


def wrong(request: MockRequest) -> str:
    return request.path


def transports() -> None:
    for transport in (
        AiohttpTransport(),
        AiohttpTransport(aiohttp.ClientSession(trace_configs=[freedompay_trace()])),
        DirectTransport(),
        MockTransport(answers),
        MockTransport(answers_later),
        MockTransport(lambda request: {"path": request.path}),
        OwnTransport(),
    ):
        FreedomPay(auth_id="1", secret_key="k", transport=transport)
    assert_type(MockTransport(answers).requests, list[MockRequest])
    MockTransport(wrong)  # type: ignore[arg-type]


async def options(fp: FreedomPay, hashdt: HashDT) -> None:
    """Each option is known by its name and its type; a comment that nothing needs is an error too."""
    await fp.cards.block(
        "card", description="lost", request_id="id", timeout=5.0, queue=False, extra={"memo": 1}
    )
    await fp.cards.info("card", timeout=None, queue=True, extra=None)
    await fp.cards.info("card", queue=0.2)
    await fp.cards.block("card", description="lost", queue=1)
    await fp.call("/path", {}, dict[str, Any], request_id="id", timeout=5.0, queue=False)
    await fp.requests.status("id", timeout=5.0, queue=False)
    await hashdt.pins.set_url(
        cardholder_id="h", wallet_id="w", card_id="c", request_id="id", timeout=5.0, queue=False
    )
    FreedomPay(
        auth_id="1",
        secret_key="k",
        max_connections=10,
        rate=5.0,
        timeout=30,
        record="record.jsonl",
        trust_env=True,
    )
    FreedomPay.from_env(
        proxy="http://proxy.example.com:3128", max_answer=1000, contract="contract.toml"
    )
    HashDT(base_url="https://h.example", api_key="a", product_id="p", token="t", max_connections=10)


def of_ones_own(fp: FreedomPay, **options: Unpack[IntentOptions]) -> Intent[Completed]:
    return fp.intend.cards.block("card", description="lost", **options)


def idle(transport: CountsIdle) -> None:
    assert_type(transport.idle_connections(), int | None)


class NoCipher:
    def encrypt(self, data: bytes, associated_data: bytes) -> bytes:
        return associated_data + data

    def decrypt(self, data: bytes, associated_data: bytes) -> bytes:
        return data.removeprefix(associated_data)


async def intents(fp: FreedomPay, person: NewClient, now: dt.datetime) -> None:
    intent = fp.intend.cards.issue(client_id="client", product_id=2000, key="order/17")
    assert_type(intent, Intent[IssuedCards])
    operation = await fp.send(intent, first_sent=None)
    assert_type(operation, Operation[IssuedCards])
    assert_type(await operation.result(), IssuedCards)
    created = fp.intend.clients.create(product_id=1000, client=person, request_id="id")
    assert_type(await fp.send(created, first_sent=now, timeout=5.0), Operation[CreatedClient])
    assert_type(fp.intend.cards.set_pin("card", "encrypted"), Intent[Answer])
    assert_type(fp.intend.gift_cards.confirm(otp="1234"), Intent[GiftCardState])
    assert_type(
        fp.intend.limits.set(object_type="card", object_id="c", limits=()), Intent[Completed]
    )
    seal: Seal = NoCipher()
    stored = intent.to_json(seal=seal)
    assert_type(stored, str)
    assert_type(Intent.load(stored, seal=seal), Intent[object])
    loaded = Intent.load({"call": "cards.issue"}, result=IssuedCards, seal=seal)
    assert_type(loaded, Intent[IssuedCards])
    assert_type(loaded.signed_bytes, bytes)
    assert_type(loaded.cards, int | None)
    intent.to_json(seal=AesGcmSeal([b"", "", Secret("")]))
    intent.to_json(seal=FernetSeal(("",)))
    AesGcmSeal(b"")  # type: ignore[arg-type]
    await fp.cards.block("card", description="lost", request_id="id", first_sent=None)
    await fp.cards.block("card", description="lost", request_id="id", first_sent=now)
    await fp.call("/path", {}, dict[str, Any], request_id="id", first_sent=now)
    await fp.send(intent)  # type: ignore[call-arg]
    await fp.send(intent, first_sent=1.0)  # type: ignore[arg-type]
    fp.intend.cards.issue(client_id="client", product_id=2000, timeout=5.0)  # type: ignore[call-arg]


async def wrong_names(fp: FreedomPay, settings: Settings, hashdt: HashDT) -> None:
    await fp.cards.block("card", description="lost", time_out=5.0)  # type: ignore[call-arg]
    await fp.cards.info("card", request_id="id")  # type: ignore[call-arg]
    await fp.cards.set_pin("card", request_id="id")  # type: ignore[call-arg]
    await fp.cards.info("card", wait=False)  # type: ignore[call-arg]
    await fp.requests.status("id", extra={})  # type: ignore[call-arg]
    await fp.call("/path", {}, dict[str, Any], extra={})  # type: ignore[call-arg]
    await hashdt.pins.set_url(cardholder_id="h", wallet_id="w", card_id="c", extra={})  # type: ignore[call-arg]
    FreedomPay(auth_id="1", secret_key="k", max_connection=10)  # type: ignore[call-arg]
    FreedomPay.from_env(max_connection=10)  # type: ignore[call-arg]
    FreedomPay.from_settings(settings, auth_id="1")  # type: ignore[call-arg]
    HashDT(base_url="u", api_key="a", product_id="p", token="t", record="r")  # type: ignore[call-arg]


async def wrong_types(fp: FreedomPay, settings: Settings, hashdt: HashDT) -> None:
    await fp.cards.block("card", description="lost", timeout="5")  # type: ignore[arg-type]
    await fp.cards.info("card", queue="no")  # type: ignore[arg-type]
    await fp.cards.block("card", description="lost", request_id=5)  # type: ignore[arg-type]
    await fp.cards.info("card", extra="memo")  # type: ignore[arg-type]
    await fp.cards.block("card", "lost")  # type: ignore[call-arg]
    await hashdt.pins.set_url(cardholder_id="h", wallet_id="w", card_id="c", timeout="5")  # type: ignore[arg-type]
    FreedomPay(auth_id="1", secret_key="k", max_connections="10")  # type: ignore[arg-type]
    FreedomPay.from_env(trust_env="0")  # type: ignore[arg-type]
    FreedomPay.from_settings(settings, signer="key")  # type: ignore[arg-type]
    HashDT(base_url="u", api_key="a", product_id="p", token="t", rate="5")  # type: ignore[arg-type]
