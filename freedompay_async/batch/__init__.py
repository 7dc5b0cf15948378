"""Thousands of cards from a file: plan, journal, run, resume, report.

async with FreedomPay.from_env() as fp, Journal.open("run.db") as journal:
    batch = Batch(fp, journal)
    plan = await batch.plan(read_file("clients.csv", product_id=1000))
    async for outcome in batch.run():
        ...
    report = await batch.report()
"""

from freedompay_async.batch.accepting import Accepted
from freedompay_async.batch.batch import Batch
from freedompay_async.batch.input.problem import Problem
from freedompay_async.batch.input.reading import read_file
from freedompay_async.batch.input.rows import Row, read_row
from freedompay_async.batch.journal.sqlite import Journal
from freedompay_async.batch.limits import Limits
from freedompay_async.batch.outcome import Outcome, State
from freedompay_async.batch.plan import Plan
from freedompay_async.batch.progress import Progress
from freedompay_async.batch.report import Report, outcomes

__all__ = [
    "Accepted",
    "Batch",
    "Journal",
    "Limits",
    "Outcome",
    "Plan",
    "Problem",
    "Progress",
    "Report",
    "Row",
    "State",
    "outcomes",
    "read_file",
    "read_row",
]
