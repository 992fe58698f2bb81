"""The bot's gatekeeper: the shared gate, and what holds while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.domain.gate import Admission, Ceilings, Urgency
from bot.domain.timing import Timing
from bot.gateway.ceiling import LocalGate
from bot.services.gatekeeper import SharingGatekeeper, sharing
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.gate import SharedGate

CEILINGS = Ceilings(requests_per_second=1_000, max_concurrency=3)


class _Away(SharedGate):
    """A shared gate whose database can be taken away; `heard` is told what would be published."""

    away: str | None = None
    asked = 0
    heard: Callable[[int], None] | None = None

    async def admit(self, urgency: Urgency, *, count: int, running: int) -> Admission:
        await self._reach()
        return await super().admit(urgency, count=count, running=running)

    async def close(self) -> float:
        await self._reach()
        return await super().close()

    async def reset_backoff(self) -> None:
        await self._reach()
        await super().reset_backoff()

    async def publish(self, running: int) -> None:
        if self.heard is None:
            await super().publish(running)
        else:
            self.heard(running)

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
        self.shared = _Away(database, CEILINGS, lease_seconds=15)
        self.other = SharedGate(database, CEILINGS, lease_seconds=15)
        local = LocalGate(CEILINGS)
        self.keeper = SharingGatekeeper(self.shared, local, clock=lambda: self.time, timing=timing)

    async def admitted(self, count: int, running: int = 0) -> int:
        """How many of a person's requests are let through."""
        answer = await self.keeper.admit(Urgency.PERSON, count=count, running=running)
        return len(answer.waits)

    async def free_elsewhere(self) -> int:
        """How many another process would be let through."""
        return len((await self.other.admit(Urgency.PERSON, count=9, running=0)).waits)


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
    await bench.other.publish(2)

    assert 1 == await bench.admitted(3)


@pytest.mark.parametrize("how", ["gone", "silent"])
async def test_without_the_database_the_process_holds_the_ceilings_alone(how: str) -> None:
    """It answers in time, and leaves the database alone for a while."""
    async with benched(timing := Timing(gate=0.3)) as bench:
        bench.shared.away = how
        async with asyncio.timeout(5):
            assert 3 == await bench.admitted(5)
            assert 0 == await bench.admitted(5, running=3)
        assert 1 == bench.shared.asked

        bench.shared.away = None
        bench.time = timing.alone + 1
        assert 3 == await bench.admitted(3)
        assert 2 == bench.shared.asked


async def test_a_pause_holds_without_the_database(bench: _Bench) -> None:
    """Code 900 closes this process' own gate as well."""
    bench.shared.away = "gone"
    assert 2 == pytest.approx(await bench.keeper.close(), abs=0.5)
    assert 0 == await bench.admitted(1)
    await bench.keeper.reset_backoff()
    assert 0 == await bench.admitted(1)


async def test_what_ends_is_told_to_the_others_soon(bench: _Bench) -> None:
    """Once for many that end together."""
    await bench.admitted(3)
    assert 0 == await bench.free_elsewhere()

    bench.keeper.left(2)
    bench.keeper.left(1)
    bench.keeper.left(0)
    await asyncio.sleep(0.25)

    assert 3 == await bench.free_elsewhere()


async def test_what_ends_while_it_is_told_is_told_again() -> None:
    """The last word is the truth."""
    told: list[int] = []

    def hear(running: int) -> None:
        told.append(running)
        if running:
            quick.keeper.left(0)

    async with benched(Timing(publish=0.01)) as quick:
        quick.shared.heard = hear
        quick.keeper.left(2)
        await asyncio.sleep(0.1)

    assert [2, 0] == told


async def test_what_was_just_let_in_is_not_told_away(bench: _Bench) -> None:
    """A count from before an admission would give its places to others."""
    assert 1 == await bench.admitted(1)
    bench.keeper.left(1)
    assert 2 == await bench.admitted(2, running=1)
    await asyncio.sleep(0.25)

    assert 0 == await bench.free_elsewhere()


async def test_at_the_end_nothing_is_left_behind() -> None:
    """Another process has all places at once."""
    async with open_database("sqlite:///:memory:") as database:
        shared = SharedGate(database, CEILINGS, lease_seconds=15)
        async with sharing(shared, LocalGate(CEILINGS)) as keeper:
            await keeper.admit(Urgency.PERSON, count=3, running=0)
            keeper.left(2)
        other = SharedGate(database, CEILINGS, lease_seconds=15)
        answer: Any = await other.admit(Urgency.PERSON, count=9, running=0)
    assert 3 == len(answer.waits)
