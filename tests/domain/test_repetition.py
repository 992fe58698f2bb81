"""Of many equal events, the first few are logged and the others counted, per span of time."""

from __future__ import annotations

import pytest

from bot.domain.repetition import MOST_KINDS, SAID_IN_FULL, Repetitions


@pytest.fixture
def repetitions() -> Repetitions[str]:
    """With spans of two seconds."""
    return Repetitions(seconds=2.0)


def test_the_first_few_of_a_kind_are_said(repetitions: Repetitions[str]) -> None:
    """The others are counted, with the first of them as an example."""
    said = [repetitions.is_said("kind", f"example {n}", 0.0) for n in range(SAID_IN_FULL + 3)]

    assert [True] * SAID_IN_FULL + [False] * 3 == said
    assert [(f"example {SAID_IN_FULL}", 3)] == repetitions.taken()


def test_each_kind_is_counted_by_itself(repetitions: Repetitions[str]) -> None:
    """A frequent event hides no other."""
    for _ in range(SAID_IN_FULL + 1):
        repetitions.is_said("often", "x", 0.0)

    assert repetitions.is_said("rare", "y", 0.0)
    assert [("x", 1)] == repetitions.taken()


def test_what_was_taken_is_forgotten(repetitions: Repetitions[str]) -> None:
    """A new span starts with the next event."""
    for _ in range(SAID_IN_FULL + 1):
        repetitions.is_said("kind", "x", 0.0)
    repetitions.taken()

    assert repetitions.is_said("kind", "x", 5.0)
    assert [] == repetitions.taken()


def test_a_span_begins_with_the_first_and_has_its_length(repetitions: Repetitions[str]) -> None:
    """Later events do not extend it."""
    repetitions.is_said("kind", "x", 10.0)
    repetitions.is_said("another", "x", 11.0)

    assert [False, True] == [repetitions.is_over(now) for now in (11.9, 12.0)]


def test_before_the_first_there_is_nothing_to_wait_for(repetitions: Repetitions[str]) -> None:
    """With any time on the clock."""
    assert repetitions.is_over(-1000.0)
    assert [] == repetitions.taken()


def test_kinds_without_number_take_no_memory_without_bound(repetitions: Repetitions[str]) -> None:
    """A kind without a slot is logged; a kind with one is still counted."""
    for number in range(MOST_KINDS):
        assert repetitions.is_said(number, "x", 0.0)

    assert [True] * 20 == [repetitions.is_said("one too many", "y", 0.0) for _ in range(20)]
    last = [repetitions.is_said(0, "x", 0.0) for _ in range(SAID_IN_FULL)]
    assert [True] * (SAID_IN_FULL - 1) + [False] == last
