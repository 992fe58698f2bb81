"""The durable engine behind its port, on a SQLite file and on PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.storage import durable as module
from bot.storage.alarms import Alarm, FleetingAlarms, Work
from bot.storage.database import open_database
from bot.storage.durable import DurableAlarms, alarms_for
from bot.storage.errors import StorageError
from storage.ringing import alarm, eventually, now

if TYPE_CHECKING:
    from dbos import DBOSClient

pytestmark = pytest.mark.slow


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


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No head start for others, and an end that does not wait for what hangs."""
    monkeypatch.setattr(module, "_HEAD_START_SECONDS", 0.0)
    monkeypatch.setattr(module, "_END_SECONDS", 3.0)
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.1)


def engine(url: str, name: str) -> DurableAlarms:
    """The engine of a process of this name."""
    alarms = alarms_for(url, executor=name, concurrency=dict.fromkeys(Work, 20), now=now)
    assert isinstance(alarms, DurableAlarms)
    return alarms


@asynccontextmanager
async def running(url: str, name: str, rings: Rings) -> AsyncIterator[DurableAlarms]:
    """The engine, up."""
    alarms = engine(url, name)
    async with alarms.running({Work.WATCH: rings.ring}):
        await eventually(lambda: alarms._client is not None)
        yield alarms


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


async def test_an_end_before_it_was_begun(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Costs nothing."""
    monkeypatch.setattr(module, "_HEAD_START_SECONDS", 60.0)
    alarms = engine(sqlite_url, "e1")
    async with alarms.running({Work.WATCH: Rings().ring}):
        await asyncio.sleep(0)
    assert alarms._client is None


async def test_an_end_while_it_cannot_start(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing of it to be ended, and that is no fault."""
    tried = asyncio.Event()

    def fail(*_: object) -> None:
        loop.call_soon_threadsafe(tried.set)
        raise StorageError("The database is away.")

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(DurableAlarms, "_launch", fail)
    alarms = engine(sqlite_url, "e1")
    async with alarms.running({Work.WATCH: Rings().ring}):
        await tried.wait()

    assert alarms._client is None


async def test_a_database_that_is_away_at_the_start(
    tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again; what was set meanwhile is kept."""
    rings, url = Rings(), f"sqlite:///{tmp_path}/there/voicestatus.db"
    alarms = engine(url, "e1")
    await alarms.arm([alarm("kept")])
    asked = alarms._ask
    failures = 1

    async def ask(question: object) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise StorageError("away")
        return await asked(question)  # type: ignore[arg-type]

    monkeypatch.setattr(alarms, "_ask", ask)
    async with alarms.running({Work.WATCH: rings.ring}):
        await eventually(lambda: "the engine cannot start yet" in log.getvalue())
        (tmp_path / "there").mkdir()
        await eventually(lambda: rings.rung == ["kept"])
    assert 0 == failures


async def test_a_failure_of_the_engine_is_ours(sqlite_url: str) -> None:
    """Whatever it raises, no text of it comes along."""
    async with open_database(sqlite_url), running(sqlite_url, "e1", Rings()) as alarms:

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
