"""The keeper: dead peers are replaced, lost alarms found, and no clock that jumps decides it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.jobs.watch import Watch
from bot.domain.timing import Timing
from bot.services.jobs.supervisor import GRACE, Keeper, Upkeep
from bot.storage.alarms import Work
from bot.storage.executors import Executor, Executors
from bot.storage.watches import Watches
from tests.services.bulk_world import BulkWorld
from tests.services.watch_world import NOON, SCHEDULE, World, watch_world

SILENCE = Timing().silence


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A new world at noon."""
    async with watch_world() as new:
        yield new


class Stopwatch:
    """Seconds that never go back, as a test lets them pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """So many."""
        return self.seconds


def executors(world: World, name: str, *, pid: int = 0) -> Executors:
    """The table, as a process of this name on a host of its own uses it."""
    own = Executor(id=name, host=f"host of {name}", pid=pid)
    return Executors(world.database, own=own, now=world.clock)


def keeper(
    world: World, clock: Stopwatch | None = None, *, page: int = 200, timing: Timing | None = None
) -> Keeper:
    """The keeper of the process `own`."""
    return Keeper(
        own=Executor(id="own", host="host of own", pid=1),
        executors=executors(world, "own"),
        alarms=world.alarms,
        upkeeps=[
            Upkeep(
                jobs=world.watches,
                alarms=world.alarms,
                longest_wait=SCHEDULE.longest_wait,
                now=world.clock,
                page=page,
            ),
        ],
        now=world.clock,
        clock=clock or Stopwatch(),
        timing=timing or Timing(),
    )


async def peers(world: World) -> set[str]:
    """The processes that somebody else sees."""
    return {peer.id for peer in await executors(world, "somebody else").peers()}


async def test_a_silent_peer_is_replaced(world: World) -> None:
    """After half a minute without a beat, by a clock that nobody can set."""
    clock = Stopwatch()
    own = keeper(world, clock)
    await executors(world, "silent").beat()
    await own.look_after()
    clock.seconds = SILENCE - 1
    world.clock.forward(100_000)
    await own.look_after()
    assert ([], False) == (world.alarms.taken_over, own.is_gone("silent"))

    clock.seconds = SILENCE
    await own.look_after()
    assert ([["silent"]], True) == (world.alarms.taken_over, own.is_gone("silent"))
    assert {"own"} == await peers(world)


async def test_a_peer_that_beats_lives(world: World) -> None:
    """However rarely, if it is in time."""
    clock = Stopwatch()
    own = keeper(world, clock)
    for _ in range(4):
        await executors(world, "alive").beat()
        await own.look_after()
        clock.seconds += SILENCE - 1
    assert [] == world.alarms.taken_over


async def test_a_peer_that_was_only_paused(world: World) -> None:
    """It beats again, and counts again."""
    clock = Stopwatch()
    own = keeper(world, clock)
    paused = executors(world, "paused")
    await paused.beat()
    await own.look_after()
    clock.seconds = SILENCE
    await own.look_after()
    await paused.beat()
    await own.look_after()
    assert not own.is_gone("paused")
    assert {"own", "paused"} == await peers(world)


async def test_a_peer_that_has_ended_is_replaced_at_once(world: World) -> None:
    """It has said so."""
    ended = executors(world, "ended")
    await ended.beat()
    await ended.end()
    await keeper(world).look_after()
    assert [["ended"]] == world.alarms.taken_over


async def test_a_peer_is_not_forgotten_before_its_work_is_taken_over(world: World) -> None:
    """The engine may not be up yet."""
    ended = executors(world, "ended")
    await ended.beat()
    await ended.end()
    world.alarms.away = True
    own = keeper(world)
    with pytest.raises(Exception, match="away"):
        await own.look_after()
    assert {"own", "ended"} == await peers(world)


async def test_a_lost_alarm_is_set(world: World) -> None:
    """When its watch is overdue by more than an alarm may be late."""
    watch = await world.start("A")
    world.alarms.armed.clear()
    world.clock.now = watch.due_at + GRACE
    await keeper(world).look_after()
    assert {} == world.alarms.armed
    world.clock.forward(1)
    await keeper(world).look_after()
    assert [f"watch:{watch.id}:0"] == [*world.alarms.armed]


async def test_an_alarm_that_rang_in_vain_is_replaced(world: World) -> None:
    """By one of another turn, since each rings once."""
    watch = await world.start("A")
    world.alarms.armed.clear()
    world.alarms.rung = {f"watch:{watch.id}:0"}
    world.clock.forward(3_600)
    await keeper(world).look_after()
    assert [f"watch:{watch.id}:1"] == [*world.alarms.armed]
    again = await world.read(watch)
    assert (1, world.clock.now) == (again.turn, again.due_at)


class Stale(Watches):
    """A table in which somebody goes on with whatever was just read as due."""

    async def due_before(
        self, moment: datetime, limit: int, *, after: Watch | None = None
    ) -> tuple[Watch, ...]:
        """What stood there before the change."""
        found = await super().due_before(moment, limit, after=after)
        for watch in found:
            await self.replace(watch, replace(watch, turn=1))
        return found


async def test_a_watch_that_changes_meanwhile_is_left_alone(world: World) -> None:
    """Somebody has gone on with it."""
    watch = await world.start("A")
    world.alarms.armed.clear()
    world.alarms.rung = {f"watch:{watch.id}:0"}
    world.clock.forward(3_600)
    world.watches = Stale(world.database)
    await keeper(world).look_after()
    assert {} == world.alarms.armed


async def test_the_overdue_are_looked_at_page_by_page(world: World) -> None:
    """Round by round, and then from the beginning."""
    started = [await world.start(name) for name in "ABC"]
    names = [f"watch:{watch.id}:0" for watch in started]
    world.clock.forward(3_600)
    own = keeper(world, page=2)
    for seen in (2, 3, 2):
        world.alarms.armed.clear() if seen != 3 else None
        await own.look_after()
        assert seen == len(world.alarms.armed)
    assert {*world.alarms.armed} < {*names}


async def test_a_clock_that_was_set_back(world: World) -> None:
    """What would be due in an hour, though nothing is ever put off for so long, is woken."""
    watch = await world.start("A")
    world.clock.now = NOON - timedelta(hours=1)
    await keeper(world).look_after()
    assert [f"watch:{watch.id}:0"] == world.alarms.woken


async def test_what_waits_as_it_should_is_not_woken(world: World) -> None:
    """Nor armed again."""
    await world.start("A")
    await keeper(world).look_after()
    assert [] == world.alarms.woken


async def test_every_kind_of_jobs_is_looked_after(world: World) -> None:
    """What was lost of one kind is found beside the other."""
    bulks = BulkWorld(base=world)
    bulk = await bulks.start("A")
    world.alarms.armed.clear()
    world.clock.forward(3_600)
    upkeep = Upkeep(
        jobs=bulks.table, alarms=world.alarms, longest_wait=timedelta(minutes=10), now=world.clock
    )
    await upkeep.look_after()
    assert [f"bulk:{bulk.id}:0"] == [*world.alarms.armed]


async def test_alarms_are_swept_now_and_then(world: World) -> None:
    """Those that rang an hour ago, every ten minutes."""
    clock = Stopwatch()
    own = keeper(world, clock)
    for clock.seconds in (0, 599, 600):
        await own.look_after()
    assert [NOON - timedelta(hours=1)] * 2 == world.alarms.sweeps


async def test_a_life(world: World, log: io.StringIO) -> None:
    """It is a peer while it lives, goes on when the engine comes late, and says when it ends."""
    timing = Timing(beat=0.01, beat_retry=0.01)
    ended = executors(world, "ended")
    await ended.beat()
    await ended.end()
    world.alarms.away = True

    async def ring(*_: object) -> None:
        """Nothing rings here."""

    async with keeper(world, timing=timing).keeping({Work.WATCH: ring}):
        await _until(log, "jobs are looked after later")
        assert {"own", "ended"} == await peers(world)
        world.alarms.away = False
        await _until(log, "took over")
    (own,) = await executors(world, "somebody else").peers()
    assert ("own", True) == (own.id, own.ended)


async def _until(log: io.StringIO, event: str) -> None:
    async with asyncio.timeout(10):
        while event not in log.getvalue():  # noqa: ASYNC110 - a log tells nobody
            await asyncio.sleep(0.01)
