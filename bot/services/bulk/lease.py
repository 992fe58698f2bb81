"""A process' hold on a bulk: the row as it stands, and what others have done to it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.domain.jobs.bulk import Bulk
from bot.services.jobs.deliver_once import OnceDelivery


class Hold:
    """One bulk in this process' hand.

    Args:
        bulk: as it was written down when it was taken in hand.

    Attributes:
        bulk: as it stood when it was last looked at.
        lost: it is in another hand, or over; nothing more is to be done with it here.
    """

    def __init__(self, bulk: Bulk, *, delivery: OnceDelivery[Bulk]) -> None:
        self.bulk = bulk
        self.lost = False
        self._delivery = delivery
        # Two changes at once would each be made to what the other has just changed.
        self._changing = asyncio.Lock()

    async def change(self, change: Callable[[Bulk], Bulk]) -> bool:
        """Change the bulk and write it down; whether it is still in this hand."""
        async with self._changing:
            self._see(await self._delivery.update_owned(self.bulk, change))
        return not self.lost

    async def look(self) -> None:
        """See what others have done to it."""
        async with self._changing:
            self._see(await self._delivery.load_current(self.bulk))

    def _see(self, bulk: Bulk | None) -> None:
        self.lost, self.bulk = bulk is None, bulk or self.bulk
