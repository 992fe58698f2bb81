"""Audit entries and recent look-ups that a test finds in the database."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import select

from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.records import Audit, AuditEntry, Recents, Record, RecordWriter
from bot.storage.schema import AUDIT


def writer_of(
    database: Database, lost: list[tuple[int, str, str]] | None = None, timing: Timing = Timing()
) -> RecordWriter:
    """A writer on it that adds to the list what it could not store."""
    losses = [] if lost is None else lost
    return RecordWriter(
        database,
        Audit(database),
        Recents(database),
        lost=lambda *loss: losses.append(loss),
        timing=timing,
    )


async def store(database: Database, *records: Record) -> None:
    """Store these in one transaction."""
    lost: list[tuple[int, str, str]] = []
    writer = writer_of(database, lost)
    writer.add(*records)
    await writer.flush()
    assert [] == lost


async def recent(audit: Audit, limit: int) -> tuple[AuditEntry, ...]:
    """The latest entries of an audit, newest first."""
    names = ("team", "user", "channel")
    owners = [AUDIT.c[f"{name}_id"].label(name) for name in names]
    rest = [AUDIT.c[one.name] for one in fields(AuditEntry) if one.name not in names]
    newest = AUDIT.c.at.desc(), AUDIT.c.id.desc()
    statement = select(*owners, *rest).order_by(*newest).limit(limit)
    rows = await audit._database.read(lambda connection: connection.execute(statement).all())
    return tuple(AuditEntry(**row._asdict()) for row in rows)
