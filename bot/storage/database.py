"""The database: work runs in one transaction, in a thread, with a deadline.

The same code serves a SQLite file and PostgreSQL. Errors of SQLAlchemy and the drivers become
`StorageError`, which never contains the URL or its password.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import URL, Column, Connection, Engine, Table, delete, make_url, select, tuple_
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError

from bot.domain.timing import Timing
from bot.storage.engines import (
    CHECK,
    FLEETING,
    WRITES,
    in_memory,
    on_file,
    on_server,
    prepare_file,
)
from bot.storage.errors import failure, translated
from bot.storage.migrations import (
    Migrations,
    is_of_older_engine,
    migrate,
    no_older_process,
)
from bot.storage.own_threads import Check, OwnThreads
from bot.storage.problems.codes import load_faults
from bot.storage.schema import SCHEMA_MIGRATION

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_CONNECTIONS: Final = 5

_Found = TypeVar("_Found")


class Database:
    """An open database whose schema is that of this code.

    Attributes:
        file: the file of a SQLite database; `None` for one in memory and for PostgreSQL.
    """

    def __init__(
        self, engine: Engine, *, threads: OwnThreads, file: Path | None = None, timing: Timing
    ) -> None:
        self._engine = engine
        self._threads = threads
        self._is_sqlite = engine.dialect.name == "sqlite"
        # SQLite allows one writer; waiting writers must not use up the readers' connections.
        self._writer = asyncio.Semaphore(1 if self._is_sqlite else _CONNECTIONS)
        self.file = file
        self._timing = timing
        self._left: Callable[[float], float] = float

    def __repr__(self) -> str:
        return f"<Database {self._engine.dialect.name}>"

    def hurry(self, left: Callable[[float], float]) -> None:
        """The process is shutting down: no transaction takes longer than the time that is left."""
        self._left = left

    async def write(
        self,
        work: Callable[[Connection], _Found],
        seconds: float | None = None,
        *,
        lasting: bool = True,
    ) -> _Found:
        """Run short work in a write transaction, and return its result.

        On SQLite no other transaction writes meanwhile. If the caller is cancelled, it rolls back.

        Args:
            work: called with the connection of the transaction.
            seconds: the time limit, including waits; `None` for the default.
            lasting: whether it must survive a power failure; where it need not, a commit to a
                SQLite file does not wait for the disk.

        Raises:
            StorageError: the database could not be used. When the deadline passes during the
                commit, it is unknown whether the work was committed.
        """
        do = partial(self._transact, work, {WRITES: True, FLEETING: not lasting})
        with translated(self.file):
            async with self._limit(seconds):
                await self._writer.acquire()
                return await self._threads.run(do, self._writer.release)

    async def read(
        self, work: Callable[[Connection], _Found], seconds: float | None = None
    ) -> _Found:
        """Run short work in a read transaction, see `write`.

        Raises:
            StorageError: the database could not be used.
        """
        with translated(self.file):
            async with self._limit(seconds):
                return await self._threads.run(partial(self._transact, work, {}))

    def _transact(
        self, work: Callable[[Connection], _Found], options: dict[str, Any], check: Check
    ) -> _Found:
        engine = self._engine.execution_options(**options, **{CHECK: check})
        with engine.begin() as connection:
            found = work(connection)
            check()
            return found

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT with ON CONFLICT, which both dialects write alike."""
        if self._is_sqlite:
            return sqlite.insert(table)
        # Not at the top: SQLite does not need its 20 modules (17 ms).
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        return postgresql.insert(table)

    async def sweep(self, at: Column[datetime], older_than: datetime, *, batch: int = 1_000) -> int:
        """Delete the rows in which this column is before that moment, and return their number.

        It goes in small transactions, because a long one would keep other writers waiting.

        Raises:
            StorageError: the database could not be used; the batches before are deleted.
        """
        table = at.table
        key = tuple(table.primary_key)
        is_old = at < older_than
        old = select(*key).where(is_old).limit(batch)
        # Checked again on the row itself: an operator may have reopened it since the inner SELECT.
        statement = delete(table).where(tuple_(*key).in_(old), is_old)
        total = 0
        while True:
            deleted = await self.write(lambda connection: connection.execute(statement).rowcount)
            total += deleted
            if deleted < batch:
                return total

    async def ping(self) -> None:
        """Read one row, as a check of readiness.

        Raises:
            StorageError: the database did not answer in time, or has lost our tables.
        """
        one = select(SCHEMA_MIGRATION.c.number).limit(1)
        await self.read(
            lambda connection: connection.execute(one).all(), self._timing.database_ping
        )

    def _limit(self, seconds: float | None) -> asyncio.Timeout:
        return asyncio.timeout(self._left(self._timing.transaction if seconds is None else seconds))


def parameters(record: Any) -> dict[str, Any]:
    """The fields of a dataclass with slots, as the parameters of a statement.

    PostgreSQL stores no NUL, and UTF-8 no half of a surrogate pair: a request may contain both, and
    would take the others of its transaction with it.
    """
    return {name: _storable(getattr(record, name)) for name in record.__slots__}


def _storable(value: Any) -> Any:
    # Nearly all texts are printable: neither is.
    if not isinstance(value, str) or value.isprintable():
        return value
    return value.replace("\0", "?").encode("utf-8", "replace").decode()


@asynccontextmanager
async def open_database(
    url: str, *, timing: Timing = Timing(), migrations: Migrations | None = None
) -> AsyncIterator[Database]:
    """The database of the setting DATABASE_URL, created and migrated if needed, for the block.

    Args:
        url: `sqlite:///voicestatus.db`, `sqlite:////folder/voicestatus.db`, `sqlite:///:memory:`
            or `postgresql://user:password@host/database`.
        timing: how long it waits for what.
        migrations: those that are known; `None` for all of this code.

    Raises:
        StorageError: the address is wrong, the database cannot be used, or is newer than the code.
    """
    async with connected(url, timing) as database:
        if migrations is None and await database.read(is_of_older_engine):
            await no_older_process(database.read, timing=timing)
        await database.write(partial(migrate, migrations=migrations), timing.migration)
        yield database


@asynccontextmanager
async def connected(url: str, timing: Timing) -> AsyncIterator[Database]:
    """The database as it is, without a look at its tables, see `open_database`.

    Raises:
        StorageError: it cannot be used.
    """
    # Read now: a process that is out of file descriptors could not read it any more.
    load_faults()
    address = read_database_url(url)
    file = file_of(address)
    threads = OwnThreads(_CONNECTIONS)
    with ExitStack() as stack:
        with translated(file):
            if file is not None:
                await asyncio.to_thread(prepare_file, file, patience_seconds=timing.sqlite_busy)
            engine = stack.enter_context(_engine_for(address, file, timing))
        stack.callback(threads.close)
        yield Database(engine, threads=threads, file=file, timing=timing)


def read_database_url(text: str) -> URL:
    """The URL, whose `repr` hides the password.

    Raises:
        StorageError: the text has none of the supported forms; the error does not repeat it.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise failure("url") from None
    if url.drivername == "postgresql" and url.database:
        return url
    # After two slashes, the name of the file would be read as a host.
    if url.drivername == "sqlite" and not url.host and not url.query:
        return url
    raise failure("url")


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; `None` for one in memory and for PostgreSQL."""
    if url.drivername != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database)).absolute()


def _engine_for(address: URL, file: Path | None, timing: Timing) -> AbstractContextManager[Engine]:
    if address.drivername == "postgresql":
        return on_server(address, connections=_CONNECTIONS)
    if file is not None:
        return on_file(file, connections=_CONNECTIONS, timing=timing)
    return in_memory(timing=timing)
