"""How an empty or older database becomes the one that `schema` describes.

An empty database gets its tables from `schema`; one of version 0.1.0 or later gets the migrations
that it lacks, from `migrations.toml`. All run in one transaction under one lock, so a process that
dies leaves nothing half done, and of two that start at the same time one migrates.

Version 0.1.0 left the tables of its job engine, DBOS, and perhaps running processes. Watches and
bulks were in our own tables then as now; those of DBOS only say when they were due.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib import resources
from time import monotonic
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, func, insert, inspect, select, text

from bot.domain.timing import Timing
from bot.storage.engines import take_lock
from bot.storage.errors import StorageError, failure
from bot.storage.executors import Executor, is_surely_gone, this_process
from bot.storage.schema import (
    EXECUTOR,
    METADATA,
    SCHEMA_MIGRATION,
    Hashed,
    make_indexes_partial,
)

_SCHEMA: Final = "dbos"
_OURS: Final = "SELECT count(*) FROM {schema}workflow_status WHERE name NOT IN ('watch', 'bulk')"
_POLL_SECONDS: Final = 0.25

# The number of the last migration of version 0.1.0, the oldest that anyone has run.
OLDEST: Final = 4
_WORDS: Final = {
    "sqlite": {"now": "strftime('%Y-%m-%d %H:%M:%f000', 'now')", "double": "DOUBLE"},
    "postgresql": {"now": "CURRENT_TIMESTAMP", "double": "DOUBLE PRECISION"},
}


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
    for table in _read()["engine_tables"]:
        connection.execute(text(f"DROP TABLE IF EXISTS {table}"))


def hash_keys(connection: Connection) -> None:
    """Hash the keys of clicks, which contain ids; those of posts are hashes already."""
    found = connection.exec_driver_sql("SELECT event_key FROM seen_event").scalars().all()
    rows = [{"old": key, "new": Hashed.of(key)} for key in found if ":" in key]
    changing = text("UPDATE seen_event SET event_key = :new WHERE event_key = :old")
    if rows:
        connection.execute(changing, rows)


_Rows: TypeAlias = Sequence[Row[Any]]
Read: TypeAlias = Callable[[Callable[[Connection], _Rows]], Awaitable[_Rows]]
_FUNCTIONS: Final = {"drop_engine": drop_engine, "hash_keys": hash_keys}
# The steps of each migration after `OLDEST`.
Migrations: TypeAlias = tuple[tuple[str, ...], ...]


@cache
def load_migrations() -> Migrations:
    """All that this code knows."""
    return tuple(tuple(one["steps"]) for one in _read()["migration"])


def _read() -> dict[str, Any]:
    return tomllib.loads(
        resources.files(__package__).joinpath("migrations.toml").read_text("utf-8")
    )


async def no_older_process(read: Read, *, timing: Timing) -> None:
    """Check, for slightly longer than their heartbeat takes, that no process of 0.1.0 is running.

    Args:
        read: runs what it is given in a read transaction.
        timing: how long that is.

    Raises:
        StorageError: one is.
    """
    own = this_process()
    first = {peer.id: peer for peer in await _peers(read) if not is_surely_gone(peer, own)}
    until = monotonic() + timing.older_beat
    while first and monotonic() < until:
        await asyncio.sleep(min(_POLL_SECONDS, timing.older_beat))
        for peer in await _peers(read):
            if peer.id not in first or peer.beats > first[peer.id].beats:
                raise StorageError(
                    "A process of version 0.1.0 still runs on this database: "
                    f"{_named(peer, own)}. Stop it, and start this one again. "
                    "Nothing that waits is lost.",
                    f"executor {peer.id}",
                )


async def _peers(read: Read) -> tuple[Executor, ...]:
    """The processes that have not recorded their end."""
    alive = select(EXECUTOR).where(EXECUTOR.c.beats >= 0)
    rows = await read(lambda connection: connection.execute(alive).all())
    return tuple(Executor(id=row.id, host=row.host, pid=row.pid, beats=row.beats) for row in rows)


def _named(peer: Executor, own: Executor) -> str:
    where = "on this machine" if peer.host == own.host else f"on another host ({peer.host})"
    return f"process {peer.pid} {where}"


def is_of_older_engine(connection: Connection) -> bool:
    """Whether processes of version 0.1.0, with another engine, may use the database."""
    return _done(connection) == OLDEST


def is_current(connection: Connection) -> bool:
    """Whether the database has the schema of this code."""
    return _done(connection) == OLDEST + len(load_migrations())


def migrate(connection: Connection, migrations: Migrations | None = None) -> None:
    """Bring the database to the schema of this code.

    Args:
        connection: in a write transaction, which the caller commits.
        migrations: all after `OLDEST` that are known; `None` for those of this code.

    Raises:
        StorageError: the database is from a newer version of the bot, or from before 0.1.0.
    """
    migrations = load_migrations() if migrations is None else migrations
    take_lock(connection, "migrations")
    done, known = _done(connection), OLDEST + len(migrations)
    if not done:
        # Unchecked, so that tables of another application are an error, and not taken for ours.
        make_indexes_partial(connection.dialect.name)
        METADATA.create_all(connection, checkfirst=False)
        done = OLDEST + len(load_migrations())
        _record(connection, done)
    if done > known:
        raise failure("newer_schema", f"schema {done}, known up to {known}")
    if done < OLDEST:
        raise failure("older_schema", f"schema {done}, known from {OLDEST}")
    for number, steps in enumerate(migrations[done - OLDEST :], start=done + 1):
        for step in steps:
            if step in _FUNCTIONS:
                _FUNCTIONS[step](connection)
            else:
                connection.exec_driver_sql(step.format(**_WORDS[connection.dialect.name]))
        _record(connection, number)


def _done(connection: Connection) -> int:
    """The number of the last migration that the database has had; 0 where it is empty."""
    if not inspect(connection).has_table(SCHEMA_MIGRATION.name):
        return 0
    newest = func.coalesce(func.max(SCHEMA_MIGRATION.c.number), 0)
    return int(connection.execute(select(newest)).scalar_one())


def _record(connection: Connection, number: int) -> None:
    connection.execute(insert(SCHEMA_MIGRATION).values(number=number))
