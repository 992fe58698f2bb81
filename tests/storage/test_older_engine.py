"""From version 0.1.0: what waits is taken over, its engine goes, and no process of it may run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, inspect, text

from bot.domain.jobs.bulk import BulkState
from bot.domain.jobs.watch import State
from bot.domain.timing import Timing
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.executors import Executor, this_process
from bot.storage.stores import Stores
from tests.storage.older_schema import go_back
from tests.storage.test_bulks import BULK
from tests.storage.test_watches import NOON, WATCH, another
from tests.support.records import AUDIT_KEY

pytestmark = pytest.mark.every_database

QUICK = Timing(older_beat=0.1)
# As DBOS 3.4.0 makes them, but for columns that nothing here depends on.
ENGINE = (
    "CREATE TABLE {schema}workflow_status (workflow_uuid TEXT PRIMARY KEY, name TEXT)",
    """
    CREATE TABLE {schema}operation_outputs (workflow_uuid TEXT NOT NULL
    REFERENCES {schema}workflow_status (workflow_uuid) ON DELETE CASCADE)""",
    "CREATE TABLE {schema}dbos_migrations (version INTEGER NOT NULL)",
    "INSERT INTO {schema}workflow_status VALUES ('watch:w1:0', 'watch'), ('bulk:b1:0', 'bulk')",
    "INSERT INTO {schema}operation_outputs VALUES ('watch:w1:0')",
)
JOB = (
    "id, user_id, team_id, channel_id, thread_ts, started_at, due_at, state, turn, attempts, "
    "doubtful, decided_at"
)
OF_WATCH = (
    f"INSERT INTO watch ({JOB}, idmsg, expires_at, looks, unknown, sandbox, teller) VALUES "
    "(:id, 'U1', 'T1', 'C1', '1.1', :noon, :due, :state, 3, :attempts, :doubtful, :noon, :idmsg, "
    ":end, 0, FALSE, FALSE, :worker)"
)
OF_BULK = (
    f"INSERT INTO bulk ({JOB}, name, total, doubles, ignored, worker) VALUES (:id, 'U1', 'T1', "
    "'C1', '1.1', :noon, :due, :state, 3, :attempts, :doubtful, :noon, 'ids.csv', 3, 1, 2, :worker)"
)


@asynccontextmanager
async def older(url: str) -> AsyncIterator[Database]:
    """A database of version 0.1.0, as its processes use it."""
    async with open_database(url) as database:
        await database.write(go_back)
        yield database


def engine(connection: Connection, *more: str) -> None:
    """What DBOS keeps."""
    on_file = connection.dialect.name == "sqlite"
    if not on_file:
        connection.execute(text("CREATE SCHEMA dbos"))
    for statement in (*ENGINE, *more):
        connection.execute(text(statement.format(schema="" if on_file else "dbos.")))


def engine_stands(connection: Connection) -> bool:
    """Whether anything of DBOS is there."""
    inspector = inspect(connection)
    schema = None if connection.dialect.name == "sqlite" else "dbos"
    return inspector.has_table("workflow_status", schema)


def moment(connection: Connection, at: datetime) -> object:
    """A moment as the tables of that version have it."""
    return at.strftime("%F %T.%f") if connection.dialect.name == "sqlite" else at


def jobs(connection: Connection) -> None:
    """One that waits, one that a process that died was telling, and the same of lists."""
    of_all = {
        "noon": moment(connection, NOON),
        "due": moment(connection, WATCH.due_at),
        "end": moment(connection, WATCH.expires_at),
    }
    for name, state, attempts, doubtful, worker in (
        ("w1", "waiting", 0, False, None),
        ("x2", "telling", 1, True, "e9/1"),
    ):
        own = {"id": name, "idmsg": name, "state": state, "attempts": attempts}
        row = of_all | own | {"doubtful": doubtful, "worker": worker}
        connection.execute(text(OF_WATCH), row)
    for name, state, attempts in (("b1", "asking", 0), ("b2", "reported", 2)):
        own = {"id": name, "state": state, "attempts": attempts, "doubtful": False}
        connection.execute(text(OF_BULK), of_all | own | {"worker": "e9/2"})


def beat(executor: Executor, beats: int) -> str:
    """What a process writes when it says that it lives."""
    return (
        "INSERT INTO executor (id, host, pid, beats, at) VALUES "
        f"('{executor.id}', '{executor.host}', {executor.pid}, {beats}, CURRENT_TIMESTAMP) "
        f"ON CONFLICT (id) DO UPDATE SET beats = {beats}"
    )


async def test_what_waits_is_taken_over(shared_url: str) -> None:
    """Due as it was, in nobody's hand; what may stand in Slack is looked for first.

    A list that was being asked about is due at once.
    """
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    async with older(shared_url) as database:
        await database.write(jobs)
    async with open_database(shared_url) as database:
        stores = Stores(database, key=AUDIT_KEY, lost=print)
        found = [await stores.watches.get("w1"), await stores.watches.get("x2")]
        lists = [await stores.bulks.get("b1"), await stores.bulks.get("b2")]

    waiting = replace(WATCH, message_id=type(WATCH.message_id)("w1"), decided_at=NOON)
    telling = replace(another(2), message_id=type(WATCH.message_id)("x2"), decided_at=NOON)
    telling = replace(telling, state=State.TELLING, attempts=1, doubtful=True)
    assert [waiting, telling] == found
    asking = replace(BULK, due_at=WATCH.due_at, decided_at=NOON, file=None, digest=None)
    handing = replace(asking, id="b2", state=BulkState.REPORTED, doubtful=True)
    asked, handed = lists
    assert asked is not None
    assert [asking, handing] == [replace(asked, due_at=WATCH.due_at), handed]
    assert began <= asked.due_at <= datetime.now(UTC)


async def test_its_engine_goes(shared_url: str) -> None:
    """With all tables of its own."""
    async with older(shared_url) as database:
        await database.write(engine)
        assert await database.read(engine_stands)
    async with open_database(shared_url) as database:
        assert not await database.read(engine_stands)


async def test_an_engine_that_others_use_stays(shared_url: str) -> None:
    """Somebody else's workflows are not ours to drop."""
    foreign = "INSERT INTO {schema}workflow_status VALUES ('x', 'invoices')"
    async with older(shared_url) as database:
        await database.write(lambda connection: engine(connection, foreign))
    async with open_database(shared_url) as database:
        assert await database.read(engine_stands)


ALIVE = Executor(id="e1", host="elsewhere", pid=4711)
HERE = replace(this_process(), id="e2", pid=os.getppid())


async def started(url: str) -> None:
    """A process of this version starts, and ends."""
    async with open_database(url):
        pass


@pytest.mark.parametrize(
    ("peer", "named"),
    [(ALIVE, "process 4711 on another host"), (HERE, f"process {HERE.pid} on this machine")],
    ids=["elsewhere", "here"],
)
async def test_while_a_process_of_it_lives_nothing_starts(
    shared_url: str, peer: Executor, named: str
) -> None:
    """The message names it; the database stays as it is."""
    async with older(shared_url) as database:

        async def say(beats: int) -> None:
            statement = text(beat(peer, beats))
            await database.write(lambda connection: connection.execute(statement))

        async def live() -> None:
            for beats in range(2, 1_000):
                await asyncio.sleep(0.02)
                await say(beats)

        await say(1)
        living = asyncio.create_task(live())
        with pytest.raises(StorageError, match=named) as caught:
            await started(shared_url)
        living.cancel()
        await asyncio.wait({living})
        still = text("SELECT turn FROM watch")
        assert [] == await database.read(lambda connection: connection.execute(still).all())
    assert f"executor {peer.id}" == caught.value.fact


@pytest.mark.parametrize(
    ("peer", "beats"),
    [
        (ALIVE, 7),
        (replace(ALIVE, id="e3"), -1),
        (replace(HERE, id="e4", pid=os.getpid()), 7),
    ],
    ids=["silent", "has said that it ends", "its number is ours"],
)
async def test_one_that_is_gone_keeps_nobody_waiting(
    shared_url: str, peer: Executor, beats: int
) -> None:
    """After one beat or so where nobody can know; nothing of it is left."""
    async with older(shared_url) as database:
        await database.write(lambda connection: connection.execute(text(beat(peer, beats))))
    async with open_database(shared_url, timing=QUICK) as database:
        rows = text("SELECT id FROM executor")
        assert [] == await database.read(lambda connection: connection.execute(rows).all())


async def test_it_is_watched_for_long_enough(shared_url: str) -> None:
    """One that beats in time is seen."""
    began = datetime.now(UTC)
    async with older(shared_url) as database:
        await database.write(lambda connection: connection.execute(text(beat(ALIVE, 7))))
    async with open_database(shared_url, timing=Timing(older_beat=0.4)):
        pass
    assert datetime.now(UTC) - began >= timedelta(seconds=0.4)
    # Its own beats came every five seconds.
    assert Timing().older_beat > 5.0
