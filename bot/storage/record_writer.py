"""One writer for audit entries and recent look-ups: a transaction stores all of a short span.

Transactions of its own for each look-up would cost more than the look-up itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import Connection

from bot.domain.timing import Timing
from bot.storage.audit import Audit, AuditEntry
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.recents import RecentLookup, Recents

# A few megabytes; thousands of look-ups while the database is locked.
MOST_WAITING: Final = 10_000

Record: TypeAlias = AuditEntry | RecentLookup
Lost: TypeAlias = Callable[[int, str], object]


class RecordWriter:
    """Stores records in batches, in their order; never raises an error of the database.

    A record is in memory until then, so a process that is killed loses it.

    Args:
        lost: called with the number of records that were not stored, and the reason.
    """

    def __init__(
        self, database: Database, audit: Audit, recents: Recents, *, lost: Lost, timing: Timing
    ) -> None:
        self._database = database
        self._audit = audit
        self._recents = recents
        self._lost = lost
        self._span = timing.records_kept
        self._waiting: list[Record] = []
        self._one_batch = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, *records: Record) -> None:
        """Store these soon; those that exceed `MOST_WAITING` are lost."""
        if not self._waiting:
            self._start(self._span)
        room = MOST_WAITING - len(self._waiting)
        self._waiting += records[:room]
        if len(records) > room:
            self._lost(len(records) - room, "overflow")

    async def flush(self) -> None:
        """Store all that was added before, and return when it is in the database, or lost."""
        # A caller that is cancelled does not cancel the transaction.
        await asyncio.shield(self._start(0))

    def _start(self, after: float) -> asyncio.Task[None]:
        task = asyncio.create_task(self._write(after))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _write(self, after: float) -> None:
        await asyncio.sleep(after)
        async with self._one_batch:
            batch, self._waiting = self._waiting, []
            if not batch:
                return
            try:
                await self._database.write(partial(self._store, batch))
            except StorageError as error:
                self._lost(len(batch), error.code)

    def _store(self, batch: Sequence[Record], connection: Connection) -> None:
        entries = [record for record in batch if isinstance(record, AuditEntry)]
        lookups = [record for record in batch if isinstance(record, RecentLookup)]
        if entries:
            self._audit.add(connection, entries)
        if lookups:
            self._recents.add(connection, lookups)
