"""A watch: a pending call whose final status a user wants; when it is polled, when it ends.

Every function takes the current moment as an argument; this module reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from bot.domain.call_status import REFUSING, CallStatus, GatewayCode
from bot.domain.input.message_id import MessageId
from bot.domain.texts.explanation import Finding

SHORTEST_LIMIT: Final = timedelta(minutes=1)
LONGEST_LIMIT: Final = timedelta(hours=24)

# The gateway may know an id only some time after the message was sent: one retry, then no more.
UNKNOWN_PAUSE: Final = timedelta(minutes=1)

# The promise: every open watch is polled within this time, or within the longest interval if that
# is longer, even if all fall due together, and within this share of the gateway's rate limit, so
# that waiting users have the rest.
PROMISE: Final = timedelta(minutes=5)
SHARE: Final = 0.5

# Pauses between attempts to notify; the last one repeats, then the operator has to act.
TELLING_PAUSES_SECONDS: Final = (5, 15, 30, 60, 120, 300, 600)
LONGEST_PAUSE: Final = timedelta(minutes=10)
TELLING_LIMIT: Final = timedelta(hours=24)


class State(StrEnum):
    """The state of a watch. A notified one stays open until its card is updated."""

    WAITING = "waiting"
    TELLING = "telling"
    TOLD = "told"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"


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


class Bound(StrEnum):
    """Which limit on open watches was reached."""

    USER = "user"
    CHANNEL = "channel"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the notice is sent.

    Attributes:
        channel: the channel of the thread; for a direct message the id of the person.
        thread: the `ts` of the thread's first message; `None` for a direct message.
    """

    team: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedCard:
    """A card that is a posted message, and so can be updated."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The result of a poll.

    Attributes:
        checked_at: when the gateway answered, or when the poll failed; aware, UTC.
        sandbox: the sandbox gateway answered, so there was no real call.
    """

    finding: Finding
    checked_at: datetime
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One call that is watched for one destination.

    Attributes:
        id: our own name for it, which also marks the notice in Slack.
        user: who asked, and so gets the notice.
        card: the message to update as well; `None` without one.
        expires_at: the end of its limit.
        due_at: when it is due next, unless a process holds it.
        looks: how many polls were made.
        unknown: the gateway did not know the id in the last poll.
        last: the result of the last poll; `None` before the first.
        ending: why it ends; `None` while it waits.
        attempts: attempts to send the notice.
        doubtful: an attempt may have reached Slack unconfirmed.
        worker: the process that holds it; `None` if none does.
        decided_at: when its ending was set, so the earliest time a notice can be in Slack.
        ended_at: when the watch closed; `None` while it is open.
    """

    id: str
    message_id: MessageId
    user: str
    destination: Destination
    card: PostedCard | None = None
    started_at: datetime
    expires_at: datetime
    due_at: datetime
    state: State = State.WAITING
    looks: int = 0
    unknown: bool = False
    last: Sighting | None = None
    ending: Ending | None = None
    attempts: int = 0
    doubtful: bool = False
    worker: str | None = None
    decided_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether a notice or a card update is still to come."""
        return self.ended_at is None

    def telling(self) -> Watch:
        """The same while its notice is posted."""
        return replace(self, state=State.TELLING)

    def told(self, now: datetime) -> Watch:
        """The same once its notice is in Slack; a card may still need an update."""
        over = now if self.card is None else None
        return replace(self, state=State.TOLD, doubtful=False, ended_at=over)

    def undelivered(self, now: datetime) -> Watch:
        """The same once its notice cannot be delivered."""
        return replace(self, state=State.UNDELIVERED, ended_at=now)


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

    def next_look(self, looks: int, now: datetime, expires_at: datetime) -> datetime:
        """When a watch is due after this many polls: for the next poll, or for its end."""
        return min(now + self.intervals[min(looks, len(self.intervals) - 1)], expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """The watch continues.

    Attributes:
        unknown: it continues to give the gateway a minute to learn the id.
    """

    at: datetime
    unknown: bool = False


def is_over(watch: Watch, now: datetime) -> bool:
    """Whether the limit has passed, so that no further poll is needed."""
    return now >= watch.expires_at


def next_step(
    watch: Watch, finding: Finding, schedule: Schedule, now: datetime
) -> LookAgain | Ending:
    """Decide how a watch continues after a poll.

    A failed poll, an undocumented code or an unreadable text says nothing about the call, so the
    watch continues on schedule.
    """
    code = finding.gateway_code if isinstance(finding, CallStatus) else None
    if isinstance(finding, CallStatus) and finding.final:
        return Ending.STATUS
    if code in REFUSING:
        return Ending.REFUSED
    if code == GatewayCode.NOT_FOUND:
        return _after_unknown(watch, now)
    return LookAgain(at=schedule.next_look(watch.looks + 1, now, watch.expires_at))


def _after_unknown(watch: Watch, now: datetime) -> LookAgain | Ending:
    if watch.unknown:
        return Ending.UNKNOWN_ID
    return LookAgain(at=min(now + UNKNOWN_PAUSE, watch.expires_at), unknown=True)


class Tellable(Protocol):
    """A job whose message is sent once: a watch's notice, a bulk's report."""

    @property
    def attempts(self) -> int:
        """How many times sending was attempted."""

    @property
    def decided_at(self) -> datetime | None:
        """Since when the message is due."""


def next_attempt(job: Tellable, now: datetime, asked_for: timedelta | None) -> datetime | None:
    """When to retry sending; `None` after the last attempt.

    A pause that Slack asked for is respected, up to our longest one.
    """
    if job.decided_at is not None and now - job.decided_at >= TELLING_LIMIT:
        return None
    tried = min(max(job.attempts, 1), len(TELLING_PAUSES_SECONDS))
    pause = timedelta(seconds=TELLING_PAUSES_SECONDS[tried - 1])
    return now + max(pause, min(asked_for or pause, LONGEST_PAUSE))


def most_open(requests_per_second: float, schedule: Schedule) -> int:
    """How many watches fit into the gateway's rate limit within the promise."""
    round_trip = max(PROMISE, schedule.intervals[-1])
    return max(1, int(SHARE * requests_per_second * round_trip.total_seconds()))
