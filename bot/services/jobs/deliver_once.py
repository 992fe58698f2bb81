"""How watches and bulks tell what came of them: exactly one message, whatever breaks off when.

The row is the truth. It is changed only where it still is what was read, so of several processes
that take up one turn one goes on; and an attempt to tell is written down before it is made, so
whoever comes after a crash knows that Slack may have the message already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from secrets import token_hex
from typing import Final, Generic, TypeVar

import stamina
import structlog

from bot.domain.jobs.watch import next_attempt
from bot.domain.timing import Timing
from bot.services.jobs.outcomes import Delivery, Report, Trace, alarm_of
from bot.storage.alarms import Alarms
from bot.storage.errors import StorageError
from bot.storage.jobs import Job, JobTable

# Longer than an attempt takes, see `Timing.telling`.
LEASE: Final = timedelta(seconds=60)
# Slack may take a moment to show what it has taken from a process that died.
SETTLING: Final = timedelta(seconds=3)

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
    """

    tell: Callable[[Job], Awaitable[Report]]
    trace: Callable[[Job], Awaitable[Trace]]
    afterwards: Callable[[Job], Awaitable[None]]


class Telling(Generic[Job]):
    """Takes jobs of one kind in hand, and tells what came of them.

    Args:
        executor: this process' name, which marks its attempts.
        is_gone: whether a process, by its name, is known to have died.
        now: the present moment, aware, UTC.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        *,
        jobs: JobTable[Job],
        alarms: Alarms,
        voice: Voice[Job],
        in_doubt: OnUnknownDelivery,
        executor: str,
        is_gone: Callable[[str], bool],
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        self._jobs: JobTable[Job] = jobs
        self._alarms = alarms
        self._voice: Voice[Job] = voice
        self._in_doubt = in_doubt
        self._executor = executor
        self._is_gone = is_gone
        self._now = now
        self._seconds = timing.telling
        # A database that is away stops the turn, and ends nothing.
        self._repeating = stamina.AsyncRetryingCaller(
            attempts=None, timeout=None, wait_initial=0.2, wait_max=10.0, wait_jitter=0.5
        ).on(StorageError)
        self._line = asyncio.Semaphore(_AT_ONCE)

    async def patiently(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """What the database gives, or the engine in it: asked until it does."""

        async def in_line() -> _T:
            async with self._line:
                return await question()

        return await self._repeating(in_line)

    async def in_turn(self, job_id: str, turn: int) -> Job | None:
        """The job; `None` where it is over, or what rang was meant for another turn."""
        job = await self.patiently(partial(self._jobs.get, job_id))
        if job is None or not job.open:
            return None
        if job.turn != turn:
            # Whoever put it off may have died before it set the alarm.
            await self.patiently(partial(self._alarms.arm, [alarm_of(job)]))
            return None
        return job

    def mark(self) -> str:
        """A new mark of this process, by which it knows what it has in hand."""
        return f"{self._executor}/{token_hex(4)}"

    def is_leased(self, job: Job) -> bool:
        """Whether somebody may have it in hand; a lease that is too long is a clock's mistake."""
        now = self._now()
        return job.worker is not None and now < job.due_at <= now + LEASE

    def is_abandoned(self, job: Job) -> bool:
        """Whether the process that had it in hand is known to have died."""
        return job.worker is not None and self._is_gone(job.worker.partition("/")[0])

    async def put_off(self, new: Job, old: Job, at: datetime) -> bool:
        """Take it up later; whether it still was what was read."""
        put_off = replace(new, turn=old.turn + 1, due_at=at)
        done = await self.patiently(partial(self._jobs.replace, old, put_off))
        if done:
            await self.patiently(partial(self._alarms.arm, [alarm_of(put_off)]))
        return done

    async def attempt(self, new: Job, old: Job) -> bool:
        """Write down that the message is going to be posted, then post it.

        Returns:
            whether the job still was what was read; if not, nothing was posted.
        """
        attempt = replace(
            new.telling(),
            attempts=old.attempts + 1,
            doubtful=True,
            worker=self.mark(),
            due_at=self._now() + LEASE,
        )
        done = await self.patiently(partial(self._jobs.replace, old, attempt))
        if done:
            report = await self._find_or_tell(attempt, in_doubt=old.doubtful)
            await self._settle(attempt, report)
        return done

    async def try_again(self, job: Job) -> None:
        """Take up a message that was not, or not surely, posted."""
        now = self._now()
        if not self.is_leased(job):
            await self.attempt(job, job)
        elif not self.is_abandoned(job):
            await self.put_off(job, job, job.due_at)
        elif now < (settled := job.due_at - LEASE + SETTLING):
            await self.put_off(job, job, settled)
        else:
            await self.attempt(job, job)

    async def written(self, mine: Job, change: Callable[[Job], Job]) -> Job | None:
        """Change the job while it is in this hand; somebody may have changed it meanwhile.

        Returns:
            the job as it is then; `None` where it is in another hand.
        """
        job: Job | None = mine
        while job is not None and job.open and job.worker == mine.worker:
            changed = change(job)
            if await self.patiently(partial(self._jobs.replace, job, changed)):
                return changed
            job = await self.patiently(partial(self._jobs.get, mine.id))
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
        elif settled.open:
            await self.patiently(partial(self._alarms.arm, [alarm_of(settled)]))

    def _after(self, job: Job, report: Report) -> Job:
        now = self._now()
        again = next_attempt(job, now, report.pause)
        if report.delivery is Delivery.SENT:
            return replace(job.told(now), card=report.card or job.card)
        if report.delivery is Delivery.UNDELIVERABLE or again is None:
            return job.undelivered(now)
        doubtful = report.delivery is Delivery.UNKNOWN
        return replace(job, turn=job.turn + 1, due_at=again, worker=None, doubtful=doubtful)
