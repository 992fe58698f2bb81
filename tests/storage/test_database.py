"""Transactions: what is committed, who waits for whom, and what a caller who gives up leaves."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import cast, literal, select, text

from bot.domain.timing import Timing
from bot.storage.database import Database, open_database
from bot.storage.errors import StorageError
from bot.storage.schema import INSTALLATION, Moment
from bot.storage.sqlite_file import prepare_file

pytestmark = pytest.mark.every_database


async def put(database: Database, name: str) -> None:
    """Write a row."""
    async with database.writing() as connection:
        await connection.execute(database.insert(INSTALLATION).values(name=name, value="x"))


async def put_and_then(
    database: Database, act: Callable[[], Awaitable[None]], seconds: float = 5
) -> None:
    """Write a row, and do something before it is committed."""
    async with database.writing(seconds) as connection:
        await connection.execute(database.insert(INSTALLATION).values(name="a", value="x"))
        await act()


async def fail() -> None:
    """Fail by a fault that is not the database's."""
    raise LookupError


async def names(database: Database) -> set[str]:
    """The rows that are there."""
    async with database.reading() as connection:
        return set(await connection.scalars(select(INSTALLATION.c.name)))


async def test_commit(database: Database) -> None:
    """What a block wrote is there for everybody after it."""
    await put(database, "a")
    assert {"a"} == await names(database)


async def test_rollback(database: Database) -> None:
    """A block that fails leaves nothing, and its error passes as it is."""
    with pytest.raises(LookupError):
        await put_and_then(database, fail)
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
    async with open_database(shared_url) as database, database.writing() as connection:
        await connection.execute(database.insert(INSTALLATION).values(name="a", value="x"))
        assert set() == await names(database)


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
    """A transaction that takes longer than it may is ended and undone."""
    with pytest.raises(StorageError, match="did not answer in time"):
        await put_and_then(database, partial(asyncio.sleep, 5), seconds=0.2)
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
    async with database.writing() as connection:
        await connection.execute(text("DROP TABLE schema_migration"))
    with pytest.raises(StorageError):
        await database.ping()


async def test_server_restarts_connections(postgres_url: str) -> None:
    """Connections that the server has closed meanwhile are made anew, without an error."""
    async with open_database(postgres_url) as database, open_database(postgres_url) as other:
        await database.ping()
        async with other.writing() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        await database.ping()


def modes_in(folder: Path) -> dict[str, str]:
    """The mode of each file of a folder."""
    return {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}


async def test_private_files(sqlite_url: str, tmp_path: Path) -> None:
    """The file and those beside it are for our user alone, and the log is written ahead."""
    async with open_database(sqlite_url) as database:
        await put(database, "a")
        modes = modes_in(tmp_path)
        async with database.reading() as connection:
            settings = [
                (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            ]
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
    async with open_database(sqlite_url) as database, database.reading() as connection:
        assert [] == (await connection.exec_driver_sql("SELECT x FROM theirs")).all()
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
    async with database.reading() as connection:
        assert await connection.scalar(nothing) is None
