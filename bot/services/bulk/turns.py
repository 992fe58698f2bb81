"""A bulk's turn, when it is due: look up what is left, then the one report, then the result.

After a crash, the next process continues where the stored answers end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog

from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkState
from bot.domain.jobs.job import Delivery, Report, Trace
from bot.services.bulk.look_ups import BulkLookUps
from bot.services.bulk.progress import BulkNotifier, Lease, Progress
from bot.services.bulk.sharing import ProgressPace, Room
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.dependencies import AbortableLookUps, Dependencies, bounded
from bot.services.records import Asked
from bot.storage.jobs.bulks import Bulks

_log = structlog.get_logger(__name__)


class BulkTurns:
    """Runs the turns of bulks that this process has claimed.

    Args:
        at_once: how many calls may be looked up at once, by all bulks together.
        pace: that of the updates of all progress cards.
    """

    def __init__(
        self,
        *,
        bulks: Bulks,
        notifier: BulkNotifier,
        at_once: int,
        pace: ProgressPace,
        dependencies: Dependencies,
    ) -> None:
        self._bulks = bulks
        self._notifier = notifier
        self._at_once = at_once
        self._pace = pace
        self._dependencies = dependencies
        self._timing = dependencies.timing
        self._now = dependencies.now
        once = partial(
            OnceDelivery[Bulk],
            jobs=bulks,
            dependencies=dependencies,
            seconds=self._timing.hand_over,
        )
        self._columns_delivery = once(
            send=lambda bulks: notifier.deliver_columns(*bulks),
            find_sent=partial(_traces, notifier.trace_columns),
        )
        self._result_delivery = once(
            send=lambda bulks: self._deliver_results(*bulks),
            find_sent=partial(_traces, notifier.trace_result),
            after_sent=self._deliver_columns,
            given_up=partial(self._show_undelivered, missing="file"),
        )
        self._delivery = once(
            send=lambda bulks: notifier.report(*bulks),
            find_sent=partial(_traces, notifier.trace),
            after_sent=self._result_delivery.attempt,
            given_up=partial(self._show_undelivered, missing="report"),
            seconds=self._timing.telling,
        )
        self._room = Room(at_once)
        self._under_way: set[BulkLookUps] = set()
        self._leaving = False

    async def take_up(self, bulk: Bulk) -> None:
        """Run one turn of a bulk."""
        for mine in await self._delivery.permitted(bulk):
            match mine.state:
                case BulkState.REPORTING:
                    await self._delivery.attempt(mine)
                case BulkState.REPORTED:
                    await self._result_delivery.attempt(mine)
                case BulkState.SHARED:
                    await self._columns_delivery.attempt(mine)
                case BulkState.RETRIED:
                    await self._retry(mine)
                case _:
                    await self._go_on(mine)

    def leave(self) -> None:
        """This process ends: leave unfinished look-ups to the next one."""
        self._leaving = True
        for look_ups in self._under_way:
            look_ups.leave()

    async def _go_on(self, bulk: Bulk) -> None:
        lease = Lease(bulk=bulk, delivery=self._delivery)
        progress = Progress(
            lease=lease,
            bulks=self._bulks,
            notifier=self._notifier,
            timing=self._timing,
            pace=self._pace,
        )
        ending = bulk.ending or await self._look_up(lease, progress)
        if ending is not None:
            if await lease.change(lambda held: held.decided(ending, self._now())):
                if lease.bulk.ending is BulkEnding.STOPPED:
                    drop = partial(self._bulks.drop_unasked, bulk.id)
                    await self._delivery.with_retries(drop)
                await progress.show()
                await self._delivery.attempt(lease.bulk)
        elif not lease.lost:
            # Released, so that another process can continue at once.
            doubtful = lease.bulk.doubtful and progress.in_flight
            free = partial(replace, worker=None, due_at=self._now(), doubtful=doubtful)
            await lease.change(free)

    async def _look_up(self, lease: Lease, progress: Progress) -> BulkEnding | None:
        look_ups = BulkLookUps(
            lease=lease,
            bulks=self._bulks,
            delivery=self._delivery,
            dependencies=self._dependencies,
            look_ups=AbortableLookUps(self._dependencies),
            progress=progress,
            room=self._room,
            at_once=self._at_once,
        )
        self._under_way.add(look_ups)
        showing = asyncio.create_task(progress.keep_shown())
        try:
            if self._leaving:
                look_ups.leave()
            ending = await look_ups.run()
            progress.end()
            # A card that is just being posted must be known before the next one is.
            last = None if ending is not None else self._timing.last_progress
            await asyncio.wait({showing}, timeout=last)
        finally:
            self._under_way.discard(look_ups)
            showing.cancel()
            await asyncio.wait({showing})
        return ending

    async def _retry(self, bulk: Bulk) -> None:
        """Once it is delivered, the card says no longer that it could not be."""
        await self._delivery.attempt(bulk)
        current = await self._delivery.with_retries(partial(self._bulks.get, bulk.id))
        if bulk.card is not None and current is not None and current.reported:
            await self._show_end(bulk)

    async def _deliver_results(self, bulk: Bulk) -> Report:
        report = await self._notifier.deliver_results(bulk)
        if report.delivery is Delivery.SENT:
            self._dependencies.records.acted(Asked.of_job(bulk), "result")
        return report

    async def _deliver_columns(self, bulk: Bulk) -> None:
        if bulk.open:
            await self._columns_delivery.attempt(bulk)

    async def _show_undelivered(self, bulk: Bulk, *, missing: str) -> None:
        """Show on the card that the report or file will not come, and where the results are."""
        _log.error("the end of a list could not be delivered", outcome=missing, count=bulk.total)
        self._dependencies.undelivered(missing)
        await self._show_end(bulk, missing=missing)

    async def _show_end(self, bulk: Bulk, *, missing: str = "") -> None:
        tally = await self._delivery.with_retries(partial(self._bulks.tally, bulk.id))
        failed = Report(delivery=Delivery.UNKNOWN)
        showing = self._notifier.show_progress(bulk, tally, missing=missing)
        await bounded(showing, failed, self._timing.telling)


async def _traces(
    find: Callable[[Bulk], Awaitable[Trace]], bulks: Sequence[Bulk]
) -> AsyncIterator[Trace]:
    for bulk in bulks:
        yield await find(bulk)
