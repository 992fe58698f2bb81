"""The way to the database: transactions for reading and for writing, each under a deadline.

The same code serves a SQLite file and PostgreSQL. Every error of the layers below leaves here as
`StorageError`; the address and its password stay inside.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
)
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from sqlalchemy import (
    URL,
    AsyncAdaptedQueuePool,
    Connection,
    Engine,
    QueuePool,
    Table,
    create_engine,
    event,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.storage.database_url import file_of, read_database_url
from bot.storage.errors import translated
from bot.storage.migrations import migrate
from bot.storage.schema import SCHEMA_MIGRATION
from bot.storage.sqlite_connection import sqlite_connection
from bot.storage.sqlite_file import prepare_file

# A person waits behind most transactions. Where PostgreSQL falls silent on an open connection,
# psycopg first tries for up to ten seconds more to cancel what it had begun.
TRANSACTION_SECONDS: Final = 8.0
PING_SECONDS: Final = 2.0
MIGRATION_SECONDS: Final = 60.0
# How long SQLite waits for another process's write; less than a transaction may take.
_BUSY_SECONDS: Final = 6.0
_CONNECT_SECONDS: Final = 5
_CONNECTIONS: Final = 5

_WRITES: Final = "voicestatus_writes"
_Found = TypeVar("_Found")


class Database:
    """An open database whose schema is that of this code.

    Attributes:
        file: the file of a SQLite database; `None` for one in memory and for PostgreSQL.
    """

    def __init__(
        self, engine: AsyncEngine, *, file: Path | None = None, in_threads: Engine | None = None
    ) -> None:
        self._engine = engine
        self._in_threads = in_threads
        self._writing_engine = engine.execution_options(**{_WRITES: True})
        self._is_sqlite = engine.dialect.name == "sqlite"
        # One writer at a time is SQLite's rule; those who wait must not hold readers' connections.
        self._writer: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self._is_sqlite else nullcontext()
        )
        self.file = file

    def __repr__(self) -> str:
        return f"<Database {self._engine.dialect.name}>"

    @asynccontextmanager
    async def reading(self, seconds: float = TRANSACTION_SECONDS) -> AsyncIterator[AsyncConnection]:
        """A transaction that reads, within so many seconds.

        Raises:
            StorageError: the database could not be used.
        """
        with translated():
            async with asyncio.timeout(seconds), self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self, seconds: float = TRANSACTION_SECONDS) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes, committed at the end of the block; on SQLite it is alone.

        Raises:
            StorageError: the database could not be used. When the deadline passes during the
                commit, nobody knows whether it took place.
        """
        with translated():
            async with (
                asyncio.timeout(seconds),
                self._writer,
                self._writing_engine.begin() as connection,
            ):
                yield connection

    async def write(
        self, work: Callable[[Connection], _Found], seconds: float = TRANSACTION_SECONDS
    ) -> _Found:
        """Do brief work in a transaction that writes, and give what it returns.

        On a SQLite file all of it is done in one thread in one go, where `writing` would change
        threads several times for each statement: that costs more than the statements.

        Raises:
            StorageError: as `writing`.
        """
        if self._in_threads is None:
            async with self.writing(seconds) as connection:
                return await connection.run_sync(work)
        engine = self._in_threads.execution_options(**{_WRITES: True})
        with translated():
            async with asyncio.timeout(seconds), self._writer:
                return await asyncio.to_thread(_transaction, engine, work)

    async def read(
        self, work: Callable[[Connection], _Found], seconds: float = TRANSACTION_SECONDS
    ) -> _Found:
        """Do brief work in a transaction that reads, see `write`.

        Raises:
            StorageError: the database could not be used.
        """
        if self._in_threads is None:
            async with self.reading(seconds) as connection:
                return await connection.run_sync(work)
        with translated():
            async with asyncio.timeout(seconds):
                return await asyncio.to_thread(_transaction, self._in_threads, work)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insertion that can say what to do on a conflict, as both databases spell it alike."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

    async def ping(self) -> None:
        """Read one row, as a check of readiness.

        Raises:
            StorageError: the database did not answer within `PING_SECONDS`, or has lost our tables.
        """
        async with self.reading(PING_SECONDS) as connection:
            await connection.execute(select(SCHEMA_MIGRATION.c.number).limit(1))


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """The database of the setting DATABASE_URL, made and migrated as needed, until the block ends.

    Args:
        url: `sqlite:///voicestatus.db`, `sqlite:////folder/voicestatus.db`, `sqlite:///:memory:`
            or `postgresql://user:password@host/database`.

    Raises:
        StorageError: the address is wrong, the database cannot be used, or is newer than the code.
    """
    address = read_database_url(url)
    file = file_of(address)
    if file is not None:
        with translated():
            await asyncio.to_thread(prepare_file, file, patience_seconds=_BUSY_SECONDS)
    async with _engine_for(address, file) as engine:
        with _threads_for(file) as in_threads:
            database = Database(engine, file=file, in_threads=in_threads)
            async with database.writing(MIGRATION_SECONDS) as connection:
                await migrate(connection)
            yield database


@asynccontextmanager
async def _engine_for(address: URL, file: Path | None) -> AsyncIterator[AsyncEngine]:
    if address.drivername == "postgresql":
        engine = _postgresql(address)
    elif file is not None:
        engine = _sqlite(str(file), connections=_CONNECTIONS)
    else:
        async with _in_memory() as engine:
            yield engine
        return
    try:
        yield engine
    finally:
        await engine.dispose()


def _transaction(engine: Engine, work: Callable[[Connection], _Found]) -> _Found:
    with engine.begin() as connection:
        return work(connection)


@contextmanager
def _threads_for(file: Path | None) -> Iterator[Engine | None]:
    """An engine for work in threads; only a file has one, since others are better awaited."""
    if file is None:
        yield None
        return
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(file)),
        connect_args={
            "timeout": _BUSY_SECONDS,
            "isolation_level": None,
            "check_same_thread": False,
        },
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=_CONNECTIONS,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    try:
        yield engine
    finally:
        engine.dispose()


@asynccontextmanager
async def _in_memory() -> AsyncIterator[AsyncEngine]:
    """A database that lives as long as the block, whatever becomes of the pool's connection."""
    name = f"file:voicestatus-{token_hex(8)}"
    memory = {"mode": "memory", "cache": "shared"}
    with closing(sqlite3.connect(f"{name}?{urlencode(memory)}", uri=True)):
        engine = _sqlite(name, connections=1, query={**memory, "uri": "true"})
        try:
            yield engine
        finally:
            await engine.dispose()


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


def _sqlite(
    name: str, *, connections: int, query: Mapping[str, str] = MappingProxyType({})
) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=name, query=query),
        connect_args={
            "timeout": _BUSY_SECONDS,
            "isolation_level": None,
            "async_creator_fn": sqlite_connection,
        },
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", _on_connect)
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    # What was committed outlives a loss of power, too.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A transaction that read first and writes later could not wait for another writer's end.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
