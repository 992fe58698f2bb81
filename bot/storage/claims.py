"""Claims: an action runs at most once per period, in one process of all.

A claim is taken before the action, renewed during it, and confirmed after it. A claim that is
neither renewed nor confirmed expires soon, so what a crashed process began does not count as done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Connection, Executable, Table, bindparam, delete, select, update

from bot.domain.timing import Timing
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
        timing: how long a claim may take; somebody waits for it.
    """

    # Its first column is the name, its second the moment.
    table: ClassVar[Table]

    def __init__(
        self, database: Database, *, every: timedelta, lasts: timedelta, timing: Timing = Timing()
    ) -> None:
        self._database = database
        self._limit = timing.redelivery
        self._every = every
        self._lasts = lasts
        name, at = self.table.columns
        named = name == bindparam("named")
        # The claim may be from a process whose clock is ahead of this one.
        is_claim = at <= bindparam("latest_claim")
        is_due = (at <= bindparam("earlier")) | (at > bindparam("ahead"))
        new = database.insert(self.table).values({name: bindparam("named")})
        claim, done = (new.values({at: bindparam(moment)}) for moment in ("claimed", "now"))
        again = {at.name: new.excluded[at.name]}
        self._claiming = claim.on_conflict_do_update(
            index_elements=[name], set_=again, where=is_due
        )
        self._state = select(is_claim).where(named)
        self._renewing = (
            update(self.table).where(named, is_claim).values({at: bindparam("claimed")})
        )
        self._confirming = done.on_conflict_do_update(index_elements=[name], set_=again)
        self._releasing = delete(self.table).where(named, is_claim)

    async def claim(self, name: str, now: datetime) -> Claim:
        """Claim an action if it is due; of concurrent callers exactly one gets it.

        A moment in the future dates from before the clock was set back, so the action is due.
        """
        values = self._values(name, now)

        def work(connection: Connection) -> Claim:
            # Without the option SQLAlchemy does not report the row count of an INSERT.
            result = connection.execute(
                self._claiming, values, execution_options={"preserve_rowcount": True}
            )
            if result.rowcount:
                return Claim.MINE
            is_claim = connection.execute(self._state, values).scalar_one()
            return Claim.TAKEN if is_claim else Claim.DONE

        return await self._database.write(work, self._limit, lasting=False)

    async def renew(self, name: str, now: datetime) -> None:
        """Extend the caller's claim from now."""
        await self._do(self._renewing, name, now, lasting=False)

    async def confirm(self, name: str, now: datetime) -> None:
        """Record that the action was done."""
        await self._do(self._confirming, name, now, lasting=True)

    async def release(self, name: str, now: datetime) -> None:
        """Record that the action was not done: the next caller may do it."""
        await self._do(self._releasing, name, now, lasting=False)

    async def _do(self, change: Executable, name: str, now: datetime, *, lasting: bool) -> None:
        values = self._values(name, now)
        await self._database.write(lambda c: c.execute(change, values), lasting=lasting)

    def _values(self, name: str, now: datetime) -> dict[str, Any]:
        """The values of each parameter."""
        claimed = now - self._every + self._lasts
        return {
            "named": name,
            "now": now,
            "claimed": claimed,
            "latest_claim": claimed + self._lasts,
            "earlier": now - self._every,
            "ahead": now + self._every,
        }


class AlertClaims(Claims):
    """The alerts that admins get."""

    table = NOTICE


class ClickClaims(Claims):
    """The clicks that are served once; they are swept with the events that were seen."""

    table = SEEN_EVENT


class SeenEvents:
    """The keys of the deliveries that were handled. Every method raises `StorageError`."""

    def __init__(self, database: Database, *, timing: Timing = Timing()) -> None:
        self._database = database
        self._limit = timing.redelivery
        self._adding = database.insert(SEEN_EVENT).on_conflict_do_nothing()

    async def new_of(self, keys: Iterable[str], at: datetime) -> frozenset[str]:
        """Which of these keys no process has asked for before.

        Each is new to exactly one caller. After a `StorageError` it may be new to none. The caller
        has not answered yet, so the commit does not wait for the disk: the next one that does, such
        as that of the look-up's audit entry, makes this one durable as well.
        """

        def work(connection: Connection) -> frozenset[str]:
            def is_new(key: str) -> bool:
                row = {"event_key": key, "at": at}
                result = connection.execute(
                    self._adding, row, execution_options={"preserve_rowcount": True}
                )
                return result.rowcount == 1

            # In one order, so that two callers with the same keys do not wait for each other.
            return frozenset(filter(is_new, sorted(set(keys))))

        return await self._database.write(work, self._limit, lasting=False)

    async def sweep(self, older_than: datetime) -> int:
        """Delete the keys from before that moment, and return their number."""
        return await self._database.sweep(SEEN_EVENT.c.at, older_than)
