"""What the turns of watches and of bulks need: their dependencies, and look-ups they can abort."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from bot.domain.access import Circle, Refusal
from bot.domain.call_status import Answer
from bot.domain.gate import Urgency
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Job, OnUnknownDelivery
from bot.domain.timing import Timing
from bot.services.lookup import LookupService
from bot.services.records import Records

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The dependencies of turns.

    Attributes:
        records: the audit of what is done for users.
        in_doubt: what to do if a message may have been posted.
        heard: checks each answer for what the admins must act on; raises nothing.
        dismiss: informs a user who may no longer ask, once for all their jobs; returns whether
            nothing is left to do.
        undelivered: counts a message that is given up, by what it is.
        now: the current time, aware, UTC.
        timing: the time limits of turns.
    """

    lookups: LookupService
    records: Records
    in_doubt: OnUnknownDelivery
    heard: Callable[[Sequence[Answer]], Awaitable[None]]
    dismiss: Callable[[Job], Awaitable[bool]]
    now: Callable[[], datetime]
    undelivered: Callable[[str], object] = str
    timing: Timing = Timing()

    def refusal(self, job: Job) -> Refusal | None:
        """Why the user of a job may no longer ask what it asks; `None` while they may."""
        circle = Circle.MEMBERS if job.asked_in is None else Circle.USERS
        return self.lookups.refusal(job.asker, circle)


async def bounded(call: Awaitable[_T], otherwise: _T, seconds: float) -> _T:
    """The result of a call to Slack, if it comes in time; a fault must not lose the job."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        return otherwise
    except Exception as error:  # noqa: BLE001 - logged, and retried by the schedule
        _log.error("delivery failed", exc_info=error)
        return otherwise


class AbortableLookUps:
    """Look-ups of jobs. A shutdown aborts them, because the next process can repeat them.

    Attributes:
        aborted: no further look-up starts.
    """

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._running: set[asyncio.Timeout] = set()
        self.aborted = False

    def abort(self) -> None:
        """Abort what is running; only the look-ups, never a transaction that follows one."""
        if self.aborted:
            return
        self.aborted = True
        for running in self._running:
            # asyncio has no cancel scopes, but a time limit that is over cancels its block alone.
            running.reschedule(0)

    async def answer(
        self, message_id: MessageId, user: str, turn: AbstractAsyncContextManager[object]
    ) -> Answer | None:
        """The gateway's answer, which the admins' alerts get too; `None` if it was aborted.

        Args:
            message_id: the call.
            user: who wants to know; users take turns at the gateway.
            turn: entered before the gateway is asked, and left after it.
        """
        needs = self._dependencies
        answer: Answer | None = None
        if self.aborted:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as running:
                self._running.add(running)
                try:
                    async with turn:
                        ids = [message_id]
                        (answer,) = await needs.lookups.look_up(
                            ids, urgency=Urgency.BACKGROUND, asker=user
                        )
                finally:
                    self._running.discard(running)
        if answer is not None:
            await bounded(needs.heard([answer]), None, needs.timing.telling)
        return answer
