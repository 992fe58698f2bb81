"""Claims: an action runs at most once per period, in one process of all.

A claim is taken before the action, renewed during it, and confirmed after it. A claim that is
neither renewed nor confirmed expires soon, so what a crashed process began does not count as done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from bot.storage.database import Database
from bot.storage.schema import NOTICE, SEEN_EVENT


class Claim(StrEnum):
    """Whether the action is the caller's, in progress elsewhere, or was done recently."""

    MINE = "mine"
    TAKEN = "taken"
    DONE = "done"


class Claims:
    """Actions of one kind by name. Every method raises `StorageError`.

    A row has the moment when the action was done. The moment of a claim is set so far back that the
    action is due again when the claim expires.

    Args:
        every: how long an action that was done is not repeated.
        lasts: how long a claim lasts unless it is renewed; far less than `every`.
    """

    # Its first column is the name, its second the moment.
    table: ClassVar[Table]

    def __init__(self, database: Database, *, every: timedelta, lasts: timedelta) -> None:
        self._database = database
        self._name, self._at = self.table.columns
        self._every = every
        self._lasts = lasts

    async def claim(self, name: str, now: datetime) -> Claim:
        """Claim an action if it is due; of concurrent callers exactly one gets it.

        A moment in the future dates from before the clock was set back, so the action is due.
        """
        new = self._database.insert(self.table).values(self._row(name, self._claimed(now)))
        due = (self._at <= now - self._every) | (self._at > now + self._every)
        upsert = new.on_conflict_do_update(
            index_elements=[self._name], set_={self._at.name: self._claimed(now)}, where=due
        )
        state = select(self._claimed_only(now)).where(self._name == name)

        def work(connection: Connection) -> Claim:
            # Without the option SQLAlchemy does not report the row count of an INSERT.
            result = connection.execute(upsert, execution_options={"preserve_rowcount": True})
            if result.rowcount:
                return Claim.MINE
            return Claim.TAKEN if connection.execute(state).scalar_one() else Claim.DONE

        return await self._database.write(work, lasting=False)

    async def renew(self, name: str, now: datetime) -> None:
        """Extend the caller's claim from now."""
        again = update(self.table).where(self._name == name, self._claimed_only(now))
        values = {self._at.name: self._claimed(now)}
        await self._database.write(lambda c: c.execute(again.values(values)), lasting=False)

    async def confirm(self, name: str, now: datetime) -> None:
        """Record that the action was done."""
        done = self._database.insert(self.table).values(self._row(name, now))
        upsert = done.on_conflict_do_update(index_elements=[self._name], set_={self._at.name: now})
        await self._database.write(lambda c: c.execute(upsert))

    async def release(self, name: str, now: datetime) -> None:
        """Record that the action was not done: the next caller may do it."""
        gone = delete(self.table).where(self._name == name, self._claimed_only(now))
        await self._database.write(lambda c: c.execute(gone), lasting=False)

    def _row(self, name: str, moment: datetime) -> dict[str, Any]:
        return {self._name.name: name, self._at.name: moment}

    def _claimed(self, now: datetime) -> datetime:
        return now - self._every + self._lasts

    def _claimed_only(self, now: datetime) -> ColumnElement[bool]:
        # The claim may be from a process whose clock is ahead of this one.
        return self._at <= self._claimed(now) + self._lasts


class AlertClaims(Claims):
    """The alerts that admins get."""

    table = NOTICE


class ClickClaims(Claims):
    """The clicks that are served once; they are swept with the events that were seen."""

    table = SEEN_EVENT


class SeenEvents:
    """The keys of the deliveries that were handled. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_new(self, key: str, at: datetime) -> bool:
        """Whether no process has asked for this key before.

        It is true for exactly one caller. After a `StorageError` it may be true for none.
        """
        statement = self._database.insert(SEEN_EVENT).values(event_key=key, at=at)

        def work(connection: Connection) -> bool:
            result = connection.execute(
                statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
            )
            return result.rowcount == 1

        return await self._database.write(work)

    async def sweep(self, older_than: datetime) -> int:
        """Delete the keys from before that moment, and return their number."""
        return await self._database.sweep(SEEN_EVENT.c.at, older_than)
