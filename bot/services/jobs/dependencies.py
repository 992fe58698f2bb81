"""What every turn needs, that of a watch and that of a bulk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answer import Answer
from bot.domain.timing import Timing
from bot.services.jobs.deliver_once import OnUnknownDelivery, Telling, Voice
from bot.services.lookup import LookupService
from bot.storage.jobs import Job, JobTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The means of this process.

    Attributes:
        heard: looks at each answer for what the admins must act on; raises nothing.
        now: the present moment, aware, UTC.
        timing: how long turns wait for what.
    """

    lookups: LookupService
    in_doubt: OnUnknownDelivery
    heard: Callable[[Sequence[Answer]], Awaitable[None]]
    now: Callable[[], datetime]
    timing: Timing = Timing()

    def telling(
        self, jobs: JobTable[Job], voice: Voice[Job], seconds: float | None = None
    ) -> Telling[Job]:
        """What tells what came of jobs of one kind; an attempt may take so many seconds."""
        return Telling(
            jobs=jobs,
            voice=voice,
            in_doubt=self.in_doubt,
            now=self.now,
            seconds=self.timing.telling if seconds is None else seconds,
        )
