"""What the tables of watches and of bulks have in common: rows that are open until they are over.

A row is due at a moment, and is changed only while it is what was read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Destination, PostedCard, Watch
from bot.storage.database import Database

Job = TypeVar("Job", Watch, Bulk)


class JobTable(ABC, Generic[Job]):
    """One of the two tables. Every method raises `StorageError`."""

    table: ClassVar[Table]

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    @abstractmethod
    def values_of(job: Job) -> dict[str, Any]:
        """The columns of a job."""

    @staticmethod
    @abstractmethod
    def job_of(row: Row[Any]) -> Job:
        """The job of a row."""

    async def get(self, job_id: str) -> Job | None:
        """One of them; `None` where there is none of that id."""
        async with self._database.reading() as connection:
            found = select(self.table).where(self.table.c.id == job_id)
            row = (await connection.execute(found)).first()
        return None if row is None else self.job_of(row)

    async def replace(self, old: Job, new: Job) -> bool:
        """Put one in the place of what it was, unless somebody else has changed it since.

        Returns:
            whether it stands there now; also when an earlier call, whose answer was lost, did it.
        """
        async with self._database.writing() as connection:
            return await self._replace(connection, old, new)

    async def _replace(self, connection: AsyncConnection, old: Job, new: Job) -> bool:
        columns, values = self.table.c, self.values_of(new)
        same = and_(
            columns.id == old.id,
            *(columns[n].is_not_distinct_from(v) for n, v in self.values_of(old).items()),
        )
        done = await connection.execute(update(self.table).where(same).values(values))
        if done.rowcount:
            return True
        stands = select(self.table).where(columns.id == new.id)
        row = (await connection.execute(stands)).mappings().first()
        return row is not None and dict(row) == values

    async def open_of(self, team: str, user: str) -> tuple[Job, ...]:
        """The open ones of a person, the oldest first."""
        columns = self.table.c
        mine = and_(columns.team_id == team, columns.user_id == user, self.is_open())
        return await self._select(select(self.table).where(mine).order_by(columns.started_at))

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Job, ...]:
        """Those of everybody, the newest first."""
        columns = self.table.c
        found = select(self.table).order_by(columns.started_at.desc(), columns.id).limit(limit)
        return await self._select(found.where(self.is_open()) if only_open else found)

    async def due_before(
        self, moment: datetime, limit: int, *, after: Job | None = None
    ) -> tuple[Job, ...]:
        """Open ones that were due before that moment, the longest overdue first.

        They begin behind the one that they are to come after.
        """
        columns = self.table.c
        place = (columns.due_at, columns.id)
        overdue = and_(self.is_open(), columns.due_at < moment)
        found = select(self.table).where(overdue).order_by(*place).limit(limit)
        if after is not None:
            found = found.where(tuple_(*place) > (after.due_at, after.id))
        return await self._select(found)

    async def due_after(self, moment: datetime, limit: int) -> tuple[Job, ...]:
        """Open ones that are due after that moment."""
        late = and_(self.is_open(), self.table.c.due_at > moment)
        return await self._select(select(self.table).where(late).limit(limit))

    async def count_open(self) -> int:
        """How many are open."""
        async with self._database.reading() as connection:
            return await self.count(connection, self.is_open())

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """Whether a row's job is open."""
        return cls.table.c.ended_at.is_(None)

    @classmethod
    async def count(cls, connection: AsyncConnection, which: ColumnElement[bool]) -> int:
        """How many rows are such."""
        counting = select(func.count()).select_from(cls.table).where(which)
        return (await connection.execute(counting)).scalar_one()

    async def _select(self, statement: Select[Any]) -> tuple[Job, ...]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(self.job_of(row) for row in rows)


def common_values(job: Watch | Bulk) -> dict[str, Any]:
    """The columns that both tables have."""
    card = job.card
    return {
        "id": job.id,
        "user_id": job.user,
        "team_id": job.destination.team,
        "channel_id": job.destination.channel,
        "thread_ts": job.destination.thread or "",
        "card_channel_id": card.channel if card is not None else None,
        "card_ts": card.ts if card is not None else None,
        "started_at": job.started_at,
        "due_at": job.due_at,
        "state": job.state.value,
        "turn": job.turn,
        "ending": job.ending.value if job.ending is not None else None,
        "attempts": job.attempts,
        "doubtful": job.doubtful,
        "decided_at": job.decided_at,
        "ended_at": job.ended_at,
    }


def common_fields(row: Row[Any]) -> dict[str, Any]:
    """The fields of a job that stand in both tables under one name and in one form."""
    place = Destination(team=row.team_id, channel=row.channel_id, thread=row.thread_ts or None)
    card = None
    if row.card_ts is not None:
        card = PostedCard(channel=row.card_channel_id, ts=row.card_ts)
    return {
        "id": row.id,
        "user": row.user_id,
        "destination": place,
        "card": card,
        "started_at": row.started_at,
        "due_at": row.due_at,
        "turn": row.turn,
        "attempts": row.attempts,
        "doubtful": row.doubtful,
        "decided_at": row.decided_at,
        "ended_at": row.ended_at,
    }
