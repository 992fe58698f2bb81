"""A first delivery is told from a repetition: by the database, and by memory without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.services.deliveries import Deliveries
from bot.storage.database import Database, open_database
from bot.storage.schema import SEEN_EVENT
from bot.storage.seen_events import SeenEvents

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database in memory."""
    async with open_database("sqlite:///:memory:") as opened:
        yield opened


def deliveries(database: Database) -> Deliveries:
    """Those of one process on it."""
    return Deliveries(seen=SeenEvents(database), now=lambda: NOW)


async def test_only_the_first_of_four_is_one(database: Database) -> None:
    """Another key is another delivery."""
    one = deliveries(database)

    assert [True, False, False, False] == [await one.first_time("event:Ev1") for _ in range(4)]
    assert await one.first_time("event:Ev2")


async def test_of_four_at_once_one_is_the_first(database: Database) -> None:
    """Whichever it is."""
    one = deliveries(database)

    found = await asyncio.gather(*(one.first_time("event:Ev1") for _ in range(4)))

    assert [False, False, False, True] == sorted(found)


async def test_two_processes_on_one_database_take_it_up_once(database: Database) -> None:
    """Slack sends to any of them."""
    found = await asyncio.gather(*(deliveries(database).first_time("x") for _ in range(5)))

    assert 1 == sum(found)


async def test_what_came_to_nothing_is_a_first_time_again(database: Database) -> None:
    """In every process, with the database and without."""
    one, other = deliveries(database), deliveries(database)
    assert await one.first_time("x")
    await one.forget("x")
    assert [True, False] == [await other.first_time("x"), await one.first_time("x")]

    async with database.writing() as connection:
        await connection.exec_driver_sql(f"DROP TABLE {SEEN_EVENT.name}")
    await one.forget("x")
    assert await one.first_time("x")


async def test_without_a_database_memory_decides(database: Database) -> None:
    """Better answered twice, by two processes, than not at all."""
    async with database.writing() as connection:
        await connection.exec_driver_sql(f"DROP TABLE {SEEN_EVENT.name}")
    one, other = deliveries(database), deliveries(database)

    assert [True, False] == [await one.first_time("x") for _ in range(2)]
    assert await other.first_time("x")
