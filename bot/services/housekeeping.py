"""Repeated background work, such as deleting rows past their retention."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.storage.errors import FailureLogged
from bot.storage.stores import Stores

# Slack repeats an event for up to 24 hours.
EVENTS_KEPT: Final = timedelta(hours=25)
# Watches and bulks that have ended are useful to operators only, and contain ids in plain text.
JOBS_KEPT: Final = timedelta(days=7)

_log = structlog.get_logger(__name__)


async def sweep(stores: Stores, kept: timedelta, clock: Callable[[], datetime]) -> int:
    """Delete what is too old, and return the number of rows.

    Args:
        stores: the tables.
        kept: the retention of look-ups, in the audit and among the recent ones.
        clock: the present moment, aware.

    Raises:
        StorageError: the database could not be used.
    """
    now = clock()
    swept = await stores.audit.sweep(now - kept)
    swept += await stores.recents.sweep(now - kept)
    over = now - min(kept, JOBS_KEPT)
    swept += await stores.watches.sweep(over) + await stores.bulks.sweep(over)
    swept += await stores.seen.sweep(now - EVENTS_KEPT) + await stores.pace.sweep()
    _log.info("swept", count=swept)
    return swept


@asynccontextmanager
async def repeated(
    work: Callable[[], Awaitable[object]], *, every: float, trouble: str
) -> AsyncIterator[None]:
    """Run this at once and then every so many seconds during the block.

    While the database is unavailable, it logs `trouble`, and the next turn tries again.
    """

    async def repeat() -> None:
        while True:
            with FailureLogged(trouble):
                await work()
            await asyncio.sleep(every)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
