"""The bot's gatekeeper: the shared gate, and what holds while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.domain.gate import Admission, Demand, RateLimits, Urgency
from bot.domain.timing import Timing
from bot.gateway.request_queue import LocalGate
from bot.services.gatekeeper import SharingGatekeeper
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.gate import SharedGate

LIMITS = RateLimits(requests_per_second=1_000, max_concurrency=4)
PERSON = Demand(urgency=Urgency.PERSON, waiting=1)
# Away, the shared gate is tried again at once, or not during a test; pauses outlast a slow machine.
EAGER = Timing(gate=30.0, alone=0.0, first_pause=100.0)
PATIENT = replace(EAGER, alone=3_600.0)


async def _nothing() -> None:
    """What happens meanwhile, unless a test has something else."""


class _Away(SharedGate):
    """A shared gate whose database can be taken away."""

    away: str | None = None
    asked = 0
    tried = 0
    before: Callable[[], Awaitable[object]] = staticmethod(_nothing)
    after: Callable[[], Awaitable[object]] = staticmethod(_nothing)

    async def ask(self, demand: Demand) -> Admission:
        await self._reach()
        return await super().ask(demand)

    async def close(self) -> float:
        await self._reach()
        return await super().close()

    async def reset_backoff(self) -> None:
        await self._reach()
        await super().reset_backoff()

    async def keep_closed(self, rest: Callable[[], float]) -> None:
        self.tried += 1
        await self._fail_if_away()
        await super().keep_closed(rest)
        await self.after()

    async def _reach(self) -> None:
        self.asked += 1
        await self._fail_if_away()

    async def _fail_if_away(self) -> None:
        await self.before()
        if self.away == "silent":
            await asyncio.sleep(60)
        if self.away == "gone":
            raise StorageError("It is away.")


class _Bench:
    """A gatekeeper, its gate, another process' gate, and a clock that a test moves."""

    def __init__(self, database: Database, timing: Timing) -> None:
        self.time = 0.0
        self.database = database
        self.shared = _Away(database, LIMITS, timing=timing)
        self.other = SharedGate(database, LIMITS)
        local = LocalGate(LIMITS, lambda: self.time, timing=timing)
        self.keeper = SharingGatekeeper(self.shared, local, lambda: self.time, timing=timing)

    async def places(self, running: int = 0) -> int:
        """How many of a person's requests may be in progress."""
        return (await self.keeper.ask(replace(PERSON, running=running))).places

    async def lose(self) -> None:
        """The database goes away, and the process notices."""
        self.shared.away = "gone"
        await self.keeper.ask(Demand())

    async def find(self) -> None:
        """The database is back, and the process uses it."""
        self.shared.away, asked = None, self.shared.asked
        async with asyncio.timeout(10):
            while asked == self.shared.asked:
                await asyncio.sleep(0.001)
                await self.keeper.ask(Demand())

    async def pass_time(self) -> None:
        """Forty seconds."""
        self.time += 40


async def other_tasks() -> None:
    """Let them do what waits for nothing."""
    for _ in range(10):
        await asyncio.sleep(0)


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
    """It answers in time, and its next request waits for no database."""
    async with benched(replace(PATIENT, gate=0.3)) as bench:
        await bench.other.ask(Demand(running=3))
        bench.shared.away = how
        async with asyncio.timeout(5):
            assert 4 == await bench.places()
            assert 4 == await bench.places(running=4)
        await other_tasks()
        assert (1, 0) == (bench.shared.asked, bench.shared.tried)


async def test_the_limits_are_shared_again_once_the_database_is_back() -> None:
    """It is tried again and again, and the log has the beginning and the end."""
    with capture_logs() as logs:
        async with benched(EAGER) as bench:
            await bench.other.ask(Demand(running=3))
            bench.shared.away = "gone"
            await asyncio.gather(bench.places(), bench.places())
            async with asyncio.timeout(10):
                while bench.shared.tried < 3:  # noqa: ASYNC110 - an attempt tells nobody
                    await asyncio.sleep(0)
            await bench.find()

            await bench.other.ask(Demand(running=3))
            assert 1 == await bench.places()
    assert ["warning", "info"] == [one["log_level"] for one in logs]


def test_a_brief_lock_separates_the_limits_briefly() -> None:
    """For two seconds at most after it ended: an attempt may just have begun to wait for it."""
    assert Timing().alone + Timing().gate <= 2


async def test_no_request_waits_for_an_attempt() -> None:
    """There is one at a time, in the background."""
    async with benched(EAGER) as bench, asyncio.timeout(10):
        await bench.lose()
        bench.shared.away = "silent"
        while not bench.shared.tried:  # noqa: ASYNC110 - an attempt tells nobody
            await asyncio.sleep(0)
        tried = bench.shared.tried

        assert [4, 4] == [await bench.places(), await bench.places()]
        assert (1, tried) == (bench.shared.asked, bench.shared.tried)


async def test_a_pause_met_alone_reaches_the_others_later() -> None:
    """They pause for the rest of it, and the time until it was stored counts."""
    async with benched(EAGER) as bench:
        await bench.lose()
        assert 100 == await bench.keeper.close()
        assert not (await bench.other.ask(PERSON)).closed
        await bench.pass_time()

        bench.shared.before = bench.pass_time
        await bench.find()

        admission = await bench.other.ask(PERSON)
        assert (True, 1) == (admission.closed, admission.strikes)
        assert 0 < admission.again <= 20


async def test_a_pause_met_while_another_is_stored_is_stored_too() -> None:
    """The limits are shared only after that."""
    async with benched(EAGER) as bench:
        await bench.lose()
        bench.shared.after = bench.keeper.close

        await bench.find()

        assert (await bench.other.ask(PERSON)).closed


async def test_a_pause_whose_storing_failed_is_stored_later() -> None:
    """The time of the failure counts."""
    async with benched(EAGER) as bench:
        bench.shared.away = "gone"
        bench.shared.before = bench.pass_time
        assert 60 == await bench.keeper.close()
        bench.shared.before = _nothing
        await bench.find()

        assert (await bench.other.ask(PERSON)).again == pytest.approx(60, abs=15)


async def test_a_pause_of_the_others_holds_without_the_database() -> None:
    """A pause met meanwhile does not shorten it, nor does it stop what only reports."""
    async with benched(replace(PATIENT, first_pause=2.0)) as bench:
        await SharedGate(bench.database, LIMITS, timing=PATIENT).close()
        assert (await bench.keeper.ask(PERSON)).closed
        await bench.lose()
        assert await bench.keeper.close() == pytest.approx(100, abs=15)

        admission = await bench.keeper.ask(replace(PERSON, running=2))
        assert (True, 2, 1) == (admission.closed, admission.places, admission.strikes)
        assert admission.again == pytest.approx(100, abs=15)
        assert not (await bench.keeper.ask(Demand(running=2))).closed

        bench.time = 101
        assert 4 == await bench.places()


async def test_the_longest_of_two_pauses_holds() -> None:
    """The one of the others ends later, or the one met alone."""
    for others, own in ((2.0, 100.0), (100.0, 2.0)):
        async with benched(replace(EAGER, first_pause=own)) as bench:
            await bench.lose()
            timing = Timing(first_pause=others)
            await SharedGate(bench.database, LIMITS, timing=timing).close()
            await bench.keeper.close()
            await bench.find()

            for gate in (bench.keeper, bench.other):
                assert (await gate.ask(PERSON)).again == pytest.approx(100, abs=15)


async def test_a_good_answer_elsewhere_makes_the_next_pause_alone_a_first_one() -> None:
    """As it makes the next shared one."""
    async with benched(replace(PATIENT, first_pause=0.001)) as bench, asyncio.timeout(10):
        await bench.keeper.close()
        bench.time += 1
        while (await bench.other.ask(PERSON)).closed:  # noqa: ASYNC110 - by the database's clock
            await asyncio.sleep(0.001)
        await bench.other.reset_backoff()
        await bench.keeper.ask(Demand())
        await bench.lose()

        assert 0.001 == pytest.approx(await bench.keeper.close())


async def test_after_the_end_the_database_is_tried_no_more() -> None:
    """It is closed next."""
    async with benched(EAGER) as bench:
        await bench.lose()
    tried = bench.shared.tried
    await other_tasks()
    assert tried == bench.shared.tried


async def test_a_pause_holds_without_the_database(bench: _Bench) -> None:
    """Code 900 closes this process' own gate as well."""
    bench.shared.away = "gone"
    assert Timing().first_pause == pytest.approx(await bench.keeper.close(), abs=0.5)
    assert 0 == await bench.places()
    await bench.keeper.reset_backoff()
    assert 0 == await bench.places()


async def test_a_pause_and_its_end_reach_the_database(bench: _Bench) -> None:
    """And so the other processes."""
    assert Timing().first_pause == pytest.approx(await bench.keeper.close())
    assert (await bench.other.ask(PERSON)).closed

    await bench.keeper.reset_backoff()
    assert 2 == bench.shared.asked


async def test_at_the_end_nothing_is_left_behind() -> None:
    """Another process has all places at once."""
    async with open_database("sqlite:///:memory:") as database:
        other = SharedGate(database, LIMITS)
        shared = SharedGate(database, LIMITS)
        async with aclosing(SharingGatekeeper(shared, LocalGate(LIMITS))) as keeper:
            await keeper.ask(PERSON)
            assert (await other.ask(PERSON)).full
        assert 4 == (await other.ask(PERSON)).places
