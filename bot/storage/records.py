"""Recent look-ups, and the one writer that stores them and the audit.

A transaction stores all records of a short span: transactions of its own for each look-up would
cost more than the look-up itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import Connection, bindparam, delete, select

from bot.domain.audit import AuditEntry
from bot.domain.timing import Timing
from bot.storage.audit import Audit
from bot.storage.database import Database, parameters
from bot.storage.engines import take_lock
from bot.storage.errors import StorageError
from bot.storage.schema import RECENT

KEPT: Final = 10

# A few megabytes; thousands of look-ups while the database is locked.
MOST_WAITING: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentLookup:
    """One look-up of a person.

    Attributes:
        outcome: its latest result.
        at: when that was, aware.
    """

    team: str
    user: str
    idmsg: str
    outcome: str
    at: datetime


class Recents:
    """At most `KEPT` look-ups a person, one an id. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        new = database.insert(RECENT)
        new = new.values(team_id=bindparam("team"), user_id=bindparam("user"))
        self._remembering = new.on_conflict_do_update(
            index_elements=list(RECENT.primary_key),
            set_={"outcome": new.excluded.outcome, "at": new.excluded.at},
            # Concurrent look-ups of one id may finish out of order.
            where=new.excluded.at >= RECENT.c.at,
        )
        person = (RECENT.c.team_id == bindparam("team")) & (RECENT.c.user_id == bindparam("user"))
        latest = RECENT.c.at.desc(), RECENT.c.idmsg
        kept = select(RECENT.c.idmsg).where(person).order_by(*latest).limit(KEPT)
        self._trimming = delete(RECENT).where(person, RECENT.c.idmsg.not_in(kept))
        self._reading = select(RECENT).where(person).order_by(*latest).limit(KEPT)

    def add(self, connection: Connection, lookups: Sequence[RecentLookup]) -> None:
        """Store look-ups, at least one, in a write transaction, and delete what exceeds `KEPT`.

        Each replaces an older one of the same person and id.
        """
        rows = [parameters(lookup) for lookup in lookups]
        # Two concurrent transactions would not see each other's row, and leave one too many.
        take_lock(connection, "recent")
        connection.execute(self._remembering, rows)
        people = {(one.team, one.user) for one in lookups}
        trimmed = [{"team": team, "user": user} for team, user in people]
        connection.execute(self._trimming, trimmed)

    async def of(self, team: str, user: str) -> tuple[RecentLookup, ...]:
        """The person's look-ups, newest first."""
        person = {"team": team, "user": user}
        rows = await self._database.read(lambda found: found.execute(self._reading, person).all())
        return tuple(
            RecentLookup(team=team, user=user, idmsg=row.idmsg, outcome=row.outcome, at=row.at)
            for row in rows
        )

    async def sweep(self, older_than: datetime) -> int:
        """Delete the look-ups from before that moment, and return their number."""
        return await self._database.sweep(RECENT.c.at, older_than)


Record: TypeAlias = AuditEntry | RecentLookup
Lost: TypeAlias = Callable[[Sequence[Record], str, str], object]


class RecordWriter:
    """Stores records in batches, in their order; never raises an error of the database.

    A record is in memory until then, so a process that is killed loses it.

    Args:
        lost: called with the records that were not stored, the reason's code, and what an operator
            can know about it.
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
            self._lost(records[room:], "overflow", "Too many records are waiting.")

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
                self._audit.begin_anew()
                self._lost(batch, error.code, error.detail)

    def _store(self, batch: Sequence[Record], connection: Connection) -> None:
        entries = [record for record in batch if isinstance(record, AuditEntry)]
        lookups = [record for record in batch if isinstance(record, RecentLookup)]
        if entries:
            self._audit.add(connection, entries)
        if lookups:
            self._recents.add(connection, lookups)
