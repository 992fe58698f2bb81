"""Bulks: what users ask for when they ask about many calls at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from bot.domain.access import Asker
from bot.domain.id_lists.id_list import IdList
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import Bound, Bounds
from bot.storage.jobs.bulks import Bulks


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkService:
    """Starts, stops and shows bulks. Every method raises `StorageError`.

    Attributes:
        wake: called when something may be due earlier than the poller expects.
        bounds: how many may be open at once.
        now: the current time, aware, UTC.
    """

    bulks: Bulks
    wake: Callable[[], None]
    bounds: Bounds
    now: Callable[[], datetime]

    async def start(
        self,
        given: IdList,
        *,
        asker: Asker,
        destination: Destination,
        name: str = "",
        file: str = "",
        digest: str = "",
    ) -> Bulk | Bound:
        """Look these calls up; the user is notified in the destination.

        Args:
            given: the user's list; its lines without an id are returned with the result.
            asker: who gets the report, and where they asked.
            destination: where the progress and the report are posted.
            name: of the file; empty for pasted ids.
            file: Slack's id of the file.
            digest: of the file's content.

        Returns:
            the bulk; or the bound that is reached: on the user's lists, on all lists, or on the
            calls in the user's lists of a day.
        """
        now, has_columns = self.now(), file != "" and given.width > 1
        bulk = Bulk(
            id=token_hex(8),
            user=asker.user,
            asked_in=asker.channel,
            external=asker.external,
            destination=destination,
            name=name,
            file=file if has_columns else None,
            digest=digest if has_columns else None,
            total=len(given.ids),
            doubles=given.doubles,
            ignored=len(given.ignored),
            started_at=now,
            due_at=now,
        )
        bound = await self.bulks.add(bulk, given.ids, given.ignored, self.bounds)
        if bound is not None:
            return bound
        self.wake()
        return bulk

    async def stop(self, team: str, user: str, bulk_id: str) -> Bulk | None:
        """Look up no more calls of a bulk of this user; what is known is reported.

        Returns:
            the bulk as it is then; `None` if this user has no bulk of that id whose look-ups go on.
        """
        bulk = await self.get(team, user, bulk_id)
        stopped = None if bulk is None else await stop_asking(self.bulks, bulk, self.now())
        self.wake()
        return stopped

    async def get(self, team: str, user: str, bulk_id: str) -> Bulk | None:
        """A bulk of this user; `None` if they have none of that id."""
        bulk = await self.bulks.get(bulk_id)
        mine = bulk is not None and (bulk.destination.team, bulk.user) == (team, user)
        return bulk if mine else None

    async def stored(self, bulk: Bulk) -> int:
        """How many calls of a bulk are stored; after a stop those that were looked up."""
        if bulk.ending is not BulkEnding.STOPPED:
            return bulk.total
        return (await self.bulks.tally(bulk.id)).asked

    async def pending(self, bulk: Bulk) -> tuple[MessageId, ...]:
        """The calls that were still in progress when they were looked up, to be watched."""
        return await self.bulks.pending_ids(bulk.id)

    def results(self, bulk_id: str) -> AsyncIterator[BulkItem]:
        """All calls in order, with a page of them in memory at a time."""
        return self.bulks.items(bulk_id)


async def stop_asking(bulks: Bulks, bulk: Bulk, now: datetime) -> Bulk | None:
    """End the look-ups of a bulk; `None` if they have ended.

    A process that is working on it notices soon; otherwise it is due at once.

    Raises:
        StorageError: it could not be ended.
    """
    current: Bulk | None = bulk
    while current is not None and (stopped := current.stopped(now)) is not None:
        if await bulks.replace(current, stopped):
            return stopped
        # The process that is working on it has updated the row meanwhile.
        current = await bulks.get(bulk.id)
    return None
