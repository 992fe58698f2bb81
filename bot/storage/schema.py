"""The tables as the code of today uses them. How a database gets there is in `migrations`.

Times are aware: UTC in Python, `timestamptz` in PostgreSQL, text in UTC in SQLite.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
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
)

METADATA: Final = MetaData()


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
        """The time in UTC, which SQLite keeps without saying so."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text(name: str, *, optional: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=optional, primary_key=key)


def _seconds(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def _at() -> Column[datetime]:
    return Column("at", Moment, nullable=False)


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
