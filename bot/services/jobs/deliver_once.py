"""Delivery of the one message of a watch or bulk, exactly once, whenever a process crashes.

The row is the truth. It is changed only while it is what was read; and each attempt is stored
before it is made, so that after a crash the next process knows that Slack may already have the
message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, Generic, TypeVar

import stamina
import structlog

from bot.domain.jobs.watch import next_attempt
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery, Report, Trace
from bot.storage.errors import StorageError
from bot.storage.jobs import Job, JobTable

# Hundreds of turns may be running; on a slow disk a user's click would wait for all of them.
_AT_ONCE: Final = 8

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class OnUnknownDelivery(StrEnum):
    """What to do if a message may have been posted and Slack cannot be asked whether it was.

    `RESEND`: post it, so that it may come twice. `SKIP`: do not, so that it may never come.
    """

    RESEND = "repeat"
    SKIP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Messenger(Generic[Job]):
    """What posts for a job.

    Attributes:
        send: posts the one message.
        find_sent: looks for it.
        after_sent: called when it is there; after a crash perhaps again, or never.
        given_up: called when no further attempt is made.
    """

    send: Callable[[Job], Awaitable[Report]]
    find_sent: Callable[[Job], Awaitable[Trace]]
    after_sent: Callable[[Job], Awaitable[None]]
    given_up: Callable[[Job], Awaitable[None]] | None = None


class OnceDelivery(Generic[Job]):
    """Delivers the messages of those jobs of one kind that this process has claimed.

    Args:
        now: the current time, aware, UTC.
        seconds: the time limit for posting or finding the message.
    """

    def __init__(
        self,
        *,
        jobs: JobTable[Job],
        messenger: Messenger[Job],
        in_doubt: OnUnknownDelivery,
        now: Callable[[], datetime],
        seconds: float = Timing().telling,
    ) -> None:
        self._jobs: JobTable[Job] = jobs
        self._messenger: Messenger[Job] = messenger
        self._in_doubt = in_doubt
        self._now = now
        self._seconds = seconds
        # While the database is unavailable, the turn waits; nothing is given up.
        self._repeating = stamina.AsyncRetryingCaller(
            attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.5
        ).on(StorageError)
        self._line = asyncio.Semaphore(_AT_ONCE)

    async def with_retries(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """The database's answer; a failed query is retried until it succeeds."""

        async def in_line() -> _T:
            async with self._line:
                return await question()

        return await self._repeating(in_line)

    async def load_current(self, mine: Job) -> Job | None:
        """The job as it is now; `None` if it is over, or claimed by another process."""
        job = await self.with_retries(partial(self._jobs.get, mine.id))
        return job if job is not None and job.open and job.worker == mine.worker else None

    async def reschedule(self, new: Job, old: Job, at: datetime) -> bool:
        """Release the job until a later time; whether it still was what was read."""
        later = replace(new, worker=None, due_at=at)
        return await self.with_retries(partial(self._jobs.replace, old, later))

    async def attempt(self, new: Job, old: Job) -> bool:
        """Store that the message is about to be posted, then post it.

        Returns:
            whether the job still was what was read; if not, nothing was posted.
        """
        attempt = replace(new.telling(), attempts=old.attempts + 1, doubtful=True)
        done = await self.with_retries(partial(self._jobs.replace, old, attempt))
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
            if await self.with_retries(partial(self._jobs.replace, job, changed)):
                return changed
            job = await self.load_current(mine)
        return None

    async def bounded(self, call: Awaitable[_T], otherwise: _T, seconds: float | None = None) -> _T:
        """The result of a call to Slack, if it comes in time; a fault must not lose the job."""
        try:
            async with asyncio.timeout(self._seconds if seconds is None else seconds):
                return await call
        except TimeoutError:
            return otherwise
        except Exception as error:  # noqa: BLE001 - logged, and retried by the schedule
            _log.error("delivery failed", exc_info=error)
            return otherwise

    async def _find_or_send(self, job: Job, *, in_doubt: bool) -> Report:
        if in_doubt:
            match await self.bounded(self._messenger.find_sent(job), Trace.AWAY):
                case Trace.FOUND:
                    return Report(delivery=Delivery.SENT)
                case Trace.AWAY:
                    return Report(delivery=Delivery.UNKNOWN)
                case Trace.OUTSIDE | Trace.UNREADABLE if self._in_doubt is OnUnknownDelivery.SKIP:
                    return Report(delivery=Delivery.UNDELIVERABLE)
                case _:
                    pass
        return await self.bounded(self._messenger.send(job), Report(delivery=Delivery.UNKNOWN))

    async def _settle(self, attempt: Job, report: Report) -> None:
        """Store the outcome of an attempt, and do what follows from it."""
        settled = await self.update_owned(attempt, lambda job: self._after(job, report))
        _log.info("told", outcome=report.delivery.value)
        if settled is None:
            return
        if report.delivery is Delivery.SENT:
            await self._messenger.after_sent(settled)
        elif not settled.open and self._messenger.given_up is not None:
            await self._messenger.given_up(settled)

    def _after(self, job: Job, report: Report) -> Job:
        now = self._now()
        again = next_attempt(job, now, report.pause)
        if report.delivery is Delivery.SENT:
            return replace(job.told(now), card=report.card or job.card)
        if report.delivery is Delivery.UNDELIVERABLE or again is None:
            return job.undelivered(now)
        doubtful = report.delivery is Delivery.UNKNOWN
        return replace(job, due_at=again, worker=None, doubtful=doubtful)
