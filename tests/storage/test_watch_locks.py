"""Locks on rows of watches, on PostgreSQL alone: there two transactions write at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, select, text, update

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import State
from bot.storage.database import Database, open_database
from bot.storage.jobs.watches import Watches
from bot.storage.schema import WATCH
from tests.storage.test_watches import ANA, NOON, PLENTY, SECOND, TOLD
from tests.storage.test_watches import WATCH as ONE

PATIENCE_SECONDS = 60.0
_BLOCKED = """
SELECT pg_blocking_pids(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    """An open database on PostgreSQL."""
    async with open_database(postgres_url) as opened:
        yield opened


@asynccontextmanager
async def open_write(database: Database, statement: Executable) -> AsyncIterator[int]:
    """A transaction of somebody else that has done this and goes on; its process at the server."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    over = threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(statement)
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        loop.call_soon_threadsafe(done.set_result, pid)
        over.wait(PATIENCE_SECONDS)

    writing = asyncio.create_task(database.write(work, PATIENCE_SECONDS))
    try:
        yield await done
    finally:
        over.set()
        await writing


def locked(name: str) -> Executable:
    """What locks the row of this watch."""
    return select(WATCH.c.id).where(WATCH.c.id == name).with_for_update()


async def blocked(database: Database) -> list[list[int]]:
    """By whom each that waits for a lock is blocked."""
    found = await database.read(lambda connection: connection.execute(text(_BLOCKED)).all())
    return [row[0] for row in found]


async def until_blocked(database: Database, count: int, *done: asyncio.Task[Any]) -> None:
    """Wait until so many wait for a lock, those that are done counted in."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await blocked(database)) + sum(task.done() for task in done) < count:  # noqa: ASYNC110 - a lock tells nobody
            await asyncio.sleep(0.005)


async def test_two_changes_of_the_same_watches_do_not_deadlock(database: Database) -> None:
    """Though a turn that writes in between changes the order in which they find the rows."""
    watches = Watches(database)
    first, one, _, last = new = [
        replace(ONE, id=name, message_id=MessageId(name)) for name in ("a", "x1", "x2", "z")
    ]
    await watches.add(new, PLENTY)
    # As autovacuum does: a small table is read in the order of its rows, not of an index.
    await database.write(lambda connection: connection.execute(text("ANALYZE watch")))
    async with AsyncExitStack() as stack:
        at_first = AsyncExitStack()
        pid = await at_first.enter_async_context(open_write(database, locked(first.id)))
        await stack.enter_async_context(open_write(database, locked(last.id)))
        later = NOON + timedelta(hours=4)
        moving = asyncio.create_task(watches.expire_at(later, ["a", "x1", "x2"], ANA))
        await until_blocked(database, 1)
        assert await watches.replace(one, replace(one, looks=1))
        giving_up = asyncio.create_task(watches.cancel(["x1", "x2", "z"], NOON, ANA))
        await until_blocked(database, 2)
        await at_first.aclose()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(pid in by for by in await blocked(database)):  # noqa: ASYNC110 - a lock tells nobody
                await asyncio.sleep(0.005)
        await until_blocked(database, 2, moving, giving_up)
    assert [3, 3] == [len(changed) for changed in await asyncio.gather(moving, giving_up)]


async def test_a_watch_that_is_taken_up_again_is_not_swept(database: Database) -> None:
    """The sweep found it over, and had to wait for who takes it up."""
    watches = Watches(database)
    await watches.add([TOLD], PLENTY)
    again = update(WATCH).values(ended_at=None, state=State.TELLING.value)
    async with open_write(database, again):
        sweeping = asyncio.create_task(watches.sweep(NOON + 2 * SECOND))
        await until_blocked(database, 1)
    assert 0 == await sweeping
    assert 1 == len(await watches.latest(9, only_open=True))
