"""What the tables of watches and bulks have in common: rows that are open until their job ends.

A row is due at a moment. A process that claims it writes its id into `worker`; until it clears
that, or is gone, no other process claims the row. Updates compare and swap: they apply only while
the row is as it was read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    case,
    func,
    or_,
    select,
    update,
)

from bot.domain.call_status import CallStatus, read_result
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Destination, PostedCard, Watch
from bot.domain.texts.explanation import Finding, LookupFailure
from bot.storage.database import Database
from bot.storage.schema import EXECUTOR

# A row whose turn raised an unexpected exception is due again after this.
LEASE: Final = timedelta(seconds=60)
# Slack may take a moment to list a message that a process sent right before it died.
SETTLING: Final = timedelta(seconds=3)

Job = TypeVar("Job", Watch, Bulk)


class JobTable(ABC, Generic[Job]):
    """One of the two tables. What is awaited raises `StorageError`."""

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
        """The job of that id, if there is one."""
        found = select(self.table).where(self.table.c.id == job_id)
        row = await self._database.read(lambda connection: connection.execute(found).first())
        return None if row is None else self.job_of(row)

    async def replace(self, old: Job, new: Job) -> bool:
        """Update a job, unless it has been changed since it was read.

        Returns:
            whether the row is as wanted now; also when an earlier call, whose result was lost, did
            it.
        """
        return await self._database.write(partial(self._replace, old=old, new=new))

    def _replace(self, connection: Connection, old: Job, new: Job) -> bool:
        columns, values = self.table.c, self.values_of(new)
        same = and_(
            columns.id == old.id,
            *(columns[n].is_not_distinct_from(v) for n, v in self.values_of(old).items()),
        )
        change = update(self.table).where(same).values(values)
        stands = select(self.table).where(columns.id == new.id)
        if connection.execute(change).rowcount:
            return True
        row = connection.execute(stands).mappings().first()
        return row is not None and dict(row) == values

    async def open_of(self, team: str, user: str) -> tuple[Job, ...]:
        """The jobs whose result a person waits for, the oldest first."""
        columns = self.table.c
        mine = and_(columns.team_id == team, columns.user_id == user, self.is_awaited())
        return await self._select(select(self.table).where(mine).order_by(columns.started_at))

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Job, ...]:
        """The jobs of all users, the newest first."""
        columns = self.table.c
        found = select(self.table).order_by(columns.started_at.desc(), columns.id).limit(limit)
        return await self._select(found.where(self.is_open()) if only_open else found)

    def claim(
        self,
        connection: Connection,
        *,
        worker: str,
        now: datetime,
        room: int,
        in_hand: Collection[str],
    ) -> tuple[Job, ...]:
        """Claim jobs that are due and free, the longest overdue first.

        Args:
            connection: in a write transaction.
            worker: the process that claims them.
            now: the present moment.
            room: how many at most.
            in_hand: the ids of those that this process is working on.
        """
        columns = self.table.c
        free = or_(columns.worker.is_(None), columns.worker == worker)
        due = and_(self.is_open(), columns.due_at <= now, free, columns.id.not_in(in_hand))
        found = select(self.table).where(due).order_by(columns.due_at).limit(room)
        rows = connection.execute(found.with_for_update(skip_locked=True)).all()
        if not rows:
            return ()
        due_at = now + LEASE
        mine = columns.id.in_([row.id for row in rows])
        connection.execute(update(self.table).where(mine).values(worker=worker, due_at=due_at))
        return tuple(replace(self.job_of(row), worker=worker, due_at=due_at) for row in rows)

    def mend(self, connection: Connection, now: datetime, longest_wait: timedelta) -> None:
        """Free the jobs of processes that are gone, and bring forward what is due too late.

        Args:
            connection: in a write transaction.
            now: the present moment; the clock may have been set back.
            longest_wait: the longest delay of a job.
        """
        columns = self.table.c
        left = and_(
            self.is_open(),
            columns.worker.is_not(None),
            columns.worker.not_in(select(EXECUTOR.c.id)),
        )
        due = case((columns.doubtful, now + SETTLING), else_=now)
        connection.execute(update(self.table).where(left).values(worker=None, due_at=due))
        latest = now + longest_wait + LEASE
        late = and_(self.is_open(), columns.worker.is_(None), columns.due_at > latest)
        connection.execute(update(self.table).where(late).values(due_at=now))

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """Whether the job of a row has not ended."""
        return cls.table.c.ended_at.is_(None)

    @classmethod
    @abstractmethod
    def is_awaited(cls) -> ColumnElement[bool]:
        """Whether a person still waits for the result of a row's job."""

    @classmethod
    def count(cls, connection: Connection, which: ColumnElement[bool]) -> int:
        """How many rows match."""
        counting = select(func.count()).select_from(cls.table).where(which)
        return connection.execute(counting).scalar_one()

    async def _select(self, statement: Select[Any]) -> tuple[Job, ...]:
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
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
        "worker": job.worker,
        "ending": job.ending.value if job.ending is not None else None,
        "attempts": job.attempts,
        "doubtful": job.doubtful,
        "decided_at": job.decided_at,
        "ended_at": job.ended_at,
    }


def common_fields(row: Row[Any]) -> dict[str, Any]:
    """The fields of a job that both tables have in the same form."""
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
        "worker": row.worker,
        "attempts": row.attempts,
        "doubtful": row.doubtful,
        "decided_at": row.decided_at,
        "ended_at": row.ended_at,
    }


def finding_values(finding: Finding | None) -> dict[str, Any]:
    """The columns of what a look-up found; all null without one.

    A status is stored as its raw text, and parsed again when it is read.
    """
    failure = finding if isinstance(finding, LookupFailure) else None
    return {
        "raw": finding.raw if isinstance(finding, CallStatus) else None,
        "error": failure.error if failure is not None else None,
        "error_detail": failure.detail if failure is not None else None,
    }


def finding_of(row: Row[Any]) -> Finding:
    """The finding of a row that has one."""
    if row.error is not None:
        return LookupFailure(error=row.error, detail=row.error_detail or "")
    return read_result(row.raw)
