"""Watches: the state that users see and that survives a restart.

Like recent look-ups and bulks, they contain ids in plain text until they are swept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    case,
    literal,
    select,
    update,
)

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import Bound, Ending, Sighting, State, Watch
from bot.storage.jobs import (
    JobTable,
    common_fields,
    common_values,
    finding_of,
    finding_values,
)
from bot.storage.locks import take_lock
from bot.storage.schema import WATCH

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many watches may be open at once."""

    user: int
    channel: int
    all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The person who may change a watch."""

    team: str
    user: str


class Watches(JobTable[Watch]):
    """The table of watches. Every method raises `StorageError`."""

    table: ClassVar[Table] = WATCH

    async def add(self, new: Sequence[Watch], bounds: Bounds) -> tuple[Watch | Bound, ...]:
        """Store each of these watches of one person for one destination.

        Returns:
            for each the watch itself; the open one that already exists for that id and
            destination; or the bound that is reached.
        """

        def work(connection: Connection) -> tuple[Watch | Bound, ...]:
            room = self._room(connection, new[0], bounds)
            outcomes: list[Watch | Bound] = []
            for watch in new:
                outcome = self._add_one(connection, watch, room)
                outcomes.append(outcome)
                if outcome is watch:
                    room = {bound: left - 1 for bound, left in room.items()}
            return tuple(outcomes)

        return await self._alone(work)

    def _add_one(
        self, connection: Connection, watch: Watch, room: Mapping[Bound, int]
    ) -> Watch | Bound:
        there = self._awaited_like(connection, watch, watch.started_at)
        if there is not None:
            return there
        for bound, left in room.items():
            if left <= 0:
                return bound
        connection.execute(WATCH.insert().values(self.values_of(watch)))
        return watch

    def _awaited_like(self, connection: Connection, watch: Watch, now: datetime) -> Watch | None:
        """Another awaited watch for the same call and destination."""
        there = connection.execute(_open_for(watch)).first()
        if there is None or there.id == watch.id:
            return None
        if there.state != State.TOLD.value:
            return self.job_of(there)
        # Only its card is still to be updated, and will show the new watch.
        connection.execute(update(WATCH).where(WATCH.c.id == there.id).values(ended_at=now))
        return None

    async def reopen(self, old: Watch, new: Watch) -> Watch | None:
        """Replace a watch that is over with an open one.

        Returns:
            the awaited watch for that call and destination: this, or one that already exists;
            `None` where the old one has been changed since it was read.
        """

        def work(connection: Connection) -> Watch | None:
            there = self._awaited_like(connection, new, new.due_at)
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
        columns, end = WATCH.c, literal(moment, WATCH.c.expires_at.type)
        late, which = columns.due_at > end, _waiting(names, owner)
        change = (
            update(WATCH)
            .where(which)
            .values(
                expires_at=end,
                due_at=case((late, end), else_=columns.due_at),
            )
        )

        def work(connection: Connection) -> Sequence[Row[Any]]:
            connection.execute(change)
            return connection.execute(select(WATCH).where(which)).all()

        return self._in_order(await self._alone(work), names)

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
        which = _waiting(names, owner)
        change = update(WATCH).where(which).values(state=State.CANCELLED.value, ended_at=now)

        def work(connection: Connection) -> Sequence[Row[Any]]:
            # Locked, so that the returned rows are the ones that are cancelled.
            rows = connection.execute(select(WATCH).where(which).with_for_update()).all()
            connection.execute(change)
            return rows

        return self._in_order(await self._alone(work), names)

    async def _alone(self, work: Callable[[Connection], _Found]) -> _Found:
        """Run this under a lock for adding watches and changing several; turns do not take it.

        Two concurrent additions would not count each other's rows, and two changes of several rows
        could deadlock.
        """

        def alone(connection: Connection) -> _Found:
            take_lock(connection, "watch")
            return work(connection)

        return await self._database.write(alone)

    @classmethod
    def _in_order(cls, rows: Sequence[Row[Any]], names: Sequence[str]) -> tuple[Watch, ...]:
        found = {row.id: cls.job_of(row) for row in rows}
        return tuple(found[name] for name in dict.fromkeys(names) if name in found)

    async def sweep(self, older_than: datetime) -> int:
        """Delete the watches that ended before that moment, and return their number."""
        return await self._database.sweep(WATCH.c.ended_at, older_than)

    @classmethod
    def is_awaited(cls) -> ColumnElement[bool]:
        """Whether a person still waits for the notice."""
        return and_(cls.is_open(), WATCH.c.state != State.TOLD.value)

    @classmethod
    def _room(cls, connection: Connection, watch: Watch, bounds: Bounds) -> dict[Bound, int]:
        """How many more there may be; the narrowest bound comes first, because it is reported."""
        open_ones, place = cls.is_awaited(), watch.destination
        of_team = and_(WATCH.c.team_id == place.team, open_ones)
        of_user = and_(WATCH.c.user_id == watch.user, of_team)
        of_channel = and_(WATCH.c.channel_id == place.channel, of_team)
        return {
            Bound.USER: bounds.user - cls.count(connection, of_user),
            Bound.CHANNEL: bounds.channel - cls.count(connection, of_channel),
            Bound.ALL: bounds.all - cls.count(connection, open_ones),
        }

    @staticmethod
    def values_of(job: Watch) -> dict[str, Any]:
        """The columns of a watch."""
        last = job.last
        return {
            **common_values(job),
            "idmsg": job.message_id.value,
            "expires_at": job.expires_at,
            "looks": job.looks,
            "unknown": job.unknown,
            **finding_values(last.finding if last is not None else None),
            "checked_at": last.checked_at if last is not None else None,
            "sandbox": last is not None and last.sandbox,
        }

    @staticmethod
    def job_of(row: Row[Any]) -> Watch:
        """The watch of a row."""
        return Watch(
            **common_fields(row),
            message_id=MessageId(row.idmsg),
            expires_at=row.expires_at,
            state=State(row.state),
            looks=row.looks,
            unknown=row.unknown,
            last=_sighting(row),
            ending=Ending(row.ending) if row.ending is not None else None,
        )


def _waiting(names: Sequence[str], owner: Owner | None) -> ColumnElement[bool]:
    columns = WATCH.c
    waiting = and_(columns.id.in_(names), columns.state == State.WAITING.value)
    if owner is None:
        return waiting
    return and_(waiting, columns.team_id == owner.team, columns.user_id == owner.user)


def _open_for(watch: Watch) -> Select[Any]:
    place = watch.destination
    return select(WATCH).where(
        WATCH.c.team_id == place.team,
        WATCH.c.channel_id == place.channel,
        WATCH.c.thread_ts == (place.thread or ""),
        WATCH.c.idmsg == watch.message_id.value,
        Watches.is_open(),
    )


def _sighting(row: Row[Any]) -> Sighting | None:
    if row.checked_at is None:
        return None
    return Sighting(finding=finding_of(row), checked_at=row.checked_at, sandbox=row.sandbox)
