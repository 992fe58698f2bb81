"""What the tests of both kinds of alarms set, and how they wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.storage.alarms import Alarm


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def alarm(name: str, seconds: float = 0) -> Alarm:
    """One that rings in so many seconds."""
    return Alarm(name, 0, now() + timedelta(seconds=seconds))


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds.

    Raises:
        TimeoutError: it did not within 30 seconds.
    """
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.01)
