"""A bulk's turn, when its alarm rings: ask what is left to ask, then the one report.

While a process asks, the bulk's row bears its mark and a lease that is renewed; who comes after a
process that died goes on where the answers end.
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
from bot.services.bulk.pace import Pace, came
from bot.services.bulk.progress import Progress
from bot.services.jobs.deliver_once import LEASE, Voice
from bot.services.jobs.dependencies import Means
from bot.services.jobs.outcomes import alarm_of
from bot.storage.bulks import Bulks

_log = structlog.get_logger(__name__)


class BulkTurns:
    """Takes bulks up."""

    def __init__(self, *, bulks: Bulks, speaker: BulkNotifier, pace: Pace, means: Means) -> None:
        self._bulks = bulks
        self._speaker = speaker
        self._pace = pace
        self._means = means
        self._now = means.now
        voice = Voice(tell=speaker.report, trace=speaker.trace, afterwards=self._hand_over)
        self._telling = means.telling(bulks, voice)
        self._room = asyncio.Semaphore(pace.at_once)
        self._under_way: set[Asking] = set()
        self._leaving = False

    async def take_up(self, bulk_id: str, turn: int) -> None:
        """Do what the bulk needs now; what was meant for another turn does nothing."""
        bulk = await self._telling.in_turn(bulk_id, turn)
        if bulk is None:
            return
        if bulk.state is BulkState.REPORTING:
            await self._telling.try_again(bulk)
        elif self._telling.is_leased(bulk) and not self._telling.is_abandoned(bulk):
            await self._telling.put_off(bulk, bulk, bulk.due_at)
        else:
            mine = replace(bulk, worker=self._telling.mark(), due_at=self._now() + LEASE)
            if await self._telling.patiently(partial(self._bulks.replace, bulk, mine)):
                await self._go_on(mine)

    def leave(self) -> None:
        """This process ends: leave what is being asked to whoever comes next."""
        self._leaving = True
        for asking in self._under_way:
            asking.leave()

    async def _go_on(self, bulk: Bulk) -> None:
        if bulk.state is BulkState.REPORTED:
            await self._hand_over(bulk)
            return
        hold = self._hold(bulk)
        progress = self._progress(hold)
        ending = bulk.ending or await self._ask(hold, progress)
        if hold.lost:
            return
        if ending is None:
            await self._put_down(hold)
        elif await hold.change(lambda held: _ended(held, ending, self._now())):
            await progress.show_last()
            await self._telling.attempt(hold.bulk, hold.bulk)

    async def _ask(self, hold: Hold, progress: Progress) -> BulkEnding | None:
        asking = Asking(
            hold,
            bulks=self._bulks,
            telling=self._telling,
            means=self._means,
            progress=progress,
            room=self._room,
            pace=self._pace,
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

    async def _put_down(self, hold: Hold) -> None:
        """Leave it to whoever comes next, at once."""

        def put_down(bulk: Bulk) -> Bulk:
            return replace(bulk, turn=bulk.turn + 1, worker=None, due_at=self._now())

        await hold.change(put_down)
        await self._telling.patiently(partial(self._means.alarms.arm, [alarm_of(hold.bulk)]))

    async def _hand_over(self, bulk: Bulk) -> None:
        """Give the result, the report standing in Slack; then all is over."""
        hold = self._hold(bulk)
        handed = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_leased(hold, handed))
            handing = self._speaker.deliver_results(bulk)
            await self._telling.bounded(handing, None, self._pace.hand_over_seconds)
            handed.set()
        await hold.change(lambda held: replace(held, ended_at=self._now()))
        _log.info("a bulk is over", count=bulk.total)

    async def _keep_leased(self, hold: Hold, handed: asyncio.Event) -> None:
        while not await came(handed, self._pace.tick_seconds):
            await hold.look()

    def _progress(self, hold: Hold) -> Progress:
        return Progress(
            hold,
            bulks=self._bulks,
            telling=self._telling,
            speaker=self._speaker,
            pace=self._pace,
        )

    def _hold(self, bulk: Bulk) -> Hold:
        return Hold(bulk, bulks=self._bulks, telling=self._telling, now=self._now)


def _ended(bulk: Bulk, ending: BulkEnding, now: datetime) -> Bulk:
    return replace(
        bulk,
        ending=bulk.ending or ending,
        decided_at=bulk.decided_at or now,
        paused_until=None,
    )
