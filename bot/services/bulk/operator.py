"""Bulks as the operator sees them: all of them, to be stopped or taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.domain.jobs.bulk import Bulk, BulkState
from bot.services.bulk.service import stop_asking
from bot.services.jobs.outcomes import JobOutcome
from bot.storage.bulks import Bulks


class BulkJobs:
    """Works on the table alone; the running processes see what was changed within a second.

    Every method raises `StorageError`.
    """

    def __init__(self, *, bulks: Bulks, now: Callable[[], datetime]) -> None:
        self._bulks = bulks
        self._now = now

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Bulk, ...]:
        """The newest bulks of everybody."""
        return await self._bulks.latest(limit, only_open=only_open)

    async def cancel(self, bulk_id: str) -> JobOutcome:
        """Ask no more; who asked gets the report of what is known."""
        bulk = await self._bulks.get(bulk_id)
        if bulk is None:
            return JobOutcome.UNKNOWN
        stopped = await stop_asking(self._bulks, bulk, self._now())
        return JobOutcome.DONE if stopped is not None else JobOutcome.NOT_OPEN

    async def retry(self, bulk_id: str) -> JobOutcome:
        """Take a bulk up again now: ask what is left, or report what could not be delivered."""
        bulk = await self._bulks.get(bulk_id)
        if bulk is None:
            return JobOutcome.UNKNOWN
        waits = bulk.state is BulkState.ASKING and bulk.worker is None
        if not waits and bulk.state is not BulkState.UNDELIVERED:
            return JobOutcome.NOTHING_TO_RETRY
        now = self._now()
        again = replace(bulk, due_at=now)
        if not waits:
            again = replace(again.telling(), worker=None, decided_at=now, ended_at=None)
        return JobOutcome.DONE if await self._bulks.replace(bulk, again) else JobOutcome.NOT_OPEN
