"""The durable engine behind its port, on a SQLite file and on PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar
from unittest.mock import Mock

import pytest
from sqlalchemy.pool import QueuePool

from bot.domain.timing import Timing
from bot.storage import durable as module
from bot.storage.alarms import Alarm, Alarms, FleetingAlarms, Ringing, Work
from bot.storage.database import open_database
from bot.storage.durable import DurableAlarms, alarms_for
from bot.storage.errors import StorageError
from bot.storage.sqlite_engines import durable_engine
from tests.storage.ringing import alarm, eventually, now

if TYPE_CHECKING:
    from dbos import DBOSClient

_T = TypeVar("_T")


class Rings:
    """What rang; what is called "hang" never returns."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    async def ring(self, name: str, turn: int) -> None:
        """Take it."""
        assert 0 == turn
        self.rung.append(name)
        if name == "hang":
            await asyncio.sleep(600)
        if name == "fault":
            raise RuntimeError("a fault of ours")


# No head start for others, and an end that does not wait for what hangs.
AT_ONCE = Timing(engine_head_start=0.0, engine_end=0.5, engine_retry=0.1, engine_poll=0.1)


def engine(
    url: str,
    name: str,
    timing: Timing = AT_ONCE,
    make: Callable[..., Alarms] = alarms_for,
) -> DurableAlarms:
    """The engine of a process of this name."""
    alarms = make(
        url=url, executor=name, concurrency=dict.fromkeys(Work, 20), now=now, timing=timing
    )
    assert isinstance(alarms, DurableAlarms)
    return alarms


@asynccontextmanager
async def running(url: str, name: str, rings: Rings) -> AsyncIterator[DurableAlarms]:
    """The engine, up."""
    alarms = engine(url, name)
    async with alarms.running({Work.WATCH: rings.ring}):
        await eventually(lambda: alarms._client is not None)
        yield alarms


@pytest.mark.matrix
async def test_a_life(shared_url: str) -> None:
    """Set before it is up, and after; woken; set again; left behind, and taken over by another."""
    rings, far = Rings(), alarm("far", 3_600)
    async with open_database(shared_url):
        alarms = engine(shared_url, "e1")
        await alarms.arm([alarm("early")])
        with pytest.raises(StorageError, match="not up yet"):
            await alarms.wake(far)
        async with alarms.running({Work.WATCH: rings.ring}):
            await eventually(lambda: rings.rung == ["early"])
            first = alarm("first")
            assert () == await alarms.arm([first, far, alarm("fault")])
            assert () == await alarms.arm([far])
            await eventually(lambda: {"first", "fault"} <= {*rings.rung})
            await alarms.wake(far)
            await eventually(lambda: "far" in rings.rung)
            await eventually_spent(alarms, first)
            await alarms.arm([alarm("hang")])
            await eventually(lambda: "hang" in rings.rung)
        second = Rings()
        async with running(shared_url, "e2", second) as alarms:
            assert (0, 1) == (await alarms.take_over(["e3"]), await alarms.take_over(["e1"]))
            await eventually(lambda: second.rung == ["hang"])
            swept = await alarms.sweep(now() + timedelta(hours=1))
            assert 4 == swept
            assert () == await alarms.arm([first])
            await eventually(lambda: "first" in second.rung)


async def eventually_spent(alarms: DurableAlarms, one: Alarm) -> None:
    """Wait until the engine has written down that it rang."""
    async with asyncio.timeout(10):
        while await alarms.arm([one]) != (one,):  # noqa: ASYNC110 - a table tells nobody
            await asyncio.sleep(0.05)


async def eventually_begun(alarms: DurableAlarms) -> None:
    """Wait until the engine takes one for being under way."""
    async with asyncio.timeout(30):
        while not await alarms._ask(_under_way):  # noqa: ASYNC110 - a table tells nobody
            await asyncio.sleep(0.05)


def _under_way(client: DBOSClient) -> bool:
    return bool(client.list_workflows(status="PENDING"))


async def test_what_rings_while_it_ends_is_not_begun(sqlite_url: str) -> None:
    """It stays under way in the engine's eyes, for the process that takes over."""
    rings, alarms = Rings(), engine(sqlite_url, "e1")
    alarms._ending = True
    ringing = asyncio.create_task(alarms._ring(rings.ring, "late", 0))
    await asyncio.wait([ringing], timeout=0.05)
    assert (False, []) == (ringing.done(), rings.rung)
    ringing.cancel()


@pytest.mark.matrix
async def test_what_comes_while_it_ends_is_left_to_others(sqlite_url: str) -> None:
    """It is neither begun nor lost."""
    rings = Rings()
    async with open_database(sqlite_url):
        async with running(sqlite_url, "e1", rings) as alarms:
            alarms._ending = True
            await alarms.arm([alarm("late")])
            await eventually_begun(alarms)
        assert [] == rings.rung
        async with running(sqlite_url, "e2", rings) as alarms:
            assert 1 == await alarms.take_over(["e1"])
            await eventually(lambda: rings.rung == ["late"])


@pytest.mark.matrix
async def test_each_kind_has_a_line_of_its_own(shared_url: str) -> None:
    """What a process cannot do waits for one that can, also after another has died with it."""
    watches, bulks = Rings(), Rings()
    bulk = replace(alarm("hang"), work=Work.BULK)
    async with open_database(shared_url):
        async with running(shared_url, "e1", watches) as alarms:
            await alarms.arm([bulk, alarm("watch")])
            await eventually(lambda: watches.rung == ["watch"])
        both = {Work.WATCH: watches.ring, Work.BULK: bulks.ring}
        second = engine(shared_url, "e2")
        async with second.running(both):
            await eventually(lambda: bulks.rung == ["hang"])
        third = engine(shared_url, "e3")
        async with third.running(both):
            await eventually(lambda: third._client is not None)
            assert 1 == await third.take_over(["e2"])
            await eventually(lambda: bulks.rung == ["hang", "hang"])
    assert ["watch"] == watches.rung


async def test_an_end_before_it_was_begun(sqlite_url: str) -> None:
    """Costs nothing."""
    alarms = engine(sqlite_url, "e1", Timing(engine_head_start=60.0))
    async with alarms.running({Work.WATCH: Rings().ring}):
        await asyncio.sleep(0)
    assert alarms._client is None


async def test_an_end_while_it_cannot_start(sqlite_url: str) -> None:
    """There is nothing of it to be ended, and that is no fault."""
    tried = asyncio.Event()

    class Unstartable(DurableAlarms):
        """An engine whose database is away."""

        def _launch(self, ringing: Ringing, loop: asyncio.AbstractEventLoop) -> DBOSClient:
            del ringing
            loop.call_soon_threadsafe(tried.set)
            raise StorageError("The database is away.")

    alarms = engine(sqlite_url, "e1", make=Unstartable)
    async with alarms.running({Work.WATCH: Rings().ring}):
        await tried.wait()

    assert alarms._client is None


def test_its_connections_end_with_it(tmp_path: Path) -> None:
    """The engine leaves those that it was given to their maker; no more than so many are kept."""
    connections = durable_engine(tmp_path / "voicestatus.db", connections=1)
    with connections.connect(), connections.connect():
        pass
    pool = connections.pool
    assert isinstance(pool, QueuePool)
    before = pool.checkedin()
    alarms = engine("sqlite:///there.db", "e1")
    alarms._connections = connections

    alarms._stop()

    assert (1, 0) == (before, pool.checkedin())


def test_what_has_rung_is_spent_and_what_is_there_is_not_set_again() -> None:
    """Only what the engine does not know is set, and never for a moment that has passed."""
    done, due, new, late = (alarm("done"), alarm("due"), alarm("new", 60), alarm("late", -60))
    client = Mock()
    client.list_workflows.return_value = [
        SimpleNamespace(workflow_id=done.name, status="SUCCESS"),
        SimpleNamespace(workflow_id=due.name, status="DELAYED"),
    ]
    alarms = engine("sqlite:///there.db", "e1")

    assert (done,) == alarms._enqueue(client, [done, due, new, late])
    calls = [call.args for call in client.enqueue.call_args_list]
    assert [(new.name, "new", 0), (late.name, "late", 0)] == [
        (options["workflow_id"], job_id, turn) for options, job_id, turn in calls
    ]
    first, second = (options["delay_seconds"] for options, *_ in calls)
    assert (True, 0.0) == (0 < first <= 60, second)


class Reluctant(DurableAlarms):
    """An engine that answers its second question first."""

    failures = 1

    async def _ask(self, question: Callable[[DBOSClient], _T]) -> _T:
        if self.failures:
            self.failures -= 1
            raise StorageError("away")
        return await super()._ask(question)


async def test_a_database_that_is_away_at_the_start(tmp_path: Path, log: io.StringIO) -> None:
    """It is tried again; what was set meanwhile is kept."""
    rings, url = Rings(), f"sqlite:///{tmp_path}/there/voicestatus.db"
    alarms = engine(url, "e1", make=Reluctant)
    await alarms.arm([alarm("kept")])
    async with alarms.running({Work.WATCH: rings.ring}):
        await eventually(lambda: "the engine cannot start yet" in log.getvalue())
        (tmp_path / "there").mkdir()
        await eventually(lambda: rings.rung == ["kept"])
    assert isinstance(alarms, Reluctant)
    assert 0 == alarms.failures


@pytest.mark.every_database
async def test_a_failure_of_the_engine_is_ours(shared_url: str) -> None:
    """Whatever it raises, no text of it comes along."""
    async with open_database(shared_url), running(shared_url, "e1", Rings()) as alarms:

        def fail(_: object) -> None:
            from dbos import error  # noqa: PLC0415 - imported by now

            raise error.DBOSException("with an address")

        with pytest.raises(StorageError, match="The engine failed") as caught:
            await alarms._ask(fail)
    assert "DBOSException" == caught.value.fact


def test_a_database_in_memory_has_fleeting_alarms() -> None:
    """They last as long as it does. No address is shown."""
    alarms = alarms_for("sqlite:///:memory:", executor="e1", concurrency={}, now=now)
    assert isinstance(alarms, FleetingAlarms)
    assert "secret" not in repr(engine("postgresql://user:secret@127.0.0.1:1/x", "e1"))


def test_the_engine_writes_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its records go the way of all others, once."""
    logger = logging.getLogger("dbos")
    monkeypatch.setattr(logger, "handlers", [])
    for _ in range(2):
        module._leave_its_records_to_us()
    assert [logging.NullHandler] == [type(handler) for handler in logger.handlers]
