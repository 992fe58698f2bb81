"""The poller: what is due is taken up, who is gone is replaced, and no clock decides that."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.domain.jobs.watch import Bounds, Watch
from bot.domain.timing import Timing
from bot.services.jobs.poller import End, Line, Poller
from bot.storage.errors import StorageError
from bot.storage.executors import Executor
from bot.storage.jobs.job_queue import JobQueue
from bot.storage.jobs.table import Wanted
from bot.storage.schema import EXECUTOR
from tests.services.watch_world import NOON, SCHEDULE, World, watch_world
from tests.storage.holding import eventually

TIMING = Timing()
LATER = timedelta(minutes=5)
OWN = Executor(id="own", host="host of own", pid=1)


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


class Queue(JobQueue):
    """Counts the questions, and is away when a test says so."""

    away: Exception | None = None
    asked = 0

    async def claim(self, wanted: Sequence[Wanted], **more: Any) -> tuple[tuple[Any, ...], ...]:
        """As ever, when it is there."""
        self.asked += 1
        if self.away is not None:
            raise self.away
        return await super().claim(wanted, **more)


@dataclass(kw_only=True)
class Bench:
    """A poller, and turns that wait for a word."""

    world: World
    timing: Timing = TIMING
    room: int = 9
    chained: bool = False
    clock: Stopwatch = field(default_factory=Stopwatch)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[str] = field(default_factory=list)
    left: list[bool] = field(default_factory=list)
    fault: Exception | None = None

    def __post_init__(self) -> None:
        self.may_end.set()
        self.queue = self.queue_of(OWN)
        self.poller = Poller(queue=self.queue, own=OWN, clock=self.clock, timing=self.timing)
        self.line = Line(
            jobs=self.world.watches,
            take_up=self.take_up,
            leave=lambda: self.left.append(True),
            room=self.room,
            chained=self.chained,
        )

    def queue_of(self, own: Executor) -> Queue:
        """What a process uses."""
        tables = ((self.world.watches, SCHEDULE.longest_wait),)
        return Queue(database=self.world.database, own=own, tables=tables, now=self.world.clock)

    async def take_up(self, watch: Watch) -> None:
        """End when the test says so, and put it off."""
        self.taken.append(watch.id)
        await self.may_end.wait()
        if self.fault is not None:
            raise self.fault
        later = self.world.clock.now + LATER
        await self.world.watches.replace(watch, replace(watch, worker=None, due_at=later))

    @asynccontextmanager
    async def running(self, end: End | None = None) -> AsyncIterator[None]:
        """The poller at work."""
        async with self.poller.running([self.line], end or End(9.0)):
            yield

    async def beat(self, name: str, *, pid: int = 0) -> None:
        """Let another process, on a host of its own, say that it lives."""
        peer = Executor(id=name, host=f"host of {name}", pid=pid)
        await self.queue_of(peer).claim([], is_gone=lambda _: False)

    async def peers(self) -> set[str]:
        """The processes that are known."""
        ids = select(EXECUTOR.c.id)
        return {*await self.world.database.read(lambda found: found.scalars(ids).all())}

    async def due(self, count: int) -> list[str]:
        """So many watches that are due."""
        template = replace(await self.world.start("A"), due_at=NOON)
        new = [
            replace(template, id=f"w{n:02}", message_id=type(template.message_id)(f"A{n}"))
            for n in range(count)
        ]
        await self.world.watches.add(new, Bounds(user=99, channel=99, all=99))
        return [watch.id for watch in new]


async def test_a_silent_peer_is_replaced(world: World) -> None:
    """After half a minute without a beat, by a clock that nobody can set."""
    bench = Bench(world=world)
    await bench.beat("silent")
    await bench.poller.round()
    for bench.clock.seconds in range(5, 30, 5):
        world.clock.forward(100_000)
        await bench.poller.round()
    assert {"own", "silent"} == await bench.peers()
    bench.clock.seconds = TIMING.silence
    await bench.poller.round()
    assert {"own"} == await bench.peers()


async def test_a_peer_that_beats_lives(world: World) -> None:
    """However rarely, if it is in time."""
    bench = Bench(world=world)
    for _ in range(4):
        await bench.beat("alive")
        for _ in range(5):
            await bench.poller.round()
            bench.clock.seconds += 5
    assert {"own", "alive"} == await bench.peers()


async def test_a_database_that_was_away_makes_nobody_silent(world: World) -> None:
    """Whoever lives has to be given time to say so again."""
    bench = Bench(world=world)
    await bench.beat("alive")
    await bench.poller.round()
    bench.clock.seconds = 10 * TIMING.silence
    await bench.poller.round()
    assert {"own", "alive"} == await bench.peers()
    for _ in range(6):
        bench.clock.seconds += 5
        await bench.poller.round()
    assert {"own"} == await bench.peers()


async def test_a_peer_whose_process_is_gone_is_replaced_at_once(world: World) -> None:
    """It had our number."""
    bench = Bench(world=world)
    bench.poller = Poller(queue=bench.queue, own=replace(OWN, pid=7), clock=bench.clock)
    dead = Executor(id="dead", host=OWN.host, pid=7)
    await bench.queue_of(dead).claim([], is_gone=lambda _: False)
    await bench.poller.round()
    assert {"own"} == await bench.peers()


async def test_how_many_others_were_heard_lately(world: World) -> None:
    """One that left, or fell silent, is not counted for longer than half a minute."""
    bench = Bench(world=world)
    await bench.poller.round()
    assert 0 == bench.poller.peers
    for name in ("leaves", "stays"):
        await bench.beat(name)
    bench.clock.seconds = TIMING.beat
    await bench.poller.round()
    assert 2 == bench.poller.peers

    await bench.queue_of(Executor(id="leaves", host="host of leaves", pid=0)).leave()
    for _ in range(6):
        await bench.beat("stays")
        bench.clock.seconds += TIMING.beat
        await bench.poller.round()
    assert 1 == bench.poller.peers


async def test_what_is_due_is_taken_up_when_something_begins(world: World) -> None:
    """At once, and not at the next second."""
    bench = Bench(world=world, timing=Timing(poll=3_600.0))
    async with bench.running():
        watch = await world.start("A")
        world.clock.now = watch.due_at
        bench.poller.wake()
        await bench.poller.idle()
        assert [watch.id] == bench.taken


async def test_an_idle_bot_asks_once_a_second(world: World) -> None:
    """One question, its word that it lives included."""
    bench = Bench(world=world, timing=Timing(poll=0.2))
    async with bench.running():
        await asyncio.sleep(0.9)
        assert 3 <= bench.queue.asked <= 5


async def test_there_is_room_for_so_many(world: World) -> None:
    """What is overdue beyond that is taken up as soon as there is room for a good part of it."""
    bench = Bench(world=world, timing=Timing(poll=3_600.0), room=4)
    names = await bench.due(9)
    bench.may_end.clear()
    async with bench.running():
        await eventually(lambda: len(bench.taken) == 4)
        bench.poller.wake()
        await eventually(lambda: bench.queue.asked == 2)
        await asyncio.sleep(0.05)
        assert 4 == len(bench.taken)
        bench.may_end.set()
        await eventually(lambda: {*names} == {*bench.taken})
    assert 9 == len(bench.taken)


@pytest.mark.parametrize(("chained", "rounds"), [(False, 1), (True, 2)])
async def test_a_chain_is_asked_again_after_each_turn(
    world: World, *, chained: bool, rounds: int
) -> None:
    """The next one may be due then; when nothing is, the chain ends."""
    bench = Bench(world=world, timing=Timing(poll=3_600.0), chained=chained)
    (name,) = await bench.due(1)
    async with bench.running():
        await bench.poller.idle()
        assert ([name], rounds) == (bench.taken, bench.queue.asked)


async def test_a_turn_that_fails_costs_the_others_nothing(world: World, log: io.StringIO) -> None:
    """It is logged, and taken up again when its lease is over."""
    bench = Bench(world=world, timing=Timing(poll=0.01), fault=RuntimeError("a fault of ours"))
    names = await bench.due(2)
    async with bench.running():
        await eventually(lambda: len(bench.taken) == 2)
        await eventually(lambda: bench.queue.asked >= 4)
        assert sorted(names) == sorted(bench.taken)
        assert 2 == log.getvalue().count("a turn failed")
        bench.fault = None
        world.clock.forward(60)
        await eventually(lambda: all(bench.taken.count(name) == 2 for name in names))


@pytest.mark.parametrize(
    ("fault", "logged"),
    [
        (StorageError("away"), "what is due is looked for later"),
        (RuntimeError("a fault of ours"), "a round failed"),
    ],
    ids=("the database", "our own"),
)
async def test_it_goes_on_after_a_round_that_failed(
    world: World, log: io.StringIO, fault: Exception, logged: str
) -> None:
    """It is made again, whatever it failed by."""
    bench = Bench(world=world, timing=Timing(poll=0.01))
    async with bench.running():
        bench.queue.away = fault
        await eventually(lambda: logged in log.getvalue())
        (name,) = await bench.due(1)
        bench.queue.away = None
        await eventually(lambda: name in bench.taken)


async def test_a_database_that_is_away_at_the_start(world: World) -> None:
    """Then there is no start."""
    bench = Bench(world=world)
    bench.queue.away = StorageError("away")
    with pytest.raises(StorageError):
        async with bench.running():
            pass


async def test_the_end_waits_for_what_is_just_being_told(world: World) -> None:
    """Those who can leave are told to; then nothing is left that another process would wait for."""
    bench = Bench(world=world)
    (name,) = await bench.due(1)
    bench.may_end.clear()
    async with bench.running():
        await eventually(lambda: name in bench.taken)
        asyncio.get_running_loop().call_later(0.05, bench.may_end.set)
    watch = await world.watches.get(name)
    assert watch is not None
    assert (None, NOON + LATER, [True]) == (watch.worker, watch.due_at, bench.left)
    assert set() == await bench.peers()


@pytest.mark.parametrize("away", [False, True], ids=("the database is there", "it is away"))
async def test_the_end_is_in_time(world: World, *, away: bool) -> None:
    """What is not done by then is given back at once; without a database others find it so."""
    bench = Bench(world=world, timing=Timing(turns_end=0.1))
    (name,) = await bench.due(1)
    bench.may_end.clear()
    end = End(0.2)
    async with bench.running(end):
        await eventually(lambda: name in bench.taken)
        end.begin()
        if away:
            gone = delete(EXECUTOR)
            await world.database.write(lambda found: found.exec_driver_sql("DROP TABLE watch"))
            await world.database.write(lambda found: found.execute(gone))
    if not away:
        watch = await world.watches.get(name)
        assert watch is not None
        assert (None, world.clock.now) == (watch.worker, watch.due_at)


async def test_idle_is_for_the_present(world: World) -> None:
    """What is due later keeps nobody waiting."""
    bench = Bench(world=world)
    await world.start("A")
    async with bench.running():
        await bench.poller.idle()
        assert [] == bench.taken
