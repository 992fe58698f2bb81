"""When a request to the gateway may start: one rule for all surfaces and all processes.

The rate limit is shared by time division: a busy process takes a block, a short span of time in
which it alone starts requests, evenly spaced (GCRA). It asks once for a block, not for each
request, and unused time in a block lapses. `max_concurrency` is divided among the processes that
are busy.

Pure decisions over one small state; the caller stores the state and chooses the clock. Moments and
spans are seconds of any one clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

# Within this time each busy process has one block, so more busy processes have shorter blocks. None
# waits longer for its next block, and each notices a pause at the end of its own.
ROUND_SECONDS: Final = 0.5
# How much longer a block is than the waiting requests need, if another process may want the next.
SPARE_SECONDS: Final = 0.02
# A process that waits for the end of a block asks again this long before it, so that no time is
# lost; earlier after each refusal, so that the process that has waited longest is first.
EARLY_SECONDS: Final = 0.02
MOST_REFUSALS: Final = 4
# How soon to ask again while every place is occupied; another process may free one without notice.
FULL_SECONDS: Final = 0.05
# By how much the interval is longer than the limit requires. The gateway counts requests when they
# arrive; without a margin, a second by its clock could contain one too many.
MARGIN: Final = 0.05
# A start that is late by less than this does not delay the next ones. Well below a second's margin.
CATCH_UP_SECONDS: Final = 0.025
# The shortest wait for a start. At a high rate several requests then start together: a timer for
# each would cost a fifth of a look-up. Shorter than CATCH_UP_SECONDS, so it delays none.
GRAIN_SECONDS: Final = 0.01
# The longest pause, however often the gateway repeats code 900.
LONGEST_PAUSE_SECONDS: Final = 300.0

_MOST_STRIKES: Final = 10


class Urgency(IntEnum):
    """Who waits for an answer: a user goes before background work."""

    PERSON = 0
    BACKGROUND = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """The operator's rate limits.

    Raises:
        ValueError: one of the two is not positive.
    """

    requests_per_second: float
    max_concurrency: int

    def __post_init__(self) -> None:
        if self.requests_per_second <= 0 or self.max_concurrency <= 0:
            raise ValueError("the rate limits must let something through")

    @property
    def interval(self) -> float:
        """The seconds between two request starts."""
        return (1 + MARGIN) / self.requests_per_second

    def starts_in(self, seconds: float) -> int:
        """How many requests may start in so many seconds, at least one."""
        return max(1, int(seconds / self.interval))

    def at_once(self, seconds: float, *, most: int | None = None) -> int:
        """How many look-ups can wait together if the last one must start within so many seconds.

        Args:
            seconds: how long they may wait for their turn.
            most: no more than these; by default twice as many as may run at once, so that for each
                of them that ends, even all together, another one is ready.
        """
        enough = most or 2 * self.max_concurrency
        return max(1, min(enough, int(self.requests_per_second * seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The state that all processes share.

    Attributes:
        next_slot: when the last block that was taken ends.
        closed_until: no request starts before this, because the gateway answered 900.
        strikes: how many pauses followed each other without a good answer between them.
        person_until: until then a user's request waits for a block, and background work gets none.
    """

    next_slot: float = 0.0
    closed_until: float = 0.0
    strikes: int = 0
    person_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a process asks for.

    Attributes:
        urgency: the most urgent of the requests that wait.
        waiting: how many of that urgency wait; zero to report only the running ones.
        running: how many of its requests are in progress.
        refusals: how many times in a row it had to wait for the end of a block.
    """

    urgency: Urgency = Urgency.BACKGROUND
    waiting: int = 0
    running: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A span of time in which one process may start requests; the default is one that is over.

    Attributes:
        next_start: when the next one may start.
        closes: when the next block of any process may open.
        interval: the seconds between two starts.
        starts: how many are left.
    """

    next_start: float = 0.0
    closes: float = 0.0
    interval: float = 0.0
    starts: int = 0

    def on_clock(self, *, asked: float, answered: float) -> Block:
        """The block by the clock of a process; its times were seconds from the decision.

        The decision was made between the two moments, so the block is shortened at both ends. One
        start remains even if the answer was slow.
        """
        opens = answered + self.next_start
        closes = max(asked + self.closes, opens + self.interval)
        return replace(self, next_start=opens, closes=closes)

    def start_at(self, now: float) -> float | None:
        """When the next request may start, at the earliest `now`; `None` if the block is over."""
        start_at = max(self.next_start, now)
        last = self.closes - self.interval + CATCH_UP_SECONDS
        return start_at if self.starts and start_at <= last else None

    def after_start(self, now: float) -> Block:
        """The rest of the block after a request has started."""
        planned = max(self.next_start, now - CATCH_UP_SECONDS)
        # `replace` takes three times as long.
        return Block(
            next_start=planned + self.interval,
            closes=self.closes,
            interval=self.interval,
            starts=self.starts - 1,
        )

    def after_rest(self, now: float) -> Block:
        """The rest of the block if nothing has waited until now: idle time saves up no starts."""
        return replace(self, next_start=max(self.next_start, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The gate's answer to a process.

    Attributes:
        block: its times are seconds from now; `None` if the process has to wait.
        places: how many of its requests may be in progress from now on.
        again: without a block, the seconds until the next question.
        closed: the gate is closed and opens after `again`.
        full: no further request may be in progress.
        strikes: of the state; unless it is zero, a good answer resets it.
    """

    block: Block | None = None
    places: int = 0
    again: float = 0.0
    closed: bool = False
    full: bool = False
    strikes: int = 0


def admit(
    gate: Gate,
    limits: RateLimits,
    demand: Demand,
    *,
    now: float,
    mine: int = 0,
    others: Sequence[int] = (),
) -> tuple[Gate, Admission]:
    """Give a process a block, or the time until its next question.

    Args:
        gate: the state.
        limits: the operator's rate limits.
        demand: what the process asks for.
        now: the present moment by the state's clock.
        mine: how many places the process has had until now.
        others: how many places each of the other busy processes has.

    Returns:
        the new state, and the answer.
    """
    gate = _after_a_clock_that_jumped(gate, limits, now)
    refused = Admission(places=demand.running, strikes=gate.strikes)
    if not demand.waiting:
        return gate, refused
    if gate.closed_until > now:
        return gate, replace(refused, again=gate.closed_until - now, closed=True)
    if demand.urgency is Urgency.BACKGROUND and gate.person_until > now:
        return gate, replace(refused, again=gate.person_until - now)
    places = _places(limits.max_concurrency, mine, others)
    if places <= demand.running:
        gate = _with_a_person_waiting(gate, demand, now + 2 * FULL_SECONDS)
        return gate, replace(refused, again=FULL_SECONDS, full=True)
    wait = max(0.0, gate.next_slot - now)
    if wait > _early(demand.refusals):
        gate = _with_a_person_waiting(gate, demand, gate.next_slot)
        return gate, replace(refused, again=max(0.0, wait - _early(demand.refusals + 1)))
    starts = _starts(limits, demand, places, busy=1 + len(others))
    closes = wait + starts * limits.interval
    block = Block(next_start=wait, closes=closes, interval=limits.interval, starts=starts)
    gate = replace(gate, next_slot=now + closes)
    if demand.waiting > starts:
        gate = _with_a_person_waiting(gate, demand, gate.next_slot)
    return gate, replace(refused, block=block, places=min(places, demand.running + starts))


def _places(most: int, mine: int, others: Sequence[int]) -> int:
    """How many requests of a process may be in progress: an equal share, as far as it is free.

    Where there are fewer places than processes, one that had a place gives it up first.
    """
    share = most // (1 + len(others)) or int(not mine)
    return min(share, most - sum(others))


def _starts(limits: RateLimits, demand: Demand, places: int, *, busy: int) -> int:
    """How many requests may start in a block: those that can now, and some that may come."""
    useful = min(demand.waiting, places - demand.running)
    is_alone = busy == 1 and demand.waiting + demand.running > 1
    spare = limits.starts_in(ROUND_SECONDS if is_alone else SPARE_SECONDS)
    return max(spare, min(useful, limits.starts_in(ROUND_SECONDS / busy)))


def _early(refusals: int) -> float:
    return EARLY_SECONDS * (1 + min(refusals, MOST_REFUSALS))


def _with_a_person_waiting(gate: Gate, demand: Demand, until: float) -> Gate:
    if demand.urgency is Urgency.BACKGROUND:
        return gate
    return replace(gate, person_until=max(gate.person_until, until))


def _after_a_clock_that_jumped(gate: Gate, limits: RateLimits, now: float) -> Gate:
    """Ignore a time that this clock cannot have written."""
    farthest = now + _early(MOST_REFUSALS) + max(ROUND_SECONDS, limits.interval)
    return replace(
        gate,
        next_slot=gate.next_slot if gate.next_slot <= farthest else now,
        person_until=gate.person_until if gate.person_until <= farthest else now,
        closed_until=min(gate.closed_until, now + LONGEST_PAUSE_SECONDS),
    )


def close(gate: Gate, *, now: float, first_pause: float) -> Gate:
    """Close the gate after a code 900; each further 900 doubles the pause.

    A 900 for a request that was already running when the gate closed does not extend the pause.
    """
    if gate.closed_until > now:
        return gate
    pause = min(LONGEST_PAUSE_SECONDS, first_pause * 2**gate.strikes)
    strikes = min(_MOST_STRIKES, gate.strikes + 1)
    return replace(gate, closed_until=now + pause, strikes=strikes)


def keep_closed(gate: Gate, *, now: float, seconds: float) -> Gate:
    """Close the gate for the rest of a pause that began while this state was out of reach.

    A pause that ends later stays as it is.
    """
    if seconds <= max(0.0, gate.closed_until - now):
        return gate
    return replace(close(gate, now=now, first_pause=seconds), closed_until=now + seconds)


def reset_backoff(gate: Gate, *, now: float) -> Gate:
    """The gateway gave another answer than 900: the next pause has its first length again.

    An answer to a request sent before the gate closed does not reset it.
    """
    return gate if gate.closed_until > now else replace(gate, strikes=0)
