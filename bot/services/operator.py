"""Watches and bulks as the operator sees them: all of them, to be stopped or retried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Watch
from bot.services.bulk.service import stop_asking
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.watches import Watches


class JobOutcome(StrEnum):
    """The outcome of the operator's request.

    `UNKNOWN`: no job has that id. `NOT_OPEN`: it is over, or its answer is on the way.
    `NOTHING_TO_RETRY`: it was delivered, or cancelled. `WATCHED_ANEW`: the same call is already
    watched again for the same place.
    """

    DONE = "done"
    UNKNOWN = "unknown"
    NOT_OPEN = "not_open"
    NOTHING_TO_RETRY = "nothing_to_retry"
    WATCHED_ANEW = "watched_anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOperator:
    """Changes only the tables; the running processes see that within a second.

    Every method raises `StorageError`.

    Attributes:
        watches: the table of watches.
        bulks: the table of bulks.
        now: the current time, aware, UTC.
    """

    watches: Watches
    bulks: Bulks
    now: Callable[[], datetime]

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Watch | Bulk, ...]:
        """The newest watches of all users, then their newest bulks."""
        watches = await self.watches.latest(limit, only_open=only_open)
        return (*watches, *await self.bulks.latest(limit, only_open=only_open))

    async def cancel(self, job_id: str) -> JobOutcome:
        """Cancel a watch without a notice, or stop a bulk, which reports what is known."""
        now = self.now()
        match await self._find(job_id):
            case None:
                return JobOutcome.UNKNOWN
            case Watch():
                done = bool(await self.watches.cancel([job_id], now))
            case bulk:
                done = await stop_asking(self.bulks, bulk, now) is not None
        return JobOutcome.DONE if done else JobOutcome.NOT_OPEN

    async def retry(self, job_id: str) -> JobOutcome:
        """Run a job now: continue it, or deliver what could not be delivered."""
        now = self.now()
        match await self._find(job_id):
            case None:
                return JobOutcome.UNKNOWN
            case Watch() as watch:
                return await self._retry_watch(watch, watch.retried(now))
            case bulk:
                again = bulk.retried(now)
                if again is None:
                    return JobOutcome.NOTHING_TO_RETRY
                done = await self.bulks.replace(bulk, again)
                return JobOutcome.DONE if done else JobOutcome.NOT_OPEN

    async def _find(self, job_id: str) -> Watch | Bulk | None:
        return await self.watches.get(job_id) or await self.bulks.get(job_id)

    async def _retry_watch(self, watch: Watch, again: Watch | None) -> JobOutcome:
        if again is None:
            return JobOutcome.NOTHING_TO_RETRY
        if watch.open:
            done = await self.watches.replace(watch, again)
            return JobOutcome.DONE if done else JobOutcome.NOT_OPEN
        opened = await self.watches.reopen(watch, again)
        if opened is None:
            return JobOutcome.NOT_OPEN
        return JobOutcome.DONE if opened.id == watch.id else JobOutcome.WATCHED_ANEW
