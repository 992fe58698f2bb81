"""What watches and bulks have in common, and the delivery of their one message.

Every function takes the current moment as an argument; this module reads no clock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, Self, TypeVar

from bot.domain.access import Asker

# Pauses between attempts to notify; the last one repeats, then the operator has to act.
PAUSES_SECONDS: Final = (5, 15, 30, 60, 120, 300, 600)
LONGEST_PAUSE: Final = timedelta(minutes=10)
DELIVERY_LIMIT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the notice is sent.

    Attributes:
        channel: the channel of the thread; for a direct message the id of the user.
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


class Delivery(StrEnum):
    """The outcome of an attempt to post a message or a file.

    `SENT`: it is there. `NOT_SENT`: certainly not, but a later attempt may succeed. `UNKNOWN`:
    Slack did not say. `UNDELIVERABLE`: it is not, and never will be there.
    """

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of an attempt.

    Attributes:
        why: Slack's error code, or the kind of fault; empty if it was posted.
        pause: Slack's Retry-After.
        card: the posted message, if what follows may belong to it.
    """

    delivery: Delivery
    why: str = ""
    pause: timedelta | None = None
    card: PostedCard | None = None


class Trace(StrEnum):
    """What can be seen of an earlier attempt that may have reached Slack.

    `FOUND`, `NONE`: the notice is there, or not. `OUTSIDE`: the bot is not a member of the
    conversation. `UNREADABLE`: the bot may not read it. `AWAY`: Slack did not answer.
    """

    FOUND = "found"
    NONE = "none"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"
    AWAY = "away"


class OnUnknownDelivery(StrEnum):
    """What to do if a message may have been posted and Slack cannot be asked whether it was.

    `RESEND`: post it, so that it may come twice. `SKIP`: do not, so that it may never come.
    """

    RESEND = "repeat"
    SKIP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(ABC):
    """A watch or a bulk: something that ends with one message to the user who asked.

    Attributes:
        paced: its message is claimed at the pace of its conversation, and so after any rate limit.
        id: our own name for it (16 hexadecimal digits), which also marks the message in Slack.
        user: who asked, and so gets the message.
        asked_in: the channel where they asked, which access depends on; `None` if not known.
        external: they belong to another organisation.
        card: the posted message that shows it; `None` without one.
        due_at: when it is due next, unless a process has claimed it.
        worker: the process that has claimed it; `None` if none has.
        attempts: attempts to deliver.
        doubtful: an attempt may have reached Slack unconfirmed.
        decided_at: when its ending was set, so the earliest time a message can be in Slack.
        ended_at: when it closed; `None` while it is open.
    """

    paced: ClassVar[bool] = False

    id: str
    user: str
    asked_in: str | None = None
    external: bool = False
    destination: Destination
    card: PostedCard | None = None
    started_at: datetime
    due_at: datetime
    worker: str | None = None
    attempts: int = 0
    doubtful: bool = False
    decided_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of what is claimed with it: its own."""
        return (self.id,)

    @property
    def asker(self) -> Asker:
        """Who asked, and where."""
        return Asker(
            user=self.user,
            channel=self.asked_in or "",
            team=self.destination.team,
            external=self.external,
        )

    @property
    def open(self) -> bool:
        """Whether any work is left."""
        return self.ended_at is None

    @abstractmethod
    def sending(self) -> Self:
        """The same while its message is posted."""

    @abstractmethod
    def sent(self, now: datetime) -> Self:
        """The same once its message is in Slack."""

    @abstractmethod
    def revoked(self, now: datetime) -> Self:
        """The same once its user may no longer ask: over, without its message."""

    @abstractmethod
    def undelivered(self, now: datetime) -> Self:
        """The same once its message cannot be delivered."""


AnyJob = TypeVar("AnyJob", bound=Job)


def next_attempt(job: Job, now: datetime, asked_for: timedelta | None) -> datetime | None:
    """When to retry sending; `None` after the last attempt.

    A pause that Slack asked for replaces ours, up to our longest one.
    """
    if job.decided_at is not None and now - job.decided_at >= DELIVERY_LIMIT:
        return None
    tried = min(max(job.attempts, 1), len(PAUSES_SECONDS))
    pause = timedelta(seconds=PAUSES_SECONDS[tried - 1])
    return now + (pause if asked_for is None else min(asked_for, LONGEST_PAUSE))


def after_attempt(job: AnyJob, report: Report, now: datetime) -> AnyJob:
    """The job after an attempt to send its message: sent, given up, or due again."""
    again = next_attempt(job, now, report.pause)
    if report.delivery is Delivery.SENT:
        return replace(job.sent(now), card=report.card or job.card)
    if report.delivery is Delivery.UNDELIVERABLE or again is None:
        return job.undelivered(now)
    doubtful = report.delivery is Delivery.UNKNOWN
    attempts = job.attempts
    if report.pause is not None:
        # A rate limit says nothing about the message, so it makes no later pause longer.
        attempts -= 1
        again = now if job.paced else again
    return replace(job, due_at=again, worker=None, doubtful=doubtful, attempts=attempts)


def found_instead(trace: Trace, in_doubt: OnUnknownDelivery) -> Delivery | None:
    """What a search for the message of an earlier attempt decides; `None`: post it again."""
    if trace is Trace.FOUND:
        return Delivery.SENT
    if trace is Trace.AWAY:
        return Delivery.UNKNOWN
    if trace is not Trace.NONE and in_doubt is OnUnknownDelivery.SKIP:
        return Delivery.UNDELIVERABLE
    return None
