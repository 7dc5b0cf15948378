"""A run of many rows, and one row through each fault of each call."""

from __future__ import annotations

import pytest

from freedompay_async import FreedomPay
from freedompay_async.batch import Batch, Journal, State, outcomes, read_file
from freedompay_async.sandbox import Fault, Faults, Sandbox
from tests.settings_of import settings_of


async def test_more_rows_than_the_journal_gives_at_once(tmp_path, people):
    rows = "key,phone,first_name,last_name\n" + "".join(
        f"k{n},{77010000000 + n},Ivan,Ivanov\n" for n in range(1_100)
    )
    (tmp_path / "many.csv").write_text(rows)
    async with Sandbox(keep=0) as issuer:
        client = FreedomPay(**settings_of(issuer, region="KG"))
        async with client as fp, Journal.open(tmp_path / "run.db") as journal:
            batch = Batch(fp, journal)
            await batch.plan(read_file(tmp_path / "many.csv", product_id=2000))
            told = [each.key async for each in batch.run()]
            kept = [each.number async for each in outcomes(journal)]
        cards = len({card["phone"] for card in issuer.ledger()})

    assert len(set(told)) == len(told) == cards == 1_100
    assert kept == list(range(1, 1_101))


@pytest.mark.parametrize(
    "fault",
    [
        *(
            Fault.CLOSED,
            Fault.RESET,
            Fault.CUT,
            Fault.ERROR_500,
            Fault.HTML_502,
            Fault.LATE,
            Fault.DROPPED,
        ),
        *(Fault.HTML_200, Fault.CUT_JSON, Fault.OTHER_SHAPE, Fault.HUGE, Fault.ODD_STATUS),
    ],
)
@pytest.mark.parametrize("call", ["client/add", "card/issue", "card/activate", "request/status"])
async def test_a_row_comes_through_each_fault_of_each_call(tmp_path, people, one_each, call, fault):
    from freedompay_async import Policy

    policy = Policy(
        attempt_timeout=10, pause=0.002, max_pause=0.01, grace=0.1, poll_first=0.002, poll_most=0.02
    )
    path = tmp_path / "clients.csv"
    path.write_text("key,phone,first_name,last_name\nk1,77010000001,Ivan,Ivanov\n")
    async with Sandbox(faults=Faults(late_by=0.05, retry_after=0)) as issuer:
        issuer.script(call, fault)
        async with (
            FreedomPay(**settings_of(issuer), policy=policy) as fp,
            Journal.open(tmp_path / "run.db") as journal,
        ):
            batch = Batch(fp, journal, activate=True)
            await batch.plan(read_file(path, product_id=2000))
            states = [each.state async for each in batch.run()]
            report = await batch.report()
        cards = [(card["phone"], card["status"]) for card in issuer.ledger()]

    assert states == [State.ISSUED]
    assert report.complete
    assert cards == [(77010000001, "active")]
