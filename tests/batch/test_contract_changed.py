"""A batch that is run under another contract than the one that it was planned with."""

from __future__ import annotations

import dataclasses
import json

import pytest

from freedompay_async import Override, Secret
from freedompay_async.batch import Limits, State
from freedompay_async.errors import ConfigurationError
from freedompay_async.sandbox import Fault
from tests.batch.runs import abandoned

CREATE = "clients.create"
BRANCH = {"contract": [Override(call=CREATE, fields={"branch_id": "b-7"})]}
OTHER = {"contract": [Override(call=CREATE, fields={"branch_id": "b-8"})]}
TOLD = "To go on with this one say --contract-changed (Batch(contract_changed=True))."


def with_path(path, **client):
    return {"contract": [Override(call=CREATE, path=path)], **client}


async def planned(office, people, count=2, **client):
    async with office.batch(client=client) as batch:
        await office.plan(batch, office.file(people(count)))


async def refusal(office, **client) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await office.resume(client=client)
    return caught.value.text


async def outcome(office, **options):
    """How the one row of a run ends that is told of another contract."""
    async with office.batch(limits=Limits(settle=0.3), contract_changed=True, **options) as batch:
        (told,) = [each async for each in batch.run()]
    return told


def clients(office) -> list[dict]:
    """The bodies that made clients, as they arrived."""
    return [body for body in office.effects() if "client" in body]


def remembered(office) -> dict[str, str]:
    with office.on_disk() as disk:
        return dict(disk.execute("SELECT name, value FROM meta WHERE name LIKE 'contract%'"))


# -- nobody has said that it may be another one


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ({}, BRANCH, ['clients.create: fields.branch_id: was nothing, is "b-7"']),
        (BRANCH, {}, ['clients.create: fields.branch_id: was "b-7", is nothing']),
        (BRANCH, OTHER, ['clients.create: fields.branch_id: was "b-7", is "b-8"']),
        (
            {},
            with_path("/v6/clients"),
            ["clients.create: path: was /v5/card-api/client/add, is /v6/clients"],
        ),
        (
            {},
            {
                "contract": [
                    Override(call="cards.balance", rename={"card_id": "cardId"}),
                    Override(call=CREATE, leave_out=["branch_id"]),
                ]
            },
            [
                "cards.balance: rename.card_id: was nothing, is cardId",
                "clients.create: leave_out: was nothing, is branch_id",
            ],
        ),
    ],
)
async def test_a_resumed_run_shows_the_difference_and_sends_nothing(
    office, people, first, second, lines
):
    await planned(office, people, **first)
    told = await refusal(office, **second)

    assert (
        told.split("\n")[0]
        == f"{office.folder / 'run.db'} has a batch that was planned with another contract:"
    )
    assert told.split("\n")[1:-1] == [f"  {line}" for line in lines]
    assert TOLD in told.split("\n")[-1]
    assert told.endswith(" Nothing was sent.")
    assert list(office.issuer.received) == []


async def test_a_plan_of_the_same_file_does_so_too_and_leaves_the_journal_as_it_was(office, people):
    await planned(office, people, **BRANCH)
    before = remembered(office)
    with pytest.raises(ConfigurationError, match="planned with another contract"):
        await planned(office, people, **OTHER)

    assert remembered(office) == before
    assert (await office.resume(client=BRANCH)).complete


async def test_many_differences_are_told_as_a_few_and_how_many_more(office, people):
    await planned(office, people)
    contract = [Override(call=CREATE, fields={f"f{number:02}": number for number in range(25)})]
    lines = (await refusal(office, contract=contract)).split("\n")

    assert (len(lines), lines[1], lines[-2]) == (
        23,
        "  clients.create: fields.f00: was nothing, is 0",
        "  and 5 more",
    )


async def test_the_same_contract_in_other_words_is_the_same(office, people):
    await planned(office, people, **BRANCH)
    other = [
        Override(call=CREATE, path="/a"),
        Override(call=CREATE, path="/v5/card-api/client/add", fields={"branch_id": "b-7"}),
    ]

    assert (await office.resume(client={"contract": other})).complete


async def test_what_is_for_another_region_is_no_difference(office, people):
    await planned(office, people)

    assert (
        await office.resume(client={"contract": [Override(call=CREATE, region="UZ", path="/a")]})
    ).complete


async def test_a_journal_without_a_word_of_it_was_made_without_one(office, people):
    await planned(office, people)

    assert remembered(office) == {}


async def test_secrets_are_in_no_journal_and_no_message(office, people):
    await planned(
        office,
        people,
        contract=[Override(fields={"partner_secret": "hunter2", "agent": Secret("hunter3")})],
    )
    told = await refusal(
        office,
        contract=[Override(fields={"partner_secret": "hunter4", "agent": Secret("hunter3")})],
    )

    assert "a value that is not shown is another one" in told
    assert [text for text in (told, str(remembered(office))) if "hunter" in text] == []


async def test_a_plan_with_problems_remembers_nothing(office, person):
    async with office.batch(client=BRANCH) as batch:
        await office.plan(batch, office.file([person(1, phone="1")]))

    assert remembered(office) == {}


# -- somebody has


async def test_rows_that_were_not_sent_take_the_new_contract(office, people, one_each):
    await planned(office, people, 3, **BRANCH)
    report = await office.resume(client=OTHER, contract_changed=True)

    assert report.complete
    assert office.cards() == one_each(3)
    assert [body["branch_id"] for body in clients(office)] == ["b-8"] * 3


async def test_a_plan_takes_it_too(office, people):
    await planned(office, people, **BRANCH)
    async with office.batch(client=OTHER, contract_changed=True) as batch:
        plan = await office.plan(batch, office.file(people(2)))
        report = await office.finish(batch)

    assert (plan.resumed, report.complete) == (True, True)


async def test_from_then_on_the_new_one_is_that_of_the_batch(office, people):
    await planned(office, people, **BRANCH)
    await office.resume(client=OTHER, contract_changed=True)

    assert (await office.resume(client=OTHER)).complete
    assert 'was "b-8", is "b-7"' in await refusal(office, **BRANCH)


async def test_a_row_that_has_its_client_takes_the_new_contract_for_its_card(
    office, people, one_each
):
    office.issuer.hold = True
    await office.issue(office.file(people(1)), limits=Limits(wait=0.05))
    office.issuer.hold = False
    report = await office.resume(
        client={"contract": [Override(call="cards.issue", fields={"design": "7"})]},
        contract_changed=True,
    )

    assert report.complete
    assert office.cards() == one_each(1)
    assert [body.get("design") for body in office.effects()] == [None, "7"]


async def test_a_row_that_was_sent_is_asked_about_and_not_sent_again_with_another_body(
    office, people
):
    await abandoned(office, people)
    before = office.arrived("client/add")
    told = await outcome(office, client=BRANCH)

    assert (told.state, office.arrived("client/add")) == (State.UNKNOWN, before)
    assert office.arrived("request/status") > 0
    assert (
        "the contract of clients.create has changed since the batch was planned (fields.branch_id)."
        in told.reason
    )
    assert office.cards() == {}


async def test_a_row_that_was_sent_and_is_known_goes_on_whatever_its_body_is_now(
    office, people, one_each
):
    office.issuer.hold = True
    await office.issue(office.file(people(2)), limits=Limits(wait=0.05))
    office.issuer.hold = False
    made = office.arrived("client/add")
    report = await office.resume(client=BRANCH, contract_changed=True)

    assert report.complete
    assert office.cards() == one_each(2)
    assert office.arrived("client/add") == made


async def test_a_row_that_was_sent_is_sent_again_where_only_what_it_does_not_use_is_different(
    office, people, one_each
):
    await abandoned(office, people)
    first = clients(office)
    report = await office.resume(
        client={"contract": [Override(call="cards.balance", path="/a")]}, contract_changed=True
    )

    assert report.complete
    assert office.cards() == one_each(1)
    assert clients(office) == first * 2


async def test_a_row_that_was_sent_is_sent_again_to_another_path_as_it_was(
    office, people, one_each
):
    """Its id and its bytes are the same.

    Under `Sign` the path is not signed, so the sandbox may stand behind any.
    """
    await abandoned(office, people, region="KG")
    first, paths = clients(office), []
    async with office.batch(
        client=with_path("/v6/clients", region="KG"), contract_changed=True
    ) as batch:
        road = office.road(batch)
        send = road.carry

        async def sent(message, attempt):
            paths.append(message.path)
            there = message.path.replace("/v6/clients", "/v5/card-api/client/add")
            return await send(dataclasses.replace(message, path=there), attempt)

        road.carry = sent
        report = await office.finish(batch)

    assert report.complete
    assert office.cards() == one_each(1)
    assert (paths.count("/v6/clients"), "/v5/card-api/client/add" in paths) == (1, False)
    assert clients(office) == first * 2


async def test_a_row_that_was_sent_is_not_sent_again_with_its_id_in_another_header(office, people):
    """An issuer that did not read the id the first time would not know it again."""
    await abandoned(office, people, region="KG")
    before = office.arrived("client/add")
    contract = [Override(call=CREATE, header_names={"Request-Id": "X-Request-Id"})]
    told = await outcome(office, client={"contract": contract, "region": "KG"})

    assert (told.state, office.arrived("client/add")) == (State.UNKNOWN, before)
    assert "(headers.Request-Id)" in told.reason


async def test_a_row_that_was_sent_and_could_not_be_asked_about_is_not_sent_again(office, people):
    """What its issuer remembers of it is not known."""
    await abandoned(office, people, contract=[Override(call=CREATE, retry="unaskable")])
    before = office.arrived("client/add")
    told = await outcome(office)

    assert (told.state, office.arrived("client/add")) == (State.UNKNOWN, before)
    assert (
        "the contract of clients.create has changed since the batch was planned (retry)."
        in told.reason
    )


async def test_a_row_that_was_sent_before_it_was_said_not_to_be_askable_is_asked_about(
    office, people, one_each
):
    office.issuer.script("client/add", Fault.CLOSED)
    elsewhere = Override(call="requests.status", path="/v5/card-api/nowhere")
    async with office.batch(
        limits=Limits(settle=0.1), client={"policy": {"grace": 60.0}, "contract": [elsewhere]}
    ) as batch:
        await office.plan(batch, office.file(people(1)))
        await office.finish(batch)
    report = await office.resume(
        client={"contract": [Override(call=CREATE, retry="unaskable")]}, contract_changed=True
    )

    assert report.complete
    assert office.cards() == one_each(1)
    assert office.arrived("client/add") == 1


async def test_headers_that_keep_their_names_are_no_other_ones(office, people, one_each):
    await abandoned(office, people)
    same = [Override(header_names={"X-JWS-Signature": "X-JWS-Signature"})]
    report = await office.resume(client={"contract": same})

    assert report.complete
    assert office.cards() == one_each(1)


async def test_what_was_changed_twice_is_told_of_both_times(office, people):
    await abandoned(office, people)
    await outcome(office, client=BRANCH)
    await outcome(
        office, client={"contract": [*BRANCH["contract"], Override(call="cards.issue", path="/a")]}
    )
    changed = json.loads(remembered(office)["contract_changed"])

    assert changed == {"clients.create": "fields.branch_id", "cards.issue": "path"}


async def test_a_secret_that_is_another_one_is_kept_as_that(office, people, one_each):
    await planned(
        office, people, contract=[Override(call=CREATE, fields={"agent": Secret("hunter2")})]
    )
    report = await office.resume(
        client={"contract": [Override(call=CREATE, fields={"agent": Secret("hunter3")})]},
        contract_changed=True,
    )

    assert report.complete
    assert office.cards() == one_each(2)
    assert "hunter" not in str(remembered(office))


# -- what no batch can do


@pytest.mark.parametrize(
    ("call", "name"),
    [(CREATE, "client"), ("cards.issue", "client_id"), ("cards.activate", "card_id")],
)
async def test_a_contract_under_which_nothing_tells_whose_a_card_is_is_refused(office, call, name):
    with pytest.raises(ConfigurationError) as caught:
        async with office.batch(client={"contract": [Override(call=call, leave_out=[name])]}):
            pass

    assert caught.value.text.startswith(
        f"the contract leaves {name} out of {call}, and then nothing shows whose card a batch "
        "makes."
    )


async def test_another_field_may_be_left_out(office, people):
    async with office.batch(
        client={"contract": [Override(call=CREATE, leave_out=["client.type"])]}
    ) as batch:
        plan = await office.plan(batch, office.file(people(1)))

    assert plan.rows == 1


@pytest.mark.parametrize(
    "change", [{"leave_out": ["request_id"]}, {"rename": {"request_id": "id"}}]
)
@pytest.mark.parametrize("call", [CREATE, "cards.issue", "cards.activate"])
async def test_a_contract_under_which_no_id_reaches_the_issuer_is_refused(
    office, people, call, change
):
    contract = [Override(call=call, retry="unaskable", **change)]
    with pytest.raises(
        ConfigurationError, match="nothing would keep a row of a batch from a second card"
    ):
        async with office.batch(client={"contract": contract}):
            pass
    async with office.batch(client={"contract": contract, "region": "KG"}) as batch:
        plan = await office.plan(batch, office.file(people(1)))

    assert plan.rows == 1
