"""What the tables of watches and bulks have in common: rows that are open until their job ends.

A row is due at a moment. A process that claims it writes its id into `worker`; until it clears
that, or is gone, no other process claims the row. Updates compare and swap: they apply only while
the row is as it was read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from sqlalchemy import (
    Column,
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
    true,
    update,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.watch import Bound, Bounds, Watch
from bot.domain.timing import Timing
from bot.storage.database import Database
from bot.storage.engines import take_lock
from bot.storage.jobs.rows import values_of
from bot.storage.schema import EXECUTOR

# A row whose turn raised an unexpected exception is due again after this.
LEASE: Final = timedelta(seconds=60)
# Slack may take a moment to list a message that a process sent right before it died.
SETTLING: Final = timedelta(seconds=3)

Job = TypeVar("Job", Watch, Bulk)
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many jobs of one kind a process can claim.

    Attributes:
        room: how many at most.
        in_hand: the ids of those that it is working on.
    """

    jobs: Claimable
    room: int
    in_hand: Collection[str]


class Claimable(Protocol):
    """What a process can claim."""

    def claim(
        self, connection: Connection, wanted: Wanted, *, worker: str, now: datetime
    ) -> tuple[Any, ...]:
        """Claim what is due and free, the longest overdue first, in a write transaction."""


class JobTable(ABC, Generic[Job]):
    """One of the two tables. Its asynchronous methods raise `StorageError`."""

    table: ClassVar[Table]

    def __init__(self, database: Database, *, timing: Timing = Timing()) -> None:
        self._database = database
        self._timing = timing

    @staticmethod
    @abstractmethod
    def job_of(row: Row[Any]) -> Job:
        """The job of a row."""

    async def get(self, job_id: str) -> Job | None:
        """The job of that id, if there is one."""
        jobs = await self._select(select(self.table).where(self.table.c.id == job_id))
        return jobs[0] if jobs else None

    async def replace(self, old: Job, new: Job) -> bool:
        """Update a job, unless it has been changed since it was read.

        Returns:
            whether the row is as wanted now; also when an earlier call, whose result was lost, did
            it.
        """
        (done,) = await self.replace_all([(old, new)])
        return done

    async def replace_all(self, changes: Sequence[tuple[Job, Job]]) -> tuple[bool, ...]:
        """Do the same for several jobs in one transaction, for each by itself."""
        return await self._database.write(
            lambda connection: tuple(self._replace(connection, old, new) for old, new in changes)
        )

    def _replace(self, connection: Connection, old: Job, new: Job) -> bool:
        columns, values = self.table.c, values_of(new)
        # IS NOT DISTINCT FROM, because `=` is never true of NULL.
        same = and_(
            columns.id == old.id,
            *(columns[n].is_not_distinct_from(v) for n, v in values_of(old).items()),
        )
        if connection.execute(update(self.table).where(same).values(values)).rowcount:
            return True
        current = select(self.table).where(columns.id == new.id)
        row = connection.execute(current).mappings().first()
        return row is not None and dict(row) == values

    async def open_of(self, team: str, user: str) -> tuple[Job, ...]:
        """The jobs whose result a user waits for, the oldest first."""
        columns = self.table.c
        mine = and_(columns.team_id == team, columns.user_id == user, self.is_awaited())
        return await self._select(select(self.table).where(mine).order_by(columns.started_at))

    async def latest(self, limit: int, *, only_open: bool) -> tuple[Job, ...]:
        """The jobs of all users, the newest first."""
        columns = self.table.c
        found = select(self.table).order_by(columns.started_at.desc(), columns.id).limit(limit)
        return await self._select(found.where(self.is_open()) if only_open else found)

    def claim(
        self, connection: Connection, wanted: Wanted, *, worker: str, now: datetime
    ) -> tuple[Job, ...]:
        """Claim jobs that are due and free, the longest overdue first, in a write transaction."""
        columns = self.table.c
        due = and_(is_free(columns, wanted, worker), columns.due_at <= now, self.is_single())
        found = select(self.table).where(due).order_by(columns.due_at).limit(wanted.room)
        # SKIP LOCKED, so that pollers on PostgreSQL do not wait for each other's transactions.
        rows = connection.execute(found.with_for_update(skip_locked=True)).all()
        return self.take(connection, tuple(map(self.job_of, rows)), worker=worker, now=now)

    def take(
        self, connection: Connection, jobs: Sequence[Job], *, worker: str, now: datetime
    ) -> tuple[Job, ...]:
        """Give these jobs to a process; they are as they were just read and locked."""
        if not jobs:
            return ()
        due_at, columns = now + LEASE, self.table.c
        mine = columns.id.in_([job.id for job in jobs])
        connection.execute(update(self.table).where(mine).values(worker=worker, due_at=due_at))
        return tuple(replace(job, worker=worker, due_at=due_at) for job in jobs)

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
        # No job waits for longer than this, so a later moment dates from before the clock was set.
        latest = now + longest_wait + LEASE
        late = and_(self.is_open(), columns.worker.is_(None), columns.due_at > latest)
        connection.execute(update(self.table).where(late).values(due_at=now))

    @classmethod
    def is_single(cls) -> ColumnElement[bool]:
        """Whether a row's job is claimed by itself, and not with others."""
        return true()

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """Whether the job of a row has not ended."""
        return cls.table.c.ended_at.is_(None)

    @classmethod
    def is_awaited(cls) -> ColumnElement[bool]:
        """Whether a user still waits for the result of a row's job."""
        return cls.is_open()

    @classmethod
    def _room(cls, connection: Connection, job: Job, bounds: Bounds) -> dict[Bound, int]:
        """How many more of this user, channel, and of all there may be."""
        columns, awaited = cls.table.c, cls.is_awaited()
        of_team = and_(columns.team_id == job.destination.team, awaited)
        which = {
            Bound.USER: and_(columns.user_id == job.user, of_team),
            Bound.CHANNEL: and_(columns.channel_id == job.destination.channel, of_team),
            Bound.ALL: awaited,
        }
        counting = select(func.count()).select_from(cls.table)
        return {
            bound: most - connection.execute(counting.where(which[bound])).scalar_one()
            for bound, most in bounds.each.items()
        }

    async def _alone(
        self, work: Callable[[Connection], _Found], seconds: float | None = None
    ) -> _Found:
        """Run this under a lock for adding jobs and changing several; turns do not take it.

        Two concurrent additions would not count each other's rows, and two changes of several rows
        could deadlock.
        """

        def alone(connection: Connection) -> _Found:
            take_lock(connection, self.table.name)
            return work(connection)

        return await self._database.write(alone, seconds)

    async def _rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        return await self._database.read(lambda connection: connection.execute(statement).all())

    async def _select(self, statement: Select[Any]) -> tuple[Job, ...]:
        return tuple(map(self.job_of, await self._rows(statement)))


def is_free(
    columns: ReadOnlyColumnCollection[str, Column[Any]], wanted: Wanted, worker: str
) -> ColumnElement[bool]:
    """Whether a row's job is open, and no process works on it."""
    free = or_(columns.worker.is_(None), columns.worker == worker)
    return and_(columns.ended_at.is_(None), free, columns.id.not_in(wanted.in_hand))


def first_full(room: dict[Bound, int]) -> Bound | None:
    """The narrowest bound that leaves no room."""
    return next((bound for bound, left in room.items() if left <= 0), None)
