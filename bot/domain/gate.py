"""When a request to the gateway may start: one rule for all surfaces and all processes.

Pure decisions over one small state; the caller stores the state and chooses the clock. Moments and
spans are seconds of any one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

# Slots that open within this time are granted together, so that a fast rate limit needs few
# questions. No slot further ahead is granted: a caller that gives up wastes none, and a pause that
# begins meanwhile applies to everyone.
BUNDLE_SECONDS: Final = 0.05
# A caller that waits for a slot asks again this long before it opens, so that it does not miss it.
EARLY_SECONDS: Final = 0.02
# How soon to ask again while every place is occupied; another process may free one without notice.
FULL_SECONDS: Final = 0.05
# The longest pause, however often the gateway repeats code 900.
LONGEST_PAUSE_SECONDS: Final = 300.0
# A state with more slots ahead than this was written before the clock was set back.
FARTHEST_SLOTS: Final = 3

_MOST_STRIKES: Final = 10


class Urgency(IntEnum):
    """Who waits for an answer: a user goes before background work."""

    PERSON = 0
    BACKGROUND = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
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
        return 1 / self.requests_per_second

    def at_once(self, seconds: float, *, most: int | None = None) -> int:
        """How many look-ups to start together so that the last one starts within so many seconds.

        Args:
            seconds: how long they may wait for their turn.
            most: no more than these; by default a few more than may run at once, so that the queue
                is never empty when one ends.
        """
        enough = most or self.max_concurrency + self.max_concurrency // 2
        return max(1, min(enough, int(self.requests_per_second * seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The state that all processes share.

    Attributes:
        next_slot: when the next request may start (GCRA without a burst).
        closed_until: no request starts before this, because the gateway answered 900.
        strikes: how many pauses followed each other without a good answer between them.
        person_until: until then a user waits for a slot, and background work lets them go first.
    """

    next_slot: float = 0.0
    closed_until: float = 0.0
    strikes: int = 0
    person_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the gate answers a process.

    Attributes:
        waits: for each admitted request, the seconds until it may start.
        again: if none was admitted, the seconds until the next question.
        closed: the gate is closed, and opens after `again`.
        strikes: the state's; a good answer has something to clear if it is not zero.
    """

    waits: tuple[float, ...] = ()
    again: float = 0.0
    closed: bool = False
    strikes: int = 0


def admit(
    gate: Gate, ceilings: Ceilings, *, now: float, running: int, urgency: Urgency, count: int
) -> tuple[Gate, Admission]:
    """Admit some of the requests that wait in one process.

    Args:
        gate: the state.
        ceilings: the operator's rate limits.
        now: the present moment by the state's clock.
        running: how many requests are in progress in all processes.
        urgency: of those who wait.
        count: how many wait, at least one.

    Returns:
        the new state, and the answer for those who wait.
    """
    gate = _after_a_clock_that_jumped(gate, ceilings, now)
    if gate.closed_until > now:
        again = gate.closed_until - now
        return gate, Admission(again=again, closed=True, strikes=gate.strikes)
    if urgency is Urgency.BACKGROUND and gate.person_until > now:
        return gate, Admission(again=gate.person_until - now, strikes=gate.strikes)
    places = ceilings.max_concurrency - running
    if places <= 0:
        gate = _with_a_person_waiting(gate, urgency, now + 2 * FULL_SECONDS)
        return gate, Admission(again=FULL_SECONDS, strikes=gate.strikes)
    return _with_slots(gate, ceilings, now=now, urgency=urgency, count=min(count, places))


def _with_slots(
    gate: Gate, ceilings: Ceilings, *, now: float, urgency: Urgency, count: int
) -> tuple[Gate, Admission]:
    first = max(now, gate.next_slot)
    if first - now >= BUNDLE_SECONDS:
        gate = _with_a_person_waiting(gate, urgency, first)
        return gate, Admission(again=first - now - EARLY_SECONDS, strikes=gate.strikes)
    bundle = max(1, int((now + BUNDLE_SECONDS - first) * ceilings.requests_per_second))
    waits = tuple(first - now + place * ceilings.interval for place in range(min(count, bundle)))
    gate = replace(gate, next_slot=first + len(waits) * ceilings.interval)
    return gate, Admission(waits=waits, strikes=gate.strikes)


def _with_a_person_waiting(gate: Gate, urgency: Urgency, until: float) -> Gate:
    if urgency is Urgency.BACKGROUND:
        return gate
    return replace(gate, person_until=max(gate.person_until, until))


def _after_a_clock_that_jumped(gate: Gate, ceilings: Ceilings, now: float) -> Gate:
    """Ignore a time that this clock cannot have written."""
    farthest = now + 2 * (BUNDLE_SECONDS + FULL_SECONDS) + FARTHEST_SLOTS * ceilings.interval
    return replace(
        gate,
        next_slot=gate.next_slot if gate.next_slot <= farthest else now,
        person_until=gate.person_until if gate.person_until <= farthest else now,
        closed_until=min(gate.closed_until, now + LONGEST_PAUSE_SECONDS),
    )


def close(gate: Gate, *, now: float, first_pause: float) -> Gate:
    """Close the gate after a code 900; each further 900 doubles the pause.

    Requests that were running when the gate closed carry no news, so they do not extend the pause.
    """
    if gate.closed_until > now:
        return gate
    pause = min(LONGEST_PAUSE_SECONDS, first_pause * 2**gate.strikes)
    strikes = min(_MOST_STRIKES, gate.strikes + 1)
    return replace(gate, closed_until=now + pause, strikes=strikes)


def reset_backoff(gate: Gate, *, now: float) -> Gate:
    """The gateway gave another answer than 900: the next pause has its first length again.

    An answer to a request sent before the gate closed does not reset it.
    """
    return gate if gate.closed_until > now else replace(gate, strikes=0)
