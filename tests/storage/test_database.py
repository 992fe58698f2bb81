"""Transactions: what is committed, who waits for whom, and what a caller who gives up leaves."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Connection, Executable, cast, literal, select, text

from bot.domain.timing import Timing
from bot.storage.database import Database, open_database
from bot.storage.engines import prepare_file
from bot.storage.errors import StorageError
from bot.storage.schema import INSTALLATION, Moment
from tests.storage.holding import PATIENCE_SECONDS, held

pytestmark = pytest.mark.every_database


def row(database: Database, name: str) -> Executable:
    """What writes a row."""
    return database.insert(INSTALLATION).values(name=name, value="x")


async def put(database: Database, name: str) -> None:
    """Write a row."""
    await database.write(lambda connection: connection.execute(row(database, name)))


async def names(database: Database) -> set[str]:
    """The rows that are there."""
    found = select(INSTALLATION.c.name)
    return {*await database.read(lambda connection: connection.scalars(found).all())}


async def test_commit(database: Database) -> None:
    """What a block wrote is there for everybody after it."""
    await put(database, "a")
    assert {"a"} == await names(database)


async def test_rollback(database: Database) -> None:
    """Work that fails leaves nothing, and its error passes as it is."""

    def work(connection: Connection) -> None:
        connection.execute(row(database, "a"))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(work)
    assert set() == await names(database)


async def test_restart(shared_url: str) -> None:
    """What was written is there after the database was closed and opened again."""
    async with open_database(shared_url) as database:
        await put(database, "a")
    async with open_database(shared_url) as database:
        assert {"a"} == await names(database)


async def test_memory_ends() -> None:
    """Two databases in memory know nothing of each other, also when both are open."""
    async with open_database("sqlite://") as first, open_database("sqlite://") as second:
        await put(first, "a")
        assert set() == await names(second)


async def test_reader_beside_writer(shared_url: str) -> None:
    """Who reads does not wait for who writes, and sees the state before."""
    async with open_database(shared_url) as database:
        async with held(database, lambda connection: connection.execute(row(database, "a"))):
            assert set() == await names(database)
        assert {"a"} == await names(database)


async def test_many_at_once(database: Database) -> None:
    """A hundred writers and readers at once all come through."""
    await asyncio.gather(
        *(put(database, str(number)) for number in range(100)),
        *(names(database) for _ in range(100)),
    )
    assert {str(number) for number in range(100)} == await names(database)


async def test_callers_who_give_up(database: Database) -> None:
    """Writers that are cancelled at any point leave a whole row or none, and nothing held."""
    for number in range(40):
        task = asyncio.create_task(put(database, str(number)))
        await asyncio.sleep(number / 10_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await put(database, "after")
    assert "after" in await names(database)
    await database.ping()


async def test_two_ends_of_one_file(sqlite_url: str) -> None:
    """Two processes' worth of connections write to one file in turn; none is told it is locked."""
    async with open_database(sqlite_url) as here, open_database(sqlite_url) as there:
        await asyncio.gather(
            *(put(here, f"here {number}") for number in range(50)),
            *(put(there, f"there {number}") for number in range(50)),
        )
        assert 100 == len(await names(here))


async def test_deadline(database: Database) -> None:
    """A transaction that takes longer than it may is undone, since nobody waits for it."""
    over = threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(row(database, "a"))
        over.wait(PATIENCE_SECONDS)

    with pytest.raises(StorageError, match="did not answer in time"):
        await database.write(work, seconds=0.2)
    over.set()
    await put(database, "b")
    assert {"b"} == await names(database)


async def test_hurry(database: Database) -> None:
    """While the process ends nothing takes longer than there is time left."""
    await put(database, "a")
    over = threading.Event()

    def slow(connection: Connection) -> None:
        connection.execute(row(database, "b"))
        over.wait(PATIENCE_SECONDS)

    database.hurry(lambda seconds: min(seconds, 0.0))
    with pytest.raises(StorageError, match="did not answer in time"):
        await database.write(slow)
    over.set()
    database.hurry(float)
    assert {"a"} == await names(database)


async def test_writers_who_give_up_while_another_process_writes(
    sqlite_url: str, tmp_path: Path
) -> None:
    """They wait no longer in their threads either, and keep none from reading or writing."""
    async with open_database(sqlite_url) as database:
        with closing(sqlite3.connect(tmp_path / "voicestatus.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(7):
                with pytest.raises(StorageError, match="did not answer in time"):
                    await database.write(lambda connection: connection.execute(text("")), 0.05)
            async with asyncio.timeout(2):
                assert set() == await names(database)
        await put(database, "after")


async def test_more_readers_than_connections(database: Database) -> None:
    """They come through one after the other; who gives up meanwhile is dropped."""
    over = threading.Event()
    long = [
        asyncio.create_task(database.read(lambda _: over.wait(PATIENCE_SECONDS))) for _ in range(6)
    ]
    dropped = asyncio.create_task(names(database))
    await asyncio.sleep(0.05)
    dropped.cancel()
    over.set()
    assert [True] * 6 == await asyncio.gather(*long)
    assert set() == await names(database)


async def test_held_by_another(sqlite_url: str, tmp_path: Path) -> None:
    """A file that another process holds for too long is one sentence; afterwards all is well."""
    async with open_database(sqlite_url, timing=Timing(sqlite_busy=0.1)) as database:
        with closing(sqlite3.connect(tmp_path / "voicestatus.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="Another process holds the database"):
                await put(database, "a")
        await put(database, "b")
        assert {"b"} == await names(database)


async def test_readers_while_writers_wait(sqlite_url: str, tmp_path: Path) -> None:
    """However many writers wait for another process, who reads is served at once."""
    async with open_database(sqlite_url) as database:
        with closing(sqlite3.connect(tmp_path / "voicestatus.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writers = [asyncio.create_task(put(database, str(number))) for number in range(20)]
            await asyncio.sleep(0.2)
            async with asyncio.timeout(2):
                assert set() == await names(database)
        await asyncio.gather(*writers)
        assert 20 == len(await names(database))


async def test_ping(database: Database) -> None:
    """A database that answers says nothing."""
    await database.ping()


async def test_ping_without_tables(database: Database) -> None:
    """A database that has lost our tables is not ready."""
    drop = text("DROP TABLE schema_migration")
    await database.write(lambda connection: connection.execute(drop))
    with pytest.raises(StorageError):
        await database.ping()


async def test_server_restarts_connections(postgres_url: str) -> None:
    """Connections that the server has closed meanwhile are made anew, without an error."""
    async with open_database(postgres_url) as database, open_database(postgres_url) as other:
        await database.ping()
        end = text(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await other.write(lambda connection: connection.execute(end).all())
        await database.ping()


def modes_in(folder: Path) -> dict[str, str]:
    """The mode of each file of a folder."""
    return {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}


async def test_private_files(sqlite_url: str, tmp_path: Path) -> None:
    """The file and those beside it are for our user alone, and the log is written ahead."""
    async with open_database(sqlite_url) as database:
        await put(database, "a")
        modes = modes_in(tmp_path)
        settings = await database.read(
            lambda connection: [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            ]
        )
    assert (
        dict.fromkeys(("voicestatus.db", "voicestatus.db-wal", "voicestatus.db-shm"), "0o600")
        == modes
    )
    assert ["wal", 1, 2, 6000] == settings


async def test_existing_file(sqlite_url: str, tmp_path: Path) -> None:
    """A file that is there keeps its mode and what others keep in it."""
    with closing(sqlite3.connect(tmp_path / "voicestatus.db")) as other:
        other.execute("CREATE TABLE theirs (x)")
    (tmp_path / "voicestatus.db").chmod(0o640)
    theirs = text("SELECT x FROM theirs")
    async with open_database(sqlite_url) as database:
        assert [] == await database.read(lambda connection: connection.execute(theirs).all())
    assert 0o640 == (tmp_path / "voicestatus.db").stat().st_mode & 0o777


def test_write_ahead_waits(tmp_path: Path) -> None:
    """The change to write-ahead logging waits until another process lets the file go."""
    file = tmp_path / "voicestatus.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (x)")
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.3, other.close).start()
    began = monotonic()
    prepare_file(file, patience_seconds=5)
    assert monotonic() - began >= 0.25


def test_write_ahead_gives_up(tmp_path: Path) -> None:
    """It does not wait for ever."""
    file = tmp_path / "voicestatus.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            prepare_file(file, patience_seconds=0.1)


async def test_relative_file_after_a_change_of_folder(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file stays the one that was opened when the process changes its folder."""
    async with open_database("sqlite:///voicestatus.db") as database:
        monkeypatch.chdir("/")
        assert empty_folder / "voicestatus.db" == database.file
        await put(database, "a")
        assert [{"a"}] * 10 == await asyncio.gather(*(names(database) for _ in range(10)))


async def test_no_moment(database: Database) -> None:
    """A moment that is not there is nothing, in both directions."""
    nothing = select(cast(literal(None, Moment), Moment))
    assert await database.read(lambda connection: connection.scalar(nothing)) is None


async def test_postgresql_without_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StorageError, match=r"pip install 'voicestatus\[postgres\]'"):
        async with open_database("postgresql://bot:secret@127.0.0.1:9/voice"):
            pass
