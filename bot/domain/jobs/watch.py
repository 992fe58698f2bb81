"""A watch: a pending call that somebody wants to be told about; when it is looked at, when it ends.

Everything is a function of the moment that is handed in: no clock is read here.
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

# The gateway may know an id only a while after the message was sent: one repeat, then no more.
UNKNOWN_PAUSE: Final = timedelta(minutes=1)

# What is promised: every open watch gets its look within this time, or within the longest interval
# where that is longer, even if all fall due at once, and from this share of the gateway's ceiling,
# so that people who wait for an answer have the rest.
PROMISE: Final = timedelta(minutes=5)
SHARE: Final = 0.5

# Pauses between attempts to tell, the last one repeats; then it is left to the operator.
TELLING_PAUSES_SECONDS: Final = (5, 15, 30, 60, 120, 300, 600)
LONGEST_PAUSE: Final = timedelta(minutes=10)
TELLING_LIMIT: Final = timedelta(hours=24)


class State(StrEnum):
    """How far a watch has come. One that was told is open until its card shows that."""

    WAITING = "waiting"
    TELLING = "telling"
    TOLD = "told"
    UNDELIVERED = "undelivered"
    CANCELLED = "cancelled"


class Ending(StrEnum):
    """Why a watch ends, and so what the asker is told.

    `STATUS`: there is a final status. `LIMIT`: there is still none, which is no failure of the
    call. `UNKNOWN_ID`: the gateway does not know the id, asked twice. `REFUSED`: the gateway
    refuses this bot.
    """

    STATUS = "status"
    LIMIT = "limit"
    UNKNOWN_ID = "unknown_id"
    REFUSED = "refused"


class Bound(StrEnum):
    """Whose number of open watches has reached its limit."""

    USER = "user"
    CHANNEL = "channel"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the answer goes.

    Attributes:
        channel: the channel of the thread; for a direct message the id of the person.
        thread: the `ts` of the thread's first message; `None` for a direct message.
    """

    team: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedCard:
    """A card that is a posted message, and so can be brought up to date."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a look found.

    Attributes:
        checked_at: when the gateway said so, or when the look failed; aware, UTC.
        sandbox: given by the sandbox gateway, so about no real call.
    """

    finding: Finding
    checked_at: datetime
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One call that is watched for one destination.

    Attributes:
        id: our own name for it, which also marks the notice in Slack.
        user: who asked, and so who is told.
        card: the message to bring up to date as well; `None` where there is none.
        expires_at: the end of its limit.
        due_at: when it is taken up next, unless somebody has it in hand.
        looks: how many there were.
        unknown: the last look found that the gateway does not know the id.
        last: what the last look found; `None` before the first.
        ending: why it ends; `None` while it waits.
        attempts: how many times telling was begun.
        doubtful: an attempt may have reached Slack without our knowing.
        worker: the process that has it in hand; `None` where none has.
        decided_at: when its ending was found, and so since when a notice may stand in Slack.
        ended_at: when all was over; `None` while it is open.
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
        """Whether there is still something to come."""
        return self.ended_at is None

    def telling(self) -> Watch:
        """The same while its notice is posted."""
        return replace(self, state=State.TELLING)

    def told(self, now: datetime) -> Watch:
        """The same when its notice stands in Slack; a card is still to be brought up to date."""
        over = now if self.card is None else None
        return replace(self, state=State.TOLD, doubtful=False, ended_at=over)

    def undelivered(self, now: datetime) -> Watch:
        """The same when its notice cannot be delivered."""
        return replace(self, state=State.UNDELIVERED, ended_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a watch is looked at.

    Attributes:
        intervals: from the start to the first look, and from look to look; the last one repeats.
        limit: how long it goes on unless the asker chose a limit.
    """

    intervals: tuple[timedelta, ...]
    limit: timedelta

    def expiry(self, started_at: datetime, chosen: timedelta | None) -> datetime:
        """The end of the limit; what was chosen is brought into the bounds of choice."""
        limit = self.limit if chosen is None else min(max(chosen, SHORTEST_LIMIT), LONGEST_LIMIT)
        return started_at + limit

    @property
    def longest_wait(self) -> timedelta:
        """No watch is ever put off for longer."""
        return max(*self.intervals, UNKNOWN_PAUSE, LONGEST_PAUSE)

    def next_look(self, looks: int, now: datetime, expires_at: datetime) -> datetime:
        """When to take a watch up after so many looks: for the next one, or for its end."""
        return min(now + self.intervals[min(looks, len(self.intervals) - 1)], expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """It goes on.

    Attributes:
        unknown: it does so to give the gateway a minute to learn of the id.
    """

    at: datetime
    unknown: bool = False


def is_over(watch: Watch, now: datetime) -> bool:
    """Whether the limit has been reached, so that no look is needed any more."""
    return now >= watch.expires_at


def next_step(
    watch: Watch, finding: Finding, schedule: Schedule, now: datetime
) -> LookAgain | Ending:
    """What a look leads to.

    A look that found nothing out, an undocumented code or an unreadable text say nothing about the
    call, so the watch goes on by its schedule.
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
    """What is to be told once: a watch's notice, a bulk's report."""

    @property
    def attempts(self) -> int:
        """How many times telling was begun."""

    @property
    def decided_at(self) -> datetime | None:
        """Since when there is something to tell."""


def next_attempt(told: Tellable, now: datetime, asked_for: timedelta | None) -> datetime | None:
    """When to try again to tell; `None` when it has been tried for long enough.

    The pause that Slack has asked for is kept, up to the longest of ours.
    """
    if told.decided_at is not None and now - told.decided_at >= TELLING_LIMIT:
        return None
    tried = min(max(told.attempts, 1), len(TELLING_PAUSES_SECONDS))
    pause = timedelta(seconds=TELLING_PAUSES_SECONDS[tried - 1])
    return now + max(pause, min(asked_for or pause, LONGEST_PAUSE))


def most_open(requests_per_second: float, schedule: Schedule) -> int:
    """How many watches the gateway's ceiling carries at once while the promise is kept."""
    round_trip = max(PROMISE, schedule.intervals[-1])
    return max(1, int(SHARE * requests_per_second * round_trip.total_seconds()))
