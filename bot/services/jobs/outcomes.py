"""What became of an attempt to post the message of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.jobs.watch import PostedCard


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
