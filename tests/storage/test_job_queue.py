"""What a process takes up, and what it gives back: by its word, its death, or a clock set back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from bot.storage.database import Database, open_database
from bot.storage.executors import Executor
from bot.storage.jobs.bulks import Bulks
from bot.storage.jobs.job_queue import JobQueue
from bot.storage.jobs.table import LEASE, SETTLING, Wanted
from bot.storage.jobs.watches import Watches
from bot.storage.schema import EXECUTOR
from tests.storage.test_bulks import BULK, add
from tests.storage.test_watches import NOON, PLENTY, SECOND, TOLD, WATCH, another

pytestmark = pytest.mark.every_database

HOUR = timedelta(hours=1)
LONGEST = timedelta(minutes=10)


class Shop:
    """Both tables, and a clock that a test sets."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.watches = Watches(database)
        self.bulks = Bulks(database)
        self.now = NOON

    def queue(self, name: str) -> JobQueue:
        """What a process of this name uses."""
        return JobQueue(
            database=self.database,
            own=Executor(id=name, host="h", pid=1),
            tables=((self.watches, LONGEST), (self.bulks, LONGEST)),
            now=lambda: self.now,
        )

    async def claimed(
        self,
        name: str,
        room: int = 9,
        *,
        in_hand: tuple[str, ...] = (),
        is_gone: Callable[[Executor], bool] | None = None,
    ) -> list[str]:
        """The ids of the watches that a process takes up."""
        wanted = Wanted(jobs=self.watches, room=room, in_hand=in_hand)
        (found,) = await self.queue(name).claim([wanted], is_gone=is_gone)
        return [job.id for job in found]

    async def alive(self, *names: str) -> None:
        """Let these say that they live."""
        for name in names:
            await self.queue(name).claim([], is_gone=lambda _: False)

    async def executors(self) -> set[str]:
        """Those that are known to live."""
        ids = select(EXECUTOR.c.id)
        return {*await self.database.read(lambda connection: connection.scalars(ids).all())}


@pytest.fixture
def shop(database: Database) -> Shop:
    """Both tables, empty, at noon."""
    return Shop(database)


async def test_what_is_due_is_taken_up_once(shop: Shop) -> None:
    """The longest overdue first, so many as there is room for; what is over never."""
    due = [another(n, due_at=NOON - n * SECOND) for n in range(4)]
    later = another(9, due_at=NOON + SECOND)
    for watch in (*due, later, replace(TOLD, worker=None, due_at=NOON)):
        await shop.watches.add([watch], PLENTY)
    assert ["x3", "x2"] == await shop.claimed("e1", 2)
    assert ["x1", "x0"] == await shop.claimed("e2")
    assert [] == await shop.claimed("e2", in_hand=("x1", "x0"))
    taken = await shop.watches.get("x3")
    assert replace(due[3], worker="e1", due_at=NOON + LEASE) == taken


async def test_each_kind_has_room_of_its_own(shop: Shop) -> None:
    """And is given as it stands."""
    await shop.watches.add([replace(WATCH, due_at=NOON)], PLENTY)
    bulk = await add(shop.bulks)
    watches, bulks = await shop.queue("e1").claim(
        [
            Wanted(jobs=shop.watches, room=0, in_hand=()),
            Wanted(jobs=shop.bulks, room=1, in_hand=()),
        ]
    )
    assert () == watches
    assert (await shop.bulks.get(bulk.id),) == bulks


async def test_processes_that_ask_at_once(shop: Shop) -> None:
    """Each job goes to one of them."""
    await shop.watches.add([another(n, due_at=NOON) for n in range(20)], PLENTY)
    found = await asyncio.gather(*(shop.claimed(f"e{n}", 20) for n in range(4)))
    assert sorted(f"x{n}" for n in range(20)) == sorted(name for names in found for name in names)


async def test_one_that_is_in_hand_is_nobody_elses(shop: Shop) -> None:
    """However long ago it was due by whichever clock, while its process lives."""
    await shop.alive("e1", "e2")
    await shop.watches.add([WATCH], PLENTY)
    shop.now = WATCH.due_at
    assert ["w1"] == await shop.claimed("e1")
    shop.now += 24 * HOUR
    assert [] == await shop.claimed("e2", is_gone=lambda _: False)
    assert [] == await shop.claimed("e1", in_hand=("w1",))


async def test_one_whose_turn_failed(shop: Shop) -> None:
    """Its own process takes it up again after a while."""
    await shop.watches.add([WATCH], PLENTY)
    shop.now = WATCH.due_at
    for moment in (shop.now, shop.now + LEASE):
        shop.now = moment
        assert ["w1"] == await shop.claimed("e1")
        assert [] == await shop.claimed("e1")


@pytest.mark.parametrize(("doubtful", "wait"), [(False, timedelta()), (True, SETTLING)])
async def test_what_a_process_had_that_is_gone(
    shop: Shop, *, doubtful: bool, wait: timedelta
) -> None:
    """It is due at once; in doubt, when Slack has had a moment to show what it took."""
    await shop.alive("e1", "e2")
    await shop.watches.add([replace(WATCH, due_at=NOON, doubtful=doubtful)], PLENTY)
    assert ["w1"] == await shop.claimed("e1")
    seen = list[Executor]()

    def is_gone(peer: Executor) -> bool:
        seen.append(peer)
        return True

    shop.now += SECOND
    freed = await shop.claimed("e2", is_gone=is_gone)
    assert [Executor(id="e1", host="h", pid=1, beats=1)] == seen
    assert {"e2"} == await shop.executors()
    assert (["w1"] if not doubtful else []) == freed
    shop.now += wait
    assert ["w1"] == [*freed, *await shop.claimed("e2")]


async def test_what_nobody_knows_the_process_of(shop: Shop) -> None:
    """One that was taken for dead, woke up, took this, and died."""
    over = replace(TOLD, id="w9", worker="e9")
    for watch in (over, replace(WATCH, due_at=NOON, worker="e9")):
        await shop.watches.add([watch], PLENTY)
    assert [] == await shop.claimed("e1")
    assert ["w1"] == await shop.claimed("e1", is_gone=lambda _: False)
    assert over == await shop.watches.get("w9")


async def test_a_process_that_ends_gives_back_what_it_has(shop: Shop) -> None:
    """Another goes on at once; nothing of others is touched."""
    await shop.alive("e1", "e2")
    await shop.watches.add([another(n, due_at=NOON) for n in range(2)], PLENTY)
    assert ["x0"] == await shop.claimed("e1", 1)
    assert ["x1"] == await shop.claimed("e2", 1)
    await shop.queue("e1").leave()
    assert {"e2"} == await shop.executors()
    assert ["x0"] == await shop.claimed("e2", in_hand=("x1",))


async def test_a_clock_that_was_set_back(shop: Shop) -> None:
    """Nothing waits longer than it ever can; what waits as it should is left alone."""
    far, near = another(1, due_at=NOON + HOUR), another(2, due_at=NOON + LONGEST)
    await shop.watches.add([far, near], PLENTY)
    bulk = await add(shop.bulks, replace(BULK, due_at=NOON + HOUR))
    assert ["x1"] == await shop.claimed("e1", is_gone=lambda _: False)
    assert near == await shop.watches.get("x2")
    assert replace(bulk, due_at=NOON) == await shop.bulks.get(bulk.id)


async def test_those_that_wait_cost_nothing(sqlite_url: str) -> None:
    """However many: an idle round and a beat look only at what is due, in hand, or far too late."""
    plans = list[str]()

    def explain(connection: Any, _: object, statement: str, values: Any, *__: object) -> None:
        if statement.startswith(("SELECT watch", "UPDATE watch")):
            driver = connection.connection.dbapi_connection
            rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            plans.extend(row[3] for row in rows if "watch" in row[3])

    async with open_database(sqlite_url) as database:
        event.listen(Engine, "before_cursor_execute", explain)
        try:
            await Shop(database).claimed("e1", is_gone=lambda _: False)
        finally:
            event.remove(Engine, "before_cursor_execute", explain)
    assert [
        "SEARCH watch USING INDEX watch_worker (worker>?)",
        "SEARCH watch USING INDEX watch_due (due_at>?)",
        "SEARCH watch USING INDEX watch_due (due_at<?)",
    ] == plans
