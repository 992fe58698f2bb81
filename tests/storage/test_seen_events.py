from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.timing import Timing
from bot.storage.claims import ClickClaims, SeenEvents
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from tests.storage.holding import held

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNHURRIED = Timing(redelivery=30.0)


@pytest.mark.every_database
async def test_once(database: Database) -> None:
    """A key is new once, whatever the moment; of several, those are told that are."""
    seen = SeenEvents(database, timing=UNHURRIED)
    later = NOON + timedelta(hours=1)
    assert [{"Ev1"}, set(), {"Ev2", "Ev3"}, set()] == [
        await seen.new_of(["Ev1", "Ev1"], NOON),
        await seen.new_of(["Ev1"], later),
        await seen.new_of(["Ev3", "Ev1", "Ev2"], later),
        await seen.new_of(["Ev2"], NOON),
    ]


@pytest.mark.every_database
async def test_at_once(database: Database) -> None:
    """Of many who ask at once exactly one is first for each key, whatever their order."""
    seen = SeenEvents(database, timing=UNHURRIED)
    keys = [["Ev1", "Ev2"], ["Ev2", "Ev1"]] * 20
    answers = await asyncio.gather(*(seen.new_of(some, NOON) for some in keys))
    assert ["Ev1", "Ev2"] == sorted(key for answer in answers for key in answer)


@pytest.mark.every_database
async def test_sweep(database: Database) -> None:
    """What is older is forgotten and counted, so that its key is new again."""
    seen = SeenEvents(database, timing=UNHURRIED)
    await seen.new_of(["Ev1"], NOON)
    await seen.new_of(["Ev2"], NOON + timedelta(hours=3))
    assert 1 == await seen.sweep(NOON + timedelta(hours=3))
    assert {"Ev1"} == await seen.new_of(["Ev1", "Ev2"], NOON)


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
            await SeenEvents(database, timing=timing).new_of(["Ev1"], NOON)
        day = timedelta(days=1)
        clicks = ClickClaims(database, every=day, lasts=day / 2, timing=timing)
        with pytest.raises(StorageError, match="did not answer in time"):
            await clicks.claim("a click", NOON)
