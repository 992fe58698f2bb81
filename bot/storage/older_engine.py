"""What version 0.1.0 left in a database: the tables of its job engine, DBOS, and running processes.

Watches and bulks were in our own tables then as now; those of DBOS only say when they were due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, inspect, select, text

from bot.domain.timing import Timing
from bot.storage.errors import StorageError
from bot.storage.executors import Executor, is_surely_gone, this_process
from bot.storage.schema import EXECUTOR

_T = TypeVar("_T")
_SCHEMA: Final = "dbos"
# Tables with foreign keys come before those they refer to.
_TABLES: Final = (
    "operation_outputs",
    "notifications",
    "workflow_events",
    "workflow_events_history",
    "streams",
    "workflow_input",
    "workflow_output",
    "workflow_schedules",
    "workflow_status",
    "application_versions",
    "queues",
    "event_dispatch_kv",
    "dbos_migrations",
)
_OURS: Final = "SELECT count(*) FROM {schema}workflow_status WHERE name NOT IN ('watch', 'bulk')"
_POLL_SECONDS: Final = 0.25


class _Readable(Protocol):
    """A database, as far as it is needed here."""

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Do this in a transaction that reads."""


def drop_engine(connection: Connection) -> None:
    """Drop the tables of the engine, unless another application uses them too."""
    on_file = connection.dialect.name == "sqlite"
    schema = None if on_file else _SCHEMA
    if not inspect(connection).has_table("dbos_migrations", schema):
        return
    # Other applications can share one DBOS schema, and may still need it.
    others = _OURS.format(schema="" if on_file else f"{_SCHEMA}.")
    if connection.execute(text(others)).scalar_one():
        return
    if not on_file:
        connection.execute(text(f"DROP SCHEMA {_SCHEMA} CASCADE"))
        return
    for table in _TABLES:
        connection.execute(text(f"DROP TABLE IF EXISTS {table}"))


async def no_older_process(database: _Readable, *, timing: Timing = Timing()) -> None:
    """Check, for slightly longer than their heartbeat takes, that no process of 0.1.0 is running.

    Raises:
        StorageError: one is.
    """
    own = this_process()
    first = {peer.id: peer for peer in await _peers(database) if not is_surely_gone(peer, own)}
    until = monotonic() + timing.older_beat
    while first and monotonic() < until:
        await asyncio.sleep(min(_POLL_SECONDS, timing.older_beat))
        for peer in await _peers(database):
            if peer.id not in first or peer.beats > first[peer.id].beats:
                raise StorageError(
                    "A process of version 0.1.0 still runs on this database: "
                    f"{_named(peer, own)}. Stop it, and start this one again. "
                    "Nothing that waits is lost.",
                    f"executor {peer.id}",
                )


async def _peers(database: _Readable) -> tuple[Executor, ...]:
    """The processes that have not recorded their end."""
    alive = select(EXECUTOR).where(EXECUTOR.c.beats >= 0)
    rows = await database.read(lambda connection: connection.execute(alive).all())
    return tuple(Executor(id=row.id, host=row.host, pid=row.pid, beats=row.beats) for row in rows)


def _named(peer: Executor, own: Executor) -> str:
    where = "on this machine" if peer.host == own.host else f"on another host ({peer.host})"
    return f"process {peer.pid} {where}"
