"""The pace of a process in each conversation: answers first, and what Slack refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bot.domain.timing import Timing
from bot.services.jobs.pace import Pace
from bot.storage.database import open_database
from bot.storage.errors import StorageError
from bot.storage.jobs.pace import SharedPace

TIMING = Timing(pace=0.1, answers_ahead=0.35, get_ready=0.0, posting=9.0)
# The moments of a test that stops the clock are computed, so only rounding differs.
exactly = pytest.approx


class Shared(SharedPace):
    """The rows, which cannot be used when a test says so."""

    away = False

    async def reserve(self, channel: str, ahead: float) -> float:
        """As ever, when it is there."""
        self._check()
        return await super().reserve(channel, ahead)

    async def close(self, channel: str, seconds: float) -> None:
        """As ever, when it is there."""
        self._check()
        await super().close(channel, seconds)

    async def closed(self, channel: str) -> float:
        """As ever, when it is there."""
        self._check()
        return await super().closed(channel)

    def _check(self) -> None:
        if self.away:
            raise StorageError("away")


@dataclass
class Stage:
    """The pace of one process, whose clock a test may stop."""

    shared: Shared
    now: float | None = None
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = self.another()

    def another(self) -> Pace:
        """That of another process on the same database."""
        return Pace(self.shared, timing=TIMING, clock=self.clock)

    def clock(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time() if self.now is None else self.now

    async def posted(self, channel: str = "C1") -> float:
        """When a notice may be posted."""
        assert 0.0 == await self.pace.turn(channel)
        return self.clock()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A new process on an empty database."""
    async with open_database("sqlite:///:memory:") as database:
        yield Stage(Shared(database, timing=TIMING))


def gaps(moments: list[float]) -> list[float]:
    """The times between them."""
    return [later - earlier for earlier, later in pairwise(moments)]


async def test_notices_keep_the_pace(stage: Stage) -> None:
    """In one conversation, whoever posts them."""
    moments = await asyncio.gather(*(stage.posted() for _ in range(4)))

    assert min(gaps(sorted(moments))) > TIMING.pace / 2
    assert max(moments) - min(moments) >= 3 * TIMING.pace - 0.02


async def test_a_claimed_notice_has_its_place_already(stage: Stage) -> None:
    """It reserves none, and waits for its own."""
    began = stage.clock()
    stage.pace.placed("C1", began + 0.2)

    assert await stage.posted() - began >= 0.2
    assert await stage.shared.reserve("C1", 0.0) <= stage.clock() + TIMING.pace


async def test_a_place_that_was_left_unused_is_nobodys(stage: Stage) -> None:
    """Its notice went elsewhere; the next one waits for its own."""
    for stage.now, place in ((100.0, 100.0), (101.0, 101.1), (101.0, 101.2)):
        stage.pace.placed("C1", place)
    assert exactly([101.1, 101.2]) == [*stage.pace._conversations["C1"].places]


async def test_answers_go_at_once_up_to_a_burst(stage: Stage) -> None:
    """Then each waits for the pace; other conversations are not concerned."""
    stage.now = 100.0
    waits = [stage.pace.answer("C1") for _ in range(6)]

    assert exactly([0, 0, 0, 0, 0.05, 0.15]) == waits
    assert 0.0 == stage.pace.answer("C2")
    assert exactly(0.6) == stage.pace.ahead("C1")
    assert exactly(0.1) == stage.pace.ahead("C2")
    assert 0.0 == stage.pace.ahead("C3")


async def test_notices_wait_behind_answers(stage: Stage) -> None:
    """Those that come while a notice waits for its place go first, too."""
    stage.pace.placed("C1", stage.clock() + 0.15)
    notice = asyncio.create_task(stage.posted())
    await asyncio.sleep(0)
    stage.now, before = stage.clock() + 0.1, stage.clock()
    stage.pace.answer("C1")
    stage.now = None

    assert await notice - before >= 0.1 + TIMING.pace


async def test_answers_that_slack_refused_are_posted_one_by_one(stage: Stage) -> None:
    """When it accepts posts again, and before any notice."""
    stage.now = 100.0
    await stage.pace.refused("C1", 1.0)
    waits = [stage.pace.answer("C1") for _ in range(3)]

    assert exactly([1.0, 1.1, 1.2]) == waits
    assert exactly(1.3) == stage.pace.ahead("C1")
    stage.now = 101.3
    assert 0.0 == stage.pace.answer("C1")


async def test_a_refusal_holds_for_all_processes(stage: Stage) -> None:
    """Also for a notice whose place was taken before it."""
    another = stage.another()
    another.placed("C1", stage.clock() + 0.05)
    await stage.pace.refused("C1", 5.0)

    assert await another.turn("C1") > 3.0
    assert await stage.shared.reserve("C1", 0.0) > stage.clock() + 3.0


async def test_a_refusal_without_a_time_is_one_of_the_pace(stage: Stage) -> None:
    """Otherwise the next post would follow at once."""
    stage.now = 100.0
    await stage.pace.refused("C1", 0.0)
    assert exactly(TIMING.pace) == stage.pace.answer("C1")


async def test_a_wait_that_is_too_long_is_not_waited(stage: Stage) -> None:
    """Who wants to post hears how long it would be."""
    await stage.pace.refused("C1", TIMING.posting + 20.0)
    assert TIMING.posting < await stage.pace.turn("C1") <= TIMING.posting + 20.0


async def test_without_the_database_a_process_keeps_its_own_pace(stage: Stage) -> None:
    """Nothing is lost."""
    stage.shared.away = True
    moments = [await stage.posted() for _ in range(3)]

    assert min(gaps(moments)) >= TIMING.pace - 0.01
    await stage.pace.refused("C1", 0.2)
    assert await stage.posted() - moments[-1] >= 0.2


async def test_what_has_passed_is_forgotten(stage: Stage) -> None:
    """A bot in many conversations does not grow."""
    stage.now = 100.0
    for number in range(1_000):
        stage.pace.answer(f"C{number}")
    stage.pace.placed("later", 160.0)
    stage.now = 110.0
    stage.pace.answer("C1")
    stage.pace.answer("new")
    assert {"later", "C1", "new"} >= {*stage.pace._conversations}
