"""The pace in a conversation, as all processes on one database share it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.domain.jobs.job import LONGEST_PAUSE
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.jobs.pace import SharedPace
from bot.storage.schema import CONVERSATION

pytestmark = pytest.mark.every_database

# So long that no test gets as far as the next place.
PACE = 100.0
TIMING = Timing(pace=PACE, get_ready=30.0)
HALF = PACE / 2


@pytest.fixture
def pace(database: Database) -> SharedPace:
    """The pace as a process keeps it."""
    return SharedPace(database, timing=TIMING)


async def taken(database: Database, pace: SharedPace, ahead: float = 0.0) -> float | None:
    """The wait for a place that is taken with a notice."""

    def work(connection: Any) -> float | None:
        pace.lock(connection)
        return pace.take(connection, "C1", ahead)

    place = await database.write(work)
    return None if place is None else place - monotonic()


async def reserved(pace: SharedPace, channel: str = "C1", ahead: float = 0.0) -> float:
    """The wait for the next place."""
    return await pace.reserve(channel, ahead) - monotonic()


def about(seconds: float) -> Any:
    """That many seconds, give or take what a machine needs."""
    return pytest.approx(seconds, abs=HALF / 2)


async def test_places_follow_each_other(database: Database, pace: SharedPace) -> None:
    """For all processes; another conversation has places of its own."""
    another = SharedPace(database, timing=TIMING)
    waits = [await reserved(one) for one in (pace, another, pace)]

    assert [about(0), about(PACE), about(2 * PACE)] == waits
    assert about(0) == await reserved(pace, "C2")


async def test_processes_that_ask_at_once_get_different_places(
    database: Database, pace: SharedPace
) -> None:
    """None is given twice."""
    another = SharedPace(database, timing=TIMING)
    waits = await asyncio.gather(*(reserved(one) for one in (pace, another) * 3))

    assert [about(n * PACE) for n in range(6)] == sorted(waits)


async def test_a_place_is_behind_the_answers_of_the_process(pace: SharedPace) -> None:
    """And the next place of anybody is behind that."""
    waits = [await reserved(pace, ahead=ahead) for ahead in (HALF, 0.0)]

    assert [about(HALF), about(HALF + PACE)] == waits


async def test_a_notice_takes_a_place_not_long_before_it(
    database: Database, pace: SharedPace
) -> None:
    """The first one when its thread can be checked; the next one not yet."""
    first, second = [await taken(database, pace) for _ in range(2)]

    assert (about(TIMING.get_ready), None) == (first, second)
    assert about(TIMING.get_ready + PACE) == await reserved(pace)


async def test_answers_hold_back_the_notices_of_all(database: Database, pace: SharedPace) -> None:
    """Although no place is taken for them."""
    assert None is await taken(database, pace, ahead=2 * PACE)
    assert about(2 * PACE) == await reserved(pace)


async def test_nobody_takes_a_place_while_slack_refuses_posts(
    database: Database, pace: SharedPace
) -> None:
    """As long as Slack asked for, and never longer than our longest pause."""
    await pace.close("C1", 3 * PACE)
    await pace.close("C1", PACE)

    assert about(3 * PACE) == await pace.closed("C1")
    assert None is await taken(database, pace)
    assert about(3 * PACE) == await reserved(pace)
    await pace.close("C2", 90_000.0)
    assert about(LONGEST_PAUSE.total_seconds()) == await pace.closed("C2")
    assert 0.0 == await pace.closed("C3")


async def test_a_clock_that_was_set_back_closes_nothing(
    database: Database, pace: SharedPace
) -> None:
    """A moment that is too far ahead is from before that."""
    await pace.close("C1", PACE)
    later = {"open_at": CONVERSATION.c.closed_until + 9_000, "closed_until": 9e12}
    await database.write(lambda connection: connection.execute(update(CONVERSATION).values(later)))

    assert 0.0 == await pace.closed("C1")
    assert about(0) == await reserved(pace)


async def test_what_has_passed_is_swept(database: Database) -> None:
    """What still counts is kept."""
    passing = SharedPace(database, timing=Timing(pace=0.0))
    await passing.reserve("C1", 0.0)
    await passing.reserve("C2", PACE)
    await passing.close("C3", PACE)

    async def swept() -> bool:
        return bool(await passing.sweep())

    while not await swept():  # noqa: ASYNC110 - the clock of a database tells nobody
        await asyncio.sleep(0.001)
    left = await database.read(
        lambda connection: connection.scalars(select(CONVERSATION.c.channel_id)).all()
    )
    assert ["C2", "C3"] == sorted(left)
