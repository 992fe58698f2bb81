"""A watch's turn, when it is due: a poll, another wait, the one notice, or the card after it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Protocol

from bot.domain.call_status import Answer
from bot.domain.jobs.job import Delivery, Report, Trace, next_attempt
from bot.domain.jobs.watch import Schedule, State, Watch, after_poll
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.dependencies import AbortableLookUps, Dependencies, bounded
from bot.storage.jobs.watches import Watches


class Notifier(Protocol):
    """Posts for a watch whose `ending` is known. No method raises for what Slack does."""

    async def tell(self, watch: Watch) -> Report:
        """Post the one notice, marked with `watch.id` in the message's metadata.

        Where the thread refuses it, it goes to the user directly.
        """

    async def trace(self, watch: Watch) -> Trace:
        """Look for a notice with that mark, posted at `watch.decided_at` or later."""

    async def update_card(self, watch: Watch) -> Report:
        """Update `watch.card`; called perhaps more than once.

        A card that is already up to date, or a watch without a card, counts as sent.
        """


class WatchTurns:
    """Runs the turns of watches that this process has claimed."""

    def __init__(
        self,
        *,
        watches: Watches,
        notifier: Notifier,
        schedule: Schedule,
        dependencies: Dependencies,
    ) -> None:
        self._notifier = notifier
        self._schedule = schedule
        self._now = dependencies.now
        self._seconds = dependencies.timing.telling
        self._delivery = OnceDelivery(
            jobs=watches,
            dependencies=dependencies,
            send=notifier.tell,
            find_sent=notifier.trace,
            after_sent=self._update_card,
            seconds=self._seconds,
        )
        self._look_ups = AbortableLookUps(dependencies)

    async def take_up(self, watch: Watch) -> None:
        """Run one turn of a watch."""
        match watch.state:
            case State.WAITING:
                await self._poll(watch)
            case State.TELLING:
                await self._delivery.attempt(watch)
            case _:
                await self._update_card(watch)

    def leave(self) -> None:
        """This process ends: leave the look-ups to the next one."""
        self._look_ups.abort()

    async def _poll(self, watch: Watch) -> None:
        current: Watch | None = watch
        seen: Answer | None = None
        while current is not None and current.state is State.WAITING:
            if seen is None and self._now() < current.expires_at:
                seen = await self._look_ups.answer(watch.message_id, watch.user, nullcontext())
                if seen is None:
                    return
            if await self._go_on(current, seen):
                return
            # Its user has chosen another limit meanwhile, or another process has claimed it.
            current = await self._delivery.load_current(watch)

    async def _go_on(self, watch: Watch, seen: Answer | None) -> bool:
        """Postpone the watch, or notify; returns whether it was unchanged until then."""
        new = after_poll(watch, seen, self._schedule, self._now())
        if new.ending is None:
            return await self._delivery.replace(watch, new)
        return await self._delivery.attempt(new, watch)

    async def _update_card(self, watch: Watch) -> None:
        """Update the card; while Slack accepts nothing, retry later."""
        if not watch.open:
            return
        tried = replace(watch, attempts=watch.attempts + 1)
        failed = Report(delivery=Delivery.UNKNOWN)
        report = await bounded(self._notifier.update_card(watch), failed, self._seconds)
        now = self._now()
        again = next_attempt(tried, now, report.pause)
        if again is None or report.delivery in {Delivery.SENT, Delivery.UNDELIVERABLE}:
            await self._delivery.update_owned(watch, lambda mine: replace(mine, ended_at=now))
        else:
            await self._delivery.replace(watch, replace(tried, worker=None, due_at=again))
