"""The ways into a SQLite database: awaited, in threads, and those of the durable engine.

SQLite has one writer at a time, and who waits for it looks again every tenth of a second. It is
held for as long as the disk takes to make a commit safe; on a slow disk a person's click would wait
for seconds behind others' commits. So what can be had again, the moments of the gate and the alarms
of the engine, is *fleeting*: it is not made safe at each commit. It survives the death of the
process all the same; a loss of power may take back the latest of it, and leaves the file whole.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
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
    create_engine,
    event,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.domain.timing import Timing
from bot.storage.own_threads import in_own_thread
from bot.storage.sqlite_connection import sqlite_connection

# The option of an execution whose transaction writes.
WRITES: Final = "voicestatus_writes"
# Whether a commit is safe from a loss of power (sqlite.org/pragma.html#pragma_synchronous).
_LASTING: Final = "FULL"
_FLEETING: Final = "NORMAL"

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """Engines for work that is done in one go, in a thread.

    Attributes:
        pool: threads that nothing else uses, so that nothing else can hold them up.
    """

    lasting: Engine
    fleeting: Engine
    pool: Executor

    async def run(self, work: Callable[[], _Found]) -> _Found:
        """What the work gives, done in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)


def awaited(
    name: str,
    *,
    connections: int,
    timing: Timing,
    query: Mapping[str, str] = MappingProxyType({}),
) -> AsyncEngine:
    """An engine whose statements are awaited, with so many connections at most."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=name, query=query),
        connect_args={
            "timeout": timing.sqlite_busy,
            "isolation_level": None,
            "async_creator_fn": sqlite_connection,
        },
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "connect", partial(_on_connect, _LASTING))
    event.listen(engine.sync_engine, "begin", _on_begin)
    return engine


@asynccontextmanager
async def in_memory(*, timing: Timing) -> AsyncIterator[AsyncEngine]:
    """A database that lives as long as the block, whatever becomes of the pool's connection."""
    name = f"file:voicestatus-{token_hex(8)}"
    memory = {"mode": "memory", "cache": "shared"}
    with closing(sqlite3.connect(f"{name}?{urlencode(memory)}", uri=True)):
        query = {**memory, "uri": "true"}
        engine = awaited(name, connections=1, timing=timing, query=query)
        try:
            yield engine
        finally:
            await engine.dispose()


@asynccontextmanager
async def in_threads(file: Path, *, connections: int, timing: Timing) -> AsyncIterator[Threads]:
    """Engines for work in threads, a thread for each connection, while the block runs."""
    threads = Threads(
        lasting=_in_threads(file, _LASTING, connections=connections, timing=timing),
        fleeting=_in_threads(file, _FLEETING, connections=connections, timing=timing),
        pool=ThreadPoolExecutor(connections, thread_name_prefix="database"),
    )
    try:
        yield threads
    finally:
        # Not here: the last statement may still wait for another process.
        await in_own_thread(threads.pool.shutdown)
        threads.lasting.dispose()
        threads.fleeting.dispose()


def durable_engine(file: Path, *, connections: int, timing: Timing = Timing()) -> Engine:
    """What the durable engine would make itself, but for its commits, which are fleeting.

    So many connections are kept. End it with `close`; the durable engine leaves that to its maker.
    """
    # As it asks for itself: a transaction is alone from its first change.
    options = {"timeout": timing.engine_busy, "isolation_level": "IMMEDIATE"}
    return _pooled(file, _FLEETING, options, connections=connections)


def close(engine: Engine) -> None:
    """Close its connections; one that is in use is closed when it is given back."""
    event.listen(engine, "checkin", _on_late_return)
    engine.dispose()


def _in_threads(file: Path, safety: str, *, connections: int, timing: Timing) -> Engine:
    options = {"timeout": timing.sqlite_busy, "isolation_level": None}
    engine = _pooled(file, safety, options, connections=connections)
    event.listen(engine, "begin", _on_begin)
    return engine


def _pooled(file: Path, safety: str, options: dict[str, Any], *, connections: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(file)),
        connect_args={**options, "check_same_thread": False},
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=connections,
    )
    event.listen(engine, "connect", partial(_on_connect, safety))
    return engine


def _on_connect(safety: str, connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA synchronous={safety}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A transaction that read first and writes later could not wait for another writer's end.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_late_return(_connection: object, record: ConnectionPoolEntry) -> None:
    record.invalidate()
