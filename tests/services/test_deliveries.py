"""A first delivery is told from a repetition: by the database, and by memory without one."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.domain.timing import Timing
from bot.services.claiming import Claiming, EventDeduplicator
from bot.storage.claims import ClickClaims, SeenEvents
from bot.storage.database import Database, open_database
from bot.storage.schema import SEEN_EVENT

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LASTS = timedelta(seconds=3)


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database in memory."""
    async with open_database("sqlite:///:memory:") as opened:
        yield opened


@dataclass
class Clock:
    """The present moment, as a test sets it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """That moment."""
        return self.now


def deliveries(database: Database, now: Callable[[], datetime] = lambda: NOW) -> EventDeduplicator:
    """Those of one process on it."""
    patient = Timing(redelivery=30.0)
    claims = ClickClaims(database, every=timedelta(hours=25), lasts=LASTS, timing=patient)
    clicks = Claiming(claims, now=now, timing=Timing(claim_look=0.01))
    seen = SeenEvents(database, timing=patient)
    return EventDeduplicator(seen=seen, clicks=clicks, now=now)


async def served(by: EventDeduplicator, key: str = "x", *, done: bool = True) -> bool:
    """Whether a click was served, if it comes to nothing or not."""
    if not await by.unserved(key):
        return False
    async with by.serving(key) as deed:
        deed.done = done
    return True


async def test_only_the_first_of_four_is_one(database: Database) -> None:
    """Another key is another delivery."""
    one = deliveries(database)

    assert [{"a"}, set(), set(), set()] == [await one.new_of(["a"]) for _ in range(4)]
    assert [{"b"}, set()] == [await one.new_of(["a", "b"]), await one.new_of([])]


async def test_another_process_asks_only_what_is_new(database: Database) -> None:
    """Whatever this one has asked meanwhile."""
    one, other = deliveries(database), deliveries(database)

    assert {"a", "b"} == await one.new_of(["a", "b"])
    assert {"c"} == await other.new_of(["b", "c"])
    assert {"d"} == await one.new_of(["c", "d"])


async def test_of_four_at_once_one_is_the_first(database: Database) -> None:
    """Whichever it is."""
    one = deliveries(database)

    found = await asyncio.gather(*(one.new_of(["a"]) for _ in range(4)))

    assert [0, 0, 0, 1] == sorted(map(len, found))


async def test_two_processes_on_one_database_take_it_up_once(database: Database) -> None:
    """Slack sends to any of them."""
    found = await asyncio.gather(*(deliveries(database).new_of(["a"]) for _ in range(5)))

    assert 1 == sum(map(len, found))


async def test_keys_are_stored_as_hashes(database: Database) -> None:
    """They contain ids, and any characters that Slack sends."""
    one = deliveries(database)
    assert {"MPG1\udfff\0"} == await one.new_of(["MPG1\udfff\0"])
    assert await served(one, "MPG1")
    keys = await database.read(
        lambda found: [*found.execute(select(SEEN_EVENT.c.event_key)).scalars()]
    )
    assert 2 == len(keys)
    assert [] == [key for key in keys if "MPG1" in key]


async def test_a_click_is_served_once(database: Database) -> None:
    """In whichever process; another one is another."""
    one, other = deliveries(database), deliveries(database)

    assert [True, False, False] == [await served(by) for by in (one, one, other)]
    assert await served(other, "y")


async def test_a_click_that_came_to_nothing_is_served_when_it_comes_again(
    database: Database,
) -> None:
    """In every process, with the database and without."""
    one, other = deliveries(database), deliveries(database)
    assert await served(one, done=False)
    assert await served(other, done=False)
    with suppress(LookupError):
        await one.unserved("x")
        async with one.serving("x"):
            raise LookupError
    assert [True, False] == [await served(one), await served(other)]

    await lose(database)
    assert [True, True, False] == [
        await served(one, "y", done=False),
        await served(one, "y"),
        await served(one, "y"),
    ]


async def test_of_two_clicks_at_once_the_second_waits_for_the_first(database: Database) -> None:
    """It is served if the first is not, and only then."""
    for done in (True, False):
        one, other, key = deliveries(database), deliveries(database), str(done)
        assert await one.unserved(key)
        async with one.serving(key) as deed:
            second = asyncio.create_task(served(other, key))
            assert await waits(second)
            deed.done = done
        assert (not done) is await second


async def test_a_click_of_a_process_that_was_killed_is_served_when_it_comes_again(
    database: Database,
) -> None:
    """After a moment: what the dead process had in hand is free then."""
    clock = Clock()
    await deliveries(database).unserved("x")
    again = asyncio.create_task(served(deliveries(database, clock)))
    clock.now += LASTS - timedelta(seconds=1)
    assert await waits(again)
    clock.now = NOW + LASTS
    assert await again


async def test_a_click_that_takes_long_stays_in_one_hand(database: Database) -> None:
    """The claim is renewed while the process lives."""
    clock = Clock()
    one, other = deliveries(database, clock), deliveries(database, clock)
    assert await one.unserved("x")
    async with one.serving("x") as deed:
        second = asyncio.create_task(served(other))
        for _ in range(4):
            clock.now += LASTS / 2
            await renewed(database, clock.now)
        deed.done = True
    assert not await second


async def test_a_click_is_served_though_its_claim_cannot_be_renewed(
    database: Database, log: io.StringIO
) -> None:
    """Nor be settled: the database went away in the middle."""
    one = deliveries(database)
    assert await one.unserved("x")
    async with one.serving("x") as deed:
        await lose(database)
        async with asyncio.timeout(30):
            while "a claim was not renewed" not in log.getvalue():  # noqa: ASYNC110 - text alone
                await asyncio.sleep(0.005)
        deed.done = True
    assert not await one.unserved("x")


async def waits(click: asyncio.Task[bool]) -> bool:
    """Whether a click is still being waited for after several looks."""
    return not (await asyncio.wait({click}, timeout=0.05))[0]


async def lose(database: Database) -> None:
    """Take the table away."""
    await database.write(lambda found: found.exec_driver_sql(f"DROP TABLE {SEEN_EVENT.name}"))


async def renewed(database: Database, now: datetime) -> None:
    """Wait until the claim is as young as can be."""
    statement = select(SEEN_EVENT.c.at)
    async with asyncio.timeout(30):
        while True:
            at = await database.read(lambda found: found.execute(statement).scalar_one())
            if at == now - timedelta(hours=25) + LASTS:
                return
            await asyncio.sleep(0.005)


async def test_without_a_database_memory_decides(database: Database) -> None:
    """Better answered twice, by two processes, than not at all."""
    await lose(database)
    one, other = deliveries(database), deliveries(database)

    assert [{"a"}, set()] == [await one.new_of(["a"]) for _ in range(2)]
    assert [{"b"}, {"a"}] == [await one.new_of(["a", "b"]), await other.new_of(["a"])]
