"""The tables as the current code uses them; `migrations` creates or updates them.

Times are aware: UTC in Python, `timestamptz` in PostgreSQL, text in UTC in SQLite.
"""

from __future__ import annotations

import hashlib
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
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from bot.storage.errors import UnreadableValueError

METADATA: Final = MetaData()
_OPEN: Final = "ended_at IS NULL"


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

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Read a stored value; `UnreadableValueError` if it is no time in the form we store."""
        read = super().result_processor(dialect, coltype)

        def process(value: Any) -> datetime | None:
            try:
                return read(value) if read is not None else value
            except (TypeError, ValueError) as error:
                raise UnreadableValueError from error

        return process

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC; SQLite stores it without a zone, and sorts it as a text."""
        if value is None:
            return None
        if value.tzinfo is not None and dialect.name == "sqlite":
            raise ValueError("a stored time with a zone")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Hashed(TypeDecorator[str]):
    """A text of which only a hash is stored: it contains ids, and only equality counts."""

    impl = Text
    cache_ok = True

    @staticmethod
    def of(text: str) -> str:
        """The hash of any text."""
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The hash."""
        del dialect
        return None if value is None else self.of(value)


def _columns(
    kind: type[TypeEngine[Any]], *names: str, optional: bool = False, key: bool = False
) -> Iterator[Column[Any]]:
    """Columns of one type."""
    return (Column(name, kind, nullable=optional, primary_key=key) for name in names)


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, METADATA, *parts)


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that match, once `make_indexes_partial` was called."""
    return Index(name, *columns, unique=unique, info={"where": text(where)})


def make_indexes_partial(dialect: str) -> None:
    """Limit indexes to the rows that match.

    Not when they are defined, because SQLAlchemy loads each dialect that is named there.
    """
    for table in METADATA.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_options[dialect]["where"] = index.info["where"]


def _job_columns() -> Iterator[Column[Any]]:
    """The columns that watches and bulks share."""
    yield from _columns(Text, "id", key=True)
    # `thread_ts` is empty outside a thread: two NULLs would not be equal in the unique index.
    yield from _columns(Text, "user_id", "team_id", "channel_id", "thread_ts", "state")
    yield from _columns(Text, "card_channel_id", "card_ts", "worker", "ending", optional=True)
    # Who may ask depends on them; NULL in rows of version 0.1.0.
    yield from _columns(Text, "asked_in", optional=True)
    yield from _columns(Boolean, "external", optional=True)
    yield from _columns(Moment, "started_at", "due_at")
    yield from _columns(Moment, "decided_at", "ended_at", optional=True)
    yield from _columns(Integer, "attempts")
    yield from _columns(Boolean, "doubtful")


def _job_indexes(name: str) -> Iterator[Index]:
    yield _index(f"{name}_due", "due_at", where=_OPEN)
    yield _index(f"{name}_of_user", "team_id", "user_id", where=_OPEN)
    # Without the condition SQLite would use this index to find open rows, and scan all of them.
    yield _index(f"{name}_ended_at", "ended_at", where="ended_at IS NOT NULL")
    yield _index(f"{name}_worker", "worker", where=f"worker IS NOT NULL AND {_OPEN}")


def _finding_columns() -> Iterator[Column[Any]]:
    """What a look-up found; all but the last are NULL before it."""
    yield from _columns(Text, "raw", "error", "error_detail", optional=True)
    yield from _columns(Moment, "checked_at", optional=True)
    yield from _columns(Boolean, "sandbox")


SCHEMA_MIGRATION: Final = _table(
    "schema_migration",
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Moment, nullable=False, server_default=func.current_timestamp()),
)

INSTALLATION: Final = _table(
    "installation", *_columns(Text, "name", key=True), *_columns(Text, "value")
)

PREFERENCE: Final = _table(
    "preference",
    *_columns(Text, "team_id", "scope", "subject_id", key=True),
    *_columns(Text, "language"),
)

AUDIT: Final = _table(
    "audit",
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    *_columns(Moment, "at"),
    *_columns(Text, "team_id", "user_id", "channel_id", "surface", "action"),
    *_columns(Text, "idmsg_hash", "outcome", "reason", optional=True),
    # NULL in entries of version 0.1.0.
    *_columns(Integer, "chain", "number", optional=True),
    *_columns(Text, "mac", optional=True),
    Index("audit_at", "at"),
)

# The stored part of each chain of the audit, see `bot.storage.audit`.
AUDIT_HEAD: Final = _table(
    "audit_head",
    Column("chain", Integer, primary_key=True, autoincrement=False),
    *_columns(Integer, "before_number", "last_number"),
    *_columns(Text, "before_mac", "before_seal", "last_mac", "last_seal"),
)

RECENT: Final = _table(
    "recent",
    *_columns(Text, "team_id", "user_id", "idmsg", key=True),
    *_columns(Text, "outcome"),
    *_columns(Moment, "at"),
    Index("recent_at", "at"),
)

# Moments of the gate are seconds of the database's own clock, which all processes share.
GATE: Final = _table(
    "gate",
    *_columns(Text, "name", key=True),
    *_columns(Double, "next_slot", "closed_until", "person_until"),
    *_columns(Integer, "strikes"),
)

# How many requests each busy process may have in progress, until its lease runs out.
GATE_HOLDER: Final = _table(
    "gate_holder",
    *_columns(Text, "holder", key=True),
    *_columns(Integer, "running"),
    *_columns(Double, "until"),
)

# When the bot may post next in each conversation, in seconds of the database's own clock: by its
# pace, and by Slack's last refusal for its rate limit.
CONVERSATION: Final = _table(
    "conversation",
    *_columns(Text, "channel_id", key=True),
    *_columns(Double, "open_at", "closed_until"),
)

NOTICE: Final = _table("notice", *_columns(Text, "name", key=True), *_columns(Moment, "at"))

SEEN_EVENT: Final = _table(
    "seen_event",
    *_columns(Hashed, "event_key", key=True),
    *_columns(Moment, "at"),
    Index("seen_event_at", "at"),
)

WATCH: Final = _table(
    "watch",
    *_job_columns(),
    *_columns(Text, "idmsg"),
    *_columns(Moment, "expires_at"),
    *_columns(Integer, "looks"),
    *_columns(Boolean, "unknown"),
    *_finding_columns(),
    _index(
        *("watch_open", "team_id", "channel_id", "thread_ts", "idmsg"), where=_OPEN, unique=True
    ),
    *_job_indexes("watch"),
)

BULK: Final = _table(
    "bulk",
    *_job_columns(),
    *_columns(Text, "name"),
    # Of its file, to give the columns back at the end.
    *_columns(Text, "file", "digest", optional=True),
    *_columns(Integer, "total", "doubles", "ignored"),
    *_columns(Moment, "paused_until", optional=True),
    *_job_indexes("bulk"),
)

# The calls of a bulk. The lap says what is left to ask: 0 everything, 1 once more after all others,
# because the first look-up failed, 2 nothing.
BULK_ITEM: Final = _table(
    "bulk_item",
    *_columns(Text, "bulk_id", key=True),
    *_columns(Integer, "position", key=True),
    *_columns(Text, "idmsg"),
    *_columns(Integer, "lap"),
    *_columns(Text, "outcome", optional=True),
    *_finding_columns(),
    Index("bulk_item_lap", "bulk_id", "lap", "position"),
)

# The lines of a list without an id: never what is in them, which may identify people.
BULK_IGNORED: Final = _table(
    "bulk_ignored",
    *_columns(Text, "bulk_id", key=True),
    *_columns(Integer, "position", key=True),
    *_columns(Integer, "number"),
    *_columns(Text, "problem"),
)

# Every running process of the bot: its peers leave alone the jobs that it has claimed.
EXECUTOR: Final = _table(
    "executor",
    *_columns(Text, "id", key=True),
    *_columns(Text, "host"),
    *_columns(Integer, "pid", "beats"),
    *_columns(Moment, "at"),
)
