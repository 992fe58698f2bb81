"""Audit entries and recent look-ups that a test finds in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import select

from bot.domain.audit import AuditEntry, AuditKey
from bot.domain.timing import Timing
from bot.services.records import Records
from bot.storage.audit import Audit
from bot.storage.database import Database
from bot.storage.records import Recents, Record, RecordWriter
from bot.storage.schema import AUDIT
from bot.telemetry import Telemetry

Loss: TypeAlias = tuple[int, str, str]
AUDIT_KEY: Final = AuditKey(b"the key of the tests")


def writer_of(
    database: Database, lost: list[Loss] | None = None, timing: Timing = Timing()
) -> RecordWriter:
    """A writer on it that adds to the list what it could not store."""
    losses = [] if lost is None else lost
    return RecordWriter(
        database,
        Audit(database, AUDIT_KEY),
        Recents(database),
        lost=lambda records, code, detail: losses.append((len(records), code, detail)),
        timing=timing,
    )


def records_on(writer: RecordWriter, recents: Recents, now: Callable[[], datetime]) -> Records:
    """What services use, on this writer."""
    return Records(writer=writer, recents=recents, telemetry=Telemetry(b"key"), now=now)


async def store(database: Database, *records: Record) -> None:
    """Store these in one transaction."""
    lost: list[Loss] = []
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
