"""Removes what is older than the operator wants to keep, once at the start and then every hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.timing import Timing
from bot.storage.audit import Audit
from bot.storage.bulks import Bulks
from bot.storage.errors import StorageError
from bot.storage.recents import Recents
from bot.storage.seen_events import SeenEvents
from bot.storage.watches import Watches

# Slack repeats an event for up to 24 hours.
EVENTS_KEPT: Final = timedelta(hours=25)
# Watches and bulks that are over are of use to the operator only, and hold ids in clear.
JOBS_KEPT: Final = timedelta(days=7)

_log = structlog.get_logger(__name__)


class Housekeeping:
    """Sweeps what the bot remembers.

    Args:
        kept: how long look-ups, in the audit and among the recent ones, are kept.
    """

    def __init__(
        self,
        *,
        audit: Audit,
        recents: Recents,
        seen: SeenEvents,
        watches: Watches,
        bulks: Bulks,
        kept: timedelta,
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._audit = audit
        self._recents = recents
        self._seen = seen
        self._watches = watches
        self._bulks = bulks
        self._kept = kept
        self._now = now
        self._interval = timing.housekeeping

    async def sweep(self) -> int:
        """Remove what is too old; how many rows went.

        Raises:
            StorageError: the database could not be used.
        """
        now = self._now()
        swept = await self._audit.sweep(now - self._kept)
        swept += await self._recents.sweep(now - self._kept)
        over = now - min(self._kept, JOBS_KEPT)
        swept += await self._watches.sweep(over) + await self._bulks.sweep(over)
        return swept + await self._seen.sweep(now - EVENTS_KEPT)

    async def keep_swept(self) -> None:
        """Sweep for ever; a database that is away is tried again the next time."""
        while True:
            try:
                _log.info("swept", count=await self.sweep())
            except StorageError as error:
                _log.warning("nothing could be swept", error=error.code)
            await asyncio.sleep(self._interval)
