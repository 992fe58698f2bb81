"""Deletes what is past its retention, once at the start and then every hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.domain.timing import Timing
from bot.storage.errors import FailureLogged
from bot.storage.stores import Stores

# Slack repeats an event for up to 24 hours.
EVENTS_KEPT: Final = timedelta(hours=25)
# Watches and bulks that have ended are useful to operators only, and contain ids in plain text.
JOBS_KEPT: Final = timedelta(days=7)

_log = structlog.get_logger(__name__)


async def sweep(stores: Stores, now: datetime, *, kept: timedelta) -> int:
    """Delete what is too old, and return the number of rows.

    Args:
        stores: the tables.
        now: the current time, aware, UTC.
        kept: the retention of look-ups, in the audit and among the recent ones.

    Raises:
        StorageError: the database could not be used.
    """
    jobs_kept = min(kept, JOBS_KEPT)
    swept = await stores.audit.sweep(now - kept) + await stores.recents.sweep(now - kept)
    swept += await stores.watches.sweep(now - jobs_kept) + await stores.bulks.sweep(now - jobs_kept)
    return swept + await stores.seen.sweep(now - EVENTS_KEPT)


async def keep_swept(
    stores: Stores, *, kept: timedelta, now: Callable[[], datetime], timing: Timing = Timing()
) -> None:
    """Sweep for ever; if the database is unavailable, the next sweep tries again."""
    while True:
        with FailureLogged("nothing could be swept"):
            _log.info("swept", count=await sweep(stores, now(), kept=kept))
        await asyncio.sleep(timing.housekeeping)
