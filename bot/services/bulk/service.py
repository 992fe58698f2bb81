"""Bulks: what people ask for when they ask about many calls at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex

from bot.domain.id_lists.id_list import IgnoredLine
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk, BulkEnding, BulkItem, BulkState
from bot.domain.jobs.watch import Bound, Destination
from bot.storage.bulks import BulkBounds, Bulks


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """What a person asks for.

    Attributes:
        name: of the file; empty for pasted ids.
        message_ids: the calls, at least one, each once.
        doubles: how many more stood there.
        ignored: the lines that held no id, as they are given back with the result.
    """

    user: str
    destination: Destination
    name: str = ""
    message_ids: tuple[MessageId, ...]
    doubles: int = 0
    ignored: tuple[IgnoredLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkStarted:
    """The calls are asked about from now on."""

    bulk: Bulk


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoomForBulk:
    """So many lists are under way already that this one would have to wait for long.

    Attributes:
        bound: whose lists they are: `USER` or `ALL`.
        most: how many there may be.
    """

    bound: Bound
    most: int


class BulkService:
    """Starts, stops and shows bulks. Every method raises `StorageError`.

    Args:
        wake: called when something may be due sooner than anybody knows.
        bounds: how many may be open at once.
        now: the present moment, aware, UTC.
    """

    def __init__(
        self,
        *,
        bulks: Bulks,
        wake: Callable[[], None],
        bounds: BulkBounds,
        now: Callable[[], datetime],
    ) -> None:
        self._bulks = bulks
        self._wake = wake
        self._bounds = bounds
        self._now = now

    async def start(self, request: BulkRequest) -> BulkStarted | NoRoomForBulk:
        """Ask about these calls; the person is told in the destination."""
        now = self._now()
        bulk = Bulk(
            id=token_hex(8),
            user=request.user,
            destination=request.destination,
            name=request.name,
            total=len(request.message_ids),
            doubles=request.doubles,
            ignored=len(request.ignored),
            started_at=now,
            due_at=now,
        )
        bound = await self._bulks.add(bulk, request.message_ids, request.ignored, self._bounds)
        if bound is not None:
            most = self._bounds.user if bound is Bound.USER else self._bounds.all
            return NoRoomForBulk(bound=bound, most=most)
        self._wake()
        return BulkStarted(bulk=bulk)

    async def stop(self, team: str, user: str, bulk_id: str) -> Bulk | None:
        """Ask no more for a bulk of this person; what is known is reported.

        Returns:
            the bulk as it is then; `None` where this person has none of that id that still asks.
        """
        bulk = await self.get(team, user, bulk_id)
        stopped = None if bulk is None else await stop_asking(self._bulks, bulk, self._now())
        self._wake()
        return stopped

    async def get(self, team: str, user: str, bulk_id: str) -> Bulk | None:
        """A bulk of this person; `None` where they have none of that id."""
        bulk = await self._bulks.get(bulk_id)
        mine = bulk is not None and (bulk.destination.team, bulk.user) == (team, user)
        return bulk if mine else None

    async def pending(self, bulk: Bulk) -> tuple[MessageId, ...]:
        """The calls that were still under way when they were asked about, to be watched."""
        return await self._bulks.pending_ids(bulk.id)

    def results(self, bulk_id: str) -> AsyncIterator[BulkItem]:
        """All calls in their order, a page of them in memory at a time."""
        return self._bulks.items(bulk_id)


async def stop_asking(bulks: Bulks, bulk: Bulk, now: datetime) -> Bulk | None:
    """End the asking of a bulk; `None` if it does not ask any more.

    A process that is working on it notices soon; otherwise it is due at once.

    Raises:
        StorageError: it could not be ended.
    """
    stands: Bulk | None = bulk
    while stands is not None and stands.state is BulkState.ASKING and stands.ending is None:
        stopped = replace(stands, ending=BulkEnding.STOPPED, decided_at=now)
        if stands.worker is None:
            stopped = replace(stopped, due_at=now)
        if await bulks.replace(stands, stopped):
            return stopped
        # The process that is working on it has updated the row meanwhile.
        stands = await bulks.get(bulk.id)
    return None
