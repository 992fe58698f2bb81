"""Delivery of the one message of a watch or bulk, exactly once, whenever a process crashes.

The row is the truth. It is changed only while it is what was read; and each attempt is stored
before it is made, so that after a crash the next process knows that Slack may already have the
message.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Generic, TypeVar

import stamina
import structlog

from bot.domain.jobs.job import (
    LONGEST_PAUSE,
    Delivery,
    Report,
    Trace,
    after_attempt,
    found_instead,
)
from bot.services.jobs.dependencies import Dependencies, bounded
from bot.services.records import Asked
from bot.storage.errors import StorageError
from bot.storage.jobs.table import Job, JobTable

# Hundreds of turns may be running; on a slow disk a user's click would wait for all of them.
_AT_ONCE: Final = 8

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


def _until_it_succeeds() -> stamina.BoundAsyncRetryingCaller:
    """While the database is unavailable, the turn waits; nothing is given up."""
    return stamina.AsyncRetryingCaller(
        attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.5
    ).on(StorageError)


@dataclass(slots=True, kw_only=True)
class OnceDelivery(Generic[Job]):
    """Delivers the messages of those jobs of one kind that this process has claimed.

    Attributes:
        send: posts the one message of these jobs.
        find_sent: looks for the message of each of these jobs, in their order.
        after_sent: called when it is there; after a crash perhaps again, or never.
        given_up: called when no further attempt is made.
        seconds: the time limit for posting or finding the message.
    """

    jobs: JobTable[Job]
    dependencies: Dependencies
    send: Callable[[Sequence[Job]], Awaitable[Report]]
    find_sent: Callable[[Sequence[Job]], AsyncIterator[Trace]]
    after_sent: Callable[[Job], Awaitable[object]] | None = None
    given_up: Callable[[Job], Awaitable[object]] | None = None
    seconds: float
    _repeat: stamina.BoundAsyncRetryingCaller = field(default_factory=_until_it_succeeds)
    _line: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def with_retries(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """The database's answer; a failed query is retried until it succeeds."""

        async def in_line() -> _T:
            async with self._line:
                return await question()

        return await self._repeat(in_line)

    async def load_current(self, mine: Job) -> Job | None:
        """The job as it is now; `None` if it is over, or claimed by another process."""
        job = await self.with_retries(partial(self.jobs.get, mine.id))
        return job if job is not None and job.open and job.worker == mine.worker else None

    async def replace(self, old: Job, new: Job) -> bool:
        """Store the job; whether it still was what was read, else it is unchanged."""
        (done,) = await self.replace_all([(old, new)])
        return done

    async def replace_all(self, changes: Sequence[tuple[Job, Job]]) -> tuple[bool, ...]:
        """The same for several jobs in one transaction, for each by itself."""
        return await self.with_retries(partial(self.jobs.replace_all, changes))

    async def permitted(self, *jobs: Job) -> list[Job]:
        """Those of these jobs whose user may still ask; the others are over."""
        needs, refusals = self.dependencies, map(self.dependencies.refusal, jobs)
        going_on = list[Job]()
        for job, refused in zip(jobs, refusals, strict=True):
            if refused is None:
                going_on.append(job)
            elif await needs.dismiss(job):
                needs.records.refused(Asked.of_job(job), refused)
                await self.update_owned(job, lambda mine: mine.revoked(needs.now()))
            else:
                later = replace(job, worker=None, due_at=needs.now() + LONGEST_PAUSE)
                await self.replace(job, later)
        return going_on

    async def attempt(self, *jobs: Job) -> None:
        """Store that the one message of these jobs is about to be posted, then post it.

        Those in doubt are searched for first. What another process has changed is left alone, and
        whoever may no longer ask gets nothing.
        """
        jobs = tuple(await self.permitted(*jobs))
        certain = [job for job in jobs if not job.doubtful]
        certain += await self.resolve([job for job in jobs if job.doubtful])
        attempts = [
            (job, replace(job.sending(), attempts=job.attempts + 1, doubtful=True))
            for job in certain
        ]
        stored = await self.replace_all(attempts)
        mine = [new for (_, new), done in zip(attempts, stored, strict=True) if done]
        if mine:
            unknown = Report(delivery=Delivery.UNKNOWN)
            report = await bounded(self.send(mine), unknown, self.seconds)
            for job in mine:
                await self._settle(job, report)

    async def resolve(self, jobs: Sequence[Job]) -> list[Job]:
        """Search for the messages of earlier attempts, and settle what that decides.

        Returns:
            those whose message is to be posted (again).
        """
        open_ones = list[Job]()
        traces = self.find_sent(jobs)
        for job in jobs:
            trace = await bounded(anext(traces, Trace.AWAY), Trace.AWAY, self.seconds)
            delivery = found_instead(trace, self.dependencies.in_doubt)
            if delivery is not None:
                await self._settle(job, Report(delivery=delivery), more=1)
            elif await self.replace(job, certain := replace(job, doubtful=False)):
                open_ones.append(certain)
        return open_ones

    async def update_owned(self, mine: Job, change: Callable[[Job], Job]) -> Job | None:
        """Change the job while this process has claimed it, on top of changes by others.

        Returns:
            the job as it is then; `None` if another process has claimed it.
        """
        job: Job | None = mine
        while job is not None:
            changed = change(job)
            if await self.replace(job, changed):
                return changed
            job = await self.load_current(mine)
        return None

    async def _settle(self, job: Job, report: Report, *, more: int = 0) -> None:
        """Store the outcome of an attempt, and do what follows from it.

        Args:
            job: as it is stored.
            report: the outcome.
            more: the attempts that are not stored yet.
        """
        now = self.dependencies.now()

        def after(mine: Job) -> Job:
            return after_attempt(replace(mine, attempts=mine.attempts + more), report, now)

        settled = await self.update_owned(job, after)
        _log.info("delivered", outcome=report.delivery.value)
        if settled is None:
            return
        if report.delivery is Delivery.SENT:
            follow_up = self.after_sent
        else:
            follow_up = None if settled.open else self.given_up
        if follow_up is not None:
            await follow_up(settled)
