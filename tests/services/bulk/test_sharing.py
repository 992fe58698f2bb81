"""What all lists share: turns by user, and one pace for all progress cards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.domain.timing import Timing
from bot.services.bulk.sharing import ProgressPace, Room
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.jobs.pace import SharedPace


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """A database in memory."""
    async with open_database("sqlite:///:memory:") as opened:
        yield opened


class Crowd:
    """Lists that wait for places; those that have one keep it until the test frees it."""

    def __init__(self, places: int) -> None:
        self.room = Room(places)
        self.inside = list[str]()
        self._out: dict[str, list[asyncio.Event]] = {}
        self._tasks = list[asyncio.Task[None]]()

    async def joins(self, user: str, times: int = 1) -> list[asyncio.Task[None]]:
        """A user waits for so many more places."""
        new = [asyncio.create_task(self._stay(user)) for _ in range(times)]
        self._tasks += new
        await settled()
        return new

    async def frees(self, user: str) -> None:
        """One of the places of a user becomes free."""
        self._out[user].pop(0).set()
        await settled()

    async def _stay(self, user: str) -> None:
        async with self.room.place(user):
            out = asyncio.Event()
            self.inside.append(user)
            self._out.setdefault(user, []).append(out)
            try:
                await out.wait()
            finally:
                self.inside.remove(user)

    async def ends(self) -> None:
        """All leave, also those that wait."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def settled() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_users_have_the_same_share_however_many_lists_they_have() -> None:
    """Three lists of one user wait for six places each, and one of another for two."""
    crowd = Crowd(4)
    await crowd.joins("ana", 18)
    assert {"ana": 4} == Counter(crowd.inside)
    await crowd.joins("bruno", 2)
    await crowd.frees("ana")
    await crowd.frees("ana")
    assert {"ana": 2, "bruno": 2} == Counter(crowd.inside)
    await crowd.frees("ana")
    assert {"ana": 2, "bruno": 2} == Counter(crowd.inside)
    await crowd.frees("bruno")
    assert {"ana": 3, "bruno": 1} == Counter(crowd.inside)
    await crowd.ends()


async def test_users_with_as_many_take_turns() -> None:
    """The one that has waited longest is first."""
    crowd = Crowd(1)
    await crowd.joins("ana", 3)
    for user in ("bruno", "carla"):
        await crowd.joins(user, 2)
    seen = list[str]()
    for _ in range(7):
        (user,) = crowd.inside
        seen.append(user)
        await crowd.frees(user)
    assert ["ana", "ana", "bruno", "carla", "ana", "bruno", "carla"] == seen
    assert [] == crowd.inside


async def test_who_leaves_the_line_takes_no_place() -> None:
    """Those behind go on, and a place that was just given is given on."""
    crowd = Crowd(1)
    (first,) = await crowd.joins("ana")
    (second, third) = await crowd.joins("bruno", 2)
    (fourth,) = await crowd.joins("carla")
    second.cancel()
    await settled()
    fourth.cancel()
    await settled()
    first.cancel()
    third.cancel()
    await asyncio.gather(first, second, third, fourth, return_exceptions=True)
    assert [] == crowd.inside
    await crowd.joins("carla")
    assert ["carla"] == crowd.inside
    await crowd.ends()


async def test_a_place_given_in_the_moment_of_an_end_is_given_on() -> None:
    """It is lost to nobody."""
    room = Room(1)
    async with room.place("ana"):
        waiting = asyncio.create_task(_through(room))
        await settled()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        await _through(room)


async def _through(room: Room) -> None:
    async with room.place("bruno"):
        pass


def pace(database: Database, seconds: float = 3.0) -> ProgressPace:
    """The pace, as one process has it."""
    return ProgressPace(SharedPace(database, timing=Timing(pace=seconds)))


async def test_all_cards_share_twenty_updates_a_minute(database: Database) -> None:
    """Those of all processes."""
    waits = [await pace(database).wait() for _ in range(4)]
    assert [0, 3, 6, 9] == [round(wait) for wait in waits]


async def test_an_update_that_slack_refuses_holds_all(database: Database) -> None:
    """For as long as Slack asks for."""
    await pace(database).refused(timedelta(seconds=30))
    assert 30 == round(await pace(database).wait())


async def test_without_the_database_nothing_waits() -> None:
    """The card shows no counts then."""
    async with open_database("sqlite:///:memory:") as closed:
        one = pace(closed)

        async def away(*_: object, **__: object) -> None:
            raise StorageError("away")

        closed.write = away  # type: ignore[method-assign, assignment]
        await one.refused(timedelta(seconds=30))
        assert 0.0 == await one.wait()
