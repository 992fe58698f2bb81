"""A watch's turn, when it is due: a look, another wait, the one notice, or the card after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.answer import Answer
from bot.domain.gate import Urgency
from bot.domain.jobs.watch import (
    Ending,
    LookAgain,
    Schedule,
    Sighting,
    State,
    Watch,
    is_over,
    next_attempt,
    next_step,
)
from bot.services.jobs.deliver_once import Messenger
from bot.services.jobs.dependencies import Means
from bot.services.jobs.outcomes import Delivery, Report
from bot.services.watches.notifier import Notifier
from bot.storage.watches import Watches


class WatchTurns:
    """Takes watches up."""

    def __init__(
        self, *, watches: Watches, notifier: Notifier, schedule: Schedule, means: Means
    ) -> None:
        self._notifier = notifier
        self._schedule = schedule
        self._lookups = means.lookups
        self._heard = means.heard
        self._now = means.now
        messenger = Messenger(
            send=notifier.tell, find_sent=notifier.trace, after_sent=self._update_card
        )
        self._delivery = means.delivery(watches, messenger)
        self._looks: set[asyncio.Task[Answer]] = set()
        self._leaving = False

    async def take_up(self, watch: Watch) -> None:
        """Do what a watch needs now that this process has in hand."""
        match watch.state:
            case State.WAITING:
                await self._look(watch)
            case State.TELLING:
                await self._delivery.attempt(watch, watch)
            case _:
                await self._update_card(watch)

    def leave(self) -> None:
        """This process ends: leave the look-ups to the next one."""
        self._leaving = True
        for look in self._looks:
            look.cancel()

    async def _look(self, watch: Watch) -> None:
        stands: Watch | None = watch
        seen: Sighting | None = None
        while stands is not None and stands.state is State.WAITING:
            if seen is None and not is_over(stands, self._now()):
                seen = await self._see(stands)
                if seen is None:
                    return
            if await self._go_on(stands, seen):
                return
            # Its asker has chosen another time meanwhile, or it is not in this hand any more.
            stands = await self._delivery.load_current(watch)

    async def _see(self, watch: Watch) -> Sighting | None:
        """What the gateway says; `None` where the end of the process came first."""
        if self._leaving:
            return None
        look = asyncio.create_task(self._ask(watch))
        self._looks.add(look)
        try:
            await asyncio.wait({look})
        finally:
            self._looks.discard(look)
            look.cancel()
        if look.cancelled():
            return None
        answer = look.result()
        await self._delivery.bounded(self._heard([answer]), None)
        return Sighting(
            finding=answer.finding, checked_at=answer.checked_at, sandbox=answer.sandbox
        )

    async def _ask(self, watch: Watch) -> Answer:
        (answer,) = await self._lookups.look_up([watch.message_id], urgency=Urgency.BACKGROUND)
        return answer

    async def _go_on(self, watch: Watch, seen: Sighting | None) -> bool:
        """Put it off, or tell; whether it still was what was read.

        Args:
            watch: as it was read.
            seen: what the look of this turn found; `None` where it needed none, being over.
        """
        now = self._now()
        if seen is None:
            ended = replace(watch, ending=Ending.LIMIT, decided_at=now)
            return await self._delivery.attempt(ended, watch)
        looked = replace(watch, looks=watch.looks + 1, last=seen)
        match next_step(watch, seen.finding, self._schedule, now):
            case LookAgain(at=at, unknown=unknown):
                return await self._delivery.reschedule(replace(looked, unknown=unknown), watch, at)
            case ending:
                ended = replace(looked, ending=ending, decided_at=now)
                return await self._delivery.attempt(ended, watch)

    async def _update_card(self, watch: Watch) -> None:
        """Bring the card up to date; while Slack takes nothing, at the next chance."""
        if not watch.open:
            return
        tried = replace(watch, attempts=watch.attempts + 1)
        failed = Report(delivery=Delivery.UNKNOWN)
        report = await self._delivery.bounded(self._notifier.update_card(watch), failed)
        now = self._now()
        again = next_attempt(tried, now, report.pause)
        if again is None or report.delivery in {Delivery.SENT, Delivery.UNDELIVERABLE}:
            await self._delivery.update_owned(watch, lambda mine: replace(mine, ended_at=now))
        else:
            await self._delivery.reschedule(tried, watch, again)
