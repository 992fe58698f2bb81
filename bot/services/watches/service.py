"""Watching a pending call: what users ask for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from bot.domain.access import Asker
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination, PostedCard
from bot.domain.jobs.watch import Bound, Bounds, Schedule, Watch
from bot.storage.jobs.watches import Owner, Watches


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The call is watched from now on."""

    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyWatched:
    """There is a watch for this call and destination; `watch.user` may be another user."""

    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoom:
    """So many watches are open already that this one could not be polled in time.

    Attributes:
        bound: whose watches they are.
        most: how many there may be.
    """

    message_id: MessageId
    bound: Bound
    most: int


StartOutcome = Started | AlreadyWatched | NoRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchService:
    """Starts, lists and cancels watches. Every method raises `StorageError`; nothing is changed.

    Attributes:
        wake: called when something may be due earlier than the poller expects.
        bounds: how many may be open at once.
        now: the current time, aware, UTC.
    """

    watches: Watches
    wake: Callable[[], None]
    schedule: Schedule
    bounds: Bounds
    now: Callable[[], datetime]

    async def start(
        self,
        message_ids: Sequence[MessageId],
        *,
        asker: Asker,
        destination: Destination,
        card: PostedCard | None = None,
        unknown: Collection[MessageId] = (),
    ) -> tuple[StartOutcome, ...]:
        """Watch these calls; one outcome for each, in their order.

        Args:
            message_ids: the calls.
            asker: who gets the notices, and where they asked.
            destination: where the notices are posted.
            card: the posted message that shows the one call, to be updated as well.
            unknown: those that the gateway did not know just now; they get one more look.
        """
        now = self.now()
        expires_at, first = self.schedule.expiry(now, None), self.schedule.next_look
        wanted = [
            Watch(
                id=token_hex(8),
                message_id=message_id,
                user=asker.user,
                asked_in=asker.channel,
                external=asker.external,
                destination=destination,
                card=card,
                started_at=now,
                expires_at=expires_at,
                due_at=first(0, now, expires_at, unknown=message_id in unknown),
                unknown=message_id in unknown,
            )
            for message_id in message_ids
        ]
        if not wanted:
            return ()
        stored = await self.watches.add(wanted, self.bounds)
        self.wake()
        return tuple(map(self._outcome, wanted, stored))

    async def of(self, team: str, user: str) -> tuple[Watch, ...]:
        """The open watches of a user, the oldest first."""
        return await self.watches.open_of(team, user)

    async def choose_limit(
        self, team: str, user: str, watch_ids: Sequence[str], limit: timedelta
    ) -> tuple[Watch, ...]:
        """Let watches of this user go on for this long from now on.

        Returns:
            them as they are then, without those that do not wait any more.
        """
        expires_at = self.schedule.expiry(self.now(), limit)
        changed = await self.watches.expire_at(expires_at, watch_ids, Owner(team=team, user=user))
        self.wake()
        return changed

    async def cancel(self, team: str, user: str, watch_ids: Sequence[str]) -> tuple[Watch, ...]:
        """Cancel watches of this user without a notice.

        Returns:
            them as they were, without those that do not wait any more.
        """
        return await self.watches.cancel(watch_ids, self.now(), Owner(team=team, user=user))

    def _outcome(self, wanted: Watch, stored: Watch | Bound) -> StartOutcome:
        if isinstance(stored, Watch):
            return Started(watch=stored) if stored is wanted else AlreadyWatched(watch=stored)
        return NoRoom(message_id=wanted.message_id, bound=stored, most=self.bounds.each[stored])
