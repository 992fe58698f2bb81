"""A watch: a pending call whose final status a user wants; when it is polled, when it ends.

Every function takes the current moment as an argument; this module reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from bot.domain.call_status import REFUSING, Answer, Finding, GatewayCode, Outcome
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import LONGEST_PAUSE, Job

SHORTEST_LIMIT: Final = timedelta(minutes=1)
LONGEST_LIMIT: Final = timedelta(hours=24)

# The gateway may know an id only some time after the message was sent: one more look, then no more.
UNKNOWN_PAUSE: Final = timedelta(minutes=1)

# The promise: every open watch is polled within this time, or within the longest interval if that
# is longer, even if all fall due together, and within this share of the gateway's rate limit, so
# that waiting users have the rest.
PROMISE: Final = timedelta(minutes=5)
SHARE: Final = 0.5


# How many watches one notice reports: a card lists no more calls, and its buttons take no more ids.
MOST_TOGETHER: Final = 10


class State(StrEnum):
    """The state of a watch. `REVOKED`: its user may no longer ask."""

    WAITING = "waiting"
    TELLING = "telling"
    TOLD = "told"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"
    REVOKED = "revoked"


class Ending(StrEnum):
    """Why a watch ends, and so which notice the user gets.

    `STATUS`: there is a final status. `LIMIT`: there is still none, which is no failure of the
    call. `UNKNOWN_ID`: the gateway does not know the id, asked twice. `REFUSED`: the gateway
    refuses this bot.
    """

    STATUS = "status"
    LIMIT = "limit"
    UNKNOWN_ID = "unknown_id"
    REFUSED = "refused"


DAY: Final = timedelta(hours=24)


class Bound(StrEnum):
    """Which limit on open watches or lists was reached; `DAY`: on the calls in one's lists."""

    USER = "user"
    CHANNEL = "channel"
    ALL = "all"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many jobs of one kind may wait for their result at once; `None` for no limit.

    Attributes:
        calls_a_day: how many calls the lists may have that one user starts within `DAY`.
    """

    user: int
    all: int
    channel: int | None = None
    calls_a_day: int | None = None

    @property
    def each(self) -> dict[Bound, int]:
        """The limits; the narrowest comes first, because it is the one to report."""
        limits = {Bound.USER: self.user, Bound.CHANNEL: self.channel, Bound.ALL: self.all}
        return {bound: most for bound, most in limits.items() if most is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(Job):
    """One call that is watched for one destination.

    Attributes:
        expires_at: the end of its limit.
        looks: how many polls were made.
        unknown: the gateway did not know the id when it was asked last.
        last: the result of the last poll; `None` before the first.
        ending: why it ends; `None` while it waits.
    """

    paced: ClassVar[bool] = True

    message_id: MessageId
    expires_at: datetime
    state: State = State.WAITING
    looks: int = 0
    unknown: bool = False
    last: Answer | None = None
    ending: Ending | None = None

    def sending(self) -> Watch:
        """The same while its notice is posted."""
        return replace(self, state=State.TELLING)

    def sent(self, now: datetime) -> Watch:
        """The same once its notice is in Slack."""
        return replace(self, state=State.TOLD, doubtful=False, ended_at=now)

    def revoked(self, now: datetime) -> Watch:
        """The same once its user may no longer ask: over, without a notice."""
        return replace(self, state=State.REVOKED, ended_at=now)

    def undelivered(self, now: datetime) -> Watch:
        """The same once its notice cannot be delivered."""
        return replace(self, state=State.UNDELIVERED, ended_at=now)

    def retried(self, now: datetime) -> Watch | None:
        """The same if the operator wants it now; `None` if it was delivered or cancelled."""
        if self.state is State.WAITING:
            return replace(self, due_at=now)
        if self.state is not State.UNDELIVERED:
            return None
        return replace(self.sending(), worker=None, due_at=now, decided_at=now, ended_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a watch is polled.

    Attributes:
        intervals: from the start to the first poll, and between polls; the last one repeats.
        limit: how long it runs unless the user chose a limit.
    """

    intervals: tuple[timedelta, ...]
    limit: timedelta

    def expiry(self, started_at: datetime, chosen: timedelta | None) -> datetime:
        """The end of the limit; a chosen limit is clamped to the permitted range."""
        limit = self.limit if chosen is None else min(max(chosen, SHORTEST_LIMIT), LONGEST_LIMIT)
        return started_at + limit

    @property
    def longest_wait(self) -> timedelta:
        """The longest time between two polls of any watch."""
        return max(*self.intervals, UNKNOWN_PAUSE, LONGEST_PAUSE)

    def next_look(
        self, looks: int, now: datetime, expires_at: datetime, *, unknown: bool = False
    ) -> datetime:
        """When a watch is due after this many polls: for the next poll, or for its end."""
        usual = self.intervals[min(looks, len(self.intervals) - 1)]
        return min(now + (UNKNOWN_PAUSE if unknown else usual), expires_at)


class NotWatchable(StrEnum):
    """Why a call is not watched.

    `FINAL`: its status will not change. `REFUSED`: the gateway refuses this bot, so a poll would
    find nothing.
    """

    FINAL = "final"
    REFUSED = "refused"


def why_not_watchable(finding: Finding) -> NotWatchable | None:
    """Why this is not watched; `None` if it can be.

    Typing `watch` is a clear wish, so every status that may still change is watched.
    """
    if finding.final:
        return NotWatchable.FINAL
    return NotWatchable.REFUSED if finding.gateway_code in REFUSING else None


def invites_watch(finding: Finding) -> bool:
    """Whether a card offers a watch: no status yet, or an id that the gateway may not know yet.

    Only then is waiting the right next step for an agent.
    """
    return finding.outcome is Outcome.PENDING or is_unknown(finding)


def is_unknown(finding: Finding) -> bool:
    """Whether the gateway does not know the id; it may, a moment after the message was sent."""
    return finding.gateway_code == GatewayCode.NOT_FOUND


def after_poll(
    watch: Watch,
    seen: Answer | None,
    schedule: Schedule,
    now: datetime,
    gather: timedelta = timedelta(),
) -> Watch:
    """The watch after a poll: with its ending, so that its notice is due, or due again.

    A failed poll, an undocumented code or an unreadable text says nothing about the call, so the
    watch continues on schedule.

    Args:
        watch: as it was before.
        seen: the result; `None` if the limit had passed, so that no poll was needed.
        schedule: when it is due again.
        now: the current time.
        gather: how long its notice waits for others.
    """
    if seen is None:
        return _decided(watch, Ending.LIMIT, now, gather)
    # Not stored with the watch.
    last = replace(seen, from_cache=False)
    polled = replace(watch, looks=watch.looks + 1, last=last)
    if (ending := _ending(watch, seen.finding)) is not None:
        return _decided(polled, ending, now, gather)
    unknown = is_unknown(seen.finding)
    due_at = schedule.next_look(polled.looks, now, watch.expires_at, unknown=unknown)
    return replace(polled, unknown=unknown, worker=None, due_at=due_at)


def _decided(watch: Watch, ending: Ending, now: datetime, gather: timedelta) -> Watch:
    told = replace(watch, ending=ending, decided_at=now, worker=None, due_at=now + gather)
    return told.sending()


def _ending(watch: Watch, finding: Finding) -> Ending | None:
    if (why := why_not_watchable(finding)) is not None:
        return Ending.STATUS if why is NotWatchable.FINAL else Ending.REFUSED
    return Ending.UNKNOWN_ID if watch.unknown and is_unknown(finding) else None


def goes_with(watch: Watch, first: Watch) -> bool:
    """Whether one message reports both; a list shows only calls that were looked up."""
    if watch.id == first.id:
        return True
    both_seen = watch.last is not None and first.last is not None
    same_readers = (watch.user, watch.destination) == (first.user, first.destination)
    return both_seen and same_readers


def most_open(requests_per_second: float, schedule: Schedule) -> int:
    """How many watches fit into the gateway's rate limit within the promise."""
    round_trip = max(PROMISE, schedule.intervals[-1])
    return max(1, int(SHARE * requests_per_second * round_trip.total_seconds()))
