"""The gate: when a request may start, for any number of processes, as a pure rule."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gate import (
    BUNDLE_SECONDS,
    EARLY_SECONDS,
    FULL_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Admission,
    Ceilings,
    Gate,
    Urgency,
    admit,
    close,
    reset_backoff,
)
from bot.domain.timing import Timing

TEN = Ceilings(requests_per_second=10, max_concurrency=3)
NOW = 1_000.0
PERSON, BACKGROUND = Urgency.PERSON, Urgency.BACKGROUND
FIRST_PAUSE = Timing().first_pause


def ask(
    gate: Gate = Gate(),  # noqa: B008 - a frozen value
    *,
    now: float = NOW,
    running: int = 0,
    urgency: Urgency = PERSON,
    count: int = 1,
    ceilings: Ceilings = TEN,
) -> tuple[Gate, Admission]:
    """The gate's answer."""
    return admit(gate, ceilings, now=now, running=running, urgency=urgency, count=count)


def closed(gate: Gate = Gate(), *, now: float = NOW) -> Gate:  # noqa: B008 - a frozen value
    """The gate after a code 900."""
    return close(gate, now=now, first_pause=FIRST_PAUSE)


@pytest.mark.parametrize(("rate", "places"), [(0, 1), (1, 0)])
def test_a_ceiling_lets_something_through(rate: float, places: int) -> None:
    """Otherwise no request would ever start."""
    with pytest.raises(ValueError, match="let something through"):
        Ceilings(requests_per_second=rate, max_concurrency=places)


@pytest.mark.parametrize(
    ("rate", "places", "seconds", "most", "at_once"),
    [
        (10, 20, 2.5, None, 25),
        (1000, 20, 2.5, None, 30),
        (1000, 1, 2.5, None, 1),
        (0.1, 20, 0.25, None, 1),
        (10, 20, 5, 200, 50),
        (1000, 20, 5, 200, 200),
    ],
)
def test_so_many_begin_at_once_as_come_through_in_time(
    rate: float, places: int, seconds: float, most: int | None, at_once: int
) -> None:
    """At least one; unless more are wanted, half as many again as may be under way."""
    ceilings = Ceilings(requests_per_second=rate, max_concurrency=places)
    assert at_once == ceilings.at_once(seconds, most=most)


def test_the_first_one_goes_at_once() -> None:
    """And the next slot is an interval later."""
    gate, admission = ask()

    assert (0.0,) == admission.waits
    assert NOW + 0.1 == pytest.approx(gate.next_slot)


def test_the_second_one_is_told_to_ask_again_before_its_slot_opens() -> None:
    """No slot far ahead is granted, so a caller that gives up wastes none."""
    gate, _ = ask()
    for urgency in Urgency:
        after, admission = ask(gate, now=NOW + 0.03, urgency=urgency)
        assert not admission.waits
        assert 0.07 - EARLY_SECONDS == pytest.approx(admission.again)
        assert gate.next_slot == after.next_slot


def test_who_asks_just_before_a_slot_opens_gets_it() -> None:
    """So that no time is lost between the slots."""
    gate, _ = ask()
    gate, admission = ask(gate, now=NOW + 0.08)

    assert [0.02] == pytest.approx([*admission.waits])
    assert NOW + 0.2 == pytest.approx(gate.next_slot)


def test_the_background_lets_a_person_who_waits_go_first() -> None:
    """In any process that the user waits in."""
    gate, _ = ask()
    gate, person = ask(gate, now=NOW + 0.01)
    _, background = ask(gate, now=NOW + 0.09, urgency=BACKGROUND)
    _, person = ask(gate, now=NOW + 0.09)

    assert not background.waits
    assert 0.01 == pytest.approx(background.again)
    assert 1 == len(person.waits)


def test_a_fast_ceiling_gives_slots_in_bundles() -> None:
    """All slots of one span, for the waiting requests, evenly spaced."""
    fast = Ceilings(requests_per_second=200, max_concurrency=100)
    gate, admission = ask(count=50, ceilings=fast)
    count = len(admission.waits)

    assert 9 <= count <= 10  # a float may fall short of the last slot
    assert [place * 0.005 for place in range(count)] == pytest.approx([*admission.waits])
    assert BUNDLE_SECONDS > admission.waits[-1]
    assert NOW + count * 0.005 == pytest.approx(gate.next_slot)


def test_no_more_are_let_through_than_there_are_places() -> None:
    """Over all processes."""
    fast = Ceilings(requests_per_second=1_000, max_concurrency=20)
    _, admission = ask(count=50, running=13, ceilings=fast)

    assert 7 == len(admission.waits)


@pytest.mark.parametrize("running", [3, 4])
def test_a_full_house_is_asked_again_soon(running: int) -> None:
    """Background work also yields while a user waits for a place."""
    gate, admission = ask(running=running)
    _, background = ask(gate, now=NOW + 0.01, running=2, urgency=BACKGROUND)

    assert ((), FULL_SECONDS, False) == (admission.waits, admission.again, admission.closed)
    assert () == background.waits


def test_a_closed_gate_lets_nobody_through() -> None:
    """Until it opens, which every caller learns."""
    gate = closed()
    for urgency in Urgency:
        _, admission = ask(gate, now=NOW + 0.5, urgency=urgency)
        assert (True, ()) == (admission.closed, admission.waits)
        assert FIRST_PAUSE - 0.5 == pytest.approx(admission.again)
    _, admission = ask(gate, now=NOW + FIRST_PAUSE)
    assert ((0.0,), 1) == (admission.waits, admission.strikes)


def test_each_pause_is_twice_as_long_as_the_one_before() -> None:
    """Up to a longest one."""
    gate, now, pauses = Gate(), NOW, []
    for _ in range(20):
        gate = closed(gate, now=now)
        pauses.append(gate.closed_until - now)
        now = gate.closed_until
    assert [2, 4, 8, 16, 32, 64, 128, 256] == pytest.approx(pauses[:8])
    assert {LONGEST_PAUSE_SECONDS} == set(pauses[8:])
    assert 10 == gate.strikes


def test_what_was_under_way_when_the_gate_closed_changes_nothing() -> None:
    """Neither another 900 nor a good answer changes the pause."""
    gate = closed()

    assert gate == closed(gate, now=NOW + 0.1)
    assert gate == reset_backoff(gate, now=NOW + 0.1)


def test_a_good_answer_makes_the_next_pause_a_first_one() -> None:
    """Once the pause is over."""
    gate = closed(closed(), now=NOW + 10)
    forgiven = reset_backoff(gate, now=NOW + 100)

    assert (2, 0) == (gate.strikes, forgiven.strikes)
    again = closed(forgiven, now=NOW + 100)
    assert FIRST_PAUSE == pytest.approx(again.closed_until - NOW - 100)


def test_a_clock_that_was_set_back_stops_nobody() -> None:
    """A time an hour ahead was not written by this clock."""
    hour = NOW + 3_600
    _, person = ask(Gate(next_slot=hour, person_until=hour))
    _, background = ask(Gate(next_slot=hour, person_until=hour), urgency=BACKGROUND)
    _, shut = ask(Gate(closed_until=hour))

    assert ((0.0,), (0.0,)) == (person.waits, background.waits)
    assert LONGEST_PAUSE_SECONDS == shut.again


def test_a_slot_that_waiting_may_have_put_so_far_ahead_is_kept() -> None:
    """Three slots and the time to ask again; a time farther ahead is ignored."""
    _, near = ask(Gate(next_slot=NOW + 0.49))
    _, far = ask(Gate(next_slot=NOW + 0.51))

    assert ((), (0.0,)) == (near.waits, far.waits)


@given(
    rate=st.floats(0.1, 1_000),
    places=st.integers(1, 50),
    steps=st.lists(
        st.tuples(st.floats(0, 0.5), st.sampled_from(Urgency), st.integers(1, 100)), max_size=60
    ),
)
def test_starts_are_never_closer_than_the_ceiling(
    rate: float, places: int, steps: list[tuple[float, Urgency, int]]
) -> None:
    """For any callers, in any order and at any pace."""
    ceilings = Ceilings(requests_per_second=rate, max_concurrency=places)
    gate, now, starts = Gate(), NOW, []
    for pause, urgency, count in steps:
        now += pause
        gate, admission = ask(gate, now=now, urgency=urgency, count=count, ceilings=ceilings)
        starts += [now + wait for wait in admission.waits]
        assert len(admission.waits) <= min(count, places)
        assert admission.waits or admission.again > 0
    assert all(later - earlier >= 1 / rate - 1e-6 for earlier, later in pairwise(starts))


@given(
    gate=st.builds(
        Gate,
        next_slot=st.floats(0, 1e10),
        closed_until=st.floats(0, 1e10),
        strikes=st.integers(0, 10),
        person_until=st.floats(0, 1e10),
    ),
    urgency=st.sampled_from(Urgency),
)
def test_nobody_waits_for_ever(gate: Gate, urgency: Urgency) -> None:
    """For any stored row, the wait is bounded by the longest pause or a few slots."""
    _, admission = ask(gate, urgency=urgency)

    assert LONGEST_PAUSE_SECONDS >= max(admission.again, *admission.waits, 0.0)
    assert admission.closed or max(admission.again, *admission.waits, 0.0) <= 1
