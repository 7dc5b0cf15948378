"""A batch: its plan, its runs and its report."""

from __future__ import annotations

import os
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import anyio

from freedompay_async.batch.accepting import Accepted, accept, accepted_keys
from freedompay_async.batch.contracts import Agreement
from freedompay_async.batch.first_check import CHECKS
from freedompay_async.batch.journal.base import BatchJournal
from freedompay_async.batch.limits import Limits
from freedompay_async.batch.plan import (
    Plan,
    check_settings,
    checked_card_product,
    existing_plan,
    make_plan,
)
from freedompay_async.batch.progress import Progress
from freedompay_async.batch.report import make_report
from freedompay_async.batch.run import Run
from freedompay_async.client import FreedomPay
from freedompay_async.contract.calls import Section
from freedompay_async.contract.request_ids import checked_name
from freedompay_async.errors import ConfigurationError
from freedompay_async.events.hub import Hub
from freedompay_async.guards.arguments import check_flag, check_type, path_of, refusal
from freedompay_async.guards.staying import Staying
from freedompay_async.operations.stream import stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping

    from freedompay_async.batch.first_check import Check
    from freedompay_async.batch.input.problem import Problem
    from freedompay_async.batch.input.rows import Row
    from freedompay_async.batch.journal.records import Fact
    from freedompay_async.batch.lease import Owner
    from freedompay_async.batch.outcome import Outcome
    from freedompay_async.batch.report import Report
    from freedompay_async.events.hub import Listener

__all__ = ["Batch"]

# Seconds before a run that has lost its rows begins anew.
_LOST_PAUSE: Final = 1.0


class Batch(Staying):
    """A batch in a journal, run by a client.

    The request ids of a row come from the merchant, the batch name and the key of the row. So a key
    gets one card, whichever file, machine or journal it comes from, unless another batch name is
    given. (Without its journal: while the issuer remembers request ids.) A row whose id was used
    before this journal ends as found, and nothing is made for it until it is accepted as the same
    person's.

    The journal remembers the contract of the client (see `Override`). With another one nothing is
    sent before somebody has said that it may be another one: `contract_changed`.

    Args:
        fp: the client; its merchant and host are part of the plan.
        journal: an open journal, such as `Journal.open` gives.
        name: the name that the request ids depend on; for a journal that has a plan, by default the
            plan's. Blanks around it, line breaks and what can't be seen make no other name.
        activate: activate each card too; by default as planned before, or no.
        limits: what a run may take.
        check_first: whether request ids are looked up before the first send of a new journal.
            `sample` looks up 50 rows spread over the file, and if the issuer knows one of them,
            each row before its first send, in later runs too; `all` looks up each row; `none` looks
            up none. A row without a clear answer within `Limits.settle` is not sent.
        accept_found: keys of rows that ended as found and that were used before for the same
            people, or `"all"` of these: such rows go on. The journal keeps it. Rows that are found
            later are not accepted by it, because nobody has seen them.
        contract_changed: go on though the contract is not the one that the batch was planned with,
            and keep the new one. Rows that were not sent take it. Rows that were sent are looked up
            first, and sent again only if their bodies stay the same bytes (their path may be
            another); else they end as unknown.
        card_product_id: product of the cards; the issuer has another list for them than for
            clients. By default as planned before, or each row's own product. A row's own
            `card_product_id` comes first.
        strict: the warnings of a plan are problems.
        documents: the folder that the documents of the rows lie under. It is for a journal that
            machines share: a plan refuses documents that lie elsewhere, and a run reads them under
            this folder, by default the one of the plan.
        events: a listener, as for `on_event`.

    Raises:
        ConfigurationError: the name or the merchant id can't be part of a request id, another
            argument is not one of these, or the contract leaves out what shows whose a card is, or
            what shows a repeat; nothing was sent.
    """

    INSTEAD = "make it of a client and a journal where it is needed"

    def __init__(
        self,
        fp: FreedomPay,
        journal: BatchJournal,
        *,
        name: str | None = None,
        activate: bool | None = None,
        limits: Limits | None = None,
        check_first: Check = "sample",
        accept_found: str | Iterable[str] | None = None,
        contract_changed: bool = False,
        card_product_id: int | None = None,
        strict: bool = False,
        documents: str | os.PathLike[str] | None = None,
        events: Listener | None = None,
    ) -> None:
        if check_first not in CHECKS:
            raise ConfigurationError(
                f"check_first={check_first!r}: give one of {', '.join(CHECKS)}. Nothing was sent."
            )
        if limits is not None:
            check_type("limits", limits, Limits, "Limits")
        check_type("fp", fp, FreedomPay, "a FreedomPay")
        _check_journal(journal)
        self._fp: Final = fp
        self.journal: Final = journal
        """The journal that it was given."""
        self._settings: Final = {
            "merchant": checked_name("merchant id", fp.merchant),
            "base_url": fp.base_url,
        }
        if name is not None:
            self._settings["batch"] = checked_name("batch name", name)
        if activate is not None:
            check_flag("activate", activate)
            self._settings["activate"] = "yes" if activate else "no"
        self._agreement: Final = Agreement(
            fp.contract,
            changed=check_flag("contract_changed", contract_changed),
            name=journal.name,
            header_id=fp._session.shared.signers[Section.PAYMENT_CARDS].header_id,
        )
        if card_product_id is not None:
            self._settings["card_product"] = checked_card_product(card_product_id)
        self._strict: Final = check_flag("strict", strict)
        self._documents: Final = (
            None if documents is None else os.path.realpath(path_of("documents", documents))
        )
        self._hub: Final = Hub("batch")
        if events is not None:
            self._hub.on_event(events, name="events")
        self._limits: Final = limits or Limits()
        self._check_first: Final = check_first
        self._accept_found: Final = accepted_keys(accept_found)
        self._has_accepted = False
        self._run: Run | None = None
        self._stop_asked = False
        self.progress: Final = Progress()
        """How far the run is, or how the last one ended. It is live, and always the same object."""

    def on_event(self, listener: Listener) -> Callable[[], None]:
        """Let a function get the events of this batch from now on: of its calls and its rows, and
        while it runs also those of limits, connections and outages of the client. The listeners of
        the client get all of these too.

        Args:
            listener: a plain function that takes an `Event` of `freedompay_async.events`; it is
                called at once, and its errors are logged.

        Returns:
            A function that takes it off again. To call it twice does no harm.

        Raises:
            ConfigurationError: it can't be called, or is an async function.
        """
        return self._hub.on_event(listener)

    async def plan(
        self, rows: Iterable[Row | list[Problem]] | AsyncIterable[Row | list[Problem]]
    ) -> Plan:
        """Write the rows into the journal, or find that it has them already; nothing is sent. If
        this is cancelled, or the rows can't be read, nothing is kept.

        Args:
            rows: such as `read_file` gives, or `read_row` for each row of your own. They are never
                all in memory. Those of an iterable are read in another thread. Those of an async
                iterable, such as a cursor of a database, are read on the loop, a few hundred ahead;
                it must not use this journal, and an async generator is closed in every case. A row
                that was made in code and has a value that is wrong, such as NaN, is a problem of
                the plan.

        Raises:
            ConfigurationError: the journal has another batch, or one of another contract, there are
                no rows, or more than cards allowed, or `rows` is or has something else.
            Exception: what the rows raise comes out as it is.
        """
        return await self._plan(rows, {})

    async def _plan(
        self,
        rows: Iterable[Row | list[Problem]] | AsyncIterable[Row | list[Problem]],
        keep: Mapping[Fact, str],
    ) -> Plan:
        """As `plan`; these facts are written together with it."""
        settings = {"batch": "default", "activate": "no"} | self._settings
        return await make_plan(
            self.journal,
            rows,
            settings=settings,
            max_cards=self._limits.max_cards,
            strict=self._strict,
            agreement=self._agreement,
            keep=keep,
            documents=self._documents,
        )

    async def run(self) -> AsyncGenerator[Outcome]:
        """Issue a card for every row that has not ended, and yield each row as it ends. The first
        run accepts the rows of `accept_found` before it begins, unless `accept` did.

        Where machines share the journal, it waits for what others work on, and a run that has lost
        its rows begins anew (`progress` too).

        To end it early, call `stop()`; or leave the loop, inside `contextlib.aclosing`, to cancel
        the calls in flight.

        Raises:
            ConfigurationError: there is no plan, it is of another merchant, host or contract, a
                guard stopped the run, or the look-ups before the first send got no clear answer.
            AuthenticationError: the issuer refuses this merchant; the rows are left as they are.
            NotSent, RateLimited: no answer for too long.
            JournalError: the journal can't be written.
        """
        self._stop_asked, since, again = False, time.monotonic(), False
        while True:
            owner = self.journal.new_owner(again=again)
            try:
                run = self._new_run(owner)
                with self._fp._session.shared.governor.hub.joined(self._hub):
                    async with aclosing(stream(run.work)) as landing:
                        async for outcome in landing:
                            since = time.monotonic()
                            yield outcome
            finally:
                self._run = None
                self.progress.end()
                self.journal.release(owner)
            if not (run.lost and self.journal.shared) or self._stop_asked:
                return
            if time.monotonic() - since > self._limits.outage:
                return
            again = True
            await anyio.sleep(_LOST_PAUSE)

    def _new_run(self, owner: Owner) -> Run:
        self.progress.begin()
        self._run = Run(
            self._fp._session,
            self.journal,
            self._limits,
            self.progress,
            self._accepting,
            hub=self._hub,
            owner=owner,
            check_first=self._check_first,
            documents=self._documents,
        )
        return self._run

    async def planned(self) -> Plan:
        """The plan in the journal.

        Raises:
            ConfigurationError: there is none, or it is of another merchant, host, batch or
                contract.
        """
        plan = await existing_plan(self.journal)
        check_settings(plan.settings, self._settings, self.journal.name)
        if changed := self._agreement.check(await self.journal.facts()):
            await self.journal.keep(changed)
        return plan

    async def accept(self) -> Accepted:
        """Keep in the journal that the rows of `accept_found`, as far as they are found now, were
        used for the same people.

        Raises:
            ConfigurationError: the plan is missing or another, or it has no row with one of the
                keys; nothing is accepted.
        """
        await self.planned()
        accepted = await accept(self.journal, self._accept_found)
        self._has_accepted = True
        return accepted

    async def _accepting(self) -> Plan:
        if not self._has_accepted:
            await self.accept()
        return await self.planned()

    def stop(self) -> None:
        """Let a run end early: no new row starts, calls in flight are settled, and the other rows
        are left for a later run.
        """
        self._stop_asked = True
        if self._run is not None:
            self._run.stop()

    async def report(self) -> Report:
        """The report of the batch."""
        return await make_report(self.journal)


def _check_journal(value: object) -> None:
    # Of a class it is true too that it has the methods.
    if isinstance(value, type) or not isinstance(value, BatchJournal):
        raise refusal("journal", value, "a Journal, as Journal.open() gives it")
