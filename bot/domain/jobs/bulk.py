"""A bulk: many calls that one user asked about together, and its progress.

Every function takes the current moment as an argument; this module reads no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.call_status import REFUSING, CallStatus, Finding, GatewayCode
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST: Final = 10_000

# The most open lists per user; more would not finish sooner.
MOST_OPEN: Final = 3
# Within 24 hours, per user, stopped lists included: five of the longest lists. Whoever starts and
# stops lists all day fills neither the database nor a channel.
MOST_CALLS_A_DAY: Final = 50_000
# While the gateway is unreachable, items wait this long; after that they count as failed.
PATIENCE: Final = timedelta(minutes=10)

# Errors that mean the gateway was not asked.
_NOT_ASKED: Final = frozenset({"busy", "gateway_down", "paused"})


class BulkState(StrEnum):
    """The state of a bulk. A reported one stays open until its result file is sent.

    `SHARED`: what is left is the result with the columns of the list's file, for the asker.
    `REVOKED`: its user may no longer ask. `RETRIED`: its report or result is posted again, and its
    card still says that it could not be delivered.
    """

    ASKING = "asking"
    REPORTING = "reporting"
    REPORTED = "reported"
    SHARED = "shared"
    UNDELIVERED = "undelivered"
    RETRIED = "retried"
    REVOKED = "revoked"


_RESULTS: Final = frozenset({BulkState.REPORTED, BulkState.SHARED})


class BulkEnding(StrEnum):
    """Why a bulk's look-ups end.

    `ALL_ASKED`: every id has an answer. `STOPPED`: a user stopped it; the results so far are
    reported. `REFUSED`: the gateway refuses this bot (001, 019, 022), so further requests are
    useless.
    """

    ALL_ASKED = "all_asked"
    STOPPED = "stopped"
    REFUSED = "refused"


class Step(StrEnum):
    """How an answer affects its item.

    `KEEP`: the finding is this id's answer. `REPEAT`: the look-up failed; it counts as failed
    unless the one retry, after all others, brings an answer. `LATER`: the gateway was not asked, so
    this id is asked again. `REFUSED`: the gateway refuses this bot.
    """

    KEEP = "keep"
    REPEAT = "repeat"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk(Job):
    """Many calls that one user asked about together.

    Its `card` shows the progress. `attempts` and `doubtful` are about posting the progress card
    while look-ups go on, then about the report, then about the result, then about its columns.

    Attributes:
        name: name of the source file; empty for pasted ones.
        file: Slack's id of that file, if it has columns to give back.
        digest: that of its content.
        total: how many ids, without doubles.
        doubles: how many repetitions were dropped.
        ignored: how many lines had no id.
        paused_until: no request before this (code 900); `None` if there is no pause.
        ending: why the look-ups ended; `None` while they go on.
    """

    name: str = ""
    file: str | None = None
    digest: str | None = None
    total: int
    doubles: int = 0
    ignored: int = 0
    state: BulkState = BulkState.ASKING
    paused_until: datetime | None = None
    ending: BulkEnding | None = None

    @property
    def reported(self) -> bool:
        """Whether its report is in Slack, and its result is not undeliverable."""
        return self.state in _RESULTS

    def sending(self) -> Bulk:
        """The same while its report is posted, or its result sent."""
        asking = self.state is BulkState.ASKING
        return replace(self, state=BulkState.REPORTING) if asking else self

    def sent(self, now: datetime) -> Bulk:
        """The same once the next of its messages is in Slack; the last one closes it."""
        if self.state is BulkState.REPORTED and self.file is not None:
            return replace(self, state=BulkState.SHARED, doubtful=False, attempts=0)
        if self.reported:
            return replace(self, doubtful=False, ended_at=now)
        return replace(self, state=BulkState.REPORTED, doubtful=False, attempts=0, decided_at=now)

    def revoked(self, now: datetime) -> Bulk:
        """The same once its user may no longer ask: over, without a report."""
        return replace(self, state=BulkState.REVOKED, ended_at=now)

    def undelivered(self, now: datetime) -> Bulk:
        """The same once its report, or only its result, cannot be delivered."""
        if self.state is BulkState.SHARED:
            # The results without the columns have been.
            return replace(self, ended_at=now)
        # The next attempt searches Slack for the report first.
        return replace(self, state=BulkState.UNDELIVERED, doubtful=True, ended_at=now)

    def retried(self, now: datetime) -> Bulk | None:
        """The same if the operator wants it now; `None` if it runs or was delivered."""
        if self.state is BulkState.ASKING and self.worker is None:
            return replace(self, due_at=now)
        if self.state is not BulkState.UNDELIVERED:
            return None
        again = replace(self, state=BulkState.RETRIED, worker=None, due_at=now)
        return replace(again, decided_at=now, ended_at=None)

    def decided(self, ending: BulkEnding, now: datetime) -> Bulk:
        """The same once its look-ups have ended; an ending that a user chose before remains."""
        return replace(
            self,
            ending=self.ending or ending,
            decided_at=self.decided_at or now,
            paused_until=None,
            # Until now it was about the progress card.
            doubtful=False,
        )

    def stopped(self, now: datetime) -> Bulk | None:
        """The same once a user has stopped it; `None` if its look-ups have ended."""
        if self.state is not BulkState.ASKING or self.ending is not None:
            return None
        due_at = now if self.worker is None else self.due_at
        return replace(self, ending=BulkEnding.STOPPED, decided_at=now, due_at=due_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItem:
    """One call of a bulk.

    Attributes:
        position: its place in the list, from 0.
        finding: the look-up's finding; `None` before the look-up.
        checked_at: when the gateway answered; aware, UTC; `None` before the look-up.
        sandbox: the sandbox gateway answered, so there was no real call.
    """

    position: int
    message_id: MessageId
    finding: Finding | None = None
    checked_at: datetime | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many calls have each outcome, by the names of `bot.domain.call_status.COUNTED`."""

    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def asked(self) -> int:
        """How many have an answer, or a failed look-up instead."""
        return sum(self.counts.values())

    def of(self, name: str) -> int:
        """How many calls have this outcome."""
        return self.counts.get(name, 0)


def time_left(bulk: Bulk, tally: Tally, now: datetime) -> timedelta | None:
    """The time left at the pace so far; `None` while it cannot be estimated."""
    spent = now - bulk.started_at
    if not tally.asked or spent <= timedelta(0):
        return None
    return spent * ((bulk.total - tally.asked) / tally.asked)


def after_answer(item: BulkItem, finding: Finding, *, silent_for: timedelta) -> Step:
    """How the answer about an item affects it.

    Args:
        item: the item before the look-up; if it has a finding, an earlier look-up failed.
        finding: the new finding.
        silent_for: how long the gateway has not answered this bulk.
    """
    if isinstance(finding, CallStatus):
        if finding.gateway_code == GatewayCode.PAUSE:
            return Step.LATER
        return Step.REFUSED if finding.gateway_code in REFUSING else Step.KEEP
    if finding.error in _NOT_ASKED and silent_for < PATIENCE:
        return Step.LATER
    return Step.KEEP if item.finding is not None else Step.REPEAT


def is_another_pause(one: datetime | None, other: datetime | None) -> bool:
    """Whether a pause began, ended or was moved by more than a second.

    Each process that meets a pause calculates its end a little differently.
    """
    if one is None or other is None:
        return one is not other
    return abs(one - other) > timedelta(seconds=1)
