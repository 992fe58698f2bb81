"""Deletes what is past its retention, once at the start and then every hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.timing import Timing
from bot.storage.errors import StorageError
from bot.storage.stores import Stores

# Slack repeats an event for up to 24 hours.
EVENTS_KEPT: Final = timedelta(hours=25)
# Watches and bulks that have ended are useful to operators only, and contain ids in plain text.
JOBS_KEPT: Final = timedelta(days=7)

_log = structlog.get_logger(__name__)


class Housekeeping:
    """Deletes old rows.

    Args:
        kept: the retention of look-ups, in the audit and among the recent ones.
    """

    def __init__(
        self,
        stores: Stores,
        *,
        kept: timedelta,
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._stores = stores
        self._kept = kept
        self._now = now
        self._interval = timing.housekeeping

    async def sweep(self) -> int:
        """Delete what is too old, and return the number of rows.

        Raises:
            StorageError: the database could not be used.
        """
        now, stores = self._now(), self._stores
        swept = await stores.audit.sweep(now - self._kept)
        swept += await stores.recents.sweep(now - self._kept)
        over = now - min(self._kept, JOBS_KEPT)
        swept += await stores.watches.sweep(over) + await stores.bulks.sweep(over)
        return swept + await stores.seen.sweep(now - EVENTS_KEPT)

    async def keep_swept(self) -> None:
        """Sweep for ever; if the database is unavailable, the next sweep tries again."""
        while True:
            try:
                _log.info("swept", count=await self.sweep())
            except StorageError as error:
                _log.warning("nothing could be swept", error=error.code)
            await asyncio.sleep(self._interval)
