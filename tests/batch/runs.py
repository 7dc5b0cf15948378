"""How runs of a batch go wrong in several tests, and what the issuer says there."""

from __future__ import annotations

from freedompay_async.batch import Limits
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
