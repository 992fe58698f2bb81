"""Who has to go: decisions on values, with a clock handed in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.web.crowd import MOST_CONNECTIONS, Phase, first_to_go, heaviest, places

NOW = 100.0
NEWCOMER = 1.0


@dataclass(slots=True, kw_only=True)
class One:
    """A connection as the decisions see it."""

    phase: Phase
    since: float
    weight: int = 0


def old(phase: Phase, since: float = 0.0, weight: int = 0) -> One:
    """One that is no newcomer."""
    return One(phase=phase, since=since, weight=weight)


def new(phase: Phase, since: float = NOW, weight: int = 0) -> One:
    """One that began just now."""
    return One(phase=phase, since=since, weight=weight)


def goes(*ones: One) -> One | None:
    """Who makes room."""
    return first_to_go(ones, now=NOW, newcomer=NEWCOMER)


UNFINISHED = (Phase.HEAD, Phase.ARRIVED, Phase.READING)
ORDER = (
    *(Phase.HEAD, Phase.LEAVING, Phase.IDLE),
    *(Phase.ARRIVED, Phase.READING, Phase.ANSWERING),
)


@pytest.mark.parametrize("kept", range(1, len(ORDER)))
def test_who_shows_less_goes_first(kept: int) -> None:
    """Without a head first, and whoever has sent a complete request last, however old it is."""
    first = old(ORDER[kept - 1], since=50.0)

    assert goes(old(ORDER[kept]), first, old(Phase.ANSWERING)) is first


def test_of_equal_ones_the_oldest_goes_first() -> None:
    """By when its phase began."""
    first = old(Phase.IDLE, since=10.0)

    assert goes(old(Phase.IDLE, since=20.0), first, old(Phase.IDLE, since=30.0)) is first


@pytest.mark.parametrize("phase", ORDER)
def test_a_connection_of_slacks_goes_last(phase: Phase) -> None:
    """It may be used again at this moment; of two, the oldest goes."""
    stranger, known = new(phase), old(Phase.KNOWN)

    assert goes(known, stranger) is stranger
    assert goes(new(Phase.KNOWN), known, old(Phase.SIGNED)) is known


def test_what_slack_has_signed_never_goes() -> None:
    """Not even when nobody else is there."""
    signed = old(Phase.SIGNED)

    assert goes(signed) is None
    assert goes(signed, one := new(Phase.ANSWERING)) is one
    assert goes() is None


@pytest.mark.parametrize("phase", ORDER)
def test_a_newcomer_without_a_head_outlasts_all_who_are_older(phase: Phase) -> None:
    """Slack's head is on its way while the next stranger comes."""
    stranger = old(phase, since=NOW - NEWCOMER)

    assert goes(new(Phase.HEAD, since=NOW - NEWCOMER + 0.01), stranger) is stranger


def test_nobody_is_a_newcomer_for_longer_than_that() -> None:
    """From then on what it shows counts again."""
    idle = old(Phase.IDLE, since=NOW - NEWCOMER)

    assert goes(old(Phase.ANSWERING), idle) is idle


@pytest.mark.parametrize("phase", ORDER)
def test_among_newcomers_age_alone_counts(phase: Phase) -> None:
    """In a flood that leaves nobody old, the latest is kept whatever the others have shown."""
    first = new(phase, since=NOW - 0.5)

    assert goes(new(Phase.HEAD, since=NOW - 0.1), first) is first


@pytest.mark.parametrize("phase", UNFINISHED)
def test_the_heaviest_unfinished_request_goes(phase: Phase) -> None:
    """Heads and bodies alike."""
    heavy = old(phase, weight=30)

    found = heaviest(
        [old(Phase.HEAD, weight=10), heavy, old(Phase.READING, weight=20)],
        now=NOW,
        newcomer=NEWCOMER,
    )
    assert found is heavy


def test_a_large_newcomer_outlasts_small_ones_that_have_been_there() -> None:
    """Slack sends a body at once; whoever keeps one unfinished is not Slack."""
    lingering = old(Phase.READING, since=NOW - NEWCOMER, weight=10)

    ones = [new(Phase.READING, weight=1000), lingering, old(Phase.READING, weight=5)]
    assert heaviest(ones, now=NOW, newcomer=NEWCOMER) is lingering


@pytest.mark.parametrize("phase", sorted(set(Phase) - set(UNFINISHED)))
def test_a_complete_request_is_not_taken_for_an_unfinished_one(phase: Phase) -> None:
    """It is about to be answered, and gives its memory back then."""
    assert heaviest([old(phase, weight=10)], now=NOW, newcomer=NEWCOMER) is None


@pytest.mark.parametrize(
    ("descriptors", "expected"),
    [(64, 32), (256, 128), (399, 199), (400, 200), (1024, 200), (None, MOST_CONNECTIONS)],
)
def test_half_of_the_descriptors_are_kept_for_the_ways_out(
    descriptors: int | None, expected: int
) -> None:
    """And nobody needs more than a few dozen connections."""
    assert expected == places(descriptors)
