"""Deletion of what is past its retention, in small transactions, so that nobody waits long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, delete, select, tuple_

from bot.storage.database import Database


async def sweep(
    database: Database, at: Column[datetime], older_than: datetime, *, batch: int = 1_000
) -> int:
    """Delete the rows in which this column is before that moment, and say how many they were.

    Raises:
        StorageError: the database could not be used; the batches before are deleted.
    """
    table = at.table
    key = tuple(table.primary_key)
    is_old = at < older_than
    old = select(*key).where(is_old).limit(batch)
    # Once more on the row itself: somebody may have taken it up again while it was waited for.
    statement = delete(table).where(tuple_(*key).in_(old), is_old)
    total = 0
    while True:
        deleted = await database.write(lambda connection: connection.execute(statement).rowcount)
        total += deleted
        if deleted < batch:
            return total
