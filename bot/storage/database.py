"""The way to the database: work in a transaction, done in a thread in one go, under a deadline.

The same code serves a SQLite file and PostgreSQL. Every error of the layers below leaves here as
`StorageError`; the address and its password stay inside.
"""

from __future__ import annotations

import asyncio
import select as system_select
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError

from bot.domain.timing import Timing
from bot.storage.database_url import file_of, read_database_url
from bot.storage.errors import StorageError, translated
from bot.storage.migrations import MIGRATIONS, Migrations, is_of_older_engine, migrate
from bot.storage.older_engine import no_older_process
from bot.storage.own_threads import OwnThreads, Task
from bot.storage.schema import SCHEMA_MIGRATION
from bot.storage.sqlite_engines import CHECK, FLEETING, WRITES, close, in_memory, on_file
from bot.storage.sqlite_file import prepare_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.pool import ConnectionPoolEntry

_CONNECT_SECONDS: Final = 5
_CONNECTIONS: Final = 5
# A server that is gone without a word is noticed in so many milliseconds, and not in hours.
_UNACKNOWLEDGED_MS: Final = 10_000
_NO_DRIVER: Final = (
    "PostgreSQL needs the extra `postgres`: pip install 'voicestatus[postgres]'. Or use SQLite."
)

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
        # One writer at a time is SQLite's rule; those who wait must not hold readers' connections.
        self._writer = asyncio.Semaphore(1 if self._is_sqlite else _CONNECTIONS)
        self.file = file
        self._timing = timing
        self._left: Callable[[float], float] = float

    def __repr__(self) -> str:
        return f"<Database {self._engine.dialect.name}>"

    def hurry(self, left: Callable[[float], float]) -> None:
        """The process ends: no transaction takes longer than is left of its time."""
        self._left = left

    async def write(
        self,
        work: Callable[[Connection], _Found],
        seconds: float | None = None,
        *,
        lasting: bool = True,
    ) -> _Found:
        """Do brief work in a transaction that writes, and give what it returns.

        On SQLite it is alone. Where nobody waits for it any more, it is undone.

        Args:
            work: what to do; it gets the connection of the transaction.
            seconds: how long it may take, in all; `None` for the usual time.
            lasting: whether it must outlive a loss of power; on a SQLite file it takes no time of
                the disk where it need not.

        Raises:
            StorageError: the database could not be used. When the deadline passes during the
                commit, nobody knows whether it took place.
        """
        do = partial(self._transact, work, {WRITES: True, FLEETING: not lasting})
        with translated():
            async with self._limit(seconds):
                await self._writer.acquire()
                return await self._threads.run(do, self._writer.release)

    async def read(
        self, work: Callable[[Connection], _Found], seconds: float | None = None
    ) -> _Found:
        """Do brief work in a transaction that reads, see `write`.

        Raises:
            StorageError: the database could not be used.
        """
        with translated():
            async with self._limit(seconds):
                return await self._threads.run(partial(self._transact, work, {}))

    def _transact(
        self, work: Callable[[Connection], _Found], options: dict[str, Any], task: Task
    ) -> _Found:
        engine = self._engine.execution_options(**options, **{CHECK: task.check})
        with engine.begin() as connection:
            found = work(connection)
            task.check()
            return found

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insertion that can say what to do on a conflict, as both databases spell it alike."""
        return sqlite.insert(table) if self._is_sqlite else postgresql.insert(table)

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
    threads = OwnThreads(_CONNECTIONS)
    with ExitStack() as stack:
        with translated():
            engine = stack.enter_context(_engine_for(address, file, timing))
        stack.callback(threads.close)
        database = Database(engine, threads=threads, file=file, timing=timing)
        if migrations is MIGRATIONS and await database.read(is_of_older_engine):
            await no_older_process(database, timing=timing)
        await database.write(partial(migrate, migrations=migrations), timing.migration)
        yield database


def _engine_for(address: URL, file: Path | None, timing: Timing) -> AbstractContextManager[Engine]:
    if address.drivername == "postgresql":
        return _postgresql(address)
    if file is not None:
        return on_file(file, connections=_CONNECTIONS, timing=timing)
    return in_memory(timing=timing)


@contextmanager
def _postgresql(address: URL) -> Iterator[Engine]:
    arguments = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _UNACKNOWLEDGED_MS,
        # Prepared statements would not survive a pooler that shares connections by transaction.
        "prepare_threshold": None,
    }
    try:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args=arguments,
            hide_parameters=True,
            pool_size=_CONNECTIONS,
            max_overflow=0,
        )
    except ImportError:
        raise StorageError(_NO_DRIVER, "psycopg") from None
    event.listen(engine, "checkout", _on_checkout)
    try:
        yield engine
    finally:
        close(engine)


def _on_checkout(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Make a connection anew that the server has closed; a question would cost as much as ours.

    A server that says something unasked says that it ends. Before the first question it may only
    be finishing its greeting.
    """
    poll = system_select.poll()
    poll.register(connection.fileno(), system_select.POLLIN)
    if record.info.get("used") and poll.poll(0):
        raise DisconnectionError
    record.info["used"] = True
