"""What the turns of watches and of bulks need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answer import Answer
from bot.domain.timing import Timing
from bot.services.jobs.deliver_once import Messenger, OnceDelivery, OnUnknownDelivery
from bot.services.lookup import LookupService
from bot.storage.jobs import Job, JobTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The dependencies of turns.

    Attributes:
        in_doubt: what to do if a message may have been posted.
        heard: checks each answer for what the admins must act on; raises nothing.
        now: the current time, aware, UTC.
        timing: the time limits of turns.
    """

    lookups: LookupService
    in_doubt: OnUnknownDelivery
    heard: Callable[[Sequence[Answer]], Awaitable[None]]
    now: Callable[[], datetime]
    timing: Timing = Timing()

    def delivery(
        self, jobs: JobTable[Job], messenger: Messenger[Job], seconds: float | None = None
    ) -> OnceDelivery[Job]:
        """The delivery of the messages of one kind; `seconds` limits an attempt."""
        return OnceDelivery(
            jobs=jobs,
            messenger=messenger,
            in_doubt=self.in_doubt,
            now=self.now,
            seconds=self.timing.telling if seconds is None else seconds,
        )
