"""The gate: when a request may start, for any number of processes, as a pure rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gate import (
    CATCH_UP_SECONDS,
    EARLY_SECONDS,
    FULL_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MARGIN,
    MOST_REFUSALS,
    ROUND_SECONDS,
    SPARE_SECONDS,
    Admission,
    Block,
    Demand,
    Gate,
    RateLimits,
    Urgency,
    admit,
    close,
    keep_closed,
    reset_backoff,
)
from bot.domain.timing import Timing

TEN = RateLimits(requests_per_second=10, max_concurrency=6)
FAST = RateLimits(requests_per_second=1_000, max_concurrency=30)
STEP = 0.105
NOW = 1_000.0
PERSON, BACKGROUND = Urgency.PERSON, Urgency.BACKGROUND
FIRST_PAUSE = Timing().first_pause


def ask(
    gate: Gate = Gate(),  # noqa: B008 - a frozen value
    *,
    now: float = NOW,
    urgency: Urgency = PERSON,
    waiting: int = 1,
    running: int = 0,
    refusals: int = 0,
    limits: RateLimits = TEN,
    mine: int = 0,
    others: Sequence[int] = (),
) -> tuple[Gate, Admission]:
    """The gate's answer to a process."""
    demand = Demand(urgency=urgency, waiting=waiting, running=running, refusals=refusals)
    return admit(gate, limits, demand, now=now, mine=mine, others=others)


def starts_of(admission: Admission) -> int:
    """How many requests may start in the block that was given, zero without one."""
    return admission.block.starts if admission.block else 0


def closed(gate: Gate = Gate(), *, now: float = NOW) -> Gate:  # noqa: B008 - a frozen value
    """The gate after a code 900."""
    return close(gate, now=now, first_pause=FIRST_PAUSE)


@pytest.mark.parametrize(("rate", "places"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_limits_that_let_nothing_through_are_refused(rate: float, places: int) -> None:
    """Otherwise no request would ever start."""
    with pytest.raises(ValueError, match="must let something through"):
        RateLimits(requests_per_second=rate, max_concurrency=places)


@pytest.mark.parametrize(
    ("rate", "places", "seconds", "most", "at_once"),
    [
        (10, 20, 2.5, None, 25),
        (1000, 20, 2.5, None, 40),
        (1000, 1, 2.5, None, 2),
        (0.1, 20, 0.25, None, 1),
        (10, 20, 5, 200, 50),
        (1000, 20, 5, 200, 200),
    ],
)
def test_so_many_begin_at_once_as_come_through_in_time(
    rate: float, places: int, seconds: float, most: int | None, at_once: int
) -> None:
    """At least one; unless more are wanted, twice as many as may run at once."""
    limits = RateLimits(requests_per_second=rate, max_concurrency=places)
    assert at_once == limits.at_once(seconds, most=most)


@pytest.mark.parametrize(("rate", "seconds", "starts"), [(10, 0.5, 4), (10, 0.01, 1), (100, 1, 95)])
def test_starts_have_a_margin_for_the_way_to_the_gateway(
    rate: float, seconds: float, starts: int
) -> None:
    """A second on the gateway's clock never has one more than the limit."""
    limits = RateLimits(requests_per_second=rate, max_concurrency=1)
    assert (1 + MARGIN) / rate == pytest.approx(limits.interval)
    assert starts == limits.starts_in(seconds)


def test_the_first_one_goes_at_once() -> None:
    """One that was idle takes no more of the time than it needs."""
    gate, admission = ask()

    assert admission.block is not None
    assert (0.0, 1, 1) == (admission.block.next_start, admission.block.starts, admission.places)
    assert [STEP, STEP] == pytest.approx([admission.block.closes, admission.block.interval])
    assert NOW + STEP == pytest.approx(gate.next_slot)


def test_the_only_busy_process_gets_a_whole_round() -> None:
    """So it asks seldom, and nobody waits for it."""
    for waiting, running in ((2, 0), (1, 1)):
        _, alone = ask(limits=FAST, waiting=waiting, running=running)
        _, beside = ask(limits=FAST, waiting=waiting, running=running, others=[0])

        assert FAST.starts_in(ROUND_SECONDS) == starts_of(alone)
        assert FAST.starts_in(SPARE_SECONDS) == starts_of(beside)


@pytest.mark.parametrize("others", [1, 2, 4])
def test_busy_processes_share_a_round(others: int) -> None:
    """With more processes, each has a shorter block."""
    many = RateLimits(requests_per_second=1_000, max_concurrency=10_000)
    _, admission = ask(limits=many, waiting=1_000, others=[0] * others)

    assert many.starts_in(ROUND_SECONDS / (1 + others)) == starts_of(admission)


def test_a_block_is_no_longer_than_what_can_start_in_it() -> None:
    """Neither than what waits, nor than there are places for."""
    slow = RateLimits(requests_per_second=40, max_concurrency=6)
    assert 2 == starts_of(ask(limits=slow, waiting=2, others=[0])[1])
    assert 3 == starts_of(ask(limits=slow, waiting=9, others=[0])[1])
    assert 2 == starts_of(ask(limits=slow, waiting=9, running=1, others=[0])[1])


def test_who_asks_during_a_block_is_told_when_the_next_may_open() -> None:
    """Early enough to lose no time; the state is unchanged but for a person who waits."""
    gate, _ = ask()
    for urgency, person_until in ((BACKGROUND, 0.0), (PERSON, gate.next_slot)):
        after, admission = ask(gate, now=NOW + 0.03, urgency=urgency)
        assert (None, False, False) == (admission.block, admission.closed, admission.full)
        assert 0.075 - 2 * EARLY_SECONDS == pytest.approx(admission.again)
        assert (gate.next_slot, person_until) == (after.next_slot, after.person_until)


def test_who_was_refused_more_often_is_early_for_the_next_block() -> None:
    """So of those who wait, the one that has waited longest is first."""
    gate = Gate(next_slot=NOW + 0.5)
    for refusals in range(7):
        early = EARLY_SECONDS * (1 + min(refusals, MOST_REFUSALS))
        _, before = ask(gate, now=NOW + 0.5 - early - 0.001, refusals=refusals)
        _, then = ask(gate, now=NOW + 0.5 - early + 0.001, refusals=refusals)

        assert (0, 1) == (starts_of(before), starts_of(then))
        assert then.block is not None
        assert early - 0.001 == pytest.approx(then.block.next_start)
        assert 0 <= before.again <= 0.001


def test_the_background_lets_a_person_who_waits_go_first() -> None:
    """In any process that the user waits in."""
    gate, _ = ask()
    gate, _ = ask(gate, now=NOW + 0.01)
    _, background = ask(gate, now=NOW + 0.1, urgency=BACKGROUND)
    _, person = ask(gate, now=NOW + 0.1)

    assert (0, 1) == (starts_of(background), starts_of(person))
    assert 0.005 == pytest.approx(background.again)


def test_the_background_waits_while_more_people_wait_than_got_a_block() -> None:
    """Until the end of their block, when they ask again."""
    for waiting, urgency, waits in ((2, PERSON, True), (1, PERSON, False), (2, BACKGROUND, False)):
        gate, _ = ask(waiting=waiting, urgency=urgency, others=[0, 0, 0])
        assert (gate.next_slot if waits else 0.0) == gate.person_until


def test_a_person_who_waits_for_less_shortens_nobodys_wait() -> None:
    """The later of two times holds."""
    gate = Gate(person_until=NOW + 0.5)
    assert gate == ask(gate, running=6)[0]


def test_a_process_has_no_more_places_than_its_requests_need() -> None:
    """Those that run, and those that may start in the block."""
    assert 4 + 1 == ask(running=1, waiting=9)[1].places
    assert 6 == ask(running=3, waiting=9)[1].places


@pytest.mark.parametrize(
    ("others", "mine", "places"),
    [
        ([], 0, 30),
        ([0], 0, 15),
        ([20], 15, 10),
        ([10, 10], 10, 10),
        ([0, 0, 0], 30, 7),
        ([1] * 29, 0, 1),
        ([1] * 29 + [0], 0, 1),
        ([1] * 29 + [0], 1, 0),
    ],
)
def test_places_are_shared_among_the_processes_that_are_busy(
    others: list[int], mine: int, places: int
) -> None:
    """Equal parts, as far as the others have left theirs; too few for all go round."""
    _, admission = ask(limits=FAST, waiting=100, mine=mine, others=others)

    assert (places, places == 0) == (admission.places, admission.full)


@pytest.mark.parametrize("running", [6, 7])
def test_a_full_house_is_asked_again_soon(running: int) -> None:
    """Background work also yields while a user waits for a place."""
    gate, admission = ask(running=running)
    _, background = ask(gate, now=NOW + 0.01, running=2, urgency=BACKGROUND)

    assert Admission(again=FULL_SECONDS, full=True, places=running) == admission
    assert (0, False) == (starts_of(background), background.full)
    assert 2 * FULL_SECONDS - 0.01 == pytest.approx(background.again)


def test_who_only_tells_what_runs_gets_nothing() -> None:
    """It keeps the places of its requests."""
    gate = Gate(next_slot=NOW + 0.1, strikes=2)
    assert (gate, Admission(places=3, strikes=2)) == ask(gate, waiting=0, running=3)


def test_a_closed_gate_lets_nobody_through() -> None:
    """Until it opens, which every caller learns."""
    gate = closed()
    for urgency in Urgency:
        _, admission = ask(gate, now=NOW + 0.5, urgency=urgency, running=1)
        assert (True, 0, 1) == (admission.closed, starts_of(admission), admission.places)
        assert FIRST_PAUSE - 0.5 == pytest.approx(admission.again)
    _, admission = ask(gate, now=NOW + FIRST_PAUSE)
    assert (1, 1) == (starts_of(admission), admission.strikes)


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


@pytest.mark.parametrize(
    ("gate", "seconds", "expected"),
    [
        (Gate(strikes=1), 30.0, (30.0, 2)),
        (Gate(closed_until=NOW + 20, strikes=1), 30.0, (30.0, 1)),
        (Gate(closed_until=NOW + 40, strikes=1), 30.0, (40.0, 1)),
        (Gate(closed_until=NOW - 20, strikes=1), 0.0, (-20.0, 1)),
        (Gate(closed_until=NOW - 20, strikes=1), -10.0, (-20.0, 1)),
    ],
    ids=["open", "shorter", "longer", "over", "long over"],
)
def test_the_rest_of_a_pause_is_made_up_for(
    gate: Gate, seconds: float, expected: tuple[float, int]
) -> None:
    """It counts as a pause unless one holds, and shortens none."""
    kept = keep_closed(gate, now=NOW, seconds=seconds)

    assert expected == (kept.closed_until - NOW, kept.strikes)


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

    assert (1, 1) == (starts_of(person), starts_of(background))
    assert LONGEST_PAUSE_SECONDS == shut.again


@pytest.mark.parametrize(("rate", "farthest"), [(10, ROUND_SECONDS), (1, 1 + MARGIN)])
def test_a_block_that_may_have_been_given_is_kept(rate: float, farthest: float) -> None:
    """The longest one, taken as early as possible; a time farther ahead is ignored."""
    limits = RateLimits(requests_per_second=rate, max_concurrency=6)
    farthest += EARLY_SECONDS * (1 + MOST_REFUSALS)
    for starts, until in ((0, NOW + farthest - 0.01), (1, NOW + farthest + 0.01)):
        for gate in (Gate(next_slot=until), Gate(person_until=until)):
            assert starts == starts_of(ask(gate, limits=limits, urgency=BACKGROUND)[1])


def test_a_block_on_the_clock_of_a_process_is_cut_by_the_time_of_the_question() -> None:
    """It opens after the answer, and closes as if the decision had been made at the question."""
    block = Block(next_start=0.1, closes=0.5, interval=0.1, starts=4)

    cut = block.on_clock(asked=7.2, answered=7.3)
    assert [7.4, 7.7, 4] == pytest.approx([cut.next_start, cut.closes, cut.starts])
    late = block.on_clock(asked=7.2, answered=9.0)
    assert [9.1, 9.2] == pytest.approx([late.next_start, late.closes])


def test_requests_start_in_a_block_at_even_distances() -> None:
    """One that is a little late does not delay the others; a later one does."""
    block = Block(next_start=NOW, closes=NOW + 1, interval=0.1, starts=10)
    assert NOW == block.start_at(NOW - 0.5)
    assert NOW + 0.5 == block.start_at(NOW + 0.5)

    on_time, late, later = (
        block.after_start(NOW + delay) for delay in (0, CATCH_UP_SECONDS, 3 * CATCH_UP_SECONDS)
    )
    assert [NOW + 0.1, 9] == pytest.approx([on_time.next_start, on_time.starts])
    assert NOW + 0.1 == pytest.approx(late.next_start)
    assert NOW + 0.1 + 2 * CATCH_UP_SECONDS == pytest.approx(later.next_start)


def test_a_rest_in_a_block_saves_up_nothing() -> None:
    """The next two have the usual distance."""
    block = Block(next_start=NOW, closes=NOW + 1, interval=0.1, starts=10)

    assert NOW + 0.3 == block.after_rest(NOW + 0.3).next_start
    assert NOW == block.after_rest(NOW - 0.3).next_start


def test_a_block_ends_with_its_time_or_its_last_start() -> None:
    """A little late is in time for the last start."""
    block = Block(next_start=NOW, closes=NOW + 1, interval=0.1, starts=2)
    assert block.start_at(last := NOW + 0.9 + CATCH_UP_SECONDS - 0.001) == last
    assert None is block.start_at(NOW + 0.9 + CATCH_UP_SECONDS + 0.001)

    block = block.after_start(NOW)
    assert NOW + 0.1 == block.start_at(NOW)
    assert None is block.after_start(NOW + 0.1).start_at(NOW + 0.2)
    assert None is Block().start_at(0.0)


@given(
    rate=st.floats(0.1, 1_000),
    places=st.integers(1, 50),
    steps=st.lists(
        st.tuples(
            st.floats(0, 0.5), st.sampled_from(Urgency), st.integers(1, 100), st.integers(0, 9)
        ),
        max_size=60,
    ),
)
def test_blocks_never_overlap(
    rate: float, places: int, steps: list[tuple[float, Urgency, int, int]]
) -> None:
    """For any callers, in any order and at any pace; the places suffice."""
    limits = RateLimits(requests_per_second=rate, max_concurrency=places)
    gate, now, blocks = Gate(), NOW, list[tuple[float, float]]()
    for pause, urgency, waiting, refusals in steps:
        now += pause
        gate, admission = ask(
            gate, now=now, urgency=urgency, waiting=waiting, refusals=refusals, limits=limits
        )
        assert admission.places <= places
        if (block := admission.block) is not None:
            blocks.append((now + block.next_start, now + block.closes))
            assert block.starts * limits.interval == pytest.approx(block.closes - block.next_start)
    assert all(earlier[1] <= later[0] + 1e-6 for earlier, later in pairwise(blocks))


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
    """For any stored row, the wait is bounded by the longest pause or a round."""
    _, admission = ask(gate, urgency=urgency)
    opens = admission.block.next_start if admission.block else admission.again

    assert opens <= (LONGEST_PAUSE_SECONDS if admission.closed else 1)
