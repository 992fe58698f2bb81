"""When a watch is polled, when it ends and why: functions of the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import read_result
from bot.domain.input.message_id import MessageId
from bot.domain.jobs.watch import (
    Destination,
    Ending,
    LookAgain,
    PostedCard,
    Schedule,
    State,
    Watch,
    is_over,
    most_open,
    next_attempt,
    next_step,
)
from bot.domain.texts.explanation import LookupFailure

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


def seconds_of_looks(watch: Watch) -> list[float]:
    """When a call that stays pending is polled, in seconds from the start; the last is the end.

    Every poll is made exactly when it is due.
    """
    now = SCHEDULE.next_look(0, watch.started_at, watch.expires_at)
    moments = [now]
    while not is_over(watch, now):
        again = next_step(watch, PENDING, SCHEDULE, now)
        assert isinstance(again, LookAgain)
        watch, now = replace(watch, looks=watch.looks + 1), again.at
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
    assert Ending.STATUS is next_step(WATCH, read_result(raw), SCHEDULE, NOON)


@pytest.mark.parametrize("raw", ["001", "019", "022", "900"])
def test_a_refusal_of_this_bot_ends_it(raw: str) -> None:
    """Further requests would make it worse, and say nothing about the call."""
    assert Ending.REFUSED is next_step(WATCH, read_result(raw), SCHEDULE, NOON)


@pytest.mark.parametrize("raw", ["024", "850", "950", "777", "nonsense", "ok:soon", "failed:"])
def test_what_says_nothing_final_goes_on(raw: str) -> None:
    """Pending, undocumented and unreadable alike; no unknown status ends it."""
    expected = LookAgain(at=NOON + timedelta(seconds=30))
    assert expected == next_step(WATCH, read_result(raw), SCHEDULE, NOON)


def test_a_look_that_found_nothing_out_goes_on() -> None:
    """An unreachable gateway is not a failure of the call."""
    expected = LookAgain(at=NOON + timedelta(seconds=30))
    assert expected == next_step(WATCH, LookupFailure(error="timeout"), SCHEDULE, NOON)


def test_an_unknown_id_gets_one_repeat_after_a_minute() -> None:
    """The gateway may learn of it; then it is over."""
    unknown = read_result("023")
    again = next_step(WATCH, unknown, SCHEDULE, NOON)
    assert LookAgain(at=NOON + timedelta(minutes=1), unknown=True) == again
    assert Ending.UNKNOWN_ID is next_step(replace(WATCH, unknown=True), unknown, SCHEDULE, NOON)


def test_an_id_that_became_known_goes_on() -> None:
    """An id that was unknown a minute ago is pending now."""
    again = next_step(replace(WATCH, unknown=True), PENDING, SCHEDULE, NOON)
    assert isinstance(again, LookAgain)
    assert not again.unknown


def test_the_limit_is_the_end() -> None:
    """At its very moment."""
    assert is_over(WATCH, WATCH.expires_at)
    assert not is_over(WATCH, WATCH.expires_at - timedelta(microseconds=1))


@given(st.integers(0, 10_000), st.integers(0, 2_000), st.sampled_from(["024", "023", "x"]))
def test_a_watch_is_never_put_off_beyond_its_limit(looks: int, second: int, raw: str) -> None:
    """Nor for longer than the longest wait."""
    now = NOON + timedelta(seconds=second)
    again = next_step(replace(WATCH, looks=looks), read_result(raw), SCHEDULE, now)
    assert isinstance(again, LookAgain)
    assert again.at <= max(WATCH.expires_at, now)
    assert again.at - now <= SCHEDULE.longest_wait


@pytest.mark.parametrize(
    ("card", "is_open"), [(None, False), (PostedCard(channel="C1", ts="1.1"), True)]
)
def test_one_that_was_told_is_open_until_its_card_shows_it(
    card: PostedCard | None, is_open: bool
) -> None:
    """If it has one."""
    notified = replace(WATCH, card=card, state=State.TELLING, doubtful=True).told(NOON)
    assert (is_open, State.TOLD, False) == (notified.open, notified.state, notified.doubtful)


def test_a_watch_is_open_until_its_notice_stands_or_cannot_be_delivered() -> None:
    """A doubtful attempt is settled once the notice is in Slack."""
    telling = replace(WATCH, doubtful=True).telling()
    assert (State.TELLING, True) == (telling.state, telling.open)
    notified = telling.told(NOON)
    assert (State.TOLD, False, NOON) == (notified.state, notified.doubtful, notified.ended_at)
    gone = telling.undelivered(NOON)
    assert (State.UNDELIVERED, True, NOON) == (gone.state, gone.doubtful, gone.ended_at)


def test_telling_is_tried_with_growing_pauses() -> None:
    """Five seconds at first, ten minutes in the end."""
    begun = replace(WATCH, decided_at=NOON)
    moments = [next_attempt(replace(begun, attempts=n), NOON, None) for n in (*range(9), 99)]
    pauses = [(moment - NOON).total_seconds() for moment in moments if moment is not None]
    assert [5, 5, 15, 30, 60, 120, 300, 600, 600, 600] == pauses


def test_the_pause_that_slack_asks_for_is_kept() -> None:
    """Unless it is absurd, or shorter than our own."""
    asked = [timedelta(seconds=s) for s in (1, 40, 90_000)]
    begun = replace(WATCH, decided_at=NOON, attempts=1)
    moments = [next_attempt(begun, NOON, pause) for pause in asked]
    assert [NOON + timedelta(seconds=s) for s in (5, 40, 600)] == moments


def test_telling_is_given_up_after_a_day() -> None:
    """Then it is the operator's."""
    begun = replace(WATCH, decided_at=NOON, attempts=1)
    assert next_attempt(begun, NOON + timedelta(hours=24, seconds=-1), None) is not None
    assert next_attempt(begun, NOON + timedelta(hours=24), None) is None


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
