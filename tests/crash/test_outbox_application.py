"""`kill -9` of an application around the commit of an order and its tracked request; the issuer's
ledger is the judge.

`--rounds` says how many kills there are: up to the default as many, beyond it two and a half times
as many.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.crash.watch import Watch

DEFAULT = 20
# Processes that take orders at once.
AT_ONCE = 4
POINTS = {"BEGINS", "INSERTED", "COMMITS", "COMMITTED", "ANSWERED"}


@pytest.mark.timeout(600)
def test_orders_of_an_application_that_is_killed_have_one_card_each_and_no_card_is_without_one(
    outbox, request, record_property
):
    rounds = request.config.getoption("rounds")
    some = rounds > DEFAULT
    kills = rounds * 5 // 2 if some else rounds
    seed = request.config.getoption("randomly_seed", 0) % 1_000_000 if some else 0
    print(f"seed {seed}")
    bank = outbox.bank("--processing", "0.02-0.2", "--seed", str(seed))
    watch = Watch(bank.settings["FREEDOMPAY_BASE_URL"])
    client = outbox.client(1)
    outbox.worker()
    applications = [
        outbox.application(
            *("orders", outbox.dsn, client, 100_000 * slot),
            *(kills // AT_ONCE + (slot < kills % AT_ONCE), seed + slot),
        )
        for slot in range(AT_ONCE)
    ]
    codes = [each.ends(540) for each in applications]
    assert codes == [0] * AT_ONCE, [each.stderr for each in applications]
    told = [json.loads(each.stdout) for each in applications]
    outbox.until_delivered(60)
    drained = outbox.drain()
    points, kinds = (
        sum((Counter(each[name]) for each in told), Counter()) for name in ("points", "kinds")
    )
    taken = {number for each in told for number in each["taken"]}
    given_up = {number for each in told for number in each["given_up"]}
    orders = {int(number) for (number,) in outbox.sql("SELECT number FROM orders")}
    print(f"{points}, {kinds}, {len(orders)} orders, {len(given_up)} given up")
    record_property("kills of applications", points.total())
    record_property("orders of applications", len(orders))

    assert points.total() == kills
    assert not some or points.keys() == POINTS
    assert outbox.wrongs(bank) == []
    assert taken <= orders <= taken | given_up
    assert drained == [0]
    assert outbox.crashed() == []
    assert [each.stderr for each in applications] == [""] * AT_ONCE

    calls = bank.health()["calls"]
    outbox.scene.until(lambda: len(watch.seen) == calls)
    bank.close()
    watch.close()
    assert watch.duplicates == set()
