"""What became of a job: of its message at Slack, and of what the operator asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.jobs.watch import PostedCard


class Delivery(StrEnum):
    """What became of an attempt to tell.

    `SENT`: Slack took the notice. `NOT_SENT`: it certainly did not, and may do so later.
    `UNKNOWN`: no answer came, so it may have. `UNDELIVERABLE`: it never will, nowhere.
    """

    SENT = "told"
    NOT_SENT = "not_told"
    UNKNOWN = "unsure"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of an attempt to tell.

    Attributes:
        pause: how long Slack asks to wait before the next one.
        card: the message, where it had to go elsewhere and what follows belongs to it.
    """

    delivery: Delivery
    pause: timedelta | None = None
    card: PostedCard | None = None


class Trace(StrEnum):
    """What can be seen of an earlier attempt that may have reached Slack.

    `FOUND`: the notice stands there. `NONE`: it does not. `UNREADABLE`: this bot may not read the
    conversation. `AWAY`: nobody answered.
    """

    FOUND = "found"
    NONE = "none"
    UNREADABLE = "unreadable"
    AWAY = "away"


class JobOutcome(StrEnum):
    """What became of the operator's wish.

    `NOT_OPEN`: it is over, or is being told this moment. `NOTHING_TO_RETRY`: it was told, or was
    given up by somebody. `WATCHED_ANEW`: the same call is watched for the same place by now.
    """

    DONE = "done"
    UNKNOWN = "unknown"
    NOT_OPEN = "not_open"
    NOTHING_TO_RETRY = "nothing_to_retry"
    WATCHED_ANEW = "watched_anew"
