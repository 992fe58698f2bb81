"""Delivery of the one message of a watch or bulk, exactly once, whenever a process crashes.

The row is the truth. It is changed only while it is what was read; and each attempt is stored
before it is made, so that after a crash the next process knows that Slack may already have the
message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Generic, TypeVar

import stamina
import structlog

from bot.domain.jobs.job import Delivery, Report, Trace, after_attempt, found_instead
from bot.services.jobs.dependencies import Dependencies, bounded
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
        send: posts the one message.
        find_sent: looks for it.
        after_sent: called when it is there; after a crash perhaps again, or never.
        given_up: called when no further attempt is made.
        seconds: the time limit for posting or finding the message.
    """

    jobs: JobTable[Job]
    dependencies: Dependencies
    send: Callable[[Job], Awaitable[Report]]
    find_sent: Callable[[Job], Awaitable[Trace]]
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
        return await self.with_retries(partial(self.jobs.replace, old, new))

    async def attempt(self, new: Job, old: Job | None = None) -> bool:
        """Store that the message is about to be posted, then post it.

        Args:
            new: the job whose message it is.
            old: as it was read, if it has been changed since.

        Returns:
            whether the job still was what was read; if not, nothing was posted.
        """
        old = old or new
        attempt = replace(new.sending(), attempts=old.attempts + 1, doubtful=True)
        done = await self.replace(old, attempt)
        if done:
            report = await self._find_or_send(attempt, in_doubt=old.doubtful)
            await self._settle(attempt, report)
        return done

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

    async def _find_or_send(self, job: Job, *, in_doubt: bool) -> Report:
        if in_doubt:
            trace = await bounded(self.find_sent(job), Trace.AWAY, self.seconds)
            if (delivery := found_instead(trace, self.dependencies.in_doubt)) is not None:
                return Report(delivery=delivery)
        unknown = Report(delivery=Delivery.UNKNOWN)
        return await bounded(self.send(job), unknown, self.seconds)

    async def _settle(self, attempt: Job, report: Report) -> None:
        """Store the outcome of an attempt, and do what follows from it."""
        after = partial(after_attempt, report=report, now=self.dependencies.now())
        settled = await self.update_owned(attempt, after)
        _log.info("delivered", outcome=report.delivery.value)
        if settled is None:
            return
        if report.delivery is Delivery.SENT:
            follow_up = self.after_sent
        else:
            follow_up = None if settled.open else self.given_up
        if follow_up is not None:
            await follow_up(settled)
