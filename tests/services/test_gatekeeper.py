"""The bot's gatekeeper: the shared gate, and what holds while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from bot.domain.gate import Admission, Demand, RateLimits, Urgency
from bot.domain.timing import Timing
from bot.gateway.request_queue import LocalGate
from bot.services.gatekeeper import SharingGatekeeper
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.gate import SharedGate

LIMITS = RateLimits(requests_per_second=1_000, max_concurrency=4)


class _Away(SharedGate):
    """A shared gate whose database can be taken away."""

    away: str | None = None
    asked = 0

    async def ask(self, demand: Demand) -> Admission:
        await self._reach()
        return await super().ask(demand)

    async def close(self) -> float:
        await self._reach()
        return await super().close()

    async def reset_backoff(self) -> None:
        await self._reach()
        await super().reset_backoff()

    async def _reach(self) -> None:
        self.asked += 1
        if self.away == "silent":
            await asyncio.sleep(60)
        if self.away == "gone":
            raise StorageError("It is away.")


class _Bench:
    """A gatekeeper, its gate, another process' gate, and a clock that a test moves."""

    def __init__(self, database: Database, timing: Timing) -> None:
        self.time = 0.0
        self.shared = _Away(database, LIMITS)
        self.other = SharedGate(database, LIMITS)
        local = LocalGate(LIMITS)
        self.keeper = SharingGatekeeper(self.shared, local, clock=lambda: self.time, timing=timing)

    async def places(self, running: int = 0) -> int:
        """How many of a person's requests may be in progress."""
        demand = Demand(urgency=Urgency.PERSON, waiting=1, running=running)
        return (await self.keeper.ask(demand)).places


@asynccontextmanager
async def benched(timing: Timing) -> AsyncIterator[_Bench]:
    """On a database in memory."""
    async with open_database("sqlite:///:memory:") as database:
        made = _Bench(database, timing)
        yield made
        await made.keeper.aclose()


@pytest.fixture
async def bench() -> AsyncIterator[_Bench]:
    """One that waits as it does outside of tests."""
    async with benched(Timing()) as made:
        yield made


async def test_the_database_decides(bench: _Bench) -> None:
    """What is under way elsewhere counts."""
    await bench.other.ask(Demand(running=3))

    assert 1 == await bench.places()


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_without_the_database_the_process_applies_the_limits_alone(how: str) -> None:
    """It answers in time, and leaves the database alone for a while."""
    async with benched(timing := Timing(gate=0.3)) as bench:
        await bench.other.ask(Demand(running=3))
        bench.shared.away = how
        async with asyncio.timeout(5):
            assert 4 == await bench.places()
            assert 4 == await bench.places(running=4)
        assert 1 == bench.shared.asked

        bench.shared.away = None
        bench.time = timing.alone + 1
        await bench.places()
        assert 2 == bench.shared.asked


async def test_a_pause_holds_without_the_database(bench: _Bench) -> None:
    """Code 900 closes this process' own gate as well."""
    bench.shared.away = "gone"
    assert Timing().first_pause == pytest.approx(await bench.keeper.close(), abs=0.5)
    assert 0 == await bench.places()
    await bench.keeper.reset_backoff()
    assert 0 == await bench.places()


async def test_a_pause_and_its_end_reach_the_database(bench: _Bench) -> None:
    """And so the other processes."""
    demand = Demand(urgency=Urgency.PERSON, waiting=1)
    assert Timing().first_pause == pytest.approx(await bench.keeper.close())
    assert (await bench.other.ask(demand)).closed

    await bench.keeper.reset_backoff()
    assert 2 == bench.shared.asked


async def test_at_the_end_nothing_is_left_behind() -> None:
    """Another process has all places at once."""
    demand = Demand(urgency=Urgency.PERSON, waiting=1)
    async with open_database("sqlite:///:memory:") as database:
        other = SharedGate(database, LIMITS)
        shared = SharedGate(database, LIMITS)
        async with aclosing(SharingGatekeeper(shared, LocalGate(LIMITS))) as keeper:
            await keeper.ask(demand)
            assert (await other.ask(demand)).full
        assert 4 == (await other.ask(demand)).places
