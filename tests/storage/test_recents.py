from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.storage.database import Database
from bot.storage.engines import take_lock
from bot.storage.records import KEPT, RecentLookup, Recents
from bot.storage.schema import RECENT
from tests.storage.holding import held
from tests.support.records import store

pytestmark = pytest.mark.every_database

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def lookup(idmsg: str, minute: int = 0, *, user: str = "U1", team: str = "T1") -> RecentLookup:
    """A look-up so many minutes after noon."""
    return RecentLookup(
        team=team, user=user, idmsg=idmsg, outcome="pending", at=NOON + timedelta(minutes=minute)
    )


async def test_nothing(database: Database) -> None:
    """A person who asked nothing has nothing."""
    assert () == await Recents(database).of("T1", "U1")


async def test_order(database: Database) -> None:
    """The newest look-up stands first."""
    recents = Recents(database)
    for one in (lookup("B", 2), lookup("A", 1), lookup("C", 3)):
        await store(database, one)
    assert (lookup("C", 3), lookup("B", 2), lookup("A", 1)) == await recents.of("T1", "U1")


async def test_again(database: Database) -> None:
    """An id asked again stands once, with its latest outcome."""
    recents = Recents(database)
    again = RecentLookup(
        team="T1", user="U1", idmsg="A", outcome="answered", at=NOON + timedelta(minutes=5)
    )
    for one in (lookup("A"), lookup("B", 1), again):
        await store(database, one)
    assert (again, lookup("B", 1)) == await recents.of("T1", "U1")


async def test_late(database: Database) -> None:
    """An older outcome that arrives late does not replace a newer one."""
    recents = Recents(database)
    await store(database, lookup("A", 5))
    await store(database, lookup("A", 1))
    assert (lookup("A", 5),) == await recents.of("T1", "U1")


async def test_case(database: Database) -> None:
    """Ids that differ in case are two ids."""
    recents = Recents(database)
    await store(database, lookup("abc", 1))
    await store(database, lookup("ABC", 2))
    assert (lookup("ABC", 2), lookup("abc", 1)) == await recents.of("T1", "U1")


async def test_people_apart(database: Database) -> None:
    """People see their own look-ups only, also where two teams have the same user id."""
    recents = Recents(database)
    for one in (lookup("A"), lookup("B", user="U2"), lookup("C", team="T2")):
        await store(database, one)
    assert (lookup("A"),) == await recents.of("T1", "U1")


async def test_limit(database: Database) -> None:
    """What goes beyond the limit is deleted, for this person only."""
    recents = Recents(database)
    await store(database, lookup("old", user="U2"))
    for minute in range(KEPT + 3):
        await store(database, lookup(f"{minute:02}", minute))
    assert [f"{minute:02}" for minute in range(KEPT + 2, 2, -1)] == [
        one.idmsg for one in await recents.of("T1", "U1")
    ]
    assert KEPT + 1 == await _rows(database)


async def test_limit_at_once(database: Database) -> None:
    """Look-ups at the same time leave no more rows than the limit."""
    recents = Recents(database)
    await asyncio.gather(*(store(database, lookup(str(n), n)) for n in range(3 * KEPT)))
    assert KEPT == await _rows(database)
    assert KEPT == len(await recents.of("T1", "U1"))


async def test_one_after_the_other(database: Database) -> None:
    """Two batches are kept one after the other, in whichever processes."""
    async with held(database, lambda connection: take_lock(connection, "recent")):
        task = asyncio.create_task(store(database, lookup("A")))
        await asyncio.sleep(0.2)
        assert not task.done()
    await task


async def test_sweep(database: Database) -> None:
    """What is older is deleted and counted; the moment itself stays."""
    recents = Recents(database)
    for one in (lookup("A", 1), lookup("B", 2), lookup("C", 1, user="U2")):
        await store(database, one)
    assert 2 == await recents.sweep(NOON + timedelta(minutes=2))
    assert (lookup("B", 2),) == await recents.of("T1", "U1")
    assert () == await recents.of("T1", "U2")


async def _rows(database: Database) -> int:
    count = select(func.count()).select_from(RECENT)
    return await database.read(lambda connection: connection.execute(count).scalar_one())
