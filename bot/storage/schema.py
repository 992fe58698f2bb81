"""The tables as the current code uses them; `migrations` creates them.

Times are aware: UTC in Python, `timestamptz` in PostgreSQL, text in UTC in SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    func,
    text,
)

METADATA: Final = MetaData()
_OPEN: Final = text("ended_at IS NULL")


class Moment(TypeDecorator[datetime]):
    """An aware time; a naive one is a mistake of the caller and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC; SQLite stores it without a zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text(name: str, *, optional: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional, primary_key=key)


def _seconds(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def _at(name: str = "at", *, optional: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=optional)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _job_columns() -> Iterator[Column[Any]]:
    """The columns that watches and bulks share."""
    yield _text("id", key=True)
    yield _text("user_id")
    yield _text("team_id")
    yield _text("channel_id")
    # Empty outside a thread: two NULLs would not be equal in the unique index.
    yield _text("thread_ts")
    yield _text("card_channel_id", optional=True)
    yield _text("card_ts", optional=True)
    yield _at("started_at")
    yield _at("due_at")
    yield _text("state")
    yield _text("worker", optional=True)
    yield _text("ending", optional=True)
    yield _number("attempts")
    yield _flag("doubtful")
    yield _at("decided_at", optional=True)
    yield _at("ended_at", optional=True)


def _job_indexes(name: str) -> Iterator[Index]:
    yield Index(f"{name}_due", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN)
    yield Index(f"{name}_of_user", "team_id", "user_id", sqlite_where=_OPEN, postgresql_where=_OPEN)
    over = text("ended_at IS NOT NULL")
    # Without the condition SQLite would use this index to find open rows, and scan all of them.
    yield Index(f"{name}_ended_at", "ended_at", sqlite_where=over, postgresql_where=over)
    in_hand = text("worker IS NOT NULL AND ended_at IS NULL")
    yield Index(f"{name}_worker", "worker", sqlite_where=in_hand, postgresql_where=in_hand)


def _finding_columns() -> Iterator[Column[Any]]:
    """What a look-up found; all but the last are NULL before it."""
    yield _text("raw", optional=True)
    yield _text("error", optional=True)
    yield _text("error_detail", optional=True)
    yield _at("checked_at", optional=True)
    yield _flag("sandbox")


SCHEMA_MIGRATION: Final = Table(
    "schema_migration",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Moment, nullable=False, server_default=func.current_timestamp()),
)

INSTALLATION: Final = Table("installation", METADATA, _text("name", key=True), _text("value"))

PREFERENCE: Final = Table(
    "preference",
    METADATA,
    _text("team_id", key=True),
    _text("scope", key=True),
    _text("subject_id", key=True),
    _text("language"),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    _at(),
    _text("team_id"),
    _text("user_id"),
    _text("channel_id"),
    _text("surface"),
    _text("action"),
    _text("idmsg_hash", optional=True),
    _text("outcome", optional=True),
    _text("reason", optional=True),
    Index("audit_at", "at"),
)

RECENT: Final = Table(
    "recent",
    METADATA,
    _text("team_id", key=True),
    _text("user_id", key=True),
    _text("idmsg", key=True),
    _text("outcome"),
    _at(),
    Index("recent_at", "at"),
)

# Moments of the gate are seconds of the database's own clock, which all processes share.
GATE: Final = Table(
    "gate",
    METADATA,
    _text("name", key=True),
    _seconds("next_slot"),
    _seconds("closed_until"),
    Column("strikes", Integer, nullable=False),
    _seconds("person_until"),
)

# How many requests each process has under way; what a dead one left is over by `until`.
GATE_HOLDER: Final = Table(
    "gate_holder",
    METADATA,
    _text("holder", key=True),
    Column("running", Integer, nullable=False),
    _seconds("until"),
)

NOTICE: Final = Table("notice", METADATA, _text("name", key=True), _at())

SEEN_EVENT: Final = Table(
    "seen_event", METADATA, _text("event_key", key=True), _at(), Index("seen_event_at", "at")
)

WATCH: Final = Table(
    "watch",
    METADATA,
    *_job_columns(),
    _text("idmsg"),
    _at("expires_at"),
    _number("looks"),
    _flag("unknown"),
    *_finding_columns(),
    Index(
        "watch_open",
        "team_id",
        "channel_id",
        "thread_ts",
        "idmsg",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    *_job_indexes("watch"),
)

BULK: Final = Table(
    "bulk",
    METADATA,
    *_job_columns(),
    _text("name"),
    _number("total"),
    _number("doubles"),
    _number("ignored"),
    _at("paused_until", optional=True),
    *_job_indexes("bulk"),
)

# The calls of a bulk. The lap says what is left to ask: 0 everything, 1 once more after all others,
# because the first look-up failed, 2 nothing.
BULK_ITEM: Final = Table(
    "bulk_item",
    METADATA,
    _text("bulk_id", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("idmsg"),
    _number("lap"),
    _text("outcome", optional=True),
    *_finding_columns(),
    Index("bulk_item_lap", "bulk_id", "lap", "position"),
)

# The lines of a list without an id.
BULK_IGNORED: Final = Table(
    "bulk_ignored",
    METADATA,
    _text("bulk_id", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _number("number"),
    _text("text"),
    _text("problem"),
)

# Every running process of the bot: its peers leave alone the jobs that it has claimed.
EXECUTOR: Final = Table(
    "executor",
    METADATA,
    _text("id", key=True),
    _text("host"),
    _number("pid"),
    _number("beats"),
    _at(),
)
