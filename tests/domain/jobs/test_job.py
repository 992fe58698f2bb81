"""The delivery of a job's one message: when it is retried, and what an attempt leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.access import Asker
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import Bulk
from bot.domain.jobs.job import (
    Delivery,
    Destination,
    OnUnknownDelivery,
    PostedCard,
    Report,
    Trace,
    after_attempt,
    found_instead,
    next_attempt,
)
from bot.domain.jobs.watch import State, Watch

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CARD = PostedCard(channel="C1", ts="2.2")
JOB = Watch(
    id="w1",
    message_id=MessageId("A"),
    user="U1",
    destination=Destination(team="T1", channel="C1", thread="1.1"),
    card=CARD,
    started_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    due_at=NOON,
    state=State.TELLING,
    attempts=1,
    doubtful=True,
    worker="e1",
    decided_at=NOON,
)
BULK = Bulk(
    id="b1",
    name="",
    total=1,
    user="U1",
    destination=JOB.destination,
    started_at=NOON,
    due_at=NOON,
    worker="e1",
    decided_at=NOON,
)


@pytest.mark.parametrize("job", [JOB, BULK], ids=["watch", "bulk"])
def test_lost_access_ends_a_job_without_its_message(job: Watch | Bulk) -> None:
    """Nothing is left to do or to retry."""
    over = job.revoked(NOON + timedelta(seconds=1))
    assert ("revoked", NOON + timedelta(seconds=1)) == (over.state.value, over.ended_at)
    assert over.retried(NOON) is None


@pytest.mark.parametrize(("asked_in", "channel"), [("D1", "D1"), ("", ""), (None, "")])
def test_a_job_keeps_who_asked_and_where(asked_in: str | None, channel: str) -> None:
    """Not where the answer is posted; that may be unknown in older versions' jobs."""
    expected = Asker(user="U1", channel=channel, team="T1", external=True)
    assert expected == replace(JOB, asked_in=asked_in, external=True).asker


def test_sending_is_tried_with_growing_pauses() -> None:
    """Five seconds at first, ten minutes in the end."""
    moments = [next_attempt(replace(JOB, attempts=n), NOON, None) for n in (*range(9), 99)]
    pauses = [(moment - NOON).total_seconds() for moment in moments if moment is not None]
    assert [5, 5, 15, 30, 60, 120, 300, 600, 600, 600] == pauses


def test_the_pause_that_slack_asks_for_is_kept() -> None:
    """Unless it is absurd; also where ours would be longer."""
    asked = [timedelta(seconds=s) for s in (1, 40, 90_000)]
    moments = [next_attempt(JOB, NOON, pause) for pause in asked]
    assert [NOON + timedelta(seconds=s) for s in (1, 40, 600)] == moments


def test_sending_is_given_up_after_a_day() -> None:
    """Then it is the operator's."""
    assert next_attempt(JOB, NOON + timedelta(hours=24, seconds=-1), None) is not None
    assert next_attempt(JOB, NOON + timedelta(hours=24), None) is None


@pytest.mark.parametrize(
    ("posted", "card"), [(None, CARD), (PostedCard(channel="D1", ts="9.9"),) * 2]
)
def test_a_message_that_slack_took_is_sent(posted: PostedCard | None, card: PostedCard) -> None:
    """Even after a day; a card that was posted with it replaces the job's own."""
    later = NOON + timedelta(hours=25)
    report = Report(delivery=Delivery.SENT, card=posted)
    assert replace(JOB.sent(later), card=card) == after_attempt(JOB, report, later)


@pytest.mark.parametrize(
    ("delivery", "later"),
    [
        (Delivery.UNDELIVERABLE, timedelta(0)),
        (Delivery.NOT_SENT, timedelta(hours=24)),
        (Delivery.UNKNOWN, timedelta(hours=24)),
    ],
)
def test_a_message_that_cannot_be_sent_is_given_up(delivery: Delivery, later: timedelta) -> None:
    """At once if it never can be, otherwise after a day."""
    now = NOON + later
    assert JOB.undelivered(now) == after_attempt(JOB, Report(delivery=delivery), now)


@pytest.mark.parametrize(
    ("delivery", "doubtful"), [(Delivery.NOT_SENT, False), (Delivery.UNKNOWN, True)]
)
def test_a_message_that_was_not_sent_is_due_again(delivery: Delivery, doubtful: bool) -> None:
    """For any process, after our pause; in doubt if Slack did not answer."""
    expected = replace(JOB, due_at=NOON + timedelta(seconds=5), worker=None, doubtful=doubtful)
    assert expected == after_attempt(JOB, Report(delivery=delivery), NOON)


@pytest.mark.parametrize(("job", "seconds"), [(JOB, 0), (BULK, 40)])
def test_a_rate_limit_counts_as_no_attempt(job: Watch | Bulk, seconds: int) -> None:
    """What is claimed at the pace of its conversation waits for that; all else for the pause."""
    report = Report(delivery=Delivery.NOT_SENT, pause=timedelta(seconds=40))
    after = after_attempt(replace(job, attempts=3), report, NOON)
    assert (2, NOON + timedelta(seconds=seconds)) == (after.attempts, after.due_at)


@pytest.mark.parametrize(
    ("trace", "resend", "skip"),
    [
        (Trace.FOUND, Delivery.SENT, Delivery.SENT),
        (Trace.AWAY, Delivery.UNKNOWN, Delivery.UNKNOWN),
        (Trace.NONE, None, None),
        (Trace.OUTSIDE, None, Delivery.UNDELIVERABLE),
        (Trace.UNREADABLE, None, Delivery.UNDELIVERABLE),
    ],
)
def test_the_search_for_an_earlier_message_decides(
    trace: Trace, resend: Delivery | None, skip: Delivery | None
) -> None:
    """It is posted again if it is not there; where nobody can look, the operator has chosen."""
    assert resend is found_instead(trace, OnUnknownDelivery.RESEND)
    assert skip is found_instead(trace, OnUnknownDelivery.SKIP)
