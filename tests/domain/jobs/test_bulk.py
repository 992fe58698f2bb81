"""A bulk's values: counting, the remaining time, and the effect of an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import LookupFailure, Outcome, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.bulk import (
    Bulk,
    BulkEnding,
    BulkItem,
    BulkState,
    Step,
    Tally,
    after_answer,
    is_another_pause,
    time_left,
)
from bot.domain.jobs.job import Destination

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOT_SILENT, TOO_LONG = timedelta(0), timedelta(minutes=10)
BULK = Bulk(
    id="b1",
    user="U1",
    destination=Destination(team="T1", channel="C1"),
    total=100,
    started_at=NOON,
    due_at=NOON,
)
ITEM = BulkItem(position=0, message_id=MessageId("A"))
FAILED = BulkItem(
    position=0, message_id=MessageId("A"), finding=LookupFailure(error="timeout"), checked_at=NOON
)


def tally(asked: int) -> Tally:
    """This many answered calls."""
    return Tally(counts=MappingProxyType({Outcome.ANSWERED: asked}))


@pytest.mark.parametrize(
    ("asked", "seconds", "left"),
    [(0, 60, None), (50, 0, None), (50, -1, None), (25, 60, 180), (100, 60, 0)],
)
def test_the_time_that_is_left(asked: int, seconds: int, left: int | None) -> None:
    """By the pace so far; unknown before there is one."""
    found = time_left(BULK, tally(asked), NOON + timedelta(seconds=seconds))
    assert (None if left is None else timedelta(seconds=left)) == found


@given(st.integers(1, 100), st.integers(1, 10_000))
def test_the_time_that_is_left_is_never_less_than_none(asked: int, seconds: int) -> None:
    """At any pace."""
    left = time_left(BULK, tally(asked), NOON + timedelta(seconds=seconds))
    assert left is not None
    assert left >= timedelta(0)


def test_a_tally_counts() -> None:
    """All with an answer, and those of one outcome."""
    both = Tally(counts=MappingProxyType({Outcome.ANSWERED: 2, Outcome.LOOKUP_FAILED: 1}))
    assert (3, 1, 0) == (both.asked, both.of(Outcome.LOOKUP_FAILED), both.of(Outcome.BLOCKED))


@pytest.mark.parametrize(
    ("raw", "step"),
    [
        ("ok:1", Step.KEEP),
        ("024", Step.KEEP),
        ("023", Step.KEEP),
        ("nonsense", Step.KEEP),
        ("900", Step.LATER),
        ("001", Step.REFUSED),
        ("019", Step.REFUSED),
        ("022", Step.REFUSED),
    ],
)
def test_what_an_answer_of_the_gateway_leads_to(raw: str, step: Step) -> None:
    """After any silence, for a first look-up and a repeated one."""
    for item in (ITEM, FAILED):
        for silent in (NOT_SILENT, TOO_LONG):
            assert step is after_answer(item, read_result(raw), silent_for=silent)


@pytest.mark.parametrize(
    ("error", "item", "silent", "step"),
    [
        ("timeout", ITEM, NOT_SILENT, Step.REPEAT),
        ("timeout", FAILED, NOT_SILENT, Step.KEEP),
        ("busy", FAILED, NOT_SILENT, Step.LATER),
        ("paused", ITEM, NOT_SILENT, Step.LATER),
        ("gateway_down", ITEM, TOO_LONG - timedelta(seconds=1), Step.LATER),
        ("gateway_down", ITEM, TOO_LONG, Step.REPEAT),
        ("gateway_down", FAILED, TOO_LONG, Step.KEEP),
    ],
)
def test_what_a_failed_look_up_leads_to(
    error: str, item: BulkItem, silent: timedelta, step: Step
) -> None:
    """It is retried once; without a request to the gateway it is retried without limit."""
    assert step is after_answer(item, LookupFailure(error=error), silent_for=silent)


def test_a_reported_bulk_is_open_until_its_result_was_handed_over() -> None:
    """An undeliverable bulk is closed."""
    telling = replace(BULK, doubtful=True).sending()
    assert (BulkState.REPORTING, True) == (telling.state, telling.open)
    reported = telling.sent(NOON)
    assert (BulkState.REPORTED, True, False) == (reported.state, reported.open, reported.doubtful)
    gone = telling.undelivered(NOON)
    assert (BulkState.UNDELIVERED, NOON, False) == (gone.state, gone.ended_at, gone.open)


def test_an_ending_is_set_once() -> None:
    """That of a user stays; the pause is over, and the progress card is in doubt no more."""
    paused = replace(BULK, paused_until=NOON, doubtful=True)
    later = NOON + timedelta(hours=1)
    ended = paused.decided(BulkEnding.ALL_ASKED, later)
    assert replace(BULK, ending=BulkEnding.ALL_ASKED, decided_at=later) == ended
    stopped = BULK.stopped(NOON)
    assert stopped is not None
    assert stopped == stopped.decided(BulkEnding.REFUSED, later)


def test_a_bulk_is_stopped_while_its_look_ups_go_on() -> None:
    """At once if no process works on it; a process that does notices by itself."""
    free, claimed = replace(BULK, due_at=NOON + timedelta(hours=1)), replace(BULK, worker="e1")
    later = NOON + timedelta(minutes=1)
    stopped = replace(claimed, ending=BulkEnding.STOPPED, decided_at=later)
    assert replace(stopped, worker=None, due_at=later) == free.stopped(later)
    assert stopped == claimed.stopped(later)
    for over in (free.stopped(later), replace(BULK, state=BulkState.REPORTING)):
        assert over is not None
        assert None is over.stopped(later)


def test_the_operator_retries_what_waits_or_was_not_delivered() -> None:
    """What a process works on, and what was delivered, is left alone."""
    later = NOON + timedelta(hours=1)
    assert replace(BULK, due_at=later) == BULK.retried(later)
    again = replace(BULK, worker="e1").undelivered(NOON).retried(later)
    assert again is not None
    assert (BulkState.RETRIED, None, later, later, None) == (
        again.state,
        again.worker,
        again.due_at,
        again.decided_at,
        again.ended_at,
    )
    assert (again, BulkState.REPORTED) == (again.sending(), again.sent(later).state)
    for other in (replace(BULK, worker="e1"), BULK.sending(), BULK.sending().sent(NOON)):
        assert None is other.retried(later)


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (None, None, False),
        (NOON, None, True),
        (None, NOON, True),
        (NOON, NOON + timedelta(seconds=1), False),
        (NOON + timedelta(seconds=1.1), NOON, True),
    ],
)
def test_a_pause_is_another_if_it_moved(
    one: datetime | None, other: datetime | None, differs: bool
) -> None:
    """By more than a second, since every process calculates its end anew."""
    assert differs is is_another_pause(one, other)


def test_the_columns_of_a_file_follow_its_result() -> None:
    """With their own attempts; if nobody takes them, the results were delivered all the same."""
    later = NOON + timedelta(hours=5)
    of_file = replace(BULK, file="F1", digest="0f", state=BulkState.REPORTED, decided_at=NOON)
    shared = replace(of_file, attempts=4, doubtful=True).sent(later)
    assert replace(of_file, state=BulkState.SHARED) == shared
    assert shared == shared.sending()
    assert replace(shared, ended_at=later) == replace(shared, doubtful=True).sent(later)
    gone = shared.undelivered(later)
    assert (replace(shared, ended_at=later), None) == (gone, gone.retried(later))


def test_handing_over_is_a_step_of_its_own() -> None:
    """With its own attempts and its own day; the state stays, until it is closed or given up."""
    later = NOON + timedelta(hours=5)
    reporting = replace(BULK, state=BulkState.REPORTING, attempts=4, doubtful=True)
    reported = reporting.sent(later)
    assert (0, later, False) == (reported.attempts, reported.decided_at, reported.doubtful)
    assert reported == reported.sending()
    handed = replace(reported, doubtful=True).sent(later)
    assert (BulkState.REPORTED, later, False) == (handed.state, handed.ended_at, handed.doubtful)
    gone = reported.undelivered(later)
    assert (BulkState.UNDELIVERED, later, True) == (gone.state, gone.ended_at, gone.doubtful)
