"""A bulk's turn, when it is due: ask what is left to ask, then the one report, then the result.

After a crash, the next process continues where the stored answers end.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkState
from bot.services.bulk.asking import Asking
from bot.services.bulk.lease import Hold
from bot.services.bulk.notifier import BulkNotifier
from bot.services.bulk.progress import Progress
from bot.services.jobs.deliver_once import Messenger
from bot.services.jobs.dependencies import Means
from bot.services.jobs.outcomes import Delivery, Report
from bot.storage.bulks import Bulks

_log = structlog.get_logger(__name__)


class BulkTurns:
    """Takes bulks up.

    Args:
        at_once: how many calls may be asked about at once, by all bulks together.
    """

    def __init__(self, *, bulks: Bulks, speaker: BulkNotifier, at_once: int, means: Means) -> None:
        self._bulks = bulks
        self._speaker = speaker
        self._at_once = at_once
        self._means = means
        self._now = means.now
        report = Messenger(send=speaker.report, find_sent=speaker.trace, after_sent=self._hand_over)
        self._delivery = means.delivery(bulks, report)
        result = Messenger(
            send=speaker.deliver_results,
            find_sent=speaker.trace_result,
            after_sent=_over,
            given_up=self._say_in_vain,
        )
        self._result_delivery = means.delivery(bulks, result, means.timing.hand_over)
        self._room = asyncio.Semaphore(at_once)
        self._under_way: set[Asking] = set()
        self._leaving = False

    async def take_up(self, bulk: Bulk) -> None:
        """Do what a bulk needs now that this process has in hand."""
        match bulk.state:
            case BulkState.REPORTING:
                await self._delivery.attempt(bulk, bulk)
            case BulkState.REPORTED:
                await self._hand_over(bulk)
            case _:
                await self._go_on(bulk)

    def leave(self) -> None:
        """This process ends: leave unfinished look-ups to the next one."""
        self._leaving = True
        for asking in self._under_way:
            asking.leave()

    async def _go_on(self, bulk: Bulk) -> None:
        hold = Hold(bulk, delivery=self._delivery)
        progress = Progress(
            hold,
            bulks=self._bulks,
            delivery=self._delivery,
            speaker=self._speaker,
            timing=self._means.timing,
        )
        ending = bulk.ending or await self._ask(hold, progress)
        if ending is None:
            await self._put_down(hold, progress)
        elif await hold.change(lambda held: _ended(held, ending, self._now())):
            await progress.show_last()
            await self._delivery.attempt(hold.bulk, hold.bulk)

    async def _put_down(self, hold: Hold, progress: Progress) -> None:
        """Release it, so that another process can take it up at once."""
        if not hold.lost:
            await hold.change(
                lambda held: replace(
                    held,
                    worker=None,
                    due_at=self._now(),
                    doubtful=held.doubtful and progress.in_flight,
                )
            )

    async def _ask(self, hold: Hold, progress: Progress) -> BulkEnding | None:
        asking = Asking(
            hold,
            bulks=self._bulks,
            delivery=self._delivery,
            means=self._means,
            progress=progress,
            room=self._room,
            at_once=self._at_once,
        )
        self._under_way.add(asking)
        showing = asyncio.create_task(progress.keep_shown())
        try:
            if self._leaving:
                asking.leave()
            ending = await asking.run()
            progress.end()
            # A card that is just being posted must be known before the next is.
            last = None if ending is not None else self._means.timing.last_progress
            await asyncio.wait({showing}, timeout=last)
        finally:
            self._under_way.discard(asking)
            showing.cancel()
            await asyncio.wait({showing})
        return ending

    async def _hand_over(self, bulk: Bulk) -> None:
        """Give the result, the report standing in Slack."""
        await self._result_delivery.attempt(bulk, bulk)

    async def _say_in_vain(self, bulk: Bulk) -> None:
        """The result will not come: let the card say so, and where it can be seen."""
        _log.error("a result could not be handed over", count=bulk.total)
        tally = await self._delivery.with_retries(partial(self._bulks.tally, bulk.id))
        failed = Report(delivery=Delivery.UNKNOWN)
        await self._delivery.bounded(self._speaker.show_progress(bulk, tally), failed)


async def _over(bulk: Bulk) -> None:
    _log.info("a bulk is over", count=bulk.total)


def _ended(bulk: Bulk, ending: BulkEnding, now: datetime) -> Bulk:
    return replace(
        bulk,
        ending=bulk.ending or ending,
        decided_at=bulk.decided_at or now,
        paused_until=None,
        # Until now it was about the progress card.
        doubtful=False,
    )
