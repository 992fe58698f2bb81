"""What every turn needs, that of a watch and that of a bulk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answer import Answer
from bot.domain.timing import Timing
from bot.services.jobs.deliver_once import OnUnknownDelivery, Telling, Voice
from bot.services.lookup import LookupService
from bot.storage.alarms import Alarms
from bot.storage.jobs import Job, JobTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The means of this process.

    Attributes:
        executor: its name, which marks its work.
        heard: looks at each answer for what the admins must act on; raises nothing.
        is_gone: whether a process, by its name, is known to have died.
        now: the present moment, aware, UTC.
        timing: how long turns wait for what.
    """

    alarms: Alarms
    lookups: LookupService
    in_doubt: OnUnknownDelivery
    executor: str
    heard: Callable[[Sequence[Answer]], Awaitable[None]]
    is_gone: Callable[[str], bool]
    now: Callable[[], datetime]
    timing: Timing = Timing()

    def telling(self, jobs: JobTable[Job], voice: Voice[Job]) -> Telling[Job]:
        """What takes jobs of one kind in hand, and tells what came of them."""
        return Telling(
            jobs=jobs,
            alarms=self.alarms,
            voice=voice,
            in_doubt=self.in_doubt,
            executor=self.executor,
            is_gone=self.is_gone,
            now=self.now,
            timing=self.timing,
        )
