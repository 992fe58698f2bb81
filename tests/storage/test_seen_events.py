from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.timing import Timing
from bot.storage.claims import SeenEvents
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from tests.storage.holding import held

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNHURRIED = Timing(redelivery=30.0)


@pytest.mark.every_database
async def test_once(database: Database) -> None:
    """A key is new once, whatever the moment."""
    seen = SeenEvents(database, timing=UNHURRIED)
    later = NOON + timedelta(hours=1)
    assert [True, False, True, False] == [
        await seen.is_new("Ev1", NOON),
        await seen.is_new("Ev1", later),
        await seen.is_new("Ev2", later),
        await seen.is_new("Ev2", NOON),
    ]


@pytest.mark.every_database
async def test_at_once(database: Database) -> None:
    """Of many who ask at once exactly one is first."""
    seen = SeenEvents(database, timing=UNHURRIED)
    answers = await asyncio.gather(*(seen.is_new("Ev1", NOON) for _ in range(40)))
    assert 1 == sum(answers)


@pytest.mark.every_database
async def test_sweep(database: Database) -> None:
    """What is older is forgotten and counted, so that its key is new again."""
    seen = SeenEvents(database, timing=UNHURRIED)
    await seen.is_new("Ev1", NOON)
    await seen.is_new("Ev2", NOON + timedelta(hours=3))
    assert 1 == await seen.sweep(NOON + timedelta(hours=3))
    assert await seen.is_new("Ev1", NOON)
    assert not await seen.is_new("Ev2", NOON)


async def test_a_lock_that_lasts_is_not_waited_for(sqlite_url: str) -> None:
    """A user waits for the answer: the time limit is its own, far below that of a transaction."""
    timing = Timing(redelivery=0.05, transaction=600.0, sqlite_busy=600.0)
    async with (
        asyncio.timeout(30),
        open_database(sqlite_url, timing=timing) as database,
        open_database(sqlite_url) as other,
        held(other),
    ):
        with pytest.raises(StorageError, match="did not answer in time"):
            await SeenEvents(database, timing=timing).is_new("Ev1", NOON)
