"""A watch's turn, when its alarm rings: a look, another wait, or the one notice."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.gate import Urgency
from bot.domain.jobs.watch import (
    Ending,
    LookAgain,
    Schedule,
    Sighting,
    State,
    Watch,
    is_over,
    next_step,
)
from bot.services.jobs.deliver_once import Voice
from bot.services.jobs.dependencies import Means
from bot.services.watches.service import Notifier
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
        voice = Voice(tell=notifier.tell, trace=notifier.trace, afterwards=self._update_card)
        self._telling = means.telling(watches, voice)

    async def take_up(self, watch_id: str, turn: int) -> None:
        """Do what the watch needs now; what was meant for another turn does nothing."""
        watch = await self._telling.in_turn(watch_id, turn)
        if watch is None:
            return
        if watch.state is State.WAITING:
            await self._look(watch)
        else:
            await self._telling.try_again(watch)

    async def _look(self, watch: Watch) -> None:
        stands: Watch | None = watch
        seen: Sighting | None = None
        while stands is not None and stands.state is State.WAITING:
            if seen is None and not is_over(stands, self._now()):
                seen = await self._see(stands)
            if await self._go_on(stands, seen):
                return
            # Its asker has chosen another time meanwhile, or it is not in this turn any more.
            stands = await self._telling.in_turn(watch.id, watch.turn)

    async def _see(self, watch: Watch) -> Sighting:
        (answer,) = await self._lookups.look_up([watch.message_id], urgency=Urgency.BACKGROUND)
        await self._telling.bounded(self._heard([answer]), None)
        return Sighting(
            finding=answer.finding, checked_at=answer.checked_at, sandbox=answer.sandbox
        )

    async def _go_on(self, watch: Watch, seen: Sighting | None) -> bool:
        """Put it off, or tell; whether it still was what was read.

        Args:
            watch: as it was read.
            seen: what the look of this turn found; `None` where it needed none, being over.
        """
        now = self._now()
        if seen is None:
            ended = replace(watch, ending=Ending.LIMIT, decided_at=now)
            return await self._telling.attempt(ended, watch)
        looked = replace(watch, looks=watch.looks + 1, last=seen)
        match next_step(watch, seen.finding, self._schedule, now):
            case LookAgain(at=at, unknown=unknown):
                return await self._telling.put_off(replace(looked, unknown=unknown), watch, at)
            case ending:
                ended = replace(looked, ending=ending, decided_at=now)
                return await self._telling.attempt(ended, watch)

    async def _update_card(self, watch: Watch) -> None:
        if watch.card is not None:
            await self._telling.bounded(self._notifier.update_card(watch), None)
