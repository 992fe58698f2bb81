"""Which connection is closed: pure functions with the time as an argument."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.web.eviction import MOST_CONNECTIONS, Phase, connection_limit, first_to_evict, heaviest

NOW = 100.0
NEWCOMER = 1.0


@dataclass(slots=True, kw_only=True)
class One:
    """A connection as these functions see it."""

    phase: Phase
    since: float
    weight: int = 0


def old(phase: Phase, since: float = 0.0, weight: int = 0) -> One:
    """A connection that is not a newcomer."""
    return One(phase=phase, since=since, weight=weight)


def new(phase: Phase, since: float = NOW, weight: int = 0) -> One:
    """A newcomer."""
    return One(phase=phase, since=since, weight=weight)


def evicted(*ones: One) -> One | None:
    """The connection that is closed."""
    return first_to_evict(ones, now=NOW, newcomer=NEWCOMER)


UNFINISHED = (Phase.HEAD, Phase.ARRIVED, Phase.READING)
ORDER = (
    *(Phase.HEAD, Phase.LEAVING, Phase.IDLE),
    *(Phase.ARRIVED, Phase.READING, Phase.ANSWERING),
)


@pytest.mark.parametrize("position", range(1, len(ORDER)))
def test_connections_that_sent_less_are_closed_first(position: int) -> None:
    """Those without a head go first, those with a complete request last, at any age."""
    first = old(ORDER[position - 1], since=50.0)

    assert evicted(old(ORDER[position]), first, old(Phase.ANSWERING)) is first


def test_of_equal_connections_the_oldest_is_closed_first() -> None:
    """The age is that of its phase."""
    first = old(Phase.IDLE, since=10.0)

    assert evicted(old(Phase.IDLE, since=20.0), first, old(Phase.IDLE, since=30.0)) is first


@pytest.mark.parametrize("phase", ORDER)
def test_a_connection_of_slacks_is_closed_last(phase: Phase) -> None:
    """Slack may be about to use it again; of two, the older one goes."""
    stranger, known = new(phase), old(Phase.KNOWN)

    assert evicted(known, stranger) is stranger
    assert evicted(new(Phase.KNOWN), known, old(Phase.SIGNED)) is known


def test_a_signed_request_is_never_closed() -> None:
    """Not even if there is no other."""
    signed = old(Phase.SIGNED)

    assert evicted(signed) is None
    assert evicted(signed, one := new(Phase.ANSWERING)) is one
    assert evicted() is None


@pytest.mark.parametrize("phase", ORDER)
def test_a_newcomer_without_a_head_outlasts_all_who_are_older(phase: Phase) -> None:
    """Slack's head may arrive after the next connection."""
    stranger = old(phase, since=NOW - NEWCOMER)

    assert evicted(new(Phase.HEAD, since=NOW - NEWCOMER + 0.01), stranger) is stranger


def test_a_connection_is_a_newcomer_for_a_limited_time() -> None:
    """After that time its phase counts again."""
    idle = old(Phase.IDLE, since=NOW - NEWCOMER)

    assert evicted(old(Phase.ANSWERING), idle) is idle


@pytest.mark.parametrize("phase", ORDER)
def test_among_newcomers_only_age_counts(phase: Phase) -> None:
    """In a flood of newcomers, the latest stays, whatever the others have sent."""
    first = new(phase, since=NOW - 0.5)

    assert evicted(new(Phase.HEAD, since=NOW - 0.1), first) is first


@pytest.mark.parametrize("phase", UNFINISHED)
def test_the_heaviest_unfinished_request_is_closed(phase: Phase) -> None:
    """Heads and bodies count."""
    heavy = old(phase, weight=30)

    found = heaviest(
        [old(Phase.HEAD, weight=10), heavy, old(Phase.READING, weight=20)],
        now=NOW,
        newcomer=NEWCOMER,
    )
    assert found is heavy


def test_a_large_newcomer_outlasts_older_small_ones() -> None:
    """Slack sends a body immediately; a client that leaves one unfinished is not Slack."""
    lingering = old(Phase.READING, since=NOW - NEWCOMER, weight=10)

    ones = [new(Phase.READING, weight=1000), lingering, old(Phase.READING, weight=5)]
    assert heaviest(ones, now=NOW, newcomer=NEWCOMER) is lingering


@pytest.mark.parametrize("phase", sorted(set(Phase) - set(UNFINISHED)))
def test_a_complete_request_is_not_an_unfinished_one(phase: Phase) -> None:
    """It is about to be answered, which frees its memory."""
    assert heaviest([old(phase, weight=10)], now=NOW, newcomer=NEWCOMER) is None


@pytest.mark.parametrize(
    ("descriptors", "expected"),
    [(64, 32), (256, 128), (399, 199), (400, 200), (1024, 200), (None, MOST_CONNECTIONS)],
)
def test_half_of_the_descriptors_are_reserved_for_outgoing_connections(
    descriptors: int | None, expected: int
) -> None:
    """Slack and a proxy need no more than a few dozen connections."""
    assert expected == connection_limit(descriptors)
