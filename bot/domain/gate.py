"""Who may ask the gateway when: one rule for all surfaces, and by the database all processes.

Pure decisions over one small state; where the state is kept, and by whose clock, is the caller's
affair. Moments and spans are seconds of any one clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

# Slots that open within this time are given out, all together, so that a fast ceiling needs few
# questions. Nothing is given out further ahead: who gives up meanwhile wastes nothing, and a pause
# that begins meanwhile holds.
BUNDLE_SECONDS: Final = 0.05
# Who has to wait for a slot asks again so long before it opens, and so does not miss it.
EARLY_SECONDS: Final = 0.02
# How soon to ask again while all places are taken; another process may give one back unheard.
FULL_SECONDS: Final = 0.05
# No pause is longer, however often the gateway's code 900 comes again.
LONGEST_PAUSE_SECONDS: Final = 300.0
# A state that lies more slots ahead than this was written before the clock was set back.
FARTHEST_SLOTS: Final = 3

_MOST_STRIKES: Final = 10


class Urgency(IntEnum):
    """Who waits for an answer: a person goes before work in the background."""

    PERSON = 0
    BACKGROUND = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What the operator allows.

    Raises:
        ValueError: one of the two is not positive.
    """

    requests_per_second: float
    max_concurrency: int

    def __post_init__(self) -> None:
        if self.requests_per_second <= 0 or self.max_concurrency <= 0:
            raise ValueError("the ceilings must let something through")

    @property
    def interval(self) -> float:
        """The seconds between two starts."""
        return 1 / self.requests_per_second

    def at_once(self, seconds: float, *, most: int | None = None) -> int:
        """How many look-ups to begin together, so that the last of them starts in so many seconds.

        Args:
            seconds: what they may wait for their turn.
            most: no more than these; unless it is given, a few more than may be under way, so that
                somebody stands in the line when one comes back.
        """
        enough = most or self.max_concurrency + self.max_concurrency // 2
        return max(1, min(enough, int(self.requests_per_second * seconds)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The state that all share.

    Attributes:
        next_slot: when the next request may start (GCRA without a burst).
        closed_until: nobody goes through before that; the gateway said 900.
        strikes: how many pauses followed each other without a good answer between them.
        person_until: a person waits for a slot or a place; the background lets them go first.
    """

    next_slot: float = 0.0
    closed_until: float = 0.0
    strikes: int = 0
    person_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a process is told.

    Attributes:
        waits: for each of the admitted, after how many seconds they may go.
        again: where nobody was admitted, after how many seconds to ask again.
        closed: the gate is shut, and opens after `again`.
        strikes: the state's; a good answer has something to clear if it is not zero.
    """

    waits: tuple[float, ...] = ()
    again: float = 0.0
    closed: bool = False
    strikes: int = 0


def admit(
    gate: Gate, ceilings: Ceilings, *, now: float, running: int, urgency: Urgency, count: int
) -> tuple[Gate, Admission]:
    """Let some of those through who wait in one process.

    Args:
        gate: the state.
        ceilings: what the operator allows.
        now: the present moment by the state's clock.
        running: how many requests are under way in all processes.
        urgency: of those who wait.
        count: how many wait, at least one.

    Returns:
        the state as it is then, and what those who wait are told.
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
    """What cannot have been written by this clock is not waited for."""
    farthest = now + 2 * (BUNDLE_SECONDS + FULL_SECONDS) + FARTHEST_SLOTS * ceilings.interval
    return replace(
        gate,
        next_slot=gate.next_slot if gate.next_slot <= farthest else now,
        person_until=gate.person_until if gate.person_until <= farthest else now,
        closed_until=min(gate.closed_until, now + LONGEST_PAUSE_SECONDS),
    )


def close(gate: Gate, *, now: float, first_pause: float) -> Gate:
    """The gateway said 900: nobody asks for a while, twice as long each time it says so again.

    What was under way when the gate closed says nothing new and makes the pause no longer.
    """
    if gate.closed_until > now:
        return gate
    pause = min(LONGEST_PAUSE_SECONDS, first_pause * 2**gate.strikes)
    strikes = min(_MOST_STRIKES, gate.strikes + 1)
    return replace(gate, closed_until=now + pause, strikes=strikes)


def reset_backoff(gate: Gate, *, now: float) -> Gate:
    """The gateway gave another answer than 900: the next pause is a first one again.

    An answer that was under way when the gate closed forgives nothing.
    """
    return gate if gate.closed_until > now else replace(gate, strikes=0)
