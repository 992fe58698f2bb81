from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.storage.claims import SeenEvents
from bot.storage.database import Database

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_once(database: Database) -> None:
    """A key is new once, whatever the moment."""
    seen = SeenEvents(database)
    later = NOON + timedelta(hours=1)
    assert [True, False, True, False] == [
        await seen.is_new("Ev1", NOON),
        await seen.is_new("Ev1", later),
        await seen.is_new("Ev2", later),
        await seen.is_new("Ev2", NOON),
    ]


async def test_at_once(database: Database) -> None:
    """Of many who ask at once exactly one is first."""
    seen = SeenEvents(database)
    answers = await asyncio.gather(*(seen.is_new("Ev1", NOON) for _ in range(40)))
    assert 1 == sum(answers)


async def test_sweep(database: Database) -> None:
    """What is older is forgotten and counted, so that its key is new again."""
    seen = SeenEvents(database)
    await seen.is_new("Ev1", NOON)
    await seen.is_new("Ev2", NOON + timedelta(hours=3))
    assert 1 == await seen.sweep(NOON + timedelta(hours=3))
    assert await seen.is_new("Ev1", NOON)
    assert not await seen.is_new("Ev2", NOON)
