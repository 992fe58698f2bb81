"""Informs users who may no longer ask that their watches and lists are over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.jobs.job import Job
from bot.services.claiming import EventDeduplicator


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """Informs each user once for all their jobs, whichever process finds it out.

    Attributes:
        deliveries: what was done before.
        tell: sends the message to the user of a job; returns whether it is not to be repeated.
    """

    deliveries: EventDeduplicator
    tell: Callable[[Job], Awaitable[bool]]

    async def dismiss(self, job: Job) -> bool:
        """Inform the user of a job; returns whether that is done, now or before."""
        key = f"access:{job.destination.team}:{job.user}"
        if not await self.deliveries.unserved(key):
            return True
        async with self.deliveries.serving(key) as deed:
            deed.done = await self.tell(job)
        return deed.done
