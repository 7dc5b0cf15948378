"""Runs of a batch that several tests make, and what the issuer says in them."""

from __future__ import annotations

import asyncio

from freedompay_async.batch import Batch, Journal, Limits, read_file
from freedompay_async.sandbox import Fault

FAILED = {"status": "error", "request_status": "error"}
NO = FAILED | {"error_code": "42", "error_description": "not this one"}
NOT_KNOWN = FAILED | {"error_code": "unknown_request"}


def answering(call: str, reply):
    """A rule for `between`: this reply to one call; the issuer answers the others."""

    async def rule(name, _, send):
        return reply if name == call else await send()

    return rule


async def abandoned(office, people, **client):
    """A run that has heard nothing of its one client, whose call did not arrive."""
    office.issuer.script("client/add", Fault.DROPPED)
    async with office.batch(
        limits=Limits(settle=0.1), client={"policy": {"grace": 60.0}, **client}
    ) as batch:
        await office.plan(batch, office.file(people(1)))
        await office.finish(batch)


async def two_batches(office, rows, *, names, listeners=None):
    """The reports of two batches of the same rows, by these names, that one client runs at once.

    `listeners`: by name, who listens to which.
    """
    async with (
        office.client() as fp,
        Journal.open(office.folder / "a.db") as one,
        Journal.open(office.folder / "b.db") as two,
    ):
        batches = [
            Batch(fp, journal, name=name, events=(listeners or {}).get(name))
            for journal, name in zip((one, two), names, strict=True)
        ]
        for batch in batches:
            await batch.plan(read_file(office.file(rows), product_id=2000))
        return await asyncio.gather(*map(office.finish, batches))
