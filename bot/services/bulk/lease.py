"""A process' hold on a bulk: the row as it stands, and what others have done to it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.domain.jobs.bulk import Bulk
from bot.services.jobs.deliver_once import LEASE, Telling
from bot.storage.bulks import Bulks


class Hold:
    """One bulk in this process' hand.

    Args:
        bulk: as it was written down when it was taken in hand.
        now: the present moment, aware, UTC.

    Attributes:
        bulk: as it stood when it was last looked at.
        lost: it is in another hand, or over; nothing more is to be done with it here.
    """

    def __init__(
        self, bulk: Bulk, *, bulks: Bulks, telling: Telling[Bulk], now: Callable[[], datetime]
    ) -> None:
        self.bulk = bulk
        self.lost = False
        self._bulks = bulks
        self._telling = telling
        self._now = now
        # Two changes at once would each be made to what the other has just changed.
        self._changing = asyncio.Lock()

    async def change(self, change: Callable[[Bulk], Bulk]) -> bool:
        """Change the bulk and write it down; whether it is still in this hand."""
        async with self._changing:
            changed = await self._telling.written(self.bulk, change)
            self.lost, self.bulk = changed is None, changed or self.bulk
        return not self.lost

    async def look(self) -> None:
        """See what others have done to it, and renew the lease in time."""
        async with self._changing:
            seen = await self._telling.patiently(partial(self._bulks.get, self.bulk.id))
            if seen is not None and seen.open and seen.worker == self.bulk.worker:
                self.bulk = seen
            else:
                self.lost = True
        if not self.lost and self.bulk.due_at - self._now() < LEASE / 2:
            await self.change(self._renewed)

    def _renewed(self, bulk: Bulk) -> Bulk:
        return replace(bulk, due_at=self._now() + LEASE)
