"""What a run does with the rows of a journal, in short words for tests."""

from __future__ import annotations

from freedompay_async.batch import State

DIGEST = b"." * 32


def intend(journal, row, step="client", *, sent_at=1_000.0, **more):
    """The write of an intent; its id says whose it is."""
    request_id = f"{step}-{row.number}"
    return journal.record_intent(
        row, step, request_id=request_id, body_sha256=DIGEST, sent_at=sent_at, **more
    )


async def issue(journal, row, card=None):
    """All that is written of a row that gets its card."""
    for step in ("client", "card"):
        await intend(journal, row, step)
        journal.accepted(row, step)
        journal.step_ended(row, step)
        row.client_id = f"c{row.number}"
    row.card_ids = ()
    row.card_id = card or f"d{row.number}"
    return await journal.end(row, State.ISSUED, None)


async def picture(journal):
    """All that a journal has of its rows and runs."""
    return (
        await journal.summary(),
        await journal.rows(after=0, limit=10_000),
        await journal.step_times(after=0, limit=10_000),
        await journal.earlier_runs(),
        await journal.facts(),
        await journal.runs(),
        await journal.outages(),
    )
