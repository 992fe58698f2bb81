"""A bulk: many calls that one person asks about together, and how far the asking has come.

Everything is a function of the moment that is handed in: no clock is read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.call_status import REFUSING, CallStatus, GatewayCode
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import Destination, PostedCard
from bot.domain.texts.explanation import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST: Final = 10_000

# So many lists a person may have under way; more of them would not come faster.
MOST_OPEN: Final = 3
# While nobody reaches the gateway nothing is asked in vain; after that it counts as failed.
PATIENCE: Final = timedelta(minutes=10)

# They say that the gateway was not asked.
_NOT_ASKED: Final = frozenset({"busy", "gateway_down", "paused"})


class BulkState(StrEnum):
    """How far a bulk has come. A reported one is open until its result was handed over."""

    ASKING = "asking"
    REPORTING = "reporting"
    REPORTED = "reported"
    UNDELIVERED = "undelivered"


class BulkEnding(StrEnum):
    """Why no more is asked.

    `ALL_ASKED`: every id has an answer. `STOPPED`: a person stopped it; what is known is reported.
    `REFUSED`: the gateway refuses this bot (001, 019, 022), so asking on would be in vain.
    """

    ALL_ASKED = "all_asked"
    STOPPED = "stopped"
    REFUSED = "refused"


class Step(StrEnum):
    """What an answer leads to.

    `KEEP`: it is this id's answer. `REPEAT`: the look-up failed; it counts as failed unless the one
    repetition, after all others, brings an answer. `LATER`: the gateway was not asked, so this id
    is asked again. `REFUSED`: the gateway refuses this bot.
    """

    KEEP = "keep"
    REPEAT = "repeat"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Many calls that one person asks about together.

    Attributes:
        id: our own name for it (16 hexadecimal digits), which also marks the report in Slack.
        user: who asked, and so who is told.
        destination: the thread of its progress and its report.
        name: of the file that the ids came from; empty for pasted ones.
        total: how many ids, without doubles.
        doubles: how many more stood there and are asked once.
        ignored: how many lines held no id.
        card: the message that shows the progress; `None` until it is posted.
        due_at: when it is taken up next, unless somebody has it in hand.
        worker: the process that has it in hand; `None` where none has.
        paused_until: nobody may ask the gateway before (code 900); `None` where anybody may.
        ending: why no more is asked; `None` while it is asked on.
        attempts: how many times the report was begun; after it, the handing over of the result.
        doubtful: an attempt may have reached Slack without our knowing: to post the progress card
            while it is asked, else the report, else the result.
        decided_at: when the ending was found, and so since when a report may stand in Slack.
        ended_at: when all was over; `None` while it is open.
    """

    id: str
    user: str
    destination: Destination
    name: str = ""
    total: int
    doubles: int = 0
    ignored: int = 0
    card: PostedCard | None = None
    started_at: datetime
    due_at: datetime
    state: BulkState = BulkState.ASKING
    worker: str | None = None
    paused_until: datetime | None = None
    ending: BulkEnding | None = None
    attempts: int = 0
    doubtful: bool = False
    decided_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether there is anything left to do."""
        return self.ended_at is None

    def telling(self) -> Bulk:
        """The same while its report is made, or its result handed over."""
        handing = self.state is BulkState.REPORTED
        return self if handing else replace(self, state=BulkState.REPORTING)

    def told(self, now: datetime) -> Bulk:
        """The same when its report stands in Slack, or its result too; then all is over."""
        if self.state is BulkState.REPORTED:
            return replace(self, doubtful=False, ended_at=now)
        return replace(self, state=BulkState.REPORTED, doubtful=False, attempts=0, decided_at=now)

    def undelivered(self, now: datetime) -> Bulk:
        """The same when its report, or only its result, cannot be delivered."""
        # Whoever tries again looks for the report first.
        return replace(self, state=BulkState.UNDELIVERED, doubtful=True, ended_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItem:
    """One call of a bulk.

    Attributes:
        position: its place in the list, from 0.
        finding: what the look-up found; `None` while it was not asked.
        checked_at: when the gateway said so; aware, UTC; `None` while it was not asked.
        sandbox: given by the sandbox gateway, so about no real call.
    """

    position: int
    message_id: MessageId
    finding: Finding | None = None
    checked_at: datetime | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many calls were counted under which name, one of `bot.domain.answer.COUNTED`."""

    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def asked(self) -> int:
        """How many have an answer, or a failed look-up in its place."""
        return sum(self.counts.values())

    def of(self, name: str) -> int:
        """How many were counted under this name."""
        return self.counts.get(name, 0)


def time_left(bulk: Bulk, tally: Tally, now: datetime) -> timedelta | None:
    """How much longer the asking takes at the pace so far; `None` while nobody can tell."""
    spent = now - bulk.started_at
    if not tally.asked or spent <= timedelta(0):
        return None
    return spent * ((bulk.total - tally.asked) / tally.asked)


def after_answer(item: BulkItem, finding: Finding, *, silent_for: timedelta) -> Step:
    """What the answer about an item leads to.

    Args:
        item: as it was before; one with a finding was asked before, and failed.
        finding: what was found now.
        silent_for: how long the gateway has given no answer to this bulk.
    """
    if isinstance(finding, CallStatus):
        if finding.gateway_code == GatewayCode.PAUSE:
            return Step.LATER
        return Step.REFUSED if finding.gateway_code in REFUSING else Step.KEEP
    if finding.error in _NOT_ASKED and silent_for < PATIENCE:
        return Step.LATER
    return Step.KEEP if item.finding is not None else Step.REPEAT
