"""Watches as the operator sees them: all of them, to be given up or taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.domain.jobs.watch import State, Watch
from bot.services.jobs.outcomes import JobOutcome
from bot.storage.watches import Watches


class WatchJobs:
    """Works on the table alone; the running processes see what was changed within a second.

    Every method raises `StorageError`.
    """

    def __init__(self, *, watches: Watches, now: Callable[[], datetime]) -> None:
        self._watches = watches
        self._now = now

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Watch, ...]:
        """The newest watches of everybody."""
        return await self._watches.latest(limit, only_open=only_open)

    async def cancel(self, watch_id: str) -> JobOutcome:
        """Give up a watch; nobody is told."""
        if await self._watches.get(watch_id) is None:
            return JobOutcome.UNKNOWN
        given_up = await self._watches.cancel([watch_id], self._now())
        return JobOutcome.DONE if given_up else JobOutcome.NOT_OPEN

    async def retry(self, watch_id: str) -> JobOutcome:
        """Take a watch up again now: look, or tell what could not be delivered."""
        watch = await self._watches.get(watch_id)
        if watch is None:
            return JobOutcome.UNKNOWN
        if watch.state not in {State.WAITING, State.UNDELIVERED}:
            return JobOutcome.NOTHING_TO_RETRY
        now = self._now()
        again = replace(watch, due_at=now)
        if watch.state is State.WAITING:
            done = await self._watches.replace(watch, again)
            return JobOutcome.DONE if done else JobOutcome.NOT_OPEN
        again = replace(again, state=State.TELLING, worker=None, decided_at=now, ended_at=None)
        opened = await self._watches.reopen(watch, again)
        if opened is None:
            return JobOutcome.NOT_OPEN
        return JobOutcome.DONE if opened.id == watch.id else JobOutcome.WATCHED_ANEW
