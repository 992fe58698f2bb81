"""Watches: the state that users see and that survives a restart.

Like recent look-ups and bulks, they contain ids in plain text until they are swept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, literal, select, update

from bot.domain.jobs.watch import Bound, Bounds, State, Watch
from bot.storage.jobs.rows import values_of, watch_of
from bot.storage.jobs.table import JobTable, first_full
from bot.storage.schema import WATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The user who may change a watch."""

    team: str
    user: str


class Watches(JobTable[Watch]):
    """The table of watches. Every method raises `StorageError`."""

    job_of = staticmethod(watch_of)
    table: ClassVar[Table] = WATCH

    @classmethod
    def is_single(cls) -> ColumnElement[bool]:
        """Whether it is not for `Notices` to claim."""
        return WATCH.c.state != State.TELLING.value

    async def add(self, new: Sequence[Watch], bounds: Bounds) -> tuple[Watch | Bound, ...]:
        """Store each of these watches of one user for one destination.

        Returns:
            for each the watch itself; the open one that already exists for that id and
            destination; or the bound that is reached.
        """

        def work(connection: Connection) -> tuple[Watch | Bound, ...]:
            room = self._room(connection, new[0], bounds)
            outcomes: list[Watch | Bound] = []
            for watch in new:
                existing = self._awaited_like(connection, watch)
                outcome = existing or first_full(room)
                # The same object in the result shows the caller that the watch is new.
                if outcome is None:
                    connection.execute(WATCH.insert().values(values_of(watch)))
                    room = {bound: left - 1 for bound, left in room.items()}
                outcomes.append(outcome or watch)
            return tuple(outcomes)

        return await self._alone(work)

    def _awaited_like(self, connection: Connection, watch: Watch) -> Watch | None:
        """Another awaited watch for the same call and destination."""
        place, columns = watch.destination, WATCH.c
        like = and_(
            columns.team_id == place.team,
            columns.channel_id == place.channel,
            columns.thread_ts == (place.thread or ""),
            columns.idmsg == watch.message_id.value,
            self.is_open(),
        )
        there = connection.execute(select(WATCH).where(like)).first()
        return None if there is None or there.id == watch.id else self.job_of(there)

    async def reopen(self, old: Watch, new: Watch) -> Watch | None:
        """Replace a watch that is over with an open one.

        Returns:
            the awaited watch for that call and destination: this, or one that already exists;
            `None` where the old one has been changed since it was read.
        """

        def work(connection: Connection) -> Watch | None:
            there = self._awaited_like(connection, new)
            if there is not None:
                return there
            return new if self._replace(connection, old, new) else None

        return await self._alone(work)

    async def expire_at(
        self, moment: datetime, names: Sequence[str], owner: Owner
    ) -> tuple[Watch, ...]:
        """Set the end of those of these watches that still wait, all of them or none.

        One that would be due only after its end becomes due at its end.

        Args:
            moment: the new end of their limit.
            names: their ids.
            owner: the owner; watches of others stay unchanged.

        Returns:
            the changed ones after the change, in the order of `names`.
        """
        end = literal(moment, WATCH.c.expires_at.type)
        due_at = case((WATCH.c.due_at > end, end), else_=WATCH.c.due_at)
        changed = await self._change(names, owner, expires_at=end, due_at=due_at)
        return tuple(
            replace(watch, expires_at=moment, due_at=min(watch.due_at, moment)) for watch in changed
        )

    async def cancel(
        self, names: Sequence[str], now: datetime, owner: Owner | None = None
    ) -> tuple[Watch, ...]:
        """Cancel those of these watches that still wait, all of them or none, without a notice.

        Args:
            names: their ids.
            now: the present moment.
            owner: the owner; `None` for watches of anyone.

        Returns:
            the cancelled ones as they were, in the order of `names`.
        """
        return await self._change(names, owner, state=State.CANCELLED.value, ended_at=now)

    async def _change(
        self, names: Sequence[str], owner: Owner | None, **values: Any
    ) -> tuple[Watch, ...]:
        """Set these columns of those that still wait; returns them as they were."""
        columns = WATCH.c
        which = and_(columns.id.in_(names), columns.state == State.WAITING.value)
        if owner is not None:
            mine = and_(columns.team_id == owner.team, columns.user_id == owner.user)
            which = and_(which, mine)

        def work(connection: Connection) -> Sequence[Row[Any]]:
            # Locked, so that the returned rows are the ones that are changed.
            rows = connection.execute(select(WATCH).where(which).with_for_update()).all()
            connection.execute(update(WATCH).where(which).values(values))
            return rows

        found = {row.id: self.job_of(row) for row in await self._alone(work)}
        return tuple(found[name] for name in dict.fromkeys(names) if name in found)

    async def sweep(self, older_than: datetime) -> int:
        """Delete the watches that ended before that moment, and return their number."""
        return await self._database.sweep(WATCH.c.ended_at, older_than)
