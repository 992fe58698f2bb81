"""Watching a pending call: what users ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import Bound, Destination, PostedCard, Schedule, Watch
from bot.storage.watches import Bounds, Owner, Watches


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """What a person asks for.

    Attributes:
        message_ids: the calls, at least one.
        card: the posted message that shows the one call, to be brought up to date as well.
        limit: how long; `None` for the operator's setting. It is brought into the bounds of choice.
    """

    user: str
    destination: Destination
    message_ids: tuple[MessageId, ...]
    card: PostedCard | None = None
    limit: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The call is watched from now on."""

    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyWatched:
    """There is a watch for this call and destination; `watch.user` may be somebody else."""

    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoom:
    """So many watches are open already that this one could not be kept up.

    Attributes:
        bound: whose watches they are.
        most: how many there may be.
    """

    message_id: MessageId
    bound: Bound
    most: int


StartOutcome = Started | AlreadyWatched | NoRoom


class Watching:
    """Starts, lists and cancels watches.

    Args:
        wake: called when something may be due sooner than anybody knows.
        bounds: how many may be open at once.
        now: the present moment, aware, UTC.
    """

    def __init__(
        self,
        *,
        watches: Watches,
        wake: Callable[[], None],
        schedule: Schedule,
        bounds: Bounds,
        now: Callable[[], datetime],
    ) -> None:
        self._watches = watches
        self._wake = wake
        self._schedule = schedule
        self._bounds = bounds
        self._now = now

    async def start(self, request: WatchRequest) -> tuple[StartOutcome, ...]:
        """Watch these calls; one outcome for each, in their order.

        Raises:
            StorageError: nothing could be kept, so nothing is watched.
        """
        wanted = [self._new(request, message_id) for message_id in request.message_ids]
        if not wanted:
            return ()
        kept = await self._watches.add(wanted, self._bounds)
        self._wake()
        return tuple(map(self._outcome, wanted, kept))

    async def of(self, team: str, user: str) -> tuple[Watch, ...]:
        """The open watches of a person, the oldest first.

        Raises:
            StorageError: they cannot be read.
        """
        return await self._watches.open_of(team, user)

    async def choose_limit(
        self, team: str, user: str, watch_ids: Sequence[str], limit: timedelta
    ) -> tuple[Watch, ...]:
        """Let watches of this person go on for so long from now on.

        Returns:
            them as they are then, without those that do not wait any more.

        Raises:
            StorageError: they could not be changed, so each stays as it was.
        """
        expires_at = self._schedule.expiry(self._now(), limit)
        changed = await self._watches.expire_at(expires_at, watch_ids, Owner(team=team, user=user))
        self._wake()
        return changed

    async def cancel(self, team: str, user: str, watch_ids: Sequence[str]) -> tuple[Watch, ...]:
        """Give up watches of this person; nothing will be told of them.

        Returns:
            them as they were, without those that do not wait any more.

        Raises:
            StorageError: they could not be given up, so each stays as it was.
        """
        return await self._watches.cancel(watch_ids, self._now(), Owner(team=team, user=user))

    def _new(self, request: WatchRequest, message_id: MessageId) -> Watch:
        now = self._now()
        expires_at = self._schedule.expiry(now, request.limit)
        return Watch(
            id=token_hex(8),
            message_id=message_id,
            user=request.user,
            destination=request.destination,
            card=request.card,
            started_at=now,
            expires_at=expires_at,
            due_at=self._schedule.next_look(0, now, expires_at),
        )

    def _outcome(self, wanted: Watch, kept: Watch | Bound) -> StartOutcome:
        if isinstance(kept, Watch):
            return Started(watch=kept) if kept is wanted else AlreadyWatched(watch=kept)
        most = {
            Bound.USER: self._bounds.user,
            Bound.CHANNEL: self._bounds.channel,
            Bound.ALL: self._bounds.all,
        }
        return NoRoom(message_id=wanted.message_id, bound=kept, most=most[kept])
