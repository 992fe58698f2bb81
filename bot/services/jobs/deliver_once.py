"""How watches and bulks tell what came of them: exactly one message, whatever breaks off when.

The row is the truth. It is changed only where it still is what was read; and an attempt to tell is
written down before it is made, so whoever comes after a crash knows that Slack may have the message
already.
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

# Hundreds of turns may be under way; on a slow disk a person's click would wait for all of them.
_AT_ONCE: Final = 8

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class OnUnknownDelivery(StrEnum):
    """What to do where a message may have been posted and nobody can see whether it was.

    `RESEND`: post it, so that it may come twice. `SKIP`: do not, so that it may never come.
    """

    RESEND = "repeat"
    SKIP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Generic[Job]):
    """What speaks for a job.

    Attributes:
        tell: posts the one message.
        trace: looks for it.
        afterwards: called when it stands there, perhaps more than once, perhaps never.
        in_vain: called when it was given up.
    """

    tell: Callable[[Job], Awaitable[Report]]
    trace: Callable[[Job], Awaitable[Trace]]
    afterwards: Callable[[Job], Awaitable[None]]
    in_vain: Callable[[Job], Awaitable[None]] | None = None


class Telling(Generic[Job]):
    """Tells what came of the jobs of one kind that this process has in hand.

    Args:
        now: the present moment, aware, UTC.
        seconds: how long posting or finding the message may take.
    """

    def __init__(
        self,
        *,
        jobs: JobTable[Job],
        voice: Voice[Job],
        in_doubt: OnUnknownDelivery,
        now: Callable[[], datetime],
        seconds: float = Timing().telling,
    ) -> None:
        self._jobs: JobTable[Job] = jobs
        self._voice: Voice[Job] = voice
        self._in_doubt = in_doubt
        self._now = now
        self._seconds = seconds
        # A database that is away stops the turn, and ends nothing.
        self._repeating = stamina.AsyncRetryingCaller(
            attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.5
        ).on(StorageError)
        self._line = asyncio.Semaphore(_AT_ONCE)

    async def patiently(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """What the database gives: asked until it does."""

        async def in_line() -> _T:
            async with self._line:
                return await question()

        return await self._repeating(in_line)

    async def current(self, mine: Job) -> Job | None:
        """The job as it stands; `None` where it is over, or in another hand."""
        job = await self.patiently(partial(self._jobs.get, mine.id))
        return job if job is not None and job.open and job.worker == mine.worker else None

    async def put_off(self, new: Job, old: Job, at: datetime) -> bool:
        """Let it be taken up later; whether it still was what was read."""
        put_off = replace(new, worker=None, due_at=at)
        return await self.patiently(partial(self._jobs.replace, old, put_off))

    async def attempt(self, new: Job, old: Job) -> bool:
        """Write down that the message is going to be posted, then post it.

        Returns:
            whether the job still was what was read; if not, nothing was posted.
        """
        attempt = replace(new.telling(), attempts=old.attempts + 1, doubtful=True)
        done = await self.patiently(partial(self._jobs.replace, old, attempt))
        if done:
            report = await self._find_or_tell(attempt, in_doubt=old.doubtful)
            await self._settle(attempt, report)
        return done

    async def written(self, mine: Job, change: Callable[[Job], Job]) -> Job | None:
        """Change the job while it is in this hand; somebody may have changed it meanwhile.

        Returns:
            the job as it is then; `None` where it is in another hand.
        """
        job: Job | None = mine
        while job is not None:
            changed = change(job)
            if await self.patiently(partial(self._jobs.replace, job, changed)):
                return changed
            job = await self.current(mine)
        return None

    async def bounded(self, call: Awaitable[_T], otherwise: _T, seconds: float | None = None) -> _T:
        """What Slack's side gives in time; a fault there must not lose the job."""
        try:
            async with asyncio.timeout(self._seconds if seconds is None else seconds):
                return await call
        except TimeoutError:
            return otherwise
        except Exception as error:  # noqa: BLE001 - logged, and tried again by the schedule
            _log.error("telling failed", exc_info=error)
            return otherwise

    async def _find_or_tell(self, job: Job, *, in_doubt: bool) -> Report:
        if in_doubt:
            match await self.bounded(self._voice.trace(job), Trace.AWAY):
                case Trace.FOUND:
                    return Report(delivery=Delivery.SENT)
                case Trace.AWAY:
                    return Report(delivery=Delivery.UNKNOWN)
                case Trace.UNREADABLE if self._in_doubt is OnUnknownDelivery.SKIP:
                    return Report(delivery=Delivery.UNDELIVERABLE)
                case _:
                    pass
        return await self.bounded(self._voice.tell(job), Report(delivery=Delivery.UNKNOWN))

    async def _settle(self, attempt: Job, report: Report) -> None:
        """Write down what became of an attempt, and do what follows from it."""
        settled = await self.written(attempt, lambda job: self._after(job, report))
        _log.info("told", outcome=report.delivery.value)
        if settled is None:
            return
        if report.delivery is Delivery.SENT:
            await self._voice.afterwards(settled)
        elif not settled.open and self._voice.in_vain is not None:
            await self._voice.in_vain(settled)

    def _after(self, job: Job, report: Report) -> Job:
        now = self._now()
        again = next_attempt(job, now, report.pause)
        if report.delivery is Delivery.SENT:
            return replace(job.told(now), card=report.card or job.card)
        if report.delivery is Delivery.UNDELIVERABLE or again is None:
            return job.undelivered(now)
        doubtful = report.delivery is Delivery.UNKNOWN
        return replace(job, due_at=again, worker=None, doubtful=doubtful)
