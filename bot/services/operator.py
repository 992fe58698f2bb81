"""Watches and bulks as the operator sees them: all of them, to be stopped or taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.domain.jobs.bulk import Bulk, BulkState
from bot.domain.jobs.watch import State, Watch
from bot.services.bulk.service import stop_asking
from bot.storage.bulks import Bulks
from bot.storage.watches import Watches


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


class JobOperator:
    """Changes only the tables; the running processes see that within a second.

    Every method raises `StorageError`.

    Args:
        watches: the table of watches.
        bulks: the table of bulks.
        now: the current time, aware, UTC.
    """

    def __init__(self, *, watches: Watches, bulks: Bulks, now: Callable[[], datetime]) -> None:
        self._watches = watches
        self._bulks = bulks
        self._now = now

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Watch | Bulk, ...]:
        """The newest watches of all users, then their newest bulks."""
        watches = await self._watches.latest(limit, only_open=only_open)
        return (*watches, *await self._bulks.latest(limit, only_open=only_open))

    async def cancel(self, job_id: str) -> JobOutcome:
        """Cancel a watch without a notice, or stop a bulk, which reports what is known."""
        job = await self._find(job_id)
        if job is None:
            return JobOutcome.UNKNOWN
        now = self._now()
        if isinstance(job, Watch):
            done = bool(await self._watches.cancel([job_id], now))
        else:
            done = await stop_asking(self._bulks, job, now) is not None
        return JobOutcome.DONE if done else JobOutcome.NOT_OPEN

    async def retry(self, job_id: str) -> JobOutcome:
        """Take up a job now: go on with it, or deliver what could not be delivered."""
        match await self._find(job_id):
            case None:
                return JobOutcome.UNKNOWN
            case Watch() as watch:
                return await self._retry_watch(watch)
            case bulk:
                return await self._retry_bulk(bulk)

    async def _find(self, job_id: str) -> Watch | Bulk | None:
        return await self._watches.get(job_id) or await self._bulks.get(job_id)

    async def _retry_watch(self, watch: Watch) -> JobOutcome:
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

    async def _retry_bulk(self, bulk: Bulk) -> JobOutcome:
        waits = bulk.state is BulkState.ASKING and bulk.worker is None
        if not waits and bulk.state is not BulkState.UNDELIVERED:
            return JobOutcome.NOTHING_TO_RETRY
        now = self._now()
        again = replace(bulk, due_at=now)
        if not waits:
            again = replace(again.telling(), worker=None, decided_at=now, ended_at=None)
        return JobOutcome.DONE if await self._bulks.replace(bulk, again) else JobOutcome.NOT_OPEN
