"""Audit entries and recent look-ups that a test finds in the database."""

from __future__ import annotations

from bot.domain.timing import Timing
from bot.storage.audit import Audit
from bot.storage.database import Database
from bot.storage.recents import Recents
from bot.storage.record_writer import Record, RecordWriter


def writer_of(
    database: Database, lost: list[tuple[int, str]] | None = None, timing: Timing = Timing()
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
    lost: list[tuple[int, str]] = []
    writer = writer_of(database, lost)
    writer.add(*records)
    await writer.flush()
    assert [] == lost
