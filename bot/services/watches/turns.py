"""A watch's turn, when it is due: a poll, another wait, or its notice with those of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from bot.domain.call_status import Answer
from bot.domain.jobs.job import Delivery, Report, Trace
from bot.domain.jobs.watch import Schedule, State, Watch, after_poll
from bot.services.jobs.deliver_once import OnceDelivery
from bot.services.jobs.dependencies import AbortableLookUps, Dependencies, bounded
from bot.services.jobs.pace import Pace
from bot.services.records import Asked
from bot.storage.jobs.notices import Notice
from bot.storage.jobs.watches import Watches


class Notifier(Protocol):
    """Posts for watches whose `ending` is known. No method raises for what Slack does."""

    async def tell(self, *watches: Watch) -> Report:
        """Update their cards, and post one notice for all of them, marked with the id of each.

        They have the same user and destination. Where the thread refuses it, it goes to the user
        directly. May be called again for the same watches.
        """

    def find_sent(self, watches: Sequence[Watch]) -> AsyncIterator[Trace]:
        """Look for the notice of each, in their order; no conversation is read twice.

        It was posted at the watch's `decided_at` or later.
        """

    async def update_card(self, watch: Watch) -> Report:
        """Show on `watch.card`, if there is one, how the watch has ended."""


class WatchTurns:
    """Runs the turns of watches that this process has claimed.

    Args:
        pace: the pace of the notices in each conversation.
        wake: called when a notice is due.
    """

    def __init__(
        self,
        *,
        watches: Watches,
        notifier: Notifier,
        schedule: Schedule,
        dependencies: Dependencies,
        pace: Pace,
        wake: Callable[[], None],
    ) -> None:
        self._notifier = notifier
        self._schedule = schedule
        self._now = dependencies.now
        self._undelivered = dependencies.undelivered
        self._records = dependencies.records
        self._timing = dependencies.timing
        self._pace = pace
        self._wake = wake
        self._delivery = OnceDelivery(
            jobs=watches,
            dependencies=dependencies,
            send=lambda group: notifier.tell(*group),
            find_sent=notifier.find_sent,
            given_up=self._show_undelivered,
            seconds=self._timing.telling,
        )
        self._look_ups = AbortableLookUps(dependencies)

    async def take_up(self, watch: Watch) -> None:
        """Run one turn of a watch that waits."""
        for mine in await self._delivery.permitted(watch):
            await self._poll(mine)

    async def tell(self, notice: Notice) -> None:
        """Post a notice at its place; or find out whether notices in doubt were posted."""
        first = notice.watches[0]
        if not first.doubtful:
            self._pace.placed(first.destination.channel, notice.place)
            await self._delivery.attempt(*notice.watches)
            return
        watches = await self._delivery.permitted(*notice.watches)
        watches = await self._delivery.resolve(watches)
        # They get a place next.
        free = [(watch, replace(watch, worker=None, due_at=self._now())) for watch in watches]
        await self._delivery.replace_all(free)
        self._wake()

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
        """Postpone the watch, or queue its notice; returns whether it was unchanged until then."""
        gather = timedelta(seconds=self._timing.gather)
        new = after_poll(watch, seen, self._schedule, self._now(), gather)
        done = await self._delivery.replace(watch, new)
        if done and new.ending is not None:
            if seen is not None:
                self._records.looked_up(Asked.of_job(watch), [seen])
            self._wake_after(self._timing.gather)
        return done

    def _wake_after(self, seconds: float) -> None:
        """Wake the poller for a notice; without a wait at once, so that it never looks idle."""
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._wake)
        else:
            self._wake()

    async def _show_undelivered(self, watch: Watch) -> None:
        """Show on the card, if there is one, that the notice will not come."""
        self._undelivered("notice")
        failed = Report(delivery=Delivery.UNKNOWN)
        await bounded(self._notifier.update_card(watch), failed, self._timing.telling)
