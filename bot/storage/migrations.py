"""How an empty or older database becomes the one that `schema` describes.

An empty database gets its tables from `schema`; one of version 0.1.0 or later gets the migrations
that it lacks. Never change a migration that was released, add the next. They are SQL that both
databases accept, except for the words in braces. All run in one transaction under one lock, so a
process that dies leaves nothing half done, and of two that start at the same time one migrates.

Version 0.1.0 left the tables of its job engine, DBOS, and perhaps running processes. Watches and
bulks were in our own tables then as now; those of DBOS only say when they were due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, func, insert, inspect, select, text

from bot.domain.timing import Timing
from bot.storage.engines import take_lock
from bot.storage.errors import StorageError
from bot.storage.executors import Executor, is_surely_gone, this_process
from bot.storage.schema import (
    EXECUTOR,
    METADATA,
    SCHEMA_MIGRATION,
    Hashed,
    make_indexes_partial,
)

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
    for table in _TABLES:
        connection.execute(text(f"DROP TABLE IF EXISTS {table}"))


def hash_keys(connection: Connection) -> None:
    """Hash the keys of clicks, which contain ids; those of posts are hashes already."""
    found = connection.exec_driver_sql("SELECT event_key FROM seen_event").scalars().all()
    rows = [{"old": key, "new": Hashed.of(key)} for key in found if ":" in key]
    changing = text("UPDATE seen_event SET event_key = :new WHERE event_key = :old")
    if rows:
        connection.execute(changing, rows)


# The statements of each migration after `OLDEST`.
Migrations: TypeAlias = tuple[tuple[str | Callable[[Connection], None], ...], ...]
MIGRATIONS: Final[Migrations] = (
    (
        drop_engine,
        "DELETE FROM executor",
        "ALTER TABLE watch RENAME COLUMN teller TO worker",
        # A process that died while sending the results may have sent them.
        """
        UPDATE bulk SET doubtful = TRUE, attempts = 0
        WHERE state = 'reported' AND ended_at IS NULL""",
        # No process works on them any more. An unknown delivery stays due at the end of its lease.
        "UPDATE bulk SET due_at = {now} WHERE worker IS NOT NULL AND NOT doubtful",
        "UPDATE watch SET worker = NULL WHERE ended_at IS NULL",
        "UPDATE bulk SET worker = NULL WHERE ended_at IS NULL",
        "ALTER TABLE watch DROP COLUMN turn",
        "ALTER TABLE bulk DROP COLUMN turn",
        "DROP INDEX watch_ended_at",
        "DROP INDEX bulk_ended_at",
        "CREATE INDEX watch_ended_at ON watch (ended_at) WHERE ended_at IS NOT NULL",
        "CREATE INDEX bulk_ended_at ON bulk (ended_at) WHERE ended_at IS NOT NULL",
        """
        CREATE INDEX watch_worker ON watch (worker)
        WHERE worker IS NOT NULL AND ended_at IS NULL""",
        """
        CREATE INDEX bulk_worker ON bulk (worker)
        WHERE worker IS NOT NULL AND ended_at IS NULL""",
    ),
    (
        """
        CREATE TABLE conversation (
            channel_id TEXT NOT NULL,
            open_at {double} NOT NULL,
            closed_until {double} NOT NULL,
            PRIMARY KEY (channel_id)
        )""",
    ),
    (
        "ALTER TABLE audit ADD COLUMN chain INTEGER",
        "ALTER TABLE audit ADD COLUMN number INTEGER",
        "ALTER TABLE audit ADD COLUMN mac TEXT",
        """
        CREATE TABLE audit_head (
            chain INTEGER NOT NULL,
            before_number INTEGER NOT NULL,
            last_number INTEGER NOT NULL,
            before_mac TEXT NOT NULL,
            before_seal TEXT NOT NULL,
            last_mac TEXT NOT NULL,
            last_seal TEXT NOT NULL,
            PRIMARY KEY (chain)
        )""",
    ),
    (
        "ALTER TABLE bulk_ignored DROP COLUMN text",
        "UPDATE bulk SET name = '' WHERE ended_at IS NOT NULL",
        hash_keys,
    ),
    (
        "ALTER TABLE watch ADD COLUMN asked_in TEXT",
        "ALTER TABLE watch ADD COLUMN external BOOLEAN",
        # Not NULL: a row that differs from its job would be updated for ever.
        "UPDATE watch SET external = FALSE",
        "ALTER TABLE bulk ADD COLUMN asked_in TEXT",
        "ALTER TABLE bulk ADD COLUMN external BOOLEAN",
        "UPDATE bulk SET external = FALSE",
        # A card is updated before its notice is posted, so nothing is left to do.
        "UPDATE watch SET ended_at = {now} WHERE state = 'told' AND ended_at IS NULL",
    ),
)


class _Readable(Protocol):
    """The part of a database that this module needs."""

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Run this in a read transaction."""


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


def is_of_older_engine(connection: Connection) -> bool:
    """Whether processes of version 0.1.0, with another engine, may use the database."""
    return _done(connection) == OLDEST


def is_current(connection: Connection) -> bool:
    """Whether the database has the schema of this code."""
    return _done(connection) == OLDEST + len(MIGRATIONS)


def migrate(connection: Connection, migrations: Migrations = MIGRATIONS) -> None:
    """Bring the database to the schema of this code.

    Args:
        connection: in a write transaction, which the caller commits.
        migrations: all after `OLDEST` that this code knows.

    Raises:
        StorageError: the database is from a newer version of the bot, or from before 0.1.0.
    """
    take_lock(connection, "migrations")
    done, known = _done(connection), OLDEST + len(migrations)
    if not done:
        # Unchecked, so that tables of another application are an error, and not taken for ours.
        make_indexes_partial(connection.dialect.name)
        METADATA.create_all(connection, checkfirst=False)
        done = OLDEST + len(MIGRATIONS)
        _record(connection, done)
    if done > known:
        raise StorageError(
            "The database was made by a newer version of the bot. Run that version, or go back to "
            "a copy of the database from before the update.",
            f"schema {done}, known up to {known}",
        )
    if done < OLDEST:
        raise StorageError(
            "The database is older than version 0.1.0, which cannot be updated. Start with an "
            "empty one.",
            f"schema {done}, known from {OLDEST}",
        )
    for number, statements in enumerate(migrations[done - OLDEST :], start=done + 1):
        for statement in statements:
            _run(connection, statement)
        _record(connection, number)


def _done(connection: Connection) -> int:
    """The number of the last migration that the database has had; 0 where it is empty."""
    if not inspect(connection).has_table(SCHEMA_MIGRATION.name):
        return 0
    newest = func.coalesce(func.max(SCHEMA_MIGRATION.c.number), 0)
    return int(connection.execute(select(newest)).scalar_one())


def _record(connection: Connection, number: int) -> None:
    connection.execute(insert(SCHEMA_MIGRATION).values(number=number))


def _run(connection: Connection, statement: str | Callable[[Connection], None]) -> None:
    if isinstance(statement, str):
        connection.exec_driver_sql(statement.format(**_WORDS[connection.dialect.name]))
    else:
        statement(connection)
