"""The way to the database: transactions for reading and for writing, each under a deadline.

The same code serves a SQLite file and PostgreSQL. Every error of the layers below leaves here as
`StorageError`; the address and its password stay inside.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Table,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.domain.timing import Timing
from bot.storage.database_url import file_of, read_database_url
from bot.storage.errors import translated
from bot.storage.migrations import MIGRATIONS, Migrations, migrate
from bot.storage.schema import SCHEMA_MIGRATION
from bot.storage.sqlite_engines import WRITES, Threads, awaited, in_memory, in_threads
from bot.storage.sqlite_file import prepare_file

_CONNECT_SECONDS: Final = 5
_CONNECTIONS: Final = 5

_Found = TypeVar("_Found")


class Database:
    """An open database whose schema is that of this code.

    Attributes:
        file: the file of a SQLite database; `None` for one in memory and for PostgreSQL.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        file: Path | None = None,
        threads: Threads | None = None,
        timing: Timing,
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._writing_engine = engine.execution_options(**{WRITES: True})
        self._is_sqlite = engine.dialect.name == "sqlite"
        # One writer at a time is SQLite's rule; those who wait must not hold readers' connections.
        self._writer: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self._is_sqlite else nullcontext()
        )
        self.file = file
        self._timing = timing

    def __repr__(self) -> str:
        return f"<Database {self._engine.dialect.name}>"

    @asynccontextmanager
    async def reading(self, seconds: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads, within so many seconds.

        Raises:
            StorageError: the database could not be used.
        """
        with translated():
            async with self._limit(seconds), self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self, seconds: float | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes, committed at the end of the block; on SQLite it is alone.

        Raises:
            StorageError: the database could not be used. When the deadline passes during the
                commit, nobody knows whether it took place.
        """
        with translated():
            async with (
                self._limit(seconds),
                self._writer,
                self._writing_engine.begin() as connection,
            ):
                yield connection

    async def write(
        self,
        work: Callable[[Connection], _Found],
        seconds: float | None = None,
        *,
        lasting: bool = True,
    ) -> _Found:
        """Do brief work in a transaction that writes, and give what it returns.

        On a SQLite file all of it is done in one thread in one go, where `writing` would change
        threads several times for each statement: that costs more than the statements.

        Args:
            work: what to do; it gets the connection of the transaction.
            seconds: how long it may take, in all; `None` for the usual time.
            lasting: whether it must outlive a loss of power; on a SQLite file it takes no time of
                the disk where it need not.

        Raises:
            StorageError: as `writing`.
        """
        if self._threads is None:
            async with self.writing(seconds) as connection:
                return await connection.run_sync(work)
        kind = self._threads.lasting if lasting else self._threads.fleeting
        engine = kind.execution_options(**{WRITES: True})
        with translated():
            async with self._limit(seconds), self._writer:
                return await self._threads.run(partial(_transaction, engine, work))

    async def read(
        self, work: Callable[[Connection], _Found], seconds: float | None = None
    ) -> _Found:
        """Do brief work in a transaction that reads, see `write`.

        Raises:
            StorageError: the database could not be used.
        """
        if self._threads is None:
            async with self.reading(seconds) as connection:
                return await connection.run_sync(work)
        with translated():
            async with self._limit(seconds):
                return await self._threads.run(partial(_transaction, self._threads.lasting, work))

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insertion that can say what to do on a conflict, as both databases spell it alike."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    async def ping(self) -> None:
        """Read one row, as a check of readiness.

        Raises:
            StorageError: the database did not answer in time, or has lost our tables.
        """
        async with self.reading(self._timing.database_ping) as connection:
            await connection.execute(select(SCHEMA_MIGRATION.c.number).limit(1))

    def _limit(self, seconds: float | None) -> asyncio.Timeout:
        return asyncio.timeout(self._timing.transaction if seconds is None else seconds)


@asynccontextmanager
async def open_database(
    url: str, *, timing: Timing = Timing(), migrations: Migrations = MIGRATIONS
) -> AsyncIterator[Database]:
    """The database of the setting DATABASE_URL, made and migrated as needed, until the block ends.

    Args:
        url: `sqlite:///voicestatus.db`, `sqlite:////folder/voicestatus.db`, `sqlite:///:memory:`
            or `postgresql://user:password@host/database`.
        timing: how long it waits for what.
        migrations: what makes an empty database one of this code.

    Raises:
        StorageError: the address is wrong, the database cannot be used, or is newer than the code.
    """
    address = read_database_url(url)
    file = file_of(address)
    if file is not None:
        with translated():
            await asyncio.to_thread(prepare_file, file, patience_seconds=timing.sqlite_busy)
    async with (
        _engine_for(address, file, timing) as engine,
        _threads_for(file, timing) as threads,
    ):
        database = Database(engine, file=file, threads=threads, timing=timing)
        async with database.writing(timing.migration) as connection:
            await migrate(connection, migrations)
        yield database


@asynccontextmanager
async def _engine_for(
    address: URL, file: Path | None, timing: Timing
) -> AsyncIterator[AsyncEngine]:
    if address.drivername == "postgresql":
        engine = _postgresql(address)
    elif file is not None:
        engine = awaited(str(file), connections=_CONNECTIONS, timing=timing)
    else:
        async with in_memory(timing=timing) as engine:
            yield engine
        return
    try:
        yield engine
    finally:
        await engine.dispose()


def _threads_for(file: Path | None, timing: Timing) -> AbstractAsyncContextManager[Threads | None]:
    # Work in memory and on a server is better awaited.
    if file is None:
        return nullcontext()
    return in_threads(file, connections=_CONNECTIONS, timing=timing)


def _transaction(engine: Engine, work: Callable[[Connection], _Found]) -> _Found:
    with engine.begin() as connection:
        return work(connection)


def _postgresql(address: URL) -> AsyncEngine:
    # Prepared statements would not survive a pooler that shares connections by transaction.
    arguments = {"connect_timeout": _CONNECT_SECONDS, "prepare_threshold": None}
    with translated():
        return create_async_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args=arguments,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=_CONNECTIONS,
        )
