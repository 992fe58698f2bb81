"""The queries of a process' poller: one transaction a second.

A process owns the jobs it claimed while its row in `executor` exists; other processes leave them
alone, whatever any clock says. A process that finds another one dead deletes that row and frees its
jobs in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.storage.database import Database
from bot.storage.executors import Executor
from bot.storage.jobs.table import JobTable, Wanted
from bot.storage.schema import EXECUTOR


@dataclass(slots=True, kw_only=True, eq=False)
class JobQueue:
    """Both tables of jobs, as one process claims them. Its coroutines raise `StorageError`.

    Claims need not survive a power failure, so commits to a SQLite file do not wait for the disk.

    Attributes:
        own: this process.
        tables: each with the longest delay of its jobs.
        now: the present moment, aware, UTC.
    """

    database: Database
    own: Executor
    tables: Sequence[tuple[JobTable[Any], timedelta]]
    now: Callable[[], datetime]

    async def claim(
        self, wanted: Sequence[Wanted], *, is_gone: Callable[[Executor], bool] | None = None
    ) -> tuple[tuple[Any, ...], ...]:
        """Claim what is due.

        Args:
            wanted: which kinds, and how many of each.
            is_gone: if given, this process first records a heartbeat, calls this for every other
                process, and frees the jobs of those that are gone.

        Returns:
            the jobs of each kind, the longest overdue first.
        """
        now = self.now()

        def work(connection: Connection) -> tuple[tuple[Any, ...], ...]:
            if is_gone is not None:
                self._beat(connection, now)
                self._forget(connection, now, is_gone)
            return tuple(
                one.jobs.claim(connection, one, worker=self.own.id, now=now) for one in wanted
            )

        return await self.database.write(work, lasting=False)

    async def leave(self) -> None:
        """Record that this process has ended; the jobs it still owns are due at once."""
        now = self.now()
        await self.database.write(
            lambda connection: self._forget(connection, now, lambda _: False, self.own.id),
            lasting=False,
        )

    def _beat(self, connection: Connection, now: datetime) -> None:
        own = self.own
        new = self.database.insert(EXECUTOR).values(
            id=own.id, host=own.host, pid=own.pid, beats=1, at=now
        )
        # Peers compare the count, not the time: their clocks may differ.
        again = new.on_conflict_do_update(
            index_elements=list(EXECUTOR.primary_key),
            set_={"beats": EXECUTOR.c.beats + 1, "at": now},
        )
        connection.execute(again)

    def _forget(
        self, connection: Connection, now: datetime, is_gone: Callable[[Executor], bool], *ids: str
    ) -> None:
        others = select(EXECUTOR).where(EXECUTOR.c.id != self.own.id)
        peers = (
            Executor(id=row.id, host=row.host, pid=row.pid, beats=row.beats)
            for row in connection.execute(others)
        )
        # One transaction: a job is never free while its process still counts as running.
        gone = [*ids, *(peer.id for peer in peers if is_gone(peer))]
        if gone:
            connection.execute(delete(EXECUTOR).where(EXECUTOR.c.id.in_(gone)))
        for jobs, longest_wait in self.tables:
            jobs.mend(connection, now, longest_wait)
