"""A transaction that is kept open, and waiting until something holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection

from bot.storage.database import Database

PATIENCE_SECONDS = 30.0


@asynccontextmanager
async def held(
    database: Database, first: Callable[[Connection], Any] = str
) -> AsyncIterator[asyncio.Task[None]]:
    """Do something in a transaction that writes, which ends when the block does."""
    begun, over = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        first(connection)
        begun.set()
        over.wait(PATIENCE_SECONDS)

    task = asyncio.create_task(database.write(work, PATIENCE_SECONDS))
    await eventually(begun.is_set)
    try:
        yield task
    finally:
        over.set()
        await asyncio.wait({task})


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds.

    Raises:
        TimeoutError: it did not within 30 seconds.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.01)
