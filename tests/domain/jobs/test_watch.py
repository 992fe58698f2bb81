"""When a watch is polled, when it ends and why: functions of the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import Answer, Finding, LookupFailure, read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.job import Destination
from bot.domain.jobs.watch import (
    Bound,
    Bounds,
    Ending,
    Schedule,
    State,
    Watch,
    after_poll,
    goes_with,
    most_open,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECONDS = (15, 30, 60, 120, 300)
SCHEDULE = Schedule(
    intervals=tuple(timedelta(seconds=s) for s in SECONDS), limit=timedelta(minutes=30)
)
WATCH = Watch(
    id="w1",
    message_id=MessageId("A"),
    user="U1",
    destination=Destination(team="T1", channel="C1", thread="1.1"),
    started_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    due_at=NOON + timedelta(seconds=15),
)
PENDING = read_result("024")


def polled(finding: Finding, now: datetime = NOON, watch: Watch = WATCH) -> Watch:
    """The watch after a poll with this result."""
    return after_poll(
        watch, Answer(message_id=MessageId("A"), finding=finding, checked_at=now), SCHEDULE, now
    )


def seconds_of_looks(watch: Watch) -> list[float]:
    """When a call that stays pending is polled, in seconds from the start; the last is the end.

    Every poll is made exactly when it is due.
    """
    now = SCHEDULE.next_look(0, watch.started_at, watch.expires_at)
    moments = [now]
    while now < watch.expires_at:
        watch = polled(PENDING, now, watch)
        now = watch.due_at
        moments.append(now)
    return [(moment - watch.started_at).total_seconds() for moment in moments]


def test_looks_come_at_growing_intervals_and_the_last_one_repeats() -> None:
    """15 s, then 30, 60, 120, then every 300 s, and no poll at the end of the limit."""
    expected = [15, 45, 105, 225, 525, 825, 1125, 1425, 1725, 1800]
    assert expected == seconds_of_looks(WATCH)


@pytest.mark.parametrize(
    ("chosen", "limit"),
    [
        (None, timedelta(minutes=30)),
        (timedelta(hours=2), timedelta(hours=2)),
        (timedelta(days=3), timedelta(hours=24)),
        (timedelta(0), timedelta(minutes=1)),
    ],
)
def test_a_limit_may_be_chosen(chosen: timedelta | None, limit: timedelta) -> None:
    """Up to 24 hours; a choice outside the range is clamped."""
    assert NOON + limit == SCHEDULE.expiry(NOON, chosen)


@pytest.mark.parametrize(
    "raw", ["ok:85.00", "failed:486", "error:503", "blocked:608", "machine:200"]
)
def test_a_final_status_ends_it(raw: str) -> None:
    """With any result of the call."""
    ended = polled(read_result(raw))
    assert (Ending.STATUS, NOON, 1) == (ended.ending, ended.decided_at, ended.looks)
    assert (
        Answer(message_id=MessageId("A"), finding=read_result(raw), checked_at=NOON) == ended.last
    )


@pytest.mark.parametrize("raw", ["001", "019", "022", "900"])
def test_a_refusal_of_this_bot_ends_it(raw: str) -> None:
    """Further requests would make it worse, and say nothing about the call."""
    assert Ending.REFUSED is polled(read_result(raw)).ending


@pytest.mark.parametrize("raw", ["024", "850", "950", "777", "nonsense", "ok:soon", "failed:"])
def test_what_says_nothing_final_goes_on(raw: str) -> None:
    """Pending, undocumented and unreadable alike; no unknown status ends it."""
    again = polled(read_result(raw), watch=replace(WATCH, worker="e1"))
    assert (None, None, 1) == (again.ending, again.worker, again.looks)
    assert NOON + timedelta(seconds=30) == again.due_at


def test_a_look_that_found_nothing_out_goes_on() -> None:
    """An unreachable gateway is not a failure of the call."""
    again = polled(LookupFailure(error="timeout"))
    assert (None, NOON + timedelta(seconds=30)) == (again.ending, again.due_at)


def test_an_unknown_id_gets_one_repeat_after_a_minute() -> None:
    """The gateway may learn of it; then it is over."""
    unknown = read_result("023")
    again = polled(unknown)
    assert (None, True, NOON + timedelta(minutes=1)) == (again.ending, again.unknown, again.due_at)
    assert Ending.UNKNOWN_ID is polled(unknown, again.due_at, again).ending


def test_an_id_that_became_known_goes_on() -> None:
    """An id that was unknown a minute ago is pending now."""
    again = polled(PENDING, watch=replace(WATCH, unknown=True))
    assert (None, False) == (again.ending, again.unknown)


def test_the_limit_is_the_end() -> None:
    """Without a poll; the last result remains."""
    last = polled(PENDING)
    end, gather = WATCH.expires_at, timedelta(seconds=1)
    ended = after_poll(last, None, SCHEDULE, end, gather)
    decided = replace(last, ending=Ending.LIMIT, decided_at=end, due_at=end + gather)
    assert decided.sending() == ended


@given(st.integers(0, 10_000), st.integers(0, 2_000), st.sampled_from(["024", "023", "x"]))
def test_a_watch_is_never_put_off_beyond_its_limit(looks: int, second: int, raw: str) -> None:
    """Nor for longer than the longest wait."""
    now = NOON + timedelta(seconds=second)
    again = polled(read_result(raw), now, replace(WATCH, looks=looks))
    assert again.due_at <= max(WATCH.expires_at, now)
    assert again.due_at - now <= SCHEDULE.longest_wait


def test_a_watch_is_open_until_its_notice_stands_or_cannot_be_delivered() -> None:
    """A doubtful attempt is settled once the notice is in Slack."""
    telling = replace(WATCH, doubtful=True).sending()
    assert (State.TELLING, True) == (telling.state, telling.open)
    notified = telling.sent(NOON)
    assert (State.TOLD, False, NOON) == (notified.state, notified.doubtful, notified.ended_at)
    gone = telling.undelivered(NOON)
    assert (State.UNDELIVERED, True, NOON) == (gone.state, gone.doubtful, gone.ended_at)


def test_the_operator_retries_what_waits_or_was_not_delivered() -> None:
    """What was delivered, cancelled or is being sent is left alone."""
    later = NOON + timedelta(hours=1)
    assert replace(WATCH, due_at=later) == WATCH.retried(later)
    again = replace(WATCH, worker="e1").undelivered(NOON).retried(later)
    assert replace(WATCH.sending(), due_at=later, decided_at=later) == again
    for state in (State.TELLING, State.TOLD, State.CANCELLED):
        assert None is replace(WATCH, state=state).retried(later)


def test_the_narrowest_limit_is_reported_first() -> None:
    """Without a limit for channels there is none to report."""
    assert [(Bound.USER, 3), (Bound.ALL, 5)] == [*Bounds(user=3, all=5).each.items()]
    three = Bounds(user=3, channel=4, all=5).each
    assert [Bound.USER, Bound.CHANNEL, Bound.ALL] == [*three]


@pytest.mark.parametrize(
    ("rate", "last", "most"), [(10, 300, 1_500), (1, 300, 150), (10, 2, 1_500), (10, 600, 3_000)]
)
def test_no_more_are_open_than_the_ceiling_carries(rate: float, last: int, most: int) -> None:
    """Half the rate limit polls each within five minutes, or within the last interval."""
    schedule = replace(SCHEDULE, intervals=(timedelta(seconds=last),))
    assert most == most_open(rate, schedule)


def test_a_slow_ceiling_carries_one() -> None:
    """One watch always fits."""
    assert 1 == most_open(0.001, SCHEDULE)


SEEN = replace(WATCH, last=polled(PENDING).last)
APART = Destination(team="T1", channel="C1", thread="9.9")


@pytest.mark.parametrize(
    ("first", "changes", "together"),
    [
        (SEEN, {}, True),
        (SEEN, {"ending": Ending.LIMIT}, True),
        (SEEN, {"user": "U9"}, False),
        (SEEN, {"destination": APART}, False),
        (SEEN, {"last": None}, False),
        (WATCH, {}, False),
    ],
    ids=["alike", "another ending", "another user", "another thread", "no look", "none before"],
)
def test_one_message_reports_what_is_for_the_same_readers(
    first: Watch, changes: dict[str, Any], *, together: bool
) -> None:
    """A list shows only calls that were looked up; one that was not is alone."""
    assert together is goes_with(replace(SEEN, id="w2", **changes), first)
    assert goes_with(first, first)


def test_a_watch_is_claimed_by_its_id() -> None:
    """Alone."""
    assert (WATCH.id,) == WATCH.ids
